"""Customers in the admin. What other apps add to their page is in energia_project/fichas.py."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from simple_history.template_utils import HistoricalRecordContextHelper
from unfold.decorators import display

from auditoria.servicos.eventos import registrar_consulta
from clientes.models import Cliente
from comum.django_base.admin import AdminComHistorico
from comum.django_base.exibicao import VAZIO
from comum.django_base.filtros import FiltroDePeriodo
from comum.documentos import e_mascarado, mascarar_documento
from comum.erros import DominioError


class DocumentoEscondidoError(DominioError):
    """A change of a document, from who may not see it."""

    codigo = "DOCUMENTO_ESCONDIDO"


class MudancasSemDocumento(HistoricalRecordContextHelper):
    """What changed, with documents before and after that show their middle alone."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        if change.field == "documento":
            return mascarar_documento(value or "") or None
        return super().prepare_delta_change_value(change, value)


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

    def _esconde(self, request: HttpRequest, cliente: Any) -> bool:
        """Whether this customer has a document that the user may not see whole.

        Asked first of the row as it is stored: a form puts what was typed into the object.
        """
        if cliente is None:
            return False
        if "_esconde" not in cliente.__dict__:
            esconde = bool(cliente.documento) and not self.ve_documentos(request)
            cliente.__dict__["_esconde"] = esconde
        return cliente.__dict__["_esconde"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With a document that may not be seen there is no field of it: only its middle."""
        secoes = super().get_fieldsets(request, obj)
        if not self._esconde(request, obj):
            return secoes
        [(titulo, principal), *demais] = secoes
        return [(titulo, {**principal, "fields": [("nome", "documento_mascarado")]}), *demais]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "documento_mascarado"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What was shown masked comes back and changes nothing; anything else is refused."""
        enviado = request.POST.get("documento", "").strip()
        if enviado and "documento" not in form.fields and not e_mascarado(enviado):
            raise DocumentoEscondidoError(
                "O CPF ou CNPJ deste cliente só pode ser alterado por quem tem permissão de vê-lo "
                "por inteiro, e nada foi gravado. Peça a essa pessoa, ou salve sem ele."
            )
        super().save_model(request, obj, form, change)

    def mostrar_campo(self, request: HttpRequest, objeto: Any, nome: str) -> str:
        if nome == "documento" and self._esconde(request, objeto):
            return f"“{mascarar_documento(objeto.documento)}”"
        return super().mostrar_campo(request, objeto, nome)

    def get_historical_record_context_helper(
        self, request: HttpRequest, historical_record: Any
    ) -> HistoricalRecordContextHelper:
        if self.ve_documentos(request):
            return super().get_historical_record_context_helper(request, historical_record)
        return MudancasSemDocumento(self.model, historical_record)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A filter in the address would guess a document digit by digit."""
        if lookup.startswith("documento") and not (request and self.ve_documentos(request)):
            return False
        return super().lookup_allowed(lookup, value, request)

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
