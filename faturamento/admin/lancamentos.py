"""One-off charges and credits in the admin: typed here, taken by the next bill."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from comum.django_base.admin import AdminComHistorico
from comum.django_base.contagens import FiltroContado
from comum.django_base.exibicao import brl, ligacao_ao_objeto, mes
from comum.django_base.formularios import FormularioDoServico
from comum.periodos import dia_civil
from faturamento.admin.exibicao import CampoDeCompetencia
from faturamento.models import LancamentoAvulso
from faturamento.servicos.lancamentos import (
    PARCELAS_MAXIMAS,
    LancamentoJaFaturadoError,
    alterar_lancamento,
    excluir_lancamento,
    lancar,
    recusar_se_faturado,
)

RELACIONADOS = ("unidade", "cliente", "fatura", "saldo_de", "registrado_por")


class FiltroDeFaturado(FiltroContado):
    title = "faturamento"
    parameter_name = "faturado"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("nao", "esperam a próxima fatura"), ("sim", "faturados")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "nao":
            return queryset.em_aberto()
        return queryset.exclude(fatura=None) if self.value() == "sim" else queryset


class FormularioDeLancamento(FormularioDoServico):
    parcelas = forms.IntegerField(
        label="Em quantas parcelas",
        min_value=1,
        max_value=PARCELAS_MAXIMAS,
        initial=1,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
        help_text="Uma por mês; o valor é o total, e se reparte entre elas.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["parcelas"]  # said once, when it was registered
        if "a_partir_de" in self.fields:
            hoje = dia_civil(timezone.now())
            self.fields["a_partir_de"] = CampoDeCompetencia(label="A partir de", initial=hoje)
        if "cliente" in self.fields:
            self.fields["cliente"].required = False
            self.fields["cliente"].help_text = "Em branco: o titular da unidade."


@admin.register(LancamentoAvulso)
class LancamentoAvulsoAdmin(AdminComHistorico):
    form = FormularioDeLancamento
    list_display = [
        "descricao_inteira",
        "unidade_ligada",
        "cliente",
        "total",
        "mes_inicial",
        "faturado_na",
        "registrado_por",
    ]
    list_filter = [FiltroDeFaturado]
    search_fields = [
        "descricao",
        "unidade__codigo",
        "unidade__medidores__numero_medidor",
        "cliente__nome_busca__contains",
        "cliente__documento",
    ]
    search_help_text = "Descrição, unidade, medidor, nome ou documento do cliente"
    sortable_by: list[str] = []
    ordering = ["-id"]
    autocomplete_fields = ["unidade", "cliente"]
    add_fieldsets = [
        (None, {"fields": [("unidade", "cliente"), "descricao", ("valor", "parcelas")]}),
        ("Quando e por quê", {"fields": ["a_partir_de", "motivo"]}),
    ]
    fieldsets = [
        (None, {"fields": [("unidade", "cliente"), "descricao", ("valor", "numero_da_parcela")]}),
        ("Quando e por quê", {"fields": ["a_partir_de", "motivo"]}),
        ("Registro", {"fields": [("faturado_na", "saldo"), ("registrado_em", "registrado_por")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        lancamentos = super().get_queryset(request)
        return lancamentos.select_related(*RELACIONADOS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        exibidos = ["faturado_na", "saldo", "numero_da_parcela", "registrado_em", "registrado_por"]
        return [] if obj is None else [*exibidos, "unidade", "cliente"]

    def motivo_somente_leitura(self, objeto: LancamentoAvulso) -> str:
        try:
            recusar_se_faturado(objeto)
        except LancamentoJaFaturadoError as erro:
            return str(erro)
        return ""

    def gravar_objeto(self, request: HttpRequest, objeto: Any, dados: dict[str, Any]) -> None:
        if not objeto._state.adding:
            alterar_lancamento(lancamento_id=objeto.pk, dados=dados)
            return
        cliente = dados["cliente"]
        primeiro, *_ = lancar(
            unidade_id=dados["unidade"].pk,
            cliente_id=cliente.pk if cliente else None,
            descricao=dados["descricao"],
            valor=dados["valor"],
            a_partir_de=dados["a_partir_de"],
            parcelas=dados["parcelas"],
            motivo=dados["motivo"],
            agora=timezone.now(),
            usuario_id=request.user.pk,
        )
        objeto.pk = primeiro.pk
        objeto.refresh_from_db()

    def excluir_objeto(self, objeto: Any) -> None:
        excluir_lancamento(objeto)

    @display(description="descrição", ordering="descricao")
    def descricao_inteira(self, lancamento: LancamentoAvulso) -> str:
        return lancamento.texto

    @display(description="unidade", ordering="unidade__codigo")
    def unidade_ligada(self, lancamento: LancamentoAvulso) -> str:
        return ligacao_ao_objeto(lancamento.unidade)

    @display(description="valor", ordering="valor")
    def total(self, lancamento: LancamentoAvulso) -> str:
        return brl(lancamento.valor)

    @display(description="a partir de", ordering="a_partir_de")
    def mes_inicial(self, lancamento: LancamentoAvulso) -> str:
        return mes(lancamento.a_partir_de)

    @display(description="faturado na")
    def faturado_na(self, lancamento: LancamentoAvulso) -> str:
        return ligacao_ao_objeto(lancamento.fatura)

    @display(description="saldo de")
    def saldo(self, lancamento: LancamentoAvulso) -> str:
        return ligacao_ao_objeto(lancamento.saldo_de)

    @display(description="parcela")
    def numero_da_parcela(self, lancamento: LancamentoAvulso) -> str:
        return f"{lancamento.parcela} de {lancamento.parcelas}"
