"""Reads CSV files as they really come, and refuses what is not one.

Encodings UTF-8 and UTF-16 (BOM or not) and latin-1; `;`, `,` or tab, also said in a
first line `sep=;`; LF or CRLF; optional gzip. Rows stream; a cell, a row and a line are
bounded, so a hostile file costs neither memory nor a stack trace.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

from comum.erros import ArquivoIlegivelError, DadoInvalidoError

T = TypeVar("T")

CELULA_MAXIMA = 10_000
COLUNAS_MAXIMAS = 200
LINHA_MAXIMA = 100_000
AMOSTRA = 64 * 1024
DELIMITADORES = ";,\t"
CABECALHO_DAS_RECUSAS = ("linha", "coluna", "codigo", "mensagem", "original")
BRANCOS = DELIMITADORES + ' \r\n"'
# How a spreadsheet tells another which delimiter follows; it is no header.
_DIRETIVA = re.compile(r'\s*"?sep=([;,\t])"?\s*', re.IGNORECASE)
# Readings shrink some 10 times; a file that grows far beyond that is a bomb.
DESCOMPRIMIDO_LIVRE = 64 * 1024 * 1024
DESCOMPRIMIDO_RAZAO = 100
DESCOMPRIMIDO_MAXIMO = 8 * 1024 * 1024 * 1024

_MAGICOS = {
    b"PK\x03\x04": "um ZIP ou XLSX",
    b"PK\x05\x06": "um ZIP vazio",
    b"%PDF": "um PDF",
    b"\x1f\x8b": "um .gz dentro de outro",
    b"\xd0\xcf\x11\xe0": "uma planilha XLS antiga",
    b"\x89PNG": "uma imagem PNG",
    b"\xff\xd8\xff": "uma imagem JPEG",
}


class LinhaCsv(NamedTuple):
    """One data row: its line in the file, its cells by column, and as it came."""

    numero: int
    celulas: dict[str, str]
    original: str
    problema: str = ""


@dataclass(frozen=True, slots=True)
class Recusa:
    """A row that was not taken, and why; `coluna` is "" when it is the whole row."""

    linha: int
    coluna: str
    codigo: str
    mensagem: str
    original: str


def abrir_csv(caminho: str | Path) -> IO[bytes]:
    """Opens the file for `ler_csv`.

    Raises:
        ArquivoIlegivelError: it is missing, a folder, or may not be read.
    """
    arquivo = Path(caminho)
    try:
        return arquivo.open("rb")
    except FileNotFoundError:
        motivo = "não existe"
    except IsADirectoryError:
        motivo = "é uma pasta"
    except PermissionError:
        motivo = "não pode ser lido por este usuário"
    except (OSError, ValueError) as erro:
        motivo = f"não abre ({erro})"
    raise ArquivoIlegivelError(f"O arquivo {arquivo} {motivo}. Confira o caminho.")


class _GzipLimitado(gzip.GzipFile):
    """A .gz that stops where no CSV would still be growing."""

    def __init__(self, bruto: IO[bytes]) -> None:
        super().__init__(fileobj=bruto, mode="rb")
        self._bruto = bruto

    def read(self, size: int | None = -1) -> bytes:
        lidos = self.tell()
        limite = DESCOMPRIMIDO_LIVRE + DESCOMPRIMIDO_RAZAO * self._bruto.tell()
        if lidos > min(limite, DESCOMPRIMIDO_MAXIMO):
            raise ArquivoIlegivelError(
                f"O arquivo .gz já passa de {lidos // 1024 // 1024} MB descomprimido, muito mais "
                "do que uma lista de leituras. Confira se é o arquivo certo, ou divida-o."
            )
        return super().read(size)


def abrir_comprimido(bruto: IO[bytes]) -> gzip.GzipFile:
    """Opens a .gz for reading; a bomb ends in `ArquivoIlegivelError`."""
    return _GzipLimitado(bruto)


def ler_csv(
    bruto: IO[bytes],
    *,
    obrigatorias: tuple[str, ...],
    opcionais: tuple[str, ...] = (),
    avisar: Callable[[str], None] = lambda _: None,
) -> Iterator[LinhaCsv]:
    """Yields the data rows of a CSV; blank rows are passed over.

    `avisar` takes a sentence about the file that refuses nothing: columns it
    has and nobody reads. A row with more or fewer cells than the header, with
    open quotes (a cell does not span lines), too long, or with NUL, comes with
    `problema` set and is the caller's to refuse.

    Raises:
        ArquivoIlegivelError: not text, no header, a required column missing or
            repeated, or no data row.
    """
    with _decodificar(bruto) as (texto, delimitador):
        linhas = _enumerar_linhas(texto)
        cabecalho = _ler_cabecalho(linhas, delimitador, obrigatorias, opcionais)
        ignoradas = [nome for nome in cabecalho if nome and nome not in obrigatorias + opcionais]
        if ignoradas:
            avisar(
                f"Colunas do arquivo que não são usadas: {', '.join(ignoradas)[:200]}. "
                f"As usadas são: {', '.join(obrigatorias + opcionais)}."
            )
        alguma = False
        for numero, original in linhas:
            if original and (original[0] not in BRANCOS or original.strip(BRANCOS)):
                alguma = True
                yield _ler_linha(numero, original, delimitador, cabecalho)
        if not alguma:
            raise ArquivoIlegivelError(
                "O arquivo tem cabeçalho mas nenhuma linha de dados. Confira se é o arquivo certo."
            )


def ler_linhas(
    bruto: IO[bytes],
    ler_linha: Callable[[LinhaCsv], T],
    *,
    obrigatorias: tuple[str, ...],
    opcionais: tuple[str, ...] = (),
    avisar: Callable[[str], None] = lambda _: None,
) -> Iterator[T | Recusa]:
    """Yields each data row as `ler_linha` reads it, or its refusal, in the order of the file.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    linhas = ler_csv(bruto, obrigatorias=obrigatorias, opcionais=opcionais, avisar=avisar)
    for linha in linhas:
        try:
            if linha.problema:
                raise DadoInvalidoError(
                    f"A linha {linha.problema}. Corrija-a no arquivo.",
                    campo="",
                    codigo="LINHA_INVALIDA",
                )
            yield ler_linha(linha)
        except DadoInvalidoError as erro:
            yield Recusa(linha.numero, erro.campo, erro.codigo, str(erro), linha.original)


