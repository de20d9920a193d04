"""From readings or estimates to billed kWh: rollover, exchange, settlement, minimum, interval."""

from decimal import Decimal
from typing import Any

import pytest

from faturamento.calculo.documento import demonstrativo_para_json
from faturamento.calculo.erros import CasoInvalidoError, RegraAusenteError
from tests.faturamento.calculo.apoio import (
    Caso,
    bandeira,
    calcular,
    caso,
    periodo,
    quantidades,
    registro,
    tarifa,
)

POSTOS = ("PONTA", "INTERMEDIARIO", "FORA_PONTA")


def branca(*registros: Caso, ligacao: str = "TRIFASICA", **mudancas: Any) -> Caso:
    return caso(
        unidade={"modalidade": "BRANCA", "ligacao": ligacao},
        registros=list(registros),
        tarifas=[tarifa("500", "300", posto=posto) for posto in POSTOS],
        **mudancas,
    )


def test_consumo_inconsistente_nao_da_numero_nenhum() -> None:
    dado = caso(registros=[registro(anterior="15242", atual="5242")])
    resposta = demonstrativo_para_json(calcular(dado))
    assert resposta["valor"] is None
    assert resposta["consumo_kwh"] is None
    assert resposta["consumo_faturado_kwh"] is None
    assert resposta["compensado_kwh"] is None
    assert resposta["linhas"] == []
    assert [o["codigo"] for o in resposta["ocorrencias"]] == ["CONSUMO_INCONSISTENTE"]
    assert "15242" in resposta["ocorrencias"][0]["mensagem"]


@pytest.mark.parametrize(
    ("anterior", "atual", "media", "consumo"),
    [
        pytest.param("99990", "35", None, "45.000", id="pequena"),
        pytest.param("99900", "100", None, "200.000", id="200 kWh"),
        pytest.param("99900", "101", None, None, id="201 kWh sem média"),
        pytest.param("99900", "101", "100", None, id="201 kWh, mais que o dobro de 100"),
        pytest.param("99900", "101", "100.5", "201.000", id="201 kWh, o dobro de 100,5"),
        pytest.param("99900", "101", "0", None, id="média zero não ajuda"),
    ],
)
def test_virada_so_quando_plausivel(
    anterior: str, atual: str, media: str | None, consumo: str | None
) -> None:
    dado = caso(registros=[registro(anterior=anterior, atual=atual)], media_12_ciclos_kwh=media)
    apurado = calcular(dado).consumo_kwh
    assert (None if apurado is None else str(apurado)) == consumo


def test_a_constante_conta_na_plausibilidade_da_virada() -> None:
    dado = caso(registros=[registro(anterior="99990", atual="0", constante="40")])
    dado["media_12_ciclos_kwh"] = None
    assert calcular(dado).consumo_kwh is None


def test_duas_viradas_do_mesmo_registrador_nunca() -> None:
    dado = caso(
        registros=[registro(anterior="99990", atual="5"), registro(anterior="99995", atual="1")]
    )
    assert calcular(dado).valor is None


@pytest.mark.parametrize(("confirmada", "consumo"), [(True, "90000.000"), (False, None)])
def test_virada_confirmada_por_uma_pessoa_vale_acima_do_plausivel(
    confirmada: bool, consumo: str | None
) -> None:
    virada = {**registro(anterior="15242", atual="5242"), "virada_confirmada": confirmada}
    apurado = calcular(caso(registros=[virada])).consumo_kwh
    assert (None if apurado is None else str(apurado)) == consumo


def test_virada_confirmada_e_sim_ou_nao() -> None:
    virada = {**registro(), "virada_confirmada": "sim"}
    with pytest.raises(CasoInvalidoError) as erro:
        calcular(caso(registros=[virada]))
    assert erro.value.campo == "registros[0].virada_confirmada"


def test_mesmo_confirmadas_duas_viradas_nunca() -> None:
    viradas = [registro(anterior="99990", atual="5"), registro(anterior="99995", atual="1")]
    dado = caso(registros=[{**virada, "virada_confirmada": True} for virada in viradas])
    assert calcular(dado).valor is None


