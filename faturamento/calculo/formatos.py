"""Numbers as a Brazilian clerk reads them, for the formula of each line."""

import re
from decimal import Decimal

from comum.dinheiro import MILESIMO, numero_br

_NUMERO_BR = re.compile(r"(?=.*[0-9])-?([0-9]{1,3}(\.[0-9]{3})+|[0-9]{0,15})(,[0-9]{1,12})?")
_CASAS_DA_TARIFA = Decimal("0.00001")


def com_casas_minimas(valor: Decimal, passo: Decimal) -> Decimal:
    """`valor` without idle zeros, but with at least the places of `passo`.

    >>> com_casas_minimas(Decimal("0.371620"), Decimal("0.00001"))
    Decimal('0.37162')
    >>> com_casas_minimas(Decimal("0.3"), Decimal("0.00001"))
    Decimal('0.30000')
    """
    quantizado = valor.quantize(passo)
    return quantizado if quantizado == valor else valor.normalize()


def tarifa_por_kwh(brl_por_mwh: Decimal) -> Decimal:
    """R$/MWh as R$/kWh, exact, with at least 5 places.

    >>> tarifa_por_kwh(Decimal("371.62"))
    Decimal('0.37162')
    """
    return com_casas_minimas(brl_por_mwh.scaleb(-3), _CASAS_DA_TARIFA)


def quantidade_exata(kwh: Decimal) -> Decimal:
    """kWh, exact, with at least 3 places.

    >>> quantidade_exata(Decimal(2000))
    Decimal('2000.000')
    """
    return com_casas_minimas(kwh, MILESIMO)


def ler_numero_br(texto: str) -> Decimal | None:
    """The number of a Brazilian data file (`1.234,56`, `,00`); None where it is blank.

    Raises:
        ValueError: anything else.

    >>> [ler_numero_br(texto) for texto in ("1.234,56", ",00", "")]
    [Decimal('1234.56'), Decimal('0.00'), None]
    """
    texto = texto.strip()
    if not texto:
        return None
    if not _NUMERO_BR.fullmatch(texto):
        raise ValueError(f"número inválido: {texto[:40]!r}")
    return Decimal(texto.replace(".", "").replace(",", "."))


def brl(valor: Decimal) -> str:
    """The amount in R$, sign first.

    >>> brl(Decimal("-1551.77"))
    '−R$ 1.551,77'
    """
    return f"−R$ {numero_br(-valor)}" if valor < 0 else f"R$ {numero_br(valor)}"


def percentual(fracao: Decimal) -> str:
    """The fraction as a percentage, without idle zeros.

    >>> percentual(Decimal("0.0790")), percentual(Decimal("0.18")), percentual(Decimal(0))
    ('7,9%', '18%', '0%')
    """
    return numero_br((fracao.scaleb(2) + 0).normalize()) + "%"
