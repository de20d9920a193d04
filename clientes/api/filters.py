"""Filters of the list of customers."""

from typing import Any

import django_filters

from clientes.querysets import ClienteQuerySet
from comum.django_base.api.filters import DocumentoFilter, TextoFilter


class ClienteFilter(django_filters.FilterSet):
    nome = TextoFilter(
        method="filtrar_nome", help_text="Trecho do nome, sem distinguir acentos nem maiúsculas."
    )
    documento = DocumentoFilter(help_text="CPF ou CNPJ, com ou sem pontuação.")

    def filtrar_nome(self, clientes: ClienteQuerySet, _: str, trecho: str) -> Any:
        return clientes.com_nome(trecho)
