"""A filter by many ids that costs the same to send, whatever their number.

`pk__in` writes a placeholder for each id, and client and server parse them one
by one; `pk__um_de` sends one array. Elsewhere than on PostgreSQL it is `in`.

Neighbouring ids are also named as a range: one walk along an index, whatever the planner
believes of the table. In a month that is being billed its statistics are of before, and a list
of thousands may look dearer to it than the whole table.
Importing this module registers it.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Field, ForeignKey
from django.db.models.lookups import In

VIZINHOS = 4  # ids are neighbours where at least one in so many of their range is meant


def vetor_de_ids(ids: Iterable[int]) -> str:
    """The ids as PostgreSQL reads an array, for `%s::bigint[]`.

    Written here: the driver looks at each number of a list several times.

    >>> vetor_de_ids([1, 2])
    '{1,2}'
    """
    return f"{{{','.join(map(str, ids))}}}"


class UmDe(In):
    lookup_name = "um_de"
    prepare_rhs = False  # plain numbers, as they are

    def get_prep_lookup(self) -> Any:
        return sorted(set(self.rhs))

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        coluna, parametros = self.process_lhs(compiler, connection)
        ids = self.rhs
        if not set(map(type, ids)) <= {int}:
            return f"{coluna} = ANY(%s)", [*parametros, ids]
        um_de, vetor = f"{coluna} = ANY(%s::bigint[])", vetor_de_ids(ids)
        if not ids or ids[-1] - ids[0] > VIZINHOS * len(ids):
            return um_de, [*parametros, vetor]
        entre = f"{coluna} BETWEEN %s AND %s"
        if ids[-1] - ids[0] == len(ids) - 1:  # all of the range
            return entre, [*parametros, ids[0], ids[-1]]
        return f"({um_de} AND {entre})", [*parametros, vetor, *parametros, ids[0], ids[-1]]


Field.register_lookup(UmDe)
ForeignKey.register_lookup(UmDe)  # which does not look in Field's
