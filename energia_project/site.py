"""The admin site: the theme's, with a bounded search and our own bulk deletion."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.busca import TERMO_MAXIMO
from comum.django_base.em_lote import excluir_selecionados
from comum.django_base.exibicao import endereco_do_objeto
from comum.texto import com_numero, limpar_colado, sem_acentos
from energia_project.menu import MODELOS_DA_BUSCA, grupo_no_menu, nome_no_menu
from energia_project.seguranca import paginas

ACHADOS_POR_MODELO = 6


def rotular(model_admin: Any, request: HttpRequest, objeto: Any) -> str:
    """What tells an object apart, as far as the user may know it."""
    return getattr(model_admin, "rotulo_para", lambda _, objeto: str(objeto))(request, objeto)


class AutocompleteComRotulo(AutocompleteJsonView):
    """Says more than the name of each choice, where the model's admin has `rotulo`."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        texto = rotular(self.model_admin, self.request, obj)
        return {"id": str(getattr(obj, to_field_name)), "text": texto}


class SiteEnergia(UnfoldAdminSite):
    site_title = "Energia"
    site_header = "Energia"
    index_title = "Painel"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.add_action(excluir_selecionados, "delete_selected")

    def get_urls(self) -> list[Any]:
        """The pages of who gets in; each asks by itself who it is."""
        proprias = [
            path("segundo-fator/", partial(paginas.pedir_codigo, self), name="segundo_fator"),
            path("seguranca/", partial(paginas.mostrar_seguranca, self), name="seguranca"),
            path(
                "seguranca/segundo-fator/",
                partial(paginas.ativar, self),
                name="segundo_fator_ativar",
            ),
        ]
        return [*proprias, *super().get_urls()]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Headed by the app's name alone: Django's Portuguese says "Clientes administração"."""
        nome = apps.get_app_config(app_label).verbose_name
        return super().app_index(request, app_label, {"title": nome, **(extra_context or {})})

    def registrar_exportacao(
        self, request: HttpRequest, modelo: Any, dados: dict[str, Any]
    ) -> None:
        """One event for each file that leaves: counts and names of filters, no personal data."""
        nome = str(modelo._meta.verbose_name_plural)
        linhas = com_numero(dados["linhas"], "linha")
        registrar_evento(
            "EXPORTACAO",
            f"Exportação de {nome}: {linhas} em {dados['formato'].upper()}.",
            agora=timezone.now(),
            origem="ADMIN",
            usuario_id=request.user.pk,
            dados={"modelo": modelo._meta.label, **dados},
        )

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.GET.get("term", ""):
            return JsonResponse({"results": [], "pagination": {"more": False}})
        return AutocompleteComRotulo.as_view(admin_site=self)(request)

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The command palette: pages by name, and a few objects of each main model.

        The theme's own reads every match of every model, and keeps it for five minutes.
        """
        inicio = time.monotonic()
        termo = limpar_colado(request.GET.get("s", "")[:TERMO_MAXIMO].replace("\x00", ""))
        if not termo:
            return HttpResponse()
        achados = [*self._paginas(request, termo), *self._objetos(request, termo)]
        if not achados:  # the palette shows a list, or nothing at all
            ajuda = "tente outro nome, documento, número ou código"
            achados = [SearchResult(f"Nada encontrado para “{termo}”", ajuda, "#", "search_off")]
        paginador = Paginator(achados, len(achados))
        estendida = "extended" in request.GET
        return TemplateResponse(
            request,
            f"unfold/helpers/{'command' if estendida else 'search'}_results.html",
            {
                "page_obj": paginador,
                "results": paginador.page(1),
                "page_counter": 0,
                "execution_time": time.monotonic() - inicio,
                "command_show_history": False,
            },
            headers={"HX-Trigger": "search"},
        )

    def _paginas(self, request: HttpRequest, termo: str) -> Iterator[SearchResult]:
        for app in self.get_app_list(request):
            for modelo in app["models"]:
                nome = nome_no_menu(modelo["admin_url"], modelo["name"])
                if sem_acentos(termo) in sem_acentos(f"{nome} {modelo['name']}"):
                    nome = nome[:1].upper() + nome[1:]
                    grupo = grupo_no_menu(modelo["admin_url"], app["name"])
                    yield SearchResult(nome, grupo, modelo["admin_url"], "list")

    def _objetos(self, request: HttpRequest, termo: str) -> Iterator[SearchResult]:
        for nome, icone in MODELOS_DA_BUSCA.items():
            modelo = apps.get_model(nome)
            model_admin = self.get_model_admin(modelo)
            if not model_admin.has_view_permission(request):
                continue
            achados, repete = model_admin.get_search_results(
                request, model_admin.get_queryset(request), termo
            )
            achados = achados.distinct() if repete else achados
            for objeto in achados.order_by("-pk")[:ACHADOS_POR_MODELO]:
                descricao = str(modelo._meta.verbose_name)
                rotulo = rotular(model_admin, request, objeto)
                yield SearchResult(rotulo, descricao, endereco_do_objeto(objeto), icone)
