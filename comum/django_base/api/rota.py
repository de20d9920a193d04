"""What every route of the API keeps, but for those of access: one effect, no lost change."""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.module_loading import import_string
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from comum.django_base.gravacao import em_transacao

SEGUROS = ("GET", "HEAD", "OPTIONS")
Ato = Callable[..., Any]


class SemCacheMixin:
    """Answers carry personal data: nobody on the way may keep them."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(  # type: ignore[misc]
            request, response, *args, **kwargs
        )
        patch_cache_control(response, private=True, no_store=True)
        return response


class VersaoAntiga(APIException):
    """If-Match names a version that is not the present one any more."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "VERSAO_ANTIGA"
    default_detail = (
        "O registro mudou depois que você o leu, e nada foi feito. Leia-o de novo e repita com o "
        "ETag novo no If-Match."
    )


class RespostaDeItem(Response):
    """One resource as it is: it leaves with its ETag."""


def etag_de(conteudo: bytes) -> str:
    """The strong ETag of a representation: what its reader sees, so no column can be forgotten.

    >>> etag_de(b"{}")
    '"2afb9b83f9314e5d029766197f539792"'
    """
    return f'"{hashlib.blake2b(conteudo, digest_size=16).hexdigest()}"'


def em_json(dados: Any) -> bytes:
    """The body, as the answer writes it."""
    return JSONRenderer().render(dados)


class RotaDaApi(SemCacheMixin):
    """A route whose POSTs may be sent again, and whose items say their version.

    `Idempotency-Key` wraps a POST, `If-Match` any writing on an item; both open the
    transaction in which the services of the act then stand. Who keeps the keys is in an app
    above this one: the setting API_QUEM_REPETE names it.
    """

    # Of the body; None: what the settings say.
    corpo_maximo_mb: int | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        metodo = (request.method or "").lower()
        ato = getattr(self, metodo, None)
        if request.method in SEGUROS or ato is None:
            return
        if "If-Match" in request.headers and hasattr(self, "travar_item"):
            ato = partial(self._se_nao_mudou, ato)
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            ato = partial(_quem_repete(), self, ato)
        setattr(self, metodo, ato)

    def _se_nao_mudou(self, ato: Ato, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Compares under the row's lock, which then holds until the act is committed.

        Raises:
            VersaoAntiga: somebody was faster.
        """
        if not kwargs:
            return ato(request, *args, **kwargs)  # the list has no version
        aceitas = ler_etags(request, "If-Match")
        with em_transacao():
            self.travar_item()  # type: ignore[attr-defined]
            atual = self.versao_atual()  # type: ignore[attr-defined]
            if aceitas != ["*"] and atual not in aceitas:
                raise VersaoAntiga
            resposta = ato(request, *args, **kwargs)
            desfazer_se_recusada(resposta)
        return resposta


def desfazer_se_recusada(resposta: Any) -> None:
    """An answer that is no exception but refuses: nothing of its act stays."""
    if resposta.status_code >= status.HTTP_400_BAD_REQUEST:
        transaction.set_rollback(True)


def ler_etags(request: Request, cabecalho: str) -> list[str]:
    """The versions that a header names; ["*"] for any.

    Raises:
        ParseError: none can be read in it.
    """
    lidas = parse_etags(request.headers[cabecalho])
    if not lidas:
        raise ParseError(
            f'{cabecalho} inválido. Envie o ETag como veio, com as aspas: {cabecalho}: "…".',
            code="ETAG_INVALIDO",
        )
    return lidas


def com_etag(request: Request, resposta: RespostaDeItem) -> Any:
    """The answer with its ETag; 304 to who has this very version."""
    resposta.render()
    etag = etag_de(resposta.content)
    resposta["ETag"] = etag
    if request.method in ("GET", "HEAD") and "If-None-Match" in request.headers:
        conhecidas = [lida.removeprefix("W/") for lida in ler_etags(request, "If-None-Match")]
        if conhecidas == ["*"] or etag in conhecidas:
            igual = HttpResponse(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
            del igual["Content-Type"]
            return igual
    return resposta


@cache
def _quem_repete() -> Ato:
    return import_string(settings.API_QUEM_REPETE)
