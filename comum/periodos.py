"""Civil days, months and half-open periods. Days are of America/Sao_Paulo."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from comum.erros import DadoInvalidoError

FUSO = ZoneInfo("America/Sao_Paulo")
UM_DIA = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Periodo:
    """The days from `de` (inclusive) to `ate` (exclusive); never empty."""

    de: date
    ate: date

    def __post_init__(self) -> None:
        if self.ate <= self.de:
            raise ValueError(f"o período deve ter ao menos um dia; veio [{self.de}, {self.ate})")

    @property
    def dias(self) -> int:
        return (self.ate - self.de).days

    @property
    def ultimo_dia(self) -> date:
        return self.ate - UM_DIA

    def intersecao(self, de: date, ate: date | None) -> Self | None:
        """The days shared with `[de, ate)`, or None; `ate` None means for ever."""
        inicio = max(self.de, de)
        fim = self.ate if ate is None else min(self.ate, ate)
        return type(self)(inicio, fim) if inicio < fim else None


@lru_cache(maxsize=65_536)  # readings of one file share their instants
def dia_civil(instante: datetime) -> date:
    """The São Paulo day on which an aware instant falls.

    >>> dia_civil(datetime(2026, 2, 1, 2, 59, tzinfo=UTC))
    datetime.date(2026, 1, 31)
    """
    return instante.astimezone(FUSO).date()


def deslocamento_fixo(desde: datetime, ate: datetime) -> timedelta | None:
    """What São Paulo was off UTC all the time between two instants; None where it changed.

    >>> deslocamento_fixo(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    datetime.timedelta(days=-1, seconds=75600)
    >>> deslocamento_fixo(datetime(2018, 11, 1, tzinfo=UTC), datetime(2018, 12, 1, tzinfo=UTC))
    """
    return _deslocamento_nos_dias(
        desde.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        ate.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + UM_DIA,
    )


@lru_cache(maxsize=256)
def _deslocamento_nos_dias(desde: datetime, ate: datetime) -> timedelta | None:
    dias = range((ate - desde).days + 1)  # no law has changed it twice within a day
    achados = {(desde + dia * UM_DIA).astimezone(FUSO).utcoffset() for dia in dias}
    return achados.pop() if len(achados) == 1 else None


@lru_cache(maxsize=16_384)
def primeiro_instante(dia: date) -> datetime:
    """The first instant of a São Paulo day, in UTC.

    On days when daylight saving time skipped midnight, that is 01:00.

    >>> primeiro_instante(date(2026, 1, 5)).isoformat()
    '2026-01-05T03:00:00+00:00'
    >>> primeiro_instante(date(2018, 11, 4)).isoformat()
    '2018-11-04T03:00:00+00:00'
    """
    # fold=0 of a skipped local time is read with the offset before the change,
    # which is the very instant at which the day begins.
    return datetime.combine(dia, time.min, tzinfo=FUSO).astimezone(UTC)


def primeiro_dia_do_mes(dia: date) -> date:
    return dia.replace(day=1)


def mes_seguinte(mes: date) -> date:
    """The first day of the month after that of `mes`.

    >>> mes_seguinte(date(2025, 12, 31))
    datetime.date(2026, 1, 1)
    """
    return (mes.replace(day=28) + timedelta(days=4)).replace(day=1)


def somar_meses(mes: date, meses: int) -> date:
    """The first day of the month `meses` after (or before) that of `mes`.

    >>> somar_meses(date(2026, 1, 1), -13)
    datetime.date(2024, 12, 1)
    """
    ordem = mes.year * 12 + mes.month - 1 + meses
    return date(ordem // 12, ordem % 12 + 1, 1)


def meses_entre(primeiro: date, ultimo: date) -> Iterator[date]:
    """The first days of the months from `primeiro` to `ultimo`, both included."""
    mes = primeiro_dia_do_mes(primeiro)
    while mes <= ultimo:
        yield mes
        mes = mes_seguinte(mes)


def ler_competencia(texto: str) -> date:
    """Reads AAAA-MM (or MM/AAAA) into the first day of that month.

    Raises:
        DadoInvalidoError: anything else.

    >>> ler_competencia("2026-01")
    datetime.date(2026, 1, 1)
    """
    if achado := re.fullmatch(r"(\d{4})-(\d{2})|(\d{2})/(\d{4})", texto.strip(), re.ASCII):
        ano, mes = achado[1] or achado[4], achado[2] or achado[3]
        try:
            return date(int(ano), int(mes), 1)
        except ValueError:
            pass
    raise DadoInvalidoError(
        f"Competência inválida: {texto[:40]!r}. Use AAAA-MM ou MM/AAAA, por exemplo 2026-01.",
        campo="competencia",
        codigo="COMPETENCIA_INVALIDA",
    )
