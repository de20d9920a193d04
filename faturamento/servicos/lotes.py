"""The lots of a run: cut, claimed by one worker at a time, halved around what kills it.

A claim is two locks that die with the worker's connection, so there is nothing
to expire and no clock to trust: an advisory one of the session, held from before
the attempt is written until the lot is over (whoever gets it knows that every
open attempt is of a dead worker), and the lot's row, locked by the transaction
that computes it. SQLite has one writer at a time and needs neither.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Exists, Max, OuterRef, QuerySet

from comum.django_base.gravacao import em_transacao
from faturamento.models import ExecucaoFaturamento, LoteFaturamento, Pendencia, TentativaLote
from faturamento.servicos.competencia import recusar_competencia_fechada, travar_competencia
from faturamento.servicos.escopo import Escopo
from medidores.servicos.faturado import travar_unidades

UNIDADES_POR_LOTE = 2_000
TENTATIVAS_ATE_DIVIDIR = 3
# More than the workers that may be busy at once; each looks for a free lot among them.
CANDIDATOS = 200
# Ours among the advisory locks of the database: the id of a lot, or of a run, is added.
CHAVE_DO_LOTE = 0x464C << 48
CHAVE_DA_EXECUCAO = 0x4645 << 48
CHAVE_DA_EMISSAO = 0x464D << 48
CONTAGENS_DO_LOTE = ("elegiveis", "faturadas", "pendentes", "valor_total")

Situacao = LoteFaturamento.Situacao


@dataclass(frozen=True, slots=True)
class LoteTomado:
    """A lot that this worker may try, and its attempt, already committed."""

    lote_id: int
    tentativa: TentativaLote


def abrir_execucao(
    escopo: Escopo, *, emitir: bool, agora: datetime, usuario_id: int | None = None
) -> ExecucaoFaturamento:
    """The open run of this very scope (`ja_estava_aberta`), or a new one cut into lots.

    Raises:
        CompetenciaFechadaError: the month was closed meanwhile.
    """
    with em_transacao():
        travar_competencia(escopo.janela.mes_referencia)
        recusar_competencia_fechada(escopo.janela.mes_referencia)
        aberta = ExecucaoFaturamento.objects.filter(
            mes_referencia=escopo.janela.mes_referencia,
            grupo_leitura=escopo.grupo_leitura,
            ate=escopo.janela.ate,
            emitir=emitir,
            situacao=ExecucaoFaturamento.Situacao.ABERTA,
        ).first()
        if aberta is not None:
            aberta.ja_estava_aberta = True
            return aberta
        execucao = ExecucaoFaturamento.objects.create(
            mes_referencia=escopo.janela.mes_referencia,
            grupo_leitura=escopo.grupo_leitura,
            ate=escopo.janela.ate,
            emitir=emitir,
            iniciada_em=agora,
            solicitada_por_id=usuario_id,
            ja_faturadas=escopo.ja_faturadas().count(),
            suspensas=escopo.suspensas().count(),
        )
        ids = escopo.elegiveis().order_by("pk").values_list("pk", flat=True)
        LoteFaturamento.objects.bulk_create(
            _lote_de(execucao, ordem, parte)
            for ordem, parte in enumerate(_em_partes(ids.iterator(chunk_size=10_000)), start=1)
        )
    return execucao


def _em_partes(ids: Iterator[int]) -> Iterator[list[int]]:
    while parte := list(islice(ids, UNIDADES_POR_LOTE)):
        yield parte


def _lote_de(execucao: ExecucaoFaturamento, ordem: int, ids: list[int]) -> LoteFaturamento:
    return LoteFaturamento(
        execucao=execucao,
        ordem=ordem,
        unidade_de=ids[0],
        unidade_ate=ids[-1],
        unidades=len(ids),
    )


def por_fazer(execucao_id: int) -> "QuerySet[LoteFaturamento]":
    """What is left of an open run; nothing of a cancelled one."""
    return LoteFaturamento.objects.filter(
        execucao=execucao_id,
        execucao__situacao=ExecucaoFaturamento.Situacao.ABERTA,
        situacao=Situacao.PENDENTE,
    )


@contextmanager
def tomar_lote(execucao_id: int, *, agora: datetime) -> Iterator[LoteTomado | None]:
    """Lends the next free lot until the end of the block; None where none is free.

    A lot that `TENTATIVAS_ATE_DIVIDIR` workers died of is halved instead.
    """
    # Those somebody has tried, and is at or died of, come last.
    tentado = Exists(TentativaLote.objects.filter(lote=OuterRef("pk"), terminada_em=None))
    candidatos = por_fazer(execucao_id).order_by(tentado, "ordem").values_list("pk", flat=True)
    for lote_id in candidatos[:CANDIDATOS]:
        with vez(CHAVE_DO_LOTE + lote_id) as minha:
            if minha and (tentativa := _tentar(lote_id, agora=agora)):
                yield LoteTomado(lote_id, tentativa)
                return
    yield None


@contextmanager
def vez(chave: int) -> Iterator[bool]:
    """True to one living session at a time, for as long as the block lasts."""
    if connection.vendor != "postgresql":
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [chave])
        [minha] = cursor.fetchone()
    try:
        yield minha
    finally:
        # A connection that broke has let go of it already.
        with suppress(DatabaseError, InterfaceError):
            if minha:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [chave])


def lotes_em_maos(execucao_id: int) -> set[int] | None:
    """The lots that living workers hold; None where the database cannot tell (SQLite)."""
    presos = _presos(CHAVE_DO_LOTE)
    if presos is None:
        return None
    return set(por_fazer(execucao_id).filter(pk__in=presos).values_list("pk", flat=True))


@contextmanager
def presente_na_emissao(execucao_id: int) -> Iterator[None]:
    """Lets others see, for as long as the block lasts, that somebody is at the run's issue."""
    if connection.vendor != "postgresql":
        yield
        return
    chave = CHAVE_DA_EMISSAO + execucao_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [chave])
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [chave])


