"""The crítica, case by case."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medidores.calculo.critica import (
    Destino,
    Limites,
    Mostrador,
    achar_salto_de_casa,
    julgar_leitura,
)
from medidores.calculo.historico import Historico

AGORA = datetime(2026, 2, 10, 15, tzinfo=UTC)
DIA = datetime(2026, 1, 5, 12, tzinfo=UTC)
INSTALACAO = date(2024, 1, 1)


def historico(*leituras: int | str, ate: datetime = DIA, dias: int = 30, **mostrador) -> Historico:
    """Readings `dias` apart, the last of them `dias` before `ate`."""
    feito = Historico(digitos=mostrador.get("digitos", 5), constante=Decimal(1))
    for n, leitura in enumerate(leituras):
        feito.juntar(ate - timedelta(days=dias * (len(leituras) - n)), Decimal(leitura))
    return feito


# 150 kWh in each of the three cycles known, the last reading 1000.
COMUM = (550, 700, 850, 1000)


def julgar(**mudancas):
    mostrador = Mostrador(
        digitos=5,
        constante=mudancas.pop("constante", Decimal(1)),
        data_instalacao=INSTALACAO,
        data_retirada=mudancas.pop("data_retirada", None),
    )
    caso = {
        "leitura_kwh": Decimal(1150),
        "data_leitura": DIA,
        "historico": historico(1000),
        "posterior_kwh": None,
        "faturado_ate": None,
        "limites": Limites(),
        "agora": AGORA,
    } | mudancas
    return julgar_leitura(mostrador=mostrador, **caso)


@pytest.mark.parametrize(
    ("mudancas", "codigo"),
    [
        pytest.param({"leitura_kwh": Decimal(100000)}, "DIGITOS_EXCEDIDOS", id="dígitos"),
        pytest.param({"leitura_kwh": Decimal(-1)}, "VALOR_INVALIDO", id="menos"),
        pytest.param(
            {"data_leitura": datetime(2026, 2, 10, 15, 1, tzinfo=UTC)}, "DATA_FUTURA", id="futuro"
        ),
        pytest.param(
            {"data_leitura": datetime(2024, 1, 1, 2, 59, tzinfo=UTC), "historico": historico()},
            "ANTES_DA_INSTALACAO",
            id="31/12 em São Paulo",
        ),
        pytest.param({"data_retirada": date(2026, 1, 4)}, "DEPOIS_DA_RETIRADA", id="retirado"),
    ],
)
def test_o_que_nao_pode_ser_verdade_e_recusado(mudancas, codigo):
    julgamento = julgar(**mudancas)
    assert (julgamento.destino, julgamento.codigo) == (Destino.RECUSADA, codigo)
    assert julgamento.campo
    assert julgamento.mensagem


@pytest.mark.parametrize(
    "mudancas",
    [
        pytest.param({}, id="comum"),
        pytest.param({"historico": historico()}, id="primeira"),
        pytest.param({"posterior_kwh": Decimal(1200)}, id="entre as duas"),
        pytest.param({"faturado_ate": DIA - timedelta(seconds=1)}, id="logo depois do faturado"),
        pytest.param({"data_retirada": date(2026, 1, 5)}, id="no dia da retirada"),
        pytest.param(
            {"data_leitura": datetime(2024, 1, 1, 3, tzinfo=UTC), "historico": historico()},
            id="no primeiro instante do dia da instalação",
        ),
        pytest.param({"data_leitura": AGORA, "historico": historico()}, id="agora mesmo"),
        pytest.param(
            {"leitura_kwh": Decimal(1600), "historico": historico(*COMUM)},
            id="exatamente quatro vezes a média",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(9000), "historico": historico(700, 850, 1000)},
            id="com dois ciclos nada é alto",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(1015), "historico": historico(*COMUM)},
            id="exatamente um décimo da média",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(1100), "historico": historico(985, 990, 995, 1000)},
            id="vinte vezes a média, mas só 100 kWh",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(702), "historico": historico(400, 500, 600, 700)},
            id="baixo, mas a média não passa de 100 por mês",
        ),
    ],
)
def test_o_que_e_plausivel_entra_sem_nota(mudancas):
    assert julgar(**mudancas) == julgar()
    assert julgar().codigo == ""


@pytest.mark.parametrize(
    ("mudancas", "codigo"),
    [
        pytest.param({"leitura_kwh": Decimal(900)}, "LEITURA_REGRESSIVA", id="regressiva"),
        pytest.param(
            {"leitura_kwh": Decimal(783), "historico": historico(99569)},
            "LEITURA_REGRESSIVA",
            id="virada sem média não passa de 200",
        ),
        pytest.param(
            {"posterior_kwh": Decimal(1100)}, "LEITURA_REGRESSIVA", id="maior que a seguinte"
        ),
        pytest.param({"faturado_ate": DIA}, "PERIODO_FATURADO", id="no fim do faturado"),
        pytest.param(
            {"leitura_kwh": Decimal("1600.001"), "historico": historico(*COMUM)},
            "CONSUMO_ALTO",
            id="pouco mais de quatro vezes a média",
        ),
        pytest.param(
            {"leitura_kwh": Decimal("1100.001"), "historico": historico(985, 990, 995, 1000)},
            "CONSUMO_ALTO",
            id="vinte vezes a média e mais de 100 kWh",
        ),
        pytest.param(
            {"leitura_kwh": Decimal("1014.999"), "historico": historico(*COMUM)},
            "CONSUMO_BAIXO",
            id="pouco menos de um décimo",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(1000), "historico": historico(*COMUM)},
            "CONSUMO_BAIXO",
            id="nada, de quem consome mais de 100 por mês",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(11150), "historico": historico(*COMUM)},
            "SALTO_DE_CASA",
            id="um dígito a mais",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(5110), "historico": historico(*COMUM)},
            "SALTO_DE_CASA",
            id="dois dígitos trocados",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(5031), "historico": historico(11200, 11900, 12600, 13300)},
            "LEITURA_REGRESSIVA",
            id="regressiva que nenhum engano explica",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(13440), "historico": historico(13150, 13450, 13750, 14050)},
            "SALTO_DE_CASA",
            id="regressiva por troca de dígitos",
        ),
    ],
)
def test_o_que_pode_ser_verdade_fica_retido(mudancas, codigo):
    julgamento = julgar(**mudancas)
    assert (julgamento.destino, julgamento.codigo) == (Destino.RETIDA, codigo)
    assert julgamento.mensagem


@pytest.mark.parametrize(
    ("mudancas", "codigo"),
    [
        pytest.param(
            {"leitura_kwh": Decimal(45), "historico": historico(99990)},
            "VIRADA_PROVAVEL",
            id="virada",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(783), "historico": historico(98000, 98800, 99569)},
            "VIRADA_PROVAVEL",
            id="virada até duas vezes a média",
        ),
        pytest.param(
            {
                "leitura_kwh": Decimal(800),
                "historico": historico(99200, 99500, ate=DIA - timedelta(days=90)),
            },
            "VIRADA_PROVAVEL",
            id="virada depois de meses sem leitura",
        ),
        pytest.param({"leitura_kwh": Decimal(1000)}, "CONSUMO_ZERO", id="um ciclo sem consumo"),
        pytest.param(
            {"leitura_kwh": Decimal(1000), "historico": historico(1000, dias=14)},
            "LEITURA_IGUAL",
            id="a mesma duas semanas depois",
        ),
        pytest.param({"historico": historico(850, 1000, dias=26)}, "FORA_DO_INTERVALO", id="26"),
        pytest.param({"historico": historico(850, 1000, dias=34)}, "FORA_DO_INTERVALO", id="34"),
        pytest.param({"historico": historico(1000, dias=48)}, "FORA_DO_INTERVALO", id="48"),
    ],
)
def test_o_que_se_aceita_com_nota(mudancas, codigo):
    julgamento = julgar(**mudancas)
    assert (julgamento.destino, julgamento.codigo) == (Destino.ACEITA, codigo)
    assert julgamento.mensagem


@pytest.mark.parametrize(
    "mudancas",
    [
        pytest.param({"historico": historico(850, 1000, dias=27)}, id="27 dias"),
        pytest.param({"historico": historico(850, 1000, dias=33)}, id="33 dias"),
        pytest.param({"historico": historico(1000, dias=15)}, id="15 dias no primeiro ciclo"),
        pytest.param({"historico": historico(1000, dias=47)}, id="47 dias no primeiro ciclo"),
    ],
)
def test_intervalos_esperados_nao_levam_nota(mudancas):
    assert julgar(**mudancas).codigo == ""


def test_os_limites_da_classe_mandam():
    caso = {"leitura_kwh": Decimal(1450), "historico": historico(*COMUM)}
    assert julgar(**caso).codigo == ""
    assert julgar(**caso, limites=Limites(vezes_alto=Decimal(2))).codigo == "CONSUMO_ALTO"
    folgado = Limites(vezes_alto=Decimal(2), minimo_alto_kwh=Decimal(450))
    assert julgar(**caso, limites=folgado).codigo == ""
    exigente = Limites(vezes_alto=Decimal(2), ciclos_minimos=4)
    assert julgar(**caso, limites=exigente).codigo == ""
    curto = Limites(intervalo_minimo_dias=31)
    assert julgar(**caso, limites=curto).codigo == "FORA_DO_INTERVALO"


def test_leituras_de_hora_em_hora_nao_sao_ciclos():
    """An automatic meter's hours carry no note of interval, and hold nothing by a quiet night."""
    horario = Historico(digitos=5, constante=Decimal(1))
    instante, leitura = datetime(2025, 10, 1, 3, tzinfo=UTC), Decimal(0)
    while instante < DIA:
        assert julgar(leitura_kwh=leitura, data_leitura=instante, historico=horario).codigo in (
            "",
            "LEITURA_IGUAL",
        )
        horario.juntar(instante, leitura)
        instante += timedelta(hours=1)
        leitura += Decimal(0) if instante.hour < 6 else Decimal(1)
    assert horario.ciclos == 3
    assert horario.media_diaria_kwh == pytest.approx(Decimal(18), abs=Decimal("0.2"))
    alto = julgar(leitura_kwh=leitura + 500, data_leitura=DIA, historico=horario)
    assert alto.codigo in ("CONSUMO_ALTO", "SALTO_DE_CASA")


