"""Solar credits at their edges: limit, age, order, posto, bands, year, ICMS flags."""

from decimal import Decimal
from typing import Any

import pytest

from faturamento.calculo.erros import CasoInvalidoError, RegraAusenteError
from faturamento.calculo.scee import limitar_compensacao_kwh
from tests.faturamento.calculo.apoio import (
    Caso,
    bandeira,
    calcular,
    caso,
    codigos,
    periodo,
    quantidades,
    registro,
    tarifa,
    valores,
)

D = Decimal


def scee(*creditos: tuple[str, ...], regime: str = "GD_I", **mais: Any) -> Caso:
    return {
        "regime": regime,
        "icms_compensa_te": True,
        "icms_compensa_tusd": True,
        "creditos": [
            dict(zip(("origem", "kwh", "posto"), credito, strict=False)) for credito in creditos
        ],
        **mais,
    }


def em_2026(**mudancas: Any) -> Caso:
    return caso(
        **{"periodo": periodo("2026-01-05", "2026-02-04"), "bandeiras": [bandeira()]} | mudancas
    )


def branca(ponta: str, intermediario: str, fora: str, **mudancas: Any) -> Caso:
    leituras = {"PONTA": ponta, "INTERMEDIARIO": intermediario, "FORA_PONTA": fora}
    return em_2026(
        unidade={"modalidade": "BRANCA", "ligacao": "MONOFASICA"},
        registros=[registro(f"ATIVA_{posto}", atual=kwh) for posto, kwh in leituras.items()],
        tarifas=[tarifa("500", "300", posto=posto) for posto in leituras],
        **mudancas,
    )


def usos(dado: Caso) -> list[tuple[str, str, str]]:
    return [
        (str(li.posto), f"{li.origem_credito:%Y-%m}", str(li.quantidade_kwh))
        for li in calcular(dado).linhas
        if li.codigo == "SCEE_TUSD"
    ]


@pytest.mark.parametrize(
    ("consumo", "disponibilidade", "tarifa_kwh", "transporte", "limite"),
    [
        pytest.param("2000", "50", "0.69046", "0", "1950", id="GD I: fatura publicada"),
        pytest.param("199", "50", "0.74963", "0.036", "156", id="GD II: 199 kWh, 149 + 7"),
        pytest.param("50", "50", "0.7", "0", "0", id="no mínimo, nada"),
        pytest.param("49", "50", "0.7", "0.1", "0", id="abaixo do mínimo, nada"),
        pytest.param("51.999", "50", "0.7", "0", "1", id="kWh inteiros"),
        pytest.param("500", "30", "0.84", "0.6", "500", id="nunca mais que o consumo"),
        pytest.param("110", "30", "1", "0.2", "100", id="quociente exato não perde um kWh"),
    ],
)
def test_limite_da_compensacao(
    consumo: str, disponibilidade: str, tarifa_kwh: str, transporte: str, limite: str
) -> None:
    assert limitar_compensacao_kwh(
        consumo_kwh=D(consumo),
        disponibilidade_kwh=D(disponibilidade),
        tarifa=D(tarifa_kwh),
        transporte=D(transporte),
    ) == D(limite)


def test_o_que_nao_cabe_fica_de_credito() -> None:
    assert usos(em_2026(kwh="150", scee=scee(("2026-01", "500")))) == [
        ("UNICO", "2026-01", "100.000")
    ]


def test_sem_consumo_acima_do_minimo_nao_ha_linha_de_credito() -> None:
    demonstrativo = calcular(em_2026(kwh="50", scee=scee(("2026-01", "500"))))
    assert codigos(demonstrativo) == ["TUSD", "TE"]
    assert str(demonstrativo.compensado_kwh) == "0.000"


def test_o_credito_mais_antigo_vai_primeiro() -> None:
    dado = em_2026(kwh="150", scee=scee(("2025-12", "60"), ("2025-03", "70")))
    assert usos(dado) == [("UNICO", "2025-03", "70.000"), ("UNICO", "2025-12", "30.000")]


def test_creditos_do_mesmo_mes_viram_uma_linha() -> None:
    dado = em_2026(kwh="150", scee=scee(("2025-12", "10"), ("2025-12", "5.5")))
    assert usos(dado) == [("UNICO", "2025-12", "15.500")]


