"""Published and derived cases, one test each; `fonte` says whose number it is.

The facts are retyped here: no test reads anything outside the project.
"""

from datetime import date
from decimal import Decimal

import pytest

from comum.dinheiro import Arredondamento, arredondar_brl, truncar
from comum.vocabulario import Registrador, Subclasse
from faturamento.calculo.formatos import ler_numero_br, tarifa_por_kwh
from faturamento.calculo.mora import calcular_encargos_de_mora
from faturamento.calculo.scee import calcular_transporte_brl_por_mwh
from faturamento.calculo.social import calcular_desconto_social
from faturamento.calculo.tipos import RegimeScee, Scee, Tributos
from faturamento.calculo.tributos import (
    Tributacao,
    calcular_preco,
    calcular_valor,
    preparar_tributacao,
    separar_tributos,
)
from faturamento.calculo.vencimento import somar_dias_uteis
from medidores.calculo.consumo import (
    Registro,
    TipoCiclo,
    calcular_consumo_kwh,
    intervalo_esperado,
    somar_registros_kwh,
)
from medidores.calculo.estimativa import calcular_media_kwh
from tests.faturamento.calculo.apoio import bandeira, calcular, caso, periodo, tarifa, valores

D = Decimal
CPFL = {"icms": "0.18", "pis": "0.0079", "cofins": "0.0365"}


def tributar(icms: str, pis: str, cofins: str = "0") -> Tributacao:
    tributos = Tributos(icms=None, pis=D(pis), cofins=D(cofins))
    return preparar_tributacao(tributos, D(icms), Arredondamento.MEIO_PARA_CIMA)


# TRIB-01, TRIB-04. Source: sunclick-tarifas-aneel, public suite.
@pytest.mark.parametrize(
    ("te", "tusd", "pis_cofins", "icms", "com_icms_te", "cheia", "compensada"),
    [
        pytest.param(
            "260.99",
            "488.78",
            "0.05",
            "0.20",
            True,
            "986.5394736842105",
            "857.9131578947369",
            id="TRIB-01 Enel CE",
        ),
        pytest.param(
            "321.56",
            "492.68",
            "0.055",
            "0.18",
            False,
            "1050.7678410117435",
            "861.6296296296298",
            id="TRIB-04 ESS",
        ),
    ],
)
def test_tarifa_cheia_e_compensada(
    te: str, tusd: str, pis_cofins: str, icms: str, com_icms_te: bool, cheia: str, compensada: str
) -> None:
    tributacao = tributar(icms, pis_cofins)
    divisor_te = tributacao.divisor if com_icms_te else tributacao.divisor_sem_icms
    assert (D(te) + D(tusd)) / tributacao.divisor == pytest.approx(D(cheia), abs=D("1e-6"))
    assert D(te) / divisor_te + D(tusd) / tributacao.divisor_sem_icms == pytest.approx(
        D(compensada), abs=D("1e-6")
    )


def test_trib_06_nao_copia_o_comentario_errado() -> None:
    """Source: tarifas-aneel, test of the formula; a comment there says 0.8167, wrongly."""
    divisor = tributar("0.17", "0.004659", "0.021458").divisor
    preco = (D(340) + D(320)) / 1000 / divisor
    assert preco == pytest.approx(D("0.8165053943"), abs=D("1e-6"))


def test_trib_cpfl_tusd() -> None:
    """Source: published bill, CPFL, October 2023; COFINS closes only half up."""
    tributacao = tributar(**CPFL)
    politica = Arredondamento.MEIO_PARA_CIMA
    preco = calcular_preco(D("0.37162"), tributacao.divisor, politica)
    assert preco == pytest.approx(D("0.47425000"), abs=D("5e-6"))
    valor = calcular_valor(D(2000), D("0.37162"), tributacao.divisor, politica)
    linha = separar_tributos(valor, tributacao)
    assert str(valor) == "948.50"
    assert str(linha.base_icms) == "948.50"
    assert str(linha.icms) == "170.73"
    assert str(linha.base_pis_cofins) == "777.77"
    assert str(linha.pis) == "6.14"
    assert str(linha.cofins) == "28.39"


