"""What the commands share: exit codes, dates on the command line, progress bars.

Exit 0: all done. 3: done in part (refused rows, pending UCs). 2: wrong usage
or an unreadable file, and nothing was done. `--json` prints one object, alone,
on standard output; everything else goes to standard error.
"""

import json
from abc import ABC, abstractmethod
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from comum.csv_hostil import abrir_csv
from comum.django_base.autoria import agindo_como, pelo_comando
from comum.erros import DadoInvalidoError, DominioError
from comum.periodos import ler_competencia
from comum.texto import com_numero

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


class Erro(CommandError):
    """Wrong usage or an unreadable file. Django prints the class before the sentence."""


class Atencao(CommandError):
    """Done in part: some rows or some UCs are left."""


Atencao.__name__ = "Atenção"  # what Django prints before the sentence


class ComandoBase(BaseCommand):
    """A command whose domain errors are one sentence and exit 2."""

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            with agindo_como(pelo_comando()):
                return super().execute(*args, **options)
        except DominioError as erro:
            raise Erro(str(erro), returncode=CODIGO_DE_USO) from erro
        except OperationalError as erro:
            motivo = " ".join(str(erro).split())[:300]
            raise Erro(
                f"O banco de dados não atendeu ({motivo}). Confira DATABASE_URL e se ele está no "
                "ar, e rode de novo: o que não terminou não foi gravado.",
                returncode=CODIGO_DE_USO,
            ) from erro

    def responder_json(self, objeto: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(objeto, ensure_ascii=False))

    def avisar(self, texto: str) -> None:
        """A line for the person, off the way of `--json`."""
        self.stderr.write(texto, self.style.SUCCESS)

    def encerrar_em_parte(self, frase: str) -> None:
        raise Atencao(frase, returncode=CODIGO_PARCIAL)


class ComandoImportacao(ComandoBase, ABC):
    """A command that imports a file row by row, and says what became of each.

    Subclasses give `importar(bruto, arquivo, simular=…, recusas_para=…, avisar=…)`,
    which returns a result with `resumo.como_json()`, `recusas` (the first ones)
    and `avisos`.
    """

    titulo = "Importação"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arquivo", metavar="ARQ", help="arquivo CSV")
        parser.add_argument("--dry-run", action="store_true", help="confere sem gravar")
        parser.add_argument(
            "--erros", type=Path, metavar="SAIDA.csv", help="grava aqui as linhas recusadas"
        )
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def handle(self, *, arquivo: str, dry_run: bool, erros: Path | None, **opcoes: Any) -> None:
        if erros is not None and erros.exists() and erros.resolve() == Path(arquivo).resolve():
            raise Erro(
                f"--erros aponta para o próprio arquivo a importar, {arquivo}. Dê outro nome.",
                returncode=CODIGO_DE_USO,
            )
        with (
            abrir_csv(arquivo) as bruto,
            arquivo_de_saida(erros) as recusas_para,
            barra_de_progresso(self.titulo) as avisar,
        ):
            resultado = self.importar(
                bruto, arquivo, simular=dry_run, recusas_para=recusas_para, avisar=avisar
            )
        resumo = resultado.resumo.como_json()
        if opcoes["json"]:
            self.responder_json(resumo)
        contagens = ", ".join(f"{quantas} {nome}" for nome, quantas in resumo.items())
        for aviso in resultado.avisos:
            self.stderr.write(aviso)
        self.avisar(f"{self.titulo}: {contagens}.{' Nada foi gravado.' if dry_run else ''}")
        self.mostrar_recusas(resultado.recusas, resumo["recusadas"])

    @abstractmethod
    def importar(self, bruto: IO[bytes], arquivo: str, *, simular: bool, **opcoes: Any) -> Any:
        """Calls the service of this command."""

    def mostrar_recusas(self, recusas: Sequence[Any], total: int) -> None:
        """The first refused rows of an import; leaves with 3 where there is one."""
        for recusa in recusas[:RECUSAS_MOSTRADAS]:
            coluna = f", {recusa.coluna}" if recusa.coluna else ""
            self.stderr.write(f"linha {recusa.linha}{coluna}: {recusa.codigo}: {recusa.mensagem}")
        if total > RECUSAS_MOSTRADAS:
            self.stderr.write(f"… e mais {total - RECUSAS_MOSTRADAS}; use --erros para ver todas.")
        if total:
            self.encerrar_em_parte(
                f"{com_numero(total, 'linha recusada')}. Corrija e importe de novo: o que já foi "
                "gravado não se repete."
            )


@contextmanager
def arquivo_de_saida(caminho: Path | None) -> Iterator[IO[bytes] | None]:
    """A file to write, opened before any work is done.

    It takes its name when the work is done; until then, and when that fails,
    what had the name before is untouched.

    Raises:
        CommandError: it cannot be written there.
    """
    if caminho is None:
        yield None
        return
    destino = caminho.resolve()  # what a link points to is replaced, not the link
    em_disco = destino.is_file() or not destino.exists()
    parte = destino.with_name(f"{destino.name}.parte") if em_disco else destino
    try:
        with parte.open("wb") as saida:
            yield saida
        if em_disco:
            parte.replace(destino)
    except BaseException as erro:
        if em_disco and not parte.is_dir():
            parte.unlink(missing_ok=True)
        if not isinstance(erro, OSError):
            raise
        raise Erro(
            f"Não foi possível gravar {caminho}: {erro.strerror}. Escolha outro lugar.",
            returncode=CODIGO_DE_USO,
        ) from erro


class _Barras(Progress):
    """Bars, and what there is to say of each below them, where it takes no bar's place."""

    def get_renderables(self) -> Iterator[RenderableType]:
        yield from super().get_renderables()
        for tarefa in self.tasks:
            if detalhe := tarefa.fields["detalhe"]:
                yield Text(detalhe, style="yellow")


@contextmanager
def barra_de_progresso(titulo: str, *, com_ritmo: bool = False) -> Iterator[Callable[..., None]]:
    """A bar on standard error, where that is a terminal.

    Yields `avisar(done, total=None, detalhe="", fase="")`; `com_ritmo` also shows how
    many a second, counted from the first call. Work whose end is of another kind names
    that `fase`, which gets a bar, a rate and a remaining time of its own below.
    """
    colunas = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *([TextColumn("{task.fields[ritmo]}/s")] if com_ritmo else []),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with _Barras(*colunas, console=console, disable=not console.is_terminal) as progresso:
        # By phase: the bar, when it began, and what was done by then.
        barras: dict[str, tuple[TaskID, float, int]] = {}

        def comecar(fase: str, feitas: int) -> None:
            nova = progresso.add_task(fase or titulo, total=None, detalhe="", ritmo="–")
            barras[fase] = (nova, monotonic(), feitas)

        def avisar(
            feitas: int, total: int | None = None, detalhe: str = "", *, fase: str = ""
        ) -> None:
            if fase not in barras:
                comecar(fase, feitas)
            barra, comeco, antes = barras[fase]
            passou = monotonic() - comeco
            ritmo = f"{(feitas - antes) / passou:.0f}" if feitas > antes and passou else "–"
            progresso.update(barra, completed=feitas, total=total, detalhe=detalhe, ritmo=ritmo)

        yield avisar
