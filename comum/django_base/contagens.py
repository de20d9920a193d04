"""Filters of a list that say how many rows each choice has, where that costs next to nothing.

Django's own facets count every choice over the whole table. Here no more rows are read than
a list's pages go through (`CONTAGEM_MAXIMA`), or fewer where they lie apart: a short list is
counted exactly, in one query for all its filters; of a long one nobody narrowed, PostgreSQL's
statistics say about how many, without reading it; of anything else a choice says nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from comum.django_base.exibicao import numero
from comum.django_base.paginas import CONTAGEM_MAXIMA, arredondar_estimativa

Contagens = dict[str, str]
# Of rows that were searched or filtered for, each may stand on a page of its own.
APARTADAS_MAXIMAS = 1_000


class FiltroDeEscolha(ChoicesDropdownFilter):
    """The choices of a column of the list's own table, each with its count."""

    @property
    def coluna(self) -> str:
        return self.field_path

    @property
    def valores(self) -> list[str]:
        return [str(valor) for valor, _ in self.field.flatchoices]

    def choices(self, changelist: Any) -> Iterator[Any]:
        [escolhas] = super().choices(changelist)
        anotar(escolhas["form"].fields[self.lookup_kwarg], contar_escolhas(changelist, self))
        yield escolhas


class FiltroDeColuna(DropdownFilter):
    """The same of a column whose choices the subclass names in `lookups`."""

    coluna = ""

    @property
    def valores(self) -> list[str]:
        return [str(valor) for valor, _ in self.lookup_choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(**{self.coluna: self.value()}) if self.value() else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        [escolhas] = super().choices(changelist)
        anotar(escolhas["form"].fields[self.parameter_name], contar_escolhas(changelist, self))
        yield escolhas


Contavel = FiltroDeEscolha | FiltroDeColuna


class FiltroContado(DropdownFilter):
    """A filter of our own whose choices an index answers, each counted up to the limit.

    All are asked in one query. For choices that no index serves, use `DropdownFilter`.
    """

    used_parameters: dict[str, Any]

    def choices(self, changelist: Any) -> Iterator[Any]:
        [escolhas] = super().choices(changelist)
        anotar(escolhas["form"].fields[self.parameter_name], self._contar(changelist))
        yield escolhas

    def _contar(self, lista: Any) -> Contagens:
        linhas = linhas_sem(lista, self)
        por_partes = [linhas[:0]]
        if linhas.query.where:  # no index answers for what others left: of few rows, each is asked
            primeiras = linhas.order_by().values("pk")[: APARTADAS_MAXIMAS + 1]
            por_partes = [primeiras]
            linhas = linhas.model._default_manager.filter(pk__in=primeiras)
        antes = dict(self.used_parameters)
        for valor, _ in self.lookup_choices:
            self.used_parameters[self.parameter_name] = valor
            por_partes.append(self.queryset(self.request, linhas).order_by())
        self.used_parameters = antes
        todas, *contadas = _contar_juntas(por_partes)
        if todas > APARTADAS_MAXIMAS:
            return {}
        return {
            str(valor): como_se_diz(quantas)
            for (valor, _), quantas in zip(self.lookup_choices, contadas, strict=True)
        }


def anotar(campo: Any, contagens: Contagens) -> None:
    """Adds to each choice of a form's field its count, where there is one."""
    campo.choices = [
        (valor, f"{rotulo} ({contagens[str(valor)]})" if str(valor) in contagens else rotulo)
        for valor, rotulo in campo.choices
    ]


def _contar_juntas(consultas: list[Any]) -> list[int]:
    """How many rows each gives, in one query; none is counted beyond the limit."""
    partes: list[str] = []
    parametros: list[Any] = []
    for consulta in consultas:
        try:
            limitada = consulta.values("pk")
            if not consulta.query.is_sliced:
                limitada = limitada[: CONTAGEM_MAXIMA + 1]
            sql, destes = limitada.query.sql_with_params()
        except EmptyResultSet:
            sql, destes = "SELECT 1 WHERE 1 = 0", ()
        partes.append(f"(SELECT COUNT(*) FROM ({sql}) q)")  # noqa: S608 - the ORM's own SQL
        parametros += destes
    with connections[consultas[0].db].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(partes)}", parametros)
        return list(cursor.fetchone())


