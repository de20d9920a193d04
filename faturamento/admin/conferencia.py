"""What holds an issue back, and the tables that decide it; runs of drafts undone."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import (
    AdminBase,
    AdminComHistorico,
    LinhasSomenteConsulta,
    SomenteConsulta,
)
from comum.django_base.exibicao import (
    brl,
    endereco_do_objeto,
    ligacao_ao_ato,
    ligacao_ao_objeto,
    mes,
)
from comum.texto import com_numero
from faturamento.admin.acoes_da_fatura import FormularioDeLiberacao
from faturamento.admin.aprovacoes import levar_ao_pedido, quem_pede
from faturamento.calculo.nomes import NOMES_DOS_ALERTAS, nome_do_alerta
from faturamento.models import (
    AlertaDeGrupo,
    AlertaDeRascunho,
    ExecucaoFaturamento,
    LimiteConferencia,
    LimiteDoGrupo,
    MotivoCancelamento,
)
from faturamento.servicos.aprovacoes import pedir_desfazimento
from faturamento.servicos.conferencia_de_rascunhos import liberar_grupo


class FiltroDeLiberacao(DropdownFilter):
    title = "liberação"
    parameter_name = "liberacao"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("esperam", "esperam conferência"), ("liberados", "liberados")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "esperam":
            return queryset.em_aberto()
        return queryset.exclude(liberado_em=None) if self.value() == "liberados" else queryset


class FiltroDeAlerta(DropdownFilter):
    title = "alerta"
    parameter_name = "codigo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(c, nome) for c, nome in NOMES_DOS_ALERTAS.items() if c != "GRUPO_COM_PENDENCIAS"]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(codigo=self.value()) if self.value() else queryset


@admin.register(AlertaDeRascunho)
class AlertaDeRascunhoAdmin(SomenteConsulta, AdminBase):
    """The work-list: a draft is released on its own page."""

    list_display = [
        "motivo_da_espera",
        "fatura_ligada",
        "unidade",
        "mes",
        "total",
        "mensagem",
        "liberado_por",
    ]
    list_select_related = ["fatura__unidade", "liberado_por"]
    list_filter = [FiltroDeLiberacao, FiltroDeAlerta]
    search_fields = ["codigo", "fatura__unidade__codigo"]
    search_help_text = "Código do alerta ou da unidade"
    ordering = ["-id"]
    readonly_fields = ["motivo_da_espera", "fatura_ligada"]
    fieldsets = [
        (
            None,
            {"fields": [("motivo_da_espera", "fatura_ligada"), "mensagem", "registrado_em"]},
        ),
        ("Liberação", {"fields": [("liberado_em", "liberado_por"), "motivo"]}),
    ]

    @display(description="alerta", ordering="codigo")
    def motivo_da_espera(self, alerta: AlertaDeRascunho) -> str:
        return nome_do_alerta(alerta.codigo)

    @display(description="fatura")
    def fatura_ligada(self, alerta: AlertaDeRascunho) -> str:
        return ligacao_ao_objeto(alerta.fatura)

    @display(description="unidade", ordering="fatura__unidade__codigo")
    def unidade(self, alerta: AlertaDeRascunho) -> str:
        return ligacao_ao_objeto(alerta.fatura.unidade)

    @display(description="mês")
    def mes(self, alerta: AlertaDeRascunho) -> str:
        return mes(alerta.fatura.mes_referencia)

    @display(description="valor")
    def total(self, alerta: AlertaDeRascunho) -> str:
        return brl(alerta.fatura.valor)


@admin.register(AlertaDeGrupo)
class AlertaDeGrupoAdmin(SomenteConsulta, AdminBase):
    list_display = ["grupo_leitura", "execucao", "mensagem", "liberado_por", "liberado_em"]
    list_select_related = ["execucao", "liberado_por"]
    list_filter = [FiltroDeLiberacao]
    search_fields = ["grupo_leitura"]
    search_help_text = "Grupo de leitura"
    ordering = ["-id"]
    actions_detail = ["liberar"]
    fieldsets = [
        (None, {"fields": [("execucao", "grupo_leitura"), "mensagem", "registrado_em"]}),
        ("Liberação", {"fields": [("liberado_em", "liberado_por"), "motivo"]}),
    ]

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        alerta = self.get_object(request, object_id)
        if alerta is None or not alerta.aberto:
            return []
        return super().get_actions_detail(request, object_id)

    def has_liberar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.liberar_alertaderascunho")

    @action(description="Liberar grupo", icon="task_alt", permissions=["liberar"])
    def liberar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alerta = self.abrir(request, object_id)
        pagina = PaginaDeAcao(titulo="Liberar grupo", botao="Liberar", explicacao=alerta.mensagem)

        def executar(dados: dict[str, Any]) -> HttpResponse:
            liberar_grupo(
                execucao_id=alerta.execucao_id,
                grupo_leitura=alerta.grupo_leitura,
                agora=timezone.now(),
                usuario_id=request.user.pk,
                **dados,
            )
            self.log_change(request, alerta, f"Liberado: {dados['motivo']}")
            frase = f"O {alerta} foi liberado; os rascunhos dele já podem ser emitidos."
            self.message_user(request, frase, messages.SUCCESS)
            return HttpResponseRedirect(endereco_do_objeto(alerta.execucao))

        formulario = FormularioDeLiberacao
        return self.conduzir(request, pagina, executar, formulario=formulario, objeto=alerta)


class AlertasDaExecucao(LinhasSomenteConsulta):
    model = AlertaDeGrupo
    fields = readonly_fields = [
        "grupo",
        "mensagem",
        "liberado_por",
        "liberado_em",
        "motivo",
        "acao",
    ]
    ordering = ["grupo_leitura", "id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("liberado_por")

    @display(description="grupo")
    def grupo(self, alerta: AlertaDeGrupo) -> str:
        return ligacao_ao_objeto(alerta, alerta.grupo_leitura)

    @display(description="liberação")
    def acao(self, alerta: AlertaDeGrupo) -> str:
        if not alerta.aberto:
            return "liberado"
        return ligacao_ao_ato(alerta, "liberar", "liberar")


class AcaoDeDesfazer:
    """Mixin of ExecucaoFaturamentoAdmin: throws the drafts of a run away."""

    actions_detail = ["desfazer"]

    def has_desfazer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.desfazer_execucaofaturamento")

    def get_actions_detail(self: Any, request: HttpRequest, object_id: str) -> Any:
        acoes = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        execucao = self.get_object(request, object_id)
        if execucao is None or execucao.desfeita_em or execucao.e_aberta:
            return [acao for acao in acoes if not acao.action_name.endswith("_desfazer")]
        return acoes

    @action(
        description="Desfazer",
        icon="undo",
        permissions=["desfazer"],
        variant=ActionVariant.DANGER,
    )
    def desfazer(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        execucao: ExecucaoFaturamento = self.abrir(request, object_id)
        rascunhos = execucao.faturas.em_rascunho().count()
        outras = execucao.faturas.count() - rascunhos
        ficam = com_numero(outras, "fatura já emitida", "faturas já emitidas")
        pagina = PaginaDeAcao(
            titulo="Desfazer execução",
            botao="Pedir aprovação",
            explicacao=f"Você pede, e outra pessoa aprova: {com_numero(rascunhos, 'rascunho')} da "
            f"{execucao} a apagar; {ficam} a manter. A execução continua no registro, com o "
            "motivo e os dois nomes, e a competência pode ser faturada de novo.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            pedido = pedir_desfazimento(
                execucao_id=execucao.pk,
                agora=timezone.now(),
                usuario_id=quem_pede(request),
                **dados,
            )
            return levar_ao_pedido(self, request, pedido)

        return self.conduzir(
            request, pagina, executar, formulario=FormularioDeDesfazimento, objeto=execucao
        )


class FormularioDeDesfazimento(FormularioDeLiberacao):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[
            "motivo"
        ].help_text = "Fica gravado na execução, com a data e os nomes de quem pediu e aprovou."


@admin.register(MotivoCancelamento)
class MotivoCancelamentoAdmin(AdminComHistorico):
    list_display = ["codigo", "descricao", "exige_detalhe", "ativo"]
    list_filter = ["ativo"]
    search_fields = ["codigo", "descricao"]
    search_help_text = "Código ou descrição"
    ordering = ["codigo", "id"]
    fields = [("codigo", "descricao"), ("exige_detalhe", "ativo")]


@admin.register(LimiteConferencia)
class LimiteConferenciaAdmin(AdminComHistorico):
    list_display = ["classe", "vezes_alto", "fracao_baixa", "ciclos_minimos", "vezes_o_minimo"]
    ordering = ["classe", "id"]
    fieldsets = [
        (None, {"fields": ["classe", ("vezes_alto", "fracao_baixa"), "ciclos_minimos"]}),
        (
            "Diferenças que não contam",
            {"fields": [("diferenca_minima_brl", "diferenca_minima_kwh")]},
        ),
        ("Mínimo após consumo alto", {"fields": ["vezes_o_minimo"]}),
    ]


@admin.register(LimiteDoGrupo)
class LimiteDoGrupoAdmin(AdminComHistorico):
    list_display = ["__str__", "percentual_pendente", "unidades_minimas"]
    search_fields = ["grupo_leitura"]
    search_help_text = "Grupo de leitura"
    ordering = ["grupo_leitura", "id"]
    fields = ["grupo_leitura", ("percentual_pendente", "unidades_minimas")]
