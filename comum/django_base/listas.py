"""A filter by many ids that costs the same to send, whatever their number.

`pk__in` writes a placeholder for each id, and client and server parse them one
by one; `pk__um_de` sends one array. Elsewhere than on PostgreSQL it is `in`.
Importing this module registers it.
"""

from typing import Any

from django.db.models import Field, ForeignKey
from django.db.models.lookups import In


class UmDe(In):
    lookup_name = "um_de"
    prepare_rhs = False  # plain numbers, as they are

    def get_prep_lookup(self) -> Any:
        return sorted(set(self.rhs))

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        coluna, parametros = self.process_lhs(compiler, connection)
        if all(type(valor) is int for valor in self.rhs):
            # Written here: the driver looks at each number of a list several times.
            return f"{coluna} = ANY(%s::bigint[])", [
                *parametros,
                f"{{{','.join(map(str, self.rhs))}}}",
            ]
        return f"{coluna} = ANY(%s)", [*parametros, self.rhs]


Field.register_lookup(UmDe)
ForeignKey.register_lookup(UmDe)  # which does not look in Field's
