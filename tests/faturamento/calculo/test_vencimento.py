"""Due dates: business days, the customer's day, short months, holidays."""

import subprocess
import sys
from datetime import date

import pytest

from comum.vocabulario import Classe
from faturamento.calculo.vencimento import calcular_vencimento, dia_util, somar_dias_uteis


@pytest.mark.parametrize(
    ("dia", "dias", "esperado"),
    [
        pytest.param("2026-10-02", 5, "2026-10-09", id="sexta"),
        pytest.param("2026-10-03", 5, "2026-10-09", id="sábado conta da segunda"),
        pytest.param("2026-10-08", 5, "2026-10-16", id="feriado de 12/10 no meio"),
        pytest.param("2026-12-22", 5, "2027-01-04", id="fim de ano"),
        pytest.param("2026-02-12", 5, "2026-02-23", id="carnaval"),
        pytest.param("2026-10-02", 0, "2026-10-02", id="zero"),
    ],
)
def test_somar_dias_uteis(dia: str, dias: int, esperado: str) -> None:
    assert somar_dias_uteis(date.fromisoformat(dia), dias) == date.fromisoformat(esperado)


@pytest.mark.parametrize(
    ("emissao", "dia_vencimento", "classe", "esperado"),
    [
        pytest.param("2026-10-02", 9, "RESIDENCIAL", "2026-10-09", id="no próprio mínimo"),
        pytest.param("2026-10-02", 8, "RESIDENCIAL", "2026-11-09", id="passou; 8/11 é domingo"),
        pytest.param("2026-10-02", 20, "RESIDENCIAL", "2026-10-20", id="no mesmo mês"),
        pytest.param("2026-10-02", 12, "RESIDENCIAL", "2026-10-13", id="feriado anda um dia"),
        pytest.param("2026-10-02", 15, "PODER_PUBLICO", "2026-11-16", id="10 dias úteis"),
        pytest.param("2026-10-02", 16, "ILUMINACAO_PUBLICA", "2026-11-16", id="iluminação pública"),
        pytest.param("2026-10-02", 16, "SERVICO_PUBLICO", "2026-11-16", id="serviço público"),
        pytest.param("2026-04-06", 31, "RESIDENCIAL", "2026-04-30", id="31 em mês de 30"),
        pytest.param("2027-02-01", 31, "RESIDENCIAL", "2027-03-01", id="28/2 é domingo"),
        pytest.param("2028-02-01", 30, "RESIDENCIAL", "2028-03-01", id="29/2 é carnaval"),
        pytest.param("2026-12-28", 1, "RESIDENCIAL", "2027-02-01", id="vira o ano"),
        # 10/10 is a Saturday; moved to the 13th it is 6 business days after issue.
        pytest.param("2026-10-05", 10, "RESIDENCIAL", "2026-10-13", id="adiado ainda serve"),
    ],
)
def test_calcular_vencimento(emissao: str, dia_vencimento: int, classe: str, esperado: str) -> None:
    assert calcular_vencimento(
        emissao=date.fromisoformat(emissao),
        dia_vencimento=dia_vencimento,
        classe=Classe[classe],
    ) == date.fromisoformat(esperado)


def test_fatura_avulsa_vence_no_primeiro_dia_que_a_regra_permite() -> None:
    assert calcular_vencimento(emissao=date(2026, 10, 2)) == date(2026, 10, 9)


def test_vencimento_e_sempre_dia_util_e_nunca_antes_do_minimo() -> None:
    for emissao in (date(2026, mes, dia) for mes in range(1, 13) for dia in (1, 9, 17, 25, 28)):
        minimo = somar_dias_uteis(emissao, 5)
        for dia in range(1, 32):
            vencimento = calcular_vencimento(emissao=emissao, dia_vencimento=dia)
            assert dia_util(vencimento)
            assert minimo <= vencimento <= date(2027, 3, 31)


@pytest.mark.parametrize("dia", [0, 32, -1])
def test_dia_de_vencimento_impossivel_e_erro_de_programacao(dia: int) -> None:
    with pytest.raises(ValueError, match="1 a 31"):
        calcular_vencimento(emissao=date(2026, 10, 2), dia_vencimento=dia)


def test_o_calendario_so_e_carregado_por_quem_o_usa() -> None:
    codigo = "import sys, faturamento.calculo.vencimento; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", codigo], check=False).returncode == 0
