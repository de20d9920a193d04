"""Who acts now, and by which door: what history and audit say of a change.

A request, a command or a worker's task says it once; whatever it calls reads it here, so
that a service need not pass on a name that it does not use.
"""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Autor:
    """`usuario` is asked late: the API knows its user only after it read the token.

    `pedido` is the request that is being answered; None in a command or a worker.
    """

    origem: str
    usuario: Callable[[], int | None] = lambda: None
    conta_do_sistema: str = ""
    pedido: Any = None

    @property
    def usuario_id(self) -> int | None:
        return self.usuario()

    def assinar(self, motivo: str | None) -> tuple[int | None, str | None]:
        """Whose a row of history is, and why it is there: of a command, its account."""
        if self.origem == "COMANDO" and not motivo:
            conta = f" ({self.conta_do_sistema})" if self.conta_do_sistema else ""
            motivo = f"pela linha de comando{conta}"
        return self.usuario_id, motivo


SISTEMA = Autor("SISTEMA")
_atual: ContextVar[Autor] = ContextVar("autor", default=SISTEMA)


def autor_atual() -> Autor:
    """Who acts in this thread."""
    return _atual.get()


@contextmanager
def agindo_como(autor: Autor) -> Iterator[None]:
    """Whatever is done inside is this author's."""
    ficha = _atual.set(autor)
    try:
        yield
    finally:
        _atual.reset(ficha)


def pelo_sistema(usuario_id: int | None) -> Autor:
    """A worker, on behalf of whoever asked for the work."""
    return Autor("SISTEMA", lambda: usuario_id)


def pelo_comando() -> Autor:
    """The command line: the account of the operating system is all that it knows."""
    try:
        conta = getpass.getuser()
    except (KeyError, OSError):  # a container whose number has no name
        conta = ""
    return Autor("COMANDO", conta_do_sistema=conta[:60])


class AutoriaMiddleware:
    """Every change inside a request is of its user: by session, or by a token read later."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        def usuario() -> int | None:
            return getattr(getattr(request, "user", None), "pk", None)

        origem = "ADMIN" if request.path_info.startswith("/admin/") else "API"
        with agindo_como(Autor(origem, usuario, pedido=request)):
            return self.get_response(request)