def test_sessenta_meses_servem_e_sessenta_e_um_nao() -> None:
    """The cycle ends in 2026-02: 2021-02 is 60 months old."""
    dado = em_2026(kwh="150", scee=scee(("2021-01", "10"), ("2021-02", "20")))
    assert usos(dado) == [("UNICO", "2021-02", "20.000")]
    assert [o.codigo for o in calcular(dado).ocorrencias] == ["CREDITO_VENCIDO"]


def test_credito_do_proprio_posto_vai_primeiro_e_a_sobra_aos_outros() -> None:
    dado = branca(
        "40",
        "30",
        "200",
        scee=scee(("2025-11", "25", "FORA_PONTA"), ("2025-12", "50", "PONTA"), ("2026-01", "5")),
    )
    assert usos(dado) == [
        ("PONTA", "2025-12", "40.000"),
        ("INTERMEDIARIO", "2025-12", "10.000"),
        ("INTERMEDIARIO", "2026-01", "5.000"),
        ("FORA_PONTA", "2025-11", "25.000"),
    ]


def test_unidade_de_um_posto_toma_qualquer_credito_por_seu() -> None:
    dado = em_2026(kwh="150", scee=scee(("2025-12", "10", "PONTA"), ("2025-11", "20")))
    assert usos(dado) == [("UNICO", "2025-11", "20.000"), ("UNICO", "2025-12", "10.000")]


def test_a_bandeira_incide_sobre_o_que_sobra() -> None:
    dado = em_2026(
        kwh="250", bandeiras=[bandeira("AMARELA", "18.85")], scee=scee(("2026-01", "90"))
    )
    assert quantidades(calcular(dado), "BANDEIRA") == ["160.000"]


def test_a_compensacao_segue_os_kwh_dos_trechos() -> None:
    dado = em_2026(
        kwh="300",
        tarifas=[tarifa("300", "200", ate="2026-01-15"), tarifa("400", "300", de="2026-01-15")],
        scee=scee(("2026-01", "100")),
    )
    assert quantidades(calcular(dado), "SCEE_TE") == ["33.333", "66.667"]


def test_nas_faixas_a_compensacao_tira_a_faixa_de_cima() -> None:
    dado = em_2026(
        kwh="180",
        unidade={"subclasse": "DESCONTO_SOCIAL"},
        tarifas=[tarifa("433.00", "321.29", faixa="120"), tarifa("521.75", "321.29")],
        scee=scee(("2025-12", "50"), ("2026-01", "30")),
    )
    demonstrativo = calcular(dado)
    assert quantidades(demonstrativo, "SCEE_TUSD") == ["50.000", "20.000", "10.000"]
    assert [
        str(li.tarifa_brl_por_kwh) for li in demonstrativo.linhas if "SCEE_TUSD" in li.codigo
    ] == [
        "0.52175",
        "0.43300",
        "0.52175",
    ]


@pytest.mark.parametrize(
    ("te", "tusd", "icms_te", "icms_tusd"),
    [(True, False, True, False), (True, True, True, True), (False, False, False, False)],
    ids=["SP", "MG", "nenhum"],
)
def test_icms_do_credito_por_uf(te: bool, tusd: bool, icms_te: bool, icms_tusd: bool) -> None:
    dado = em_2026(
        kwh="250", scee=scee(("2026-01", "90"), icms_compensa_te=te, icms_compensa_tusd=tusd)
    )
    por_codigo = {str(li.codigo): li for li in calcular(dado).linhas}
    for codigo, devolve in (("SCEE_TE", icms_te), ("SCEE_TUSD", icms_tusd)):
        credito, cheia = por_codigo[codigo], por_codigo[codigo.removeprefix("SCEE_")]
        assert (credito.icms < 0) == devolve
        assert (credito.base_icms < 0) == devolve
        assert (credito.preco_brl_por_kwh == cheia.preco_brl_por_kwh) == devolve


