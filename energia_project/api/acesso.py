"""The routes of access: get a token, give it back."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from comum.django_base.api.campos import TextoField
from comum.django_base.api.serializers import RecursoSerializer
from comum.django_base.api.views import SemCacheMixin
from energia_project.api.autenticacao import TokenAuthentication
from energia_project.seguranca.segundo_fator import (
    CodigoRecusadoError,
    EsperaParaCodigoError,
    conferir_codigo,
    tem_segundo_fator,
)


class Espera(APIException):
    """Too many wrong codes."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "credenciais",
            request_only=True,
            value={"username": "atendente", "password": "energia-demo"},
        )
    ]
)
class CredenciaisSerializer(RecursoSerializer):
    username = TextoField(max_length=150)
    password = TextoField(max_length=1024, trim_whitespace=False)
    otp = TextoField(
        max_length=30,
        required=False,
        allow_blank=True,
        help_text="Código do segundo fator, de quem o tem ou onde ele é exigido.",
    )


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(read_only=True)
    expiry = serializers.DateTimeField(read_only=True)


class TokenView(SemCacheMixin, APIView):
    """A token for a name and a password; django-axes counts the failures."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="auth_token_create",
        summary="Pede um token",
        description=(
            "O token vai no cabeçalho `Authorization: Token …` de todas as outras rotas. Depois "
            "de algumas senhas erradas, as tentativas deste endereço esperam (429). De quem tem o "
            "segundo fator, `otp` é obrigatório: sem ele a resposta é 401 com OTP_EXIGIDO."
        ),
        request=CredenciaisSerializer,
        responses={200: TokenSerializer},
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        credenciais = CredenciaisSerializer(data=request.data)
        credenciais.is_valid(raise_exception=True)
        dados = credenciais.validated_data
        usuario: Any = authenticate(
            request=request._request, username=dados["username"], password=dados["password"]
        )
        if usuario is None:
            raise AuthenticationFailed(
                "Usuário ou senha incorretos. Confira e tente de novo.",
                code="CREDENCIAIS_INVALIDAS",
            )
        _conferir_segundo_fator(usuario, dados.get("otp", ""))
        AuthToken.objects.filter(user=usuario, expiry__lt=timezone.now()).delete()
        linha, token = AuthToken.objects.create(user=usuario, expiry=knox_settings.TOKEN_TTL)
        user_logged_in.send(sender=type(usuario), request=request._request, user=usuario)
        return Response(TokenSerializer({"token": token, "expiry": linha.expiry}).data)

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"


def _conferir_segundo_fator(usuario: Any, codigo: str) -> None:
    """Raises AuthenticationFailed, or Throttled, unless the code is right or none is asked."""
    if not tem_segundo_fator(usuario):
        if settings.EXIGIR_SEGUNDO_FATOR and usuario.is_staff:
            raise AuthenticationFailed(
                "Aqui o segundo fator é exigido. Entre em /admin/ e ative-o antes de pedir um "
                "token.",
                code="OTP_NAO_ATIVADO",
            )
        return
    if not codigo:
        raise AuthenticationFailed(
            "Falta o código do segundo fator. Envie-o no campo otp.", code="OTP_EXIGIDO"
        )
    try:
        conferir_codigo(usuario, codigo, agora=timezone.now())
    except EsperaParaCodigoError as erro:
        raise Espera(str(erro), code=erro.codigo) from erro
    except CodigoRecusadoError as erro:
        raise AuthenticationFailed(str(erro), code=erro.codigo) from erro


class SaidaView(SemCacheMixin, APIView):
    """Gives the token back: it is worth nothing from now on."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="auth_logout_create",
        summary="Devolve o token",
        description="O token deste pedido deixa de valer.",
        request=None,
        responses={204: OpenApiResponse(description="O token não vale mais.")},
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        token: Any = request.auth
        token.delete()
        user_logged_out.send(sender=type(request.user), request=request, user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
