"""Workers as processes of this machine, each with its own connection."""

import multiprocessing
import time
from multiprocessing.process import BaseProcess

from django.db import connection

from comum.erros import DominioError
from comum.texto import com_numero
from faturamento.models import ExecucaoFaturamento, Fatura, TentativaLote
from faturamento.servicos.andamento import ler_fase
from faturamento.servicos.partida import partir
from faturamento.servicos.trabalhador import Avisar

PROCESSOS_MAXIMOS = 64
PAUSA_S = 0.2
ENTRE_AVISOS_S = 1.0


class ProcessosInvalidosError(DominioError):
    """So many processes cannot work on one run here."""

    codigo = "PROCESSOS_INVALIDOS"


class TrabalhadoresCaidosError(DominioError):
    """No worker is left, and lots are; the run stays open."""

    codigo = "TRABALHADORES_CAIDOS"


def conferir_processos(processos: int) -> None:
    """
    Raises:
        ProcessosInvalidosError: less than one, too many, or more than one on SQLite.
    """
    if not 1 <= processos <= PROCESSOS_MAXIMOS:
        raise ProcessosInvalidosError(
            f"Não se fatura com {com_numero(processos, 'processo')}. "
            f"Use de 1 a {PROCESSOS_MAXIMOS}."
        )
    if processos > 1 and connection.vendor != "postgresql":
        raise ProcessosInvalidosError(
            f"O SQLite tem um escritor por vez: {processos} processos só esperariam uns pelos "
            "outros. Use --processos 1, ou um banco PostgreSQL."
        )


def trabalhar_em_processos(
    execucao_id: int, *, processos: int, avisar: Avisar | None = None
) -> None:
    """Starts workers and waits until the run is over; one that is killed is replaced.

    Raises:
        TrabalhadoresCaidosError: they left before the end.
    """
    contexto = multiprocessing.get_context("spawn")
    banco = str(connection.settings_dict["NAME"])

    def comecar() -> BaseProcess:
        processo = contexto.Process(target=partir, args=(execucao_id, banco))
        processo.daemon = True  # a run that is interrupted takes its workers along
        processo.start()
        return processo

    vivos = [comecar() for _ in range(processos)]
    antes: tuple[int, int] | None = None
    proximo_aviso = 0.0
    try:
        while vivos:
            time.sleep(PAUSA_S)
            # Killed ones are replaced. Whoever left with an error had its reason, and others
            # would have it too.
            mortos = [p for p in vivos if p.exitcode is not None and p.exitcode < 0]
            vivos = [p for p in vivos if p.exitcode is None]
            if mortos and _aberta(execucao_id):
                feito = _feito(execucao_id)
                if feito != antes:
                    vivos += [comecar() for _ in mortos]
                antes = feito
            if avisar is not None and (not vivos or time.monotonic() >= proximo_aviso):
                avisar(ler_fase(execucao_id))
                proximo_aviso = time.monotonic() + ENTRE_AVISOS_S
    finally:
        for processo in vivos:
            processo.terminate()
        for processo in vivos:
            processo.join()
    if _aberta(execucao_id):
        raise TrabalhadoresCaidosError(
            f"Os processos pararam antes do fim da execução {execucao_id}, que continua aberta. "
            "O log diz o motivo: resolva-o e retome a execução."
        )


def _aberta(execucao_id: int) -> bool:
    return ExecucaoFaturamento.objects.filter(
        pk=execucao_id, situacao=ExecucaoFaturamento.Situacao.ABERTA
    ).exists()


def _feito(execucao_id: int) -> tuple[int, int]:
    """What grows as workers get on: lots tried, and drafts issued at the end."""
    return (
        TentativaLote.objects.filter(lote__execucao=execucao_id).count(),
        Fatura.objects.filter(execucao=execucao_id).exclude(numero=None).count(),
    )
