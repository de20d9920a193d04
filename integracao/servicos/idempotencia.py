"""A request that may be sent again: found by its key, or kept under it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from comum.erros import DominioError
from integracao.models import ChaveIdempotencia

VALIDADE = timedelta(days=90)
LINHAS_POR_VEZ = 5_000


class PedidoEmAndamentoError(DominioError):
    """The first request with this key has not ended yet."""

    codigo = "PEDIDO_EM_ANDAMENTO"


class ChaveDeOutroPedidoError(DominioError):
    """The key was used for another request."""

    codigo = "CHAVE_DE_OUTRO_PEDIDO"


@dataclass(frozen=True, slots=True)
class RespostaGuardada:
    """What the first request was answered."""

    situacao_http: int
    corpo: str
    local: str = ""
    etag: str = ""


def tomar_chave(
    chave: str, *, usuario_id: int, impressao: str, agora: datetime
) -> RespostaGuardada | None:
    """Takes the key until the caller's transaction ends; returns the answer it already has.

    Only once the key is taken is it looked up: whoever had it before has committed by then.

    Raises:
        PedidoEmAndamentoError: another request holds it.
        ChaveDeOutroPedidoError: it belongs to another request.
    """
    if not _travar(usuario_id, chave):
        raise PedidoEmAndamentoError(
            "O primeiro pedido com esta chave ainda está em andamento. Espere um instante e "
            "repita o mesmo pedido: ele não é feito duas vezes."
        )
    guardada = ChaveIdempotencia.objects.filter(usuario_id=usuario_id, chave=chave).first()
    if guardada is None:
        return None
    if guardada.criada_em <= agora - VALIDADE:  # nobody has swept it yet
        guardada.delete()
        return None
    if guardada.impressao != impressao:
        raise ChaveDeOutroPedidoError(
            "Esta Idempotency-Key já foi usada em outro pedido. Para um pedido novo, envie uma "
            "chave nova; para repetir o mesmo, envie o mesmo corpo à mesma rota."
        )
    return RespostaGuardada(guardada.situacao_http, guardada.corpo, guardada.local, guardada.etag)


def guardar_resposta(
    chave: str, resposta: RespostaGuardada, *, usuario_id: int, impressao: str, agora: datetime
) -> None:
    """Keeps the answer, in the transaction of the effect."""
    ChaveIdempotencia.objects.create(
        usuario_id=usuario_id,
        chave=chave,
        impressao=impressao,
        situacao_http=resposta.situacao_http,
        corpo=resposta.corpo,
        local=resposta.local,
        etag=resposta.etag,
        criada_em=agora,
    )


def _travar(usuario_id: int, chave: str) -> bool:
    """A lock that dies with its holder: a killed request leaves no stuck key.

    On SQLite the IMMEDIATE transaction around it is that lock already: the second waits.
    """
    if connection.vendor != "postgresql":
        return True
    resumo = hashlib.blake2b(f"idempotencia:{usuario_id}:{chave}".encode(), digest_size=8)
    numero = int.from_bytes(resumo.digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [numero])
        return bool(cursor.fetchone()[0])


def limpar_chaves(*, agora: datetime, simular: bool = False) -> int:
    """Deletes the keys past their 90 days, some thousands a transaction; returns how many."""
    vencidas = ChaveIdempotencia.objects.filter(criada_em__lte=agora - VALIDADE)
    if simular:
        return vencidas.count()
    total = 0
    while lote := list(
        vencidas.order_by("criada_em").values_list("pk", flat=True)[:LINHAS_POR_VEZ]
    ):
        with transaction.atomic():
            total += ChaveIdempotencia.objects.filter(pk__um_de=lote).delete()[0]
    return total
