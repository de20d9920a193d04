"""The simulator: one door for tests, operators and other systems."""

from typing import Any

from faturamento.calculo.caso import ler_caso_json
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.documento import demonstrativo_para_json


def simular_fatura(texto: str | bytes) -> dict[str, Any]:
    """The demonstrativo of a case, both as JSON documents; reads and writes no table.

    Raises:
        CasoInvalidoError: names the path of the bad field; nothing was computed.
    """
    return demonstrativo_para_json(calcular_demonstrativo(ler_caso_json(texto)))
