"""The billing run: cut into lots, each computed, written and marked done in one transaction.

Whoever dies leaves its lot as it was; `faturar` again takes up an open run of
the same scope and does the lots that are not done.
"""

import os
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from comum.django_base.gravacao import em_transacao
from comum.erros import DominioError
from comum.periodos import dia_civil
from faturamento.models import (
    ExecucaoFaturamento,
    Fatura,
    LoteFaturamento,
    Pendencia,
    TentativaLote,
)
from faturamento.servicos.apuracao import Apurada, NaoApurada, apurar, montar_fatura
from faturamento.servicos.conferencia_de_rascunhos import (
    apagar_rascunhos,
    conferir_grupos,
    conferir_rascunhos,
)
from faturamento.servicos.emissao import emitir_faturas, preparar_emissao
from faturamento.servicos.lancamentos import marcar_faturados
from faturamento.servicos.medicao import Janela, janela_da_competencia
from faturamento.servicos.parametros import Parametros
from medidores.models import UnidadeConsumidora
from medidores.servicos.faturado import travar_unidades

UNIDADES_POR_LOTE = 500
CONTAGENS_DO_LOTE = ("elegiveis", "faturadas", "pendentes", "valor_total")
Avisar = Callable[[int, int], None]


class CompetenciaFuturaError(DominioError):
    """The month has not begun: there is nothing to bill."""

    codigo = "COMPETENCIA_FUTURA"


class GrupoDesconhecidoError(DominioError):
    """No UC is in this reading group."""

    codigo = "GRUPO_DESCONHECIDO"


@dataclass(frozen=True, slots=True)
class Escopo:
    """What a run bills: a month, its reading window, perhaps one reading group."""

    janela: Janela
    grupo_leitura: str = ""

    def unidades(self) -> Any:
        todas = UnidadeConsumidora.objects.all()
        return todas.filter(grupo_leitura=self.grupo_leitura) if self.grupo_leitura else todas

    def faturas_do_mes(self) -> Any:
        """The one invoice a UC may have of this month."""
        return Fatura.objects.do_mes_da_unidade().do_mes(self.janela.mes_referencia)

    def elegiveis(self) -> "QuerySet[Any]":
        """Active UCs with an active meter and without an invoice of the month."""
        do_mes = self.faturas_do_mes().filter(unidade=OuterRef("pk"))
        return self.unidades().ativas().com_medidor_ativo().filter(~Exists(do_mes))

    def ja_faturadas(self) -> "QuerySet[Any]":
        do_mes = self.faturas_do_mes().filter(unidade=OuterRef("pk"))
        return self.unidades().ativas().filter(Exists(do_mes))

    def rascunhos(self) -> "QuerySet[Any]":
        return self.faturas_do_mes().em_rascunho().filter(unidade__in=self.unidades())


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


def definir_escopo(
    mes_referencia: date, *, ate: date | None, grupo_leitura: str, agora: datetime
) -> Escopo:
    """Checks what is asked for.

    Raises:
        CompetenciaFuturaError: the month has not begun.
        GrupoDesconhecidoError: no UC is in the group.
        ApuracaoImpossivelError: `ate` is not in the month.
    """
    if mes_referencia > dia_civil(agora):
        raise CompetenciaFuturaError(
            f"A competência {mes_referencia:%m/%Y} ainda não começou. Use AAAA-MM de um mês que já "
            "tem leituras."
        )
    if (
        grupo_leitura
        and not UnidadeConsumidora.objects.filter(grupo_leitura=grupo_leitura).exists()
    ):
        grupos = UnidadeConsumidora.objects.exclude(grupo_leitura="").order_by("grupo_leitura")
        conhecidos = ", ".join(grupos.values_list("grupo_leitura", flat=True).distinct()[:20])
        raise GrupoDesconhecidoError(
            f"Não há unidade no grupo de leitura {grupo_leitura[:40]!r}. "
            f"Grupos cadastrados: {conhecidos or 'nenhum'}."
        )
    return Escopo(janela_da_competencia(mes_referencia, ate), grupo_leitura)


