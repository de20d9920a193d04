"""What happened to an invoice, in order."""

from dataclasses import dataclass

from comum.django_base.exibicao import VAZIO, dia, instante, ligacao_ao_objeto
from faturamento.models import Fatura


@dataclass(frozen=True, slots=True)
class Passo:
    titulo: str
    quando: str
    detalhe: str = ""
    cor: str = "primary"


def montar_trilha(fatura: Fatura) -> list[Passo]:
    """The steps taken so far, and the due date."""
    passos = []
    if fatura.execucao is not None:
        quando = instante(fatura.execucao.iniciada_em)
        passos.append(Passo("Calculada", quando, ligacao_ao_objeto(fatura.execucao)))
    if fatura.substitui_id is not None:
        substituida = ligacao_ao_objeto(fatura.substitui)
        passos.append(Passo("Substitui", VAZIO, substituida, "info"))
    if fatura.emitida_em is not None:
        detalhe = f"número {fatura.serie}-{fatura.numero}" if fatura.numero else "sem número"
        passos.append(Passo("Emitida", instante(fatura.emitida_em), detalhe, "success"))
    if fatura.data_vencimento is not None and fatura.situacao == Fatura.Situacao.EMITIDA:
        pagamento = fatura.get_status_pagamento_display()
        cor = "success" if fatura.status_pagamento == Fatura.StatusPagamento.PAGA else "warning"
        passos.append(Passo("Vencimento", dia(fatura.data_vencimento), pagamento, cor))
    if fatura.cancelada_em is not None:
        autor = f", por {fatura.cancelada_por}" if fatura.cancelada_por else ""
        motivo = str(fatura.motivo_cancelamento)
        detalhe = f"{motivo.removesuffix('.') if autor else motivo}{autor}"
        passos.append(Passo("Cancelada", instante(fatura.cancelada_em), detalhe, "danger"))
    if (nova := getattr(fatura, "substituida_por", None)) is not None:
        passos.append(
            Passo("Substituída", instante(nova.emitida_em), ligacao_ao_objeto(nova), "info")
        )
    return passos
