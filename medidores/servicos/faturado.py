"""How far a UC has been billed: readings up to there are frozen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max

from medidores.models import UnidadeConsumidora


def faturado_ate_por_unidade(unidade_ids: Iterable[int]) -> dict[int, datetime]:
    """The end of the last issued cycle of each UC that has one."""
    # By the reverse relation: invoices live in the app above this one.
    faturas: Any = UnidadeConsumidora._meta.get_field("faturas").related_model
    linhas = (
        faturas.objects.de_ciclo()
        .filter(unidade__um_de=set(unidade_ids), situacao="EMITIDA")
        .order_by()
        .values_list("unidade")
        .annotate(ate=Max("ciclo_ate"))
    )
    return dict(linhas)


def travar_unidades(unidade_ids: Iterable[int]) -> None:
    """Locks these UCs until the end of the transaction, in order of id.

    Whoever bills a UC, or writes its readings one by one, holds this lock; the
    triggers on readings wait for it (FOR KEY SHARE), so bulk paths do too.
    SQLite has one writer at a time and needs no lock.
    """
    unidades = UnidadeConsumidora.objects.filter(pk__um_de=set(unidade_ids)).order_by("pk")
    list(unidades.select_for_update().values_list("pk", flat=True))
