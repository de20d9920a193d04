"""One-off lines: outside every tax base, and never a bill below zero."""

from decimal import Decimal

import pytest

from faturamento.calculo.caso import caso_para_json, demonstrativo_para_json, ler_caso
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.erros import CasoInvalidoError
from faturamento.calculo.lancamentos import aplicar_lancamentos
from faturamento.calculo.tipos import Lancamento
from tests.faturamento.calculo.apoio import caso

CREDITO = {"descricao": "Crédito", "valor": "-10.00", "referencia": 3}
SERVICO = {"descricao": "Religação", "valor": "25.50"}


def calcular(*lancamentos: dict) -> dict:
    return demonstrativo_para_json(
        calcular_demonstrativo(ler_caso(caso(lancamentos=list(lancamentos))))
    )


def test_entram_depois_da_cip_e_nao_mudam_tributo_nem_energia():
    sem, com = calcular(), calcular(SERVICO, CREDITO)

    assert com["linhas"][: len(sem["linhas"])] == sem["linhas"]
    assert [linha["valor"] for linha in com["linhas"][len(sem["linhas"]) :]] == ["25.50", "-10.00"]
    assert Decimal(com["valor"]) == Decimal(sem["valor"]) + Decimal("15.50")
    assert com["totais"] == {**sem["totais"], "lancamentos": "15.50"}
    assert "lancamentos" not in sem["totais"]


def test_cbs_e_ibs_nao_incidem_sobre_lancamento():
    tributos = {**caso()["tributos"], "cbs": "0.009", "ibs": "0.001"}
    sem = calcular_demonstrativo(ler_caso(caso(tributos=tributos)))
    com = calcular_demonstrativo(ler_caso(caso(tributos=tributos, lancamentos=[SERVICO])))
    assert (com.totais.cbs, com.totais.ibs) == (sem.totais.cbs, sem.totais.ibs)


def test_a_ordem_em_que_vem_nao_muda_a_fatura():
    outro = {**CREDITO, "referencia": 1, "valor": "-9999.00"}
    assert calcular(SERVICO, CREDITO, outro) == calcular(outro, CREDITO, SERVICO)


def test_credito_que_nao_cabe_fica_para_a_proxima():
    velho, novo = Lancamento("a", Decimal(-30), 1), Lancamento("b", Decimal(-30), 2)
    velha, nova = aplicar_lancamentos([novo, velho], fornecimento_brl=Decimal(40))
    assert (velha.lancamento, velha.usado, velha.resto) == (velho, -30, 0)
    assert (nova.lancamento, nova.usado, nova.resto) == (novo, -10, -20)
    sobra = calcular({**CREDITO, "valor": "-99999.00"}, {**CREDITO, "referencia": 9})
    assert sobra["valor"] == "0.00"
    assert [linha["codigo"] for linha in sobra["linhas"]].count("LANCAMENTO") == 1


def test_o_caso_vai_e_volta():
    entrada = ler_caso(caso(lancamentos=[SERVICO, CREDITO]))
    assert ler_caso(caso_para_json(entrada)) == entrada
    assert "lancamentos" not in caso_para_json(ler_caso(caso()))


@pytest.mark.parametrize(
    ("ruim", "campo", "codigo"),
    [
        ({"valor": "0"}, "valor", "VALOR_ZERO"),
        ({"valor": "1.234"}, "valor", "NUMERO_FORA_DO_LIMITE"),
        ({"valor": "x"}, "valor", "NUMERO_INVALIDO"),
        ({"descricao": " "}, "descricao", "TEXTO_INVALIDO"),
        ({"descricao": "a\nb"}, "descricao", "TEXTO_INVALIDO"),
        ({"descricao": 1}, "descricao", "TIPO_INVALIDO"),
        ({"referencia": -1}, "referencia", "VALOR_NEGATIVO"),
        ({"outro": 1}, "outro", "CAMPO_DESCONHECIDO"),
    ],
)
def test_lancamento_ruim_e_recusado_pelo_nome(ruim, campo, codigo):
    with pytest.raises(CasoInvalidoError) as erro:
        ler_caso(caso(lancamentos=[{**SERVICO, **ruim}]))
    assert (erro.value.campo, erro.value.codigo) == (f"lancamentos[0].{campo}", codigo)
