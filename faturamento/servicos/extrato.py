"""A customer's statement: what was billed, what was paid, what is owed and since when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from clientes.models import Cliente
from comum.erros import NaoEncontradoError
from comum.periodos import dia_civil
from faturamento.models import Fatura, Pagamento

ZERO = Decimal("0.00")


class TipoDeMovimento(StrEnum):
    """What moved the balance; in this order on one day."""

    FATURA = "FATURA"
    CANCELAMENTO = "CANCELAMENTO"
    PAGAMENTO = "PAGAMENTO"
    ESTORNO = "ESTORNO"


_ORDEM = {tipo: posicao for posicao, tipo in enumerate(TipoDeMovimento)}


@dataclass(frozen=True, slots=True)
class Movimento:
    """One fact on one civil day. `valor` in R$ is positive where it adds to what is owed;
    `saldo` is what is owed after it, negative when the customer has credit.
    """

    dia: date
    tipo: TipoDeMovimento
    descricao: str
    valor: Decimal
    fatura_id: int
    pagamento_id: int | None = None
    saldo: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class FaturaDoExtrato:
    """An invoice and its account, in R$: `aberto` is what is still owed, `credito` what was
    paid beyond it; never both. A cancelled one owes nothing.
    """

    fatura_id: int
    rotulo: str
    mes: date
    unidade: str
    situacao: str
    valor: Decimal
    pago: Decimal
    aberto: Decimal
    credito: Decimal
    emissao: date
    vencimento: date
    dias_de_atraso: int

    @property
    def vencida(self) -> bool:
        return self.dias_de_atraso > 0


@dataclass(frozen=True, slots=True)
class Extrato:
    """Where a customer stands on the day `em`. All amounts in R$.

    `aberto` = `vencido` + `a_vencer`; `saldo` = `aberto` - `credito`, and equals the
    `saldo` of the last movement. Credit is shown apart: it pays no other bill by itself.
    `movimentos` start at the day asked for, from `saldo_anterior`.
    """

    cliente_id: int
    em: date
    faturas: tuple[FaturaDoExtrato, ...]
    movimentos: tuple[Movimento, ...]
    saldo_anterior: Decimal
    aberto: Decimal
    vencido: Decimal
    a_vencer: Decimal
    credito: Decimal
    saldo: Decimal
    ultimo_pagamento: Movimento | None

    @property
    def faturas_vencidas(self) -> tuple[FaturaDoExtrato, ...]:
        return tuple(fatura for fatura in self.faturas if fatura.vencida)


def extrato_do_cliente(cliente_id: int, *, em: date, desde: date | None = None) -> Extrato:
    """The statement as of the day `em`; movements from `desde` on, earlier ones summed.

    Every issued or cancelled invoice and every payment count, also those dated
    after `em`, which says only what is overdue. Drafts do not exist for the
    customer yet. Three queries, whatever the number of invoices.

    Raises:
        NaoEncontradoError: no customer has this id.
    """
    if not Cliente.objects.filter(pk=cliente_id).exists():
        raise NaoEncontradoError(f"Cliente {cliente_id} não encontrado.")
    faturas = list(
        Fatura.objects.filter(cliente=cliente_id)
        .exclude(situacao=Fatura.Situacao.RASCUNHO)
        .select_related("unidade")
        .defer("demonstrativo")
        .order_by("data_emissao", "pk")
    )
    pagamentos = list(
        Pagamento.objects.filter(fatura__cliente=cliente_id)
        .select_related("estorno")
        .order_by("data_pagamento", "pk")
    )
    contas = _abrir_contas(faturas, pagamentos, em)
    movimentos = _correr_saldo(_movimentar(faturas, pagamentos))
    anteriores = [m for m in movimentos if desde is not None and m.dia < desde]
    aberto = sum((conta.aberto for conta in contas), ZERO)
    vencido = sum((conta.aberto for conta in contas if conta.vencida), ZERO)
    credito = sum((conta.credito for conta in contas), ZERO)
    return Extrato(
        cliente_id=cliente_id,
        em=em,
        faturas=contas,
        movimentos=tuple(movimentos[len(anteriores) :]),
        saldo_anterior=anteriores[-1].saldo if anteriores else ZERO,
        aberto=aberto,
        vencido=vencido,
        a_vencer=aberto - vencido,
        credito=credito,
        saldo=aberto - credito,
        ultimo_pagamento=_ultimo_pagamento(pagamentos, movimentos),
    )


def _abrir_contas(
    faturas: Sequence[Fatura], pagamentos: Sequence[Pagamento], em: date
) -> tuple[FaturaDoExtrato, ...]:
    # Added up here: SQLite adds decimals as floats.
    pagos: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for pagamento in pagamentos:
        pagos[pagamento.fatura_id] += pagamento.valor
    return tuple(_abrir_conta(fatura, pagos[fatura.pk], em) for fatura in faturas)


def _abrir_conta(fatura: Fatura, pago: Decimal, em: date) -> FaturaDoExtrato:
    cancelada = fatura.situacao == Fatura.Situacao.CANCELADA
    falta = (ZERO if cancelada else fatura.valor) - pago
    aberto = max(falta, ZERO)
    emissao, vencimento = _datas(fatura)
    atraso = (em - vencimento).days if aberto else 0
    return FaturaDoExtrato(
        fatura_id=fatura.pk,
        rotulo=str(fatura),
        mes=fatura.mes_referencia,
        unidade=fatura.unidade.codigo if fatura.unidade else "",
        situacao=fatura.situacao,
        valor=fatura.valor,
        pago=pago,
        aberto=aberto,
        credito=max(-falta, ZERO),
        emissao=emissao,
        vencimento=vencimento,
        dias_de_atraso=max(atraso, 0),
    )


def _datas(fatura: Fatura) -> tuple[date, date]:
    """Issue and due date: the table's own check gives both to what is not a draft."""
    if fatura.data_emissao is None or fatura.data_vencimento is None:
        raise ValueError(f"a {fatura} não tem datas")
    return fatura.data_emissao, fatura.data_vencimento


