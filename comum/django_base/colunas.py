"""Each person's columns of each list, kept in their browser.

A cookie of the list's own path: no table, no query, and nothing to grant. What it names is
looked up among the columns that the page has for this user, so a forged one shows nothing.
"""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path
from unfold.admin import ModelAdmin

GUARDADO_POR_S = 365 * 24 * 60 * 60


class ColunasEscolhidas(ModelAdmin):
    """Mixin of a list: its columns can be chosen, all but the first, which leads on."""

    def colunas_da_lista(self, request: HttpRequest) -> list[Any]:
        """All the columns that this user may see; overridden instead of `get_list_display`."""
        return list(self.list_display)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        todas = self.colunas_da_lista(request)
        escondidas = set(request.COOKIES.get(self._nome_do_cookie(request), "").split("."))
        fixas = {todas[0], *(self.list_display_links or ())}
        return [c for c in todas if c in fixas or c not in escondidas]

    def colunas_a_escolher(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Name, label and state of each column, for the page that lets them be chosen."""
        mostradas = self.get_list_display(request)
        todas = self.colunas_da_lista(request)
        fixas = {todas[0], *(self.list_display_links or ())}
        return [
            {
                "nome": coluna,
                "rotulo": label_for_field(coluna, self.model, self),
                "mostrada": coluna in mostradas,
                "fixa": coluna in fixas,
            }
            for coluna in todas
        ]

    def _nome_do_cookie(self, request: HttpRequest) -> str:
        return f"colunas-{request.user.pk}"

    def escolher_colunas(self, request: HttpRequest) -> HttpResponse:
        """Remembers the choice and goes back to the list, with its filters."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        lista = request.path.removesuffix("colunas/")
        escolhidas = request.POST.getlist("coluna")
        escondidas = [c for c in self.colunas_da_lista(request) if c not in escolhidas]
        consulta = urlsplit(request.POST.get("voltar", "")).query
        resposta = HttpResponseRedirect(f"{lista}?{consulta}" if consulta else lista)
        nome = self._nome_do_cookie(request)
        if "todas" in request.POST or not escondidas:
            resposta.delete_cookie(nome, path=lista, samesite="Lax")
        else:
            resposta.set_cookie(
                nome,
                ".".join(escondidas),
                max_age=GUARDADO_POR_S,
                path=lista,
                secure=request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        return resposta

    def get_urls(self) -> Any:
        nome = f"{self.opts.app_label}_{self.opts.model_name}_colunas"
        ver = self.admin_site.admin_view(self.escolher_colunas)
        return [path("colunas/", ver, name=nome), *super().get_urls()]
