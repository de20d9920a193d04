"""CIP/COSIP, the municipal public-lighting contribution: by class and band."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from comum.dinheiro import CENTAVO
from comum.vocabulario import Classe
from faturamento.calculo.erros import RegraAusenteError
from faturamento.calculo.formatos import brl
from faturamento.calculo.linhas import CodigoLinha, Linha
from faturamento.calculo.tributos import ZERO_BRL

FONTE = "lei municipal da CIP/COSIP"


@dataclass(frozen=True, slots=True)
class FaixaCip:
    """The CIP of a class for consumption up to `ate_kwh`, inclusive; None is the last."""

    classe: Classe
    ate_kwh: Decimal | None
    valor_brl: Decimal


def selecionar_cip_brl(
    faixas: Iterable[FaixaCip], *, classe: Classe, consumo_kwh: Decimal
) -> Decimal:
    """The CIP of the band the consumption falls in, in R$.

    Source: the municipality's own law, kept in dated rows.

    Raises:
        RegraAusenteError: no band of the class reaches the consumption.

    >>> faixas = [
    ...     FaixaCip(Classe.RESIDENCIAL, Decimal(100), Decimal("5.20")),
    ...     FaixaCip(Classe.RESIDENCIAL, None, Decimal("8.63")),
    ... ]
    >>> selecionar_cip_brl(faixas, classe=Classe.RESIDENCIAL, consumo_kwh=Decimal(100))
    Decimal('5.20')
    """
    cabem = [
        faixa
        for faixa in faixas
        if faixa.classe == classe and (faixa.ate_kwh is None or consumo_kwh <= faixa.ate_kwh)
    ]
    if not cabem:
        raise RegraAusenteError(
            "cip_brl",
            f"Não há faixa de CIP da classe {classe} para {consumo_kwh} kWh. Cadastre-a.",
        )
    return min(cabem, key=_limite).valor_brl


def _limite(faixa: FaixaCip) -> Decimal:
    return Decimal("Infinity") if faixa.ate_kwh is None else faixa.ate_kwh


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
