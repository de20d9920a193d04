"""Nothing is seen by a session that still owes its second factor."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode

from energia_project.seguranca.sessoes import tem_sessao

PEDE_CODIGO = "pede_codigo"
FRASE = "Falta o código do segundo fator. Entre pela administração, ou use um token da API."


def o_que_falta(request: HttpRequest) -> str:
    """The route that this session must go to first; "" when it may go on."""
    usuario: Any = request.user
    if not usuario.is_authenticated or usuario.is_verified():
        return ""
    if request.session.get(PEDE_CODIGO):
        return "admin:segundo_fator"
    if settings.EXIGIR_SEGUNDO_FATOR and usuario.is_staff:
        return "admin:seguranca"
    return ""


class SegundoFatorMiddleware:
    """After the password, the code: until then only its page and the way out are open."""

    LIVRES = ("login", "logout", "jsi18n", "segundo_fator", "seguranca", "segundo_fator_ativar")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not tem_sessao(request):
            return self.get_response(request)
        rota = o_que_falta(request)
        livre = request.path_info in self._livres(rota) if rota else True
        if livre or request.path_info.startswith("/auth/"):
            return self.get_response(request)
        if request.path_info.startswith(("/admin/", "/docs")) or request.path_info == "/":
            volta = request.get_full_path() if request.method == "GET" else reverse("admin:index")
            return HttpResponseRedirect(f"{reverse(rota)}?{urlencode({'next': volta})}")
        # A token was issued with its code; with this word in front, nothing else is tried.
        if request.headers.get("Authorization", "").lower().split()[:1] == ["token"]:
            return self.get_response(request)
        return JsonResponse({"detail": FRASE, "codigo": "SEGUNDO_FATOR"}, status=403)

    def _livres(self, rota: str) -> list[str]:
        nomes: tuple[str, ...] = self.LIVRES
        if rota == "admin:segundo_fator":  # who has a device cannot enrol another without it
            nomes = tuple(n for n in nomes if n not in ("seguranca", "segundo_fator_ativar"))
        return [*(reverse(f"admin:{nome}") for nome in nomes), "/saude", "/saude/"]
