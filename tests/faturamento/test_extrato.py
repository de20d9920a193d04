"""The statement: every fact once, the balance after each, and what is overdue."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from comum.erros import NaoEncontradoError
from faturamento.servicos.baixa import estornar_pagamento, registrar_pagamento
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.extrato import TipoDeMovimento, extrato_do_cliente
from tests.factories import ClienteFactory, FaturaFactory, MotivoFactory, PagamentoFactory

pytestmark = pytest.mark.django_db

HOJE = date(2026, 2, 10)


@pytest.fixture
def cliente():
    return ClienteFactory()


def pagar(fatura, valor: str, dia: date, agora, nome: str = ""):
    return registrar_pagamento(
        fatura_id=fatura.pk,
        valor=Decimal(valor),
        identificador=nome or f"p-{fatura.pk}-{dia}-{valor}",
        data_pagamento=dia,
        agora=agora,
    )


def test_conta_vazia(cliente):
    extrato = extrato_do_cliente(cliente.pk, em=HOJE)
    assert (extrato.aberto, extrato.credito, extrato.saldo) == (0, 0, 0)
    assert (extrato.faturas, extrato.movimentos, extrato.ultimo_pagamento) == ((), (), None)


def test_vencida_a_vencer_paga_em_parte_e_a_mais(cliente, agora):
    vencida = FaturaFactory(emitida=True, cliente=cliente, valor=Decimal("100.10"))
    a_vencer = FaturaFactory(
        emitida=True, cliente=cliente, valor=Decimal("50.00"), data_vencimento=HOJE
    )
    a_mais = FaturaFactory(emitida=True, cliente=cliente, valor=Decimal("30.00"))
    pagar(vencida, "0.10", date(2026, 1, 10), agora)
    pagar(a_mais, "45.00", date(2026, 2, 1), agora)
    extrato = extrato_do_cliente(cliente.pk, em=HOJE)
    assert (extrato.vencido, extrato.a_vencer) == (Decimal("100.00"), Decimal("50.00"))
    assert (extrato.aberto, extrato.credito) == (Decimal("150.00"), Decimal("15.00"))
    assert extrato.saldo == Decimal("135.00") == extrato.movimentos[-1].saldo
    contas = {conta.fatura_id: conta for conta in extrato.faturas}
    assert contas[vencida.pk].dias_de_atraso == 21
    assert not contas[a_vencer.pk].vencida  # it can still be paid today
    assert (contas[a_mais.pk].aberto, contas[a_mais.pk].credito) == (0, Decimal("15.00"))
    assert extrato.faturas_vencidas == (contas[vencida.pk],)
    assert extrato.ultimo_pagamento.valor == Decimal("-45.00")
    assert extrato.ultimo_pagamento.dia == date(2026, 2, 1)


def test_estorno_aparece_e_deixa_de_contar_como_pagamento(cliente, agora):
    fatura = FaturaFactory(emitida=True, cliente=cliente, valor=Decimal("80.00"))
    pagar(fatura, "20.00", date(2026, 1, 10), agora)
    errado = pagar(fatura, "60.00", date(2026, 1, 12), agora)
    estornar_pagamento(pagamento_id=errado.pk, agora=agora)
    extrato = extrato_do_cliente(cliente.pk, em=HOJE)
    assert [(m.tipo, m.valor, m.saldo) for m in extrato.movimentos] == [
        (TipoDeMovimento.FATURA, Decimal("80.00"), Decimal("80.00")),
        (TipoDeMovimento.PAGAMENTO, Decimal("-20.00"), Decimal("60.00")),
        (TipoDeMovimento.PAGAMENTO, Decimal("-60.00"), Decimal("0.00")),
        (TipoDeMovimento.ESTORNO, Decimal("60.00"), Decimal("60.00")),
    ]
    # It happened when it was registered, not when the payment did.
    assert extrato.movimentos[-1].dia == HOJE
    assert extrato.ultimo_pagamento.valor == Decimal("-20.00")
    assert extrato.aberto == Decimal("60.00")


def test_cancelada_nao_deve_e_o_que_sobrou_nela_e_credito(cliente, agora):
    fatura = FaturaFactory(emitida=True, cliente=cliente, valor=Decimal("80.00"))
    cancelar_fatura(fatura_id=fatura.pk, motivo=MotivoFactory().codigo, agora=agora)
    PagamentoFactory(fatura=fatura, valor=Decimal("5.00"), data_pagamento=HOJE)  # by raw rows
    extrato = extrato_do_cliente(cliente.pk, em=HOJE)
    tipos = [m.tipo for m in extrato.movimentos]
    assert tipos == ["FATURA", "CANCELAMENTO", "PAGAMENTO"]
    assert (extrato.aberto, extrato.vencido) == (0, 0)
    assert (extrato.credito, extrato.saldo) == (Decimal("5.00"), Decimal("-5.00"))
    assert extrato.movimentos[-1].saldo == Decimal("-5.00")


def test_rascunho_e_conta_de_outro_nao_aparecem(cliente):
    FaturaFactory(ciclo=True, cliente=cliente)
    PagamentoFactory(fatura=FaturaFactory(emitida=True))
    assert extrato_do_cliente(cliente.pk, em=HOJE).movimentos == ()


def test_desde_soma_o_que_veio_antes(cliente, agora):
    fatura = FaturaFactory(emitida=True, cliente=cliente, valor=Decimal("80.00"))
    pagar(fatura, "20.00", date(2026, 1, 10), agora)
    pagar(fatura, "10.00", date(2026, 1, 11), agora)
    inteiro = extrato_do_cliente(cliente.pk, em=HOJE)
    cortado = extrato_do_cliente(cliente.pk, em=HOJE, desde=date(2026, 1, 11))
    assert cortado.saldo_anterior == Decimal("60.00")
    assert cortado.movimentos == inteiro.movimentos[-1:]
    assert (cortado.saldo, cortado.faturas) == (inteiro.saldo, inteiro.faturas)


def test_centavos_somam_sem_ponto_flutuante(cliente):
    for _ in range(3):
        FaturaFactory(emitida=True, cliente=cliente, valor=Decimal("0.10"))
    assert extrato_do_cliente(cliente.pk, em=HOJE).saldo == Decimal("0.30")


def test_atraso_conta_o_dia_civil_do_registro(cliente):
    fatura = FaturaFactory(emitida=True, cliente=cliente)
    PagamentoFactory(fatura=fatura)
    original = fatura.pagamentos.get()
    tarde = datetime(2026, 2, 2, 2, tzinfo=UTC)  # still the 1st in São Paulo
    estornar_pagamento(pagamento_id=original.pk, agora=tarde)
    extrato = extrato_do_cliente(cliente.pk, em=fatura.data_vencimento + timedelta(days=1))
    assert extrato.movimentos[-1].dia == date(2026, 2, 1)
    assert extrato.faturas[0].dias_de_atraso == 1


def test_cliente_que_nao_existe_se_diz():
    with pytest.raises(NaoEncontradoError, match="Cliente 999 não encontrado"):
        extrato_do_cliente(999, em=HOJE)


@pytest.mark.parametrize("quantas", [1, 10])
def test_consultas_nao_crescem(cliente, quantas, agora, django_assert_num_queries):
    for _ in range(quantas):
        fatura = FaturaFactory(emitida=True, cliente=cliente)
        estornar_pagamento(pagamento_id=PagamentoFactory(fatura=fatura).pk, agora=agora)
    with django_assert_num_queries(3):
        extrato_do_cliente(cliente.pk, em=HOJE)
