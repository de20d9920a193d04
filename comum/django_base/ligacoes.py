"""Links to objects on the admin's pages, only for who may open them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.helpers import AdminReadonlyField
from unfold.fields import UnfoldAdminReadonlyField

from comum.django_base.exibicao import pode_ver


def ligar_so_o_que_abre() -> None:
    """Read-only fields that name another object link to it only for who may open its page.

    Django and the theme link whatever is registered, and offer no hook: the method is
    replaced, once, in both of their classes.
    """
    for classe in (AdminReadonlyField, UnfoldAdminReadonlyField):
        if not hasattr(classe.get_admin_url, "__wrapped__"):
            classe.get_admin_url = _conferida(classe.get_admin_url)  # type: ignore[method-assign]


def _conferida(ligar: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(ligar)
    def conferir(campo: Any, relacao: Any, objeto: Any) -> Any:
        return ligar(campo, relacao, objeto) if pode_ver(type(objeto)) else str(objeto)

    return conferir
