"""Approvals: what waits for a second person, and the pages by which that person decides."""

from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminBase, AdminComHistorico, SomenteConsulta
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.exibicao import (
    endereco_da_lista,
    endereco_do_objeto,
    etiqueta,
    numero,
)
from comum.django_base.filtros import FiltroDePeriodo
from comum.django_base.formularios import RECUSAS, frase_unica
from faturamento.admin.acoes_da_fatura import FormularioDeLiberacao
from faturamento.admin.antes_e_depois import Comparacao
from faturamento.models import PedidoDeAprovacao
from faturamento.servicos.aprovacoes import (
    aprovar,
    pedido_que_espera,
    pedir_exclusao,
    pedir_gravacao,
    recusar,
)

CORES = {"PENDENTE": "warning", "APROVADO": "success", "RECUSADO": "danger"}
APROVAR = "faturamento.aprovar_pedidodeaprovacao"
AVISO_DAS_TABELAS = (
    "O que você gravar ou excluir aqui vira um pedido: só vale depois que outra pessoa o aprovar, "
    "em Aprovações."
)


def contar_aprovacoes(request: HttpRequest) -> str:
    """The badge of the menu: how many wait for this person, "" where none does."""
    if not request.user.has_perm(APROVAR):
        return ""
    esperam = PedidoDeAprovacao.objects.filter(situacao=PedidoDeAprovacao.Situacao.PENDENTE)
    quantos = esperam.exclude(pedido_por=request.user.pk).count()
    return numero(quantos) if quantos else ""


def quem_pede(request: HttpRequest) -> int:
    """The person's id: nobody is here without a login."""
    return cast("int", request.user.pk)


def levar_ao_pedido(
    pagina: Any, request: HttpRequest, pedido: PedidoDeAprovacao
) -> HttpResponseRedirect:
    """Says that nothing changed yet, and goes to the pedido, or to the list of its table."""
    frase = f"O {pedido} espera a aprovação de outra pessoa. Até lá, nada muda."
    pagina.message_user(request, frase, messages.WARNING)
    if request.user.has_perm("faturamento.view_pedidodeaprovacao"):
        return HttpResponseRedirect(endereco_do_objeto(pedido))
    if pagina.has_view_permission(request):
        return HttpResponseRedirect(endereco_da_lista(pagina.model))
    return HttpResponseRedirect(request.path)


class PedeAprovacao(AdminComHistorico):
    """A table whose changes wait for a second person: saving and deleting make a pedido."""

    actions = ["pedir_exclusao_dos_selecionados"]
    exclui_em_lote = False

    @admin.action(permissions=["delete"], description="Pedir a exclusão dos selecionados")
    def pedir_exclusao_dos_selecionados(
        self, request: HttpRequest, queryset: Any
    ) -> HttpResponse | None:
        try:
            pedido = self._pedir_exclusao(request, list(queryset.order_by("pk")))
        except RECUSAS as erro:
            self.message_user(request, frase_unica(erro), messages.ERROR)
            return None
        return levar_ao_pedido(self, request, pedido)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        request.pedido = pedir_gravacao(  # type: ignore[attr-defined]
            obj, agora=timezone.now(), usuario_id=quem_pede(request)
        )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._pedir_exclusao(request, [obj])

    def _pedir_exclusao(self, request: HttpRequest, objetos: list[Any]) -> PedidoDeAprovacao:
        pedido = pedir_exclusao(objetos, agora=timezone.now(), usuario_id=quem_pede(request))
        request.pedido = pedido  # type: ignore[attr-defined]
        return pedido

    # Nothing was saved or deleted yet: the pedido is the record of what was done here.
    def save_related(self, *args: Any) -> None:
        pass

    def log_addition(self, *args: Any) -> None:
        pass

    log_change = log_deletions = log_addition

    def response_add(self, request: HttpRequest, obj: Any, *args: Any) -> HttpResponse:
        return levar_ao_pedido(self, request, request.pedido)  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return levar_ao_pedido(self, request, request.pedido)  # type: ignore[attr-defined]

    def response_delete(self, request: HttpRequest, *args: Any) -> HttpResponse:
        return levar_ao_pedido(self, request, request.pedido)  # type: ignore[attr-defined]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        linha = kwargs.get("obj")
        pode = self.has_change_permission if linha else self.has_add_permission
        if pode(request):
            context["aviso_de_aprovacao"] = AVISO_DAS_TABELAS
        if linha is not None and (pedido := pedido_que_espera(linha)):
            context["aviso_de_aprovacao"] = (
                f"Este registro tem um pedido à espera de aprovação: {pedido}, de "
                f"{pedido.pedido_por}. O que se vê aqui é o que vale até ele ser decidido."
            )
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        contexto = {**(extra_context or {}), "aviso_de_aprovacao": AVISO_DAS_TABELAS}
        return super().delete_view(request, object_id, contexto)


