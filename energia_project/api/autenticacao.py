"""Who calls: a token of the API, or the session of the admin."""

from typing import Any

from django.utils import timezone
from knox.auth import TokenAuthentication as TokenDoKnox
from knox.models import AuthToken
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

FRASE = "Token inválido ou vencido. Peça outro em /auth/token/."


class TokenAuthentication(TokenDoKnox):
    """knox, in one query a request, and never a 500 from what the header holds."""

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except AuthenticationFailed as erro:
            raise AuthenticationFailed(FRASE, code="TOKEN_INVALIDO") from erro

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():  # not UTF-8, NUL…: the database must not see it
            raise AuthenticationFailed(FRASE)
        return super().authenticate_credentials(token)

    def _cleanup_token(self, auth_token: AuthToken) -> bool:
        """Whether it has expired. Expired rows go away when their user asks for a new one."""
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


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