def test_troca_de_medidor_em_um_posto_da_branca() -> None:
    demonstrativo = calcular(
        branca(
            registro("ATIVA_PONTA", atual="40"),
            registro("ATIVA_INTERMEDIARIO", atual="30"),
            registro("ATIVA_FORA_PONTA", anterior="90", atual="100"),
            registro("ATIVA_FORA_PONTA", atual="70", constante="2"),
        )
    )
    assert quantidades(demonstrativo, "TUSD") == ["40.000", "30.000", "150.000"]


def test_energia_injetada_nao_muda_a_fatura() -> None:
    com = caso(registros=[registro(), registro("INJETADA", atual="999")])
    assert calcular(com).linhas == calcular(caso()).linhas


def test_o_que_falta_ao_minimo_vai_para_a_fora_ponta() -> None:
    demonstrativo = calcular(
        branca(
            registro("ATIVA_PONTA", atual="40"),
            registro("ATIVA_INTERMEDIARIO", atual="30"),
            registro("ATIVA_FORA_PONTA", atual="10"),
        )
    )
    assert str(demonstrativo.consumo_kwh) == "80.000"
    assert quantidades(demonstrativo, "TE") == ["40.000", "30.000", "30.000"]


def test_a_linha_diz_que_foi_completada_ao_minimo() -> None:
    linha = calcular(caso(kwh="12")).linhas[0]
    assert linha.formula.startswith("50,000 kWh (custo de disponibilidade) × R$ 0,37162")
    assert "art. 291" in linha.fonte
    for linha in calcular(caso(kwh="50")).linhas:
        assert "disponibilidade" not in linha.formula


def test_a_bandeira_incide_sobre_o_minimo() -> None:
    demonstrativo = calcular(caso(kwh="1", bandeiras=[bandeira("AMARELA", "18.85")]))
    assert quantidades(demonstrativo, "BANDEIRA") == ["50.000"]


@pytest.mark.parametrize(
    ("constante", "atual", "consumo"),
    [("0.3", "100.5", "30.150"), ("0.0005", "1", "0.001"), ("0.0004", "1", "0.000")],
)
def test_o_consumo_arredonda_uma_vez_no_milesimo(constante: str, atual: str, consumo: str) -> None:
    dado = caso(registros=[registro(atual=atual, constante=constante)])
    assert str(calcular(dado).consumo_kwh) == consumo


@pytest.mark.parametrize(
    ("ciclos", "faturado", "ocorrencia"),
    [
        (1, "150.500", "CONSUMO_ESTIMADO"),
        (3, "150.500", "CONSUMO_ESTIMADO"),
        (4, "50.000", "FATURADO_PELA_DISPONIBILIDADE"),
    ],
)
def test_estimativa_por_tres_ciclos_e_depois_a_disponibilidade(
    ciclos: int, faturado: str, ocorrencia: str
) -> None:
    demonstrativo = calcular(
        caso(
            registros=[],
            estimativa={"historico_kwh": ["100", "201"], "ciclos_estimados": ciclos},
        )
    )
    assert str(demonstrativo.consumo_faturado_kwh) == faturado
    assert [o.codigo for o in demonstrativo.ocorrencias] == [ocorrencia]


def test_estimativa_sem_historico_nao_tem_regra() -> None:
    dado = caso(registros=[], estimativa={"historico_kwh": [], "ciclos_estimados": 1})
    with pytest.raises(RegraAusenteError) as achado:
        calcular(dado)
    assert achado.value.campo == "estimativa.historico_kwh"


def test_estimativa_na_branca_nao_tem_regra_mas_a_disponibilidade_tem() -> None:
    with pytest.raises(RegraAusenteError) as achado:
        calcular(branca(estimativa={"historico_kwh": ["100"], "ciclos_estimados": 1}))
    assert achado.value.campo == "estimativa"
    minimo = calcular(branca(estimativa={"historico_kwh": ["100"], "ciclos_estimados": 4}))
    assert quantidades(minimo, "TUSD") == ["0.000", "0.000", "100.000"]


