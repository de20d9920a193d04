"""How many requests a user may make in a minute, over all workers.

Kept in the database (`integracao.ConsumoDePedidos`), where every worker on every machine
meets. A request costs no query: each worker counts by itself and adds what it has to the
common row for each 1 % of the limit. So up to 1 % a worker may pass uncounted, and a user
below that never reaches the database at all.
"""

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from integracao.servicos.limites import somar_pedidos

MINUTO = 60
USUARIOS_LEMBRADOS = 10_000


@dataclass(slots=True)
class _Conta:
    """One user's requests in one minute, as this worker knows them."""

    minuto: int
    de_todos: int = 0  # as the common row last said
    por_somar: int = 0


_contas: dict[int, _Conta] = {}
_trava = Lock()


class LimitePorUsuario(BaseThrottle):
    """429 past API_PEDIDOS_POR_MINUTO; 0 switches it off."""

    def allow_request(self, request: Request, view: Any) -> bool:
        limite = settings.API_PEDIDOS_POR_MINUTO
        if not limite or request.user.pk is None:  # who asks for a token: axes counts those
            return True
        conta = _contar(request.user.pk, int(time.time()) // MINUTO)
        if conta.de_todos + conta.por_somar <= limite and conta.por_somar < max(1, limite // 100):
            return True
        if conta.de_todos <= limite:
            _somar(request.user.pk, conta)
        return conta.de_todos <= limite

    def wait(self) -> float:
        return MINUTO - time.time() % MINUTO


def _contar(usuario_id: int, minuto: int) -> _Conta:
    with _trava:
        conta = _contas.get(usuario_id)
        if conta is None or conta.minuto != minuto:
            if len(_contas) >= USUARIOS_LEMBRADOS:
                _contas.clear()
            conta = _contas[usuario_id] = _Conta(minuto)
        conta.por_somar += 1
        return conta


def _somar(usuario_id: int, conta: _Conta) -> None:
    with _trava:
        pedidos, conta.por_somar = conta.por_somar, 0
    if connection.vendor == "postgresql":
        conta.de_todos = somar_pedidos(usuario_id, pedidos=pedidos, minuto=conta.minuto)
    else:  # a reader would wait for the one writer; there each worker counts for itself
        conta.de_todos += pedidos
