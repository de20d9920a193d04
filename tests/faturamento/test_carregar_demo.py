"""The demo: believable, whole, the same each time, and never over somebody's data."""

from collections import Counter
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Sum
from django.test.utils import CaptureQueriesContext

from clientes.models import Cliente
from comum.dinheiro import CENTAVO
from comum.vocabulario import Classe, Ligacao
from faturamento.management.commands import carregar_demo
from faturamento.models import Bandeira, ExecucaoFaturamento, Fatura, Pagamento, Pendencia
from faturamento.servicos.demonstracao import carga, carregar_demonstracao
from faturamento.servicos.demonstracao.plano import planejar
from medidores.models import Leitura, Medidor, UnidadeConsumidora
from tests.factories import ClienteFactory, DistribuidoraFactory

pytestmark = pytest.mark.django_db
HOJE = date(2026, 7, 20)
PARAMETROS = Path(settings.BASE_DIR) / "exemplos" / "parametros.json"


@pytest.fixture(autouse=True)
def relogio_parado(monkeypatch):
    monkeypatch.setattr(f"{carregar_demo.__name__}.dia_civil", lambda _: HOJE)


def carregar(clientes: int = 60, meses: int = 6, ate: date | None = date(2026, 6, 1), **mais: Any):
    with PARAMETROS.open("rb") as parametros:
        return carregar_demonstracao(
            clientes=clientes, meses=meses, ate=ate, hoje=HOJE, parametros=parametros, **mais
        )


def retrato() -> list[object]:
    """What the demo is, without ids and clocks."""
    return [
        list(Cliente.objects.order_by("pk").values_list("nome", "documento", "endereco")),
        list(Medidor.objects.order_by("pk").values_list("numero_medidor", "data_instalacao")),
        list(
            Leitura.objects.order_by("pk").values_list(
                "medidor__numero_medidor", "data_leitura", "leitura_kwh", "registrada_em"
            )
        ),
        list(Fatura.objects.order_by("pk").values_list("numero", "valor", "status_pagamento")),
        list(Pagamento.objects.order_by("pk").values_list("identificador", "valor")),
    ]


def test_todo_mes_de_toda_unidade_tem_fatura_ou_motivo():
    resumo = carregar()

    assert resumo.clientes == Cliente.objects.count() == 60
    assert resumo.faturas == Fatura.objects.count()
    assert (resumo.de, resumo.ate) == ("2026-01", "2026-06")
    execucoes = ExecucaoFaturamento.objects.all()
    assert not execucoes.exclude(situacao="CONCLUIDA").exists()
    assert set(execucoes.values_list("mes_referencia", flat=True)) == {
        date(2026, mes, 1) for mes in range(1, 7)
    }
    pendentes = Counter(Pendencia.objects.values_list("execucao__mes_referencia", "codigo"))
    assert pendentes == {
        (date(2026, 6, 1), "SEM_LEITURA"): 2,
        (date(2026, 6, 1), "LEITURA_RETIDA"): 1,
    }
    assert execucoes.latest("pk").pendentes == 3
    ativas = UnidadeConsumidora.objects.filter(situacao="ATIVA")
    por_unidade = ativas.annotate(faturas_=Count("faturas")).values_list("faturas_", flat=True)
    assert Counter(por_unidade)[6] == ativas.count() - 3


def test_ha_de_tudo_um_pouco():
    carregar()

    unidades = UnidadeConsumidora.objects.all()
    assert set(unidades.values_list("classe", flat=True)) == set(Classe)
    assert set(unidades.values_list("ligacao", flat=True)) == set(Ligacao)
    assert set(unidades.values_list("subgrupo", flat=True)) == {"B1", "B2", "B3", "B4A"}
    assert set(unidades.values_list("situacao", flat=True)) == {"ATIVA", "SUSPENSA", "DESLIGADA"}
    documentos = list(Cliente.objects.values_list("documento", flat=True))
    assert None in documentos
    assert {len(d) for d in documentos if d} == {11, 14}
    assert any(d and not d.isdigit() for d in documentos)
    assert Cliente.objects.annotate(n=Count("medidores")).filter(n__gt=1).exists()
    faturas = Fatura.objects.all()
    assert set(faturas.values_list("situacao", flat=True)) == {"RASCUNHO", "EMITIDA"}
    assert set(faturas.values_list("status_pagamento", flat=True)) == {
        "PENDENTE",
        "PARCIAL",
        "PAGA",
    }
    assert faturas.vencidas(em=HOJE).exists()
    assert Leitura.objects.filter(ocorrencia="VIRADA_PROVAVEL", situacao="VALIDA").count() == 1
    assert not faturas.filter(valor__lte=0).exists()


