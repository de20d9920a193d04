"""Tax inside the price: ICMS, PIS and COFINS; CBS and IBS shown beside.

The price that carries its own taxes is `tarifa / [(1 − ICMS) × (1 − (PIS +
COFINS))]` (STF, Tema 69). Adding the rates, or multiplying by one plus a rate,
is the usual mistake.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from comum.dinheiro import Arredondamento, arredondar_brl
from comum.lembranca import lembrar_por_identidade
from faturamento.calculo.erros import CasoInvalidoError
from faturamento.calculo.formatos import percentual
from faturamento.calculo.tipos import FaixaIcms, RegraTributos, Tributos

UM = Decimal(1)
CASAS_DO_PRECO = Decimal("0.00000001")

FONTES = {
    RegraTributos.TEMA_69: "STF, Tema 69",
    RegraTributos.SOMA: "denominador conjunto, anterior ao STF, Tema 69",
}


@dataclass(frozen=True, slots=True)
class Tributacao:
    """The rates of one bill and what follows from them, ready for each line.

    A line's price is its tariff over `divisor`; over `divisor_sem_icms` for a
    solar credit that does not give the ICMS back.
    """

    icms: Decimal
    pis: Decimal
    cofins: Decimal
    regra: RegraTributos
    arredondamento: Arredondamento
    divisor: Decimal
    divisor_sem_icms: Decimal
    divisor_texto: str
    divisor_sem_icms_texto: str


@dataclass(frozen=True, slots=True)
class TributosDaLinha:
    """The taxes inside one line's value, each rounded by the policy, in R$."""

    base_icms: Decimal
    icms: Decimal
    base_pis_cofins: Decimal
    pis: Decimal
    cofins: Decimal


def selecionar_aliquota_icms(faixas: tuple[FaixaIcms, ...], consumo_kwh: Decimal) -> Decimal:
    """The one ICMS rate of the whole bill: that of the band the consumption falls in.

    A band is not a slice: 51 kWh in a state that exempts up to 50 pay on all 51.

    Raises:
        CasoInvalidoError: no band reaches the consumption.

    >>> isento_ate_50 = (FaixaIcms(Decimal(50), Decimal(0)), FaixaIcms(None, Decimal("0.18")))
    >>> [selecionar_aliquota_icms(isento_ate_50, Decimal(kwh)) for kwh in (50, 51)]
    [Decimal('0'), Decimal('0.18')]
    """
    for faixa in sorted(faixas, key=_limite):
        if faixa.ate_kwh is None or consumo_kwh <= faixa.ate_kwh:
            return faixa.aliquota
    raise CasoInvalidoError(
        "faixas_icms",
        "FAIXAS_INVALIDAS",
        f"Nenhuma faixa de ICMS alcança {consumo_kwh} kWh. A última faixa não deve ter limite.",
    )


def _limite(faixa: FaixaIcms) -> Decimal:
    return Decimal("Infinity") if faixa.ate_kwh is None else faixa.ate_kwh


@lembrar_por_identidade
def preparar_tributacao(
    tributos: Tributos, icms: Decimal, arredondamento: Arredondamento
) -> Tributacao:
    """The taxation of a bill with `icms` as its rate.

    Raises:
        CasoInvalidoError: a rate is negative, or together they reach 100 %.

    >>> tributos = Tributos(icms=None, pis=Decimal("0.0079"), cofins=Decimal("0.0365"))
    >>> tributacao = preparar_tributacao(
    ...     tributos, Decimal("0.18"), Arredondamento.MEIO_PARA_CIMA
    ... )
    >>> tributacao.divisor == Decimal("0.783592"), tributacao.divisor_texto
    (True, '[(1 − 18%) × (1 − 4,44%)]')
    """
    pis, cofins = tributos.pis, tributos.cofins
    if min(icms, pis, cofins) < 0 or icms + pis + cofins >= UM:
        raise CasoInvalidoError(
            "tributos",
            "ALIQUOTA_INVALIDA",
            f"As alíquotas ICMS {percentual(icms)}, PIS {percentual(pis)} e COFINS "
            f"{percentual(cofins)} não podem ser negativas nem somar 100%. Confira-as.",
        )
    federais = pis + cofins
    sem_icms_texto = f"(1 − {percentual(federais)})"
    if tributos.regra == RegraTributos.SOMA:
        divisor = UM - icms - federais
        texto = f"(1 − {percentual(icms)} − {percentual(federais)})"
    else:
        divisor = (UM - icms) * (UM - federais)
        texto = f"[(1 − {percentual(icms)}) × {sem_icms_texto}]"
    return Tributacao(
        icms=icms,
        pis=pis,
        cofins=cofins,
        regra=tributos.regra,
        arredondamento=arredondamento,
        divisor=divisor,
        divisor_sem_icms=UM - federais,
        divisor_texto=texto,
        divisor_sem_icms_texto=sem_icms_texto,
    )


