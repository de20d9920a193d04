"""Distributors and the dated tables: tariffs, flags, taxes, street lighting."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display

from comum.django_base.admin import AdminBase, AdminComHistorico, SomenteConsulta
from comum.django_base.contagens import FiltroContado, FiltroDeEscolha
from comum.django_base.exibicao import brl, etiqueta, numero
from comum.documentos import formatar_documento
from comum.periodos import dia_civil
from comum.vocabulario import Posto
from faturamento.admin.aprovacoes import PedeAprovacao
from faturamento.admin.importacoes import ImportacaoDeBandeiras, ImportacaoDeTarifas
from faturamento.models import (
    AliquotaTributo,
    Bandeira,
    Distribuidora,
    FaixaCip,
    SequenciaFatura,
    Tarifa,
)

FONTE_MAXIMA = 50
COR_DA_BANDEIRA = {
    "VERDE": "success",
    "AMARELA": "warning",
    "VERMELHA_P1": "danger",
    "VERMELHA_P2": "danger",
    "ESCASSEZ_HIDRICA": "danger",
}


class FiltroDeVigencia(FiltroContado):
    title = "vigência"
    parameter_name = "vigente"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hoje", "vigentes hoje")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.em(dia_civil(timezone.now())) if self.value() == "hoje" else queryset


class VigenciaAdmin(PedeAprovacao):
    """A dated table, changed by two people; its newest rows first."""

    ordering = ["-vigente_de", "-id"]

    @display(description="fonte", ordering="fonte")
    def fonte_curta(self, linha: Any) -> str:
        return Truncator(linha.fonte).chars(FONTE_MAXIMA)

    vigencia_fieldset: Any = (
        "Vigência",
        {"fields": [("vigente_de", "vigente_ate"), "fonte"]},
    )


@admin.register(Distribuidora)
class DistribuidoraAdmin(AdminComHistorico):
    list_display = ["nome", "cnpj_formatado", "uf", "serie", "arredondamento", "cobra_cip"]
    search_fields = ["nome", "cnpj"]
    search_help_text = "Nome ou CNPJ"
    ordering = ["nome", "id"]
    fieldsets = [
        (None, {"fields": [("nome", "cnpj"), ("uf", "municipio_ibge"), "endereco"]}),
        ("Contato na fatura", {"fields": ["contato", ("telefone", "ouvidoria")]}),
        ("Fatura", {"fields": [("serie", "arredondamento"), "cobra_cip"]}),
        ("Atraso", {"fields": [("multa", "juros_ao_mes")]}),
    ]

    @display(description="CNPJ", ordering="cnpj")
    def cnpj_formatado(self, distribuidora: Distribuidora) -> str:
        return formatar_documento(distribuidora.cnpj)


@admin.register(Tarifa)
class TarifaAdmin(ImportacaoDeTarifas, VigenciaAdmin):
    list_display = [
        "descricao",
        "distribuidora",
        "tusd",
        "te",
        "vigente_de",
        "vigente_ate",
        "fonte_curta",
    ]
    list_select_related = ["distribuidora"]
    list_filter = [
        FiltroDeVigencia,
        ("subgrupo", FiltroDeEscolha),
        ("modalidade", FiltroDeEscolha),
        ("classe", FiltroDeEscolha),
        ("posto", FiltroDeEscolha),
    ]
    search_fields = ["fonte", "subgrupo", "classe", "subclasse", "distribuidora__nome"]
    search_help_text = "Subgrupo, classe, distribuidora ou fonte"
    autocomplete_fields = ["distribuidora"]
    fieldsets = [
        (None, {"fields": ["distribuidora", ("subgrupo", "modalidade"), ("classe", "subclasse")]}),
        ("Preço sem tributos", {"fields": [("tusd_brl_por_mwh", "te_brl_por_mwh")]}),
        ("Aplicação", {"fields": [("posto", "faixa_ate_kwh")]}),
        VigenciaAdmin.vigencia_fieldset,
    ]

    @display(description="tarifa", ordering="subgrupo")
    def descricao(self, tarifa: Tarifa) -> str:
        partes = [
            tarifa.subgrupo,
            tarifa.get_modalidade_display(),
            tarifa.get_subclasse_display() or tarifa.get_classe_display(),
            "" if tarifa.posto == Posto.UNICO else tarifa.get_posto_display(),
            "" if tarifa.faixa_ate_kwh is None else f"até {numero(tarifa.faixa_ate_kwh, 0)} kWh",
        ]
        return " ".join(parte for parte in partes if parte)

    @display(description="TUSD (R$/MWh)", ordering="tusd_brl_por_mwh")
    def tusd(self, tarifa: Tarifa) -> str:
        return numero(tarifa.tusd_brl_por_mwh.normalize(), 2)

    @display(description="TE (R$/MWh)", ordering="te_brl_por_mwh")
    def te(self, tarifa: Tarifa) -> str:
        return numero(tarifa.te_brl_por_mwh.normalize(), 2)


@admin.register(Bandeira)
class BandeiraAdmin(ImportacaoDeBandeiras, VigenciaAdmin):
    list_display = ["vigente_de", "vigente_ate", "cor_colorida", "adicional", "fonte_curta"]
    list_filter = [("cor", FiltroDeEscolha)]
    search_fields = ["fonte", "cor"]
    fieldsets = [
        (None, {"fields": [("cor", "adicional_brl_por_mwh")]}),
        VigenciaAdmin.vigencia_fieldset,
    ]

    @display(description="cor", ordering="cor")
    def cor_colorida(self, bandeira: Bandeira) -> str:
        return etiqueta(bandeira, "cor", COR_DA_BANDEIRA)

    @display(description="adicional (R$/MWh)", ordering="adicional_brl_por_mwh")
    def adicional(self, bandeira: Bandeira) -> str:
        return numero(bandeira.adicional_brl_por_mwh, 2)


@admin.register(AliquotaTributo)
class AliquotaTributoAdmin(VigenciaAdmin):
    list_display = [
        "__str__",
        "distribuidora",
        "percentual",
        "vigente_de",
        "vigente_ate",
        "fonte_curta",
    ]
    list_select_related = ["distribuidora"]
    list_filter = [
        FiltroDeVigencia,
        ("tributo", FiltroDeEscolha),
        ("uf", FiltroDeEscolha),
        ("classe", FiltroDeEscolha),
    ]
    search_fields = ["fonte", "tributo", "uf"]
    autocomplete_fields = ["distribuidora"]
    fieldsets = [
        (None, {"fields": [("tributo", "aliquota"), "regra"]}),
        ("Aplicação", {"fields": [("distribuidora", "uf"), ("classe", "faixa_ate_kwh")]}),
        VigenciaAdmin.vigencia_fieldset,
    ]

    @display(description="alíquota", ordering="aliquota")
    def percentual(self, aliquota: AliquotaTributo) -> str:
        return f"{numero((aliquota.aliquota * 100).normalize())} %"


@admin.register(FaixaCip)
class FaixaCipAdmin(VigenciaAdmin):
    list_display = [
        "municipio_ibge",
        "classe",
        "faixa",
        "valor",
        "distribuidora",
        "vigente_de",
        "vigente_ate",
        "fonte_curta",
    ]
    list_select_related = ["distribuidora"]
    list_filter = [
        FiltroDeVigencia,
        ("classe", FiltroDeEscolha),
        ("municipio_ibge", FieldTextFilter),
    ]
    search_fields = ["municipio_ibge", "fonte"]
    search_help_text = "Código IBGE do município ou fonte"
    autocomplete_fields = ["distribuidora"]
    fieldsets = [
        (None, {"fields": [("distribuidora", "municipio_ibge"), ("classe", "faixa_ate_kwh")]}),
        ("Valor", {"fields": ["valor_cip"]}),
        VigenciaAdmin.vigencia_fieldset,
    ]

    @display(description="faixa", ordering="faixa_ate_kwh")
    def faixa(self, cip: FaixaCip) -> str:
        return "sem fim" if cip.faixa_ate_kwh is None else f"até {numero(cip.faixa_ate_kwh, 0)} kWh"

    @display(description="valor", ordering="valor_cip")
    def valor(self, cip: FaixaCip) -> str:
        return brl(cip.valor_cip)


@admin.register(SequenciaFatura)
class SequenciaFaturaAdmin(SomenteConsulta, AdminBase):
    list_display = ["serie", "ultimo_numero"]
    search_fields = ["serie"]
    ordering = ["serie", "id"]