def _em_frases(pedido: PedidoDeAprovacao) -> str:
    comparacao = Comparacao(pedido)
    return (
        f"{pedido.resumo}. Antes: {comparacao.resumo('antes')}. Depois: "
        f"{comparacao.resumo('depois')}. Pedido por {pedido.pedido_por}."
    )


class FormularioDeAprovacao(FormularioDeLiberacao):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["motivo"].required = False
        self.fields["motivo"].help_text = "Se quiser. Fica gravado, com a data e o seu nome."


class FormularioDeRecusa(FormularioDeLiberacao):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["motivo"].help_text = "Quem pediu vai lê-lo. Fica gravado, com o seu nome."


@admin.register(PedidoDeAprovacao)
class PedidoDeAprovacaoAdmin(SomenteConsulta, AdminBase):
    """The list of what waits and of what was decided; each decision is a page that asks."""

    list_display = [
        "pedido",
        "situacao_colorida",
        "antes",
        "depois",
        "pedido_por",
        "pedido_em",
        "decidido_por",
    ]
    list_select_related = ["pedido_por", "decidido_por"]
    list_filter = [
        ("situacao", FiltroDeEscolha),
        ("tipo", FiltroDeEscolha),
        ("pedido_em", FiltroDePeriodo),
    ]
    search_fields = ["resumo", "pedido_por__username", "decidido_por__username"]
    search_help_text = "O que se pede, quem pediu ou quem decidiu"
    ordering = ["-id"]
    actions_detail = ["aprovar", "recusar"]
    fieldsets = [
        (None, {"fields": ["resumo", ("tipo", "situacao"), ("pedido_por", "pedido_em")]}),
        ("Decisão", {"fields": [("decidido_por", "decidido_em"), "motivo"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("pedido_por", "decidido_por")

    @display(description="pedido", ordering="id")
    def pedido(self, pedido: PedidoDeAprovacao) -> str:
        return f"{pedido.pk}: {pedido.resumo}"

    @display(description="antes")
    def antes(self, pedido: PedidoDeAprovacao) -> str:
        return Comparacao(pedido).resumo("antes")

    @display(description="depois")
    def depois(self, pedido: PedidoDeAprovacao) -> str:
        return Comparacao(pedido).resumo("depois")

    @display(description="situação", ordering="situacao")
    def situacao_colorida(self, pedido: PedidoDeAprovacao) -> str:
        return etiqueta(pedido, "situacao", CORES)

    def motivo_somente_leitura(self, objeto: PedidoDeAprovacao) -> str:
        return "" if objeto.pendente else "O pedido foi decidido, e a decisão não se refaz."

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        pedido: PedidoDeAprovacao = kwargs["obj"]
        context["comparacao"] = Comparacao(pedido)
        if pedido.pendente and pedido.pedido_por_id == request.user.pk:
            context["aviso_de_aprovacao"] = "O pedido é seu: outra pessoa precisa decidir."
        return super().render_change_form(request, context, *args, **kwargs)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        pedido = self.get_object(request, object_id)
        if pedido is None or not pedido.pendente or pedido.pedido_por_id == request.user.pk:
            return []
        return super().get_actions_detail(request, object_id)

    def has_decidir_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(APROVAR)

    @action(
        description="Aprovar",
        icon="check",
        permissions=["decidir"],
        variant=ActionVariant.PRIMARY,
    )
    def aprovar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        pedido = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Aprovar",
            botao="Aprovar",
            explicacao=f"{_em_frases(pedido)} Vale assim que você aprovar.",
        )
        return self._decidir(request, pedido, pagina, aprovar, FormularioDeAprovacao)

    @action(
        description="Recusar",
        icon="block",
        permissions=["decidir"],
        variant=ActionVariant.DANGER,
    )
    def recusar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        pedido = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Recusar",
            botao="Recusar",
            explicacao=f"{_em_frases(pedido)} Recusado, tudo fica como está.",
            perigo=True,
        )
        return self._decidir(request, pedido, pagina, recusar, FormularioDeRecusa)

    def _decidir(
        self,
        request: HttpRequest,
        pedido: PedidoDeAprovacao,
        pagina: PaginaDeAcao,
        servico: Any,
        formulario: Any,
    ) -> HttpResponse:
        def executar(dados: dict[str, Any]) -> HttpResponse:
            decidido = servico(
                pedido_id=pedido.pk, agora=timezone.now(), usuario_id=request.user.pk, **dados
            )
            decisao = decidido.get_situacao_display().lower()
            self.log_change(request, decidido, f"Pedido {decisao}")
            self.message_user(request, f"O {decidido} foi {decisao}.", messages.SUCCESS)
            return HttpResponseRedirect(endereco_do_objeto(decidido))

        return self.conduzir(request, pagina, executar, formulario=formulario, objeto=pedido)