def alguem_emite(execucao_id: int) -> bool:
    """Whether a living worker is at the run's issue; True where the database cannot tell."""
    presos = _presos(CHAVE_DA_EMISSAO)
    return presos is None or execucao_id in presos


def _presos(chave: int) -> set[int] | None:
    """The ids whose lock of this kind somebody living has; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND objsubid = 1 AND classid = %s AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
            [chave >> 32],
        )
        return {preso for (preso,) in cursor.fetchall()}


def _tentar(lote_id: int, *, agora: datetime) -> TentativaLote | None:
    """Writes the attempt, for all to see, or halves the lot that kills whoever tries it."""
    with em_transacao():
        lote = travar_lote(lote_id)
        if lote is None:
            return None
        if lote.tentativas.filter(terminada_em=None).count() >= TENTATIVAS_ATE_DIVIDIR:
            isolar(
                lote,
                codigo="LOTE_DERRUBADO",
                motivo=f"o processo caiu {TENTATIVAS_ATE_DIVIDIR} vezes ao calculá-la",
                agora=agora,
            )
            return None
        return TentativaLote.objects.create(
            lote=lote,
            processo=f"{socket.gethostname()}:{os.getpid()}"[:120],
            iniciada_em=agora,
        )


def travar_lote(lote_id: int) -> LoteFaturamento | None:
    """Locks a lot of an open run that is still to be done; None when it is not, or not free."""
    return (
        LoteFaturamento.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("execucao")
        .filter(
            pk=lote_id,
            situacao=Situacao.PENDENTE,
            execucao__situacao=ExecucaoFaturamento.Situacao.ABERTA,
        )
        .first()
    )


def isolar(lote: LoteFaturamento, *, codigo: str, motivo: str, agora: datetime) -> None:
    """Halves a locked lot that cannot be computed; a UC that stands alone becomes a Pendencia."""
    # Also the order of new lots: two workers may halve two lots at once.
    execucao = ExecucaoFaturamento.objects.select_for_update(no_key=True).get(pk=lote.execucao_id)
    escopo = Escopo.da_execucao(execucao)
    do_lote = escopo.elegiveis(lote.unidade_de, lote.unidade_ate).order_by("pk")
    travar_unidades(do_lote.values_list("pk", flat=True))
    ids = list(do_lote.values_list("pk", flat=True))
    lote.erro = motivo[:500]
    if len(ids) > 1:
        meio = len(ids) // 2
        ultima = execucao.lotes.aggregate(ultima=Max("ordem"))["ultima"]
        LoteFaturamento.objects.bulk_create(
            _lote_de(execucao, ordem, parte)
            for ordem, parte in enumerate((ids[:meio], ids[meio:]), start=ultima + 1)
        )
        lote.situacao = Situacao.DIVIDIDO
    else:
        for unidade_id in ids:
            Pendencia.objects.create(
                execucao=execucao,
                unidade_id=unidade_id,
                codigo=codigo,
                mensagem=f"A unidade não pôde ser calculada: {motivo}. Avise o suporte."[:500],
                registrada_em=agora,
            )
        lote.situacao = Situacao.FEITO
        lote.elegiveis = lote.pendentes = len(ids)
    lote.save()


def concluir_execucao(execucao_id: int, *, agora: datetime) -> bool:
    """Adds up the lots and closes the run, once; False when something is left, or it is closed."""
    with em_transacao():
        execucao = (
            ExecucaoFaturamento.objects.select_for_update(of=("self",), no_key=True)
            .filter(pk=execucao_id, situacao=ExecucaoFaturamento.Situacao.ABERTA)
            .first()
        )
        if execucao is None or por_fazer(execucao_id).exists():
            return False
        somar_lotes(execucao)
        execucao.situacao = ExecucaoFaturamento.Situacao.CONCLUIDA
        execucao.terminada_em = agora
        execucao.save()
    return True


def somar_lotes(execucao: ExecucaoFaturamento) -> None:
    """Puts the sums of the lots on the run, in memory."""
    # Added up here: SQLite adds decimals as floats.
    linhas = execucao.lotes.filter(situacao=Situacao.FEITO).values_list(*CONTAGENS_DO_LOTE)
    somas = [sum(coluna) for coluna in zip(*linhas, strict=True)] or [0, 0, 0, Decimal("0.00")]
    for nome, soma in zip(CONTAGENS_DO_LOTE, somas, strict=True):
        setattr(execucao, nome, soma)
