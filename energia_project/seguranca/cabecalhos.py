"""Headers that say what a browser may do with each answer: CSP by kind of page, and more."""

from collections.abc import Callable
from typing import Any

from csp.constants import HEADER, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

_FECHADA = {
    "default-src": [NONE],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
}
_PAGINA = _FECHADA | {
    "form-action": [SELF],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
}
# The theme: Alpine reads its expressions by eval, and sizes and colours are inline styles.
ADMIN = _PAGINA | {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
DOCS = _PAGINA | {"style-src": [SELF, UNSAFE_INLINE]}
API = _FECHADA
PERMISSOES = ", ".join(
    f"{recurso}=()"
    for recurso in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


def politica_de(caminho: str) -> dict[str, Any]:
    """The policy of a path: pages of the admin, the page of the API, everything else."""
    if caminho.startswith("/admin/"):
        return ADMIN
    return DOCS if caminho.rstrip("/") == "/docs" else API


# Answers to programs are many, and theirs is always this one.
POLITICA_DA_API = build_policy(config=API)


class PoliticaDeConteudoMiddleware(CSPMiddleware):
    """django-csp, with one policy for each kind of page."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if settings.DEBUG or politica_de(request.path_info) is not API:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, POLITICA_DA_API)
        return response

    def get_policy_parts(
        self, request: HttpRequest, response: Any, report_only: bool = False
    ) -> PolicyParts:
        partes = super().get_policy_parts(request, response, report_only)
        if not report_only:
            partes.config = politica_de(request.path_info)
        return partes


class CabecalhosMiddleware:
    """Device features off, and nothing that a person saw stays in a cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        resposta = self.get_response(request)
        resposta.headers.setdefault("Permissions-Policy", PERMISSOES)
        if not resposta.has_header("Cache-Control"):
            patch_cache_control(resposta, private=True, no_store=True)
        return resposta
