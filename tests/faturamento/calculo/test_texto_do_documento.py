"""A document written straight as text is, to the letter, the document encoded."""

from decimal import Decimal

import pytest
from hypothesis import given

from faturamento.calculo.caso import ler_caso
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.documento import caso_para_json, demonstrativo_para_json
from faturamento.calculo.texto_do_documento import (
    caso_em_texto,
    codificar,
    demonstrativo_em_texto,
)
from tests.faturamento.calculo.apoio import Caso, caso, registro
from tests.faturamento.calculo.estrategias import casos
from tests.faturamento.calculo.test_contas import CONTAS
from tests.faturamento.calculo.test_propriedades import exemplos


def conferir(dado: Caso) -> None:
    entrada = ler_caso(dado)
    demonstrativo = calcular_demonstrativo(entrada)
    for _ in range(2):  # the second time by what the first one remembered
        assert caso_em_texto(entrada) == codificar(caso_para_json(entrada))
        texto = demonstrativo_em_texto(demonstrativo)
        assert texto == codificar(demonstrativo_para_json(demonstrativo))


@pytest.mark.parametrize("nome", sorted(CONTAS))
def test_cada_conta_de_referencia(nome: str) -> None:
    conferir(CONTAS[nome]["caso"])


@exemplos(200)
@given(casos())
def test_qualquer_caso(dado: Caso) -> None:
    conferir(dado)


def test_constantes_iguais_de_casas_diferentes_ficam_como_vieram() -> None:
    for constante in ("1", "1.0", "1.0000", "40.00"):
        conferir(caso(registros=[registro(constante=constante)]))


def test_o_que_o_json_escapa_e_o_que_a_formatacao_le() -> None:
    lancamentos = [{"descricao": 'taxa "50%s" \\ {x} %(valor)s', "valor": "10.00", "referencia": 1}]
    conferir({**caso(kwh="150"), "lancamentos": lancamentos})


def test_cbs_e_ibs_aparecem_so_onde_ha_aliquota() -> None:
    com = caso(kwh="150")
    com["tributos"] = {**com["tributos"], "cbs": "0.009", "ibs": "0.001"}
    conferir(com)
    demonstrativo = calcular_demonstrativo(ler_caso(com))
    assert demonstrativo.totais.cbs is not None
    assert demonstrativo.totais.cbs > Decimal(0)
    assert '"cbs"' in demonstrativo_em_texto(demonstrativo)
    sem = calcular_demonstrativo(ler_caso(caso(kwh="150")))
    assert '"cbs"' not in demonstrativo_em_texto(sem)
