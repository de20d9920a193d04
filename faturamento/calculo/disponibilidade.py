"""Availability cost of grupo B: the least that a cycle bills."""

from datetime import date
from decimal import Decimal

from comum.vocabulario import Ligacao
from faturamento.calculo.social import (
    TARIFA_SOCIAL,
    VIGENCIA_DA_GRATUIDADE,
    minimo_da_trifasica_kwh,
)
from faturamento.calculo.tipos import Unidade

# Source: REN ANEEL nº 1.000/2021, art. 291 (not read).
MINIMO_KWH = {
    Ligacao.MONOFASICA: Decimal(30),
    Ligacao.BIFASICA_2_CONDUTORES: Decimal(30),
    Ligacao.BIFASICA_3_CONDUTORES: Decimal(50),
    Ligacao.TRIFASICA: Decimal(100),
}


def minimo_faturavel_kwh(unidade: Unidade, *, consumo_kwh: Decimal, ultimo_dia: date) -> Decimal:
    """The kWh that are billed at the least in a cycle that ends with `ultimo_dia`.

    30, 50 or 100 by the connection; a trifásica with Tarifa Social has its own
    from 2025-07-05.

    Source: REN ANEEL nº 1.000/2021, art. 291 (not read); Lei 15.235/2025 (not read).
    """
    if (
        unidade.ligacao == Ligacao.TRIFASICA
        and unidade.subclasse in TARIFA_SOCIAL
        and ultimo_dia >= VIGENCIA_DA_GRATUIDADE
    ):
        return minimo_da_trifasica_kwh(consumo_kwh)
    return MINIMO_KWH[unidade.ligacao]


def calcular_consumo_faturado_kwh(consumo_kwh: Decimal, minimo_kwh: Decimal) -> Decimal:
    """The kWh to bill: the larger of consumption and minimum, never their sum; unrounded.

    Source: REN ANEEL nº 1.000/2021, art. 291 (not read).

    Raises:
        ValueError: `consumo_kwh` is negative (a programming error, not the operator's).

    >>> calcular_consumo_faturado_kwh(Decimal("12.4"), MINIMO_KWH[Ligacao.TRIFASICA])
    Decimal('100')
    >>> calcular_consumo_faturado_kwh(Decimal("30.1"), MINIMO_KWH[Ligacao.MONOFASICA])
    Decimal('30.1')
    """
    if consumo_kwh < 0:
        raise ValueError(f"consumo_kwh deve ser >= 0; veio {consumo_kwh}")
    return max(consumo_kwh, minimo_kwh)
