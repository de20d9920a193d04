"""Columns of invoices and runs, the same on every list that shows them."""

from django.utils.safestring import mark_safe
from unfold.decorators import display

from comum.django_base.exibicao import (
    brl,
    dia,
    etiqueta,
    ligacao_ao_objeto,
    mes,
    numero,
)
from faturamento.admin.exibicao import COR_DA_EXECUCAO, COR_DA_FATURA, COR_DO_PAGAMENTO
from faturamento.models import ExecucaoFaturamento, Fatura


class ColunasDaFatura:
    """Mixin of lists and inlines of invoices."""

    @display(description="fatura", ordering="numero")
    def documento(self, fatura: Fatura) -> str:
        return ligacao_ao_objeto(fatura)

    @display(description="unidade", ordering="unidade__codigo")
    def unidade_ligada(self, fatura: Fatura) -> str:
        return ligacao_ao_objeto(fatura.unidade)

    @display(description="vencimento", ordering="data_vencimento")
    def vencimento(self, fatura: Fatura) -> str:
        return dia(fatura.data_vencimento)

    @display(description="mês", ordering="mes_referencia")
    def mes(self, fatura: Fatura) -> str:
        return mes(fatura.mes_referencia)

    @display(description="consumo (kWh)", ordering="consumo_kwh")
    def consumo(self, fatura: Fatura) -> str:
        return numero(fatura.consumo_kwh, 3)

    @display(description="valor", ordering="valor")
    def total(self, fatura: Fatura) -> str:
        return brl(fatura.valor)

    @display(description="situação", ordering="situacao")
    def situacao_colorida(self, fatura: Fatura) -> str:
        if fatura.e_rascunho and getattr(fatura, "espera", False):
            return mark_safe('<span class="en-etiqueta en-danger">em conferência</span>')
        return etiqueta(fatura, "situacao", COR_DA_FATURA)

    @display(description="pagamento", ordering="status_pagamento")
    def pagamento_colorido(self, fatura: Fatura) -> str:
        return etiqueta(fatura, "status_pagamento", COR_DO_PAGAMENTO)


class ColunasDaExecucao:
    """Mixin of the list of runs: what was asked, and what came of it."""

    @display(description="competência", ordering="mes_referencia")
    def mes(self, execucao: ExecucaoFaturamento) -> str:
        return mes(execucao.mes_referencia)

    @display(description="grupo de leitura", ordering="grupo_leitura")
    def grupo(self, execucao: ExecucaoFaturamento) -> str:
        return execucao.grupo_leitura or "todos"

    @display(description="valor total", ordering="valor_total")
    def total(self, execucao: ExecucaoFaturamento) -> str:
        return brl(execucao.valor_total)

    @display(description="situação", ordering="situacao")
    def situacao_colorida(self, execucao: ExecucaoFaturamento) -> str:
        return etiqueta(execucao, "situacao", COR_DA_EXECUCAO)