def test_transporte_e_tributado_como_a_tusd() -> None:
    dado = em_2026(
        kwh="500", scee=scee(("2026-01", "100"), regime="GD_II", fio_b_brl_por_mwh="371.62")
    )
    transporte = next(li for li in calcular(dado).linhas if li.codigo == "SCEE_TRANSPORTE")
    assert str(transporte.tarifa_brl_por_kwh) == "0.222972"
    assert transporte.valor == D("28.46")
    assert transporte.icms == D("5.12")


def test_gd_iii_soma_fio_b_fio_a_e_encargos() -> None:
    dado = em_2026(
        kwh="500",
        scee=scee(
            ("2026-01", "100"),
            regime="GD_III",
            fio_b_brl_por_mwh="200",
            fio_a_brl_por_mwh="50",
            encargos_brl_por_mwh="30",
        ),
    )
    transporte = next(li for li in calcular(dado).linhas if li.codigo == "SCEE_TRANSPORTE")
    assert str(transporte.tarifa_brl_por_kwh) == "0.25000"


@pytest.mark.parametrize(
    ("regime", "de", "ate"),
    [
        pytest.param(
            "GD_II", "2028-12-02", "2029-01-01", id="o ano é o de ate, não o do último dia"
        ),
        pytest.param("GD_III", "2029-03-02", "2029-04-01", id="GD III desde 2029"),
        pytest.param("GD_II", "2022-12-01", "2022-12-31", id="antes de 2023"),
    ],
)
def test_ano_sem_parcela_do_fio_b_nao_tem_regra(regime: str, de: str, ate: str) -> None:
    precos = {
        "fio_b_brl_por_mwh": "100",
        "fio_a_brl_por_mwh": "10",
        "encargos_brl_por_mwh": "5",
    }
    dado = caso(
        kwh="500",
        periodo=periodo(de, ate),
        tarifas=[tarifa("371.62", "318.84")],
        bandeiras=[bandeira()],
        scee=scee(("2022-01", "100"), regime=regime, **precos),
    )
    with pytest.raises(RegraAusenteError) as achado:
        calcular(dado)
    assert (achado.value.campo, achado.value.codigo) == ("periodo.ate", "REGRA_AUSENTE")


@pytest.mark.parametrize(("ate", "parcela"), [("2025-12-31", "0.04500"), ("2026-01-01", "0.06000")])
def test_a_parcela_do_fio_b_e_a_do_ano_de_ate(ate: str, parcela: str) -> None:
    dado = em_2026(
        kwh="500",
        periodo=periodo("2025-12-01", ate),
        scee=scee(("2025-11", "100"), regime="GD_II", fio_b_brl_por_mwh="100"),
    )
    transporte = next(li for li in calcular(dado).linhas if li.codigo == "SCEE_TRANSPORTE")
    assert str(transporte.tarifa_brl_por_kwh) == parcela


def test_gd_i_nao_depende_do_ano() -> None:
    dado = caso(
        kwh="500",
        periodo=periodo("2029-12-02", "2030-01-01"),
        bandeiras=[bandeira()],
        scee=scee(("2029-01", "100")),
    )
    assert valores(calcular(dado), "SCEE_TRANSPORTE") == []


@pytest.mark.parametrize(
    ("regime", "precos", "campo"),
    [
        ("GD_II", {}, "scee.fio_b_brl_por_mwh"),
        ("GD_III", {"fio_b_brl_por_mwh": "1"}, "scee.fio_a_brl_por_mwh"),
        (
            "GD_III",
            {"fio_b_brl_por_mwh": "1", "fio_a_brl_por_mwh": "1"},
            "scee.encargos_brl_por_mwh",
        ),
    ],
)
def test_preco_que_o_regime_exige(regime: str, precos: dict[str, str], campo: str) -> None:
    with pytest.raises(CasoInvalidoError) as achado:
        calcular(em_2026(scee=scee(("2026-01", "100"), regime=regime, **precos)))
    assert (achado.value.campo, achado.value.codigo) == (campo, "CAMPO_AUSENTE")


def test_transporte_maior_que_a_tarifa_e_recusado() -> None:
    dado = em_2026(scee=scee(("2026-01", "9"), regime="GD_II", fio_b_brl_por_mwh="5000"))
    with pytest.raises(CasoInvalidoError) as achado:
        calcular(dado)
    assert achado.value.codigo == "TRANSPORTE_EXCEDE_TARIFA"
