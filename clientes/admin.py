"""Customers in the admin. What other apps add to their page is in energia_project/fichas.py."""

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
from comum.documentos import mascarar_documento


@admin.register(Cliente)
class ClienteAdmin(AdminComHistorico):
    list_display = ["nome", "documento_formatado", "telefone", "email_cliente", "data_cadastro"]
    list_filter = [("data_cadastro", FiltroDePeriodo)]
    search_fields = ["nome_busca__contains", "documento", "email_cliente__istartswith"]
    sortable_by = ["nome", "documento_formatado"]
    search_help_text = "Nome (com ou sem acentos), CPF ou CNPJ, e-mail"
    ordering = ["nome_busca", "id"]
    readonly_fields = ["data_cadastro"]
    fieldsets = [
        (None, {"fields": [("nome", "documento")]}),
        ("Contato", {"fields": ["endereco", ("telefone", "email_cliente")]}),
        ("Cadastro", {"fields": ["data_cadastro"]}),
    ]

    def colunas_da_lista(self, request: HttpRequest) -> list[Any]:
        """The document whole, or with its middle alone for who may not see it."""
        if self.ve_documentos(request):
            return list(self.list_display)
        trocas = {"documento_formatado": "documento_mascarado"}
        return [trocas.get(coluna, coluna) for coluna in self.list_display]

    @display(description="CPF ou CNPJ", ordering="documento")
    def documento_formatado(self, cliente: Cliente) -> str:
        return cliente.documento_formatado or VAZIO

    @display(description="CPF ou CNPJ")
    def documento_mascarado(self, cliente: Cliente) -> str:
        return mascarar_documento(cliente.documento or "") or VAZIO

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Whoever opens the page of a customer sees personal data: that is kept."""
        cliente = kwargs.get("obj")
        if request.method == "GET" and cliente is not None:
            registrar_consulta(cliente, agora=timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def rotulo_para(self, request: HttpRequest, objeto: Cliente) -> str:
        """What tells namesakes apart."""
        ve = self.ve_documentos(request)
        documento = objeto.documento_formatado if ve else mascarar_documento(objeto.documento or "")
        return " · ".join(parte for parte in (objeto.nome, documento, objeto.endereco) if parte)
