"""What the commands share: exit codes, dates on the command line, progress bars.

Exit 0: all done. 3: done in part (refused rows, pending UCs). 2: wrong usage
or an unreadable file, and nothing was done. `--json` prints one object, alone,
on standard output; everything else goes to standard error.
"""

import csv
import json
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from comum.erros import DadoInvalidoError, DominioError
from comum.periodos import ler_competencia

CODIGO_DE_USO = 2
CODIGO_PARCIAL = 3
RECUSAS_MOSTRADAS = 20


def competencia(texto: str) -> date:
    """argparse type: AAAA-MM to the first day of that month."""
    try:
        return ler_competencia(texto)
    except DadoInvalidoError as erro:
        raise ArgumentTypeError(str(erro)) from None


def data(texto: str) -> date:
    """argparse type: AAAA-MM-DD or DD/MM/AAAA."""
    for formato in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(texto, formato).date()  # noqa: DTZ007 - a civil date
        except ValueError:
            continue
    raise ArgumentTypeError(f"Data inválida: {texto[:40]!r}. Use AAAA-MM-DD ou DD/MM/AAAA.")


class ComandoBase(BaseCommand):
    """A command whose domain errors are one sentence and exit 2."""

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except DominioError as erro:
            raise CommandError(str(erro), returncode=CODIGO_DE_USO) from erro

    def responder_json(self, objeto: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(objeto, ensure_ascii=False))

    def avisar(self, texto: str) -> None:
        """A line for the person, off the way of `--json`."""
        self.stderr.write(texto, self.style.SUCCESS)

    def mostrar_recusas(self, recusas: Sequence[Any]) -> None:
        """The first refused rows of an import; leaves with 3 where there is one."""
        for recusa in recusas[:RECUSAS_MOSTRADAS]:
            coluna = f", {recusa.coluna}" if recusa.coluna else ""
            self.stderr.write(f"linha {recusa.linha}{coluna}: {recusa.codigo}: {recusa.mensagem}")
        if len(recusas) > RECUSAS_MOSTRADAS:
            self.stderr.write(
                f"… e mais {len(recusas) - RECUSAS_MOSTRADAS}; use --erros para ver todas."
            )
        if recusas:
            self.encerrar_em_parte(f"{len(recusas)} linha(s) recusada(s); as outras entraram.")

    def encerrar_em_parte(self, frase: str) -> None:
        raise CommandError(frase, returncode=CODIGO_PARCIAL)


@contextmanager
def barra_de_progresso(titulo: str) -> Iterator[Callable[..., None]]:
    """A bar on standard error, where that is a terminal; yields `avisar(done, total=None)`."""
    colunas = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*colunas, console=console, disable=not console.is_terminal) as progresso:
        tarefa = progresso.add_task(titulo, total=None)

        def avisar(feitas: int, total: int | None = None) -> None:
            progresso.update(tarefa, completed=feitas, total=total)

        yield avisar


def gravar_recusas(caminho: Path, recusas: Iterable[Any]) -> None:
    """Writes refused rows as CSV: `linha;coluna;codigo;mensagem;original`.

    Cells that a spreadsheet would run as a formula get an apostrophe before them.

    Raises:
        CommandError: the file cannot be written.
    """
    try:
        with caminho.open("w", newline="", encoding="utf-8") as arquivo:
            escritor = csv.writer(arquivo, delimiter=";")
            escritor.writerow(["linha", "coluna", "codigo", "mensagem", "original"])
            for r in recusas:
                celulas = [r.coluna, r.codigo, r.mensagem, r.original]
                escritor.writerow([r.linha, *map(neutralizar_formula, celulas)])
    except OSError as erro:
        raise CommandError(
            f"Não foi possível gravar {caminho}: {erro.strerror}. Escolha outro lugar.",
            returncode=CODIGO_DE_USO,
        ) from erro


def neutralizar_formula(celula: str) -> str:
    """The cell, harmless to a spreadsheet.

    >>> neutralizar_formula("=1+1")
    "'=1+1"
    """
    return f"'{celula}" if celula.startswith(("=", "+", "-", "@", "\t", "\r")) else celula