def calcular_preco(
    tarifa_brl_por_kwh: Decimal, divisor: Decimal, arredondamento: Arredondamento
) -> Decimal:
    """The price with tax in R$/kWh, 8 places: rounded half up to be shown, or
    truncated to be used, by the policy.

    >>> calcular_preco(
    ...     Decimal("0.37162"), Decimal("0.783592"), Arredondamento.MEIO_PARA_CIMA
    ... )
    Decimal('0.47425191')
    """
    modo = ROUND_DOWN if arredondamento == Arredondamento.TRUNCAR else ROUND_HALF_UP
    return (tarifa_brl_por_kwh / divisor).quantize(CASAS_DO_PRECO, modo)


def calcular_valor(
    kwh: Decimal,
    tarifa_brl_por_kwh: Decimal,
    divisor: Decimal,
    arredondamento: Arredondamento,
) -> Decimal:
    """The value with tax of `kwh`, in R$, rounded once by the policy.

    MEIO_PARA_CIMA divides last, so that a value that ends in half a cent is
    seen as such; TRUNCAR uses the price truncated to 8 places.

    >>> calcular_valor(
    ...     Decimal(2000), Decimal("0.37162"), Decimal("0.783592"), Arredondamento.MEIO_PARA_CIMA
    ... )
    Decimal('948.50')
    """
    if arredondamento == Arredondamento.TRUNCAR:
        bruto = kwh * calcular_preco(tarifa_brl_por_kwh, divisor, arredondamento)
    else:
        bruto = kwh * tarifa_brl_por_kwh / divisor
    return arredondar_brl(bruto, arredondamento)


def separar_tributos(
    valor: Decimal, tributacao: Tributacao, *, com_icms: bool = True
) -> TributosDaLinha:
    """The taxes inside `valor`: ICMS on it, PIS and COFINS on it less the ICMS.

    Under SOMA the base of PIS and COFINS is the whole value. Each is rounded by
    the policy. Negative values give negative taxes.

    Source: STF, Tema 69 (not read).

    >>> tributos = Tributos(icms=None, pis=Decimal("0.0079"), cofins=Decimal("0.0365"))
    >>> tributacao = preparar_tributacao(
    ...     tributos, Decimal("0.18"), Arredondamento.MEIO_PARA_CIMA
    ... )
    >>> linha = separar_tributos(Decimal("948.50"), tributacao)
    >>> str(linha.icms), str(linha.base_pis_cofins), str(linha.pis), str(linha.cofins)
    ('170.73', '777.77', '6.14', '28.39')
    """
    politica = tributacao.arredondamento
    base_icms = valor if com_icms else ZERO_BRL
    icms = arredondar_brl(base_icms * tributacao.icms, politica)
    base = valor if tributacao.regra == RegraTributos.SOMA else valor - icms
    return TributosDaLinha(
        base_icms=base_icms,
        icms=icms,
        base_pis_cofins=base,
        pis=arredondar_brl(base * tributacao.pis, politica),
        cofins=arredondar_brl(base * tributacao.cofins, politica),
    )


ZERO_BRL = Decimal("0.00")


def calcular_informativo(
    base_brl: Decimal, aliquota: Decimal | None, arredondamento: Arredondamento
) -> Decimal | None:
    """CBS or IBS as shown in 2026, in R$; changes no total. None without a rate.

    `base_brl` is the value of the energy lines without ICMS, PIS and COFINS.

    Source: LC 214/2025 (not read).
    """
    return None if aliquota is None else arredondar_brl(base_brl * aliquota, arredondamento)
