"""What holds for every legal case, tried on generated ones and against a second calculation."""

import copy
import itertools
import json
import os
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faturamento.calculo.caso import caso_para_json, ler_caso, ler_caso_json
from faturamento.calculo.demonstrativo import Demonstrativo
from tests.faturamento.calculo.apoio import Caso, calcular, caso, registro, tarifa
from tests.faturamento.calculo.estrategias import casos, decimal
from tests.faturamento.calculo.oraculo import LinhaInteira, calcular_inteiro

LONGO = os.environ.get("ENERGIA_LONGO") == "1"

pytestmark = [pytest.mark.longo] if LONGO else []


def exemplos(quantos: int) -> settings:
    return settings(
        max_examples=20_000 if LONGO else quantos,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def centavos(valor: Decimal) -> int:
    return int(valor * 100)


def em_inteiros(demonstrativo: Demonstrativo) -> list[LinhaInteira]:
    return [
        LinhaInteira(
            str(linha.codigo),
            None if linha.posto is None else str(linha.posto),
            None if linha.de is None else linha.de.isoformat(),
            None if linha.origem_credito is None else f"{linha.origem_credito:%Y-%m}",
            centavos(linha.valor),
            centavos(linha.icms),
            centavos(linha.pis),
            centavos(linha.cofins),
        )
        for linha in demonstrativo.linhas
    ]


@exemplos(400)
@given(casos())
def test_concorda_com_o_segundo_calculo_em_inteiros(dado: Caso) -> None:
    assert em_inteiros(calcular(dado)) == calcular_inteiro(dado)


@exemplos(200)
@given(casos())
def test_o_valor_e_a_soma_exata_das_linhas(dado: Caso) -> None:
    demonstrativo = calcular(dado)
    linhas, totais = demonstrativo.linhas, demonstrativo.totais
    assert demonstrativo.valor == sum((linha.valor for linha in linhas), Decimal(0))
    assert demonstrativo.valor == totais.valor_energia + totais.valor_bandeira + totais.cip
    for nome in ("icms", "pis", "cofins"):
        soma = sum((getattr(linha, nome) for linha in linhas), Decimal(0))
        assert getattr(totais, nome) == soma


@exemplos(200)
@given(casos())
def test_os_kwh_das_linhas_somam_o_faturado(dado: Caso) -> None:
    demonstrativo = calcular(dado)
    for codigo in ("TUSD", "TE"):
        soma = sum(li.quantidade_kwh or 0 for li in demonstrativo.linhas if li.codigo == codigo)
        assert soma == demonstrativo.consumo_faturado_kwh
    for codigo in ("SCEE_TUSD", "SCEE_TE"):
        soma = sum(li.quantidade_kwh or 0 for li in demonstrativo.linhas if li.codigo == codigo)
        assert soma == demonstrativo.compensado_kwh


@exemplos(200)
@given(casos(), st.randoms(use_true_random=False))
def test_a_ordem_das_entradas_nao_muda_a_fatura(dado: Caso, sorte: object) -> None:
    trocado = copy.deepcopy(dado)
    listas = [trocado["registros"], trocado["tarifas"], trocado["bandeiras"]]
    if trocado["scee"]:
        listas.append(trocado["scee"]["creditos"])
    for lista in listas:
        sorte.shuffle(lista)  # type: ignore[attr-defined]
    assert calcular(trocado).linhas == calcular(dado).linhas


@exemplos(200)
@given(casos())
def test_o_caso_vai_a_json_e_volta_igual(dado: Caso) -> None:
    entrada = ler_caso(dado)
    assert ler_caso_json(json.dumps(caso_para_json(entrada))) == entrada


@exemplos(200)
@given(casos(com_scee=False, cortes=0, modalidades=("CONVENCIONAL",)), st.integers(1, 400))
def test_consumir_mais_nunca_custa_menos(dado: Caso, a_mais: int) -> None:
    """Inside one tariff, but for Tarifa Social of a trifásica, whose minimum jumps."""
    dado["unidade"]["subclasse"] = "RESIDENCIAL"
    consumo = calcular(dado).consumo_kwh
    assert consumo is not None
    dado["registros"] = [registro(atual=str(consumo))]
    menor = calcular(dado).valor
    dado["registros"] = [registro(atual=str(consumo + a_mais))]
    maior = calcular(dado).valor
    assert menor is not None
    assert maior is not None
    assert menor <= maior


@exemplos(200)
@given(decimal("30", "900", 3), st.integers(1, 29), decimal("100", "900", 2))
def test_partir_o_ciclo_na_mesma_tarifa_muda_um_centavo_por_linha(
    kwh: str, dia: int, preco: str
) -> None:
    """Each line rounds once: two parts differ from the whole by one cent at most."""
    inteiro = calcular(caso(kwh=kwh, tarifas=[tarifa(preco, "0")]))
    corte = f"2023-09-{dia + 1:02d}"
    partido = calcular(
        caso(kwh=kwh, tarifas=[tarifa(preco, "0", ate=corte), tarifa(preco, "0", de=corte)])
    )
    assert inteiro.valor is not None
    assert partido.valor is not None
    assert abs(inteiro.valor - partido.valor) <= Decimal("0.01")


@exemplos(200)
@given(casos(com_scee=True))
def test_compensar_nunca_deixa_a_energia_abaixo_da_disponibilidade(dado: Caso) -> None:
    """Before tax, what stays billed reaches the availability minimum, to the odd thousandth."""
    demonstrativo = calcular(dado)
    compensado = demonstrativo.compensado_kwh
    assert compensado is not None
    assert demonstrativo.consumo_kwh is not None
    assert compensado <= demonstrativo.consumo_kwh
    assert demonstrativo.consumo_faturado_kwh is not None
    if dado["scee"] and dado["scee"]["regime"] == "GD_I" and compensado:
        minimo = {"MONOFASICA": 30, "TRIFASICA": 80}.get(dado["unidade"]["ligacao"], 30)
        assert demonstrativo.consumo_faturado_kwh - compensado >= minimo


@pytest.mark.parametrize("modo", ["MEIO_PARA_CIMA", "TRUNCAR"])
@pytest.mark.parametrize("regra", ["TEMA_69", "SOMA"])
def test_cada_combinacao_de_politica_e_regra_concorda_com_os_inteiros(
    modo: str, regra: str
) -> None:
    for kwh, cor in itertools.product(("0", "33.333", "100", "1234.567"), ("AMARELA", "VERDE")):
        dado = caso(
            kwh=kwh,
            arredondamento=modo,
            tributos={"regra": regra},
            bandeiras=[
                {
                    "vigente_de": "2023-09-01",
                    "vigente_ate": "2023-10-01",
                    "cor": cor,
                    "adicional_brl_por_mwh": "18.85" if cor == "AMARELA" else "0",
                }
            ],
        )
        assert em_inteiros(calcular(dado)) == calcular_inteiro(dado)
