"""Golden bills (`tests/faturamento/contas/*.toml`): inputs, every line, total, source.

Each was also worked out apart: in whole numbers by `oraculo` where
`segundo_calculo` says so, else by hand.
"""

import importlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

from faturamento.calculo.caso import demonstrativo_para_json, ler_caso
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.linhas import CodigoLinha
from tests.faturamento.calculo.oraculo import calcular_inteiro
from tests.faturamento.calculo.test_propriedades import em_inteiros

PASTA = Path(__file__).parents[1] / "contas"
CONTAS = {caminho.stem: tomllib.loads(caminho.read_text()) for caminho in PASTA.glob("*.toml")}
ORIGENS = {"publicado", "derivado", "misto"}


def todas() -> Any:
    return pytest.mark.parametrize("nome", sorted(CONTAS))


@todas()
def test_a_conta_confere_linha_por_linha(nome: str) -> None:
    conta = CONTAS[nome]
    resposta = demonstrativo_para_json(calcular_demonstrativo(ler_caso(conta["caso"])))
    for chave in ("consumo_kwh", "consumo_faturado_kwh", "compensado_kwh", "valor"):
        assert resposta[chave] == conta.get(chave), chave
    assert resposta["totais"] == conta["totais"]
    assert [o["codigo"] for o in resposta["ocorrencias"]] == conta["ocorrencias"]
    esperadas = conta.get("linhas", [])
    assert [
        {chave: valor for chave, valor in linha.items() if valor is not None and chave in esperada}
        for linha, esperada in zip(resposta["linhas"], esperadas, strict=True)
    ] == esperadas


@todas()
def test_a_conta_diz_de_onde_vem(nome: str) -> None:
    conta = CONTAS[nome]
    assert conta["titulo"]
    assert conta["fonte"]
    assert conta["origem"] in ORIGENS


@pytest.mark.parametrize("nome", sorted(n for n, c in CONTAS.items() if c["segundo_calculo"]))
def test_a_conta_confere_em_inteiros(nome: str) -> None:
    caso = {"scee": None, **CONTAS[nome]["caso"]}
    caso["tarifas"] = [{"vigente_ate": None, **linha} for linha in caso["tarifas"]]
    caso["bandeiras"] = [{"vigente_ate": None, **linha} for linha in caso["bandeiras"]]
    assert calcular_inteiro(caso) == em_inteiros(calcular_demonstrativo(ler_caso(caso)))


def test_ha_conta_para_cada_codigo_de_linha() -> None:
    vistos = {linha["codigo"] for conta in CONTAS.values() for linha in conta.get("linhas", [])}
    assert vistos == set(CodigoLinha)


def test_regra_de_cada_linha_e_uma_funcao_do_nucleo() -> None:
    for conta in CONTAS.values():
        for linha in calcular_demonstrativo(ler_caso(conta["caso"])).linhas:
            modulo, funcao = linha.regra.split(".")
            assert callable(
                getattr(importlib.import_module(f"faturamento.calculo.{modulo}"), funcao)
            )
            assert linha.fonte
            assert linha.formula.endswith(
                f"{abs(linha.valor):,}".translate(str.maketrans(",.", ".,"))
            )
