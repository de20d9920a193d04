"""Fine, interest and correction of a late payment."""

from decimal import Decimal

import pytest

from comum.dinheiro import Arredondamento
from faturamento.calculo.mora import (
    acumular_ipca,
    calcular_base_da_mora,
    calcular_encargos_de_mora,
)

D = Decimal


@pytest.mark.parametrize(
    ("dias", "multa", "juros"),
    [
        (-3, "0.00", "0.00"),
        (0, "0.00", "0.00"),
        (1, "2.00", "0.03"),
        (30, "2.00", "1.00"),
        (45, "2.00", "1.50"),
    ],
)
def test_multa_uma_vez_e_juros_por_dia(dias: int, multa: str, juros: str) -> None:
    encargos = calcular_encargos_de_mora(base_brl=D(100), dias=dias)
    assert (str(encargos.multa), str(encargos.juros)) == (multa, juros)


def test_os_juros_sao_simples_sobre_o_valor_original() -> None:
    encargos = calcular_encargos_de_mora(
        base_brl=D("1000"), dias=360, fator_ipca=acumular_ipca([D("0.004")] * 12)
    )
    assert str(encargos.juros) == "120.00"
    assert str(encargos.atualizacao) == "49.07"
    assert str(encargos.total) == "189.07"


def test_a_base_deixa_de_fora_a_cip_e_as_multas_anteriores() -> None:
    base = calcular_base_da_mora(
        valor_brl=D("219.15"), cip_brl=D("8.63"), multas_anteriores_brl=D("4.00")
    )
    assert str(base) == "206.52"
    assert calcular_base_da_mora(valor_brl=D(5), cip_brl=D("8.63")) == 0


def test_percentuais_e_politica_sao_da_distribuidora() -> None:
    encargos = calcular_encargos_de_mora(
        base_brl=D("99.99"),
        dias=10,
        multa=D("0.01"),
        juros_ao_mes=D("0.02"),
        arredondamento=Arredondamento.TRUNCAR,
    )
    assert (str(encargos.multa), str(encargos.juros)) == ("0.99", "0.66")
