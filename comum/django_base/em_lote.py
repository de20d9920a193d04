"""Bulk actions: a page that says how many and what, and acts only after a yes.

What was seen is what is done: the page carries the ids that it showed. On the way back they
are looked up among the rows that the list, the user and the filters give now; those that
changed meanwhile are left alone, and counted.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

import comum.django_base.listas  # noqa: F401 - registers `um_de`
from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.exibicao import numero
from comum.django_base.formularios import RECUSAS, e_chave, frase_unica

LOTE_MAXIMO = 5_000
AMOSTRA = 10
IDS = "ids"


@dataclass(frozen=True, slots=True)
class Confirmacao:
    """The words of the page: its title, its button, and what will come of it."""

    titulo: str
    botao: str
    explicacao: str = ""
    perigo: bool = False


def acao_em_lote(
    confirmacao: Confirmacao, *, permissoes: list[str], descricao: str
) -> Callable[[Callable[..., HttpResponse | None]], Any]:
    """Makes an admin action of `executar(modeladmin, request, queryset)`, asked for first."""

    def decorar(executar: Callable[..., HttpResponse | None]) -> Any:
        @admin.action(permissions=permissoes, description=descricao)
        @functools.wraps(executar)
        def acao(modeladmin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
            return conduzir_em_lote(
                modeladmin, request, queryset, confirmacao, executar, nome=request.POST["action"]
            )

        return acao

    return decorar


def conduzir_em_lote(
    modeladmin: Any,
    request: HttpRequest,
    queryset: Any,
    confirmacao: Confirmacao,
    executar: Callable[..., HttpResponse | None],
    *,
    nome: str,
) -> HttpResponse | None:
    """Asks, or acts on what was asked about."""
    if IDS in request.POST:
        return _agir(modeladmin, request, queryset, executar)
    ids = list(dict.fromkeys(queryset.values_list("pk", flat=True)[: LOTE_MAXIMO + 1]))
    if not ids or len(ids) > LOTE_MAXIMO:
        frase = (
            f"A seleção passa de {numero(LOTE_MAXIMO)} registros. Filtre a lista e faça por partes."
            if ids
            else "Os registros selecionados já não estão nesta lista. Nada foi feito."
        )
        modeladmin.message_user(request, frase, messages.ERROR)
        return None
    return _perguntar(modeladmin, request, queryset, confirmacao, ids, nome)


def _agir(
    modeladmin: Any, request: HttpRequest, queryset: Any, executar: Callable[..., Any]
) -> HttpResponse | None:
    textos = request.POST[IDS].split(",")
    if not all(map(e_chave, textos)) or len(textos) > LOTE_MAXIMO:
        frase = "A seleção tem um registro que não existe. Selecione de novo."
        modeladmin.message_user(request, frase, messages.ERROR)
        return None
    ids = {int(texto) for texto in textos}
    achados = queryset.filter(pk__um_de=ids)
    quantos = achados.count()
    if quantos < len(ids):
        frase = _o_que_mudou(len(ids) - quantos, len(ids))
        modeladmin.message_user(request, frase, messages.WARNING)
    if not quantos:
        return None
    return executar(modeladmin, request, achados)


def _o_que_mudou(mudados: int, escolhidos: int) -> str:
    """What is said of the chosen that are no longer what they were when chosen.

    >>> _o_que_mudou(1, 2)
    '1 dos 2 selecionados mudou enquanto a página estava aberta e ficou como está.'
    """
    quais = f"{numero(mudados)} dos {numero(escolhidos)} selecionados"
    if escolhidos == 1:
        quais = "O selecionado"
    if mudados == 1:
        return f"{quais} mudou enquanto a página estava aberta e ficou como está."
    return f"{quais} mudaram enquanto a página estava aberta e ficaram como estão."


def _perguntar(
    modeladmin: Any,
    request: HttpRequest,
    queryset: Any,
    confirmacao: Confirmacao,
    ids: list[int],
    nome: str,
) -> HttpResponse:
    plural = modeladmin.opts.verbose_name_plural if len(ids) > 1 else modeladmin.opts.verbose_name
    rotular = modeladmin.rotulo_para
    amostra = queryset.filter(pk__um_de=ids[:AMOSTRA])
    contexto = {
        **modeladmin.admin_site.each_context(request),
        "title": confirmacao.titulo,
        "opts": modeladmin.opts,
        "pagina": PaginaDeAcao(
            titulo=f"{confirmacao.titulo}: {numero(len(ids))} {plural}",
            botao=confirmacao.botao,
            explicacao=confirmacao.explicacao,
            perigo=confirmacao.perigo,
        ),
        "form": forms.Form(),
        "resultado": None,
        "media": modeladmin.media,
        "voltar": request.get_full_path(),
        "acao": nome,
        "ids": ",".join(map(str, ids)),
        "primeiro": str(ids[0]),
        "amostra": [rotular(request, objeto) for objeto in amostra],
        "restantes": max(0, len(ids) - AMOSTRA),
        "nome_da_selecao": ACTION_CHECKBOX_NAME,
        "de_todas": request.POST.get("select_across") == "1",
    }
    return TemplateResponse(request, "admin/acao_em_lote.html", contexto)


class SelecaoBlindada(ModelAdmin):
    """Mixin of a list: a selection that is forged, or a confirmation that comes back."""

    def rotulo_para(self, request: HttpRequest, objeto: Any) -> str:
        """What tells an object apart, as far as this user may know it."""
        return getattr(self, "rotulo", str)(objeto)

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:
        if not all(map(e_chave, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            frase = "A seleção tem um registro que não existe. Selecione de novo."
            self.message_user(request, frase, messages.ERROR)
            return HttpResponseRedirect(request.path)
        if IDS in request.POST:  # the confirmation says which ones, whatever is ticked
            enviado = request.POST.copy()
            enviado["select_across"] = "1"
            request.POST = enviado  # type: ignore[assignment] # as Django's own views do
        return super().response_action(request, queryset)


@acao_em_lote(
    Confirmacao(
        titulo="Remover",
        botao="Remover",
        explicacao="O que for removido não volta. Se um deles não puder ser removido, nenhum é.",
        perigo=True,
    ),
    permissoes=["delete"],
    descricao="Remover selecionados",
)
def excluir_selecionados(
    modeladmin: Any, request: HttpRequest, queryset: Any
) -> HttpResponse | None:
    """All of them or none: a refused one stops the deletion, and is named."""
    quantos = len(queryset)
    try:
        with transaction.atomic():
            modeladmin.log_deletions(request, queryset)
            modeladmin.delete_queryset(request, queryset)
    except RECUSAS as erro:
        frase = f"{frase_unica(erro)} Nenhum dos selecionados foi excluído."
        modeladmin.message_user(request, frase, messages.ERROR)
        return None
    frase = f"{numero(quantos)} {'removido' if quantos == 1 else 'removidos'}."
    modeladmin.message_user(request, frase, messages.SUCCESS)
    return None
