"""What the commands of billing runs share: the live bar, the report, the exit code."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from comum.django_base.comandos import ComandoBase, barra_de_progresso
from comum.texto import com_numero
from faturamento.calculo.formatos import brl
from faturamento.calculo.nomes import nome_da_pendencia
from faturamento.servicos.andamento import Andamento
from faturamento.servicos.execucao import ResumoExecucao, pendencias_da_execucao

PENDENCIAS_MOSTRADAS = 20
FASE_DA_EMISSAO = "Emissão"


def inteiro_positivo(texto: str) -> int:
    """argparse type: 1, 2, 3…"""
    if not texto.isascii() or not texto.isdigit() or int(texto) < 1:
        raise ArgumentTypeError(f"Número inválido: {texto[:40]!r}. Use 1, 2, 3…")
    return int(texto)


class ComandoDeExecucao(ComandoBase):
    """A command that works on a billing run."""

    def add_opcoes(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--processos",
            type=inteiro_positivo,
            default=1,
            metavar="N",
            help="processos que dividem o trabalho (no PostgreSQL)",
        )
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    @contextmanager
    def acompanhar(self, titulo: str) -> Iterator[Callable[[Andamento], None]]:
        """A bar of UCs on standard error: done, rate, remaining, pending by code.

        What a run issues at its end, when all is calculated, has a bar of its own below.
        """
        unidades = 0
        emissao = False
        with barra_de_progresso(titulo, com_ritmo=True) as avisar:

            def mostrar(andamento: Andamento) -> None:
                nonlocal unidades, emissao
                feitas, total = andamento.feitas, andamento.total
                if not andamento.emitindo:
                    unidades = total
                    avisar(feitas, total, _pendentes(andamento))
                    return
                avisar(unidades, unidades, _pendentes(andamento))
                # Where the lots issued all there is, there is no such phase.
                emissao = emissao or feitas < total
                if emissao:
                    avisar(feitas, total, fase=FASE_DA_EMISSAO)

            yield mostrar

    def relatar(
        self, resumo: ResumoExecucao, *, feitas: str, simulado: bool = False, em_json: bool
    ) -> None:
        if em_json:
            self.responder_json(resumo.como_json())
        self.avisar(
            f"{com_numero(resumo.elegiveis, 'unidade elegível', 'unidades elegíveis')}: "
            f"{resumo.faturadas} {feitas}, {com_numero(resumo.pendentes, 'pendente')}, "
            f"total {brl(resumo.valor_total)}; "
            f"{com_numero(resumo.ja_faturadas, 'já faturada', 'já faturadas')}, "
            f"{com_numero(resumo.suspensas, 'suspensa')}."
            f"{' Nada foi gravado.' if simulado else ''}"
        )
        for codigo, quantas in resumo.pendencias.items():
            self.stderr.write(f"  {nome_da_pendencia(codigo)} ({codigo}): {quantas}")
        for pendencia in pendencias_da_execucao(resumo.execucao)[:PENDENCIAS_MOSTRADAS]:
            self.stderr.write(f"  {pendencia.unidade}: {pendencia.mensagem}")

    def sair_conforme(self, resumo: ResumoExecucao) -> None:
        """Leaves with 3 where a UC is pending, or the run was stopped before its end."""
        if not resumo.concluida:
            self.encerrar_em_parte(
                f"A execução {resumo.execucao} foi cancelada antes do fim. "
                f"Para continuá-la: retomar_execucao {resumo.execucao}."
            )
        if resumo.pendentes:
            self.encerrar_em_parte(
                f"{com_numero(resumo.pendentes, 'unidade pendente')}. "
                "Resolva os motivos e fature de novo."
            )


def _pendentes(andamento: Andamento) -> str:
    return ", ".join(f"{nome_da_pendencia(c)}: {n}" for c, n in andamento.pendencias.items())
