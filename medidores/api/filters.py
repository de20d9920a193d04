"""Filters of the lists of meters and readings."""

from datetime import date
from typing import Any

import django_filters

from comum.django_base.api.filters import (
    BooleanoFilter,
    CodigoFilter,
    DiaFilter,
    IdFilter,
    TextoFilter,
)
from comum.periodos import UM_DIA, primeiro_instante
from comum.vocabulario import Registrador
from medidores.models import Leitura
from medidores.querysets import LeituraQuerySet, MedidorQuerySet


class MedidorFilter(django_filters.FilterSet):
    client_id = IdFilter(field_name="cliente_id", help_text="O cliente do medidor.")
    unidade_id = IdFilter(field_name="unidade_id", help_text="A unidade consumidora.")
    numero_medidor = TextoFilter(help_text="O número inteiro, como está no medidor.")
    ativo = BooleanoFilter(method="filtrar_ativo", help_text="Sem data de retirada.")

    def filtrar_ativo(self, medidores: MedidorQuerySet, _: str, ativo: bool) -> Any:
        return medidores.filter(data_retirada__isnull=ativo)


class LeituraFilter(django_filters.FilterSet):
    medidor_id = IdFilter(field_name="medidor_id", help_text="O medidor.")
    data_de = DiaFilter(method="filtrar_de", help_text="Do início deste dia, em São Paulo.")
    data_ate = DiaFilter(method="filtrar_ate", help_text="Até o fim deste dia, em São Paulo.")
    situacao = CodigoFilter(Leitura.Situacao.choices, help_text="A situação da leitura.")
    registrador = CodigoFilter(Registrador.escolhas(), help_text="O registrador.")

    def filtrar_de(self, leituras: LeituraQuerySet, _: str, dia: date) -> Any:
        return leituras.filter(data_leitura__gte=primeiro_instante(dia))

    def filtrar_ate(self, leituras: LeituraQuerySet, _: str, dia: date) -> Any:
        return leituras.filter(data_leitura__lt=primeiro_instante(dia + UM_DIA))
