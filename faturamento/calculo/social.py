"""Tarifa Social de Energia Elétrica (TSEE): which kWh are free or cheaper.

Until 2025-07-04 a discount by cumulative slices; from 2025-07-05 the first 80
kWh free. Where the tariff rows carry bands, the bands give the discount and
nothing here applies.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from comum.vocabulario import Subclasse

TARIFA_SOCIAL = frozenset({Subclasse.BAIXA_RENDA, Subclasse.INDIGENA_QUILOMBOLA})

VIGENCIA_DA_GRATUIDADE = date(2025, 7, 5)
VIGENCIA_DO_DESCONTO_SOCIAL = date(2026, 1, 1)

GRATUITO = Decimal(1)
ZERO = Decimal(0)

# (upper end of the slice in kWh, discount); above the last there is none.
# Source: Lei 12.212/2010 (not read).
_BAIXA_RENDA_ANTIGA = (
    (Decimal(30), Decimal("0.65")),
    (Decimal(100), Decimal("0.40")),
    (Decimal(220), Decimal("0.10")),
)
_INDIGENA_QUILOMBOLA_ANTIGA = (
    (Decimal(50), GRATUITO),
    (Decimal(100), Decimal("0.40")),
    (Decimal(220), Decimal("0.10")),
)
# Source: Lei 15.235/2025 (not read).
_GRATUIDADE = ((Decimal(80), GRATUITO),)

FONTE_ANTIGA = "Lei 12.212/2010 (regra até 04/07/2025)"
FONTE_GRATUIDADE = "Lei 15.235/2025 (regra desde 05/07/2025)"


@dataclass(frozen=True, slots=True)
class DescontoSocial:
    """What Tarifa Social takes off: `desconto_kwh` at the full price.

    `gratuito_kwh` are those of them that are wholly free, and so pay no
    bandeira either.
    """

    desconto_kwh: Decimal
    gratuito_kwh: Decimal
    explicacao: str
    fonte: str


def minimo_da_trifasica_kwh(consumo_kwh: Decimal) -> Decimal:
    """The minimum of a trifásica with Tarifa Social from 2025-07-05, in kWh.

    Source: Lei 15.235/2025 (not read).

    >>> minimo_da_trifasica_kwh(Decimal(70)), minimo_da_trifasica_kwh(Decimal("80.001"))
    (Decimal('80'), Decimal('100'))
    """
    limite_kwh, _ = _GRATUIDADE[0]
    return limite_kwh if consumo_kwh <= limite_kwh else Decimal(100)


def calcular_desconto_social(
    kwh: Decimal, subclasse: Subclasse, *, ultimo_dia: date
) -> DescontoSocial | None:
    """The Tarifa Social discount on `kwh`, unrounded; None where there is none.

    `kwh` are the billed ones net of solar compensation; the rule is that of the
    cycle's last day.

    Source: Lei 12.212/2010 until 2025-07-04, Lei 15.235/2025 after (neither read).

    >>> calcular_desconto_social(
    ...     Decimal(150), Subclasse.BAIXA_RENDA, ultimo_dia=date(2025, 6, 30)
    ... ).desconto_kwh
    Decimal('52.50')
    >>> calcular_desconto_social(
    ...     Decimal(150), Subclasse.BAIXA_RENDA, ultimo_dia=date(2025, 8, 31)
    ... ).gratuito_kwh
    Decimal('80')
    """
    if subclasse not in TARIFA_SOCIAL:
        return None
    if ultimo_dia >= VIGENCIA_DA_GRATUIDADE:
        faixas, fonte = _GRATUIDADE, FONTE_GRATUIDADE
    elif subclasse == Subclasse.INDIGENA_QUILOMBOLA:
        faixas, fonte = _INDIGENA_QUILOMBOLA_ANTIGA, FONTE_ANTIGA
    else:
        faixas, fonte = _BAIXA_RENDA_ANTIGA, FONTE_ANTIGA

    desconto_kwh = gratuito_kwh = inicio_kwh = ZERO
    passos = []
    for limite_kwh, desconto in faixas:
        fatia_kwh = min(kwh, limite_kwh) - inicio_kwh
        if fatia_kwh <= 0:
            break
        desconto_kwh += fatia_kwh * desconto
        if desconto == GRATUITO:
            gratuito_kwh += fatia_kwh
        passos.append((fatia_kwh, desconto))
        inicio_kwh = limite_kwh
    explicacao = " + ".join(f"{fatia} kWh × {desconto:.0%}" for fatia, desconto in passos)
    return DescontoSocial(desconto_kwh, gratuito_kwh, explicacao.replace(".", ","), fonte)
