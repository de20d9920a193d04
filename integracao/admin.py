"""Webhooks in the admin: where they may go, who wants them, what became of each."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminBase, AdminComHistorico, SomenteConsulta
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.em_lote import Confirmacao, acao_em_lote
from comum.django_base.exibicao import (
    endereco_da_lista,
    endereco_do_objeto,
    etiqueta,
)
from comum.django_base.filtros import FiltroDePeriodo
from comum.django_base.formularios import RECUSAS, frase_unica
from comum.texto import com_numero
from integracao.models import Assinatura, Aviso, HostPermitido
from integracao.servicos.assinaturas import trocar_segredo
from integracao.servicos.avisos import reenviar

REENVIAR = "integracao.reenviar_aviso"
CORES = {"PENDENTE": "warning", "ENTREGUE": "success", "FALHOU": "danger"}


@admin.register(HostPermitido)
class HostPermitidoAdmin(AdminComHistorico):
    list_display = ["host", "interno", "permitido_em"]
    search_fields = ["host"]
    search_help_text = "Nome do servidor"
    ordering = ["host", "id"]
    fieldsets = [(None, {"fields": ["host", "interno"]})]


@admin.register(Assinatura)
class AssinaturaAdmin(AdminComHistorico):
    list_display = ["nome", "url", "eventos", "ativa"]
    list_filter = ["ativa"]
    search_fields = ["nome", "url"]
    search_help_text = "Nome ou endereço"
    ordering = ["nome", "id"]
    actions_detail = ["mudar_segredo"]
    fieldsets = [
        (None, {"fields": [("nome", "ativa"), "url"]}),
        (
            "Eventos",
            {
                "fields": [
                    ("fatura_emitida", "fatura_paga"),
                    ("fatura_cancelada", "leitura_retida"),
                ]
            },
        ),
        ("Segredo", {"fields": ["segredo_visivel"]}),
    ]
    readonly_fields = ["segredo_visivel"]

    @display(description="eventos")
    def eventos(self, assinatura: Assinatura) -> str:
        ligados = [e.label for e in Assinatura.Evento if getattr(assinatura, e.replace(".", "_"))]
        return ", ".join(ligados) or "nenhum"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The secret is for those who may change the subscription."""
        todos = super().get_fieldsets(request, obj)
        ve = obj is not None and self.has_change_permission(request, obj)
        return todos if ve else todos[:-1]

    @display(description="segredo")
    def segredo_visivel(self, assinatura: Assinatura) -> str:
        return assinatura.segredo

    def has_segredo_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("integracao.change_assinatura")

    @action(
        description="Trocar segredo",
        icon="key",
        permissions=["segredo"],
        variant=ActionVariant.DANGER,
    )
    def mudar_segredo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        assinatura = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Trocar segredo",
            botao="Trocar",
            explicacao=f"Os próximos avisos de {assinatura} serão assinados com outro segredo. "
            "Atualize o sistema que os recebe.",
            perigo=True,
        )

        def executar(_: dict[str, Any]) -> HttpResponse:
            trocar_segredo(assinatura.pk)
            frase = "O segredo foi trocado."
            self.log_change(request, assinatura, frase)
            self.message_user(request, frase, messages.SUCCESS)
            return HttpResponseRedirect(endereco_do_objeto(assinatura))

        return self.conduzir(request, pagina, executar, objeto=assinatura)


@acao_em_lote(
    Confirmacao(
        titulo="Reenviar avisos",
        botao="Reenviar",
        explicacao="Cada um vai de novo, com o mesmo identificador, para quem o assina.",
    ),
    permissoes=["reenviar"],
    descricao="Reenviar selecionados",
)
def reenviar_selecionados(modeladmin: Any, request: HttpRequest, queryset: Any) -> None:
    ids = list(queryset.order_by().values_list("pk", flat=True))
    try:
        quantos = reenviar(ids, agora=timezone.now(), usuario_id=request.user.pk)
    except RECUSAS as erro:
        modeladmin.message_user(request, frase_unica(erro), messages.ERROR)
        return
    modeladmin.message_user(
        request, f"{com_numero(quantos, 'aviso')} a reenviar.", messages.SUCCESS
    )


@admin.register(Aviso)
class AvisoAdmin(SomenteConsulta, AdminBase):
    list_display = [
        "evento",
        "registro",
        "assinatura",
        "criado_em",
        "situacao_colorida",
        "tentativas",
        "resposta",
    ]
    list_filter = [
        ("situacao", FiltroDeEscolha),
        ("evento", FiltroDeEscolha),
        ("assinatura", RelatedDropdownFilter),
        ("criado_em", FiltroDePeriodo),
    ]
    search_fields = ["=objeto_id", "=identificador"]
    search_help_text = "Número do registro ou identificador do aviso"
    ordering = ["-id"]
    actions = [reenviar_selecionados]
    actions_detail = ["reenviar_um"]
    list_select_related = ["assinatura"]
    readonly_fields = ["registro"]
    fieldsets = [
        (None, {"fields": [("evento", "registro"), ("assinatura", "identificador")]}),
        (
            "Entrega",
            {
                "fields": [
                    ("situacao", "tentativas"),
                    ("proxima_em", "entregue_em"),
                    ("resposta", "pedido_por"),
                ]
            },
        ),
        ("Conteúdo", {"fields": ["criado_em", "dados"]}),
    ]

    @display(description="situação", ordering="situacao")
    def situacao_colorida(self, aviso: Aviso) -> str:
        return etiqueta(aviso, "situacao", CORES)

    @display(description="número do registro", ordering="objeto_id")
    def registro(self, aviso: Aviso) -> str:
        """A number that names a row has no thousands dot."""
        return str(aviso.objeto_id)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        """What still waits goes by itself."""
        aviso = self.get_object(request, object_id)
        if aviso is None or aviso.situacao == Aviso.Situacao.PENDENTE:
            return []
        return super().get_actions_detail(request, object_id)

    def has_reenviar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(REENVIAR)

    @action(description="Reenviar", icon="send", permissions=["reenviar"])
    def reenviar_um(self, request: HttpRequest, object_id: str) -> HttpResponse:
        aviso = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Reenviar aviso",
            botao="Reenviar",
            explicacao=f"{aviso}: vai de novo, com o mesmo identificador.",
        )

        def executar(_: dict[str, Any]) -> HttpResponse:
            reenviar([aviso.pk], agora=timezone.now(), usuario_id=request.user.pk)
            self.log_change(request, aviso, "Reenvio pedido.")
            self.message_user(request, "O aviso será reenviado.", messages.SUCCESS)
            return HttpResponseRedirect(endereco_da_lista(Aviso))

        return self.conduzir(request, pagina, executar, objeto=aviso)
