"""The document of an invoice that is on its way to the database."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


class DocumentoEscrito(Mapping[str, Any]):
    """A document as its JSON text, which is what COPY sends; read back only if somebody asks.

    `partes` are values of it that are at hand already.
    """

    __slots__ = ("partes", "texto")

    def __init__(self, texto: str, **partes: Any) -> None:
        self.texto = texto
        self.partes = partes

    def ler(self) -> dict[str, Any]:
        """The document itself, made anew each time."""
        lido: dict[str, Any] = json.loads(self.texto)
        return lido

    def __getitem__(self, chave: str) -> Any:
        return self.partes[chave] if chave in self.partes else self.ler()[chave]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ler())

    def __len__(self) -> int:
        return len(self.ler())

    def __bool__(self) -> bool:
        return True
