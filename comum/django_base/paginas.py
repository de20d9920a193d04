"""Pages of lists that cost the same at a thousand rows and at a hundred million.

Nothing is counted beyond a limit, and no page stands deeper than it: the last page
reached by OFFSET is always near. What lies further is found by a search, a filter, or
the other end of the order.
"""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connections
from django.utils.functional import cached_property

from comum.django_base.exibicao import numero

CONTAGEM_MAXIMA = 5_000


def estimar_linhas(queryset: Any) -> int | None:
    """About how many rows the whole table has, by the planner's own count; None if unknown."""
    conexao = connections[queryset.db]
    if conexao.vendor != "postgresql":
        return None
    with conexao.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [conexao.ops.quote_name(queryset.model._meta.db_table)],
        )
        (linhas,) = cursor.fetchone()
    return linhas if linhas >= CONTAGEM_MAXIMA else None


def arredondar_estimativa(linhas: float) -> int:
    """Two digits and zeros: more would promise what an estimate does not know.

    >>> arredondar_estimativa(1_234_567)
    1200000
    """
    inteiras = round(linhas)
    return round(inteiras, 2 - len(str(inteiras)))


class PaginadorLimitado(Paginator):
    """Counts up to a limit; of a longer list it says that there is more, or about how much."""

    template_name = "energia/paginas.html"

    @cached_property
    def _contadas(self) -> int:
        lista: Any = self.object_list
        return lista.order_by()[: CONTAGEM_MAXIMA + 1].count()

    @cached_property
    def count(self) -> int:
        """How many rows can be reached page by page."""
        return min(self._contadas, CONTAGEM_MAXIMA)

    @property
    def passa_do_limite(self) -> bool:
        return self._contadas > CONTAGEM_MAXIMA

    def page(self, number: Any) -> Page:
        """A page that is not there is the nearest one that is."""
        return super().page(self._que_existe(number))

    def get_elided_page_range(self, number: Any = 1, **opcoes: Any) -> Any:
        return super().get_elided_page_range(self._que_existe(number), **opcoes)

    def _que_existe(self, number: Any) -> int:
        return max(1, min(number if isinstance(number, int) else 1, self.num_pages))

    @cached_property
    def total(self) -> str:
        """The size of the list, as the page says it."""
        if not self.passa_do_limite:
            return numero(self.count)
        lista: Any = self.object_list
        estimadas = None if lista.query.where else estimar_linhas(lista)
        if estimadas is None:
            return f"mais de {numero(CONTAGEM_MAXIMA)}"
        return f"cerca de {numero(arredondar_estimativa(estimadas))}"
