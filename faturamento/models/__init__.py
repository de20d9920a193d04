"""Distributors, dated tariffs and taxes, runs, invoices and payments."""

from faturamento.models.distribuidora import Distribuidora, SequenciaFatura
from faturamento.models.execucao import (
    CompetenciaFechada,
    ExecucaoFaturamento,
    LoteFaturamento,
    Pendencia,
    TentativaLote,
)
from faturamento.models.fatura import Fatura
from faturamento.models.pagamento import Pagamento
from faturamento.models.tarifa import AliquotaTributo, Bandeira, FaixaCip, Tarifa

__all__ = [
    "AliquotaTributo",
    "Bandeira",
    "CompetenciaFechada",
    "Distribuidora",
    "ExecucaoFaturamento",
    "FaixaCip",
    "Fatura",
    "LoteFaturamento",
    "Pagamento",
    "Pendencia",
    "SequenciaFatura",
    "Tarifa",
    "TentativaLote",
]
