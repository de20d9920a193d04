"""Tax inside the price, both rounding policies, ICMS bands, CIP, CBS and IBS."""

from decimal import Decimal

import pytest

from comum.dinheiro import Arredondamento
from faturamento.calculo.documento import demonstrativo_para_json
from faturamento.calculo.tributos import calcular_valor
from tests.faturamento.calculo.apoio import Caso, bandeira, calcular, caso, exemplo, tarifa

D = Decimal


def test_soma_tem_um_denominador_e_a_base_cheia() -> None:
    linha = calcular(caso(kwh="2000", tributos={"regra": "SOMA"})).linhas[0]
    assert str(linha.valor) == "958.28"  # 743.24 / 0.7756
    assert linha.base_pis_cofins == linha.valor
    assert "(1 − 18% − 4,44%)" in linha.formula


def test_somar_as_aliquotas_por_fora_daria_outro_numero() -> None:
    """The usual mistake: 743.24 × (1 + 0.2244) = 910.02."""
    assert str(calcular(caso(kwh="2000")).linhas[0].valor) == "948.50"


def test_truncar_usa_o_preco_de_oito_casas() -> None:
    """The price, 0.474251906…, is cut to 0.47425190 and then used: 948,503.80, not 948,503.81."""
    linha = calcular(
        caso(
            registros=[
                {
                    "registrador": "ATIVA_TOTAL",
                    "anterior": "0",
                    "atual": "2000000",
                    "digitos": 7,
                    "constante": "1",
                }
            ],
            arredondamento="TRUNCAR",
        )
    ).linhas[0]
    assert str(linha.preco_brl_por_kwh) == "0.47425190"
    assert str(linha.valor) == "948503.80"
    assert "truncado" in linha.formula


def test_truncar_corta_valor_e_tributos_tambem_dos_creditos() -> None:
    dado = exemplo() | {"arredondamento": "TRUNCAR"}
    for linha in calcular(dado).linhas:
        if linha.quantidade_kwh is None or linha.preco_brl_por_kwh is None:
            continue
        bruto = linha.quantidade_kwh * linha.preco_brl_por_kwh
        assert 0 <= bruto - abs(linha.valor) < D("0.01")
        assert 0 <= abs(linha.base_icms * D("0.18")) - abs(linha.icms) < D("0.01")
        assert 0 <= abs(linha.base_pis_cofins * D("0.0365")) - abs(linha.cofins) < D("0.01")


@pytest.mark.parametrize(
    ("kwh", "icms", "pis"),
    [
        pytest.param("1402.892", "0", "0.0521", id="preço de 60 casas cairia para 550,00"),
        pytest.param("1114.773", "0.17", "0.0925", id="preço de 28 casas cairia para 550,00"),
    ],
)
def test_meio_centavo_exato_sobe_mesmo_com_preco_dizima(kwh: str, icms: str, pis: str) -> None:
    """The value is 550.005 exactly; only dividing last sees it."""
    divisor = (1 - D(icms)) * (1 - D(pis))
    assert D(kwh) * D("0.371625") == D("550.005") * divisor
    politica = Arredondamento.MEIO_PARA_CIMA
    assert str(calcular_valor(D(kwh), D("0.371625"), divisor, politica)) == "550.01"
    dado = caso(
        kwh=kwh,
        tarifas=[tarifa("371.625", "0")],
        tributos={"icms": icms, "pis": pis, "cofins": "0"},
    )
    assert str(calcular(dado).valor) == "550.01"


def em_faixas(kwh: str, ligacao: str = "MONOFASICA") -> Caso:
    dado = caso(
        kwh=kwh,
        unidade={"ligacao": ligacao},
        faixas_icms=[
            {"ate_kwh": None, "aliquota": "0.25"},
            {"ate_kwh": "50", "aliquota": "0"},
            {"ate_kwh": "200", "aliquota": "0.12"},
        ],
    )
    del dado["tributos"]["icms"]
    return dado


