"""What every page of the admin shares.

A page turns the form into arguments, makes one service call, and shows what
came of it. What the domain or the database refuses comes back as a sentence:
on the field where it belongs, with the typed data still there, never a 500.
"""

from copy import deepcopy
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets, helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import DatabaseError, models
from django.http import Http404, HttpRequest, HttpResponseRedirect
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminForm, Fieldline

from comum.django_base.acoes import PerguntaAntesDeAgir
from comum.django_base.busca import CAMPOS_DE_DOCUMENTO, RELACIONADOS_MAXIMOS, Busca
from comum.django_base.colunas import ColunasEscolhidas
from comum.django_base.em_lote import SelecaoBlindada
from comum.django_base.exibicao import VAZIO, endereco_do_objeto, numero
from comum.django_base.exportar import ListaQueSeExporta
from comum.django_base.formularios import (
    RECUSAS,
    AutocompleteSeguro,
    CampoDecimal,
    CampoDeDocumento,
    FormularioDeUmaFrase,
    FormularioRecusado,
    e_chave,
    frase_unica,
    frases_por_campo,
    recusar_data_absurda,
    sem_zeros_a_mais,
)
from comum.django_base.gravacao import excluir, gravar
from comum.django_base.paginas import PaginadorLimitado
from comum.django_base.versao import FormularioComVersao

CASAS_CHEIAS = 3  # money and kWh show all their places; prices and rates, those that count


