"""How far a run is, from its lots: while it runs and after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum

from comum.periodos import somar_meses
from faturamento.models import (
    ExecucaoFaturamento,
    Fatura,
    LoteFaturamento,
    Pendencia,
    TentativaLote,
)
from faturamento.servicos.lotes import por_fazer, somar_lotes


@dataclass(frozen=True, slots=True)
class Andamento:
    """`feitas` of `total` UCs have their outcome; `pendencias` counts them by code.

    `emitindo`: they are invoices, calculated all, that the run issues at its end.
    """

    feitas: int
    total: int
    pendencias: dict[str, int] = field(default_factory=dict)
    emitindo: bool = False


@dataclass(frozen=True, slots=True)
class ResumoDaClasse:
    """What a class was billed, and the month before."""

    classe: str
    faturas: int
    consumo_kwh: Decimal
    valor: Decimal
    faturas_antes: int
    valor_antes: Decimal


def ler_andamento(execucao_id: int) -> Andamento:
    """How many UCs have their outcome; a halved lot counts by its halves."""
    return ler_andamentos([execucao_id])[execucao_id]


def ler_andamentos(execucao_ids: Sequence[int]) -> dict[int, Andamento]:
    """The same of several runs, in two queries for all of them."""
    lotes = LoteFaturamento.objects.filter(execucao__in=execucao_ids)
    lotes = lotes.exclude(situacao=LoteFaturamento.Situacao.DIVIDIDO).order_by()
    feitos = Q(situacao=LoteFaturamento.Situacao.FEITO)
    somas = {
        pk: (feitas or 0, total or 0)
        for pk, feitas, total in lotes.values_list("execucao").annotate(
            feitas=Sum("unidades", filter=feitos), total=Sum("unidades")
        )
    }
    pendencias: dict[int, dict[str, int]] = {pk: {} for pk in execucao_ids}
    linhas = Pendencia.objects.filter(execucao__in=execucao_ids).order_by("codigo")
    for pk, codigo, quantas in linhas.values_list("execucao", "codigo").annotate(n=Count("pk")):
        pendencias[pk][codigo] = quantas
    return {pk: Andamento(*somas.get(pk, (0, 0)), pendencias[pk]) for pk in execucao_ids}


def ler_emissao(execucao: ExecucaoFaturamento) -> Andamento | None:
    """How many invoices of a run are issued, of those it is to issue; None before that.

    Once the lots are done, that is all that is left of it. What waits for a person is left out.
    """
    if not execucao.emitir or por_fazer(execucao.pk).exists():
        return None
    faturas = execucao.faturas
    emitidas = faturas.filter(situacao=Fatura.Situacao.EMITIDA).count()
    return Andamento(emitidas, emitidas + faturas.fora_de_conferencia().count(), emitindo=True)


def ler_fase(execucao_id: int) -> Andamento:
    """How far a run is in what it is at now: its lots, or the issue that is left at its end."""
    feito = ler_andamento(execucao_id)
    if feito.feitas < feito.total:
        return feito
    emissao = ler_emissao(ExecucaoFaturamento.objects.get(pk=execucao_id))
    return replace(emissao, pendencias=feito.pendencias) if emissao else feito


def contar(execucao: ExecucaoFaturamento) -> ExecucaoFaturamento:
    """The run with the sums of its lots as they stand now, in memory."""
    if execucao.situacao != ExecucaoFaturamento.Situacao.CONCLUIDA:
        somar_lotes(execucao)
    return execucao


def em_trabalho(execucao_id: int) -> Any:
    """The attempts that have not ended, oldest first: who works on what, or died of it."""
    abertas = TentativaLote.objects.filter(
        lote__execucao=execucao_id,
        lote__situacao=LoteFaturamento.Situacao.PENDENTE,
        terminada_em=None,
    )
    return abertas.select_related("lote").order_by("pk")


def comparar_com_o_mes_anterior(execucao: ExecucaoFaturamento) -> Iterator[ResumoDaClasse]:
    """What each class was billed in the run's month and scope, beside the month before."""
    agora = _por_classe(execucao, execucao.mes_referencia)
    antes = _por_classe(execucao, somar_meses(execucao.mes_referencia, -1))
    nada = (0, Decimal(0), Decimal(0))
    for classe in sorted(agora.keys() | antes.keys()):
        faturas, consumo, valor = agora.get(classe, nada)
        faturas_antes, _, valor_antes = antes.get(classe, nada)
        yield ResumoDaClasse(classe, faturas, consumo, valor, faturas_antes, valor_antes)


def _por_classe(execucao: ExecucaoFaturamento, mes: Any) -> dict[str, tuple[int, Decimal, Decimal]]:
    faturas = Fatura.objects.do_mes_da_unidade().do_mes(mes)
    if execucao.grupo_leitura:
        faturas = faturas.filter(unidade__grupo_leitura=execucao.grupo_leitura)
    linhas = (
        faturas.order_by()
        .values(classe=F("unidade__classe"))
        .annotate(n=Count("pk"), kwh=Sum("consumo_kwh"), total=Sum("valor"))
    )
    return {
        linha["classe"]: (linha["n"], linha["kwh"] or Decimal(0), linha["total"] or Decimal(0))
        for linha in linhas
    }
