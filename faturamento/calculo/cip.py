"""CIP/COSIP, the municipal public-lighting contribution, as a line of the bill."""

from decimal import Decimal

from comum.dinheiro import CENTAVO
from faturamento.calculo.formatos import brl
from faturamento.calculo.linhas import CodigoLinha, Linha
from faturamento.calculo.tributos import ZERO_BRL

FONTE = "lei municipal da CIP/COSIP"


def cobrar_cip(cip_brl: Decimal) -> list[Linha]:
    """The CIP line, outside every tax base; none where it is zero."""
    if not cip_brl:
        return []
    valor = cip_brl.quantize(CENTAVO)
    return [
        Linha(
            codigo=CodigoLinha.CIP,
            descricao=CodigoLinha.CIP.rotulo,
            posto=None,
            de=None,
            ate=None,
            origem_credito=None,
            quantidade_kwh=None,
            tarifa_brl_por_kwh=None,
            preco_brl_por_kwh=None,
            valor=valor,
            base_icms=ZERO_BRL,
            icms=ZERO_BRL,
            base_pis_cofins=ZERO_BRL,
            pis=ZERO_BRL,
            cofins=ZERO_BRL,
            regra="cip.cobrar_cip",
            formula=f"valor da faixa = {brl(valor)}",
            fonte=FONTE,
        )
    ]