@pytest.mark.parametrize(
    ("kwh", "aliquota"),
    [
        ("30", "0%"),
        ("50", "0%"),
        ("50.001", "12%"),
        ("200", "12%"),
        ("201", "25%"),
    ],
)
def test_a_faixa_de_icms_e_a_do_consumo(kwh: str, aliquota: str) -> None:
    for linha in calcular(em_faixas(kwh)).linhas:
        assert f"(1 − {aliquota}) ×" in linha.formula


def test_a_faixa_de_icms_olha_o_consumo_e_nao_o_minimo() -> None:
    """40 kWh of a trifásica bill 100, but are consumption of the exempt band."""
    demonstrativo = calcular(em_faixas("40", "TRIFASICA"))
    assert str(demonstrativo.consumo_faturado_kwh) == "100.000"
    assert str(demonstrativo.totais.icms) == "0.00"


def test_cip_fica_fora_de_toda_base() -> None:
    sem, com = calcular(caso()), calcular(caso(cip_brl="8.63"))
    assert com.totais.icms == sem.totais.icms
    assert com.valor is not None
    assert sem.valor is not None
    assert com.valor - sem.valor == D("8.63")
    linha = com.linhas[-1]
    assert linha.codigo == "CIP"
    assert linha.quantidade_kwh is None
    assert linha.base_icms == linha.base_pis_cofins == 0


def test_cbs_e_ibs_aparecem_e_nao_mudam_o_total() -> None:
    sem = demonstrativo_para_json(calcular(caso(kwh="2000")))
    com = demonstrativo_para_json(
        calcular(caso(kwh="2000", tributos={"cbs": "0.009", "ibs": "0.001"}))
    )
    assert set(com["totais"]) - set(sem["totais"]) == {"cbs", "ibs"}
    # 1762.29 − 317.21 of ICMS − 64.16 of PIS and COFINS = 1380.92
    assert com["totais"]["cbs"] == "12.43"
    assert com["totais"]["ibs"] == "1.38"
    assert (com["valor"], com["linhas"]) == (sem["valor"], sem["linhas"])


def test_a_formula_diz_a_conta_inteira() -> None:
    dado = caso(
        kwh="1234.5",
        tarifas=[tarifa("1102.31", "345.7")],
        bandeiras=[bandeira("VERMELHA_P2", "78.77")],
    )
    assert [linha.formula for linha in calcular(dado).linhas] == [
        "1.234,500 kWh × R$ 1,10231 ÷ [(1 − 18%) × (1 − 4,44%)] = R$ 1.736,62",
        "1.234,500 kWh × R$ 0,34570 ÷ [(1 − 18%) × (1 − 4,44%)] = R$ 544,63",
        "1.234,500 kWh × R$ 0,07877 ÷ [(1 − 18%) × (1 − 4,44%)] = R$ 124,10",
    ]


def test_numeros_enormes_e_legais_nao_estouram() -> None:
    dado = caso(
        registros=[
            {
                "registrador": "ATIVA_TOTAL",
                "anterior": "0",
                "atual": "999999999999.999",
                "digitos": 12,
                "constante": "999999.999999",
            }
        ],
        tarifas=[tarifa("999999999.999999999", "999999999.999999999")],
        bandeiras=[bandeira("AMARELA", "999999999.999999999")],
        tributos={"icms": "0.333333333", "pis": "0.333333333", "cofins": "0.333333332"},
        cip_brl="9999999999.99",
    )
    demonstrativo = calcular(dado)
    assert demonstrativo.valor == sum(linha.valor for linha in demonstrativo.linhas)
    assert calcular(dado | {"arredondamento": "TRUNCAR"}).valor


def test_representacoes_do_mesmo_numero_dao_a_mesma_fatura() -> None:
    """Prices are cached by value: the text must not depend on who came first."""
    curto = caso(tarifas=[tarifa("371.62", "318.84")])
    longo = caso(tarifas=[tarifa("371.620000", "318.84000000")])
    longo["tributos"] |= {"icms": "0.180000", "pis": "0.007900"}
    assert demonstrativo_para_json(calcular(longo)) == demonstrativo_para_json(calcular(curto))