def simular_faturamento(escopo: Escopo, *, avisar: Avisar = lambda *_: None) -> ResumoExecucao:
    """What a run would do, computed in full; writes nothing."""
    parametros = Parametros.carregar()
    resumo = _resumo_inicial(escopo)
    ids = list(escopo.elegiveis().order_by("pk").values_list("pk", flat=True))
    codigos: Counter[str] = Counter()
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
        avisar(inicio + len(lote), len(ids))
    resumo.pendencias = dict(sorted(codigos.items()))
    return resumo


def faturar(
    escopo: Escopo,
    *,
    emitir: bool,
    agora: datetime,
    usuario_id: int | None = None,
    avisar: Avisar = lambda *_: None,
) -> ResumoExecucao:
    """Bills every eligible UC of the scope: an invoice or a Pendencia for each.

    With `emitir` the invoices are issued as they are written, and so are the
    drafts that the scope already had. `avisar(done, total)` follows the lots.
    """
    rascunhos = list(escopo.rascunhos().values_list("pk", flat=True)) if emitir else []
    resumo = _resumo_inicial(escopo)
    execucao = _abrir(escopo, emitir=emitir, agora=agora, usuario_id=usuario_id)
    parametros = Parametros.carregar()
    lotes = execucao.lotes.exclude(situacao=LoteFaturamento.Situacao.FEITO).order_by("ordem")
    ids = list(lotes.values_list("pk", flat=True))
    for posicao, lote_id in enumerate(ids, start=1):
        _fazer_lote(lote_id, escopo, parametros, agora=agora)
        avisar(posicao, len(ids))
    conferir_grupos(execucao, agora=agora)
    emitir_faturas(rascunhos, agora=agora)
    _encerrar(execucao, resumo, agora=agora)
    return resumo


def _resumo_inicial(escopo: Escopo) -> ResumoExecucao:
    return ResumoExecucao(
        execucao=None,
        competencia=f"{escopo.janela.mes_referencia:%Y-%m}",
        ja_faturadas=escopo.ja_faturadas().count(),
        suspensas=escopo.unidades().filter(situacao="SUSPENSA").count(),
    )


def _abrir(
    escopo: Escopo, *, emitir: bool, agora: datetime, usuario_id: int | None
) -> ExecucaoFaturamento:
    """The open run of this very scope, left by one that died, or a new one with its lots."""
    with em_transacao():
        aberta = (
            ExecucaoFaturamento.objects.select_for_update()
            .filter(
                mes_referencia=escopo.janela.mes_referencia,
                grupo_leitura=escopo.grupo_leitura,
                ate=escopo.janela.ate,
                emitir=emitir,
                situacao=ExecucaoFaturamento.Situacao.ABERTA,
            )
            .order_by("pk")
            .first()
        )
        if aberta is not None:
            return aberta
        execucao = ExecucaoFaturamento.objects.create(
            mes_referencia=escopo.janela.mes_referencia,
            grupo_leitura=escopo.grupo_leitura,
            ate=escopo.janela.ate,
            emitir=emitir,
            iniciada_em=agora,
            solicitada_por_id=usuario_id,
        )
        ids = list(escopo.elegiveis().order_by("pk").values_list("pk", flat=True))
        LoteFaturamento.objects.bulk_create(
            LoteFaturamento(
                execucao=execucao,
                ordem=ordem,
                unidade_de=ids[inicio],
                unidade_ate=ids[min(inicio + UNIDADES_POR_LOTE, len(ids)) - 1],
            )
            for ordem, inicio in enumerate(range(0, len(ids), UNIDADES_POR_LOTE), start=1)
        )
    return execucao


def _fazer_lote(lote_id: int, escopo: Escopo, parametros: Parametros, *, agora: datetime) -> None:
    tentativa = TentativaLote.objects.create(
        lote_id=lote_id,
        processo=f"{socket.gethostname()}:{os.getpid()}"[:120],
        iniciada_em=agora,
    )
    with em_transacao():
        # Another process on the same run is waited for, and its lot then found done.
        lote = (
            LoteFaturamento.objects.select_for_update(of=("self",))
            .select_related("execucao")
            .filter(pk=lote_id)
            .exclude(situacao=LoteFaturamento.Situacao.FEITO)
            .first()
        )
        if lote is not None:
            _faturar_lote(lote, escopo, parametros, agora=agora)
        tentativa.terminada_em = agora
        tentativa.save(update_fields=["terminada_em"])