class RespeitaCongelados(ModelAdmin):
    """What is frozen is only read, and the page says why."""

    def motivo_somente_leitura(self, objeto: Any) -> str:
        """Why this object cannot be edited any more; "" when it can."""
        return ""

    def motivo_nao_exclui(self, objeto: Any) -> str:
        """Why this object cannot be deleted; "" when it can."""
        return self.motivo_somente_leitura(objeto)

    def _motivo(self, objeto: Any, *, exclusao: bool = False) -> str:
        if not isinstance(objeto, self.model) or objeto.pk is None:
            return ""
        chave = "_motivo_nao_exclui" if exclusao else "_motivo_somente_leitura"
        if chave not in objeto.__dict__:
            perguntar = self.motivo_nao_exclui if exclusao else self.motivo_somente_leitura
            objeto.__dict__[chave] = perguntar(objeto)
        return objeto.__dict__[chave]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not self._motivo(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._motivo(obj, exclusao=True)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context["aviso"] = self._motivo(kwargs.get("obj"))
        return super().render_change_form(request, context, *args, **kwargs)


class GravaPeloServico(RespeitaCongelados):
    """Saves by a service, and shows the form again with what the service said."""

    form = FormularioDeUmaFrase

    def gravar_objeto(self, request: HttpRequest, objeto: Any, dados: dict[str, Any]) -> None:
        """Saves a new or edited object by its service; `dados` is the form's cleaned data."""
        gravar(objeto)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.gravar_objeto(request, obj, form.cleaned_data)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method == "POST" and object_id is not None:
            objeto = self.get_object(request, unquote(object_id))
            motivo = self._motivo(objeto)
            if motivo and self.has_view_permission(request, objeto):
                self.message_user(request, motivo, messages.ERROR)
                return HttpResponseRedirect(request.path)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except RECUSAS as erro:  # the transaction of the view was rolled back
            if request.method != "POST":
                raise
            request.recusas = frases_por_campo(erro)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        formulario = super().get_form(request, obj, change=change, **kwargs)
        if recusas := getattr(request, "recusas", None):
            bases = (FormularioRecusado, formulario)
            return type(formulario)(formulario.__name__, bases, {"recusas": recusas})
        return formulario


class ExcluiPeloServico(RespeitaCongelados):
    """Deletes by a service; a refusal is a message on the object's page.

    Where the domain has an act of its own, `exclui_em_lote` off leaves the list with that one.
    """

    exclui_em_lote = True

    def get_actions(self, request: HttpRequest) -> Any:
        acoes = super().get_actions(request)
        if not self.exclui_em_lote:
            acoes.pop("delete_selected", None)
        return acoes

    def excluir_objeto(self, objeto: Any) -> None:
        """Deletes one object by its service."""
        excluir(objeto)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.excluir_objeto(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for objeto in queryset:
            self.excluir_objeto(objeto)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The objects alone: nothing cascades, and the service names what depends on them."""
        plural = str(self.opts.verbose_name_plural)
        proibidas = set() if self.has_delete_permission(request) else {plural}
        rotulos = [str(objeto) for objeto in objs]
        return rotulos, {plural: len(rotulos)}, proibidas, []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        objeto = self.get_object(request, unquote(object_id))
        frase = self._motivo(objeto, exclusao=True)
        if not frase or not self.has_view_permission(request, objeto):
            try:
                return super().delete_view(request, object_id, extra_context)
            except RECUSAS as erro:
                frase = frase_unica(erro)
        self.message_user(request, frase, messages.ERROR)
        return HttpResponseRedirect(endereco_do_objeto(objeto))


class CamposBlindados(ModelAdmin):
    """Fields that take what people type, and stand what is forged in the address."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Only references may come in the address; anything else there is noise."""
        iniciais = {}
        for nome, valor in request.GET.items():
            try:
                campo = self.opts.get_field(nome)
            except FieldDoesNotExist:
                continue
            if isinstance(campo, models.ForeignKey) and e_chave(valor):
                iniciais[nome] = valor
        return iniciais

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = AutocompleteSeguro(db_field, self.admin_site)
        if db_field.name in CAMPOS_DE_DOCUMENTO:
            kwargs["form_class"] = CampoDeDocumento
        campo = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.DecimalField) and db_field.decimal_places > CASAS_CHEIAS:
            campo.prepare_value = sem_zeros_a_mais
        if isinstance(db_field, models.DateField) and campo is not None:
            campo.validators.append(recusar_data_absurda)
            if isinstance(db_field, models.DateTimeField) and not campo.help_text:
                campo.help_text = "Horário de Brasília."
        return campo

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Rows that are only read have no place on the page of what is not there yet."""
        linhas = super().get_inlines(request, obj)
        return [i for i in linhas if obj is not None or not issubclass(i, SomenteConsulta)]


class ListaBlindada(ModelAdmin):
    """A list that a forged filter, term or selection cannot break."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            if any("\x00" in texto for par in request.GET.lists() for texto in (par[0], *par[1])):
                raise ValueError("caractere nulo")
            return super().changelist_view(request, extra_context)
        except (ValueError, OverflowError, DatabaseError):
            if request.method != "GET" or not request.GET:
                raise  # the fault is not in the address
            frase = "O filtro do endereço não pôde ser usado e foi retirado."
            self.message_user(request, frase, messages.WARNING)
            return HttpResponseRedirect(request.path)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's end says how long the list is; the theme's header would say it wrong."""
        lista = super().get_changelist_instance(request)
        lista.full_result_count = lista.result_count
        return lista

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Names without case and accents, documents with their masks, codes by a piece."""
        busca = Busca(
            search_term.replace("\x00", ""),
            list(self.get_search_fields(request)),
            documento_parcial=self.ve_documentos(request),
            achados=request.__dict__.setdefault("achados_da_busca", {}),
        )
        achados = busca.filtrar(queryset)
        # Filters in use ask again, without themselves, for their counts.
        if busca.demais and not request.__dict__.get("busca_demais_dita"):
            request.__dict__["busca_demais_dita"] = True
            frase = (
                f"A busca acha mais de {numero(RELACIONADOS_MAXIMOS)} clientes, unidades ou "
                "medidores, e a lista tem os primeiros. Escreva mais para ver todos."
            )
            self.message_user(request, frase, messages.WARNING)
        return achados, False

    def ve_documentos(self, request: HttpRequest) -> bool:
        """Whether the user sees CPF and CNPJ whole."""
        return request.user.has_perm("clientes.ver_documento")


class AdminBase(
    FormularioComVersao,
    GravaPeloServico,
    ExcluiPeloServico,
    CamposBlindados,
    ListaQueSeExporta,
    ColunasEscolhidas,
    SelecaoBlindada,
    ListaBlindada,
    PerguntaAntesDeAgir,
):
    """Every model's page. Subclasses override `gravar_objeto`, `excluir_objeto` and
    `motivo_somente_leitura`.
    """

    paginator = PaginadorLimitado
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # they read the whole table: `contagens.py` does not
    list_filter_submit = True
    compressed_fields = True
    empty_value_display = VAZIO
    formfield_overrides = {
        models.DecimalField: {"form_class": CampoDecimal, "widget": CampoDecimal.widget}
    }


class AdminComHistorico(SimpleHistoryAdmin, AdminBase):
    """A model whose every change is kept: who, when, before, after."""

    history_list_per_page = 50
    object_history_template = "admin/object_history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        self._recusar_numero_forjado(object_id)
        return super().history_view(request, object_id, extra_context)

    def render_history_view(
        self, request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any
    ) -> Any:
        """The page of versions is the same as that of the admin's own log."""
        context = {**context, "action_list": context.get("page_obj")}
        return super().render_history_view(request, template, context, **kwargs)

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        self._recusar_numero_forjado(object_id, version_id)
        if request.method == "POST":  # it would restore the version, whoever may only look
            raise PermissionDenied
        helpers.__dict__.update(AdminForm=AdminForm, Fieldline=Fieldline)  # as the theme does
        request.versao = True  # type: ignore[attr-defined]
        return super().history_form_view(request, object_id, version_id, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        formulario = super().get_form(request, obj, change=change, **kwargs)
        if getattr(request, "versao", False):
            # Declared fields are the class's own, shared by every form to come.
            formulario.base_fields = deepcopy(formulario.base_fields)
            for campo in formulario.base_fields.values():
                campo.disabled = True
        return formulario

    def _recusar_numero_forjado(self, *numeros: str) -> None:
        if not all(map(e_chave, numeros)):
            raise Http404


class SomenteConsulta:
    """Mixed into the page of rows that only the system writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LinhasSomenteConsulta(SomenteConsulta, TabularInline):
    """Related rows on a page: the newest few, each with a link to its own page."""

    tab = True
    extra = 0
    per_page = 13
    hide_title = True
    show_change_link = True
    can_delete = False
    show_count = False
