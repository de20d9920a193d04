"""What the API answers when it refuses: one shape, in sentences.

`{"detail", "codigo"}`, or `{"campo": ["frase"]}` where the fault is a field's.
The status tells whose move it is: 400 the values, 409 a rule of the domain,
503 try again.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, models
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.views.defaults import page_not_found, server_error
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from comum.django_base.banco import traduzir_erro_do_banco
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError

ESPERA_SEGUNDOS = "5"
_DADO_INVALIDO = "DADO_INVALIDO"

# DRF's errors, by class: our code and, where its Portuguese is not ours, our sentence.
_DO_DRF: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.ParseError: ("JSON_INVALIDO", ""),
    exceptions.NotAuthenticated: (
        "NAO_AUTENTICADO",
        "Envie o token no cabeçalho Authorization: Token …; peça um em /auth/token/.",
    ),
    exceptions.AuthenticationFailed: ("CREDENCIAIS_INVALIDAS", ""),
    exceptions.PermissionDenied: ("SEM_PERMISSAO", ""),
    exceptions.NotFound: ("NAO_ENCONTRADO", "Não encontrado."),
    exceptions.MethodNotAllowed: ("METODO_NAO_PERMITIDO", "Esta rota não aceita este método."),
    exceptions.NotAcceptable: (
        "FORMATO_NAO_ACEITO",
        "A resposta é sempre application/json. Confira o cabeçalho Accept.",
    ),
    exceptions.UnsupportedMediaType: (
        "TIPO_DE_CONTEUDO",
        "Envie o corpo como application/json em UTF-8. Confira o cabeçalho Content-Type.",
    ),
    exceptions.Throttled: (
        "LIMITE_DE_PEDIDOS",
        "Seu usuário fez pedidos demais neste minuto. Espere os segundos do cabeçalho Retry-After; "
        "para muitas leituras, envie uma lista em cada pedido.",
    ),
}


# Errors that are nobody's rule: status, code and sentence.
_DO_SISTEMA: tuple[tuple[tuple[type[Exception], ...], int, str, str], ...] = (
    (
        (ObjectDoesNotExist,),
        404,
        NaoEncontradoError.codigo,
        "O registro não existe mais.",
    ),
    (
        (OperationalError, InterfaceError),
        503,
        "BANCO_INDISPONIVEL",
        "O banco de dados não pôde atender agora. Tente de novo em alguns segundos.",
    ),
    (
        (DataError,),
        400,
        "VALOR_FORA_DOS_LIMITES",
        "Um dos valores não cabe no banco de dados. Confira números e textos.",
    ),
    (
        (SuspiciousOperation, MultiPartParserError, UnreadablePostError),
        400,
        "PEDIDO_MALFORMADO",
        "O pedido está malformado ou incompleto.",
    ),
)


def responder_erro(erro: Exception, contexto: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER; None leaves a mistake of ours to be a 500."""
    if isinstance(erro, IntegrityError):
        erro = traduzir_erro_do_banco(erro)
    if isinstance(erro, DominioError):
        return _do_dominio(erro)
    if isinstance(erro, ValidationError):
        return _da_validacao(erro, contexto.get("view"))
    for classes, status, codigo, frase in _DO_SISTEMA:
        if isinstance(erro, classes):
            return _frase(frase, codigo, status)
    return _do_drf(erro, contexto)


def _do_dominio(erro: DominioError) -> Response:
    if isinstance(erro, DadoInvalidoError):
        resposta = _por_campo({erro.campo: [str(erro)]})
        resposta["X-Codigo"] = erro.codigo
        return resposta
    status = 404 if isinstance(erro, NaoEncontradoError) else 409
    return _frase(str(erro), erro.codigo, status)


def _frase(detail: str, codigo: str, status: int) -> Response:
    cabecalhos = {"Retry-After": ESPERA_SEGUNDOS} if status == 503 else None
    return Response({"detail": detail, "codigo": codigo}, status=status, headers=cabecalhos)


def _por_campo(erros: Mapping[str, Any]) -> Response:
    return Response(erros, status=400)


def _do_drf(erro: Exception, contexto: dict[str, Any]) -> Response | None:
    resposta = exception_handler(erro, contexto)
    if resposta is None:
        return None
    if isinstance(erro, Http404):
        erro = exceptions.NotFound()
    if isinstance(erro, exceptions.ValidationError):
        da_resposta: Any = resposta.data
        if isinstance(da_resposta, list):
            da_resposta = {api_settings.NON_FIELD_ERRORS_KEY: da_resposta}
        gerais = da_resposta.pop(api_settings.NON_FIELD_ERRORS_KEY, None)
        resposta.data = da_resposta or {
            "detail": " ".join(map(str, gerais or ["Dados inválidos."])),
            "codigo": _DADO_INVALIDO,
        }
    elif isinstance(erro, exceptions.APIException):
        codigo, frase = _DO_DRF.get(type(erro), ("ERRO", ""))
        proprio = str(erro.get_codes())
        resposta.data = {
            "detail": frase or str(erro.detail),
            "codigo": proprio if proprio.isupper() else codigo,
        }
    return resposta


def _da_validacao(erro: ValidationError, view: Any) -> Response:
    """Django's ValidationError, with the names that the API gives to the fields."""
    nomes = _nomes_da_api(view)
    por_campo: dict[str, list[str]] = {}
    gerais: list[str] = []
    for campo, frases in _mensagens(erro).items():
        if nome := nomes.get(campo):
            por_campo[nome] = frases
        else:
            gerais += frases
    if por_campo:
        return _por_campo(por_campo)
    constraint = _constraint_da_frase(view, gerais[0])
    if constraint is None:
        return _frase(" ".join(gerais), _DADO_INVALIDO, 400)
    # A CHECK judges the values that were sent; a UNIQUE, what other rows forbid.
    status = 409 if isinstance(constraint, models.UniqueConstraint) else 400
    return _frase(gerais[0], constraint.name.upper(), status)


def _mensagens(erro: ValidationError) -> dict[str, list[str]]:
    return erro.message_dict if hasattr(erro, "error_dict") else {NON_FIELD_ERRORS: erro.messages}


def _nomes_da_api(view: Any) -> dict[str, str]:
    serializer = getattr(view, "serializer_class", None)
    if serializer is None:
        return {}
    return {campo.source: nome for nome, campo in serializer().fields.items()}


def _constraint_da_frase(view: Any, frase: str) -> models.BaseConstraint | None:
    queryset = getattr(view, "queryset", None)
    if queryset is None:
        return None
    constraints = queryset.model._meta.constraints
    return next((c for c in constraints if str(c.violation_error_message) == frase), None)


def _quer_pagina(request: HttpRequest) -> bool:
    return request.path.startswith("/admin/") or "text/html" in request.headers.get("Accept", "")


def responder_404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler404`: the page for a browser, the shape of the API for programs."""
    if _quer_pagina(request):
        return page_not_found(request, exception)
    frase = f"A rota {request.path[:100]} não existe. As rotas estão em /docs."
    return JsonResponse({"detail": frase, "codigo": "ROTA_NAO_ENCONTRADA"}, status=404)


def responder_500(request: HttpRequest) -> HttpResponse:
    """`handler500`: as above, for a mistake of ours; the log has it whole."""
    if _quer_pagina(request):
        return server_error(request)
    frase = "Houve um erro do sistema, que foi registrado. Avise o administrador."
    return JsonResponse({"detail": frase, "codigo": "ERRO_INTERNO"}, status=500)
