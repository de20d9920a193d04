"""The billing run: opened, done by workers, followed, cancelled, resumed.

It is cut into lots (`lotes`), each computed, written and marked done in one
transaction (`calculo_do_lote`) by whoever claims it (`trabalhador`). Whoever
dies leaves its lot as it was; asking again for the same scope takes up the open run.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from comum.texto import com_numero
from faturamento.models import ExecucaoFaturamento, Fatura, Pendencia
from faturamento.servicos.andamento import Andamento, contar
from faturamento.servicos.apuracao import NaoApurada, apurar, descartar_estimativas
from faturamento.servicos.competencia import recusar_competencia_fechada, travar_competencia
from faturamento.servicos.conferencia_de_rascunhos import apagar_rascunhos
from faturamento.servicos.escopo import (
    CompetenciaFuturaError,
    Escopo,
    GrupoDesconhecidoError,
    definir_escopo,
)
from faturamento.servicos.lotes import UNIDADES_POR_LOTE, abrir_execucao
from faturamento.servicos.parametros import Parametros
from faturamento.servicos.processos import conferir_processos, trabalhar_em_processos
from faturamento.servicos.trabalhador import Avisar, Relogio, trabalhar
from medidores.models import UnidadeConsumidora

__all__ = [
    "CompetenciaFuturaError",
    "Escopo",
    "ExecucaoNaoAbertaError",
    "GrupoDesconhecidoError",
    "ResumoExecucao",
    "abrir_execucao",
    "cancelar_execucao",
    "continuar_execucao",
    "definir_escopo",
    "descartar_rascunhos",
    "faturar",
    "pendencias_da_execucao",
    "resumir",
    "retomar_execucao",
    "simular_faturamento",
]

Situacao = ExecucaoFaturamento.Situacao


class ExecucaoNaoAbertaError(DominioError):
    """The run is over, or was cancelled."""

    codigo = "EXECUCAO_NAO_ABERTA"


@dataclass(slots=True)
class ResumoExecucao:
    """What came of a run: faturadas + pendentes = elegiveis."""

    execucao: int | None
    competencia: str
    elegiveis: int = 0
    faturadas: int = 0
    pendentes: int = 0
    ja_faturadas: int = 0
    suspensas: int = 0
    valor_total: Decimal = Decimal("0.00")
    pendencias: dict[str, int] = field(default_factory=dict)
    concluida: bool = True

    def como_json(self) -> dict[str, Any]:
        return {
            "execucao": self.execucao,
            "competencia": self.competencia,
            "elegiveis": self.elegiveis,
            "faturadas": self.faturadas,
            "pendentes": self.pendentes,
            "ja_faturadas": self.ja_faturadas,
            "suspensas": self.suspensas,
            "valor_total": f"{self.valor_total:.2f}",
            "pendencias": self.pendencias,
        }


def simular_faturamento(escopo: Escopo, *, avisar: Avisar | None = None) -> ResumoExecucao:
    """What a run would do, computed in full; writes nothing."""
    parametros = Parametros.carregar()
    resumo = ResumoExecucao(
        execucao=None,
        competencia=f"{escopo.janela.mes_referencia:%Y-%m}",
        ja_faturadas=escopo.ja_faturadas().count(),
        suspensas=escopo.suspensas().count(),
    )
    ids = list(escopo.elegiveis().order_by("pk").values_list("pk", flat=True))
    codigos: Counter[str] = Counter()
    if avisar is not None:
        avisar(Andamento(0, len(ids)))
    for inicio in range(0, len(ids), UNIDADES_POR_LOTE):
        lote = ids[inicio : inicio + UNIDADES_POR_LOTE]
        unidades = list(UnidadeConsumidora.objects.filter(pk__in=lote).order_by("pk"))
        for apurada in apurar(unidades, escopo.janela, parametros):
            resumo.elegiveis += 1
            if isinstance(apurada, NaoApurada):
                resumo.pendentes += 1
                codigos[apurada.codigo] += 1
            else:
                resumo.faturadas += 1
                resumo.valor_total += apurada.demonstrativo.valor or 0
        if avisar is not None:
            avisar(Andamento(inicio + len(lote), len(ids), dict(codigos)))
    resumo.pendencias = dict(sorted(codigos.items()))
    return resumo


def faturar(
    escopo: Escopo,
    *,
    emitir: bool,
    agora: datetime,
    usuario_id: int | None = None,
    processos: int = 1,
    relogio: Relogio | None = None,
    avisar: Avisar | None = None,
) -> ResumoExecucao:
    """Bills every eligible UC of the scope: an invoice or a Pendencia for each.

    With `emitir` the invoices are issued as they are written, and so are the
    drafts that the scope already had. An open run of the same scope is joined.
    `relogio` dates what is written as it goes; without it all is of `agora`.

    Raises:
        ProcessosInvalidosError: `processos` cannot work here.
        CompetenciaFechadaError: the month is closed.
    """
    conferir_processos(processos)
    execucao = abrir_execucao(escopo, emitir=emitir, agora=agora, usuario_id=usuario_id)
    return continuar_execucao(
        execucao.pk, processos=processos, relogio=relogio or (lambda: agora), avisar=avisar
    )


def continuar_execucao(
    execucao_id: int, *, relogio: Relogio, processos: int = 1, avisar: Avisar | None = None
) -> ResumoExecucao:
    """Works on an open run until it is over, and says what came of it."""
    if processos == 1:
        trabalhar(execucao_id, relogio=relogio, avisar=avisar)
    else:
        trabalhar_em_processos(execucao_id, processos=processos, avisar=avisar)
    return resumir(execucao_id)


def resumir(execucao_id: int) -> ResumoExecucao:
    """What came of a run, or has come of it so far."""
    execucao = contar(_abrir(ExecucaoFaturamento.objects.all(), execucao_id))
    return ResumoExecucao(
        execucao=execucao.pk,
        competencia=f"{execucao.mes_referencia:%Y-%m}",
        elegiveis=execucao.elegiveis,
        faturadas=execucao.faturadas,
        pendentes=execucao.pendentes,
        ja_faturadas=execucao.ja_faturadas,
        suspensas=execucao.suspensas,
        valor_total=execucao.valor_total,
        pendencias=execucao.pendencias.por_codigo(),
        concluida=execucao.situacao == Situacao.CONCLUIDA,
    )


def cancelar_execucao(
    *, execucao_id: int, motivo: str, agora: datetime, usuario_id: int | None = None
) -> ExecucaoFaturamento:
    """Stops a run: what is done stays, lots in hand are finished, no other is begun.

    Raises:
        DadoInvalidoError: the motive is blank.
        NaoEncontradoError: no run has this id.
        ExecucaoNaoAbertaError: it is over, or was cancelled already.
    """
    motivo = " ".join(motivo.split())[:300]
    if not motivo:
        raise DadoInvalidoError("Informe o motivo do cancelamento.", campo="motivo")
    with em_transacao():
        execucao = _travar(execucao_id)
        if not execucao.e_aberta:
            raise ExecucaoNaoAbertaError(
                f"A {execucao} está {execucao.get_situacao_display()}; só se cancela a que está "
                "em andamento."
            )
        contar(execucao)
        execucao.situacao = Situacao.CANCELADA
        execucao.terminada_em = agora
        execucao.cancelada_por_id = usuario_id
        execucao.motivo_cancelamento = motivo
        execucao.save()
    return execucao


def retomar_execucao(*, execucao_id: int) -> ExecucaoFaturamento:
    """Opens a cancelled or interrupted run again; an open one stays as it is.

    Its lots are then for whoever works on it next (`continuar_execucao`).

    Raises:
        NaoEncontradoError: no run has this id.
        ExecucaoNaoAbertaError: it is over.
        CompetenciaFechadaError: the month is closed.
        ConflitoError: another run of the same scope is open.
    """
    with em_transacao():
        execucao = _travar(execucao_id)
        if execucao.situacao == Situacao.CONCLUIDA:
            raise ExecucaoNaoAbertaError(
                f"A {execucao} está concluída. Fature a competência de novo para o que ficou "
                "pendente."
            )
        travar_competencia(execucao.mes_referencia)
        recusar_competencia_fechada(execucao.mes_referencia)
        execucao.situacao = Situacao.ABERTA
        execucao.terminada_em = None
        execucao.cancelada_por = None
        execucao.motivo_cancelamento = ""
        execucao.save()
    return execucao


def _travar(execucao_id: int) -> ExecucaoFaturamento:
    execucoes = ExecucaoFaturamento.objects.select_for_update(of=("self",), no_key=True)
    return _abrir(execucoes, execucao_id)


def _abrir(execucoes: "QuerySet[ExecucaoFaturamento]", execucao_id: int) -> ExecucaoFaturamento:
    execucao = execucoes.filter(pk=execucao_id).first()
    if execucao is None:
        raise NaoEncontradoError(f"Execução {execucao_id} não encontrada.")
    return execucao


def pendencias_da_execucao(execucao_id: int | None) -> "QuerySet[Pendencia]":
    """What a run left pending, with the UCs, in order."""
    pendencias = Pendencia.objects.filter(execucao=execucao_id).select_related("unidade")
    return pendencias.order_by("codigo", "unidade__codigo", "pk")


def descartar_rascunhos(
    fatura_ids: Sequence[int], *, agora: datetime | None = None, usuario_id: int | None = None
) -> int:
    """Throws drafts away, so that a new run computes them again; returns how many.

    With `agora` the audit trail keeps it as an act; without, it is part of another.
    """
    with em_transacao():
        descartar_estimativas(fatura_ids)
        rascunhos = Fatura.objects.em_rascunho().filter(pk__in=fatura_ids).order_by("pk")
        ids = list(rascunhos.select_for_update().values_list("pk", flat=True))
        apagados = apagar_rascunhos(ids)
        if apagados and agora is not None:
            registrar_evento(
                "RASCUNHOS_DESCARTADOS",
                com_numero(apagados, "rascunho descartado"),
                agora=agora,
                usuario_id=usuario_id,
                dados={"rascunhos": apagados, "de": ids[0], "ate": ids[-1]},
            )
        return apagados
