"""The simulator: one door for tests, operators and other systems."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from comum.erros import NaoEncontradoError
from comum.vocabulario import CorBandeira
from faturamento.calculo.caso import ler_caso, ler_caso_json
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.documento import demonstrativo_para_json
from faturamento.models import Fatura

DIGITOS_DA_SIMULACAO = 12


@dataclass(frozen=True, slots=True)
class Mudanca:
    """What is tried on a bill; None leaves it as it was. Energy in kWh, prices in R$/MWh."""

    consumo_kwh: Decimal | None = None
    tusd_brl_por_mwh: Decimal | None = None
    te_brl_por_mwh: Decimal | None = None
    bandeira: CorBandeira | None = None
    adicional_brl_por_mwh: Decimal | None = None


def simular_fatura(texto: str | bytes) -> dict[str, Any]:
    """The demonstrativo of a case, both as JSON documents; reads and writes no table.

    Raises:
        CasoInvalidoError: names the path of the bad field; nothing was computed.
    """
    return demonstrativo_para_json(calcular_demonstrativo(ler_caso_json(texto)))


def simular_mudanca(fatura: Fatura, mudanca: Mudanca) -> dict[str, Any]:
    """The document of an invoice as it would be with something changed; saves nothing.

    Raises:
        NaoEncontradoError: the invoice has no case to start from.
        CasoInvalidoError: the change makes no bill.
    """
    entrada = fatura.demonstrativo.get("entrada") if fatura.demonstrativo else None
    if entrada is None:
        raise NaoEncontradoError(
            f"A {fatura} não tem demonstrativo de que partir. Escolha uma fatura de ciclo."
        )
    caso = aplicar_mudanca(entrada, mudanca)
    return {"entrada": caso, **demonstrativo_para_json(calcular_demonstrativo(ler_caso(caso)))}


def aplicar_mudanca(entrada: dict[str, Any], mudanca: Mudanca) -> dict[str, Any]:
    """The case of the simulator with the change in it; the original stays as it was.

    A changed consumption goes whole to the first register, read from zero.
    """
    caso = dict(entrada)
    if mudanca.consumo_kwh is not None:
        caso["registros"] = [
            {
                "registrador": registrador,
                "anterior": "0",
                "atual": str(0 if posicao else mudanca.consumo_kwh),
                "digitos": DIGITOS_DA_SIMULACAO,
                "constante": "1",
            }
            for posicao, registrador in enumerate(
                dict.fromkeys(registro["registrador"] for registro in entrada["registros"])
            )
        ]
    precos = {
        nome: str(valor)
        for nome, valor in (
            ("tusd_brl_por_mwh", mudanca.tusd_brl_por_mwh),
            ("te_brl_por_mwh", mudanca.te_brl_por_mwh),
        )
        if valor is not None
    }
    caso["tarifas"] = [{**tarifa, **precos} for tarifa in entrada["tarifas"]]
    if mudanca.bandeira is not None:
        caso["bandeiras"] = [
            {
                "vigente_de": entrada["periodo"]["de"],
                "vigente_ate": None,
                "cor": mudanca.bandeira.value,
                "adicional_brl_por_mwh": str(mudanca.adicional_brl_por_mwh or 0),
            }
        ]
    return caso
