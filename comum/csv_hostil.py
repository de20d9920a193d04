"""Reads CSV files as they really come, and refuses what is not one.

Encodings UTF-8 (BOM or not), UTF-16 with BOM and latin-1; `;`, `,` or tab; LF
or CRLF; optional gzip. Rows stream; a cell, a row and a line are bounded, so a
hostile file costs neither memory nor a stack trace.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from comum.erros import ArquivoIlegivelError

CELULA_MAXIMA = 10_000
COLUNAS_MAXIMAS = 200
LINHA_MAXIMA = 100_000
AMOSTRA = 64 * 1024
DELIMITADORES = ";,\t"

_MAGICOS = {
    b"PK\x03\x04": "um arquivo ZIP ou XLSX",
    b"PK\x05\x06": "um arquivo ZIP vazio",
    b"%PDF": "um PDF",
    b"\xd0\xcf\x11\xe0": "uma planilha XLS antiga",
    b"\x89PNG": "uma imagem PNG",
    b"\xff\xd8\xff": "uma imagem JPEG",
}


@dataclass(frozen=True, slots=True)
class LinhaCsv:
    """One data row: its line in the file, its cells by column, and as it came."""

    numero: int
    celulas: dict[str, str]
    original: str
    problema: str = ""


class _Linhas:
    """Lines of a text stream, counted, bounded, and remembered until taken."""

    def __init__(self, texto: IO[str]) -> None:
        self._texto = texto
        self.lidas = 0
        self.pendentes: list[str] = []

    def __iter__(self) -> "_Linhas":
        return self

    def __next__(self) -> str:
        linha = self._texto.readline(LINHA_MAXIMA + 1)
        if not linha:
            raise StopIteration
        self.lidas += 1
        if len(linha) > LINHA_MAXIMA:
            raise ArquivoIlegivelError(
                f"A linha {self.lidas} tem mais de {LINHA_MAXIMA} caracteres; "
                "isto não parece um CSV. Exporte a planilha de novo como CSV."
            )
        self.pendentes.append(linha)
        return linha

    def tomar_original(self) -> str:
        original = "".join(self.pendentes).rstrip("\r\n")
        self.pendentes.clear()
        return original


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


def ler_csv(
    bruto: IO[bytes],
    *,
    obrigatorias: tuple[str, ...],
    opcionais: tuple[str, ...] = (),
) -> Iterator[LinhaCsv]:
    """Yields the data rows of a CSV; blank rows are passed over.

    A row with more or fewer cells than the header, or with a cell that is too
    long or holds NUL, comes with `problema` set and is the caller's to refuse.

    Raises:
        ArquivoIlegivelError: not text, no header, a required column missing or
            repeated, or no data row.
    """
    texto, delimitador = _decodificar(bruto)
    linhas = _Linhas(texto)
    leitor = csv.reader(linhas, delimiter=delimitador, strict=True)
    anterior = csv.field_size_limit(LINHA_MAXIMA * 2)
    try:
        cabecalho = _ler_cabecalho(leitor, linhas, obrigatorias, opcionais)
        alguma = False
        while True:
            inicio = linhas.lidas + 1
            try:
                celulas = next(leitor)
            except StopIteration:
                break
            except csv.Error:
                yield _linha_quebrada(inicio, linhas)
                alguma = True
                leitor = csv.reader(linhas, delimiter=delimitador, strict=True)
                continue
            original = linhas.tomar_original()
            if not any(celula.strip() for celula in celulas):
                continue
            alguma = True
            yield _montar(inicio, celulas, cabecalho, original)
        if not alguma:
            raise ArquivoIlegivelError(
                "O arquivo tem cabeçalho mas nenhuma linha de dados. Confira se é o arquivo certo."
            )
    except (UnicodeDecodeError, EOFError, OSError, zlib.error) as erro:
        raise ArquivoIlegivelError(
            f"O arquivo está corrompido depois da linha {linhas.lidas} ({erro}). Copie-o de novo."
        ) from erro
    finally:
        csv.field_size_limit(anterior)


def _linha_quebrada(inicio: int, linhas: _Linhas) -> LinhaCsv:
    return LinhaCsv(inicio, {}, linhas.tomar_original(), "as aspas não fecham")


def _montar(numero: int, celulas: list[str], cabecalho: list[str], original: str) -> LinhaCsv:
    problema = ""
    if len(celulas) != len(cabecalho):
        problema = f"tem {len(celulas)} colunas e o cabeçalho tem {len(cabecalho)}"
    elif "\x00" in original:
        problema = "tem um caractere nulo"
    elif max(map(len, celulas)) > CELULA_MAXIMA:
        problema = f"tem uma célula com mais de {CELULA_MAXIMA} caracteres"
    valores = {} if problema else dict(zip(cabecalho, map(str.strip, celulas), strict=True))
    return LinhaCsv(numero, valores, original, problema)


def _ler_cabecalho(
    leitor: Iterator[list[str]],
    linhas: _Linhas,
    obrigatorias: tuple[str, ...],
    opcionais: tuple[str, ...],
) -> list[str]:
    try:
        cabecalho = next((linha for linha in leitor if any(c.strip() for c in linha)), None)
    except csv.Error as erro:
        raise ArquivoIlegivelError(
            "O cabeçalho do arquivo tem aspas que não fecham. Exporte-o de novo como CSV."
        ) from erro
    linhas.tomar_original()
    if cabecalho is None:
        raise ArquivoIlegivelError("O arquivo está vazio. Confira se é o arquivo certo.")
    nomes = [nome.strip().lower() for nome in cabecalho]
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


def _decodificar(bruto: IO[bytes]) -> tuple[IO[str], str]:
    """Finds encoding and delimiter from the first bytes; returns text and delimiter."""
    buffer = bruto if hasattr(bruto, "peek") else io.BufferedReader(bruto)  # type: ignore[type-var]
    if buffer.peek(2)[:2] == b"\x1f\x8b":
        buffer = io.BufferedReader(gzip.GzipFile(fileobj=buffer), AMOSTRA)
    else:
        buffer = io.BufferedReader(buffer, AMOSTRA)
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
    if codificacao != "utf-16" and b"\x00" in amostra[:200]:
        raise ArquivoIlegivelError(
            "O arquivo é binário, não um CSV. Exporte a planilha como CSV e envie de novo."
        )
    texto = io.TextIOWrapper(buffer, encoding=codificacao, newline="")
    primeira = amostra.decode(codificacao, errors="replace").lstrip("\r\n").split("\n", 1)[0]
    delimitador = max(DELIMITADORES, key=primeira.count)
    return texto, delimitador


def _codificacao(amostra: bytes) -> str:
    if amostra.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        amostra.decode("utf-8")
    except UnicodeDecodeError as erro:
        # A sample may end in the middle of a character; anything earlier is not UTF-8.
        if erro.start < len(amostra) - 4:
            return "latin-1"
    return "utf-8-sig"
