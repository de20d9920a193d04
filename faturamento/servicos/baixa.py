"""Payments in and out: the only writer of `status_pagamento`, which follows from them."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from comum.dinheiro import CENTAVO
from comum.django_base.gravacao import em_transacao, gravar
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from comum.texto import com_numero
from faturamento.models import Fatura, Pagamento
from faturamento.servicos.avisos import avisar_pagamento

PREFIXO_DO_ESTORNO = "estorno-"
PREFIXO_DA_TRANSFERENCIA = "transferencia-"
PREFIXOS_RESERVADOS = (PREFIXO_DO_ESTORNO, PREFIXO_DA_TRANSFERENCIA)


class FaturaNaoPagavelError(DominioError):
    """Only an issued invoice takes payments."""

    codigo = "FATURA_NAO_PAGAVEL"


class PagamentoNaoManualError(DominioError):
    """A payment that did not come by hand is not undone by a change of status."""

    codigo = "PAGAMENTO_NAO_MANUAL"


class PagamentoEstornadoError(DominioError):
    """A payment is reversed once, and a reversal never."""

    codigo = "PAGAMENTO_JA_ESTORNADO"


def registrar_pagamento(
    *,
    fatura_id: int,
    valor: Decimal,
    identificador: str,
    data_pagamento: date,
    agora: datetime,
    origem: str = Pagamento.Origem.MANUAL,
    usuario_id: int | None = None,
) -> Pagamento:
    """Credits one payment fact to an issued invoice; the status follows.

    More than what is open is kept, and shows as overpaid.

    Raises:
        NaoEncontradoError: no invoice has this id.
        FaturaNaoPagavelError: it is a draft or cancelled.
        django.core.exceptions.ValidationError: the value, or an identifier seen before.
    """
    if identificador.strip().startswith(PREFIXOS_RESERVADOS):
        raise DadoInvalidoError(
            f"Identificador reservado aos estornos e transferências: {identificador[:40]!r}. "
            "Use outro.",
            campo="identificador",
        )
    with em_transacao():
        fatura = _travar(fatura_id)
        if fatura.situacao != Fatura.Situacao.EMITIDA:
            raise FaturaNaoPagavelError(
                f"A {fatura} está {fatura.get_situacao_display()}; só fatura emitida recebe "
                "pagamento."
            )
        pagamento = gravar(
            Pagamento(
                fatura=fatura,
                valor=valor,
                identificador=identificador,
                data_pagamento=data_pagamento,
                origem=origem,
                registrado_em=agora,
                registrado_por_id=usuario_id,
            )
        )
        _atualizar_status(fatura, agora=agora)
    return pagamento


def estornar_pagamento(
    *, pagamento_id: int, agora: datetime, usuario_id: int | None = None
) -> Pagamento:
    """Takes one payment back by a row that points at it; the status follows.

    Raises:
        NaoEncontradoError: no payment has this id.
        PagamentoEstornadoError: it was reversed before, or is itself a reversal.
    """
    with em_transacao():
        original = Pagamento.objects.filter(pk=pagamento_id).first()
        if original is None:
            raise NaoEncontradoError(f"Pagamento {pagamento_id} não encontrado.")
        fatura = _travar(original.fatura_id)
        if original.estorna_id is not None or Pagamento.objects.filter(estorna=original).exists():
            raise PagamentoEstornadoError(f"O {original} já foi estornado, ou é um estorno.")
        estorno = gravar(
            Pagamento(
                fatura=fatura,
                valor=-original.valor,
                identificador=f"{PREFIXO_DO_ESTORNO}{original.pk}",
                data_pagamento=original.data_pagamento,
                origem=original.origem,
                estorna=original,
                registrado_em=agora,
                registrado_por_id=usuario_id,
            )
        )
        _atualizar_status(fatura, agora=agora)
    return estorno


def retirar_pagamentos(
    fatura: Fatura, *, agora: datetime, usuario_id: int | None = None
) -> list[Pagamento]:
    """Reverses what was paid on an invoice that is about to be replaced; returns it.

    The caller holds the invoice's lock, and credits the new one by `creditar_transferidos`.
    """
    vivos = pagamentos_vivos(fatura)
    for pagamento in vivos:
        estornar_pagamento(pagamento_id=pagamento.pk, agora=agora, usuario_id=usuario_id)
    return vivos


def creditar_transferidos(
    pagamentos: Iterable[Pagamento],
    fatura: Fatura,
    *,
    agora: datetime,
    usuario_id: int | None = None,
) -> None:
    """Credits to `fatura` what was paid on the one that it replaces, each fact once.

    The identifier is derived from the original, so a fact cannot be moved twice.
    """
    for original in pagamentos:
        gravar(
            Pagamento(
                fatura=fatura,
                valor=original.valor,
                identificador=f"{PREFIXO_DA_TRANSFERENCIA}{original.pk}",
                data_pagamento=original.data_pagamento,
                origem=original.origem,
                registrado_em=agora,
                registrado_por_id=usuario_id,
            )
        )
    _atualizar_status(fatura, agora=agora)


def pagamentos_vivos(fatura: Fatura) -> list[Pagamento]:
    """The payments of an invoice that were not reversed, in order."""
    vivos = fatura.pagamentos.filter(estorna__isnull=True, estorno__isnull=True)
    return list(vivos.order_by("pk"))


def mudar_status_pagamento(
    *, fatura_id: int, status: str, hoje: date, agora: datetime, usuario_id: int | None = None
) -> Fatura:
    """What a client means by writing `status_pagamento`.

    PAGA records a manual payment of what is open; PENDENTE reverses the manual
    ones. Writing the status that holds changes nothing.

    Raises:
        DadoInvalidoError: PARCIAL, which only payments can make.
        FaturaNaoPagavelError: the invoice is not issued.
        PagamentoNaoManualError: other payments hold it.
    """
    with em_transacao():
        fatura = _travar(fatura_id)
        if status == fatura.status_pagamento:
            return fatura
        if status == Fatura.StatusPagamento.PARCIAL:
            raise DadoInvalidoError(
                "PARCIAL não se escreve: resulta dos pagamentos. Registre o pagamento recebido.",
                campo="status_pagamento",
            )
        if status == Fatura.StatusPagamento.PAGA:
            _pagar_o_que_falta(fatura, hoje=hoje, agora=agora, usuario_id=usuario_id)
        else:
            _estornar_manuais(fatura, agora=agora, usuario_id=usuario_id)
        fatura.refresh_from_db(fields=["status_pagamento"])
    return fatura


def saldo_aberto(fatura: Fatura) -> Decimal:
    """What is still owed of an invoice, in R$; negative when overpaid, zero when cancelled."""
    if fatura.situacao == Fatura.Situacao.CANCELADA:
        return Decimal("0.00")
    # Added up here: SQLite adds decimals as floats.
    return fatura.valor - sum(fatura.pagamentos.values_list("valor", flat=True), Decimal("0.00"))


def identificador_manual(fatura: Fatura) -> str:
    """A free identifier for the next payment typed by hand."""
    vez = fatura.pagamentos.count() + 1
    while Pagamento.objects.filter(identificador=f"manual-{fatura.pk}-{vez}").exists():
        vez += 1
    return f"manual-{fatura.pk}-{vez}"


def _travar(fatura_id: int) -> Fatura:
    fatura = Fatura.objects.select_for_update().filter(pk=fatura_id).first()
    if fatura is None:
        raise NaoEncontradoError(f"Fatura {fatura_id} não encontrada.")
    return fatura


def _pagar_o_que_falta(
    fatura: Fatura, *, hoje: date, agora: datetime, usuario_id: int | None
) -> None:
    aberto = saldo_aberto(fatura)
    if aberto < CENTAVO:  # a bill of zero is paid by nothing
        _atualizar_status(fatura, agora=agora, quitada=True)
        return
    registrar_pagamento(
        fatura_id=fatura.pk,
        valor=aberto,
        identificador=identificador_manual(fatura),
        data_pagamento=hoje,
        agora=agora,
        usuario_id=usuario_id,
    )


def _estornar_manuais(fatura: Fatura, *, agora: datetime, usuario_id: int | None) -> None:
    vivos = fatura.pagamentos.filter(estorna__isnull=True, estorno__isnull=True)
    if outros := vivos.exclude(origem=Pagamento.Origem.MANUAL).count():
        quantos = com_numero(outros, "pagamento não manual", "pagamentos não manuais")
        raise PagamentoNaoManualError(f"A {fatura} tem {quantos}. Estorne um a um.")
    for pagamento in vivos.order_by("pk"):
        estornar_pagamento(pagamento_id=pagamento.pk, agora=agora, usuario_id=usuario_id)
    _atualizar_status(fatura, agora=agora)


def _atualizar_status(fatura: Fatura, *, agora: datetime, quitada: bool = False) -> None:
    aberto = saldo_aberto(fatura)
    if quitada or (aberto <= 0 and aberto < fatura.valor):
        status = Fatura.StatusPagamento.PAGA
    elif aberto < fatura.valor:
        status = Fatura.StatusPagamento.PARCIAL
    else:
        status = Fatura.StatusPagamento.PENDENTE
    if status != fatura.status_pagamento:
        fatura.status_pagamento = status
        fatura.save(update_fields=["status_pagamento"])
        if status == Fatura.StatusPagamento.PAGA:
            avisar_pagamento(fatura, agora=agora)
