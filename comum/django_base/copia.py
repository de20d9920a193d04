"""Many rows at once: COPY on PostgreSQL, batches of INSERT on SQLite, behind one door.

It passes by `save()`, signals and history: whoever writes so leaves one audit
row for the whole on purpose. Defaults of the database do not apply: name every
column that has none.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db import connection, models, transaction

LINHAS_POR_VEZ = 1_000


def copiar_linhas(tabela: str, colunas: Sequence[str], linhas: Iterable[Sequence[Any]]) -> int:
    """Writes the rows, streamed, into a table of ours; returns how many.

    Where rows are many, decimals and instants come as text (`str(valor)`,
    `texto_do_instante`), which costs a third of their adaptation by the driver;
    for SQLite they must. Names of table and columns are the caller's constants, never input.

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
            cursor.executemany(comando, lote)
            quantas += len(lote)
    return quantas


def renovar_estatisticas_depois(modelo: type[models.Model]) -> None:
    """Has the planner count a table anew once the transaction that filled it is committed.

    The server does so by itself only after a while, or after a tenth of the table has changed: a
    month's million readings among fourteen are less than that, and the run that bills them
    would be planned as if they were not there.
    """
    if connection.vendor == "postgresql":
        transaction.on_commit(lambda: _analisar(modelo._meta.db_table), robust=True)


def _analisar(tabela: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'ANALYZE "{tabela}"')


@lru_cache(maxsize=65_536)  # written out once: a month's file has few moments and many rows
def texto_do_instante(instante: datetime) -> str:
    """An aware instant as both databases take it: UTC, with its offset where that is kept."""
    texto = str(instante.astimezone(UTC))
    return texto if connection.vendor == "postgresql" else texto.removesuffix("+00:00")


@lru_cache(maxsize=65_536)
def ler_instante_do_banco(texto: str) -> datetime:
    """The instant that a column cast to text is: SQLite writes it in UTC, without the offset.

    The driver reads each instant anew, in Python; many rows have few of them.

    >>> str(ler_instante_do_banco("2026-01-05 12:00:00"))
    '2026-01-05 12:00:00+00:00'
    """
    instante = datetime.fromisoformat(texto)
    return instante if instante.tzinfo else instante.replace(tzinfo=UTC)
