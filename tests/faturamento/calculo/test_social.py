"""Tarifa Social and Desconto Social at their edges: days, slices, minimum, bandeira."""

from datetime import date
from decimal import Decimal

import pytest

from comum.vocabulario import Subclasse
from faturamento.calculo.erros import RegraAusenteError
from faturamento.calculo.social import calcular_desconto_social
from tests.faturamento.calculo.apoio import (
    Caso,
    bandeira,
    calcular,
    caso,
    periodo,
    quantidades,
    tarifa,
    valores,
)

ANTES, DEPOIS = date(2025, 7, 4), date(2025, 7, 5)


@pytest.mark.parametrize(
    ("subclasse", "ultimo_dia", "kwh", "desconto_kwh", "gratuito_kwh"),
    [
        pytest.param("BAIXA_RENDA", ANTES, "30", "19.50", "0", id="antiga: 65% até 30"),
        pytest.param("BAIXA_RENDA", ANTES, "31", "19.90", "0", id="antiga: 40% do 31º"),
        pytest.param("BAIXA_RENDA", ANTES, "100", "47.50", "0", id="antiga: 40% até 100"),
        pytest.param("BAIXA_RENDA", ANTES, "220", "59.50", "0", id="antiga: 10% até 220"),
        pytest.param("BAIXA_RENDA", ANTES, "900", "59.50", "0", id="antiga: nada acima"),
        pytest.param("INDIGENA_QUILOMBOLA", ANTES, "50", "50", "50", id="indígena: 100% até 50"),
        pytest.param("INDIGENA_QUILOMBOLA", ANTES, "220", "82", "50", id="indígena até 220"),
        pytest.param("BAIXA_RENDA", DEPOIS, "80", "80", "80", id="nova: 80 grátis"),
        pytest.param("BAIXA_RENDA", DEPOIS, "81", "80", "80", id="nova: nada acima"),
        pytest.param("INDIGENA_QUILOMBOLA", DEPOIS, "81", "80", "80", id="nova vale para todos"),
    ],
)
def test_desconto_por_faixa(
    subclasse: str, ultimo_dia: date, kwh: str, desconto_kwh: str, gratuito_kwh: str
) -> None:
    desconto = calcular_desconto_social(
        Decimal(kwh),
        Subclasse(subclasse),
        ultimo_dia=ultimo_dia,
    )
    assert desconto is not None
    assert desconto.desconto_kwh == Decimal(desconto_kwh)
    assert desconto.gratuito_kwh == Decimal(gratuito_kwh)


def test_vale_a_regra_do_ultimo_dia_do_ciclo() -> None:
    """`ate` is the day after it: the cycle [.., 05/07) ends on the 4th, still the old rule."""
    social: Caso = {"unidade": {"subclasse": "BAIXA_RENDA"}, "bandeiras": [bandeira()]}
    antiga = calcular(caso(kwh="100", periodo=periodo("2025-06-05", "2025-07-05"), **social))
    nova = calcular(caso(kwh="100", periodo=periodo("2025-06-06", "2025-07-06"), **social))
    assert quantidades(antiga, "TSEE") == ["47.500", "47.500"]
    assert quantidades(nova, "TSEE") == ["80.000", "80.000"]


def test_uma_linha_para_tusd_e_uma_para_te_em_cada_trecho() -> None:
    demonstrativo = calcular(
        caso(
            kwh="200",
            unidade={"subclasse": "BAIXA_RENDA"},
            periodo=periodo("2025-08-01", "2025-08-31"),
            tarifas=[tarifa("300", "200", ate="2025-08-11"), tarifa("400", "300", de="2025-08-11")],
            bandeiras=[bandeira()],
        )
    )
    assert quantidades(demonstrativo, "TSEE") == ["26.667", "26.667", "53.333", "53.333"]
    assert [li.descricao for li in demonstrativo.linhas if li.codigo == "TSEE"][:2] == [
        "Desconto Tarifa Social – TUSD",
        "Desconto Tarifa Social – TE",
    ]


@pytest.mark.parametrize(
    ("consumo", "faturado"),
    [("0", "80.000"), ("80", "80.000"), ("80.001", "100.000"), ("99", "100.000")],
)
def test_minimo_da_trifasica_desde_julho_de_2025(consumo: str, faturado: str) -> None:
    demonstrativo = calcular(
        caso(
            kwh=consumo,
            unidade={"subclasse": "BAIXA_RENDA", "ligacao": "TRIFASICA"},
            periodo=periodo("2025-08-01", "2025-08-31"),
            bandeiras=[bandeira()],
        )
    )
    assert str(demonstrativo.consumo_faturado_kwh) == faturado


