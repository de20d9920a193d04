"""Which dated rows hold for a UC: the most specific of each day, and never a zero."""

from datetime import date
from decimal import Decimal

import pytest

from comum.periodos import Periodo
from faturamento.servicos.parametros import ParametroAusenteError, Parametros
from tests.factories import (
    AliquotaFactory,
    BandeiraFactory,
    DistribuidoraFactory,
    FaixaCipFactory,
    TarifaFactory,
    UnidadeFactory,
    criar_parametros,
)

pytestmark = pytest.mark.django_db

CICLO = Periodo(date(2025, 12, 5), date(2026, 1, 5))
VIRADA = date(2026, 1, 1)


def tarifas(unidade):
    linhas = Parametros.carregar().tarifas_de(unidade, DistribuidoraFactory(), CICLO)
    return sorted((t.te_brl_por_mwh, t.vigente_de, t.vigente_ate) for t in linhas)


def test_a_linha_mais_especifica_vence():
    TarifaFactory(classe="", te_brl_por_mwh=1)
    TarifaFactory(classe="RESIDENCIAL", te_brl_por_mwh=2)
    TarifaFactory(classe="RESIDENCIAL", subclasse="RESIDENCIAL", te_brl_por_mwh=3)
    TarifaFactory(classe="RURAL", te_brl_por_mwh=4)
    assert tarifas(UnidadeFactory()) == [(3, date(2024, 1, 1), None)]


def test_nos_dias_sem_linha_propria_vale_a_de_apoio():
    TarifaFactory(subclasse="RESIDENCIAL", te_brl_por_mwh=3)
    TarifaFactory(subclasse="DESCONTO_SOCIAL", te_brl_por_mwh=1, vigente_de=VIRADA)
    unidade = UnidadeFactory(subclasse="DESCONTO_SOCIAL")
    assert tarifas(unidade) == [(1, VIRADA, None), (3, CICLO.de, VIRADA)]


def test_indigena_sem_linha_propria_paga_pela_baixa_renda():
    TarifaFactory(subclasse="RESIDENCIAL", te_brl_por_mwh=3)
    TarifaFactory(subclasse="BAIXA_RENDA", te_brl_por_mwh=2)
    unidade = UnidadeFactory(subclasse="INDIGENA_QUILOMBOLA")
    assert tarifas(unidade) == [(2, date(2024, 1, 1), None)]


def test_faixas_da_mesma_linha_convivem():
    TarifaFactory(subclasse="BAIXA_RENDA", te_brl_por_mwh=0, faixa_ate_kwh=80)
    TarifaFactory(subclasse="BAIXA_RENDA", te_brl_por_mwh=5)
    assert len(tarifas(UnidadeFactory(subclasse="BAIXA_RENDA"))) == 2


def test_tarifa_de_outra_distribuidora_nao_serve():
    outra = DistribuidoraFactory(nome="Outra", cnpj="00000000000191", serie="2")
    TarifaFactory(distribuidora=outra)
    with pytest.raises(ParametroAusenteError) as erro:
        tarifas(UnidadeFactory())
    assert erro.value.codigo == "SEM_TARIFA"


def tributos(unidade, distribuidora):
    return Parametros.carregar().tributos_de(
        unidade, distribuidora, ultimo_dia=date(2026, 1, 4), mes_referencia=VIRADA
    )


def test_icms_pela_uf_e_classe_no_ultimo_dia_e_pis_pelo_mes():
    distribuidora = DistribuidoraFactory()
    AliquotaFactory(uf="SP", aliquota="0.18")
    AliquotaFactory(uf="SP", classe="RURAL", aliquota="0.01")
    AliquotaFactory(uf="MG", aliquota="0.25")
    AliquotaFactory(tributo="PIS", aliquota="0.01", vigente_ate=VIRADA)
    AliquotaFactory(tributo="PIS", aliquota="0.02", vigente_de=VIRADA)
    AliquotaFactory(tributo="COFINS", distribuidora=distribuidora, aliquota="0.04")
    AliquotaFactory(tributo="COFINS", aliquota="0.99")

    taxas, faixas = tributos(UnidadeFactory(), distribuidora)

    assert (taxas.icms, taxas.pis, taxas.cofins) == (
        Decimal("0.18"),
        Decimal("0.02"),
        Decimal("0.04"),
    )
    assert (faixas, taxas.cbs) == (None, None)


def test_icms_por_faixa_vai_inteiro_para_o_calculo():
    distribuidora = DistribuidoraFactory()
    AliquotaFactory(uf="SP", aliquota="0.18")
    AliquotaFactory(uf="SP", classe="RESIDENCIAL", faixa_ate_kwh=90, aliquota="0")
    AliquotaFactory(uf="SP", classe="RESIDENCIAL", aliquota="0.12")
    for tributo in ("PIS", "COFINS", "CBS", "IBS"):
        AliquotaFactory(tributo=tributo, aliquota="0.01")

    taxas, faixas = tributos(UnidadeFactory(), distribuidora)

    assert taxas.icms is None
    assert [(f.ate_kwh, f.aliquota) for f in faixas] == [(90, 0), (None, Decimal("0.12"))]
    assert (taxas.cbs, taxas.ibs) == (Decimal("0.01"), Decimal("0.01"))


@pytest.mark.parametrize(
    ("consumo", "valor"), [("80", "0"), ("80.001", "8.63"), ("220", "8.63"), ("221", "14.20")]
)
def test_cip_pela_faixa_que_contem_o_consumo(consumo, valor):
    distribuidora = DistribuidoraFactory()
    FaixaCipFactory(classe="RESIDENCIAL", faixa_ate_kwh=80, valor_cip=0)
    FaixaCipFactory(classe="RESIDENCIAL", faixa_ate_kwh=220, valor_cip="8.63")
    FaixaCipFactory(classe="RESIDENCIAL", valor_cip="14.20")
    FaixaCipFactory(classe="", valor_cip="99")
    cip = Parametros.carregar().cip_de(
        UnidadeFactory(), distribuidora, ultimo_dia=VIRADA, consumo_kwh=Decimal(consumo)
    )
    assert cip == Decimal(valor)


def test_quem_nao_cobra_cip_nao_precisa_de_tabela():
    distribuidora = DistribuidoraFactory(cobra_cip=False)
    parametros = Parametros.carregar()
    assert (
        parametros.cip_de(
            UnidadeFactory(), distribuidora, ultimo_dia=VIRADA, consumo_kwh=Decimal(1)
        )
        == 0
    )


def test_unidade_sem_distribuidora_usa_a_unica_e_com_duas_para():
    criar_parametros()
    unidade = UnidadeFactory()
    assert Parametros.carregar().distribuidora_de(unidade) == DistribuidoraFactory()

    outra = DistribuidoraFactory(nome="Outra", cnpj="00000000000191", serie="2")
    with pytest.raises(ParametroAusenteError, match="há 2 cadastradas"):
        Parametros.carregar().distribuidora_de(unidade)
    unidade.distribuidora = outra
    assert Parametros.carregar().distribuidora_de(unidade) == outra


def test_so_as_bandeiras_do_ciclo():
    BandeiraFactory(vigente_de=date(2025, 1, 1), vigente_ate=date(2025, 12, 5))
    BandeiraFactory(cor="AMARELA", vigente_de=date(2025, 12, 5), vigente_ate=VIRADA)
    BandeiraFactory(vigente_de=VIRADA)
    assert [b.cor for b in Parametros.carregar().bandeiras_de(CICLO)] == ["AMARELA", "VERDE"]
