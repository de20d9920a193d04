"""Rounding of money and energy. Every place that rounds comes here."""

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum

CENTAVO = Decimal("0.01")
MILESIMO = Decimal("0.001")
UM = Decimal(1)
ZERO_BRL = Decimal("0.00")
_TROCA = str.maketrans(",.", ".,")


class Arredondamento(StrEnum):
    """How a distributor takes a value to whole cents.

    MEIO_PARA_CIMA: half away from zero. TRUNCAR: the rest is cut off, as some
    distributors print.
    """

    MEIO_PARA_CIMA = "MEIO_PARA_CIMA"
    TRUNCAR = "TRUNCAR"


_MODO = {
    Arredondamento.MEIO_PARA_CIMA: ROUND_HALF_UP,
    Arredondamento.TRUNCAR: ROUND_DOWN,
}


def arredondar_brl(
    valor: Decimal, politica: Arredondamento = Arredondamento.MEIO_PARA_CIMA
) -> Decimal:
    """Returns `valor` in R$ with 2 places, by the policy; never minus zero.

    >>> arredondar_brl(Decimal("28.385"))
    Decimal('28.39')
    >>> arredondar_brl(Decimal("-28.385"))
    Decimal('-28.39')
    >>> arredondar_brl(Decimal("28.389"), Arredondamento.TRUNCAR)
    Decimal('28.38')
    >>> arredondar_brl(Decimal("-0.001"))
    Decimal('0.00')
    """
    return valor.quantize(CENTAVO, _MODO[politica]) + ZERO_BRL


def truncar(valor: Decimal, casas: int) -> Decimal:
    """Cuts `valor` to `casas` places towards zero.

    >>> truncar(Decimal("0.123456"), 5)
    Decimal('0.12345')
    """
    return valor.quantize(UM.scaleb(-casas), ROUND_DOWN)


def repartir(total: Decimal, pesos: Iterable[int], passo: Decimal = MILESIMO) -> list[Decimal]:
    """Splits `total` by `pesos` into multiples of `passo` that add up to it.

    Largest remainder; ties go to the earliest part. `total` must be a multiple
    of `passo`, or the last fraction of it goes to the first part.

    Raises:
        ValueError: no weight is positive, or one is negative.

    >>> repartir(Decimal("100.000"), [10, 20])
    [Decimal('33.333'), Decimal('66.667')]
    >>> repartir(Decimal("0.001"), [1, 1])
    [Decimal('0.001'), Decimal('0.000')]
    >>> repartir(Decimal("30.000"), [12, 9, 1])
    [Decimal('16.364'), Decimal('12.273'), Decimal('1.363')]
    """
    pesos = list(pesos)
    soma = sum(pesos)
    if soma <= 0 or min(pesos) < 0:
        raise ValueError(f"pesos devem ser >= 0 e somar > 0; vieram {pesos}")
    if len(pesos) == 1:
        return [total]
    # Whole steps: remainders of a rounded division would break ties at random.
    passos = int(total / passo)
    partes = [passos * peso // soma for peso in pesos]
    restos = [passos * peso % soma for peso in pesos]
    faltam = passos - sum(partes)
    for indice in sorted(range(len(pesos)), key=lambda i: (-restos[i], i))[:faltam]:
        partes[indice] += 1
    repartido = [parte * passo for parte in partes]
    if sobra := total - passos * passo:
        repartido[0] += sobra
    return repartido


def numero_br(valor: Decimal) -> str:
    """The number with thousands dot and decimal comma.

    >>> numero_br(Decimal("2000.000"))
    '2.000,000'
    """
    return f"{valor:,f}".translate(_TROCA)
