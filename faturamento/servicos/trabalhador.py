"""A worker: takes lots of a run until none is left, then closes it."""

import gc
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import (
    DatabaseError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
)

from comum.django_base.gravacao import em_transacao
from faturamento.models import ExecucaoFaturamento, TentativaLote
from faturamento.servicos.andamento import Andamento, ler_fase
from faturamento.servicos.calculo_do_lote import faturar_lote
from faturamento.servicos.emissao_da_execucao import emitir_o_resto, emitir_por_lotes
from faturamento.servicos.escopo import Escopo
from faturamento.servicos.lotes import (
    CHAVE_DA_EXECUCAO,
    LoteTomado,
    concluir_execucao,
    isolar,
    por_fazer,
    presente_na_emissao,
    tomar_lote,
    travar_lote,
    vez,
)
from faturamento.servicos.parametros import Parametros

Relogio = Callable[[], datetime]
Avisar = Callable[[Andamento], object]

# The database, not a lot, failed: what was not committed is gone, and trying again is safe.
FALHAS_DO_BANCO = (OperationalError, InterfaceError, InternalError)
# No lot would get past these; without end they would halve every one.
FALHAS_DE_TODOS = (ProgrammingError,)
FALHAS_SEGUIDAS = 7
PAUSA_S = 0.25

registro = logging.getLogger(__name__)


def trabalhar(execucao_id: int, *, relogio: Relogio, avisar: Avisar | None = None) -> None:
    """Does lots of an open run until none is left, and closes it.

    Lots that others are at are waited for: one may be left by a worker that dies.
    A cancelled run is left as it stands.

    Raises:
        django.db.OperationalError: the database failed again and again.
    """
    execucao = ExecucaoFaturamento.objects.get(pk=execucao_id)
    escopo, parametros = Escopo.da_execucao(execucao), Parametros.carregar()
    falhas, emitiu = 0, False

    def contar() -> None:
        if avisar is not None:
            avisar(ler_fase(execucao_id))

    contar()
    while True:
        try:
            if _fazer_um_lote(execucao_id, escopo, parametros, relogio):
                contar()
            elif por_fazer(execucao_id).exists():  # others are at what is left
                time.sleep(PAUSA_S)
            elif not emitiu:
                _emitir(execucao_id, parametros, relogio, contar)
                emitiu = True
            elif _terminou(execucao_id, escopo, parametros, relogio):
                return
            else:
                time.sleep(PAUSA_S)
            falhas = 0
        except FALHAS_DO_BANCO:
            falhas += 1
            if connection.in_atomic_block or falhas >= FALHAS_SEGUIDAS:
                raise
            registro.warning("o banco não atendeu; tentativa %s", falhas, exc_info=True)
            connection.close()
            time.sleep(PAUSA_S * 2**falhas)


def _fazer_um_lote(
    execucao_id: int, escopo: Escopo, parametros: Parametros, relogio: Relogio
) -> bool:
    """Tries the next free lot; False where none is."""
    with tomar_lote(execucao_id, agora=relogio()) as tomado:
        if tomado is None:
            return False
        try:
            with em_transacao():
                lote = travar_lote(tomado.lote_id)
                if lote is None:  # cancelled meanwhile
                    tomado.tentativa.delete()
                    return True
                with _sem_coleta():
                    faturar_lote(lote, tomado.tentativa, escopo, parametros, agora=relogio())
        except (*FALHAS_DO_BANCO, *FALHAS_DE_TODOS) as erro:
            _anotar(tomado.tentativa, erro, agora=relogio())
            raise
        except Exception as erro:
            registro.exception("o lote %s não pôde ser calculado", tomado.lote_id)
            _isolar(tomado, erro, agora=relogio())
        except BaseException as erro:  # told to stop: no fault of the lot
            _anotar(tomado.tentativa, erro, agora=relogio())
            raise
    return True


@contextmanager
def _sem_coleta() -> Iterator[None]:
    """Keeps the cycle collector from walking, again and again, a lot that all stays alive.

    What a lot leaves is freed by its own counts when the lot ends; the collector is back then.
    """
    ligada = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ligada:
            gc.enable()


def _anotar(tentativa: TentativaLote, erro: BaseException, *, agora: datetime) -> None:
    """Ends the attempt with what stopped it, where the database still listens."""
    try:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        TentativaLote.objects.filter(pk=tentativa.pk).update(
            terminada_em=agora, erro=_frase(erro)[:500]
        )
    except (DatabaseError, InterfaceError):
        registro.warning("a tentativa %s ficou sem o seu fim", tentativa.pk)


def _isolar(tomado: LoteTomado, erro: Exception, *, agora: datetime) -> None:
    """A lot whose calculation or write failed would fail again: it is halved at once."""
    _anotar(tomado.tentativa, erro, agora=agora)
    with em_transacao():
        lote = travar_lote(tomado.lote_id)
        if lote is not None:
            isolar(lote, codigo="FALHA_NO_CALCULO", motivo=_frase(erro), agora=agora)


def _frase(erro: BaseException) -> str:
    return " ".join(f"{type(erro).__name__}: {erro}".split())[:300]


def _emitir(
    execucao_id: int, parametros: Parametros, relogio: Relogio, contar: Callable[[], None]
) -> None:
    execucao = ExecucaoFaturamento.objects.get(pk=execucao_id)
    if execucao.e_aberta:
        with presente_na_emissao(execucao_id):
            emitir_por_lotes(execucao, parametros, relogio=relogio, contar=contar)


def _terminou(execucao_id: int, escopo: Escopo, parametros: Parametros, relogio: Relogio) -> bool:
    """True once the run is over; one alone issues the drafts that are left, and closes it."""
    with vez(CHAVE_DA_EXECUCAO + execucao_id) as minha:
        if minha:
            execucao = ExecucaoFaturamento.objects.get(pk=execucao_id)
            if execucao.e_aberta and execucao.emitir:
                with presente_na_emissao(execucao_id):
                    emitir_o_resto(escopo, parametros, relogio=relogio)
            concluir_execucao(execucao_id, agora=relogio())
    return not ExecucaoFaturamento.objects.filter(pk=execucao_id, situacao="ABERTA").exists()
