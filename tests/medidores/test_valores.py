"""Numbers and moments as files write them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from comum.erros import DadoInvalidoError
from medidores.importacao.valores import ler_decimal, ler_instante


@pytest.mark.parametrize(
    ("texto", "valor"),
    [("0", "0"), ("12840", "12840"), ("12840,5", "12840.5"), ("0.078", "0.078"), ("1,500", "1.5")],
)
def test_decimal_com_virgula_ou_ponto(texto, valor):
    assert ler_decimal(texto, campo="leitura_kwh") == Decimal(valor)


@pytest.mark.parametrize(
    "texto",
    [
        "",
        "-1",
        "+1",
        "1.234,56",
        "1,234.56",
        "1e3",
        "NaN",
        "Infinity",
        "1_000",
        "١٢",
        " 1",
        "1.2345",
        "=1+1",
        "9" * 40,
        "0x10",
    ],
)
def test_decimal_que_nao_serve_diz_o_valor(texto):
    with pytest.raises(DadoInvalidoError, match="leitura_kwh inválido") as erro:
        ler_decimal(texto, campo="leitura_kwh")
    assert erro.value.codigo == "VALOR_INVALIDO"


@pytest.mark.parametrize(
    ("texto", "instante"),
    [
        pytest.param("05/01/2026", (2026, 1, 5, 3), id="dia: primeiro instante local"),
        pytest.param("2026-01-05", (2026, 1, 5, 3), id="dia ISO"),
        pytest.param("05/01/2026 10:30", (2026, 1, 5, 13, 30), id="brasileiro com hora"),
        pytest.param("2026-01-05T10:30", (2026, 1, 5, 13, 30), id="sem fuso é São Paulo"),
        pytest.param("2026-01-05 10:30:15", (2026, 1, 5, 13, 30, 15), id="com espaço"),
        pytest.param("2026-01-05T10:30:00Z", (2026, 1, 5, 10, 30), id="UTC"),
        pytest.param("2026-01-05T10:30:00-03:00", (2026, 1, 5, 13, 30), id="com fuso"),
        pytest.param("04/11/2018", (2018, 11, 4, 3), id="meia-noite que não houve"),
        pytest.param("2018-01-15T12:00", (2018, 1, 15, 14), id="horário de verão"),
    ],
)
def test_instante(texto, instante):
    assert ler_instante(texto, campo="data_leitura") == datetime(*instante, tzinfo=UTC)


@pytest.mark.parametrize(
    "texto",
    [
        "",
        "32/13/2026",
        "29/02/2025",
        "5/1/2026",
        "05/01/26",
        "05/01/20260",
        "2026-1-5",
        "2018-11-04T00:30",  # skipped by summer time
        "2026-01-05T25:00",
        "2026-01-05T10:00+99:00",
        "01/01/0001",
        "0001-01-01T00:00:00Z",  # in São Paulo, before the calendar begins
        "1899-12-31",
        "31/12/9999",
        "9999-12-31T23:59:59Z",
        "ontem",
        "0000-00-00",
        "20260105",
    ],
)
def test_instante_que_nao_serve(texto):
    with pytest.raises(DadoInvalidoError, match="data_leitura inválida") as erro:
        ler_instante(texto, campo="data_leitura")
    assert erro.value.codigo == "DATA_INVALIDA"
