"""The filters of a list, with nothing passed over in silence."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from comum.django_base.api.campos import juntar

DESCONHECIDOS_MOSTRADOS = 10


class FiltroEstrito(DjangoFilterBackend):
    """django-filter, refusing parameters that are unknown, empty, or come twice."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filtros = self.get_filterset_class(view, queryset)
        conhecidos = [*(filtros.base_filters if filtros else ()), *view.paginator.parametros]
        erros: dict[str, list[str]] = {}
        for nome, valores in request.query_params.lists():
            if nome not in conhecidos:
                erros[nome[:60]] = [f"Este filtro não existe. Use: {juntar(conhecidos)}."]
            elif len(valores) > 1:
                erros[nome] = [f"Este filtro veio {len(valores)} vezes. Envie um só."]
            elif not valores[0].strip():  # an empty variable must not list everything
                erros[nome] = ["Este filtro veio vazio. Dê um valor, ou tire-o."]
        if erros:
            primeiros = list(erros.items())[:DESCONHECIDOS_MOSTRADOS]
            raise ValidationError(dict(primeiros), code="FILTRO_INVALIDO")
        if not filtros or not request.query_params.keys() & filtros.base_filters.keys():
            return queryset  # the form behind the filters costs more than the page
        return super().filter_queryset(request, queryset, view)
