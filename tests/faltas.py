"""Dies on purpose: a child process that kills itself at the statement it is told.

For PostgreSQL, whose server sees a killed client as one that hung up.
"""

import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connection

from comum.django_base import copia


def em_outro_processo(tarefa: Callable[[], object]) -> int:
    """Runs the task in a fork with a connection of its own; 0, or minus the signal it died of."""
    connection.close()  # never shared: the child would speak on the parent's line
    filho = os.fork()
    if filho == 0:
        codigo = 1
        try:
            tarefa()
            codigo = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(codigo)
    return os.waitstatus_to_exitcode(os.waitpid(filho, 0)[1])


def morrer_no_comando(n: int, tarefa: Callable[[], object], *, antes: bool) -> bool:
    """Runs the task until its statement `n`, counted from 1; False when it has fewer.

    COPY counts too. `antes` dies before the statement is sent, else once it was answered.
    """

    def condenada() -> None:
        feitos = 0

        def contar(executar: Callable[..., Any], *args: Any) -> Any:
            nonlocal feitos
            feitos += 1
            if feitos == n and antes:
                os.kill(os.getpid(), signal.SIGKILL)
            resposta = executar(*args)
            if feitos == n:
                os.kill(os.getpid(), signal.SIGKILL)
            return resposta

        copiar = copia._por_copy
        copia._por_copy = lambda *args: contar(copiar, *args)
        with connection.execute_wrapper(contar):
            tarefa()

    codigo = em_outro_processo(condenada)
    assert codigo in (0, -signal.SIGKILL), codigo
    return codigo != 0
