"""Estimates without access and their settlement."""

from decimal import Decimal

import pytest

from medidores.calculo.estimativa import (
    AcertoNegativoError,
    Estimativa,
    SemHistoricoError,
    acertar_consumo_kwh,
    calcular_media_kwh,
    estimar_consumo_kwh,
)

D = Decimal


@pytest.mark.parametrize(
    ("historico", "kwh"),
    [
        pytest.param(["100"], "100.000", id="um ciclo"),
        pytest.param(["100", "100", "101"], "100.333", id="dízima"),
        pytest.param(["0", "0.001"], "0.001", id="meio milésimo sobe"),
        pytest.param(["150"] * 12, "150.000", id="doze ciclos"),
    ],
)
def test_estima_pela_media_do_que_ha(historico: list[str], kwh: str) -> None:
    consumo = estimar_consumo_kwh(Estimativa(tuple(D(texto) for texto in historico)))
    assert str(consumo) == kwh


@pytest.mark.parametrize(("ciclos", "estima"), [(1, True), (3, True), (4, False), (12, False)])
def test_estima_por_tres_ciclos_seguidos(ciclos: int, estima: bool) -> None:
    consumo = estimar_consumo_kwh(Estimativa((D(100),), ciclos))
    assert (consumo is not None) is estima


def test_sem_historico_nao_ha_media() -> None:
    with pytest.raises(SemHistoricoError, match="histórico"):
        calcular_media_kwh([])


def test_mais_de_doze_ciclos_e_erro_de_programacao() -> None:
    with pytest.raises(ValueError, match="13"):
        calcular_media_kwh([D(1)] * 13)


def test_a_estimativa_nao_arredonda_duas_vezes() -> None:
    """The mean 0.00049…9 shows as 0.0005 in 4 places; the estimate still rounds down."""
    historico = (D("0.001"), D("0.002"), D("0.001"))
    assert str(calcular_media_kwh(historico)) == "0.0013"
    assert str(estimar_consumo_kwh(Estimativa(historico))) == "0.001"


@pytest.mark.parametrize(
    ("acumulado", "faturado", "resta"), [("500", "360", "140"), ("5", "5", "0")]
)
def test_acerto(acumulado: str, faturado: str, resta: str) -> None:
    kwh = acertar_consumo_kwh(acumulado_kwh=D(acumulado), ja_faturado_kwh=D(faturado))
    assert kwh == D(resta)


def test_acerto_negativo_nao_tem_regra() -> None:
    with pytest.raises(AcertoNegativoError, match="cancele e refature"):
        acertar_consumo_kwh(acumulado_kwh=D(1), ja_faturado_kwh=D(2))
