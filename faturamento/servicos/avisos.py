"""Who must know of an invoice: its events, for the webhooks, without personal data."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from faturamento.models import Fatura
from integracao.models import Assinatura
from integracao.servicos.avisos import Fato, avisar

Evento = Assinatura.Evento


def avisar_emissao(faturas: Iterable[Fatura], *, agora: datetime) -> None:
    """Tells of those that are issued; drafts are passed over."""
    emitidas = (f for f in faturas if f.situacao == Fatura.Situacao.EMITIDA)
    avisar(Evento.FATURA_EMITIDA, map(_fato, emitidas), agora=agora)


def avisar_pagamento(fatura: Fatura, *, agora: datetime) -> None:
    avisar(Evento.FATURA_PAGA, [_fato(fatura)], agora=agora)


def avisar_cancelamento(fatura: Fatura, *, agora: datetime) -> None:
    avisar(Evento.FATURA_CANCELADA, [_fato(fatura)], agora=agora)


def _fato(fatura: Fatura) -> Fato:
    dados: dict[str, Any] = {
        "id_fatura": fatura.pk,
        "cliente_id": fatura.cliente_id,
        "unidade_id": fatura.unidade_id,
        "serie": fatura.serie,
        "numero": fatura.numero,
        "mes_referencia": f"{fatura.mes_referencia:%Y-%m}",
        "valor": f"{fatura.valor:.2f}",
        "data_vencimento": None if not fatura.data_vencimento else str(fatura.data_vencimento),
        "situacao": str(fatura.situacao),
        "status_pagamento": str(fatura.status_pagamento),
        "origem": str(fatura.origem),
    }
    return Fato(fatura.pk, dados)
