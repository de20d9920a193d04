"""Rows of many owners between two dates, always read owner by owner.

Where a table has an index by owner and date and another by date alone, the planner picks
by statistics, and inside the transaction that fills the table they are wrong: it reads all
rows of the dates once for each slice of owners, and a file of a million readings takes the
square of its time. Here the owner's index is the only one that fits.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from comum.django_base.listas import vetor_de_ids

_OPERADORES = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def ler_de_cada(
    queryset: "QuerySet[Any, Any]",
    dono: str,
    ids: Collection[int],
    *,
    maximo: int | None = None,
    **datas: Any,
) -> Iterator[tuple[Any, ...]]:
    """The rows of a `values_list` whose `dono` (a foreign key) is one of `ids`, as tuples.

    `datas` are the bounds: `data_leitura__gte=…`. Those of one owner come together and in
    the queryset's order; its window functions see the rows of one owner at a time. No
    column may want a conversion by Django (JSON, for one). No more than `maximo` come.
    """
    if connection.vendor != "postgresql":
        yield from queryset.filter(**{f"{dono}__um_de": ids}, **datas)[:maximo]
        return
    sql, parametros = sql_de_cada(queryset, dono, ids, **datas)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT %s", [*parametros, maximo])
        yield from cursor


def contar_de_cada(
    queryset: "QuerySet[Any, Any]", dono: str, ids: Collection[int], *, maximo: int, **datas: Any
) -> int:
    """How many rows these owners have, counted up to `maximo`."""
    if connection.vendor != "postgresql":
        contadas = queryset.filter(**{f"{dono}__um_de": ids}, **datas)
        return contadas.order_by()[:maximo].count()
    chaves = queryset.order_by().values_list("pk")
    sql, parametros = sql_de_cada(chaves, dono, ids, **datas)
    with connection.cursor() as cursor:
        contar = f"SELECT count(*) FROM ({sql} LIMIT %s) AS contadas"  # noqa: S608 - of the ORM
        cursor.execute(contar, [*parametros, maximo])
        return int(cursor.fetchone()[0])


class Resumo(NamedTuple):
    """What is brought of the rows of each owner in place of them: a SELECT from `({linhas})`.

    The owner is `dono.id` in it.
    """

    sql: str
    parametros: tuple[Any, ...] = ()


AS_LINHAS = Resumo("{linhas}")


def sql_de_cada(
    queryset: "QuerySet[Any, Any]",
    dono: str,
    ids: Collection[int],
    *,
    resumo: Resumo = AS_LINHAS,
    **datas: Any,
) -> tuple[str, list[Any]]:
    """The same as a statement of PostgreSQL, to stand in another; its columns keep their names.

    With a `resumo`, those of it.
    """
    sql, parametros = _de_um(queryset, dono, datas)
    comando = (
        "SELECT achadas.* FROM unnest(%s::bigint[]) AS dono(id) "  # noqa: S608 - of the ORM
        f"CROSS JOIN LATERAL ({resumo.sql.format(linhas=sql)} OFFSET 0) AS achadas"
    )
    return comando, [vetor_de_ids(sorted(ids)), *resumo.parametros, *parametros]


def _de_um(
    queryset: "QuerySet[Any, Any]", dono: str, datas: Mapping[str, Any]
) -> tuple[str, tuple[Any, ...]]:
    """The SQL for the owner `dono.id` of a lateral join, kept apart by OFFSET 0.

    A bound on the pair (owner, date) says the same as one on the date, and only an index
    that begins with the owner can serve it.
    """
    condicoes = {dono: RawSQL("dono.id", ())}
    do_dono = queryset.filter(**condicoes)
    for lookup, limite in datas.items():
        nome, operador = lookup.split("__")
        par = f"({_coluna(queryset, dono)}, {_coluna(queryset, nome)})"
        do_dono = do_dono.filter(
            RawSQL(  # noqa: S611 - names of ours, the value apart
                f"{par} {_OPERADORES[operador]} (dono.id, %s)", (limite,), BooleanField()
            )
        )
    return do_dono.query.sql_with_params()


def _coluna(queryset: "QuerySet[Any, Any]", nome: str) -> str:
    meta = queryset.model._meta
    return f'"{meta.db_table}"."{meta.get_field(nome).column}"'