def como_se_diz(quantas: int) -> str:
    """A count that may have stopped at the limit."""
    if quantas > CONTAGEM_MAXIMA:
        return f"mais de {numero(CONTAGEM_MAXIMA)}"
    return numero(quantas)


def linhas_sem(lista: Any, filtro: Any) -> Any:
    """The rows of the list as they would be without this filter."""
    if not filtro.used_parameters:
        return lista.queryset
    return lista.get_queryset(filtro.request, exclude_parameters=filtro.expected_parameters())


def contar_escolhas(lista: Any, filtro: Contavel) -> Contagens:
    """How many rows each choice of the filter has, among those that the others leave.

    One query for all the filters that are not in use, kept on the list, and one for
    each that is.
    """
    if filtro.used_parameters:
        return _contar(linhas_sem(lista, filtro), [filtro])[filtro.coluna]
    if "contagens" not in lista.__dict__:
        parados = [f for f in lista.filter_specs if isinstance(f, Contavel)]
        lista.__dict__["contagens"] = _contar(
            lista.queryset, [f for f in parados if not f.used_parameters]
        )
    contagens: Contagens = lista.__dict__["contagens"][filtro.coluna]
    return contagens


def _contar(linhas: Any, filtros: list[Contavel]) -> dict[str, Contagens]:
    """By column; empty where the rows are too many to be counted, and were not estimated."""
    colunas = [filtro.coluna for filtro in filtros]
    contadas = {coluna: Counter[str]() for coluna in colunas}
    total = 0
    limite = APARTADAS_MAXIMAS if linhas.query.where else CONTAGEM_MAXIMA
    for *valores, quantas in _agrupar(linhas, colunas, limite):
        total += quantas
        for coluna, valor in zip(colunas, valores, strict=True):
            contadas[coluna][str(valor)] += quantas
    if total > limite:
        return _estimar(linhas, colunas)
    return {
        filtro.coluna: {valor: numero(contadas[filtro.coluna][valor]) for valor in filtro.valores}
        for filtro in filtros
    }


def _agrupar(linhas: Any, colunas: list[str], limite: int) -> list[Any]:
    """Values of the columns and how many rows have them, of the first rows found."""
    try:
        consulta = linhas.order_by().values_list(*colunas)[: limite + 1].query
        sql, parametros = consulta.sql_with_params()
    except EmptyResultSet:
        return []
    posicoes = ", ".join(str(n) for n in range(1, len(colunas) + 1))
    with connections[linhas.db].cursor() as cursor:
        cursor.execute(
            f"SELECT q.*, COUNT(*) FROM ({sql}) q GROUP BY {posicoes}",  # noqa: S608 - the ORM's own SQL
            parametros,
        )
        return cursor.fetchall()


def _estimar(linhas: Any, colunas: Iterable[str]) -> dict[str, Contagens]:
    """By the planner's statistics of the whole table, where PostgreSQL keeps them."""
    nada: dict[str, Contagens] = {coluna: {} for coluna in colunas}
    conexao = connections[linhas.db]
    if conexao.vendor != "postgresql" or linhas.query.where:
        return nada
    nomes = {linhas.model._meta.get_field(coluna).column: coluna for coluna in nada}
    with conexao.cursor() as cursor:
        cursor.execute(
            "SELECT s.attname, s.most_common_vals::text::text[], s.most_common_freqs, c.reltuples "
            "FROM pg_stats s JOIN pg_class c ON c.oid = to_regclass(s.schemaname || '.' || "
            "s.tablename) WHERE s.tablename = %s AND s.schemaname = ANY(current_schemas(false)) "
            "AND s.attname = ANY(%s)",
            [linhas.model._meta.db_table, list(nomes)],
        )
        for nome, valores, partes, total in cursor.fetchall():
            nada[nomes[nome]] = {
                valor: f"cerca de {numero(arredondar_estimativa(parte * total))}"
                for valor, parte in zip(valores or [], partes or [], strict=True)
            }
    return nada
