"""Cancellation: number and document stay, the invoice no longer counts."""

from datetime import datetime
from decimal import Decimal

from comum.dinheiro import numero_br
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from comum.texto import com_numero
from faturamento.models import Fatura, MotivoCancelamento
from faturamento.servicos.avisos import avisar_cancelamento
from faturamento.servicos.baixa import pagamentos_vivos
from faturamento.servicos.lancamentos import liberar_lancamentos
from medidores.servicos.faturado import travar_unidades

ALGARISMOS_MAXIMOS = 18
CAMPOS_DO_CANCELAMENTO = [
    "situacao",
    "cancelada_em",
    "cancelada_por",
    "motivo",
    "motivo_cancelamento",
]


class FaturaNaoCancelavelError(DominioError):
    """Only an issued invoice without payment can be cancelled."""

    codigo = "FATURA_NAO_CANCELAVEL"


def cancelar_fatura(
    *,
    fatura_id: int,
    motivo: str,
    agora: datetime,
    detalhe: str = "",
    usuario_id: int | None = None,
) -> Fatura:
    """Cancels an issued invoice and returns it; its readings and one-off lines are free again.

    `motivo` is the code of one that is in use; `detalhe` says what happened.

    Raises:
        NaoEncontradoError: no invoice has this id.
        DadoInvalidoError: no such motive, or one that wants a detail.
        FaturaNaoCancelavelError: a draft, cancelled already, or with payments.
    """
    escolhido = ler_motivo(motivo, detalhe)
    with em_transacao():
        fatura = travar_fatura(fatura_id)
        if fatura.situacao != Fatura.Situacao.EMITIDA:
            raise FaturaNaoCancelavelError(
                f"A {fatura} está {fatura.get_situacao_display()}; só se cancela fatura emitida. "
                "Rascunho se descarta."
            )
        vivos = pagamentos_vivos(fatura)
        if vivos:
            total = sum((pagamento.valor for pagamento in vivos), Decimal(0))
            quantos = com_numero(len(vivos), "pagamento")
            raise FaturaNaoCancelavelError(
                f"A {fatura} tem {quantos}, de R$ {numero_br(total)}. Refature-a, "
                "e o pago passa para a nova, ou estorne antes de cancelar."
            )
        fatura.situacao = Fatura.Situacao.CANCELADA
        fatura.cancelada_em = agora
        fatura.cancelada_por_id = usuario_id
        fatura.motivo = escolhido
        fatura.motivo_cancelamento = _texto(escolhido, detalhe)
        fatura.save(update_fields=CAMPOS_DO_CANCELAMENTO)
        liberar_lancamentos(fatura)
        avisar_cancelamento(fatura, agora=agora)
    return fatura


def travar_fatura(fatura_id: int) -> Fatura:
    """The invoice as it is now, locked after its UC: the order in which all lock them.

    Raises:
        NaoEncontradoError: no invoice has this id.
    """
    unidades = Fatura.objects.filter(pk=fatura_id).values_list("unidade", flat=True)
    travar_unidades(pk for pk in unidades if pk is not None)
    fatura = Fatura.objects.select_for_update().filter(pk=fatura_id).first()
    if fatura is None:
        raise NaoEncontradoError(f"Fatura {fatura_id} não encontrada.")
    return fatura


def achar_fatura(texto: str) -> Fatura:
    """The invoice that an operator names: SERIE-NUMERO, or its id.

    Raises:
        NaoEncontradoError: there is none.
    """
    serie, _, numero = texto.strip().rpartition("-")
    if not numero.isascii() or not numero.isdecimal() or len(numero) > ALGARISMOS_MAXIMOS:
        fatura = None
    elif serie:
        fatura = Fatura.objects.filter(serie=serie, numero=int(numero)).first()
    else:
        fatura = Fatura.objects.filter(pk=int(numero)).first()
    if fatura is None:
        raise NaoEncontradoError(
            f"Fatura {texto[:40]!r} não encontrada. Use SÉRIE-NÚMERO, como 1-1234, ou o id."
        )
    return fatura


def ler_motivo(codigo: str, detalhe: str) -> MotivoCancelamento:
    """The motive in use that has this code.

    Raises:
        DadoInvalidoError: there is none, or it wants a detail.
    """
    em_uso = MotivoCancelamento.objects.filter(ativo=True)
    escolhido = em_uso.filter(codigo=codigo.strip().upper()).first()
    if escolhido is None:
        conhecidos = ", ".join(em_uso.order_by("codigo").values_list("codigo", flat=True))
        raise DadoInvalidoError(
            f"Motivo de cancelamento desconhecido: {codigo[:40]!r}. "
            f"Use um de: {conhecidos or 'nenhum cadastrado'}.",
            campo="motivo",
            codigo="MOTIVO_DESCONHECIDO",
        )
    if escolhido.exige_detalhe and not detalhe.strip():
        raise DadoInvalidoError(
            f"O motivo {escolhido.codigo} pede um detalhe. Escreva o que houve.",
            campo="detalhe",
            codigo="DETALHE_AUSENTE",
        )
    return escolhido


def _texto(motivo: MotivoCancelamento, detalhe: str) -> str:
    return ": ".join(filter(None, (motivo.descricao, " ".join(detalhe.split()))))[:300]
