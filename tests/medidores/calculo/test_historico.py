"""What a register counted: brought reading by reading, or written out as a whole past."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comum.periodos import dia_civil
from medidores.calculo.consumo import DIAS_MINIMOS_DO_CICLO, consumo_na_virada
from medidores.calculo.historico import DIAS_DO_HISTORICO, NOVAS_EM_ESPERA, Historico, Passado

INICIO = datetime(2024, 1, 1, 2, 30, tzinfo=UTC)  # 23:30 of the day before in São Paulo
DIGITOS, CONSTANTE = 5, Decimal("1.5")

# Steps in hours and in units of the dials, which turn now and then.
PASSOS = st.lists(
    st.tuples(
        st.sampled_from([1, 5, 24, 24 * 7, 24 * 27, 24 * 30, 24 * 33, 24 * 200, 24 * 500]),
        st.one_of(st.integers(0, 900), st.decimals(0, 99_999, places=3), st.just(99_000)),
    ),
    min_size=1,
    max_size=60,
)


def leituras_de(passos):
    instante, valor = INICIO, Decimal(0)
    for horas, unidades in passos:
        instante += timedelta(hours=horas)
        valor = (valor + Decimal(unidades)) % 10**DIGITOS
        yield instante, valor


def escrever(leituras):
    return Passado(
        leituras[-1][0],
        ",".join(str(dia_civil(instante).toordinal()) for instante, _ in leituras),
        ",".join(str(valor) for _, valor in leituras),
    )


def novo(passado=None):
    return Historico(digitos=DIGITOS, constante=CONSTANTE, passado=passado)


def o_que_diz(historico):
    return (
        historico.instante,
        historico.leitura_kwh,
        historico.ciclos,
        historico.media_diaria_kwh,
        historico.comecou_agora,
    )


@given(PASSOS, st.data())
def test_de_uma_vez_ou_uma_a_uma_da_no_mesmo(passos, data):
    """A past, another that goes on from it, and readings: where one ends says nothing."""
    leituras = list(leituras_de(passos))
    fim = len(leituras)
    a = data.draw(st.integers(0, fim), label="o passado")
    b = data.draw(st.integers(a, fim), label="o que o continua")
    uma_a_uma = novo()
    for leitura in leituras:
        uma_a_uma.juntar(*leitura)

    misto = novo(escrever(leituras[:a]) if a else None)
    if data.draw(st.booleans(), label="perguntado antes"):
        o_que_diz(misto)
    if b > a:
        misto.juntar_passado(escrever(leituras[a:b]))
    for leitura in leituras[b:]:
        misto.juntar(*leitura)

    assert o_que_diz(misto) == o_que_diz(uma_a_uma)


@given(PASSOS)
def test_do_dia_vale_a_ultima(passos):
    leituras = list(leituras_de(passos))
    por_dia = {dia_civil(instante): (instante, valor) for instante, valor in leituras}
    todas, ultimas = novo(escrever(leituras)), novo(escrever(list(por_dia.values())))
    assert o_que_diz(todas) == o_que_diz(ultimas)


@given(PASSOS)
def test_a_media_e_a_da_definicao(passos):
    """The mean as its sentence says it, written plainly here."""
    dias: dict[int, Decimal] = {}
    for instante, valor in leituras_de(passos):
        dias[dia_civil(instante).toordinal()] = valor
    ultimo = max(dias)
    dias = {dia: valor for dia, valor in dias.items() if dia >= ultimo - DIAS_DO_HISTORICO}
    ciclos, inicio = 0, ultimo
    for dia in sorted(dias, reverse=True):
        if dia <= inicio - DIAS_MINIMOS_DO_CICLO and ciclos < 12:
            ciclos, inicio = ciclos + 1, dia
    inicio = inicio if ciclos else min(dias)
    em_ordem = [dias[dia] for dia in sorted(dias) if dia >= inicio]
    consumo = sum(
        (depois - antes) * CONSTANTE
        if depois >= antes
        else consumo_na_virada(anterior=antes, atual=depois, digitos=DIGITOS, constante=CONSTANTE)
        for antes, depois in pairwise(em_ordem)
    )

    historico = novo(escrever(list(leituras_de(passos))))

    assert historico.ciclos == ciclos
    assert historico.media_diaria_kwh == (consumo / (ultimo - inicio) if len(dias) > 1 else None)


def test_um_arquivo_de_horas_nao_fica_em_espera():
    historico = novo()
    for hora in range(24 * 600):
        historico.juntar(INICIO + timedelta(hours=hora), Decimal(hora % 1000))
    assert len(historico._novas) <= NOVAS_EM_ESPERA
    assert len(historico._dias) <= DIAS_DO_HISTORICO + 1


def test_sem_leitura_nada_se_sabe():
    assert o_que_diz(novo()) == (None, None, 0, None, True)


def test_passado_ilegivel_e_erro_de_programa():
    with pytest.raises(ValueError, match="zip"):
        Passado(INICIO, "739620,739621", "1").ler()