def test_o_medidor_trocado_e_faturado_com_o_novo_no_mesmo_ciclo():
    carregar()

    novo = Medidor.objects.get(numero_medidor__startswith="MN-")
    antigo = novo.unidade.medidores.get(data_retirada=novo.data_instalacao)
    [da_troca] = [f for f in novo.unidade.faturas.all() if len(f.demonstrativo["leituras"]) == 2]
    numeros = [leitura["numero_medidor"] for leitura in da_troca.demonstrativo["leituras"]]
    assert numeros == [antigo.numero_medidor, novo.numero_medidor]
    assert novo.unidade.faturas.count() == 6


def test_cada_registro_passa_pela_validacao_do_cadastro():
    carregar()

    for modelo in (Cliente, UnidadeConsumidora, Medidor, Leitura, Pagamento):
        for objeto in modelo.objects.all():
            objeto.full_clean()
    cliente = Cliente.objects.get(nome__contains="Água")
    gravada = cliente.nome_busca
    cliente.save()
    assert cliente.nome_busca == gravada


def test_as_mesmas_opcoes_dao_os_mesmos_dados():
    retratos = []
    for _ in range(2):
        with transaction.atomic():
            carregar(clientes=30, meses=3)
            retratos.append(retrato())
            transaction.set_rollback(True)
    assert retratos[0] == retratos[1]


def test_o_status_segue_dos_pagamentos_e_nenhum_e_do_futuro():
    carregar()

    for fatura in Fatura.objects.annotate(pago=Sum("pagamentos__valor", default=Decimal(0))):
        fatura.pago = fatura.pago.quantize(CENTAVO)  # SQLite adds binary fractions
        esperado = "PENDENTE" if not fatura.pago else "PARCIAL"
        assert fatura.status_pagamento == ("PAGA" if fatura.pago >= fatura.valor else esperado)
    assert not Pagamento.objects.filter(data_pagamento__gte=HOJE).exists()
    assert not Pagamento.objects.filter(data_pagamento__lte=F("fatura__data_emissao")).exists()


def test_as_datas_contam_a_historia_em_ordem():
    carregar()

    assert not Leitura.objects.filter(registrada_em__lt=F("data_leitura")).exists()
    datas: Any = Fatura.objects.filter(situacao="EMITIDA").values_list(
        "ciclo_ate", "data_emissao", "data_vencimento", "demonstrativo__ocorrencias"
    )
    for ciclo_ate, emissao, vencimento, ocorrencias in datas:
        assert 1 <= (emissao - ciclo_ate.date()).days <= 3
        assert vencimento > emissao
        assert ocorrencias == []
    numeros = list(
        Fatura.objects.filter(situacao="EMITIDA")
        .order_by("numero")
        .values_list("numero", flat=True)
    )
    assert numeros == list(range(1, len(numeros) + 1))


def test_as_bandeiras_inventadas_continuam_as_do_arquivo():
    carregar()

    inventadas = Bandeira.objects.filter(fonte="Valor de demonstração").order_by("vigente_de")
    assert [b.vigente_de for b in inventadas] == [date(2026, mes, 1) for mes in range(2, 8)]
    assert (
        Bandeira.objects.filter(vigente_de__lt=date(2026, 2, 1))
        .exclude(fonte="Valor de demonstração")
        .exists()
    )


@pytest.mark.parametrize(("clientes", "meses"), [(1, 1), (1, 13), (9, 2), (10, 1), (31, 4)])
def test_demonstracoes_pequenas_tambem_se_carregam(clientes, meses):
    resumo = carregar(clientes=clientes, meses=meses)

    assert resumo.clientes == clientes
    assert Fatura.objects.count() >= (resumo.unidades - 3) * meses - resumo.unidades // 5


def test_o_ultimo_mes_padrao_e_o_ultimo_completo():
    assert carregar(clientes=1, meses=1, ate=None).ate == "2026-06"


