"""What people paste into a form: masks, units, invisible marks; and what is no number at all."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from comum.django_base.formularios import CampoDecimal


@pytest.mark.parametrize(
    ("colado", "valor"),
    [
        ("1.234,56", "1234.56"),
        (" 1234,5 ", "1234.5"),
        ("R$\u00a01.234,56", "1234.56"),
        ("69.801,000 kWh", "69801.000"),
        ("\u200b70000", "70000"),
        ("83.29", "83.29"),
        ("1.500", "1500"),
        ("-1.234,50", "-1234.50"),
        (",5", "0.5"),
    ],
)
def test_numero_colado_com_mascara_unidade_e_espacos(colado, valor):
    assert CampoDecimal().clean(colado) == Decimal(valor)


@pytest.mark.parametrize(
    "texto", ["1.2.3", "12.34.567,8", "1.23,4", "1,234.56", "1 234,56", "1e5", "NaN", "0x1F", "R$"]
)
def test_o_que_nao_e_numero_e_uma_frase(texto):
    """Without the guard Django drops the dots wherever they stand: “1.2.3” would be 123."""
    with pytest.raises(ValidationError, match=r"Informe um número, como 1\.234,56|obrigatório"):
        CampoDecimal().clean(texto)


def test_em_branco_continua_em_branco():
    assert CampoDecimal(required=False).clean("  ") is None
