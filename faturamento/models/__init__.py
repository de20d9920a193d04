"""Distributors, dated tariffs and taxes, runs, invoices and payments."""

from faturamento.models.aprovacao import PedidoDeAprovacao
from faturamento.models.conferencia import (
    AlertaDeGrupo,
    AlertaDeRascunho,
    LimiteConferencia,
    LimiteDoGrupo,
)
from faturamento.models.distribuidora import Distribuidora, SequenciaFatura
from faturamento.models.execucao import (
    CompetenciaFechada,
    ExecucaoFaturamento,
    LoteFaturamento,
    Pendencia,
    TentativaLote,
)
from faturamento.models.fatura import Fatura
from faturamento.models.lancamento import LancamentoAvulso
from faturamento.models.motivo import MotivoCancelamento
from faturamento.models.pagamento import Pagamento
from faturamento.models.resumo import ResumoMensal
from faturamento.models.tarifa import AliquotaTributo, Bandeira, FaixaCip, Tarifa

__all__ = [
    "AlertaDeGrupo",
    "AlertaDeRascunho",
    "AliquotaTributo",
    "Bandeira",
    "CompetenciaFechada",
    "Distribuidora",
    "ExecucaoFaturamento",
    "FaixaCip",
    "Fatura",
    "LancamentoAvulso",
    "LimiteConferencia",
    "LimiteDoGrupo",
    "LoteFaturamento",
    "MotivoCancelamento",
    "Pagamento",
    "PedidoDeAprovacao",
    "Pendencia",
    "ResumoMensal",
    "SequenciaFatura",
    "Tarifa",
    "TentativaLote",
]
