"""The crítica, case by case."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from medidores.calculo.critica import Destino, Mostrador, julgar_leitura

AGORA = datetime(2026, 2, 10, 15, tzinfo=UTC)


def julgar(**mudancas):
    mostrador = Mostrador(
        digitos=mudancas.pop("digitos", 5),
        constante=Decimal(1),
        data_instalacao=date(2025, 1, 1),
        data_retirada=mudancas.pop("data_retirada", None),
    )
    caso = {
        "leitura_kwh": Decimal(1150),
        "data_leitura": datetime(2026, 1, 5, 12, tzinfo=UTC),
        "anterior_kwh": Decimal(1000),
        "posterior_kwh": None,
        "media_kwh": None,
        "faturado_ate": None,
        "agora": AGORA,
    } | mudancas
    return julgar_leitura(mostrador=mostrador, **caso)


@pytest.mark.parametrize(
    ("mudancas", "destino", "codigo"),
    [
        pytest.param({}, Destino.ACEITA, "", id="comum"),
        pytest.param({"anterior_kwh": None}, Destino.ACEITA, "", id="primeira"),
        pytest.param({"leitura_kwh": Decimal(1000)}, Destino.ACEITA, "LEITURA_IGUAL", id="igual"),
        pytest.param(
            {"leitura_kwh": Decimal(45), "anterior_kwh": Decimal(99990)},
            Destino.ACEITA,
            "VIRADA_PROVAVEL",
            id="virada",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(783), "anterior_kwh": Decimal(99569)},
            Destino.RETIDA,
            "LEITURA_REGRESSIVA",
            id="virada sem média não passa de 200",
        ),
        pytest.param(
            {
                "leitura_kwh": Decimal(783),
                "anterior_kwh": Decimal(99569),
                "media_kwh": Decimal(819),
            },
            Destino.ACEITA,
            "VIRADA_PROVAVEL",
            id="virada até duas vezes a média",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(900)}, Destino.RETIDA, "LEITURA_REGRESSIVA", id="regressiva"
        ),
        pytest.param(
            {"posterior_kwh": Decimal(1100)},
            Destino.RETIDA,
            "LEITURA_REGRESSIVA",
            id="maior que a seguinte",
        ),
        pytest.param({"posterior_kwh": Decimal(1200)}, Destino.ACEITA, "", id="entre as duas"),
        pytest.param(
            {"faturado_ate": datetime(2026, 1, 5, 12, tzinfo=UTC)},
            Destino.RETIDA,
            "PERIODO_FATURADO",
            id="no fim do faturado",
        ),
        pytest.param(
            {"leitura_kwh": Decimal(100000)}, Destino.RECUSADA, "DIGITOS_EXCEDIDOS", id="dígitos"
        ),
        pytest.param({"leitura_kwh": Decimal(-1)}, Destino.RECUSADA, "VALOR_INVALIDO", id="menos"),
        pytest.param(
            {"data_leitura": datetime(2026, 2, 10, 15, 1, tzinfo=UTC)},
            Destino.RECUSADA,
            "DATA_FUTURA",
            id="futuro",
        ),
        pytest.param(
            {"data_leitura": datetime(2025, 1, 1, 2, 59, tzinfo=UTC)},
            Destino.RECUSADA,
            "ANTES_DA_INSTALACAO",
            id="31/12 em São Paulo",
        ),
        pytest.param(
            {"data_leitura": datetime(2025, 1, 1, 3, tzinfo=UTC), "anterior_kwh": None},
            Destino.ACEITA,
            "",
            id="no dia da instalação",
        ),
        pytest.param(
            {"data_retirada": date(2026, 1, 4)},
            Destino.RECUSADA,
            "DEPOIS_DA_RETIRADA",
            id="retirado",
        ),
    ],
)
def test_julgamento(mudancas, destino, codigo):
    julgamento = julgar(**mudancas)

    assert (julgamento.destino, julgamento.codigo) == (destino, codigo)
    assert bool(julgamento.mensagem) == bool(codigo)