def test_a_constante_multiplica_o_consumo():
    caso = {"leitura_kwh": Decimal(1010), "historico": historico(*COMUM)}
    assert julgar(**caso).codigo == "CONSUMO_BAIXO"
    assert julgar(**caso, constante=Decimal(40)).codigo == ""


def test_salto_explicado_diz_a_leitura_provavel():
    julgamento = julgar(leitura_kwh=Decimal(11150), historico=historico(*COMUM))
    assert "1.150 (um dígito a mais) daria 150 kWh" in julgamento.mensagem


@given(
    leitura=st.integers(0, 99999),
    anterior=st.integers(0, 99999),
    esperado=st.integers(1, 2000),
)
def test_o_salto_achado_e_uma_troca_ou_um_digito_a_menos(leitura, anterior, esperado):
    achado = achar_salto_de_casa(
        Decimal(leitura),
        anterior_kwh=Decimal(anterior),
        constante=Decimal(1),
        esperado_kwh=Decimal(esperado),
    )
    if achado is None:
        return
    correta, motivo = achado
    assert Decimal(esperado) / 2 <= correta - anterior <= Decimal(esperado) * 2
    digitos, achados = sorted(str(leitura)), sorted(f"{int(correta)}".zfill(len(str(leitura))))
    if motivo == "dois dígitos trocados":
        assert digitos == achados
    else:
        assert int(correta) < leitura


@given(
    leituras=st.lists(st.integers(0, 400), min_size=1, max_size=30),
    valor=st.integers(0, 99999),
)
def test_todo_julgamento_tem_um_destino_e_uma_frase_quando_tem_codigo(leituras, valor):
    """Whatever the past, a reading has one outcome, and a history holds 12 cycles at most."""
    acumulado, passado = 0, []
    for consumo in leituras:
        acumulado += consumo
        passado.append(acumulado)
    conhecido = historico(*passado)
    julgamento = julgar(leitura_kwh=Decimal(valor), historico=conhecido)
    assert julgamento.destino in Destino
    assert bool(julgamento.codigo) == bool(julgamento.mensagem)
    assert conhecido.ciclos == min(len(leituras) - 1, 12)
    if conhecido.ciclos < 3:
        assert julgamento.destino is Destino.ACEITA or julgamento.codigo == "LEITURA_REGRESSIVA"
