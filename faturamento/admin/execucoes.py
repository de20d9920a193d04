"""Billing runs in the admin: asked for here, then only read."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from comum.django_base.acoes import PaginaDeAcao, Resultado
from comum.django_base.admin import AdminBase, LinhasSomenteConsulta, SomenteConsulta
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.exibicao import (
    brl,
    endereco_do_objeto,
    ligacao_ao_objeto,
    numero,
)
from comum.django_base.filtros import FiltroDeMes
from comum.django_base.formularios import recusar_data_absurda
from comum.django_base.modelos import sem_caractere_nulo
from faturamento.admin.andamento import PaginaAoVivo
from faturamento.admin.colunas import ColunasDaExecucao
from faturamento.admin.conferencia import AcaoDeDesfazer, AlertasDaExecucao
from faturamento.admin.exibicao import CampoDeCompetencia
from faturamento.calculo.nomes import NOMES_DAS_PENDENCIAS, nome_da_pendencia
from faturamento.models import (
    ExecucaoFaturamento,
    LoteFaturamento,
    Pendencia,
    TentativaLote,
)
from faturamento.servicos.execucao import (
    ResumoExecucao,
    abrir_execucao,
    cancelar_execucao,
    definir_escopo,
    retomar_execucao,
    simular_faturamento,
)
from faturamento.servicos.faltas import prever_faltas
from faturamento.tarefas import executar_faturamento

FALTAS_MOSTRADAS = 10
FRASE_JA_ABERTA = (
    "A {} deste mesmo escopo já estava em andamento: é esta. Acompanhe-a, ou cancele-a para "
    "começar outra."
)
Situacao = ExecucaoFaturamento.Situacao


class FormularioDeFaturamento(forms.Form):
    competencia = CampoDeCompetencia(label="Competência")
    grupo_leitura = forms.CharField(
        label="Grupo de leitura",
        required=False,
        max_length=20,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
        help_text="Em branco: todas as unidades.",
    )
    ate = forms.DateField(
        label="Leituras até",
        required=False,
        widget=UnfoldAdminDateWidget(),
        validators=[recusar_data_absurda],
        help_text="Em branco: até o último dia do mês.",
    )
    emitir = forms.BooleanField(
        label="Emitir as faturas",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Sem a marca, ficam em rascunho para conferência.",
    )
    simular = forms.BooleanField(
        label="Só simular",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Calcula tudo e mostra o resultado, sem gravar nada.",
    )


class FormularioDeMotivo(forms.Form):
    motivo = forms.CharField(
        label="Motivo",
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        validators=[sem_caractere_nulo],
        help_text="Fica gravado, com a data e o seu nome.",
    )


class LotesDaExecucao(LinhasSomenteConsulta):
    model = LoteFaturamento
    fields = readonly_fields = [
        "lote",
        "situacao",
        "unidades",
        "elegiveis",
        "faturadas",
        "pendentes",
        "erro",
    ]
    ordering = ["ordem", "id"]

    @display(description="lote")
    def lote(self, lote: LoteFaturamento) -> str:
        return ligacao_ao_objeto(lote, lote.ordem)


class AcaoDeFaturar:
    """Mixin of ExecucaoFaturamentoAdmin: the button that asks for a run."""

    actions_list = ["faturar_competencia"]

    def has_faturar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.add_execucaofaturamento")

    @action(
        description="Faturar competência",
        icon="play_arrow",
        permissions=["faturar"],
        variant=ActionVariant.PRIMARY,
    )
    def faturar_competencia(self: Any, request: HttpRequest) -> HttpResponse:
        pagina = PaginaDeAcao(
            titulo="Faturar competência",
            botao="Faturar",
            explicacao="Cada unidade ativa com medidor recebe uma fatura, ou uma pendência com o "
            "motivo. Quem já tem fatura do mês fica como está.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse | Resultado:
            if dados["emitir"] and not request.user.has_perm("faturamento.emitir_fatura"):
                raise PermissionDenied
            agora = timezone.now()
            escopo = definir_escopo(
                dados["competencia"],
                ate=dados["ate"],
                grupo_leitura=dados["grupo_leitura"],
                agora=agora,
            )
            if dados["simular"]:
                return mostrar_simulacao(simular_faturamento(escopo))
            for falta in prever_faltas(escopo)[:FALTAS_MOSTRADAS]:
                self.message_user(request, f"Previsto: {falta}", messages.WARNING)
            execucao = abrir_execucao(
                escopo, emitir=dados["emitir"], agora=agora, usuario_id=request.user.pk
            )
            if execucao.ja_estava_aberta:
                self.message_user(request, FRASE_JA_ABERTA.format(execucao), messages.INFO)
            executar_faturamento.enqueue(execucao.pk)
            return HttpResponseRedirect(endereco_do_objeto(execucao))

        return self.conduzir(request, pagina, executar, formulario=FormularioDeFaturamento)


class AcoesDaExecucao:
    """Mixin of ExecucaoFaturamentoAdmin: stop a run, and have it go on."""

    actions_detail = ["cancelar", "retomar"]

    def get_actions_detail(self: Any, request: HttpRequest, object_id: str) -> Any:
        """What the run's state allows; the service has the last word."""
        execucao = self.get_object(request, str(object_id))
        if execucao is None:
            return []
        acoes = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        if execucao.e_aberta:
            return acoes
        concluida = execucao.situacao == Situacao.CONCLUIDA
        fora = ("_cancelar", "_retomar") if concluida else ("_cancelar",)
        return [acao for acao in acoes if not acao.action_name.endswith(fora)]

    @action(
        description="Cancelar execução",
        icon="stop",
        permissions=["faturar"],
        variant=ActionVariant.DANGER,
    )
    def cancelar(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        execucao = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Cancelar execução",
            botao="Cancelar execução",
            explicacao=f"Para a {execucao}: o que já foi faturado fica, os lotes em mãos terminam "
            "e nenhum outro começa. Ela pode ser retomada.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            cancelar_execucao(
                execucao_id=execucao.pk,
                motivo=dados["motivo"],
                agora=timezone.now(),
                usuario_id=request.user.pk,
            )
            self.message_user(request, f"A {execucao} foi cancelada.", messages.SUCCESS)
            return HttpResponseRedirect(endereco_do_objeto(execucao))

        return self.conduzir(
            request, pagina, executar, formulario=FormularioDeMotivo, objeto=execucao
        )

    @action(description="Retomar", icon="play_arrow", permissions=["faturar"])
    def retomar(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        execucao = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Retomar execução",
            botao="Retomar",
            explicacao=f"Põe a {execucao} de novo na fila dos trabalhadores, que fazem os lotes "
            "que faltam e emitem o que falta emitir. Se alguém já trabalha nela, divide o "
            "trabalho.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            retomar_execucao(execucao_id=execucao.pk)
            executar_faturamento.enqueue(execucao.pk)
            return HttpResponseRedirect(endereco_do_objeto(execucao))

        return self.conduzir(request, pagina, executar, objeto=execucao)


@admin.register(ExecucaoFaturamento)
class ExecucaoFaturamentoAdmin(
    SomenteConsulta,
    ColunasDaExecucao,
    AcaoDeFaturar,
    AcoesDaExecucao,
    AcaoDeDesfazer,
    PaginaAoVivo,
    AdminBase,
):
    list_display = [
        "id",
        "mes",
        "grupo",
        "elegiveis",
        "faturadas",
        "pendentes",
        "total",
        "iniciada_em",
        "solicitada_por",
        "situacao_colorida",
    ]
    list_display_links = ["id", "mes"]
    list_select_related = ["solicitada_por"]
    list_filter = [FiltroDeMes, ("situacao", FiltroDeEscolha)]
    search_fields = ["=id", "grupo_leitura"]
    search_help_text = "Número da execução ou grupo de leitura"
    ordering = ["-id"]
    inlines = [LotesDaExecucao, AlertasDaExecucao]
    actions_detail = [*AcoesDaExecucao.actions_detail, *AcaoDeDesfazer.actions_detail]
    readonly_fields = ["mes", "grupo"]
    fieldsets = [
        (None, {"fields": [("mes", "grupo"), ("ate", "emitir"), "situacao"]}),
        (
            "Registro",
            {
                "fields": [
                    ("iniciada_em", "terminada_em"),
                    "solicitada_por",
                    ("cancelada_por", "motivo_cancelamento"),
                    ("desfeita_em", "desfeita_por"),
                    "motivo_desfazimento",
                ]
            },
        ),
    ]


def mostrar_simulacao(resumo: ResumoExecucao) -> Resultado:
    """What a run would do."""
    return Resultado(
        frase="Simulação: nada foi gravado. Envie de novo sem a marca para faturar.",
        contagens={
            "elegíveis": numero(resumo.elegiveis),
            "seriam faturadas": numero(resumo.faturadas),
            "ficariam pendentes": numero(resumo.pendentes),
            "já faturadas": numero(resumo.ja_faturadas),
            "valor total": brl(resumo.valor_total),
            **{nome_da_pendencia(c): numero(quantas) for c, quantas in resumo.pendencias.items()},
        },
    )


class FiltroDePendencia(DropdownFilter):
    title = "pendência"
    parameter_name = "codigo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(NOMES_DAS_PENDENCIAS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(codigo=self.value()) if self.value() else queryset


@admin.register(Pendencia)
class PendenciaAdmin(SomenteConsulta, AdminBase):
    list_display = ["unidade_ligada", "motivo", "mensagem", "execucao_ligada", "registrada_em"]
    list_display_links = ["motivo"]
    list_select_related = ["unidade", "execucao"]
    list_filter = [FiltroDePendencia]
    search_fields = [
        "codigo",
        "unidade__codigo",
        "unidade__medidores__numero_medidor",
        "unidade__medidores__cliente__nome_busca__contains",
        "unidade__medidores__cliente__documento",
    ]
    search_help_text = "Código da pendência, unidade, medidor, nome ou documento do cliente"
    sortable_by: list[str] = []
    ordering = ["-execucao_id", "codigo", "id"]
    readonly_fields = ["motivo"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("unidade", "execucao"),
                    ("motivo", "codigo"),
                    "mensagem",
                    "registrada_em",
                ]
            },
        ),
    ]

    @display(description="pendência", ordering="codigo")
    def motivo(self, pendencia: Pendencia) -> str:
        return nome_da_pendencia(pendencia.codigo)

    @display(description="unidade", ordering="unidade__codigo")
    def unidade_ligada(self, pendencia: Pendencia) -> str:
        return ligacao_ao_objeto(pendencia.unidade)

    @display(description="execução", ordering="execucao")
    def execucao_ligada(self, pendencia: Pendencia) -> str:
        return ligacao_ao_objeto(pendencia.execucao)


class TentativasDoLote(LinhasSomenteConsulta):
    model = TentativaLote
    fields = readonly_fields = ["processo", "iniciada_em", "terminada_em", "erro"]
    ordering = ["-id"]


@admin.register(LoteFaturamento)
class LoteFaturamentoAdmin(SomenteConsulta, AdminBase):
    list_display = ["ordem", "execucao", "situacao", "elegiveis", "faturadas", "pendentes", "erro"]
    list_select_related = ["execucao"]
    list_filter = [("situacao", FiltroDeEscolha)]
    ordering = ["-execucao_id", "ordem", "id"]
    inlines = [TentativasDoLote]


@admin.register(TentativaLote)
class TentativaLoteAdmin(SomenteConsulta, AdminBase):
    list_display = ["processo", "lote", "iniciada_em", "terminada_em", "erro"]
    list_select_related = ["lote__execucao"]
    search_fields = ["processo"]
    ordering = ["-id"]
