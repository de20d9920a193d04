"""Sessions of the admin and tokens of the API: how long they last, and how they end."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.models import Session
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from knox.models import AuthToken

INICIO = "inicio"
SEGUNDOS_ENTRE_MARCAS = 60
_assinador = signing.Signer(salt="ultimo-uso")


def tem_sessao(request: HttpRequest) -> bool:
    """Whether somebody is logged in by a session; without its cookie, no query is made."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session


def encerrar_acessos(usuario: Any, *, exceto: str | None = None) -> int:
    """Ends the sessions of a user, but for that one, and takes the API tokens back.

    Returns how many. Reads all open sessions: those of a utility's staff are few.
    """
    encerrados, _ = AuthToken.objects.filter(user=usuario).delete()
    abertas = Session.objects.filter(expire_date__gt=timezone.now())
    if exceto:
        abertas = abertas.exclude(session_key=exceto)
    do_usuario = [
        sessao.session_key
        for sessao in abertas.iterator()
        if sessao.get_decoded().get(SESSION_KEY) == str(usuario.pk)
    ]
    quantas, _ = Session.objects.filter(session_key__in=do_usuario).delete()
    return encerrados + quantas


class LimitesDeSessaoMiddleware:
    """A session ends after a time without use, and in any case after its longest life.

    The last use is a signed cookie bound to the session, so that looking at a page writes
    nothing: on SQLite it would wait for whoever imports.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not tem_sessao(request):
            return self.get_response(request)
        agora = int(time.time())
        inicio = request.session.get(INICIO, 0)
        ultimo = self._ultimo_uso(request) or inicio
        if frase := _por_que_terminou(agora, inicio, ultimo):
            logout(request)
            messages.warning(request, frase)
        resposta = self.get_response(request)
        chave = request.session.session_key
        if chave and SESSION_KEY in request.session and agora - ultimo >= SEGUNDOS_ENTRE_MARCAS:
            resposta.set_cookie(
                settings.COOKIE_DE_ULTIMO_USO,
                _assinador.sign(f"{chave}/{agora}").split("/", 1)[1],
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return resposta

    def _ultimo_uso(self, request: HttpRequest) -> int:
        """0 when the cookie is not there, is forged, or is of another session."""
        marca = request.COOKIES.get(settings.COOKIE_DE_ULTIMO_USO, "")
        try:
            return int(_assinador.unsign(f"{request.session.session_key}/{marca}").split("/")[1])
        except (signing.BadSignature, ValueError):
            return 0


def _por_que_terminou(agora: int, inicio: int, ultimo: int) -> str:
    if agora - inicio >= settings.SESSAO_HORAS * 3600:
        return (
            f"Sua sessão chegou ao limite de {settings.SESSAO_HORAS} h. Entre de novo: você volta "
            "à página em que estava."
        )
    if agora - ultimo >= settings.SESSAO_OCIOSA_MINUTOS * 60:
        return (
            f"Sua sessão terminou depois de {settings.SESSAO_OCIOSA_MINUTOS} min sem uso. Entre "
            "de novo: você volta à página em que estava."
        )
    return ""
