"""The document of an invoice that is on its way to the database."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


class DocumentoEscrito(Mapping[str, Any]):
    """A document as its JSON text, which is what COPY sends; read back only if somebody asks."""

    __slots__ = ("texto",)

    def __init__(self, texto: str) -> None:
        self.texto = texto

    def ler(self) -> dict[str, Any]:
        """The document itself, made anew each time."""
        lido: dict[str, Any] = json.loads(self.texto)
        return lido

    def __getitem__(self, chave: str) -> Any:
        return self.ler()[chave]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ler())

    def __len__(self) -> int:
        return len(self.ler())

    def __bool__(self) -> bool:
        return True
