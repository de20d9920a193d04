"""Long work beside the requests: who holds it, how far it is, and what its page shows.

Who works is told by a lock that dies with its holder, never by a date in a row: a killed
worker is known at once, and a slow one is never taken for dead.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from django.db import Error, OperationalError, connection, models

from comum.django_base.exibicao import numero

SEGUNDOS_ENTRE_AVISOS = 1.0


@dataclass(frozen=True, slots=True)
class Andamento:
    """What energia/andamento.html shows: `modelo` is the template under the bar."""

    endereco: str
    modelo: str
    frase: str
    terminou: bool
    correndo: bool = False
    feitas: int = 0
    total: int = 0
    unidade: str = "linhas"

    @property
    def contagem(self) -> str:
        """The line under the bar; "" while nothing has been counted."""
        if not self.feitas or not self.total:
            return ""
        parte = 100 * self.feitas // self.total
        return f"{numero(self.feitas)} de {numero(self.total)} {self.unidade} ({parte}%)"


def _chave(objeto: models.Model) -> tuple[int, int]:
    return crc32(objeto._meta.db_table.encode()) & 0x7FFFFFFF, objeto.pk & 0x7FFFFFFF


def travar_trabalho(objeto: models.Model) -> bool:
    """Takes the work on this object until the transaction ends; False when somebody has it.

    On SQLite the IMMEDIATE transaction around it is that lock already.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _chave(objeto))
        return bool(cursor.fetchone()[0])


def trabalho_em_curso(objeto: models.Model) -> bool:
    """Whether somebody is at work on this object now; on SQLite, whether somebody writes at all."""
    if connection.vendor != "postgresql":
        return _alguem_grava()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND objsubid = 2 AND classid = %s AND objid = %s AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()))",
            _chave(objeto),
        )
        return bool(cursor.fetchone()[0])


def _alguem_grava() -> bool:
    outra = connection.copy()
    outra.settings_dict["OPTIONS"]["timeout"] = 0
    try:
        with outra.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
    except OperationalError:
        return True
    finally:
        outra.close()
    return False


@contextmanager
def progresso_por_fora(objeto: models.Model) -> Iterator[Callable[..., None]]:
    """Yields `gravar(campo=valor, …)`: writes these columns outside the current transaction.

    For the progress of work that is one long transaction. At most about once a second, by a
    connection of its own, opened at the first use; it never waits for a row that is locked and
    never stops the work. Does nothing on SQLite, which has one writer at a time.
    """
    outra: Any = None
    proxima = 0.0

    def gravar(**campos: Any) -> None:
        nonlocal outra, proxima
        if connection.vendor != "postgresql" or time.monotonic() < proxima:
            return
        proxima = time.monotonic() + SEGUNDOS_ENTRE_AVISOS
        try:
            outra = outra or connection.copy()
            _atualizar(outra, objeto, campos)
        except Error:  # no connection to spare: the work goes on without a bar
            proxima = float("inf")

    try:
        yield gravar
    finally:
        if outra is not None:
            with suppress(Error):
                outra.close()


def _atualizar(outra: Any, objeto: models.Model, campos: dict[str, Any]) -> None:
    opcoes = objeto._meta
    colunas: list[models.Field] = [opcoes.get_field(nome) for nome in campos]  # type: ignore[misc]
    atribuicoes = ", ".join(f'"{coluna.column}" = %s' for coluna in colunas)
    valores = [c.get_db_prep_save(v, outra) for c, v in zip(colunas, campos.values(), strict=True)]
    with outra.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{opcoes.db_table}" SET {atribuicoes} WHERE id IN (SELECT id FROM '  # noqa: S608 - the model's own names
            f'"{opcoes.db_table}" WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)',
            [*valores, objeto.pk],
        )
