"""Tarifa Social de Energia Elétrica (TSEE): which kWh are free or cheaper.

Until 2025-07-04 a discount by cumulative slices; from 2025-07-05 the first 80
kWh free. Where the tariff rows carry bands, the bands give the discount and
nothing here applies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from comum.dinheiro import repartir
from comum.vocabulario import Modalidade, Subclasse
from faturamento.calculo.erros import RegraAusenteError
from faturamento.calculo.linhas import CodigoLinha, Linha, lancar
from faturamento.calculo.scee import Compensacao
from faturamento.calculo.tarifas import Parcela, Trecho, anotar_dias, em_milesimos
from faturamento.calculo.tipos import Unidade
from faturamento.calculo.tributos import FONTES, Tributacao

TARIFA_SOCIAL = frozenset({Subclasse.BAIXA_RENDA, Subclasse.INDIGENA_QUILOMBOLA})

VIGENCIA_DA_GRATUIDADE = date(2025, 7, 5)
VIGENCIA_DO_DESCONTO_SOCIAL = date(2026, 1, 1)

GRATUITO = Decimal(1)
ZERO = Decimal(0)

# (upper end of the slice in kWh, discount); above the last there is none.
Faixas = tuple[tuple[Decimal, Decimal], ...]

# Source: Lei 12.212/2010 (not read).
_BAIXA_RENDA_ANTIGA: Faixas = (
    (Decimal(30), Decimal("0.65")),
    (Decimal(100), Decimal("0.40")),
    (Decimal(220), Decimal("0.10")),
)
_INDIGENA_QUILOMBOLA_ANTIGA: Faixas = (
    (Decimal(50), GRATUITO),
    (Decimal(100), Decimal("0.40")),
    (Decimal(220), Decimal("0.10")),
)
# Source: Lei 15.235/2025 (not read).
_GRATUIDADE: Faixas = ((Decimal(80), GRATUITO),)

FONTE_ANTIGA = "Lei 12.212/2010 (regra até 04/07/2025)"
FONTE_GRATUIDADE = "Lei 15.235/2025 (regra desde 05/07/2025)"


@dataclass(frozen=True, slots=True)
class DescontoSocial:
    """What Tarifa Social takes off: `desconto_kwh` at the full price.

    `gratuito_kwh` are those of them that are wholly free, and so pay no
    bandeira either.
    """

    desconto_kwh: Decimal
    gratuito_kwh: Decimal
    explicacao: str
    fonte: str


def minimo_da_trifasica_kwh(consumo_kwh: Decimal) -> Decimal:
    """The minimum of a trifásica with Tarifa Social from 2025-07-05, in kWh.

    Source: Lei 15.235/2025 (not read).

    >>> minimo_da_trifasica_kwh(Decimal(70)), minimo_da_trifasica_kwh(Decimal("80.001"))
    (Decimal('80'), Decimal('100'))
    """
    limite_kwh, _ = _GRATUIDADE[0]
    return limite_kwh if consumo_kwh <= limite_kwh else Decimal(100)


def calcular_desconto_social(
    kwh: Decimal, subclasse: Subclasse, *, ultimo_dia: date
) -> DescontoSocial | None:
    """The Tarifa Social discount on `kwh`, unrounded; None where there is none.

    `kwh` are the billed ones net of solar compensation; the rule is that of the
    cycle's last day.

    Source: Lei 12.212/2010 until 2025-07-04, Lei 15.235/2025 after (neither read).

    >>> calcular_desconto_social(
    ...     Decimal(150), Subclasse.BAIXA_RENDA, ultimo_dia=date(2025, 6, 30)
    ... ).desconto_kwh
    Decimal('52.50')
    >>> calcular_desconto_social(
    ...     Decimal(150), Subclasse.BAIXA_RENDA, ultimo_dia=date(2025, 8, 31)
    ... ).gratuito_kwh
    Decimal('80')
    """
    if subclasse not in TARIFA_SOCIAL:
        return None
    if ultimo_dia >= VIGENCIA_DA_GRATUIDADE:
        faixas, fonte = _GRATUIDADE, FONTE_GRATUIDADE
    elif subclasse == Subclasse.INDIGENA_QUILOMBOLA:
        faixas, fonte = _INDIGENA_QUILOMBOLA_ANTIGA, FONTE_ANTIGA
    else:
        faixas, fonte = _BAIXA_RENDA_ANTIGA, FONTE_ANTIGA

    desconto_kwh = gratuito_kwh = inicio_kwh = ZERO
    passos = []
    for limite_kwh, desconto in faixas:
        fatia_kwh = min(kwh, limite_kwh) - inicio_kwh
        if fatia_kwh <= 0:
            break
        desconto_kwh += fatia_kwh * desconto
        if desconto == GRATUITO:
            gratuito_kwh += fatia_kwh
        passos.append((fatia_kwh, desconto))
        inicio_kwh = limite_kwh
    explicacao = " + ".join(f"{fatia} kWh × {desconto:.0%}" for fatia, desconto in passos)
    return DescontoSocial(desconto_kwh, gratuito_kwh, explicacao.replace(".", ","), fonte)


def calcular_gratuito_kwh(
    desconto: DescontoSocial | None, parcelas: Sequence[Parcela], compensacao: Compensacao
) -> Decimal:
    """The billed kWh, net of compensation, that Tarifa Social makes free: no bandeira on them.

    Where the rows carry bands those are the kWh of the bands priced at zero.
    """
    if desconto is None:
        return ZERO
    if all(parcela.faixa is None for parcela in parcelas):
        return desconto.gratuito_kwh
    partes_kwh = repartir(desconto.gratuito_kwh, [em_milesimos(p.kwh) for p in parcelas])
    gratuito_kwh = ZERO
    for parcela, parte_kwh in zip(parcelas, partes_kwh, strict=True):
        tarifa = parcela.tarifa
        if parcela.faixa is None:
            gratuito_kwh += parte_kwh
        elif not (tarifa.tusd_brl_por_mwh or tarifa.te_brl_por_mwh):
            gratuito_kwh += parcela.kwh
            gratuito_kwh -= sum((c.kwh for c in compensacao.parcelas if c.parcela is parcela), ZERO)
    return gratuito_kwh


def descontar_tarifa_social(
    desconto: DescontoSocial,
    parcelas: Sequence[Parcela],
    tributacao: Tributacao,
    *,
    dias_do_ciclo: int,
) -> list[Linha]:
    """The negative TSEE lines: one for TUSD and one for TE in each sub-period.

    The discount spreads over the sub-periods in proportion to their kWh; those
    whose tariff rows carry bands take their part of it by the bands, and get no
    line here.
    """
    partes_kwh = repartir(desconto.desconto_kwh, [em_milesimos(p.kwh) for p in parcelas])
    return [
        lancar(
            tributacao,
            CodigoLinha.TSEE,
            kwh=parte_kwh,
            tarifa_brl_por_mwh=tarifa_brl_por_mwh,
            descricao=f"{CodigoLinha.TSEE.rotulo} – {componente}",
            posto=parcela.posto,
            de=parcela.periodo.de,
            ate=parcela.periodo.ate,
            credito=True,
            nota=f" [{desconto.explicacao}]{anotar_dias(parcela.periodo, dias_do_ciclo)}",
            regra="social.descontar_tarifa_social",
            fonte=f"{desconto.fonte}; {FONTES[tributacao.regra]}",
        )
        for parcela, parte_kwh in zip(parcelas, partes_kwh, strict=True)
        if parcela.faixa is None
        for componente, tarifa_brl_por_mwh in (
            ("TUSD", parcela.tarifa.tusd_brl_por_mwh),
            ("TE", parcela.tarifa.te_brl_por_mwh),
        )
    ]


def exigir_regra_social(unidade: Unidade, trechos: Sequence[Trecho]) -> None:
    """Refuses what no known rule covers.

    Raises:
        RegraAusenteError: Tarifa Social on modalidade branca, or Desconto
            Social from 2026 on with tariff rows that carry no bands.
    """
    if unidade.subclasse in TARIFA_SOCIAL and unidade.modalidade == Modalidade.BRANCA:
        raise RegraAusenteError(
            "unidade.modalidade",
            "Não há regra de Tarifa Social na modalidade BRANCA. Use a CONVENCIONAL.",
        )
    if unidade.subclasse == Subclasse.DESCONTO_SOCIAL and any(
        trecho.periodo.ate > VIGENCIA_DO_DESCONTO_SOCIAL and not trecho.em_faixas
        for trecho in trechos
    ):
        raise RegraAusenteError(
            "tarifas",
            "O Desconto Social, desde 01/01/2026, exige tarifas por faixa: cadastre a faixa 01 "
            "(até 120 kWh) e a faixa 02, com faixa_ate_kwh.",
        )
