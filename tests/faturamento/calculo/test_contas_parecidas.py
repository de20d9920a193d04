"""A bill that another had already is the same, and no other's: P1 holds in a run too."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comum.dinheiro import Arredondamento
from faturamento.calculo import demonstrativo
from faturamento.calculo.caso import ler_caso
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.documento import demonstrativo_para_json
from faturamento.calculo.texto_do_documento import codificar
from faturamento.calculo.tipos import EntradaFatura
from tests.faturamento.calculo.estrategias import casos


def calcular(entrada: EntradaFatura) -> str:
    return codificar(demonstrativo_para_json(calcular_demonstrativo(entrada)))


def de_novo(entrada: EntradaFatura) -> str:
    demonstrativo._feitas.clear()
    return calcular(entrada)


@st.composite
def parecidas(draw) -> list[EntradaFatura]:
    """Bills that share tables and days, as those of a run, and differ in little."""
    base = replace(ler_caso(draw(casos())), scee=None, lancamentos=())
    variacoes = draw(
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.sampled_from(["0", "0.00", "8.63"]),
                st.sampled_from(list(Arredondamento)),
            ),
            min_size=2,
            max_size=6,
        )
    )
    return [
        replace(
            base,
            cip_brl=Decimal(cip),
            arredondamento=modo,
            registros=tuple(
                replace(r, atual=r.atual + passo) if r.atual + passo < 10**r.digitos else r
                for r in base.registros
            ),
        )
        for passo, cip, modo in variacoes
    ]


@given(parecidas())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_conta_de_quem_veio_antes_e_a_sua(entradas):
    sozinhas = [de_novo(entrada) for entrada in entradas]
    demonstrativo._feitas.clear()
    assert [calcular(entrada) for entrada in entradas] == sozinhas
    assert [calcular(entrada) for entrada in entradas] == sozinhas
