"""Supply points in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display

from comum.django_base.admin import AdminComHistorico
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.exibicao import etiqueta, ligacao_ao_objeto
from medidores.models import UnidadeConsumidora

COR_DA_SITUACAO = {"ATIVA": "success", "SUSPENSA": "warning", "DESLIGADA": "danger"}


@admin.register(UnidadeConsumidora)
class UnidadeConsumidoraAdmin(AdminComHistorico):
    list_display = [
        "codigo",
        "titular",
        "endereco",
        "classe",
        "ligacao",
        "grupo_leitura",
        "situacao_colorida",
    ]
    list_filter = [
        ("situacao", FiltroDeEscolha),
        ("classe", FiltroDeEscolha),
        ("subgrupo", FiltroDeEscolha),
        ("ligacao", FiltroDeEscolha),
        ("grupo_leitura", FieldTextFilter),
    ]
    search_fields = [
        "codigo",
        "endereco",
        "medidores__numero_medidor",
        "medidores__cliente__nome_busca__contains",
        "medidores__cliente__documento",
    ]
    search_help_text = "Código, endereço, medidor, nome ou documento do cliente"
    sortable_by = ["codigo"]
    ordering = ["codigo", "id"]
    readonly_fields = ["titular"]
    fieldsets = [
        (None, {"fields": [("codigo", "situacao"), "titular", "endereco"]}),
        ("Local", {"fields": [("municipio_ibge", "uf"), "distribuidora"]}),
        (
            "Fornecimento",
            {"fields": [("classe", "subclasse"), ("subgrupo", "modalidade"), "ligacao"]},
        ),
        ("Ciclo", {"fields": [("grupo_leitura", "dia_vencimento")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).com_titular()

    @display(description="titular")
    def titular(self, unidade: UnidadeConsumidora) -> str:
        """The customer of the one active meter."""
        ativos = getattr(unidade, "medidor_ativo_lista", [])
        return ligacao_ao_objeto(ativos[0].cliente if ativos else None)

    @display(description="situação", ordering="situacao")
    def situacao_colorida(self, unidade: UnidadeConsumidora) -> str:
        return etiqueta(unidade, "situacao", COR_DA_SITUACAO)

    @staticmethod
    def rotulo(unidade: UnidadeConsumidora) -> str:
        return " · ".join(parte for parte in (unidade.codigo, unidade.endereco) if parte)