# SCEE-CPFL-1, SCEE-CPFL-3. Source: published bill, CPFL, October 2023.
@pytest.mark.parametrize(
    ("tarifa_kwh", "com_icms", "impresso", "icms", "base", "pis", "cofins"),
    [
        pytest.param(
            "0.37162",
            False,
            "-453.10",
            "0.00",
            "-453.10",
            "-3.58",
            "-16.54",
            id="SCEE-CPFL-1 TUSD sem ICMS",
        ),
        pytest.param(
            "0.31884",
            True,
            "-474.09",
            "-85.34",
            "-388.75",
            "-3.07",
            "-14.19",
            id="SCEE-CPFL-3 TE com ICMS",
        ),
    ],
)
def test_credito_da_fatura_publicada(
    tarifa_kwh: str, com_icms: bool, impresso: str, icms: str, base: str, pis: str, cofins: str
) -> None:
    tributacao = tributar(**CPFL)
    divisor = tributacao.divisor if com_icms else tributacao.divisor_sem_icms
    valor = calcular_valor(D("1165.120"), D(tarifa_kwh), divisor, Arredondamento.MEIO_PARA_CIMA)
    assert abs(valor + D(impresso)) <= D("0.01")
    linha = separar_tributos(D(impresso), tributacao, com_icms=com_icms)
    assert [str(linha.icms), str(linha.base_pis_cofins)] == [icms, base]
    assert [str(linha.pis), str(linha.cofins)] == [pis, cofins]


def test_scee_cpfl_total() -> None:
    """The printed lines close the printed total. Source: published bill."""
    tributacao = tributar(**CPFL)
    com_icms = ["948.50", "813.79", "-474.09", "-319.36"]
    sem_icms = ["-453.10", "-305.23"]
    linhas = [separar_tributos(D(valor), tributacao) for valor in com_icms]
    linhas += [separar_tributos(D(valor), tributacao, com_icms=False) for valor in sem_icms]
    total = sum((D(valor) for valor in com_icms + sem_icms), D(0))
    assert str(total) == "210.51"
    assert str(total + D("8.63")) == "219.14"
    assert str(sum(linha.base_icms for linha in linhas)) == "968.84"
    assert str(sum(linha.icms for linha in linhas)) == "174.39"
    assert str(sum(linha.pis for linha in linhas)) == "0.28"
    assert str(sum(linha.cofins for linha in linhas)) == "1.32"


def test_scee_cpfl_lim_compensa_ate_o_minimo() -> None:
    """Source: published bill: 2000 consumed, 50 of minimum, 1950 compensated."""
    scee = {
        "regime": "GD_I",
        "icms_compensa_te": True,
        "icms_compensa_tusd": False,
        "creditos": [{"origem": "2023-09", "kwh": "5000"}],
    }
    assert str(calcular(caso(kwh="2000", scee=scee)).compensado_kwh) == "1950.000"


def registro(anterior: int, atual: int, digitos: int = 5) -> Registro:
    return Registro(Registrador.ATIVA_TOTAL, D(anterior), D(atual), digitos)


def test_leit_02_diferenca_vezes_constante() -> None:
    """Source: published bill, Cemig, October 2023."""
    assert calcular_consumo_kwh(registro(11994, 12368)) == 374


def test_leit_04_virada_de_cinco_digitos() -> None:
    assert calcular_consumo_kwh(registro(99990, 35)) == 45


def test_leit_06_troca_de_medidor_soma() -> None:
    assert somar_registros_kwh([registro(4521, 4587), registro(3, 52)]) == 115


def test_leit_08_intervalo_normal() -> None:
    """Source: coorsel.com.br (27 to 33)."""
    assert [intervalo_esperado(dias) for dias in (26, 27, 33, 34)] == [False, True, True, False]


def test_leit_09_primeiro_faturamento() -> None:
    esperados = [intervalo_esperado(dias, TipoCiclo.PRIMEIRO) for dias in (14, 15, 47, 48)]
    assert esperados == [False, True, True, False]


def test_parse_01_numero_da_aneel() -> None:
    textos = ["472,42", "316,96", "1.234,56", "0,32540", ",00", ""]
    esperados = [D("472.42"), D("316.96"), D("1234.56"), D("0.3254"), D(0), None]
    assert [ler_numero_br(texto) for texto in textos] == esperados