def ler_originais(bruto: IO[bytes], numeros: Iterable[int]) -> Iterator[str]:
    """The lines of these numbers (from 1, ascending) as they came; reads the file once more."""
    bruto.seek(0)
    with _decodificar(bruto) as (texto, _):
        linhas = _enumerar_linhas(texto)
        for procurado in numeros:
            for numero, original in linhas:
                if numero == procurado:
                    yield original
                    break


def _enumerar_linhas(texto: IO[str]) -> Iterator[tuple[int, str]]:
    """The physical lines, counted from 1, none longer than the limit in memory."""
    numero = 0
    try:
        while linha := texto.readline(LINHA_MAXIMA + 1):
            numero += 1
            if len(linha) > LINHA_MAXIMA:
                raise ArquivoIlegivelError(
                    f"A linha {numero} tem mais de {LINHA_MAXIMA} caracteres; "
                    "isto não parece um CSV. Exporte a planilha de novo como CSV."
                )
            yield numero, (linha if linha.isascii() else _sem_escapes(linha)).rstrip("\r\n")
    except (UnicodeDecodeError, EOFError, OSError, zlib.error) as erro:
        raise ArquivoIlegivelError(
            f"O arquivo está corrompido depois da linha {numero} ({erro}). Copie-o de novo."
        ) from erro


def _sem_escapes(linha: str) -> str:
    """The line; as latin-1 when it is not UTF-8 like those before it."""
    try:
        linha.encode()
    except UnicodeEncodeError:
        return linha.encode("utf-8", "surrogateescape").decode("latin-1")
    return linha


def _separar(original: str, delimitador: str) -> list[str] | None:
    """The cells of one line, stripped; None when its quotes do not close."""
    if '"' not in original:
        celulas = original.split(delimitador)
        # Most lines hold nothing to strip, and are many.
        limpa = " " not in original and original.isprintable()
        return celulas if limpa else [celula.strip() for celula in celulas]
    try:
        celulas = next(csv.reader([original], delimiter=delimitador, strict=True), [])
    except csv.Error:
        return None
    return [celula.strip() for celula in celulas]


def _ler_linha(numero: int, original: str, delimitador: str, cabecalho: list[str]) -> LinhaCsv:
    celulas = _separar(original, delimitador)
    problema = ""
    if "\x00" in original:
        problema = "tem um caractere nulo"
    elif celulas is None:
        problema = "tem aspas que não fecham, ou uma célula grande demais"
    elif len(celulas) != len(cabecalho):
        problema = f"tem {len(celulas)} colunas e o cabeçalho tem {len(cabecalho)}"
    elif len(original) > CELULA_MAXIMA and max(map(len, celulas)) > CELULA_MAXIMA:
        problema = f"tem uma célula com mais de {CELULA_MAXIMA} caracteres"
    if problema or celulas is None:
        return LinhaCsv(numero, {}, original, problema)
    return LinhaCsv(numero, dict(zip(cabecalho, celulas, strict=True)), original)


