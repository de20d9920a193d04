"""Who calls: a token of the API, or the session of the admin."""

import hashlib
from copy import copy
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from knox.auth import TokenAuthentication as TokenDoKnox
from knox.models import AuthToken
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

TOKENS_LEMBRADOS = 10_000
FRASE = "Token inválido ou vencido. Peça outro em /auth/token/."


@dataclass(frozen=True, slots=True)
class _Lembrado:
    """A token that was good a moment ago, and its user with their permissions."""

    ate: float
    usuario: Any
    token: AuthToken


class _Memoria:
    """Forgetting begins a new book: a look-up under way writes in the old one, read no more."""

    def __init__(self) -> None:
        self.tokens: dict[bytes, _Lembrado] = {}

    def esquecer(self) -> None:
        self.tokens = {}


_memoria = _Memoria()


def esquecer_tokens(**_: Any) -> None:
    """Has every token looked up anew in this process; a receiver of the signals that matter.

    Once more after the commit: until then, another thread still finds what is being taken away.
    """
    _memoria.esquecer()
    transaction.on_commit(_memoria.esquecer)


class TokenAuthentication(TokenDoKnox):
    """knox, never a 500 from what the header holds, and without a query for a few seconds.

    A token that was found good is good for API_TOKEN_LEMBRADO_SEGUNDOS in this process, with
    the permissions its user then had. A logout or a change made in this process counts at
    once, in the others within that time.
    """

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except AuthenticationFailed as erro:
            raise AuthenticationFailed(FRASE, code="TOKEN_INVALIDO") from erro

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():  # not UTF-8, NUL…: the database must not see it
            raise AuthenticationFailed(FRASE)
        chave = hashlib.sha256(token).digest()
        lembrados = _memoria.tokens
        lembrado = lembrados.get(chave)
        if lembrado is None or lembrado.ate < monotonic() or self._cleanup_token(lembrado.token):
            lembrado = _lembrar(lembrados, chave, *super().authenticate_credentials(token))
        # Copies: what one request does to them is not seen by another.
        return copy(lembrado.usuario), copy(lembrado.token)

    def _cleanup_token(self, auth_token: AuthToken) -> bool:
        """Whether it has expired. Expired rows go away when their user asks for a new one."""
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


def _lembrar(
    lembrados: dict[bytes, _Lembrado], chave: bytes, usuario: Any, token: AuthToken
) -> _Lembrado:
    segundos = settings.API_TOKEN_LEMBRADO_SEGUNDOS
    lembrado = _Lembrado(monotonic() + segundos, usuario, token)
    if segundos:
        if not usuario.is_superuser:
            usuario.get_all_permissions()  # the user keeps them, and its copies do
        if len(lembrados) >= TOKENS_LEMBRADOS:
            lembrados.clear()
        lembrados[chave] = lembrado
    return lembrado


class SessaoAuthentication(SessionAuthentication):
    """The admin's session; writes need its CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as erro:
            raise PermissionDenied(
                "Falta o token CSRF, ou ele não confere. Recarregue a página, ou use um token da "
                "API.",
                code="CSRF",
            ) from erro
