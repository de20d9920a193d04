"""Customers in the admin. What other apps add to their page is in energia_project/fichas.py."""

import re
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from auditoria.servicos.eventos import registrar_consulta
from clientes.models import Cliente
from comum.django_base.admin import AdminComHistorico
from comum.django_base.exibicao import VAZIO
from comum.django_base.filtros import FiltroDePeriodo

DOCUMENTO_COM_MASCARA = re.compile(r"[0-9][0-9\s./-]+|[0-9A-Za-z.]{8,10}/[0-9A-Za-z]{4}-[0-9]{2}")


@admin.register(Cliente)
class ClienteAdmin(AdminComHistorico):
    list_display = ["nome", "documento_formatado", "telefone", "email_cliente", "data_cadastro"]
    list_filter = [("data_cadastro", FiltroDePeriodo)]
    search_fields = ["nome_busca__contains", "documento__istartswith", "email_cliente__istartswith"]
    search_help_text = "Nome (com ou sem acentos), CPF ou CNPJ, e-mail"
    ordering = ["nome_busca", "id"]
    readonly_fields = ["data_cadastro"]
    fieldsets = [
        (None, {"fields": [("nome", "documento")]}),
        ("Contato", {"fields": ["endereco", ("telefone", "email_cliente")]}),
        ("Cadastro", {"fields": ["data_cadastro"]}),
    ]

    @display(description="CPF ou CNPJ", ordering="documento")
    def documento_formatado(self, cliente: Cliente) -> str:
        return cliente.documento_formatado or VAZIO

    @staticmethod
    def rotulo(cliente: Cliente) -> str:
        """What tells namesakes apart."""
        return " · ".join(
            parte
            for parte in (cliente.nome, cliente.documento_formatado, cliente.endereco)
            if parte
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Whoever opens the page of a customer sees personal data: that is kept."""
        cliente = kwargs.get("obj")
        if request.method == "GET" and cliente is not None:
            registrar_consulta(cliente, agora=timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """A document may come with its mask."""
        if DOCUMENTO_COM_MASCARA.fullmatch(search_term.strip()):
            search_term = re.sub(r"[\s./-]", "", search_term)
        return super().get_search_results(request, queryset, search_term)