def _ler_cabecalho(
    linhas: Iterator[tuple[int, str]],
    delimitador: str,
    obrigatorias: tuple[str, ...],
    opcionais: tuple[str, ...],
) -> list[str]:
    com_texto = (original for _, original in linhas if original.strip(BRANCOS))
    primeira = next(com_texto, None)
    if primeira is not None and _DIRETIVA.fullmatch(primeira):
        primeira = next(com_texto, None)
    if primeira is None:
        raise ArquivoIlegivelError("O arquivo está vazio. Confira se é o arquivo certo.")
    celulas = _separar(primeira, delimitador)
    if celulas is None:
        raise ArquivoIlegivelError(
            "O cabeçalho do arquivo tem aspas que não fecham. Exporte-o de novo como CSV."
        )
    nomes = [nome.lower() for nome in celulas]
    esperado = f"O cabeçalho deve ter: {', '.join(obrigatorias)}"
    if opcionais:
        esperado += f"; e pode ter: {', '.join(opcionais)}"
    if len(nomes) > COLUNAS_MAXIMAS:
        raise ArquivoIlegivelError(f"O arquivo tem {len(nomes)} colunas. {esperado}.")
    if faltam := [nome for nome in obrigatorias if nome not in nomes]:
        raise ArquivoIlegivelError(f"Falta no cabeçalho: {', '.join(faltam)}. {esperado}.")
    if repetidas := sorted({nome for nome in nomes if nome and nomes.count(nome) > 1}):
        raise ArquivoIlegivelError(
            f"Coluna repetida no cabeçalho: {', '.join(repetidas)[:200]}. Deixe uma só."
        )
    return nomes


@contextmanager
def _decodificar(bruto: IO[bytes]) -> Iterator[tuple[IO[str], str]]:
    """Finds encoding and delimiter from the first bytes; leaves `bruto` open behind it."""
    try:
        comprimido = bruto.read(2) == b"\x1f\x8b"
        bruto.seek(0)
    except OSError as erro:  # a pipe, a device, a disk that fails
        raise ArquivoIlegivelError(
            f"O arquivo não pode ser lido ({erro}). Copie-o para uma pasta do disco e use a cópia."
        ) from erro
    fonte: Any = abrir_comprimido(bruto) if comprimido else bruto
    buffer = io.BufferedReader(fonte, AMOSTRA)
    try:
        amostra = buffer.peek(AMOSTRA)[:AMOSTRA]
    except (EOFError, OSError, zlib.error) as erro:
        raise ArquivoIlegivelError(
            "O arquivo .gz está corrompido. Gere-o ou copie-o de novo."
        ) from erro
    for magico, nome in _MAGICOS.items():
        if amostra.startswith(magico):
            raise ArquivoIlegivelError(
                f"O arquivo é {nome}, não um CSV. Exporte a planilha como CSV e envie de novo."
            )
    codificacao = _codificacao(amostra)
    if not codificacao.startswith("utf-16") and b"\x00" in amostra.split(b"\n", 1)[0]:
        raise ArquivoIlegivelError(
            "O arquivo é binário, não um CSV. Exporte a planilha como CSV e envie de novo."
        )
    texto_da_amostra = amostra.decode(codificacao, errors="replace").replace("\r", "\n")
    primeira = next((li for li in texto_da_amostra.split("\n") if li.strip(BRANCOS)), "")
    diretiva = _DIRETIVA.fullmatch(primeira)
    delimitador = diretiva[1] if diretiva else max(DELIMITADORES, key=primeira.count)
    # The sample shows no more than the beginning: what is not UTF-8 behind it is told by line.
    tolerancia = "surrogateescape" if codificacao == "utf-8-sig" else "strict"
    texto = io.TextIOWrapper(buffer, encoding=codificacao, errors=tolerancia, newline="")
    try:
        yield texto, delimitador
    finally:
        texto.detach()
        buffer.detach()


def _codificacao(amostra: bytes) -> str:
    if amostra.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without the mark: a header is ASCII but for a letter or two, so every second byte is NUL.
    inicio = amostra[:64].translate(bytes.maketrans(b"\t\r\n", b"   "))
    for codificacao, nulos, letras in (
        ("utf-16-le", inicio[1::2], inicio[::2]),
        ("utf-16-be", inicio[::2], inicio[1::2]),
    ):
        if nulos.count(0) > max(8, 0.8 * len(nulos)) and letras.decode("latin-1").isprintable():
            return codificacao
    try:
        amostra.decode("utf-8")
    except UnicodeDecodeError as erro:
        # A sample may end in the middle of a character; anything earlier is not UTF-8.
        if erro.start < len(amostra) - 4:
            return "latin-1"
    return "utf-8-sig"


def escrever_recusas(saida: IO[bytes], recusas: Iterable[Recusa]) -> None:
    """Writes refused rows as CSV: `linha;coluna;codigo;mensagem;original`, UTF-8.

    Cells that a spreadsheet would run as a formula get an apostrophe before them.
    """
    texto = io.TextIOWrapper(saida, encoding="utf-8", newline="", write_through=True)
    escritor = csv.writer(texto, delimiter=";")
    escritor.writerow(CABECALHO_DAS_RECUSAS)
    for r in recusas:
        celulas = (r.coluna, r.codigo, r.mensagem, r.original)
        escritor.writerow([r.linha, *map(neutralizar_formula, celulas)])
    texto.detach()


def neutralizar_formula(celula: str) -> str:
    """The cell, harmless to a spreadsheet.

    >>> neutralizar_formula("=1+1")
    "'=1+1"
    """
    return f"'{celula}" if celula.startswith(("=", "+", "-", "@", "\t", "\r")) else celula
