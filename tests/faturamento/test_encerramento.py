"""The closing bill: few days, the customer who leaves, and the next cycle from there."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from comum.erros import NaoEncontradoError
from faturamento.models import Fatura, Pendencia
from faturamento.servicos.encerramento import EncerramentoImpossivelError, encerrar_ciclo
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.lancamentos import lancar
from faturamento.servicos.refaturamento import refaturar
from faturamento.servicos.verificacao import faturas_a_verificar, verificar_fatura
from medidores.models import Medidor
from tests.factories import (
    ClienteFactory,
    LeituraFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

DIA_20 = datetime(2026, 1, 20, 12, tzinfo=UTC)


def rodar(agora, mes=date(2026, 1, 1), *, emitir=True) -> None:
    faturar(
        definir_escopo(mes, ate=None, grupo_leitura="", agora=agora), emitir=emitir, agora=agora
    )


def ler(medidor: Medidor, instante: datetime, kwh: str) -> None:
    LeituraFactory(medidor=medidor, data_leitura=instante, leitura_kwh=Decimal(kwh))


def encerrar(medidor: Medidor, agora: datetime, instante: datetime = DIA_20) -> Fatura | None:
    return encerrar_ciclo(
        unidade_id=medidor.unidade_id,
        cliente_id=medidor.cliente_id,
        ate_instante=instante,
        agora=agora,
    )


@pytest.fixture
def medidor(agora) -> Medidor:
    """Billed up to 5 January, and read at 1220 on the 20th."""
    criar_parametros()
    medidor = criar_unidade_com_leituras()
    rodar(agora)
    ler(medidor, DIA_20, "1220")
    return medidor


def test_cobra_do_ultimo_ciclo_ate_o_instante_e_sai_numerada(agora, medidor):
    fatura = encerrar(medidor, agora)

    assert (fatura.origem, fatura.situacao, fatura.numero) == ("ENCERRAMENTO", "EMITIDA", 2)
    assert (fatura.consumo_kwh, fatura.cliente) == (70, medidor.cliente)
    assert fatura.ciclo_ate == DIA_20
    assert [o["codigo"] for o in fatura.demonstrativo["ocorrencias"]] == ["FORA_DO_INTERVALO"]
    # The January bill has charged the fee of the month.
    assert fatura.valor_cip == 0
    assert not [d for f in faturas_a_verificar() for d in verificar_fatura(f)]


def test_o_proximo_ciclo_parte_dela_e_e_do_novo_cliente(agora, medidor):
    fatura = encerrar(medidor, agora)
    novo = ClienteFactory()
    Medidor.objects.filter(pk=medidor.pk).update(cliente=novo)
    ler(medidor, datetime(2026, 2, 5, 12, tzinfo=UTC), "1300")
    rodar(agora, date(2026, 2, 1))

    proxima = Fatura.objects.get(mes_referencia=date(2026, 2, 1))
    assert (proxima.ciclo_de, proxima.consumo_kwh) == (fatura.ciclo_ate, 80)
    assert (proxima.cliente, proxima.valor_cip) == (novo, Decimal("8.63"))
    assert proxima.situacao == "EMITIDA"  # a closed change of titular is no surprise


def test_no_mesmo_mes_a_de_ciclo_fica_ao_lado(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000", "1150"))
    ler(medidor, datetime(2026, 1, 10, 12, tzinfo=UTC), "1180")
    encerramento = encerrar(medidor, agora, datetime(2026, 1, 10, 12, tzinfo=UTC))
    assert (encerramento.consumo_kwh, encerramento.valor_cip) == (180, Decimal("8.63"))
    ler(medidor, datetime(2026, 1, 30, 12, tzinfo=UTC), "1200")
    rodar(agora)
    do_mes = Fatura.objects.get(origem="CICLO")
    assert (do_mes.consumo_kwh, do_mes.ciclo_de) == (20, encerramento.ciclo_ate)


def test_nada_a_faturar_e_none(agora, medidor):
    assert encerrar(medidor, agora, datetime(2026, 1, 5, 12, tzinfo=UTC)) is None
    assert encerrar(medidor, agora) is not None
    assert encerrar(medidor, agora) is None
    so_instalado = criar_unidade_com_leituras(("10",))
    assert encerrar(so_instalado, agora, datetime(2026, 1, 5, 12, tzinfo=UTC)) is None


def test_minimo_vale_inteiro_em_ciclo_curto(agora, medidor):
    medidor.leituras.filter(data_leitura=DIA_20).update(leitura_kwh=1151)
    fatura = encerrar(medidor, agora)
    assert (fatura.consumo_kwh, fatura.consumo_faturado_kwh) == (1, 30)


def test_medidor_retirado_no_dia_ainda_encerra(agora, medidor):
    Medidor.objects.filter(pk=medidor.pk).update(data_retirada=date(2026, 1, 20))
    assert encerrar(medidor, agora).consumo_kwh == 70


def test_leva_todos_os_lancamentos_do_cliente(agora, medidor):
    parcelas = lancar(
        unidade_id=medidor.unidade_id,
        cliente_id=medidor.cliente_id,
        descricao="Parcelamento",
        valor=Decimal(90),
        a_partir_de=date(2026, 3, 1),
        motivo="acordo",
        parcelas=3,
        agora=agora,
    )
    fatura = encerrar(medidor, agora)
    assert set(fatura.lancamentos.all()) == set(parcelas)


def test_rascunho_leitura_e_tabela_que_faltam_sao_ditos(agora, medidor):
    with pytest.raises(EncerramentoImpossivelError) as erro:
        encerrar(medidor, agora, datetime(2026, 1, 21, 12, tzinfo=UTC))
    assert erro.value.codigo == "SEM_LEITURA"
    with pytest.raises(NaoEncontradoError):
        encerrar_ciclo(unidade_id=10**9, cliente_id=1, ate_instante=DIA_20, agora=agora)
    ler(medidor, datetime(2026, 2, 5, 12, tzinfo=UTC), "1300")
    rodar(agora, date(2026, 2, 1), emitir=False)
    with pytest.raises(EncerramentoImpossivelError, match="Emita-o ou descarte-o") as erro:
        encerrar(medidor, agora)
    assert erro.value.codigo == "RASCUNHO_EM_ABERTO"
    assert not Pendencia.objects.exists()


def test_o_encerramento_tambem_se_refatura(agora, medidor):
    fatura = encerrar(medidor, agora)
    Medidor.objects.filter(pk=medidor.pk).update(cliente=ClienteFactory())
    leitura = medidor.leituras.get(data_leitura=DIA_20)
    nova = refaturar(
        fatura_id=fatura.pk,
        motivo="LEITURA_ERRADA",
        leituras={leitura.pk: Decimal(1210)},
        agora=agora,
    )
    assert (nova.origem, nova.substitui, nova.cliente) == ("ENCERRAMENTO", fatura, fatura.cliente)
    assert (nova.consumo_kwh, nova.valor_cip) == (60, 0)
    assert not [d for f in faturas_a_verificar() for d in verificar_fatura(f)]
