"""How far a UC has been billed: readings up to there are frozen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery

from medidores.models import Medidor, UnidadeConsumidora


def _ciclos_emitidos() -> Any:
    # By the reverse relation: invoices live in the app above this one.
    faturas: Any = UnidadeConsumidora._meta.get_field("faturas").related_model
    return faturas.objects.de_ciclo().filter(situacao="EMITIDA").order_by()


def faturado_ate_por_unidade(unidade_ids: Iterable[int]) -> dict[int, datetime]:
    """The end of the last issued cycle of each UC that has one."""
    # By their keys: of a relation, Django looks at each value in turn.
    delas = _ciclos_emitidos().filter(unidade__pk__um_de=set(unidade_ids))
    return dict(delas.values_list("unidade").annotate(ate=Max("ciclo_ate")))


def faturado_ate_da_unidade() -> Subquery:
    """The same for the UC of each meter of a query."""
    dela = _ciclos_emitidos().filter(unidade=OuterRef("unidade")).values("unidade")
    return Subquery(dela.annotate(ate=Max("ciclo_ate")).values("ate"))


def travar_unidades(unidade_ids: Iterable[int]) -> None:
    """Locks these UCs until the end of the transaction, in order of id.

    Whoever bills a UC, or writes its readings one by one, holds this lock; the
    triggers on readings wait for it (FOR KEY SHARE), so bulk paths do too.
    SQLite has one writer at a time and needs no lock.
    """
    list(_travadas(unidade_ids).values_list("pk"))


def travar_unidades_de(medidor_ids: Iterable[int]) -> dict[int, str]:
    """The same for the UCs of these meters, with the class that each has under the lock.

    By their ids, which are mostly neighbours: joined, the whole table would be read.
    """
    unidades = Medidor.objects.filter(pk__um_de=set(medidor_ids)).values_list("unidade", flat=True)
    return dict(_travadas(unidades).values_list("pk", "classe"))


def _travadas(unidade_ids: Iterable[int]) -> "QuerySet[UnidadeConsumidora]":
    unidades = UnidadeConsumidora.objects.filter(pk__um_de=set(unidade_ids))
    return unidades.order_by("pk").select_for_update()
