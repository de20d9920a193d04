"""A month billed after a later one: its draft waits, its issued invoice is in the way."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from faturamento.models import Fatura
from faturamento.servicos.emissao import emitir_faturas
from faturamento.servicos.execucao import definir_escopo, descartar_rascunhos, faturar
from tests.factories import criar_parametros, criar_unidade_com_leituras

pytestmark = pytest.mark.django_db

DEZEMBRO, JANEIRO = date(2025, 12, 1), date(2026, 1, 1)


@pytest.fixture
def leituras() -> None:
    criar_parametros()
    criar_unidade_com_leituras(("1000", "1100", "1250"))


def rodar(mes: date, agora: datetime, *, emitir: bool) -> dict[str, int]:
    escopo = definir_escopo(mes, ate=None, grupo_leitura="", agora=agora)
    return faturar(escopo, emitir=emitir, agora=agora).pendencias


@pytest.mark.usefixtures("leituras")
def test_rascunho_de_mes_posterior_nao_e_predecessor(agora: datetime) -> None:
    assert rodar(JANEIRO, agora, emitir=False) == {}

    assert rodar(DEZEMBRO, agora, emitir=True) == {}

    de_dezembro = Fatura.objects.get(mes_referencia=DEZEMBRO)
    assert (de_dezembro.situacao, de_dezembro.consumo_kwh) == ("EMITIDA", Decimal(100))
    # January's draft was made as a first bill, which it no more is: it is calculated anew.
    rascunho = Fatura.objects.get(mes_referencia=JANEIRO)
    [recusa] = emitir_faturas([rascunho.pk], agora=agora).recusas
    assert recusa.codigo == "RASCUNHO_DESATUALIZADO"
    assert descartar_rascunhos([rascunho.pk]) == 1
    assert rodar(JANEIRO, agora, emitir=True) == {}
    assert Fatura.objects.get(mes_referencia=JANEIRO).consumo_kwh == Decimal(150)


@pytest.mark.usefixtures("leituras")
def test_fatura_emitida_de_mes_posterior_impede(agora: datetime) -> None:
    assert rodar(JANEIRO, agora, emitir=True) == {}

    assert rodar(DEZEMBRO, agora, emitir=False) == {"CICLO_JA_FATURADO": 1}
