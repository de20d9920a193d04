"""Whole lists, as a stream: `?formato=csv` and `?formato=ndjson`, in constant memory."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from typing import Any

from django.db import connection, models, transaction
from django.http import StreamingHttpResponse

from comum.csv_hostil import neutralizar_formula

LINHAS_POR_PEDACO = 2_000

Linha = dict[str, Any]


def ler_aos_poucos(registros: "models.QuerySet[Any, Any]") -> Iterator[Any]:
    """Every row, by a cursor of the server, in one snapshot.

    On PostgreSQL the cursor lives in a transaction of its own: without one the server would
    first write the whole answer aside. It ends with the generator, also when that is closed
    half-way. SQLite reads on by itself; there a transaction would take the writer's lock.
    """
    na_transacao = transaction.atomic() if connection.vendor == "postgresql" else nullcontext()
    with na_transacao:
        yield from registros.iterator(chunk_size=LINHAS_POR_PEDACO)


def _em_ndjson(linhas: Iterable[Linha], _: list[str]) -> Iterator[str]:
    escrever = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    for linha in linhas:
        yield escrever(linha) + "\n"


def _em_csv(linhas: Iterable[Linha], nomes: list[str]) -> Iterator[str]:
    saida = io.StringIO()
    escritor = csv.writer(saida, delimiter=";", lineterminator="\r\n")
    escritor.writerow(nomes)
    for linha in linhas:
        escritor.writerow(map(_celula, linha.values()))
        yield saida.getvalue()
        saida.seek(0)
        saida.truncate()
    yield saida.getvalue()  # the header of an empty list


def _celula(valor: Any) -> Any:
    """Text that a spreadsheet would run gets an apostrophe; a number stays one.

    >>> _celula("=1+1"), _celula("-12.50"), _celula(True), _celula(None)
    ("'=1+1", '-12.50', 'true', '')
    """
    if isinstance(valor, str):
        return valor if _e_numero(valor) else neutralizar_formula(valor)
    if valor is None:
        return ""
    if isinstance(valor, bool | dict | list):
        return json.dumps(valor, ensure_ascii=False)
    return valor


def _e_numero(texto: str) -> bool:
    """A negative decimal, whole: `-1+2` is a formula.

    >>> _e_numero("-12.50"), _e_numero("-1+2"), _e_numero("+5511999990000")
    (True, False, False)
    """
    return texto[:1] == "-" and texto[1:].replace(".", "", 1).isdecimal() and texto.isascii()


FORMATOS: dict[str, tuple[str, Callable[[Iterable[Linha], list[str]], Iterator[str]]]] = {
    "csv": ("text/csv", _em_csv),
    "ndjson": ("application/x-ndjson", _em_ndjson),
}


class _Pedacos:
    """The bytes of the answer; closing it closes the cursor, wherever it was."""

    def __init__(self, linhas: Iterator[Linha], textos: Iterator[str]) -> None:
        self._linhas = linhas
        self._textos = textos
        # What the database refuses must still be an answer: the first rows come before it.
        self._primeiro: bytes | None = self._proximo()

    def __iter__(self) -> "_Pedacos":
        return self

    def __next__(self) -> bytes:
        pedaco, self._primeiro = self._primeiro, None
        pedaco = pedaco or self._proximo()
        if not pedaco:
            raise StopIteration
        return pedaco

    def _proximo(self) -> bytes:
        return "".join(islice(self._textos, LINHAS_POR_PEDACO)).encode()

    def close(self) -> None:
        self._linhas.close()  # type: ignore[attr-defined]


def transmitir(
    formato: str, linhas: Iterator[Linha], *, nomes: list[str], arquivo: str
) -> StreamingHttpResponse:
    """The rows of a generator as a download; `formato` is one of FORMATOS."""
    tipo, escrever = FORMATOS[formato]
    pedacos = _Pedacos(linhas, escrever(linhas, nomes))
    resposta = StreamingHttpResponse(pedacos, content_type=f"{tipo}; charset=utf-8")
    resposta["Content-Disposition"] = f'attachment; filename="{arquivo}.{formato}"'
    return resposta
