"""A list as a file: the rows that the search and the filters leave, in the columns shown.

Read with a cursor and written as it goes, so that the number of rows costs no memory. A cell
that a spreadsheet would take for a formula is told apart from one.
"""

import csv
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from typing import IO, Any

import xlsxwriter
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db import models
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe  # noqa: F401 - for the doctest

from comum.django_base.exibicao import VAZIO, dia, instante, mes, sem_html
from comum.periodos import FUSO

LINHAS_DO_XLSX = 1_048_576  # of a sheet, its header included
POR_VEZ = 2_000
BOM = "\ufeff"  # without it Excel reads UTF-8 as Windows-1252
INICIOS_DE_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LARGURA = 18


def neutralizar(texto: str) -> str:
    """The text, so that no spreadsheet runs it.

    >>> neutralizar("=1+1"), neutralizar("Maria")
    ("'=1+1", 'Maria')
    """
    return f"'{texto}" if texto.startswith(INICIOS_DE_FORMULA) else texto


class Mes(date):
    """A month, named by its first day."""


@dataclass(frozen=True, slots=True)
class Coluna:
    """A column of the list: its title, and the value of a row."""

    titulo: str
    valor: Callable[[Any], Any]


def colunas_de(pagina: Any, nomes: Iterable[Any]) -> list[Coluna]:
    """The list's columns as values: numbers and dates where a field gives them, else the text."""
    return [
        Coluna(str(label_for_field(nome, pagina.model, pagina)), _valor_de(pagina, nome))
        for nome in nomes
    ]


def _valor_de(pagina: Any, nome: Any) -> Callable[[Any], Any]:
    metodo = getattr(pagina, str(nome), None) if nome != "__str__" else None
    ordem = getattr(metodo, "admin_order_field", None)
    caminho = ordem.split("__") if isinstance(ordem, str) else []

    def valor(objeto: Any) -> Any:
        campo, _, mostrado = lookup_field(nome, objeto, pagina)
        if campo is not None and campo.choices:
            return getattr(objeto, f"get_{campo.name}_display")()
        if isinstance(mostrado, bool):
            return "sim" if mostrado else "não"
        if campo is not None or not isinstance(mostrado, str):
            return mostrado
        bruto = _seguir(objeto, caminho) if caminho else None
        return _como_valor(bruto, _sem_marcas(mostrado))

    return valor


def _como_valor(bruto: Any, texto: str) -> Any:
    """What the column is ordered by, where it is what the text says; else the text."""
    if isinstance(bruto, Decimal | int) and not isinstance(bruto, bool):
        return bruto if any(c.isdigit() for c in texto) else texto
    if isinstance(bruto, date) and texto in (dia(bruto), instante_ou_vazio(bruto)):
        return bruto
    if isinstance(bruto, date) and texto == mes(bruto):
        return Mes(bruto.year, bruto.month, 1)
    return "" if texto == VAZIO else texto


def _sem_marcas(texto: str) -> str:
    """The text that a cell of the list shows; what stood in marks of its own stands apart.

    >>> _sem_marcas(mark_safe("<b>muito</b>acima de R$&nbsp;5 &amp; mais"))
    'muito acima de R$\\xa05 & mais'
    """
    if not isinstance(texto, SafeString):
        return texto.strip(" ")
    return re.sub(r" +", " ", unescape(strip_tags(texto.replace("<", " <")))).strip(" ")


def instante_ou_vazio(valor: date) -> str:
    return instante(valor) if isinstance(valor, datetime) else ""


def _seguir(objeto: Any, caminho: list[str]) -> Any:
    for parte in caminho:
        objeto = getattr(objeto, parte, None)
    return objeto


def linhas_de(queryset: Any, colunas: list[Coluna]) -> Iterator[list[Any]]:
    """The values of each row, read in chunks."""
    for objeto in queryset.iterator(chunk_size=POR_VEZ):
        with sem_html():
            yield [coluna.valor(objeto) for coluna in colunas]


def como_texto(valor: Any) -> str:
    """A value as a Brazilian spreadsheet reads it from a CSV.

    >>> como_texto(Decimal("-1234.50")), como_texto(date(2026, 1, 5)), como_texto("@x")
    ('-1234,50', '05/01/2026', "'@x")
    """
    if valor is None:
        return ""
    if isinstance(valor, datetime):
        return f"{valor.astimezone(FUSO):%d/%m/%Y %H:%M:%S}"
    if isinstance(valor, date):
        return f"{valor:%m/%Y}" if isinstance(valor, Mes) else f"{valor:%d/%m/%Y}"
    if isinstance(valor, Decimal | int | float):
        return f"{valor}".replace(".", ",")
    return neutralizar(str(valor))


class _Eco:
    """A file that gives back what is written to it."""

    def write(self, texto: str) -> str:
        return texto


def escrever_csv(colunas: list[Coluna], linhas: Iterable[list[Any]]) -> Iterator[str]:
    """CSV with `;`, in pieces of some rows each."""
    escritor = csv.writer(_Eco(), delimiter=";", lineterminator="\r\n")
    pedaco = [BOM + escritor.writerow([neutralizar(c.titulo) for c in colunas])]
    for linha in linhas:
        pedaco.append(escritor.writerow([como_texto(valor) for valor in linha]))
        if len(pedaco) >= POR_VEZ // 10:
            yield "".join(pedaco)
            pedaco = []
    yield "".join(pedaco)


def escrever_xlsx(colunas: list[Coluna], linhas: Iterable[list[Any]]) -> IO[bytes]:
    """An XLSX in a temporary file, at its start; row by row, in constant memory."""
    arquivo: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    livro = xlsxwriter.Workbook(
        arquivo,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    with closing(livro):
        folha = livro.add_worksheet()
        folha.freeze_panes(1, 0)
        folha.set_column(0, len(colunas) - 1, LARGURA)
        titulo = livro.add_format({"bold": True})
        formatos = {
            date: livro.add_format({"num_format": "dd/mm/yyyy"}),
            Mes: livro.add_format({"num_format": "mm/yyyy"}),
            datetime: livro.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
        }
        for posicao, coluna in enumerate(colunas):
            folha.write_string(0, posicao, neutralizar(coluna.titulo), titulo)
        for numero, linha in enumerate(linhas, start=1):
            for posicao, valor in enumerate(linha):
                _escrever_celula(folha, numero, posicao, valor, formatos)
    arquivo.seek(0)
    return arquivo


def _escrever_celula(folha: Any, linha: int, posicao: int, valor: Any, formatos: Any) -> None:
    if valor is None or valor == "":
        return
    if isinstance(valor, datetime):
        local = valor.astimezone(FUSO).replace(tzinfo=None)
        folha.write_datetime(linha, posicao, local, formatos[datetime])
    elif isinstance(valor, date):
        folha.write_datetime(linha, posicao, valor, formatos[type(valor)])
    elif isinstance(valor, Decimal | int | float):
        folha.write_number(linha, posicao, valor)
    else:
        folha.write_string(linha, posicao, neutralizar(str(valor)))


def tem_mais_que(queryset: models.QuerySet[Any], linhas: int) -> bool:
    """Whether the query gives more than so many rows, counted no further."""
    return queryset.order_by()[: linhas + 1].count() > linhas
