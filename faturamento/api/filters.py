"""Filters of the list of invoices."""

from typing import Any

import django_filters
from django.utils import timezone

from comum.django_base.api.filters import BooleanoFilter, CodigoFilter, IdFilter, MesFilter
from comum.periodos import dia_civil
from faturamento.api.serializers import SINONIMOS_DE_STATUS
from faturamento.models import Fatura
from faturamento.querysets import FaturaQuerySet


class FaturaFilter(django_filters.FilterSet):
    cliente_id = IdFilter(field_name="cliente_id", help_text="O cliente da fatura.")
    unidade_id = IdFilter(field_name="unidade_id", help_text="A unidade consumidora.")
    mes_referencia = MesFilter(help_text="Mês de referência, AAAA-MM.")
    status_pagamento = CodigoFilter(
        Fatura.StatusPagamento.choices, sinonimos=SINONIMOS_DE_STATUS, help_text="O pagamento."
    )
    situacao = CodigoFilter(Fatura.Situacao.choices, help_text="A situação da fatura.")
    vencida = BooleanoFilter(
        method="filtrar_vencida", help_text="Emitida, não paga de todo, e vencida antes de hoje."
    )

    def filtrar_vencida(self, faturas: FaturaQuerySet, _: str, vencida: bool) -> Any:
        hoje = dia_civil(timezone.now())
        return faturas.vencidas(em=hoje) if vencida else faturas.a_vencer_ou_pagas(em=hoje)
