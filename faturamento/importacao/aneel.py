"""Numbers and dates as ANEEL's open-data files write them."""

import re
from datetime import date
from decimal import Decimal

from comum.erros import DadoInvalidoError
from faturamento.calculo.formatos import ler_numero_br


def ler_numero_aneel(texto: str, *, campo: str) -> Decimal | None:
    """Reads `1.234,56`, `,00` (zero) and blank (None).

    Raises:
        DadoInvalidoError: anything else.

    >>> [str(ler_numero_aneel(t, campo="VlrTUSD")) for t in ("1.234,56", "0,32540", ",00", "")]
    ['1234.56', '0.32540', '0.00', 'None']
    """
    try:
        valor = ler_numero_br(texto)
        if valor is None or valor >= 0:
            return valor
    except ValueError:
        pass
    raise DadoInvalidoError(
        f"{campo} inválido: {texto[:40]!r}. O arquivo da ANEEL usa vírgula decimal e ponto de "
        "milhar.",
        campo=campo,
        codigo="VALOR_INVALIDO",
    )


def ler_dia_aneel(texto: str, *, campo: str) -> date:
    """Reads AAAA-MM-DD.

    Raises:
        DadoInvalidoError: anything else.
    """
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", texto, re.ASCII):
            return date.fromisoformat(texto)
    except ValueError:
        pass
    raise DadoInvalidoError(
        f"{campo} inválida: {texto[:40]!r}. O arquivo da ANEEL usa AAAA-MM-DD.",
        campo=campo,
        codigo="DATA_INVALIDA",
    )
