"""Audit of billing: one event for a lot, and how an invoice finds those that it was in."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from auditoria.models import EventoAuditoria
from auditoria.servicos.eventos import registrar_evento
from comum.texto import com_numero
from faturamento.models import Fatura, LoteFaturamento
from faturamento.servicos.emissao import blocos_de_numeros


def anotar_lote(lote: LoteFaturamento, emitidas: Sequence[Fatura], *, agora: datetime) -> None:
    """One INSERT for the whole lot, in its transaction; of who asked for the run."""
    registrar_evento(
        "LOTE_FATURADO",
        f"execução {lote.execucao_id}, lote {lote.pk}: {com_numero(lote.faturadas, 'faturada')}, "
        f"{com_numero(len(emitidas), 'emitida')}, {com_numero(lote.pendentes, 'pendente')}",
        agora=agora,
        usuario_id=lote.execucao.solicitada_por_id,
        objeto=lote,
        dados={
            "execucao": lote.execucao_id,
            "elegiveis": lote.elegiveis,
            "faturadas": lote.faturadas,
            "emitidas": len(emitidas),
            "pendentes": lote.pendentes,
            "blocos": blocos_de_numeros(emitidas),
        },
    )


def eventos_da_fatura(fatura: Fatura) -> Q:
    """The events of the lots that this invoice was part of: billed by a run, issued by hand."""
    achados = Q(modelo=Fatura._meta.label, objeto_id=fatura.pk)
    if fatura.execucao_id and fatura.unidade_id:
        lotes = LoteFaturamento.objects.filter(
            execucao=fatura.execucao_id,
            unidade_de__lte=fatura.unidade_id,
            unidade_ate__gte=fatura.unidade_id,
        )
        achados |= Q(
            modelo=LoteFaturamento._meta.label,
            objeto_id__in=list(lotes.values_list("pk", flat=True)),
        )
    if fatura.emitida_em and fatura.numero:
        # The clock of the act is on both; the block of numbers tells lots of one instant apart.
        da_emissao = EventoAuditoria.objects.filter(
            acao="FATURAS_EMITIDAS", instante=fatura.emitida_em, objeto_id=None
        )
        ids = [
            pk
            for pk, dados in da_emissao.values_list("pk", "dados")
            if _no_bloco(dados.get("blocos", {}).get(fatura.serie), fatura.numero)
        ]
        achados |= Q(pk__in=ids)
    return achados


def _no_bloco(bloco: Sequence[int] | None, numero: int) -> bool:
    return bloco is not None and bloco[0] <= numero <= bloco[1]
