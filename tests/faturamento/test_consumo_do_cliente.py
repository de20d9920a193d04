"""Thirteen months of a customer, from the bills that stand."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from comum.erros import NaoEncontradoError
from faturamento.servicos.consumo import consumo_da_unidade, consumo_do_cliente
from tests.factories import ClienteFactory, FaturaFactory, MedidorFactory, UnidadeFactory

pytestmark = pytest.mark.django_db


def faturar_mes(cliente, unidade, mes: int, consumo: str, **campos):
    return FaturaFactory(
        emitida=True,
        cliente=cliente,
        unidade=unidade,
        mes_referencia=date(2025, mes, 1),
        ciclo_de=datetime(2025, mes, 1, 12, tzinfo=UTC),
        ciclo_ate=datetime(2025, mes, 28, 12, tzinfo=UTC),
        consumo_kwh=Decimal(consumo),
        consumo_faturado_kwh=max(Decimal(consumo), Decimal(30)),
        data_emissao=date(2025, mes, 28),
        data_vencimento=date(2025, mes, 28),
        **campos,
    )


@pytest.fixture
def cliente():
    return ClienteFactory()


@pytest.fixture
def unidade(cliente):
    return MedidorFactory(cliente=cliente, unidade__codigo="UC-B").unidade


def test_treze_meses_do_mais_velho_ao_pedido(cliente, unidade):
    fatura = faturar_mes(cliente, unidade, 3, "10.500")
    consumo = consumo_do_cliente(cliente.pk, ate=date(2025, 6, 17))
    meses = consumo.unidades[0].meses
    assert (len(meses), meses[0].mes, meses[-1].mes) == (13, date(2024, 6, 1), date(2025, 6, 1))
    marco = meses[9]
    assert (marco.mes, marco.consumo_kwh) == (date(2025, 3, 1), Decimal("10.500"))
    assert (marco.faturado_kwh, marco.valor) == (Decimal("30.000"), Decimal("150.00"))
    assert (marco.dias, marco.fatura_ids) == (27, (fatura.pk,))
    sem_conta = [mes for mes in meses if mes.consumo_kwh is None]
    assert len(sem_conta) == 12
    assert {mes.valor for mes in sem_conta} == {None}
    assert consumo.total == meses


def test_soma_as_unidades_e_mostra_a_que_nao_foi_faturada(cliente, unidade):
    outra = MedidorFactory(cliente=cliente, unidade__codigo="UC-A").unidade
    MedidorFactory(cliente=cliente, unidade__codigo="UC-C")
    faturar_mes(cliente, unidade, 3, "100.100")
    faturar_mes(cliente, outra, 3, "50.050")
    faturar_mes(cliente, outra, 4, "0.000")
    consumo = consumo_do_cliente(cliente.pk, ate=date(2025, 4, 1), meses=2)
    assert [u.codigo for u in consumo.unidades] == ["UC-A", "UC-B", "UC-C"]
    assert [m.consumo_kwh for m in consumo.total] == [Decimal("150.150"), Decimal("0.000")]
    assert [m.consumo_kwh for m in consumo.unidades[2].meses] == [None, None]
    so_uma = consumo_do_cliente(cliente.pk, ate=date(2025, 4, 1), meses=2, unidade_ids=[unidade.pk])
    assert [m.consumo_kwh for m in so_uma.total] == [Decimal("100.100"), None]
    assert [u.codigo for u in so_uma.unidades] == ["UC-B"]


def test_conta_do_outro_titular_rascunho_cancelada_e_avulsa_nao_entram(cliente, unidade):
    outro = ClienteFactory()
    faturar_mes(outro, unidade, 3, "77")
    faturar_mes(
        cliente,
        unidade,
        4,
        "88",
        situacao="CANCELADA",
        cancelada_em=datetime(2025, 5, 1, tzinfo=UTC),
        motivo_cancelamento="erro",
    )
    FaturaFactory(ciclo=True, cliente=cliente, unidade=unidade, mes_referencia=date(2025, 5, 1))
    FaturaFactory(cliente=cliente, unidade=unidade, mes_referencia=date(2025, 6, 1))
    consumo = consumo_do_cliente(cliente.pk, ate=date(2025, 6, 1), meses=4)
    assert [m.consumo_kwh for m in consumo.total] == [None] * 4
    da_unidade = consumo_da_unidade(unidade.pk, ate=date(2025, 6, 1), meses=4)
    assert [m.consumo_kwh for m in da_unidade] == [Decimal(77), None, None, None]
    do_outro = consumo_da_unidade(unidade.pk, ate=date(2025, 6, 1), meses=4, cliente_id=cliente.pk)
    assert {m.consumo_kwh for m in do_outro} == {None}


def test_encerramento_no_mes_soma_com_o_ciclo_e_a_estimativa_se_diz(cliente, unidade):
    faturar_mes(cliente, unidade, 3, "100", demonstrativo={"entrada": {"estimativa": {}}})
    faturar_mes(cliente, unidade, 3, "20", origem="ENCERRAMENTO", demonstrativo=[])
    [marco] = consumo_da_unidade(unidade.pk, ate=date(2025, 3, 1), meses=1)
    assert (marco.consumo_kwh, marco.dias, marco.estimado) == (Decimal(120), 54, True)


def test_unidade_que_deixou_o_cliente_segue_no_seu_consumo(cliente):
    deixada = UnidadeFactory(codigo="UC-Z")
    faturar_mes(cliente, deixada, 3, "10")
    consumo = consumo_do_cliente(cliente.pk, ate=date(2025, 3, 1))
    assert [u.codigo for u in consumo.unidades] == ["UC-Z"]


def test_cliente_que_nao_existe_se_diz():
    with pytest.raises(NaoEncontradoError, match="Cliente 999 não encontrado"):
        consumo_do_cliente(999, ate=date(2025, 3, 1))


@pytest.mark.parametrize("quantas", [1, 10])
def test_consultas_nao_crescem(cliente, quantas, django_assert_num_queries):
    for _ in range(quantas):
        unidade = MedidorFactory(cliente=cliente).unidade
        faturar_mes(cliente, unidade, 3, "10")
    with django_assert_num_queries(3):
        consumo_do_cliente(cliente.pk, ate=date(2025, 3, 1))
