"""Filters of the admin's lists that the theme does not bring."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from comum.erros import DadoInvalidoError
from comum.periodos import UM_DIA, dia_civil, ler_competencia, primeiro_instante, somar_meses

MESES_NO_FILTRO = 24


class FiltroDePeriodo(RangeDateFilter):
    """Civil days, both included; of instants, their São Paulo days."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        de, ate = self._dia("_from"), self._dia("_to")
        instantes = isinstance(self.field, models.DateTimeField)
        if de is not None:
            inicio = primeiro_instante(de) if instantes else de
            queryset = queryset.filter(**{f"{self.field_path}__gte": inicio})
        if ate is not None:
            fim = primeiro_instante(ate + UM_DIA) if instantes else ate + UM_DIA
            queryset = queryset.filter(**{f"{self.field_path}__lt": fim})
        return queryset

    def _dia(self, ponta: str) -> date | None:
        texto = self.used_parameters.get(f"{self.parameter_name}{ponta}")
        try:
            dia = forms.DateField(required=False).clean(texto)
        except ValidationError:
            return None
        return dia if dia is not None and 1900 <= dia.year < 2200 else None


class FiltroDeMes(DropdownFilter):
    """The months of the last two years, by a date that holds their first day."""

    title = "mês de referência"
    parameter_name = "mes"
    campo = "mes_referencia"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        hoje = dia_civil(timezone.now())
        meses = [somar_meses(hoje, -n) for n in range(MESES_NO_FILTRO)]
        return [(f"{mes:%Y-%m}", f"{mes:%m/%Y}") for mes in meses]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        try:
            return queryset.filter(**{self.campo: ler_competencia(self.value())})
        except DadoInvalidoError:
            return queryset.none()
