"""Answers remembered by the very objects they were asked for."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

R = TypeVar("R")
LEMBRADOS = 2_048


def lembrar_por_identidade(funcao: Callable[..., R]) -> Callable[..., R]:
    """Remembers what a pure function of immutable, positional arguments gave for these objects.

    For arguments that are large and shared: a hash reads every field of them each time,
    an id none. Equal arguments that are other objects are calculated again. What is raised
    is not kept.

    >>> @lembrar_por_identidade
    ... def somar(numeros):
    ...     return [sum(numeros)]
    >>> numeros = (1, 2)
    >>> somar(numeros) is somar(numeros), somar(numeros) is somar(tuple([1, 2]))
    (True, False)
    """
    # The arguments are kept with the answer: no other object can take the id of one alive.
    lembrados: dict[tuple[int, ...], tuple[tuple[Any, ...], R]] = {}

    @wraps(funcao)
    def lembrada(*argumentos: Any) -> R:
        chave = tuple(map(id, argumentos))
        achado = lembrados.get(chave)
        if achado is None:
            if len(lembrados) >= LEMBRADOS:
                lembrados.clear()
            achado = lembrados[chave] = (argumentos, funcao(*argumentos))
        return achado[1]

    return lembrada
