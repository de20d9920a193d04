"""The published bill (CPFL, October 2023), line by line, through the simulator's JSON."""

import json

from faturamento.calculo.caso import demonstrativo_para_json, ler_caso_json
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from tests.faturamento.calculo.apoio import EXEMPLO

RESPOSTA = demonstrativo_para_json(calcular_demonstrativo(ler_caso_json(json.dumps(EXEMPLO))))


def test_o_total_e_o_que_a_formula_da() -> None:
    """The bill prints 219.14: one credit line stands a cent off its own formula there."""
    assert RESPOSTA["valor"] == "219.15"
    assert RESPOSTA["totais"] == {
        "icms": "174.40",
        "pis": "0.28",
        "cofins": "1.32",
        "cip": "8.63",
        "creditos": "-1551.77",
    }
    assert RESPOSTA["ocorrencias"] == []


def test_os_consumos_tem_tres_casas() -> None:
    assert RESPOSTA["consumo_kwh"] == "2000.000"
    assert RESPOSTA["consumo_faturado_kwh"] == "2000.000"
    assert RESPOSTA["compensado_kwh"] == "1950.000"


def test_a_primeira_linha_traz_tudo_o_que_a_refaz() -> None:
    assert RESPOSTA["linhas"][0] == {
        "codigo": "TUSD",
        "descricao": "Energia ativa fornecida – TUSD",
        "posto": "UNICO",
        "de": "2023-09-01",
        "ate": "2023-10-01",
        "origem_credito": None,
        "quantidade_kwh": "2000.000",
        "tarifa_brl_por_kwh": "0.37162",
        "preco_brl_por_kwh": "0.47425191",
        "valor": "948.50",
        "base_icms": "948.50",
        "icms": "170.73",
        "base_pis_cofins": "777.77",
        "pis": "6.14",
        "cofins": "28.39",
        "regra": "tarifas.cobrar_energia",
        "formula": "2.000,000 kWh × R$ 0,37162 ÷ [(1 − 18%) × (1 − 4,44%)] = R$ 948,50",
        "fonte": "tarifa homologada pela ANEEL; STF, Tema 69",
    }


def test_as_linhas_vem_na_ordem_do_codigo_e_da_origem() -> None:
    assert [(li["codigo"], li["origem_credito"], li["valor"]) for li in RESPOSTA["linhas"]] == [
        ("TUSD", None, "948.50"),
        ("TE", None, "813.79"),
        ("SCEE_TUSD", "2023-08", "-453.10"),
        ("SCEE_TUSD", "2023-09", "-305.23"),
        ("SCEE_TE", "2023-08", "-474.08"),
        ("SCEE_TE", "2023-09", "-319.36"),
        ("CIP", None, "8.63"),
    ]


def test_toda_linha_tem_as_mesmas_chaves() -> None:
    assert len({tuple(linha) for linha in RESPOSTA["linhas"]}) == 1
