"""The bill of the month in which a meter was exchanged: both parts, each by its own readings."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from faturamento.models import Fatura
from faturamento.servicos.execucao import ResumoExecucao, definir_escopo, faturar
from faturamento.servicos.verificacao import verificar_fatura
from medidores.models import Leitura, Medidor, UnidadeConsumidora
from medidores.servicos.importacao_leituras import importar_leituras
from medidores.servicos.instalacao import NovoMedidor, mudar_titular, trocar_medidor
from tests.factories import (
    ClienteFactory,
    LeituraFactory,
    MedidorFactory,
    TarifaFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

JANEIRO, FEVEREIRO = date(2026, 1, 1), date(2026, 2, 1)
DIA_20 = datetime(2026, 1, 20, 13, tzinfo=UTC)
AGORA = datetime(2026, 2, 20, 15, tzinfo=UTC)


def rodar(mes: date) -> ResumoExecucao:
    escopo = definir_escopo(mes, ate=None, grupo_leitura="", agora=AGORA)
    return faturar(escopo, emitir=True, agora=AGORA)


def importar(*linhas: str) -> None:
    texto = "\n".join(["numero_medidor;data_leitura;leitura_kwh", *linhas])
    importar_leituras(BytesIO(texto.encode()), nome="mes.csv", agora=AGORA)


def partes(fatura: Fatura) -> list[tuple[str, str, str]]:
    """Meter, previous and current reading of each part of the demonstrativo."""
    return [
        (
            parte["numero_medidor"],
            parte["anterior"]["leitura_kwh"],
            parte["atual"]["leitura_kwh"],
        )
        for parte in fatura.demonstrativo["leituras"]
    ]


@pytest.mark.parametrize("constante_do_novo", [1, 40])
def test_o_mes_da_troca_com_as_leituras_do_arquivo(constante_do_novo):
    criar_parametros()
    antigo = criar_unidade_com_leituras(("1000", "1150"), numero_medidor="VELHO")
    outro = criar_unidade_com_leituras(("500", "600"), numero_medidor="OUTRO")
    rodar(JANEIRO)
    trocar_medidor(
        antigo,
        NovoMedidor("NOVO", constante=Decimal(constante_do_novo)),
        leituras_finais={"ATIVA_TOTAL": Decimal(1230)},
        leituras_iniciais={"ATIVA_TOTAL": Decimal(3)},
        instante=DIA_20,
        agora=AGORA,
    )

    importar("NOVO;05/02/2026;8", "OUTRO;05/02/2026;700", "VELHO;05/02/2026;1300")

    assert not antigo.leituras.filter(data_leitura__month=2).exists()  # it was gone by then
    resumo = rodar(FEVEREIRO)
    assert (resumo.faturadas, resumo.pendentes) == (2, 0)
    fatura = Fatura.objects.get(unidade=antigo.unidade, mes_referencia=FEVEREIRO)
    assert partes(fatura) == [
        ("VELHO", "1150.000", "1230.000"),
        ("NOVO", "3.000", "8.000"),
    ]
    assert fatura.consumo_kwh == 80 + 5 * constante_do_novo
    assert fatura.cliente == antigo.cliente
    assert Fatura.objects.get(unidade=outro.unidade, mes_referencia=FEVEREIRO).consumo_kwh == 100
    assert not list(verificar_fatura(fatura))


def test_duas_trocas_no_mes():
    criar_parametros()
    primeiro = criar_unidade_com_leituras(("1000", "1150"))
    rodar(JANEIRO)
    segundo = trocar_medidor(
        primeiro,
        NovoMedidor("SEGUNDO"),
        leituras_finais={"ATIVA_TOTAL": Decimal(1160)},
        instante=datetime(2026, 1, 8, 13, tzinfo=UTC),
        agora=AGORA,
    )
    trocar_medidor(
        segundo,
        NovoMedidor("TERCEIRO"),
        leituras_finais={"ATIVA_TOTAL": Decimal(20)},
        instante=DIA_20,
        agora=AGORA,
    )
    importar("TERCEIRO;05/02/2026;40")
    rodar(FEVEREIRO)
    assert Fatura.objects.get(mes_referencia=FEVEREIRO).consumo_kwh == 10 + 20 + 40


def test_na_branca_cada_posto_soma_os_dois_medidores():
    criar_parametros()
    for posto in ("PONTA", "INTERMEDIARIO", "FORA_PONTA"):
        TarifaFactory(modalidade="BRANCA", posto=posto)
    antigo = MedidorFactory(unidade__modalidade="BRANCA", numero_medidor="VELHO")
    registradores = ("ATIVA_PONTA", "ATIVA_INTERMEDIARIO", "ATIVA_FORA_PONTA")
    for posicao, registrador in enumerate(registradores):
        for mes, valor in ((12, 1000), (1, 1100)):
            LeituraFactory(
                medidor=antigo,
                registrador=registrador,
                data_leitura=datetime(2026 if mes == 1 else 2025, mes, 5, 12, tzinfo=UTC),
                leitura_kwh=Decimal(valor + posicao),
            )
    rodar(JANEIRO)
    novo = trocar_medidor(
        antigo,
        NovoMedidor("NOVO"),
        leituras_finais={r: Decimal(1150) for r in registradores},
        instante=DIA_20,
        agora=AGORA,
    )
    for posicao, registrador in enumerate(registradores, start=1):
        LeituraFactory(
            medidor=novo,
            registrador=registrador,
            data_leitura=datetime(2026, 2, 5, 12, tzinfo=UTC),
            leitura_kwh=Decimal(10 * posicao),
        )
    resumo = rodar(FEVEREIRO)
    assert resumo.pendencias == {}
    fatura = Fatura.objects.get(mes_referencia=FEVEREIRO)
    assert len(fatura.demonstrativo["leituras"]) == 6
    assert fatura.consumo_kwh == (50 + 10) + (49 + 20) + (48 + 30)


def test_o_novo_titular_so_paga_o_seu():
    """Changed at the reading that was billed: what comes after is the new customer's."""
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000", "1150"))
    antes, depois = medidor.cliente, ClienteFactory()
    rodar(JANEIRO)
    mudar_titular(
        medidor,
        cliente=depois,
        leituras={"ATIVA_TOTAL": Decimal(1150)},
        instante=datetime(2026, 1, 5, 12, tzinfo=UTC),
        agora=AGORA,
    )
    importar(f"{medidor.numero_medidor};05/02/2026;1300")
    rodar(FEVEREIRO)
    consumos = Fatura.objects.order_by("mes_referencia").values_list("cliente", "consumo_kwh")
    assert list(consumos) == [(antes.pk, 150), (depois.pk, 150)]


def test_rascunho_de_antes_da_troca_nao_sai_como_esta():
    """A draft made before the exchange is stale when the exchange changes its cycle."""
    criar_parametros()
    antigo = criar_unidade_com_leituras(("1000", "1150"))
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=AGORA)
    faturar(escopo, emitir=False, agora=AGORA)
    trocar_medidor(
        antigo,
        NovoMedidor("NOVO"),
        leituras_finais={"ATIVA_TOTAL": Decimal(1230)},
        instante=DIA_20,
        agora=AGORA,
    )
    rodar(JANEIRO)  # issues what it finds, and refuses the stale
    fatura = Fatura.objects.get()
    assert fatura.situacao == "RASCUNHO"
    fatura.delete()
    rodar(JANEIRO)
    assert Fatura.objects.get().consumo_kwh == 230
    assert Medidor.objects.count() == 2
    assert UnidadeConsumidora.objects.count() == 1
    assert Leitura.objects.filter(origem="RETIRADA").count() == 1
