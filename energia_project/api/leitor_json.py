"""JSON bodies, read strictly.

The standard parser accepts NaN, repeated keys, and any depth until the stack
ends; each is refused here, in a sentence, before a serializer sees it.
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

PROFUNDIDADE_MAXIMA = 20
COLECOES = (dict, list)
MEGA = 1024**2
DIGITOS_MAXIMOS = 100
# Looked for in the whole body at once: one number at a time costs a long list its time.
COMO_ZEROS = bytes.maketrans(b"123456789", b"000000000")
NUMERO_LONGO = b"0" * (DIGITOS_MAXIMOS + 1)
CODIFICACOES = ("utf-8", "utf8", "us-ascii")


class CorpoGrandeDemais(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "CORPO_GRANDE_DEMAIS"

    def __init__(self, mega: int) -> None:
        super().__init__(f"O corpo passa de {mega} MB. Envie menos de cada vez.")


def corpo_maximo_mb(view: Any) -> int:
    """What this route takes: its own limit, or the general one."""
    return getattr(view, "corpo_maximo_mb", None) or settings.API_CORPO_MAXIMO_MB


def conferir_tamanho(request: Any, view: Any) -> None:
    """Refuses by what the header says, before a byte is read.

    Raises:
        CorpoGrandeDemais: the body is longer than the route takes.
    """
    mega = corpo_maximo_mb(view)
    tamanho = request.META.get("CONTENT_LENGTH") or "0"
    if tamanho.isdecimal() and int(tamanho) > mega * MEGA:
        raise CorpoGrandeDemais(mega)


class JSONEstritoParser(BaseParser):
    """UTF-8 JSON without NaN, repeated keys, lone surrogates or needless depth."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Returns the parsed body; numbers with a fraction are Decimal.

        Raises:
            ParseError: it is not such JSON.
            CorpoGrandeDemais: it passes what the route takes.
        """
        contexto = parser_context or {}
        if contexto.get("encoding", "utf-8").lower() not in CODIFICACOES:
            raise UnsupportedMediaType(media_type or self.media_type)
        view, pedido = contexto.get("view"), contexto.get("request")
        if pedido is not None:
            conferir_tamanho(pedido, view)
        mega = corpo_maximo_mb(view)
        bruto = stream.read(mega * MEGA + 1)
        if len(bruto) > mega * MEGA:
            raise CorpoGrandeDemais(mega)
        _conferir_inteiro(bruto, pedido)
        return ler_json(bruto)


def _conferir_inteiro(bruto: bytes, request: Any) -> None:
    """A body cut off on the way may still be JSON: `12345` is, of `1234567`.

    Raises:
        ParseError: it is shorter than its Content-Length.
    """
    anunciado = request.META.get("CONTENT_LENGTH") if request is not None else None
    if anunciado and anunciado.isdecimal() and len(bruto) < int(anunciado):
        raise ParseError(
            f"O corpo chegou pela metade: {len(bruto)} de {anunciado} bytes. Envie de novo.",
            code="CORPO_INCOMPLETO",
        )


def ler_json(bruto: bytes) -> Any:
    """The value that these bytes write.

    Raises:
        ParseError: with its sentence.

    >>> ler_json(b'{"leitura_kwh": 0.1}')
    {'leitura_kwh': Decimal('0.1')}
    """
    try:
        valor = json.loads(
            bruto.decode("utf-8-sig"),
            parse_float=_ler_decimal,
            parse_int=_ler_inteiro if NUMERO_LONGO in bruto.translate(COMO_ZEROS) else int,
            parse_constant=_recusar_constante,
            object_pairs_hook=_sem_repetidas,
        )
    except UnicodeDecodeError as erro:
        raise ParseError(f"O corpo não é UTF-8: byte inválido na posição {erro.start}.") from erro
    except json.JSONDecodeError as erro:
        raise ParseError(
            f"O corpo não é JSON válido: erro na linha {erro.lineno}, coluna {erro.colno}."
        ) from erro
    except RecursionError as erro:
        raise ParseError(_FRASE_PROFUNDIDADE) from erro
    # UTF-8 cannot write half of a character; only an escape can.
    _conferir(valor, textos=rb"\u" in bruto)
    return valor


_FRASE_PROFUNDIDADE = f"O JSON tem mais de {PROFUNDIDADE_MAXIMA} níveis de profundidade."


def _ler_decimal(texto: str) -> Decimal:
    try:
        return Decimal(texto)
    except InvalidOperation:  # the exponent itself overflows
        raise ParseError(f"Número fora dos limites: {texto[:40]}.") from None


def _ler_inteiro(texto: str) -> int:
    if len(texto) > DIGITOS_MAXIMOS:
        raise ParseError(f"Número fora dos limites: {texto[:40]}….")
    return int(texto)


def _recusar_constante(nome: str) -> NoReturn:
    raise ParseError(f"{nome} não é JSON. Envie um número ou null.")


def _sem_repetidas(pares: list[tuple[str, Any]]) -> dict[str, Any]:
    objeto = dict(pares)
    if len(objeto) < len(pares):
        vistas: set[str] = set()
        repetida = next(nome for nome, _ in pares if nome in vistas or vistas.add(nome))  # type: ignore[func-returns-value]
        raise ParseError(f"A chave {repetida[:60]!r} aparece mais de uma vez. Deixe uma só.")
    return objeto


def _conferir(valor: Any, *, textos: bool) -> None:
    """Refuses depth and, in `textos`, lone surrogates; without recursion.

    Raises:
        ParseError: see above.
    """
    nivel: list[Any] = [valor]
    for _ in range(PROFUNDIDADE_MAXIMA + 1):
        if textos:
            for filho in nivel:
                if isinstance(filho, str):
                    _conferir_texto(filho)
                elif isinstance(filho, dict):
                    for chave in filho:
                        _conferir_texto(chave)
        colecoes = [filho for filho in nivel if isinstance(filho, COLECOES)]
        if not colecoes:
            return
        nivel = [
            filho
            for colecao in colecoes
            for filho in (colecao.values() if isinstance(colecao, dict) else colecao)
        ]
    raise ParseError(_FRASE_PROFUNDIDADE)


def _conferir_texto(texto: str) -> None:
    try:
        texto.isascii() or texto.encode()
    except UnicodeEncodeError as erro:
        ponto = ord(texto[erro.start])
        raise ParseError(
            f"Um texto tem metade de um caractere (U+{ponto:04X}), que não se pode gravar."
        ) from erro
