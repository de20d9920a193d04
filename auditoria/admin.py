"""The audit trail in the admin: one list that searches, and nothing that writes."""

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display

from auditoria.models import EventoAuditoria
from auditoria.vocabulario import ACOES
from comum.django_base.admin import AdminBase, SomenteConsulta
from comum.django_base.busca import Busca
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.exibicao import VAZIO, instante, ligacao_ao_objeto
from comum.django_base.filtros import FiltroDePeriodo
from comum.django_base.formularios import e_chave
from comum.texto import sem_acentos


def _simples(termo: str) -> str:
    return sem_acentos(termo).replace("_", " ")


# An act by its code, or by its name as the list shows it.
CODIGOS = {_simples(texto): codigo for codigo, nome in ACOES.items() for texto in (codigo, nome)}


class FiltroDeAcao(DropdownFilter):
    title = "ação"
    parameter_name = "acao"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(ACOES.items(), key=lambda par: par[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(acao=self.value()) if self.value() else queryset


class FiltroDeTipo(DropdownFilter):
    """The kinds of object that the pages of the admin show."""

    title = "tipo do registro"
    parameter_name = "modelo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        modelos = {modelo._meta.concrete_model for modelo in model_admin.admin_site._registry}
        tipos = [(m._meta.label, str(m._meta.verbose_name).capitalize()) for m in modelos]
        return sorted(tipos, key=lambda par: par[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(modelo=self.value()) if self.value() else queryset


@admin.register(EventoAuditoria)
class EventoAuditoriaAdmin(SomenteConsulta, AdminBase):
    list_display = ["quando", "acao_por_extenso", "quem", "origem", "registro", "resumo"]
    list_display_links = ["quando"]
    list_filter = [
        ("usuario", AutocompleteSelectFilter),
        ("instante", FiltroDePeriodo),
        FiltroDeAcao,
        FiltroDeTipo,
        ("origem", FiltroDeEscolha),
    ]
    list_select_related = ["usuario"]
    search_fields = ["acao"]
    search_help_text = "Número do registro, nome de usuário ou ação"
    sortable_by: list[str] = []
    ordering = ["-id"]
    fields = readonly_fields = [
        "quando",
        "acao_por_extenso",
        "quem",
        "origem",
        "registro",
        "resumo",
        "detalhes",
    ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """By what has an index: an object's number, a person, the code of an act."""
        busca = Busca(
            search_term.replace("\x00", ""),
            ["usuario__username"],
            achados=request.__dict__.setdefault("achados_da_busca", {}),
        )
        if not busca.termo:
            return queryset, False
        if e_chave(busca.termo):
            # With the kinds named, the index of the object serves.
            tipos = [modelo._meta.label for modelo in self.admin_site._registry]
            return queryset.filter(modelo__in=tipos, objeto_id=int(busca.termo)), False
        if codigo := CODIGOS.get(_simples(busca.termo)):
            return queryset.filter(acao=codigo), False
        return busca.filtrar(queryset), False

    @display(description="instante", ordering="instante")
    def quando(self, evento: EventoAuditoria) -> str:
        return instante(evento.instante)

    @display(description="ação")
    def acao_por_extenso(self, evento: EventoAuditoria) -> str:
        return evento.nome_da_acao

    @display(description="quem")
    def quem(self, evento: EventoAuditoria) -> str:
        return evento.quem

    @display(description="registro")
    def registro(self, evento: EventoAuditoria) -> str:
        if not evento.modelo or evento.objeto_id is None:
            return VAZIO
        try:
            modelo = apps.get_model(evento.modelo)
        except LookupError:
            return f"{evento.modelo} {evento.objeto_id}"
        texto = f"{modelo._meta.verbose_name} {evento.objeto_id}"
        return ligacao_ao_objeto(modelo(pk=evento.objeto_id), texto)

    @display(description="contagens e valores")
    def detalhes(self, evento: EventoAuditoria) -> str:
        rotulos = _rotulos(evento.modelo)
        linhas = (
            (chave.replace("_", " "), _por_extenso(valor, rotulos))
            for chave, valor in evento.dados.items()
        )
        corpo = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', linhas)
        return format_html('<table class="en-tabela">{}</table>', corpo) if corpo else VAZIO


def _rotulos(modelo: str) -> dict[str, str]:
    """The fields of the event's object, as its pages name them."""
    try:
        campos = apps.get_model(modelo)._meta.concrete_fields
    except (LookupError, ValueError):
        return {}
    return {campo.name: str(campo.verbose_name) for campo in campos}


def _por_extenso(valor: Any, rotulos: dict[str, str]) -> str:
    if isinstance(valor, bool):
        return "sim" if valor else "não"
    if isinstance(valor, list):
        return ", ".join(_por_extenso(item, rotulos) for item in valor)
    if isinstance(valor, dict):
        return "; ".join(
            f"{rotulos.get(chave, chave)}: {_por_extenso(v, rotulos)}" for chave, v in valor.items()
        )
    return valor if isinstance(valor, str) else json.dumps(valor)
