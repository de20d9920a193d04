"""Middlewares that serve a browser's session: a program with its token passes by them.

Nothing of them could act on such a request: it has no cookie, and the API, where the word Token
stands in the header, tries no other way in. Should something on the way still ask for the
session's user, there is none: it fails closed. The headers, the limits and the authorship of
changes are of other middlewares, which every request passes.
"""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django_otp.middleware import OTPMiddleware

from energia_project.seguranca.exigencia import SegundoFatorMiddleware
from energia_project.seguranca.sessoes import LimitesDeSessaoMiddleware

PAGINAS = ("/admin/", "/docs")


def e_de_programa(request: HttpRequest) -> bool:
    """Whether this is a call of the API with a token, from no browser."""
    meta = request.META
    return (
        not meta.get("HTTP_COOKIE")
        and meta.get("HTTP_AUTHORIZATION", "")[:6].lower() == "token "
        and not request.path_info.startswith(PAGINAS)
        and request.path_info != "/"
    )


class _SoDoNavegador:
    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if e_de_programa(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class Sessao(_SoDoNavegador, SessionMiddleware):
    pass


class Autenticacao(_SoDoNavegador, AuthenticationMiddleware):
    pass


class SegundoFatorDaSessao(_SoDoNavegador, OTPMiddleware):
    pass


class Mensagens(_SoDoNavegador, MessageMiddleware):
    pass


class LimitesDaSessao(_SoDoNavegador, LimitesDeSessaoMiddleware):
    pass


class ExigenciaDeSegundoFator(_SoDoNavegador, SegundoFatorMiddleware):
    pass
