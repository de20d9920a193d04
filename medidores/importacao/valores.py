"""Numbers, dates and instants as Brazilian files write them."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from comum.erros import DadoInvalidoError
from comum.periodos import FUSO, dia_civil, primeiro_instante

D = TypeVar("D", bound=date)

ANOS = range(1900, 2200)  # as in the forms and the API
_DECIMAL = re.compile(r"[0-9]{1,15}(?:[.,]([0-9]{1,9}))?", re.ASCII)
_DATA_BR = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", re.ASCII)
_DATA_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
# A spreadsheet's own form of a moment: the day comes first, as in its dates.
_INSTANTE_BR = re.compile(
    r"([0-9]{2})/([0-9]{2})/([0-9]{4}) ([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)", re.ASCII
)
_INSTANTE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)


def ler_decimal(texto: str, *, campo: str, casas: int = 3) -> Decimal:
    """Reads a non-negative decimal with comma or point and at most `casas` places.

    Raises:
        DadoInvalidoError: sign, thousands separator, exponent, letters, too
            many digits or places.

    >>> ler_decimal("12840,5", campo="leitura_kwh")
    Decimal('12840.5')
    """
    if achado := _DECIMAL.fullmatch(texto):
        fracao = achado[1]
        if fracao is None or len(fracao.rstrip("0")) <= casas:
            return Decimal(texto.replace(",", "."))
    raise DadoInvalidoError(
        f"{campo} inválido: {texto[:40]!r}. Use um número não negativo, sem separador de milhar, "
        f"com até {casas} casas decimais.",
        campo=campo,
        codigo="VALOR_INVALIDO",
    )


def ler_inteiro(texto: str, *, campo: str, minimo: int, maximo: int) -> int:
    """Reads a whole number from `minimo` to `maximo`.

    Raises:
        DadoInvalidoError: anything else.

    >>> ler_inteiro("20", campo="dia_vencimento", minimo=1, maximo=31)
    20
    """
    if re.fullmatch(r"[0-9]{1,9}", texto, re.ASCII) and minimo <= int(texto) <= maximo:
        return int(texto)
    raise DadoInvalidoError(
        f"{campo} inválido: {texto[:40]!r}. Use um número inteiro de {minimo} a {maximo}.",
        campo=campo,
        codigo="VALOR_INVALIDO",
    )


def ler_data(texto: str, *, campo: str) -> date:
    """Reads dd/mm/aaaa or aaaa-mm-dd.

    Raises:
        DadoInvalidoError: another form, or a day that does not exist.

    >>> ler_data("05/01/2026", campo="data_instalacao")
    datetime.date(2026, 1, 5)
    """
    try:
        if achado := _DATA_BR.fullmatch(texto):
            return _conferir_ano(date(int(achado[3]), int(achado[2]), int(achado[1])))
        if achado := _DATA_ISO.fullmatch(texto):
            return _conferir_ano(date(int(achado[1]), int(achado[2]), int(achado[3])))
    except ValueError:
        pass
    raise DadoInvalidoError(
        f"{campo} inválida: {texto[:40]!r}. Use dd/mm/aaaa ou aaaa-mm-dd, com um dia que exista.",
        campo=campo,
        codigo="DATA_INVALIDA",
    )


def _conferir_ano(dia: D) -> D:
    """The same day or instant; near the ends of the calendar, time zones leave it.

    Raises:
        ValueError: the year is not of this world.
    """
    if dia.year not in ANOS:
        raise ValueError(dia.year)
    return dia


@lru_cache(maxsize=4096)  # the same few moments stand in every row of a month's file
def ler_instante(texto: str, *, campo: str) -> datetime:
    """Reads a date (its first São Paulo instant) or an instant; returns UTC.

    Instants are ISO or dd/mm/aaaa hh:mm. An instant without offset is São Paulo time.

    Raises:
        DadoInvalidoError: another form, or a moment that does not exist.

    >>> ler_instante("05/01/2026", campo="data_leitura").isoformat()
    '2026-01-05T03:00:00+00:00'
    >>> ler_instante("2026-01-05T10:00:00-03:00", campo="data_leitura").isoformat()
    '2026-01-05T13:00:00+00:00'
    """
    if brasileiro := _INSTANTE_BR.fullmatch(texto):
        dia, mes, ano, hora = brasileiro.groups()
        iso = f"{ano}-{mes}-{dia}T{hora}"
    elif _INSTANTE.fullmatch(texto):
        iso = texto
    else:
        return primeiro_instante(ler_data(texto, campo=campo))
    try:
        instante = _conferir_ano(datetime.fromisoformat(iso))
        if instante.tzinfo is not None:
            return instante.astimezone(UTC)
        local = instante.replace(tzinfo=FUSO)
        em_utc = local.astimezone(UTC)
        if instante.time() == time.min and dia_civil(em_utc) == instante.date():
            return em_utc  # a midnight that summer time skipped is the day's first instant
        if em_utc.astimezone(FUSO).replace(tzinfo=None) == instante:
            return em_utc
    except (ValueError, OverflowError):
        pass
    raise DadoInvalidoError(
        f"{campo} inválida: {texto[:40]!r}. Este momento não existe no calendário ou no fuso "
        "de São Paulo; confira a data e a hora.",
        campo=campo,
        codigo="DATA_INVALIDA",
    )
