"""Invoices in the admin: read, issued, cancelled, paid; only AVULSA are typed here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from comum.django_base.admin import AdminComHistorico, LinhasSomenteConsulta
from comum.django_base.contagens import FiltroContado, FiltroDeEscolha
from comum.django_base.exibicao import brl, ligacao_ao_ato, ligacao_ao_objeto, mes
from comum.django_base.filtros import FiltroDeMes, FiltroDePeriodo
from comum.django_base.formularios import FormularioDoServico
from comum.django_base.graficos import Grafico
from comum.periodos import dia_civil
from faturamento.admin.acoes import descartar_selecionados, emitir_selecionadas
from faturamento.admin.acoes_da_fatura import AcoesDaFatura
from faturamento.admin.colunas import ColunasDaFatura
from faturamento.admin.demonstrativo import montar_quadro
from faturamento.admin.exibicao import CampoDeCompetencia
from faturamento.admin.grafico import montar_grafico_faturado
from faturamento.admin.impressao import ImpressaoDaFatura
from faturamento.admin.refaturamento import RefaturamentoDaFatura
from faturamento.admin.simulacao import SimulacaoDaFatura
from faturamento.admin.trilha import montar_trilha
from faturamento.calculo.nomes import nome_do_alerta
from faturamento.models import AlertaDeRascunho, Fatura, LancamentoAvulso, Pagamento
from faturamento.servicos.avulsas import (
    FaturaCongeladaError,
    alterar_fatura_avulsa,
    criar_fatura_avulsa,
    excluir_fatura,
    recusar_se_congelada,
)
from faturamento.servicos.baixa import saldo_aberto
from faturamento.servicos.conferencia_de_rascunhos import motivos_da_espera
from faturamento.servicos.consumo import consumo_da_unidade


class FiltroDeVencimento(FiltroContado):
    title = "vencimento"
    parameter_name = "vencidas"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("sim", "vencidas e não pagas"), ("a_vencer", "a vencer e não pagas")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        hoje = dia_civil(timezone.now())
        if self.value() == "sim":
            return queryset.vencidas(em=hoje)
        return queryset.a_vencer(em=hoje) if self.value() == "a_vencer" else queryset


class FiltroDeConferencia(DropdownFilter):
    title = "conferência"
    parameter_name = "conferencia"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("sim", "rascunhos que esperam conferência")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.em_conferencia() if self.value() == "sim" else queryset


class FormularioDeFatura(FormularioDoServico):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "mes_referencia" in self.fields:
            hoje = dia_civil(timezone.now())
            self.fields["mes_referencia"] = CampoDeCompetencia(
                label="Mês de referência", initial=hoje
            )
            self.fields["data_emissao"].required = True
            self.initial.setdefault("data_emissao", hoje)
            self.fields["data_vencimento"].help_text = "Em branco: calculado pela regra."


class PagamentosDaFatura(LinhasSomenteConsulta):
    model = Pagamento
    fields = readonly_fields = [
        "data_pagamento",
        "valor_brl",
        "identificador_ligado",
        "origem",
        "registrado_em",
        "registrado_por",
        "acao",
    ]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("registrado_por", "estorno")

    @display(description="valor")
    def valor_brl(self, pagamento: Pagamento) -> str:
        return brl(pagamento.valor)

    @display(description="identificador")
    def identificador_ligado(self, pagamento: Pagamento) -> str:
        return ligacao_ao_objeto(pagamento, pagamento.identificador)

    @display(description="estorno")
    def acao(self, pagamento: Pagamento) -> str:
        if pagamento.estorna_id is not None:
            return "é um estorno"
        if hasattr(pagamento, "estorno"):
            return "estornado"
        return ligacao_ao_ato(pagamento, "estornar", "estornar")


class AlertasDaFatura(LinhasSomenteConsulta):
    model = AlertaDeRascunho
    fields = readonly_fields = ["alerta", "mensagem", "liberado_em", "liberado_por", "motivo"]
    ordering = ["id"]

    @display(description="alerta")
    def alerta(self, alerta: AlertaDeRascunho) -> str:
        return nome_do_alerta(alerta.codigo)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("liberado_por")


class LancamentosDaFatura(LinhasSomenteConsulta):
    model = LancamentoAvulso
    fields = readonly_fields = ["texto", "valor_brl", "motivo", "registrado_em", "registrado_por"]
    ordering = ["id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("registrado_por")

    @display(description="descrição")
    def texto(self, lancamento: LancamentoAvulso) -> str:
        return ligacao_ao_objeto(lancamento, lancamento.texto)

    @display(description="valor")
    def valor_brl(self, lancamento: LancamentoAvulso) -> str:
        return brl(lancamento.valor)


def _grafico_da_fatura(fatura: Fatura) -> Grafico | None:
    """The 13 months of its UC that end with its own, of the same customer."""
    if fatura.unidade_id is None:
        return None
    meses = consumo_da_unidade(
        fatura.unidade_id, ate=fatura.mes_referencia, cliente_id=fatura.cliente_id
    )
    return montar_grafico_faturado(meses, destaque=fatura.pk)


@admin.register(Fatura)
class FaturaAdmin(
    AcoesDaFatura,
    RefaturamentoDaFatura,
    SimulacaoDaFatura,
    ImpressaoDaFatura,
    ColunasDaFatura,
    AdminComHistorico,
):
    form = FormularioDeFatura
    list_display = [
        "__str__",
        "cliente",
        "unidade_ligada",
        "mes",
        "consumo",
        "total",
        "vencimento",
        "situacao_colorida",
        "pagamento_colorido",
    ]
    list_filter = [
        ("situacao", FiltroDeEscolha),
        ("status_pagamento", FiltroDeEscolha),
        FiltroDeMes,
        FiltroDeVencimento,
        FiltroDeConferencia,
        ("origem", FiltroDeEscolha),
        ("data_vencimento", FiltroDePeriodo),
    ]
    search_fields = [
        "=numero",
        "cliente__nome_busca__contains",
        "cliente__documento",
        "unidade__codigo",
        "unidade__medidores__numero_medidor",
    ]
    search_help_text = "Número da fatura, unidade, medidor, nome ou documento do cliente"
    sortable_by = ["mes"]
    ordering = ["-id"]
    autocomplete_fields = ["cliente", "unidade"]
    inlines = [PagamentosDaFatura, AlertasDaFatura, LancamentosDaFatura]
    actions = [emitir_selecionadas, descartar_selecionados]
    exclui_em_lote = False
    add_fieldsets = [
        (None, {"fields": [("cliente", "unidade"), ("mes_referencia", "valor")]}),
        ("Datas", {"fields": [("data_emissao", "data_vencimento")]}),
    ]
    fieldsets = [
        (None, {"fields": [("cliente", "unidade"), ("mes_referencia_mes", "origem")]}),
        ("Valor", {"fields": [("valor", "saldo"), ("situacao", "status_pagamento")]}),
        ("Datas", {"fields": [("data_emissao", "data_vencimento")]}),
    ]
    somente_exibidos = ["mes_referencia_mes", "saldo"]

    def get_queryset(self, request: HttpRequest) -> Any:
        faturas = super().get_queryset(request).com_relacionados().defer("demonstrativo")
        return faturas.com_espera()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of an AVULSA that is there, only the value can be changed."""
        nomes = [campo.name for campo in self.opts.fields if campo.name != "valor"]
        return [] if obj is None else [*nomes, *self.somente_exibidos]

    def motivo_nao_exclui(self, objeto: Fatura) -> str:
        if objeto.e_rascunho:
            return "Rascunho não se remove: descarte-o, pelo botão Descartar ou pela lista."
        return self.motivo_somente_leitura(objeto)

    def motivo_somente_leitura(self, objeto: Fatura) -> str:
        if objeto.e_rascunho and getattr(objeto, "espera", False):
            motivos = motivos_da_espera([objeto.pk]).get(objeto.pk, [])
            return f"O rascunho espera conferência. {' '.join(motivos)}"
        if objeto.e_rascunho:
            return "O rascunho não se edita: confira-o e emita, ou descarte-o e fature de novo."
        try:
            recusar_se_congelada(objeto)
        except FaturaCongeladaError as erro:
            return str(erro)
        return ""

    def gravar_objeto(self, request: HttpRequest, objeto: Any, dados: dict[str, Any]) -> None:
        if not objeto._state.adding:
            alterar_fatura_avulsa(fatura_id=objeto.pk, valor=dados["valor"])
            return
        criada = criar_fatura_avulsa(**dados, agora=timezone.now())
        objeto.pk = criada.pk
        objeto.refresh_from_db()

    def excluir_objeto(self, objeto: Any) -> None:
        excluir_fatura(objeto)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if fatura := kwargs.get("obj"):
            context["quadro"] = montar_quadro(fatura)
            context["trilha"] = montar_trilha(fatura)
            context["grafico"] = _grafico_da_fatura(fatura)
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="mês de referência")
    def mes_referencia_mes(self, fatura: Fatura) -> str:
        return mes(fatura.mes_referencia)

    @display(description="saldo em aberto")
    def saldo(self, fatura: Fatura) -> str:
        return brl(saldo_aberto(fatura))

    @staticmethod
    def rotulo(fatura: Fatura) -> str:
        return f"{fatura} · {fatura.cliente} · {mes(fatura.mes_referencia)} · {brl(fatura.valor)}"