def test_ocorrencia_no_medidor_fatura_a_disponibilidade_sem_historico() -> None:
    estimativa = {"historico_kwh": [], "ciclos_estimados": 1, "pela_disponibilidade": True}
    demonstrativo = calcular(caso(registros=[], estimativa=estimativa))
    assert str(demonstrativo.consumo_faturado_kwh) == "50.000"
    [ocorrencia] = demonstrativo.ocorrencias
    assert ocorrencia.codigo == "FATURADO_PELA_DISPONIBILIDADE"
    assert ocorrencia.mensagem.startswith("Sem leitura, por ocorrência no medidor:")


@pytest.mark.parametrize(("ciclos", "consumo"), [(0, None), (1, None), (2, "150.000")])
def test_a_virada_de_varios_ciclos_se_mede_pela_media_de_todos(
    ciclos: int, consumo: str | None
) -> None:
    """450 kWh are too much for one cycle of 100 kWh, or for two, and not for three."""
    dado = caso(
        registros=[registro(anterior="99800", atual="250")],
        media_12_ciclos_kwh="100",
        ja_faturado_kwh="300",
        ciclos_acertados=ciclos,
    )
    demonstrativo = calcular(dado)
    assert demonstrativo.consumo_kwh == (None if consumo is None else Decimal(consumo))
    assert [o.codigo for o in demonstrativo.ocorrencias] == [
        "ACERTO_DE_ESTIMATIVA" if consumo else "CONSUMO_INCONSISTENTE"
    ]


def test_o_acerto_diz_o_que_ja_se_faturou() -> None:
    dado = caso(registros=[registro(atual="1500")], ja_faturado_kwh="360.5", ciclos_acertados=2)
    [ocorrencia] = calcular(dado).ocorrencias
    assert ocorrencia.mensagem == (
        "1.500,000 kWh acumulados desde a última leitura real, de que 2 ciclos sem ela "
        "faturaram 360,500 kWh."
    )


def test_acerto_desconta_o_que_as_estimativas_faturaram() -> None:
    dado = caso(registros=[registro(atual="500")], ja_faturado_kwh="360.5")
    assert str(calcular(dado).consumo_kwh) == "139.500"


@pytest.mark.parametrize(
    "dado",
    [
        pytest.param(caso(kwh="100", ja_faturado_kwh="100.001"), id="faturado a mais"),
        pytest.param(
            branca(
                *(registro(f"ATIVA_{posto}", atual="100") for posto in POSTOS), ja_faturado_kwh="1"
            ),
            id="branca",
        ),
    ],
)
def test_acerto_sem_regra(dado: Caso) -> None:
    with pytest.raises(RegraAusenteError) as achado:
        calcular(dado)
    assert achado.value.campo == "ja_faturado_kwh"


@pytest.mark.parametrize(
    ("ciclo", "ate", "avisa"),
    [
        ("NORMAL", "2023-09-27", True),
        ("NORMAL", "2023-09-28", False),
        ("NORMAL", "2023-10-04", False),
        ("NORMAL", "2023-10-05", True),
        ("PRIMEIRO", "2023-09-15", True),
        ("PRIMEIRO", "2023-09-16", False),
        ("REMANEJAMENTO", "2023-10-18", False),
        ("REMANEJAMENTO", "2023-10-19", True),
    ],
)
def test_intervalo_de_leitura_fora_do_esperado_avisa(ciclo: str, ate: str, avisa: bool) -> None:
    demonstrativo = calcular(caso(periodo=periodo("2023-09-01", ate), ciclo=ciclo))
    assert [o.codigo for o in demonstrativo.ocorrencias] == ["FORA_DO_INTERVALO"] * avisa
    assert demonstrativo.valor is not None


def test_registrador_de_outra_modalidade_e_apontado() -> None:
    with pytest.raises(CasoInvalidoError) as achado:
        calcular(branca(registro("ATIVA_TOTAL")))
    assert achado.value.codigo == "REGISTRADOR_INCOMPATIVEL"
