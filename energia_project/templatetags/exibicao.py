"""Values in templates, written as everywhere: R$ 1.234,56, 1.234,567 kWh, 05/01/2026, links."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from comum.django_base import exibicao

register = template.Library()
register.filter("brl", exibicao.brl)
register.filter("dia", exibicao.dia)
register.filter("instante", exibicao.instante)
register.filter("kwh", exibicao.kwh)
register.filter("ligacao", exibicao.ligacao_ao_objeto)


@register.filter
def abre_a(endereco: Any, request: HttpRequest) -> bool:
    """Whether this address is a page of the admin that the user may open."""
    try:
        pagina = resolve(str(endereco)).func
    except Resolver404:
        return False
    do_modelo = getattr(pagina, "model_admin", None)
    return do_modelo is None or do_modelo.has_view_or_change_permission(request)
