"""Clients of the API for tests: each with its own user, permissions and token."""

from typing import Any

from django.contrib.auth.models import Permission, User
from knox.models import AuthToken
from rest_framework.test import APIClient


def criar_usuario(*permissoes: str, **campos: Any) -> User:
    """A user with these permissions, `app.codename`."""
    usuario = User.objects.create_user(
        campos.pop("username", f"usuario{User.objects.count()}"), **campos
    )
    for permissao in permissoes:
        app, codigo = permissao.split(".")
        usuario.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codigo)
        )
    return usuario


def com_token(usuario: User) -> APIClient:
    """A client that sends a token of this user."""
    _, token = AuthToken.objects.create(user=usuario)
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return api


def api_de_administrador() -> APIClient:
    return com_token(criar_usuario(is_superuser=True, is_staff=True))


def enviar_bruto(
    api: APIClient, metodo: str, caminho: str, corpo: bytes, tipo: str = "application/json"
) -> Any:
    """Sends these very bytes as the body."""
    dados: Any = corpo
    return api.generic(metodo, caminho, dados, content_type=tipo)