def test_interrompida_nao_deixa_nada():
    def interromper(feitas: int, total: int) -> None:
        if feitas == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carregar(clientes=10, meses=2, avisar=interromper)

    assert not Cliente.objects.exists()
    assert not Bandeira.objects.exists()
    assert carregar(clientes=10, meses=2).clientes == 10


def test_com_outra_distribuidora_no_banco_as_unidades_sao_da_do_exemplo():
    DistribuidoraFactory(nome="Outra", cnpj="45123789000106", serie="9")

    assert carregar(clientes=3, meses=1).faturas >= 3
    nomes = UnidadeConsumidora.objects.values_list("distribuidora__nome", flat=True)
    assert set(nomes) == {"Energia Exemplo"}


def test_consultas_nao_crescem_com_os_clientes():
    """What it costs per run and per month is fixed; bulk_create only adds batches."""

    def consultas(clientes: int) -> int:
        with transaction.atomic(), CaptureQueriesContext(connection) as capturadas:
            carregar(clientes=clientes, meses=1)
            transaction.set_rollback(True)
        return len(capturadas)

    # SQLite takes some hundred parameters a statement, so more rows are more statements.
    assert consultas(120) - consultas(60) < 60


def test_um_plano_maior_nao_repete_documento_nem_estoura_o_mostrador():
    plano = planejar(3_000, 60, primeiro_mes=1)

    documentos = [c.documento for c in plano.clientes if c.documento]
    assert len(set(documentos)) == len(documentos)
    viradas = [u for u in plano.unidades if u.inicial + sum(u.passos) >= 10**u.digitos]
    assert {u.papel for u in viradas} == {"VIRADA"}


def recusa(*argumentos: str) -> CommandError:
    with pytest.raises(CommandError) as erro:
        call_command("carregar_demo", *argumentos)
    return erro.value


def test_banco_com_clientes_e_recusado():
    ClienteFactory()

    erro = recusa("--clientes", "5", "--meses", "1")

    assert erro.returncode == 2
    assert "já tem clientes" in str(erro)
    assert Cliente.objects.count() == 1


@pytest.mark.parametrize(
    ("argumentos", "trecho"),
    [
        pytest.param(("--clientes", "0"), "de 1 a 50000; veio 0", id="nenhum cliente"),
        pytest.param(("--clientes=-3",), "de 1 a 50000; veio -3", id="clientes negativos"),
        pytest.param(("--clientes", "999999999"), "veio 999999999", id="clientes demais"),
        pytest.param(("--meses", "0"), "de 1 a 120; veio 0", id="nenhum mês"),
        pytest.param(("--meses", "121"), "de 1 a 120; veio 121", id="meses demais"),
        pytest.param(
            ("--meses", "120", "--ate", "2026-06"), "só alcançam 29", id="antes da tarifa"
        ),
        pytest.param(("--ate", "2024-01", "--meses", "1"), "só alcançam 0", id="o primeiro mês"),
        pytest.param(("--ate", "1999-12"), "só alcançam 0", id="outro século"),
        pytest.param(("--ate", "2999-01"), "último mês completo", id="no futuro"),
        pytest.param(("--ate", "0001-01"), "só alcançam 0", id="ano 1"),
    ],
)
def test_pedido_impossivel_e_recusado_com_frase(argumentos, trecho):
    erro = recusa(*argumentos)

    assert erro.returncode == 2
    assert trecho in str(erro)
    assert not Bandeira.objects.exists()


@pytest.mark.parametrize(
    ("argumentos", "trecho"),
    [
        (("--clientes", "muitos"), "Número inválido: 'muitos'"),
        (("--clientes", "9" * 5_000), "Número inválido"),
        (("--meses", "1.5"), "Número inválido: '1.5'"),
        (("--ate", "2026-13"), "Competência inválida: '2026-13'"),
        (("--ate", "junho"), "Competência inválida: 'junho'"),
    ],
)
def test_argumento_malformado_e_recusado_com_frase(argumentos, trecho):
    assert trecho in str(recusa(*argumentos))


def test_parametros_ilegiveis_nao_deixam_nada():
    with pytest.raises(carga.DominioError, match="JSON válido"):
        carregar_demonstracao(clientes=1, meses=1, ate=None, hoje=HOJE, parametros=BytesIO(b"{"))
    assert not Cliente.objects.exists()
