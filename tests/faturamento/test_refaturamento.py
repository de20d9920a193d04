"""Re-billing: the new invoice, the old one, the readings and the money, all or nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comum.erros import DadoInvalidoError, NaoEncontradoError
from faturamento.models import Fatura, Pagamento, SequenciaFatura, Tarifa
from faturamento.servicos.baixa import estornar_pagamento, registrar_pagamento, saldo_aberto
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.refaturamento import (
    PreviaDesatualizadaError,
    RefaturamentoImpossivelError,
    frase_do_saldo,
    leituras_do_ciclo,
    previa_do_refaturamento,
    refaturar,
)
from faturamento.servicos.verificacao import faturas_a_verificar, verificar_fatura
from medidores.models import Leitura
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

JANEIRO = date(2026, 1, 1)


def rodar(agora: datetime, mes: date = JANEIRO, *, emitir: bool = True) -> None:
    faturar(
        definir_escopo(mes, ate=None, grupo_leitura="", agora=agora), emitir=emitir, agora=agora
    )


@pytest.fixture
def emitida(agora) -> Fatura:
    """150 kWh of January, R$ 159,73."""
    criar_parametros()
    criar_unidade_com_leituras()
    rodar(agora)
    return Fatura.objects.get()


def ultima_leitura() -> Leitura:
    return Leitura.objects.validas().order_by("-data_leitura")[0]


def pagar(fatura: Fatura, valor: str, agora: datetime, nome: str = "pix-1") -> Pagamento:
    return registrar_pagamento(
        fatura_id=fatura.pk,
        valor=Decimal(valor),
        identificador=nome,
        data_pagamento=date(2026, 2, 9),
        agora=agora,
        origem="BANCO",
    )


def refazer(fatura: Fatura, agora: datetime, **opcoes) -> Fatura:
    return refaturar(fatura_id=fatura.pk, motivo="LEITURA_ERRADA", agora=agora, **opcoes)


def tudo_confere() -> bool:
    return not [d for fatura in faturas_a_verificar() for d in verificar_fatura(fatura)]


def estado() -> list:
    return [
        list(modelo.objects.order_by("pk").values())
        for modelo in (Fatura, Leitura, Pagamento, SequenciaFatura)
    ]


def test_leitura_faturada_se_corrige_refaturando(agora, emitida):
    leitura = ultima_leitura()
    assert [item.leitura_id for item in leituras_do_ciclo(emitida)] == [leitura.pk]

    nova = refazer(emitida, agora, leituras={leitura.pk: Decimal(1120)}, detalhe="2 por 5")

    emitida.refresh_from_db()
    leitura.refresh_from_db()
    assert (emitida.situacao, emitida.numero) == ("CANCELADA", 1)
    assert emitida.motivo_cancelamento == "Leitura errada: 2 por 5"
    assert (nova.situacao, nova.origem, nova.numero) == ("EMITIDA", "REFATURAMENTO", 2)
    assert (nova.substitui, nova.consumo_kwh) == (emitida, 120)
    assert (nova.ciclo_de, nova.ciclo_ate) == (emitida.ciclo_de, emitida.ciclo_ate)
    assert nova.demonstrativo["substitui"]["numero"] == 1
    assert leitura.situacao == "SUBSTITUIDA"
    substituta = Leitura.objects.get(substitui=leitura)
    assert (substituta.leitura_kwh, substituta.situacao) == (1120, "VALIDA")
    assert nova.demonstrativo["leituras"][0]["atual"]["leitura_id"] == substituta.pk
    assert tudo_confere()


def test_previa_mostra_linha_por_linha_e_nada_grava(agora, emitida):
    pagar(emitida, "100.00", agora)
    antes = estado()

    previa = previa_do_refaturamento(
        fatura_id=emitida.pk, agora=agora, leituras={ultima_leitura().pk: Decimal(1120)}
    )

    assert estado() == antes
    linhas = {linha.codigo: linha for linha in previa.diferenca.linhas}
    assert list(linhas) == ["TUSD", "TE", "CIP"]
    assert (linhas["TUSD"].quantidade_antes, linhas["TUSD"].quantidade_depois) == (150, 120)
    assert linhas["CIP"].diferenca == 0
    assert previa.diferenca.total.diferenca == sum(x.diferenca for x in previa.diferenca.linhas)
    assert previa.pago == 100
    nova = refazer(emitida, agora, leituras={ultima_leitura().pk: Decimal(1120)})
    assert nova.valor == previa.valor_novo
    assert saldo_aberto(nova) == previa.saldo


def test_tarifa_corrigida_muda_a_nova_e_nao_a_velha(agora, emitida):
    valor = emitida.valor
    Tarifa.objects.update(te_brl_por_mwh=100)
    nova = refaturar(fatura_id=emitida.pk, motivo="TARIFA_ERRADA", agora=agora)
    emitida.refresh_from_db()
    assert nova.valor < valor == emitida.valor
    assert tudo_confere()


@pytest.mark.parametrize(
    ("pago", "novo_kwh", "status", "frase"),
    [
        ("159.73", "1100", "PAGA", "Pago a mais: R$ 50,36"),
        ("50.00", "1150", "PARCIAL", "Falta pagar R$ 109,73"),
        ("159.73", "1150", "PAGA", "Nada a pagar"),
        ("159.73", "1200", "PARCIAL", "Falta pagar R$ 50,38"),
    ],
)
def test_o_que_foi_pago_passa_para_a_nova(agora, emitida, pago, novo_kwh, status, frase):
    pagamento = pagar(emitida, pago, agora)
    desfeito = pagar(emitida, "1.00", agora, "engano")
    estornar_pagamento(pagamento_id=desfeito.pk, agora=agora)

    nova = refazer(emitida, agora, leituras={ultima_leitura().pk: Decimal(novo_kwh)})

    nova.refresh_from_db()
    emitida.refresh_from_db()
    [credito] = nova.pagamentos.all()
    assert (credito.valor, credito.origem) == (Decimal(pago), "BANCO")
    assert credito.identificador == f"transferencia-{pagamento.pk}"
    assert credito.data_pagamento == pagamento.data_pagamento
    assert sum(p.valor for p in emitida.pagamentos.all()) == 0
    assert sum(p.valor for p in Pagamento.objects.all()) == Decimal(pago)
    assert (nova.status_pagamento, emitida.status_pagamento) == (status, "PENDENTE")
    assert frase in frase_do_saldo(nova)


def test_refatura_a_refaturada_e_o_dinheiro_vai_junto(agora, emitida):
    pagar(emitida, "100", agora)
    segunda = refazer(emitida, agora, leituras={ultima_leitura().pk: Decimal(1120)})
    with pytest.raises(RefaturamentoImpossivelError, match=r"vale a fatura 1-2\. Refature") as erro:
        refazer(emitida, agora)
    assert erro.value.codigo == "JA_REFATURADA"
    terceira = refazer(segunda, agora, leituras={ultima_leitura().pk: Decimal(1150)})
    assert (terceira.numero, terceira.substitui, terceira.consumo_kwh) == (3, segunda, 150)
    assert saldo_aberto(terceira) == terceira.valor - 100
    assert tudo_confere()


def test_identificador_de_transferencia_e_reservado(agora, emitida):
    with pytest.raises(DadoInvalidoError, match="reservado"):
        pagar(emitida, "1", agora, "transferencia-1")


def test_da_cancelada_sem_substituta_tambem_se_refatura(agora, emitida):
    cancelar_fatura(fatura_id=emitida.pk, motivo="LEITURA_ERRADA", agora=agora)
    nova = refazer(emitida, agora, leituras={ultima_leitura().pk: Decimal(1100)})
    assert (nova.consumo_kwh, nova.substitui) == (100, emitida)


def test_cancelada_que_a_execucao_ja_refez_nao_se_refatura(agora, emitida):
    cancelar_fatura(fatura_id=emitida.pk, motivo="LEITURA_ERRADA", agora=agora)
    rodar(agora, emitir=False)
    with pytest.raises(RefaturamentoImpossivelError, match="já tem outra fatura de 01/2026"):
        refazer(emitida, agora)


def test_mesmo_ciclo_ainda_que_chegue_leitura_depois(agora, emitida):
    LeituraFactory(
        medidor=ultima_leitura().medidor,
        data_leitura=datetime(2026, 1, 30, 12, tzinfo=UTC),
        leitura_kwh=Decimal(1300),
    )
    nova = refazer(emitida, agora)
    assert (nova.consumo_kwh, nova.ciclo_ate) == (150, emitida.ciclo_ate)


def test_so_o_ultimo_ciclo_e_rascunho_posterior_nao_atrapalha(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000", "1100", "1250"))
    rodar(agora, date(2025, 12, 1))
    rodar(agora, emitir=False)
    dezembro, janeiro = Fatura.objects.order_by("mes_referencia")
    do_meio = medidor.leituras.order_by("data_leitura")[1]

    previa = previa_do_refaturamento(
        fatura_id=dezembro.pk, agora=agora, leituras={do_meio.pk: Decimal(1110)}
    )
    assert previa.diferenca.total.quantidade_depois == 110

    janeiro.delete()
    rodar(agora)
    with pytest.raises(RefaturamentoImpossivelError, match="só se refatura o último") as erro:
        refazer(dezembro, agora)
    assert erro.value.codigo == "CICLO_JA_FATURADO"
    assert "lançamento avulso" in str(erro.value)


def test_valor_que_a_critica_so_reteria_e_aceito_da_pessoa(agora):
    criar_parametros()
    criar_unidade_com_leituras(("1000", "1150", "1300", "1450", "1600"))
    rodar(agora)
    nova = refazer(Fatura.objects.get(), agora, leituras={ultima_leitura().pk: Decimal(3450)})
    assert nova.consumo_kwh == 2000
    assert (ultima_leitura().leitura_kwh, ultima_leitura().ocorrencia) == (3450, "CONSUMO_ALTO")


@pytest.mark.parametrize(
    ("correcoes", "codigo"),
    [
        (lambda x: {x.pk: Decimal("123456789")}, "DIGITOS_EXCEDIDOS"),
        (lambda x: {x.pk: Decimal(-1)}, "VALOR_INVALIDO"),
        (lambda x: {10**9: Decimal(1)}, "LEITURA_FORA_DO_CICLO"),
        (
            lambda x: {x.medidor.leituras.order_by("data_leitura")[0].pk: Decimal(1)},
            "LEITURA_FORA_DO_CICLO",
        ),
    ],
)
def test_correcao_impossivel_nada_muda(agora, emitida, correcoes, codigo):
    pagar(emitida, "10", agora)
    antes = estado()
    leituras = correcoes(ultima_leitura())
    for agir in (
        lambda: refazer(emitida, agora, leituras=leituras),
        lambda: previa_do_refaturamento(fatura_id=emitida.pk, agora=agora, leituras=leituras),
    ):
        with pytest.raises(DadoInvalidoError) as erro:
            agir()
        assert erro.value.codigo == codigo
        assert estado() == antes


def test_o_que_mudou_depois_da_previa_e_dito(agora, emitida):
    previa = previa_do_refaturamento(fatura_id=emitida.pk, agora=agora)
    Tarifa.objects.update(te_brl_por_mwh=100)
    antes = estado()
    with pytest.raises(PreviaDesatualizadaError, match="Confira a diferença de novo"):
        refazer(emitida, agora, valor_previsto=previa.valor_novo)
    assert estado() == antes


def test_sem_tarifa_nao_refatura_e_nada_muda(agora, emitida):
    pagar(emitida, "10", agora)
    Tarifa.objects.all().delete()
    antes = estado()
    with pytest.raises(RefaturamentoImpossivelError) as erro:
        refazer(emitida, agora)
    assert erro.value.codigo == "SEM_TARIFA"
    assert estado() == antes


def test_o_que_nao_se_refatura(agora, emitida):
    for fatura, codigo in (
        (FaturaFactory(), "FATURA_SEM_CICLO"),
        (FaturaFactory(ciclo=True), "FATURA_EM_RASCUNHO"),
    ):
        with pytest.raises(RefaturamentoImpossivelError) as erro:
            refazer(fatura, agora)
        assert erro.value.codigo == codigo
    with pytest.raises(NaoEncontradoError):
        refaturar(fatura_id=10**9, motivo="LEITURA_ERRADA", agora=agora)
    with pytest.raises(DadoInvalidoError, match="pede um detalhe"):
        refaturar(fatura_id=emitida.pk, motivo="outro", agora=agora)


def test_vai_para_o_mesmo_cliente_ainda_que_o_medidor_tenha_outro(agora, emitida):
    medidor = ultima_leitura().medidor
    type(medidor).objects.filter(pk=medidor.pk).update(cliente=ClienteFactory())
    assert refazer(emitida, agora).cliente == emitida.cliente


def test_consultas_nao_crescem_com_a_historia(agora, emitida):
    def consultas() -> int:
        with CaptureQueriesContext(connection) as capturadas:
            previa_do_refaturamento(fatura_id=emitida.pk, agora=agora)
        return len(capturadas)

    poucas = consultas()
    for _ in range(5):
        criar_unidade_com_leituras()
    assert consultas() == poucas
