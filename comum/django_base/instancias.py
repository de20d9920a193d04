"""Instances of models by the thousand, straight from rows.

Django gives each instance its columns one `setattr` after another, and asks each
relation whether it is cached: in a run that costs as much as a third of the calculation.
Here they get their columns as one dictionary. No `__init__` runs and no signal of it
is sent, so it is for models that have neither.
"""

from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.db.models.base import ModelState

M = TypeVar("M", bound=Model)


def montar(
    modelo: type[M], colunas: dict[str, Any], *, banco: str | None = None, **relacionados: Model
) -> M:
    """An instance with these values by attname, which must name all; `relacionados` by relation.

    With `banco`, the alias of a database, it counts as read from there; without, as new.
    The foreign keys' ids are the caller's, in `colunas`.
    """
    estado = ModelState()
    estado.db, estado.adding = banco, banco is None
    estado.fields_cache.update(relacionados)
    instancia = modelo.__new__(modelo)
    instancia.__dict__ = {"_state": estado, **colunas}
    return instancia


def ler_instancias(
    linhas: "QuerySet[M]", relacao: str | None = None, *, sem: Collection[str] = ()
) -> Iterator[M]:
    """What the query finds, in its order; with `relacao`, each with that one, as one query.

    The columns `sem` are left to be read when they are asked for, one by one.
    """
    modelo, banco = linhas.model, linhas.db
    nomes = [nome for nome in _colunas(modelo) if nome not in sem]
    if relacao is None:
        for valores in linhas.values_list(*nomes):
            yield montar(modelo, dict(zip(nomes, valores, strict=True)), banco=banco)
        return
    outro: Any = modelo._meta.get_field(relacao).related_model
    dele = _colunas(outro)
    de_quem, chave = len(nomes), dele.index(outro._meta.pk.attname)
    for valores in linhas.values_list(*nomes, *(f"{relacao}__{nome}" for nome in dele)):
        colunas = dict(zip(nomes, valores, strict=False))
        if valores[de_quem + chave] is None:
            yield montar(modelo, colunas, banco=banco)
            continue
        relacionado = montar(outro, dict(zip(dele, valores[de_quem:], strict=True)), banco=banco)
        yield montar(modelo, colunas, banco=banco, **{relacao: relacionado})


def _colunas(modelo: type[Model]) -> list[str]:
    return [campo.attname for campo in modelo._meta.concrete_fields]