def test_a_bandeira_nao_incide_sobre_o_gratuito() -> None:
    demonstrativo = calcular(
        caso(
            kwh="200",
            unidade={"subclasse": "BAIXA_RENDA"},
            periodo=periodo("2025-08-01", "2025-08-31"),
            bandeiras=[bandeira("VERMELHA_P2", "78.77")],
        )
    )
    assert quantidades(demonstrativo, "BANDEIRA") == ["120.000"]


def test_a_bandeira_nao_incide_sobre_a_faixa_de_custo_zero() -> None:
    demonstrativo = calcular(
        caso(
            kwh="200",
            unidade={"subclasse": "BAIXA_RENDA"},
            periodo=periodo("2026-01-01", "2026-01-31"),
            tarifas=[tarifa("0", "0", faixa="80"), tarifa("404.22", "321.29")],
            bandeiras=[bandeira("AMARELA", "18.85")],
        )
    )
    assert quantidades(demonstrativo, "BANDEIRA") == ["120.000"]
    assert valores(demonstrativo, "TSEE") == []


def test_ciclo_que_entra_em_2026_tem_tsee_antes_e_faixas_depois() -> None:
    """15 days of each: half of the 80 free kWh by a TSEE line, half by the free band."""
    demonstrativo = calcular(
        caso(
            kwh="200",
            unidade={"subclasse": "BAIXA_RENDA"},
            periodo=periodo("2025-12-17", "2026-01-16"),
            tarifas=[
                tarifa("404.22", "321.29", ate="2026-01-01"),
                tarifa("0", "0", de="2026-01-01", faixa="80"),
                tarifa("404.22", "321.29", de="2026-01-01"),
            ],
            bandeiras=[bandeira("AMARELA", "18.85")],
        )
    )
    assert quantidades(demonstrativo, "TUSD") == ["100.000", "40.000", "60.000"]
    assert quantidades(demonstrativo, "TSEE") == ["40.000", "40.000"]
    assert quantidades(demonstrativo, "BANDEIRA") == ["120.000"]


def test_desconto_incide_sobre_o_que_sobra_da_compensacao() -> None:
    demonstrativo = calcular(
        caso(
            kwh="300",
            unidade={"subclasse": "BAIXA_RENDA", "ligacao": "MONOFASICA"},
            periodo=periodo("2025-08-01", "2025-08-31"),
            bandeiras=[bandeira("AMARELA", "18.85")],
            scee={
                "regime": "GD_I",
                "icms_compensa_te": True,
                "icms_compensa_tusd": True,
                "creditos": [{"origem": "2025-07", "kwh": "999"}],
            },
        )
    )
    assert quantidades(demonstrativo, "TSEE") == ["30.000", "30.000"]
    assert quantidades(demonstrativo, "BANDEIRA") == ["0.000"]
    assert str(demonstrativo.valor) == "0.00"


def test_desconto_social_sem_faixas_nao_tem_regra_desde_2026() -> None:
    dado = caso(
        unidade={"subclasse": "DESCONTO_SOCIAL"},
        periodo=periodo("2025-12-15", "2026-01-15"),
        bandeiras=[bandeira()],
    )
    with pytest.raises(RegraAusenteError) as achado:
        calcular(dado)
    assert (achado.value.campo, achado.value.codigo) == ("tarifas", "REGRA_AUSENTE")


def test_desconto_social_antes_de_2026_paga_a_tarifa_comum() -> None:
    comum: Caso = {"periodo": periodo("2025-12-01", "2026-01-01"), "bandeiras": [bandeira()]}
    com = calcular(caso(unidade={"subclasse": "DESCONTO_SOCIAL"}, **comum))
    assert com.valor == calcular(caso(**comum)).valor


def test_tarifa_social_na_branca_nao_tem_regra() -> None:
    dado = caso(
        unidade={"modalidade": "BRANCA", "subclasse": "BAIXA_RENDA"},
        registros=[
            {**caso()["registros"][0], "registrador": f"ATIVA_{posto}"}
            for posto in ("PONTA", "INTERMEDIARIO", "FORA_PONTA")
        ],
        tarifas=[
            tarifa("1", "1", posto=posto) for posto in ("PONTA", "INTERMEDIARIO", "FORA_PONTA")
        ],
    )
    with pytest.raises(RegraAusenteError) as achado:
        calcular(dado)
    assert achado.value.campo == "unidade.modalidade"
