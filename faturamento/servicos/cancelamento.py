"""Cancellation: number and document stay, the invoice no longer counts."""

from datetime import datetime

from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from faturamento.models import Fatura
from medidores.servicos.faturado import travar_unidades


class FaturaNaoCancelavelError(DominioError):
    """Only an issued invoice without payment can be cancelled."""

    codigo = "FATURA_NAO_CANCELAVEL"


def cancelar_fatura(
    *, fatura_id: int, motivo: str, agora: datetime, usuario_id: int | None = None
) -> Fatura:
    """Cancels an issued invoice and returns it; its readings are free again.

    Raises:
        NaoEncontradoError: no invoice has this id.
        DadoInvalidoError: the motive is blank.
        FaturaNaoCancelavelError: a draft, cancelled already, or with payments.
    """
    motivo = " ".join(motivo.split())[:300]
    if not motivo:
        raise DadoInvalidoError("Informe o motivo do cancelamento.", campo="motivo")
    with em_transacao():
        unidade = Fatura.objects.filter(pk=fatura_id).values_list("unidade", flat=True)
        travar_unidades(pk for pk in unidade if pk is not None)
        fatura = Fatura.objects.select_for_update().filter(pk=fatura_id).first()
        if fatura is None:
            raise NaoEncontradoError(f"Fatura {fatura_id} não encontrada.")
        if fatura.situacao != Fatura.Situacao.EMITIDA:
            raise FaturaNaoCancelavelError(
                f"A {fatura} está {fatura.get_situacao_display()}; só se cancela fatura emitida. "
                "Rascunho se descarta."
            )
        if fatura.status_pagamento != Fatura.StatusPagamento.PENDENTE:
            raise FaturaNaoCancelavelError(
                f"A {fatura} tem pagamento. Estorne-o antes de cancelar."
            )
        fatura.situacao = Fatura.Situacao.CANCELADA
        fatura.cancelada_em = agora
        fatura.cancelada_por_id = usuario_id
        fatura.motivo_cancelamento = motivo
        fatura.save(
            update_fields=["situacao", "cancelada_em", "cancelada_por", "motivo_cancelamento"]
        )
    return fatura
