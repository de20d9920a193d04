"""Many rows at once: COPY on PostgreSQL, batches of INSERT on SQLite, behind one door.

It passes by `save()`, signals and history: whoever writes so leaves one audit
row for the whole on purpose. Defaults of the database do not apply: name every
column that has none.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection

LINHAS_POR_VEZ = 1_000


def copiar_linhas(tabela: str, colunas: Sequence[str], linhas: Iterable[Sequence[Any]]) -> int:
    """Writes the rows, streamed, into a table of ours; returns how many.

    Values are Python's own (Decimal, aware datetime, str, int, None). Names of
    table and columns are the caller's constants, never input.

    Raises:
        django.db.IntegrityError: a constraint refused one; nothing of this call stays
            once the caller's transaction is rolled back.
    """
    escrever = _por_copy if connection.vendor == "postgresql" else _por_insert
    return escrever(tabela, ", ".join(f'"{coluna}"' for coluna in colunas), len(colunas), linhas)


def _por_copy(tabela: str, colunas: str, _: int, linhas: Iterable[Sequence[Any]]) -> int:
    quantas = 0
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f'COPY "{tabela}" ({colunas}) FROM STDIN') as copia,
    ):
        escrever = copia.write_row
        for linha in linhas:
            escrever(linha)
            quantas += 1
    return quantas


def _por_insert(tabela: str, colunas: str, largura: int, linhas: Iterable[Sequence[Any]]) -> int:
    comando = f'INSERT INTO "{tabela}" ({colunas}) VALUES ({", ".join(["%s"] * largura)})'  # noqa: S608 - constants of the caller
    quantas = 0
    restantes = iter(linhas)
    with connection.cursor() as cursor:
        while lote := list(islice(restantes, LINHAS_POR_VEZ)):
            cursor.executemany(comando, [[_para_sqlite(v) for v in linha] for linha in lote])
            quantas += len(lote)
    return quantas


def _para_sqlite(valor: Any) -> Any:
    """Dates and decimals in the text that Django's own fields store."""
    adaptar = _ADAPTADORES.get(type(valor))
    return valor if adaptar is None else adaptar(valor)


def _instante(valor: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(valor)


_ADAPTADORES = {Decimal: "{:f}".format, datetime: _instante}
