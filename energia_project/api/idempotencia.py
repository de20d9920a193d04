"""`Idempotency-Key` on a POST: sent again, it has one effect and one answer."""

import hashlib
import re
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from comum.django_base.api.rota import RespostaDeItem, desfazer_se_recusada, em_json, etag_de
from comum.django_base.gravacao import em_transacao
from energia_project.api.leitor_json import conferir_tamanho
from integracao.servicos.idempotencia import (
    ChaveDeOutroPedidoError,
    PedidoEmAndamentoError,
    RespostaGuardada,
    guardar_resposta,
    tomar_chave,
)

CHAVE = re.compile(r"[\x21-\x7e]{1,255}")
ESPERA_SEGUNDOS = 1


class ChaveDeOutroPedido(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class PedidoEmAndamento(APIException):
    status_code = status.HTTP_409_CONFLICT
    wait = ESPERA_SEGUNDOS  # DRF writes it as Retry-After


def executar_uma_vez(view: Any, ato: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
    """Does the act and keeps its answer in one transaction; or gives the answer it had.

    Only answers of the 2xx family are kept: what was refused may be tried again.

    Raises:
        ValidationError: the key is not one.
        PedidoEmAndamento: the first request has not ended.
        ChaveDeOutroPedido: another request had the key.
    """
    chave = _ler_chave(request)
    conferir_tamanho(request, view)
    do_pedido: dict[str, Any] = {
        "usuario_id": request.user.pk,
        "impressao": _impressao(request),
        "agora": timezone.now(),
    }
    with em_transacao():
        try:
            guardada = tomar_chave(chave, **do_pedido)
        except ChaveDeOutroPedidoError as erro:
            raise ChaveDeOutroPedido(str(erro), code=erro.codigo) from erro
        except PedidoEmAndamentoError as erro:
            raise PedidoEmAndamento(str(erro), code=erro.codigo) from erro
        if guardada is not None:
            return _repetir(guardada)
        resposta = ato(request, *args, **kwargs)
        desfazer_se_recusada(resposta)
        if status.is_success(resposta.status_code):
            guardar_resposta(chave, _guardavel(resposta), **do_pedido)
    return resposta


def _ler_chave(request: Request) -> str:
    chave = request.headers["Idempotency-Key"]
    if not CHAVE.fullmatch(chave):
        frase = (
            "Envie de 1 a 255 caracteres ASCII, sem espaços; um UUID novo para cada pedido "
            "novo serve bem."
        )
        raise ValidationError({"Idempotency-Key": [frase]})
    return chave


def _impressao(request: Request) -> str:
    """What the request asks for; the last slash of the path says nothing."""
    pedido = request._request
    endereco, _, filtros = pedido.get_full_path().partition("?")
    rota = f"{pedido.method} {endereco.rstrip('/')}?{filtros}\n".encode()
    return hashlib.sha256(rota + pedido.body).hexdigest()


def _guardavel(resposta: Any) -> RespostaGuardada:
    corpo = em_json(resposta.data) if resposta.data is not None else b""
    return RespostaGuardada(
        situacao_http=resposta.status_code,
        corpo=corpo.decode(),
        local=resposta.headers.get("Location", ""),
        etag=etag_de(corpo) if isinstance(resposta, RespostaDeItem) else "",
    )


def _repetir(guardada: RespostaGuardada) -> HttpResponse:
    tipo = "application/json" if guardada.corpo else None
    resposta = HttpResponse(guardada.corpo, status=guardada.situacao_http, content_type=tipo)
    if not guardada.corpo:
        del resposta["Content-Type"]
    for nome, valor in (("Location", guardada.local), ("ETag", guardada.etag)):
        if valor:
            resposta[nome] = valor
    return resposta
