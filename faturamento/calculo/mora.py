"""Late payment: fine, interest and monetary correction, for the next bill."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from comum.dinheiro import Arredondamento, arredondar_brl

ZERO_BRL = Decimal("0.00")
UM = Decimal(1)
DIAS_DO_MES = 30

# Source: REN ANEEL nº 1.000/2021, art. 343 (not read).
MULTA = Decimal("0.02")
JUROS_AO_MES = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class EncargosDeMora:
    """What a late payment adds, in R$; each part rounded by itself."""

    base: Decimal
    multa: Decimal = ZERO_BRL
    juros: Decimal = ZERO_BRL
    atualizacao: Decimal = ZERO_BRL

    @property
    def total(self) -> Decimal:
        return self.multa + self.juros + self.atualizacao


def calcular_base_da_mora(
    *, valor_brl: Decimal, cip_brl: Decimal, multas_anteriores_brl: Decimal = ZERO_BRL
) -> Decimal:
    """The part of an invoice that bears fine and interest: without CIP and earlier fines.

    Source: REN ANEEL nº 1.000/2021, art. 343 (not read).

    >>> calcular_base_da_mora(valor_brl=Decimal("219.15"), cip_brl=Decimal("8.63"))
    Decimal('210.52')
    """
    return max(valor_brl - cip_brl - multas_anteriores_brl, ZERO_BRL)


def acumular_ipca(variacoes: Iterable[Decimal]) -> Decimal:
    """The correction factor of months with these IPCA variations (0.0045 is 0.45 %), unrounded.

    >>> acumular_ipca([Decimal("0.01"), Decimal("0.02")])
    Decimal('1.0302')
    """
    fator = UM
    for variacao in variacoes:
        fator *= UM + variacao
    return fator


def calcular_encargos_de_mora(
    *,
    base_brl: Decimal,
    dias: int,
    fator_ipca: Decimal = UM,
    multa: Decimal = MULTA,
    juros_ao_mes: Decimal = JUROS_AO_MES,
    arredondamento: Arredondamento = Arredondamento.MEIO_PARA_CIMA,
) -> EncargosDeMora:
    """Fine once, simple interest by the day (30-day month) and IPCA, each on `base_brl`.

    `dias` from the due date to the payment; nothing is due on or before it.

    Source: REN ANEEL nº 1.000/2021, art. 343 (not read).

    >>> encargos = calcular_encargos_de_mora(base_brl=Decimal("356.23"), dias=1)
    >>> str(encargos.multa), str(encargos.juros), str(encargos.atualizacao)
    ('7.12', '0.12', '0.00')
    """
    if dias <= 0:
        return EncargosDeMora(base_brl)
    return EncargosDeMora(
        base=base_brl,
        multa=arredondar_brl(base_brl * multa, arredondamento),
        juros=arredondar_brl(base_brl * juros_ao_mes * dias / DIAS_DO_MES, arredondamento),
        atualizacao=arredondar_brl(base_brl * (fator_ipca - UM), arredondamento),
    )
