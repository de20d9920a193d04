"""Saving one object the same way from every edge."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from comum.django_base.banco import ConflitoError, traduzir_erro_do_banco

M = TypeVar("M", bound=models.Model)


class EmUsoError(ConflitoError):
    """The object has history and cannot be deleted."""

    codigo = "EM_USO"


@contextmanager
def em_transacao() -> Iterator[None]:
    """An atomic block whose database refusals are domain errors.

    Raises:
        ConflitoError: a constraint or a trigger refused the write.
    """
    try:
        with transaction.atomic():
            yield
    except ProtectedError:  # an IntegrityError by class, but one that says who depends
        raise
    except IntegrityError as erro:
        raise traduzir_erro_do_banco(erro) from erro


def gravar(objeto: M) -> M:
    """Validates and saves; returns the object.

    Raises:
        django.core.exceptions.ValidationError: by field, each with its sentence.
        ConflitoError: the database refused what validation could not yet see.
    """
    with em_transacao():
        objeto.full_clean()
        objeto.save()
    return objeto


def excluir(objeto: models.Model) -> None:
    """Deletes an object that nothing refers to.

    Raises:
        EmUsoError: others refer to it.
        ConflitoError: a trigger refused.
    """
    nome = objeto._meta.verbose_name
    try:
        with em_transacao():
            objeto.delete()
    except ProtectedError as erro:
        usos: dict[str, int] = {}
        for dependente in erro.protected_objects:
            chave = str(dependente._meta.verbose_name)
            usos[chave] = usos.get(chave, 0) + 1
        lista = ", ".join(f"{n} {chave}" for chave, n in sorted(usos.items()))
        raise EmUsoError(
            f"Não é possível excluir {nome} {objeto}: há registros que dependem dele ({lista}). "
            "O histórico não se apaga."
        ) from erro
