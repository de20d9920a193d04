"""Tariff changes, bands and bandeiras across the days of a cycle."""

from decimal import Decimal

import pytest

from comum.dinheiro import repartir
from tests.faturamento.calculo.apoio import (
    Caso,
    bandeira,
    calcular,
    caso,
    codigos,
    periodo,
    quantidades,
    tarifa,
)


def trechos(dado: Caso, codigo: str) -> list[tuple[str, str, str]]:
    return [
        (str(li.de), str(li.ate), str(li.quantidade_kwh))
        for li in calcular(dado).linhas
        if li.codigo == codigo
    ]


def test_reajuste_divide_a_tusd_e_a_te_pelos_dias() -> None:
    dado = caso(
        kwh="100",
        tarifas=[tarifa("300", "200", ate="2023-09-11"), tarifa("400", "300", de="2023-09-11")],
    )
    esperado = [
        ("2023-09-01", "2023-09-11", "33.333"),
        ("2023-09-11", "2023-10-01", "66.667"),
    ]
    assert trechos(dado, "TUSD") == trechos(dado, "TE") == esperado
    assert "33,333 kWh (10 de 30 dias)" in calcular(dado).linhas[0].formula


def test_tarifa_de_fora_do_ciclo_nao_conta() -> None:
    dado = caso(
        tarifas=[
            tarifa("1", "1", ate="2023-09-01"),
            tarifa("300", "200", de="2023-09-01", ate="2023-10-01"),
            tarifa("9", "9", de="2023-10-01"),
        ]
    )
    assert trechos(dado, "TUSD") == [("2023-09-01", "2023-10-01", "200.000")]


def test_bandeira_divide_so_a_bandeira() -> None:
    dado = caso(
        kwh="100",
        bandeiras=[
            bandeira("AMARELA", "18.85", ate="2023-09-11"),
            bandeira("VERMELHA_P1", "44.63", de="2023-09-11", ate="2023-09-21"),
            bandeira(de="2023-09-21"),
        ],
    )
    assert trechos(dado, "BANDEIRA") == [
        ("2023-09-01", "2023-09-11", "33.334"),
        ("2023-09-11", "2023-09-21", "33.333"),
    ]
    assert len(trechos(dado, "TUSD")) == 1


def test_bandeira_verde_nao_tem_linha() -> None:
    assert codigos(calcular(caso())) == ["TUSD", "TE"]


def test_ciclo_anterior_as_bandeiras_nao_as_exige() -> None:
    dado = caso(
        periodo=periodo("2014-12-01", "2015-01-01"),
        tarifas=[tarifa("300", "200", de="2014-01-01")],
        bandeiras=[],
    )
    assert codigos(calcular(dado)) == ["TUSD", "TE"]


@pytest.mark.parametrize(
    ("kwh", "fatias"),
    [
        ("60", ["60.000"]),
        ("80", ["80.000"]),
        ("80.001", ["80.000", "0.001"]),
        ("300", ["80.000", "140.000", "80.000"]),
    ],
)
def test_faixas_sao_fatias_sucessivas(kwh: str, fatias: list[str]) -> None:
    dado = caso(
        kwh=kwh,
        tarifas=[
            tarifa("300", "300"),
            tarifa("100", "100", faixa="80"),
            tarifa("200", "200", faixa="220"),
        ],
    )
    demonstrativo = calcular(dado)
    assert quantidades(demonstrativo, "TUSD") == fatias
    assert [li.descricao for li in demonstrativo.linhas][: len(fatias)] == [
        f"Energia ativa fornecida – TUSD – faixa {ordem:02d}" for ordem in range(1, len(fatias) + 1)
    ]


def test_faixas_valem_para_o_ciclo_inteiro_tambem_com_reajuste() -> None:
    """200 kWh, half the days each: each half has half of the 80 kWh of band 01."""
    dado = caso(
        kwh="200",
        tarifas=[
            tarifa("100", "1", ate="2023-09-16", faixa="80"),
            tarifa("300", "1", ate="2023-09-16"),
            tarifa("110", "1", de="2023-09-16", faixa="80"),
            tarifa("330", "1", de="2023-09-16"),
        ],
    )
    assert quantidades(calcular(dado), "TUSD") == ["40.000", "60.000", "40.000", "60.000"]


@pytest.mark.parametrize(
    ("total", "pesos", "partes"),
    [
        pytest.param("100", [1, 1, 1], ["33.334", "33.333", "33.333"], id="empate ao mais antigo"),
        pytest.param("30", [12, 9, 1], ["16.364", "12.273", "1.363"], id="empate de dízimas"),
        pytest.param("0", [1, 2], ["0.000", "0.000"], id="nada"),
        pytest.param("0.001", [1, 29], ["0.000", "0.001"], id="maior resto"),
    ],
)
def test_repartir_por_maior_resto(total: str, pesos: list[int], partes: list[str]) -> None:
    """The second case was found by the integer oracle: a rounded quotient broke the tie wrongly."""
    assert [str(parte) for parte in repartir(Decimal(total), pesos)] == partes