def _faturar_lote(
    lote: LoteFaturamento, escopo: Escopo, parametros: Parametros, *, agora: datetime
) -> None:
    """Computes and writes one lot, inside the caller's transaction."""
    do_lote = escopo.elegiveis().filter(pk__range=(lote.unidade_de, lote.unidade_ate))
    travadas = list(do_lote.values_list("pk", flat=True))
    travar_unidades(travadas)
    # Asked again under the lock, of these alone: whoever held it may have billed them, and
    # one that became eligible meanwhile is not locked.
    unidades = list(do_lote.filter(pk__in=travadas).order_by("pk"))
    resultados = list(apurar(unidades, escopo.janela, parametros))
    apuradas = [r for r in resultados if isinstance(r, Apurada)]
    pendentes = [r for r in resultados if isinstance(r, NaoApurada)]
    faturas = [montar_fatura(apurada, escopo.janela) for apurada in apuradas]
    for fatura in faturas:
        fatura.execucao = lote.execucao
    _gravar_pendencias(lote.execucao, pendentes, agora)
    conferencia = conferir_rascunhos(faturas, agora=agora)
    a_emitir = conferencia.em_ordem if lote.execucao.emitir else []
    preparar_emissao(a_emitir, parametros, agora=agora)
    Fatura.objects.bulk_create(faturas)
    conferencia.gravar()
    marcar_faturados(a_emitir)
    lote.situacao = LoteFaturamento.Situacao.FEITO
    lote.elegiveis = len(resultados)
    lote.faturadas = len(faturas)
    lote.pendentes = len(pendentes)
    lote.valor_total = sum((fatura.valor for fatura in faturas), Decimal("0.00"))
    lote.save()


def _gravar_pendencias(
    execucao: ExecucaoFaturamento, pendentes: Sequence[NaoApurada], agora: datetime
) -> None:
    Pendencia.objects.bulk_create(
        Pendencia(
            execucao=execucao,
            unidade=pendente.unidade,
            codigo=pendente.codigo,
            mensagem=pendente.mensagem[:500],
            registrada_em=agora,
        )
        for pendente in pendentes
    )


def _encerrar(execucao: ExecucaoFaturamento, resumo: ResumoExecucao, *, agora: datetime) -> None:
    """Adds up the lots and closes the run; the database checks that nothing is missing."""
    with em_transacao():
        # Added up here: SQLite adds decimals as floats.
        lotes = execucao.lotes.values(*CONTAGENS_DO_LOTE)
        for nome in CONTAGENS_DO_LOTE:
            soma = sum(lote[nome] for lote in lotes)
            setattr(execucao, nome, soma)
            setattr(resumo, nome, soma)
        execucao.ja_faturadas = resumo.ja_faturadas
        execucao.suspensas = resumo.suspensas
        execucao.situacao = ExecucaoFaturamento.Situacao.CONCLUIDA
        execucao.terminada_em = agora
        execucao.save()
    resumo.execucao = execucao.pk
    resumo.pendencias = execucao.pendencias.por_codigo()


def pendencias_da_execucao(execucao_id: int | None) -> "QuerySet[Pendencia]":
    """What a run left pending, with the UCs, in order."""
    pendencias = Pendencia.objects.filter(execucao=execucao_id).select_related("unidade")
    return pendencias.order_by("codigo", "unidade__codigo", "pk")


def descartar_rascunhos(fatura_ids: Sequence[int]) -> int:
    """Throws drafts away, so that a new run computes them again; returns how many."""
    with transaction.atomic():
        rascunhos = Fatura.objects.em_rascunho().filter(pk__in=fatura_ids).select_for_update()
        return apagar_rascunhos([f.pk for f in rascunhos])
