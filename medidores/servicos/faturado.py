"""How far a UC has been billed: readings up to there are frozen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max, OuterRef, Subquery

from medidores.models import Medidor, UnidadeConsumidora


def _ciclos_emitidos() -> Any:
    # By the reverse relation: invoices live in the app above this one.
    faturas: Any = UnidadeConsumidora._meta.get_field("faturas").related_model
    return faturas.objects.de_ciclo().filter(situacao="EMITIDA").order_by()


def faturado_ate_por_unidade(unidade_ids: Iterable[int]) -> dict[int, datetime]:
    """The end of the last issued cycle of each UC that has one."""
    linhas = (
        _ciclos_emitidos()
        .filter(unidade__um_de=set(unidade_ids))
        .values_list("unidade")
        .annotate(ate=Max("ciclo_ate"))
    )
    return dict(linhas)


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
    unidades = UnidadeConsumidora.objects.filter(pk__um_de=set(unidade_ids)).order_by("pk")
    list(unidades.select_for_update().values_list("pk", flat=True))


def travar_unidades_de(medidor_ids: Iterable[int]) -> None:
    """The same for the UCs of these meters."""
    delas = Medidor.objects.filter(pk__um_de=set(medidor_ids)).values("unidade")
    unidades = UnidadeConsumidora.objects.filter(pk__in=delas).order_by("pk")
    list(unidades.select_for_update().values_list("pk", flat=True))
