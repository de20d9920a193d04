"""A meter exchanged while its UC's lot is billed: the bill is of before, or of after."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from comum.django_base.gravacao import em_transacao
from faturamento.models import Fatura
from faturamento.servicos import calculo_do_lote, medicao
from faturamento.servicos.execucao import definir_escopo, faturar
from medidores.models import Medidor
from medidores.servicos.instalacao import NovoMedidor, trocar_medidor
from medidores.servicos.leituras import LeituraInformada, registrar_leitura
from tests.factories import criar_parametros, criar_unidade_com_leituras
from tests.faturamento.test_corridas import ao_mesmo_tempo

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("banco_real")]

JANEIRO = date(2026, 1, 1)
ESPERA_SEGUNDOS = 2  # long enough for the other to get as far as it can
# What January bills by the old meter alone, by both, and by half of the exchange.
ANTES, DEPOIS, METADE = Decimal(150), Decimal(230), Decimal(200)


def trocar_e_ler(antigo: Medidor, agora: datetime) -> None:
    """In one transaction: 1150 → 1200 on the old meter, 0 → 30 on the new one."""
    with em_transacao():
        novo = trocar_medidor(
            antigo,
            NovoMedidor("NOVO"),
            leituras_finais={"ATIVA_TOTAL": Decimal(1200)},
            instante=datetime(2026, 1, 20, 13, tzinfo=UTC),
            agora=agora,
        )
        lida = LeituraInformada(
            novo.pk, "ATIVA_TOTAL", datetime(2026, 1, 28, 12, tzinfo=UTC), Decimal(30), "CAMPO"
        )
        registrar_leitura(lida, agora=agora)


def rodar(agora: datetime) -> None:
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=True, agora=agora)


def levantar(resultados: list[Any]) -> None:
    for resultado in resultados:
        if isinstance(resultado, Exception):
            raise resultado


@pytest.mark.parametrize("com_guarda", [True, False], ids=["com a trava", "controle sem ela"])
def test_troca_no_meio_do_lote(com_guarda, agora, monkeypatch):
    """The run has read the meters, not yet the readings, when the exchange comes."""
    criar_parametros()
    antigo = criar_unidade_com_leituras(("1000", "1150"))
    leu_medidores, trocou = threading.Event(), threading.Event()
    ler_medidores = medicao._ler_medidores

    def ler_e_esperar(*args: Any) -> Any:
        medidores = ler_medidores(*args)
        leu_medidores.set()
        trocou.wait(ESPERA_SEGUNDOS)
        return medidores

    monkeypatch.setattr(medicao, "_ler_medidores", ler_e_esperar)
    if not com_guarda:
        monkeypatch.setattr(calculo_do_lote, "travar_unidades", lambda _: None)

    def agir(indice: int) -> None:
        if indice == 0:
            return rodar(agora)
        leu_medidores.wait(10)
        trocar_e_ler(antigo, agora)
        trocou.set()
        return None

    levantar(ao_mesmo_tempo(agir, quantos=2))

    assert Fatura.objects.get().consumo_kwh == (ANTES if com_guarda else METADE)
    assert Medidor.objects.get(data_retirada=None).numero_medidor == "NOVO"


def test_lote_que_comeca_com_a_troca_aberta_espera_e_fatura_os_dois(agora):
    criar_parametros()
    antigo = criar_unidade_com_leituras(("1000", "1150"))
    trocou, fatura_comecou = threading.Event(), threading.Event()

    def agir(indice: int) -> None:
        if indice == 0:
            with em_transacao():
                trocar_e_ler(antigo, agora)
                trocou.set()
                fatura_comecou.wait(10)
                fatura_comecou.clear()
                fatura_comecou.wait(ESPERA_SEGUNDOS)  # lets the run come to the lock
            return
        trocou.wait(10)
        fatura_comecou.set()
        rodar(agora)

    levantar(ao_mesmo_tempo(agir, quantos=2))

    fatura = Fatura.objects.get()
    assert fatura.consumo_kwh == DEPOIS
    numeros = [parte["numero_medidor"] for parte in fatura.demonstrativo["leituras"]]
    assert numeros == [antigo.numero_medidor, "NOVO"]


def test_duas_trocas_do_mesmo_medidor_ao_mesmo_tempo(agora):
    """The second one finds it gone: nothing of it is left."""
    antigo = criar_unidade_com_leituras(("1000", "1150"))

    def agir(indice: int) -> Medidor:
        return trocar_medidor(
            antigo,
            NovoMedidor(f"NOVO-{indice}"),
            leituras_finais={"ATIVA_TOTAL": Decimal(1200)},
            instante=datetime(2026, 1, 20, 13, tzinfo=UTC),
            agora=agora,
        )

    resultados = ao_mesmo_tempo(agir)

    falhas = [str(r) for r in resultados if isinstance(r, Exception)]
    assert len(falhas) == len(resultados) - 1
    assert all("foi retirado em 20/01/2026" in falha for falha in falhas)
    assert Medidor.objects.count() == 2
    assert antigo.leituras.filter(origem="RETIRADA").count() == 1
