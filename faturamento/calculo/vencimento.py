"""When a bill is due: enough business days after issue, on the customer's day."""

from calendar import monthrange
from datetime import date
from functools import lru_cache

from comum.periodos import UM_DIA, mes_seguinte
from comum.vocabulario import Classe

DIAS_UTEIS = 5
DIAS_UTEIS_DO_PODER_PUBLICO = 10
# Source: REN ANEEL nº 1.000/2021 (not read).
CLASSES_DO_PODER_PUBLICO = frozenset(
    {Classe.PODER_PUBLICO, Classe.ILUMINACAO_PUBLICA, Classe.SERVICO_PUBLICO}
)


@lru_cache(maxsize=256)
def feriados_bancarios(ano: int) -> frozenset[date]:
    """The year's days without banking, of the national financial calendar (BVMF)."""
    # Brings 0.5 s and 19 MiB: only for who asks.
    from holidays import financial_holidays  # noqa: PLC0415

    return frozenset(financial_holidays("BVMF", years=ano))


def dia_util(dia: date) -> bool:
    """Whether banks open on `dia`.

    >>> dia_util(date(2026, 10, 12))
    False
    """
    return dia.weekday() < 5 and dia not in feriados_bancarios(dia.year)


def somar_dias_uteis(dia: date, dias: int) -> date:
    """The `dias`-th business day after `dia`, counted from the next one.

    >>> somar_dias_uteis(date(2026, 10, 2), 5)
    datetime.date(2026, 10, 9)
    """
    while dias > 0:
        dia += UM_DIA
        dias -= dia_util(dia)
    return dia


def proximo_dia_util(dia: date) -> date:
    """`dia` itself, or the first business day after it.

    >>> proximo_dia_util(date(2026, 10, 10))
    datetime.date(2026, 10, 13)
    """
    while not dia_util(dia):
        dia += UM_DIA
    return dia


@lru_cache(maxsize=4096)
def calcular_vencimento(
    *, emissao: date, dia_vencimento: int | None = None, classe: Classe | None = None
) -> date:
    """The due date of a bill issued on `emissao`.

    At least 5 business days later, 10 for public power, public lighting and
    public service; on `dia_vencimento` (the last day in months that lack it) of
    the first month that allows it, moved to the next business day. Without a
    `dia_vencimento`, as for a manual invoice, the earliest such day.

    Source: REN ANEEL nº 1.000/2021 (article not read).

    Raises:
        ValueError: `dia_vencimento` is not a day of a month.

    >>> calcular_vencimento(emissao=date(2026, 10, 2), dia_vencimento=8)
    datetime.date(2026, 11, 9)
    >>> calcular_vencimento(emissao=date(2026, 2, 2), dia_vencimento=31)
    datetime.date(2026, 3, 2)
    """
    publico = classe in CLASSES_DO_PODER_PUBLICO
    minimo = somar_dias_uteis(emissao, DIAS_UTEIS_DO_PODER_PUBLICO if publico else DIAS_UTEIS)
    if dia_vencimento is None:
        return minimo
    if not 1 <= dia_vencimento <= 31:
        raise ValueError(f"dia_vencimento deve ser de 1 a 31; veio {dia_vencimento}")
    mes = minimo
    while (vencimento := _no_mes(mes, dia_vencimento)) < minimo:
        mes = mes_seguinte(mes)
    return vencimento


def _no_mes(mes: date, dia: int) -> date:
    _, ultimo = monthrange(mes.year, mes.month)
    return proximo_dia_util(mes.replace(day=min(dia, ultimo)))
