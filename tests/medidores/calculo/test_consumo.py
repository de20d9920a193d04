"""Consumption of one register: constant, rollover, exchange, misfits."""

from decimal import Decimal

import pytest

from comum.vocabulario import Registrador
from medidores.calculo.consumo import (
    ConsumoInconsistenteError,
    LeituraExcedeDigitosError,
    Registro,
    calcular_consumo_kwh,
    calcular_media_diaria_kwh,
    somar_registros_kwh,
    virada_plausivel,
)

D = Decimal


def registro(anterior: str, atual: str, digitos: int = 5, constante: str = "1") -> Registro:
    return Registro(Registrador.ATIVA_TOTAL, D(anterior), D(atual), digitos, D(constante))


@pytest.mark.parametrize(
    ("entrada", "kwh"),
    [
        pytest.param(registro("11994", "12368"), "374", id="diferença"),
        pytest.param(registro("100", "100"), "0", id="sem consumo"),
        pytest.param(registro("10.5", "12.25", constante="40"), "70", id="constante"),
        pytest.param(registro("99990", "35"), "45", id="virada"),
        pytest.param(registro("9999", "0", digitos=4), "1", id="virada de 4 dígitos"),
        pytest.param(registro("99999.999", "0"), "0.001", id="último milésimo"),
    ],
)
def test_consumo(entrada: Registro, kwh: str) -> None:
    assert calcular_consumo_kwh(entrada) == D(kwh)


def test_virada_implausivel_e_inconsistente() -> None:
    with pytest.raises(ConsumoInconsistenteError, match="99900"):
        calcular_consumo_kwh(registro("100", "0"))


def test_virada_grande_e_aceita_por_quem_consome_tanto() -> None:
    assert calcular_consumo_kwh(registro("99000", "1000"), media_kwh=D(1000)) == 2000


@pytest.mark.parametrize(("anterior", "atual"), [("100000", "5"), ("5", "100000")])
def test_leitura_maior_que_o_mostrador(anterior: str, atual: str) -> None:
    with pytest.raises(LeituraExcedeDigitosError, match="100000"):
        calcular_consumo_kwh(registro(anterior, atual))


@pytest.mark.parametrize(
    ("kwh", "media", "plausivel"),
    [
        ("200", None, True),
        ("200.001", None, False),
        ("200.001", "100", False),
        ("200", "1", True),
        ("500", "250", True),
        ("500.001", "250", False),
    ],
)
def test_limites_da_virada_plausivel(kwh: str, media: str | None, plausivel: bool) -> None:
    media_kwh = None if media is None else D(media)
    assert virada_plausivel(consumo_kwh=D(kwh), media_kwh=media_kwh) is plausivel


def test_troca_soma_cada_medidor_com_a_sua_constante() -> None:
    assert somar_registros_kwh([registro("10", "20"), registro("0", "5", constante="40")]) == 210


def test_troca_aceita_uma_virada_e_nunca_duas() -> None:
    virou = registro("99990", "0")
    assert somar_registros_kwh([virou, registro("0", "5")]) == 15
    with pytest.raises(ConsumoInconsistenteError, match="2 leituras"):
        somar_registros_kwh([virou, virou])


@pytest.mark.parametrize(
    ("kwh", "dias", "media"), [("200", 30, "6.66"), ("374", 33, "11.33"), ("0", 30, "0.00")]
)
def test_media_diaria_e_truncada(kwh: str, dias: int, media: str) -> None:
    assert str(calcular_media_diaria_kwh(D(kwh), dias)) == media
