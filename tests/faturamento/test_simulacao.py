"""A bill as it would be with something changed."""

from datetime import date
from decimal import Decimal

import pytest

from comum.erros import NaoEncontradoError
from comum.vocabulario import CorBandeira
from faturamento.models import Fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.simulacao import Mudanca, simular_mudanca
from tests.factories import FaturaFactory, criar_parametros, criar_unidade_com_leituras

pytestmark = pytest.mark.django_db


@pytest.fixture
def fatura(agora) -> Fatura:
    criar_parametros()
    criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=True, agora=agora)
    return Fatura.objects.get()


def test_sem_mudanca_da_a_mesma_fatura(fatura):
    novo = simular_mudanca(fatura, Mudanca())
    assert novo == {chave: fatura.demonstrativo[chave] for chave in novo}


@pytest.mark.parametrize(
    ("mudanca", "valor"),
    [
        # 300 kWh: 180,87 + 121,35 + CIP 8,63.
        (Mudanca(consumo_kwh=Decimal(300)), "310.85"),
        (Mudanca(consumo_kwh=Decimal(0)), "38.85"),  # the minimum of 30 kWh: 18,09 + 12,13 + 8,63
        (Mudanca(te_brl_por_mwh=Decimal(0)), "99.06"),
        # 150 kWh of red flag: 0,04463 x 150 / 0,783592 = 8,54.
        (
            Mudanca(bandeira=CorBandeira.VERMELHA_P1, adicional_brl_por_mwh=Decimal("44.63")),
            "168.27",
        ),
    ],
    ids=["consumo", "mínimo", "tarifa", "bandeira"],
)
def test_mudanca(fatura, mudanca, valor):
    antes = Fatura.objects.values().get()
    assert simular_mudanca(fatura, mudanca)["valor"] == valor
    assert Fatura.objects.values().get() == antes


def test_fatura_sem_demonstrativo_nao_serve_de_ponto_de_partida():
    with pytest.raises(NaoEncontradoError, match="não tem demonstrativo"):
        simular_mudanca(FaturaFactory(), Mudanca())