def test_tar_01_mwh_para_kwh() -> None:
    """Source: Enel SP, B1, REH 3.596/2026."""
    tusd, te = tarifa_por_kwh(D("472.42")), tarifa_por_kwh(D("316.96"))
    assert [str(tusd), str(te), str(tusd + te)] == ["0.47242", "0.31696", "0.78938"]


def test_tar_02_truncar_nao_arredonda() -> None:
    assert str(truncar(D("0.123456"), 5)) == "0.12345"


@pytest.mark.parametrize(
    ("cor", "adicional", "esperado"),
    [
        ("VERDE", "0", []),
        ("AMARELA", "18.85", ["1.89"]),
        ("VERMELHA_P1", "44.63", ["4.46"]),
        ("VERMELHA_P2", "78.77", ["7.88"]),
    ],
)
def test_band_01_adicional_por_100_kwh(cor: str, adicional: str, esperado: list[str]) -> None:
    """1.885, 4.463 and 7.877 before the cent. Source: ANEEL, January 2026."""
    assert tarifa_por_kwh(D(adicional)) * 100 == D(adicional) / 10
    dado = caso(kwh="100", sem_tributos=True, bandeiras=[bandeira(cor, adicional)])
    assert valores(calcular(dado), "BANDEIRA") == esperado


def test_band_02_bandeira_entra_antes_dos_tributos() -> None:
    dado = caso(kwh="250", bandeiras=[bandeira("VERMELHA_P1", "44.63")])
    assert valores(calcular(dado), "BANDEIRA") == ["14.24"]


def test_disp_01_trifasica_sem_consumo() -> None:
    """Source: energes.com.br: 100 kWh at 0.62."""
    dado = caso(
        kwh="0",
        sem_tributos=True,
        unidade={"ligacao": "TRIFASICA"},
        tarifas=[tarifa("620", "0")],
    )
    demonstrativo = calcular(dado)
    assert str(demonstrativo.consumo_faturado_kwh) == "100.000"
    assert str(demonstrativo.valor) == "62.00"


@pytest.mark.parametrize(
    ("ligacao", "consumo", "faturado"),
    [
        pytest.param("MONOFASICA", "12", "30.000", id="DISP-02"),
        pytest.param("MONOFASICA", "30", "30.000", id="DISP-03"),
        pytest.param("BIFASICA_2_CONDUTORES", "29", "30.000", id="DISP-04"),
        pytest.param("BIFASICA_3_CONDUTORES", "51", "51.000", id="DISP-06"),
        pytest.param("TRIFASICA", "100", "100.000", id="DISP-07"),
    ],
)
def test_minimo_faturavel(ligacao: str, consumo: str, faturado: str) -> None:
    """Source: REN 1.000/2021, art. 291."""
    demonstrativo = calcular(caso(kwh=consumo, unidade={"ligacao": ligacao}))
    assert str(demonstrativo.consumo_faturado_kwh) == faturado


@pytest.mark.parametrize(("kwh", "tributado"), [("50", False), ("51", True)])
def test_icms_02_faixa_e_da_fatura_inteira(kwh: str, tributado: bool) -> None:
    """Source: Equatorial PI, exempt up to 50 kWh (portalodia.com)."""
    dado = caso(
        kwh=kwh,
        faixas_icms=[{"ate_kwh": "50", "aliquota": "0"}, {"ate_kwh": None, "aliquota": "0.18"}],
    )
    del dado["tributos"]["icms"]
    demonstrativo = calcular(dado)
    linha = demonstrativo.linhas[0]
    assert linha.icms == (arredondar_brl(linha.valor * D("0.18")) if tributado else 0)


def test_tsee_01_descontos_cumulativos() -> None:
    """150 kWh pay as 97.50. Source: nolugarideal.com.br (method)."""
    desconto = calcular_desconto_social(D(150), Subclasse.BAIXA_RENDA, ultimo_dia=date(2025, 6, 30))
    assert desconto is not None
    assert D(150) - desconto.desconto_kwh == D("97.50")


