"""Queries of the hottest paths, whose SQL Django writes once.

The ORM takes several times as long to write a short query as PostgreSQL to answer it. Where
a request is little else than a few of these, it is kept: the query is still said in the ORM,
in one place, and only its values change. PostgreSQL, too, plans it once a connection.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import connection
from django.db.models import DecimalField, IntegerField, QuerySet

# Values that stand for the real ones while the SQL is written; no other constant is these.
_INTEIRO = -987_654_321_000
_INSTANTE = datetime(1901, 2, 3, 4, 5, 6, tzinfo=UTC)
_TEXTO = "\x01valor\x01"
# An expression of these is made a number once more on its way out; PostgreSQL's is one already.
_NUMEROS = (IntegerField, DecimalField)


def cursor_que_prepara() -> Any:
    """A cursor of PostgreSQL that has a statement planned once a connection, and then only run.

    Planning costs several times what a short statement does. Django writes values into the text,
    which is another one each time; here they travel apart, where `prepare_threshold` allows it
    (DATABASE_PREPARA, in the settings).
    """
    connection.ensure_connection()
    cursor: Any = psycopg.Cursor(connection.connection)
    vestir = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return vestir(cursor)


class ConsultaPronta:
    """A query made of values by name, which returns its rows as tuples.

    `montar` takes a value for each name and returns a `values_list` queryset whose shape
    does not hang on them; `valores` says the type of each: int, str or datetime. On SQLite, and
    for JSON, columns are converted on their way out: there the queryset itself runs.
    """

    def __init__(
        self, montar: Callable[..., "QuerySet[Any, Any]"], **valores: type[int | str | datetime]
    ) -> None:
        self._montar = montar
        self._tipos = valores
        self._escrita: tuple[str, list[tuple[str | None, Any]]] | None = None
        self._convertida = False

    def linhas(self, **valores: Any) -> list[tuple[Any, ...]]:
        """The rows for these values.

        Raises:
            KeyError: one of the names has no value.
        """
        if connection.vendor != "postgresql":
            return list(self._montar(**valores))
        if self._escrita is None and not self._convertida:
            self._escrita = self._escrever()
        if self._escrita is None:
            return list(self._montar(**valores))
        sql, parametros = self._escrita
        with cursor_que_prepara() as cursor:
            cursor.execute(
                sql, [fixo if nome is None else valores[nome] for nome, fixo in parametros]
            )
            return cursor.fetchall()

    def _escrever(self) -> tuple[str, list[tuple[str | None, Any]]] | None:
        """None where a column (JSON, for one) is converted by Django on its way out."""
        exemplos = {
            nome: _exemplo(tipo, ordem) for ordem, (nome, tipo) in enumerate(self._tipos.items())
        }
        nomes = {exemplo: nome for nome, exemplo in exemplos.items()}
        compilador = self._montar(**exemplos).query.get_compiler(connection=connection)
        sql, parametros = compilador.as_sql()
        colunas = [coluna for coluna, _, _ in compilador.select]
        self._convertida = any(
            conversoes != [expressao.convert_value]
            or not isinstance(expressao.output_field, _NUMEROS)
            for conversoes, expressao in compilador.get_converters(colunas).values()
        )
        if self._convertida:
            return None
        return sql, [(nomes.get(parametro), parametro) for parametro in parametros]


def _exemplo(tipo: type, ordem: int) -> Any:
    if tipo is int:
        return _INTEIRO - ordem
    if tipo is datetime:
        return _INSTANTE.replace(microsecond=ordem)
    return f"{_TEXTO}{ordem}"
