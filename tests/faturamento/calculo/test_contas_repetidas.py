"""Bills with the same tables, days, kWh and CIP are made once; whatever differs is never shared."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from comum.periodos import Periodo
from faturamento.calculo import demonstrativo as nucleo
from faturamento.calculo.caso import ler_caso
from faturamento.calculo.demonstrativo import Demonstrativo, calcular_demonstrativo
from faturamento.calculo.texto_do_documento import demonstrativo_em_texto
from faturamento.calculo.tipos import Arredondamento, EntradaFatura, TipoCiclo
from tests.faturamento.calculo.apoio import caso


@pytest.fixture(autouse=True)
def memoria(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    nova: dict[Any, Any] = {}
    monkeypatch.setattr(nucleo, "_feitas", nova)
    return nova


@pytest.fixture
def entrada() -> EntradaFatura:
    return ler_caso(caso(kwh="150"))


def sem_memoria(entrada: EntradaFatura) -> Demonstrativo:
    nucleo._feitas.clear()
    return calcular_demonstrativo(entrada)


def outra_leitura(entrada: EntradaFatura, avanco: str) -> EntradaFatura:
    """Another meter, as far on as said."""
    [registro] = entrada.registros
    anterior = registro.anterior + 7
    return replace(
        entrada,
        registros=(replace(registro, anterior=anterior, atual=anterior + Decimal(avanco)),),
    )


def test_a_mesma_conta_de_outro_medidor_e_a_mesma(entrada):
    primeira = calcular_demonstrativo(entrada)
    assert calcular_demonstrativo(outra_leitura(entrada, "150")) is primeira
    assert primeira == sem_memoria(entrada)


MUDANCAS: dict[str, Any] = {
    "consumo": lambda e: outra_leitura(e, "151"),
    "casas do consumo": lambda e: outra_leitura(e, "150.0000"),
    "cip": lambda e: replace(e, cip_brl=Decimal("9.00")),
    "casas da cip": lambda e: replace(e, cip_brl=Decimal("8.630")),
    "periodo": lambda e: replace(e, periodo=Periodo(e.periodo.de, e.periodo.ate.replace(day=2))),
    "tributos": lambda e: replace(e, tributos=replace(e.tributos, icms=Decimal("0.12"))),
    "tarifas": lambda e: replace(
        e, tarifas=tuple(replace(t, te_brl_por_mwh=Decimal(300)) for t in e.tarifas)
    ),
    "unidade": lambda e: replace(e, unidade=replace(e.unidade, uf="MG")),
    "arredondamento": lambda e: replace(e, arredondamento=Arredondamento.TRUNCAR),
    "aviso do intervalo": lambda e: replace(
        e, periodo=Periodo(e.periodo.de, e.periodo.ate.replace(day=28)), ciclo=TipoCiclo.NORMAL
    ),
}


@pytest.mark.parametrize("mudar", MUDANCAS.values(), ids=MUDANCAS)
def test_o_que_muda_na_entrada_nao_toma_a_conta_de_outra(mudar, entrada):
    calcular_demonstrativo(entrada)
    mudada = mudar(entrada)
    lembrada = calcular_demonstrativo(mudada)
    limpa = sem_memoria(mudada)
    assert lembrada == limpa
    assert demonstrativo_em_texto(lembrada) == demonstrativo_em_texto(limpa)


def test_controle_com_uma_chave_so_o_consumo_de_uma_sai_na_conta_de_outra(entrada, monkeypatch):
    class DeUmaChave(dict[Any, Any]):
        def get(self, chave: Any, padrao: Any = None) -> Any:
            return next(iter(self.values()), padrao)

    monkeypatch.setattr(nucleo, "_feitas", DeUmaChave())
    calcular_demonstrativo(entrada)
    assert calcular_demonstrativo(outra_leitura(entrada, "151")).consumo_kwh == 150


def test_a_memoria_tem_limite(entrada, memoria, monkeypatch):
    monkeypatch.setattr(nucleo, "FEITAS_LEMBRADAS", 3)
    for kwh in range(150, 160):
        calcular_demonstrativo(outra_leitura(entrada, str(kwh)))
        assert len(memoria) <= 3