@pytest.mark.parametrize(
    ("ligacao", "kwh"),
    [
        pytest.param("MONOFASICA", "80", id="TSEE-03 80 kWh grátis"),
        pytest.param("TRIFASICA", "70", id="TSEE-05 mínimo da trifásica cai para 80"),
    ],
)
def test_gratuidade_da_tarifa_social(ligacao: str, kwh: str) -> None:
    """Source: Agência Brasil, September 2025; Lei 15.235/2025."""
    demonstrativo = calcular(
        caso(
            kwh=kwh,
            unidade={"ligacao": ligacao, "subclasse": "BAIXA_RENDA"},
            periodo=periodo("2025-08-01", "2025-08-31"),
            bandeiras=[bandeira("VERMELHA_P2", "78.77")],
        )
    )
    assert str(demonstrativo.valor) == "0.00"
    assert str(demonstrativo.consumo_faturado_kwh) == "80.000"


def test_tsee_07_faixas_de_2026() -> None:
    """130 kWh, band 02 of Amazonas Energia. Source: ANEEL tariffs, REH 3.454/2025."""
    demonstrativo = calcular(
        caso(
            kwh="130",
            sem_tributos=True,
            unidade={"subclasse": "BAIXA_RENDA"},
            periodo=periodo("2026-01-01", "2026-01-31"),
            tarifas=[tarifa("0", "0", faixa="80"), tarifa("404.22", "321.29")],
            bandeiras=[bandeira()],
        )
    )
    assert valores(demonstrativo, "TUSD") == ["0.00", "20.21"]
    assert valores(demonstrativo, "TE") == ["0.00", "16.06"]
    assert valores(demonstrativo, "TSEE") == []
    assert demonstrativo.valor in {D("36.27"), D("36.28"), D("36.29")}


def test_med_01_media_dos_doze_ciclos() -> None:
    """Source: history printed on a Cemig bill, July 2022 to June 2023."""
    historico = [209, 270, 251, 144, 158, 158, 157, 127, 132, 140, 184, 235]
    media = calcular_media_kwh([D(kwh) for kwh in historico])
    assert str(media) == "180.4167"


def test_gd2_01_residual_mais_transporte() -> None:
    """Source: REN 1.000/2021, art. 655-I (not read); Fio B is hypothetical."""
    demonstrativo = calcular(
        caso(
            kwh="500",
            sem_tributos=True,
            unidade={"ligacao": "TRIFASICA"},
            periodo=periodo("2026-03-01", "2026-03-31"),
            tarifas=[tarifa("500", "343.04")],
            bandeiras=[bandeira()],
            scee={
                "regime": "GD_II",
                "icms_compensa_te": True,
                "icms_compensa_tusd": True,
                "fio_b_brl_por_mwh": "200",
                "creditos": [{"origem": "2026-02", "kwh": "400"}],
            },
        )
    )
    transporte = valores(demonstrativo, "SCEE_TRANSPORTE")
    assert transporte == ["48.00"]
    assert demonstrativo.valor is not None
    assert str(demonstrativo.valor - D(transporte[0])) == "84.30"
    assert str(demonstrativo.valor) == "132.30"


def test_gd2_03_parcela_do_fio_b_por_ano() -> None:
    """Source: Lei 14.300/2022, art. 27; tarifas-aneel, public suite."""
    scee = Scee(RegimeScee.GD_II, True, True, fio_b_brl_por_mwh=D(320))
    custos = [calcular_transporte_brl_por_mwh(scee, ano=ano) / 1000 for ano in range(2023, 2029)]
    esperados = ["0.0480", "0.0960", "0.1440", "0.1920", "0.2400", "0.2880"]
    assert custos == [D(custo) for custo in esperados]


def test_mora_02_um_dia() -> None:
    encargos = calcular_encargos_de_mora(base_brl=D("356.23"), dias=1, fator_ipca=D(1))
    assert str(encargos.base) == "356.23"
    assert str(encargos.multa) == "7.12"
    assert str(encargos.juros) == "0.12"
    assert str(encargos.atualizacao) == "0.00"


def test_venc_01_conta_do_dia_util_seguinte() -> None:
    assert somar_dias_uteis(date(2026, 10, 2), 5) == date(2026, 10, 9)