def _movimentar(faturas: Sequence[Fatura], pagamentos: Sequence[Pagamento]) -> list[Movimento]:
    movimentos = []
    rotulos = {}
    for fatura in faturas:
        rotulos[fatura.pk] = str(fatura)
        descricao = f"{fatura} de {fatura.mes_referencia:%m/%Y}"
        movimentos.append(
            Movimento(_datas(fatura)[0], TipoDeMovimento.FATURA, descricao, fatura.valor, fatura.pk)
        )
        if fatura.cancelada_em is not None:
            movimentos.append(
                Movimento(
                    dia_civil(fatura.cancelada_em),
                    TipoDeMovimento.CANCELAMENTO,
                    f"cancelamento da {fatura}: {fatura.motivo_cancelamento}",
                    -fatura.valor,
                    fatura.pk,
                )
            )
    for pagamento in pagamentos:
        estorno = pagamento.estorna_id is not None
        # A reversal keeps the date of what it takes back; it happened when it was registered.
        dia = dia_civil(pagamento.registrado_em) if estorno else pagamento.data_pagamento
        nome = "estorno de pagamento" if estorno else "pagamento"
        movimentos.append(
            Movimento(
                dia,
                TipoDeMovimento.ESTORNO if estorno else TipoDeMovimento.PAGAMENTO,
                f"{nome} da {rotulos[pagamento.fatura_id]}",
                -pagamento.valor,
                pagamento.fatura_id,
                pagamento.pk,
            )
        )
    movimentos.sort(key=lambda m: (m.dia, _ORDEM[m.tipo], m.fatura_id, m.pagamento_id or 0))
    return movimentos


def _correr_saldo(movimentos: Sequence[Movimento]) -> list[Movimento]:
    saldo = ZERO
    corridos = []
    for movimento in movimentos:
        saldo += movimento.valor
        corridos.append(replace(movimento, saldo=saldo))
    return corridos


def _ultimo_pagamento(
    pagamentos: Sequence[Pagamento], movimentos: Sequence[Movimento]
) -> Movimento | None:
    """The latest payment that stands: neither a reversal nor reversed."""
    vivos = {p.pk for p in pagamentos if p.estorna_id is None and not hasattr(p, "estorno")}
    return next((m for m in reversed(movimentos) if m.pagamento_id in vivos), None)
