"""Solar credits (SCEE, Lei 14.300/2022): how much compensates, of which credit, at what price."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from comum.dinheiro import repartir
from comum.periodos import Periodo, primeiro_dia_do_mes, somar_meses
from comum.vocabulario import Posto
from faturamento.calculo.erros import CasoInvalidoError, RegraAusenteError
from faturamento.calculo.formatos import numero_br, quantidade_exata
from faturamento.calculo.linhas import CodigoLinha, Linha, Ocorrencia, lancar
from faturamento.calculo.tarifas import Parcela, em_milesimos, qualificar_parcela
from faturamento.calculo.tipos import Credito, RegimeScee, Scee
from faturamento.calculo.tributos import FONTES, Tributacao

VIDA_DO_CREDITO_MESES = 60
ZERO = Decimal(0)
ZERO_KWH = Decimal("0.000")
ORDEM_DOS_POSTOS = {posto: ordem for ordem, posto in enumerate(Posto)}

# Share of Fio B that GD II owes. Source: Lei 14.300/2022, art. 27 (not read).
PARCELA_DO_FIO_B = {
    2023: Decimal("0.15"),
    2024: Decimal("0.30"),
    2025: Decimal("0.45"),
    2026: Decimal("0.60"),
    2027: Decimal("0.75"),
    2028: Decimal("0.90"),
}
PARCELA_DO_FIO_A_NA_GD_III = Decimal("0.40")
FONTE = "Lei 14.300/2022"


@dataclass(frozen=True, slots=True)
class UsoDeCredito:
    """kWh of a posto paid for by the credit of one month."""

    posto: Posto
    origem: date
    kwh: Decimal


@dataclass(frozen=True, slots=True)
class ParcelaCompensada:
    """The part of a billed piece that a credit pays for."""

    parcela: Parcela
    origem: date
    kwh: Decimal


@dataclass(frozen=True, slots=True)
class Compensacao:
    """What the credits of the cycle compensate."""

    parcelas: tuple[ParcelaCompensada, ...] = ()
    transporte_brl_por_mwh: Decimal = ZERO
    ocorrencias: tuple[Ocorrencia, ...] = ()

    @property
    def total_kwh(self) -> Decimal:
        return sum((parte.kwh for parte in self.parcelas), ZERO_KWH)


def calcular_transporte_brl_por_mwh(scee: Scee, *, ano: int) -> Decimal:
    """The transport that a compensated MWh still owes, without tax, in R$/MWh.

    GD I nothing; GD II the year's share of Fio B; GD III Fio B, 40 % of Fio A
    and charges. `ano` is that of the day of the current reading.

    Source: Lei 14.300/2022, art. 27 (not read).

    Raises:
        RegraAusenteError: GD II or GD III before 2023 or from 2029 on.
        CasoInvalidoError: a price that the regime needs is missing.

    >>> gd_ii = Scee(RegimeScee.GD_II, True, True, fio_b_brl_por_mwh=Decimal(320))
    >>> calcular_transporte_brl_por_mwh(gd_ii, ano=2026)
    Decimal('192.00')
    """
    if scee.regime == RegimeScee.GD_I:
        return ZERO
    parcela_do_fio_b = PARCELA_DO_FIO_B.get(ano)
    if parcela_do_fio_b is None:
        raise RegraAusenteError(
            "periodo.ate",
            f"Não há regra de transporte de {scee.regime} para {ano}: a Lei 14.300/2022 "
            "dá as parcelas de 2023 a 2028.",
        )
    fio_b = _exigir(scee.fio_b_brl_por_mwh, "fio_b_brl_por_mwh", scee.regime)
    if scee.regime == RegimeScee.GD_II:
        return fio_b * parcela_do_fio_b
    fio_a = _exigir(scee.fio_a_brl_por_mwh, "fio_a_brl_por_mwh", scee.regime)
    encargos = _exigir(scee.encargos_brl_por_mwh, "encargos_brl_por_mwh", scee.regime)
    return fio_b + PARCELA_DO_FIO_A_NA_GD_III * fio_a + encargos


def _exigir(valor: Decimal | None, campo: str, regime: RegimeScee) -> Decimal:
    if valor is None:
        raise CasoInvalidoError(
            f"scee.{campo}", "CAMPO_AUSENTE", f"{regime} exige {campo}. Informe-o em R$/MWh."
        )
    return valor


def limitar_compensacao_kwh(
    *, consumo_kwh: Decimal, disponibilidade_kwh: Decimal, tarifa: Decimal, transporte: Decimal
) -> Decimal:
    """The most that may be compensated before the bill falls below the availability cost.

    `floor((consumo − disponibilidade) × tarifa / (tarifa − transporte))` in
    whole kWh, never more than the consumption; 0 when that is not above the
    availability. `tarifa` and `transporte` in one unit, without tax.

    Source: Lei 14.300/2022, art. 16 (not read).

    Raises:
        CasoInvalidoError: the transport reaches the tariff.

    >>> limitar_compensacao_kwh(
    ...     consumo_kwh=Decimal(2000), disponibilidade_kwh=Decimal(50),
    ...     tarifa=Decimal("690.46"), transporte=Decimal(0),
    ... )
    Decimal('1950')
    """
    if consumo_kwh <= disponibilidade_kwh:
        return ZERO
    limite_kwh = consumo_kwh - disponibilidade_kwh
    if transporte:
        if transporte >= tarifa:
            raise CasoInvalidoError(
                "scee",
                "TRANSPORTE_EXCEDE_TARIFA",
                "O transporte devido pela energia compensada alcança a própria tarifa. "
                "Confira fio_b_brl_por_mwh, fio_a_brl_por_mwh e encargos_brl_por_mwh.",
            )
        limite_kwh = limite_kwh * tarifa / (tarifa - transporte)
    return min(limite_kwh.to_integral_value(ROUND_FLOOR), consumo_kwh)


def selecionar_creditos(
    creditos: Sequence[Credito], *, mes: date
) -> tuple[list[Credito], list[Credito]]:
    """The credits that still serve in `mes`, oldest first, and those that expired.

    One made in month M serves up to and with month M + 60.

    Source: Lei 14.300/2022 (not read).

    Raises:
        CasoInvalidoError: a credit was made after `mes`.
    """
    mes = primeiro_dia_do_mes(mes)
    mais_antigo = somar_meses(mes, -VIDA_DO_CREDITO_MESES)
    validos: list[Credito] = []
    vencidos: list[Credito] = []
    for indice, credito in enumerate(creditos):
        if credito.origem > mes:
            raise CasoInvalidoError(
                f"scee.creditos[{indice}].origem",
                "CREDITO_FUTURO",
                f"O crédito de {credito.origem:%m/%Y} é posterior ao ciclo, que termina em "
                f"{mes:%m/%Y}. Confira a origem.",
            )
        (validos if credito.origem >= mais_antigo else vencidos).append(credito)
    validos.sort(key=_idade)
    return validos, vencidos


def _idade(credito: Credito) -> tuple[date, int]:
    ordem = -1 if credito.posto is None else ORDEM_DOS_POSTOS[credito.posto]
    return credito.origem, ordem


def distribuir_creditos(
    creditos: Sequence[Credito], *, por_posto_kwh: Mapping[Posto, Decimal], limite_kwh: Decimal
) -> list[UsoDeCredito]:
    """Which credit pays for how many kWh of which posto, at most `limite_kwh` in all.

    First each credit on its own posto, oldest first; then what is left on any
    posto, oldest first. A unit with one posto takes every credit as its own.
    `creditos` come oldest first.
    """
    unico = next(iter(por_posto_kwh)) if len(por_posto_kwh) == 1 else None
    saldo_kwh = [credito.kwh for credito in creditos]
    aberto_kwh = dict(por_posto_kwh)
    usos: dict[tuple[Posto, date], Decimal] = defaultdict(Decimal)

    def usar(indice: int, posto: Posto) -> None:
        nonlocal limite_kwh
        kwh = min(saldo_kwh[indice], aberto_kwh[posto], limite_kwh)
        if kwh > 0:
            saldo_kwh[indice] -= kwh
            aberto_kwh[posto] -= kwh
            limite_kwh -= kwh
            usos[posto, creditos[indice].origem] += kwh

    for indice, credito in enumerate(creditos):
        proprio = unico or credito.posto
        if proprio in aberto_kwh:
            usar(indice, proprio)
    for indice in range(len(creditos)):
        for posto in aberto_kwh:
            usar(indice, posto)

    return [
        UsoDeCredito(posto, origem, kwh)
        for (posto, origem), kwh in sorted(
            usos.items(), key=lambda uso: (ORDEM_DOS_POSTOS[uso[0][0]], uso[0][1])
        )
    ]


def ratear_compensacao(
    usos: Iterable[UsoDeCredito], parcelas: Sequence[Parcela]
) -> list[ParcelaCompensada]:
    """The compensated kWh of each billed piece, in order of posto, sub-period and origin.

    A credit spreads over the sub-periods in proportion to their kWh; inside one
    with bands it takes the highest band first, so that the bands hold for what
    is left.
    """
    por_posto: dict[Posto, dict[Periodo, list[Parcela]]] = defaultdict(lambda: defaultdict(list))
    for parcela in parcelas:
        por_posto[parcela.posto][parcela.periodo].append(parcela)
    aberto_kwh = {id(parcela): parcela.kwh for parcela in parcelas}

    compensadas = []
    for uso in usos:
        trechos = por_posto[uso.posto]
        pesos = [em_milesimos(sum((p.kwh for p in faixas), ZERO)) for faixas in trechos.values()]
        for faixas, parte_kwh in zip(trechos.values(), repartir(uso.kwh, pesos), strict=True):
            resta_kwh = parte_kwh
            for parcela in reversed(faixas):
                # The lowest band also takes the odd thousandth of a split.
                kwh = resta_kwh if parcela is faixas[0] else min(resta_kwh, aberto_kwh[id(parcela)])
                if kwh > 0:
                    aberto_kwh[id(parcela)] -= kwh
                    resta_kwh -= kwh
                    compensadas.append(ParcelaCompensada(parcela, uso.origem, kwh))
    compensadas.sort(key=_ordem_da_linha)
    return compensadas


def _ordem_da_linha(compensada: ParcelaCompensada) -> tuple[int, date, date, int]:
    parcela = compensada.parcela
    return (
        ORDEM_DOS_POSTOS[parcela.posto],
        parcela.periodo.de,
        compensada.origem,
        parcela.faixa or 0,
    )


def compensar(
    scee: Scee,
    parcelas: Sequence[Parcela],
    *,
    por_posto_kwh: Mapping[Posto, Decimal],
    minimo_kwh: Decimal,
    periodo: Periodo,
) -> Compensacao:
    """What the unit's credits pay for in this cycle.

    The tariff that limits the compensation is the mean of the billed pieces,
    weighted by kWh.

    Source: Lei 14.300/2022, art. 16 (not read).

    Raises:
        RegraAusenteError: no rule gives the transport of this year.
        CasoInvalidoError: a price is missing, a credit lies in the future.
    """
    transporte_brl_por_mwh = calcular_transporte_brl_por_mwh(scee, ano=periodo.ate.year)
    validos, vencidos = selecionar_creditos(scee.creditos, mes=periodo.ate)
    ocorrencias = tuple(
        Ocorrencia(
            "CREDITO_VENCIDO",
            f"O crédito de {numero_br(quantidade_exata(credito.kwh))} kWh de "
            f"{credito.origem:%m/%Y} passou de {VIDA_DO_CREDITO_MESES} meses e não foi usado.",
        )
        for credito in vencidos
    )
    limite_kwh = limitar_compensacao_kwh(
        consumo_kwh=sum(por_posto_kwh.values(), ZERO),
        disponibilidade_kwh=minimo_kwh,
        tarifa=sum(
            (p.kwh * (p.tarifa.tusd_brl_por_mwh + p.tarifa.te_brl_por_mwh) for p in parcelas), ZERO
        ),
        transporte=sum((p.kwh for p in parcelas), ZERO) * transporte_brl_por_mwh,
    )
    usos = distribuir_creditos(validos, por_posto_kwh=por_posto_kwh, limite_kwh=limite_kwh)
    return Compensacao(
        tuple(ratear_compensacao(usos, parcelas)), transporte_brl_por_mwh, ocorrencias
    )


def creditar_compensacao(
    compensacao: Compensacao, scee: Scee, tributacao: Tributacao
) -> list[Linha]:
    """The credit lines of TUSD, those of TE, and the transport still owed.

    A credit that gives the ICMS back has the full price; one that does not is
    priced without ICMS and carries none. Transport is taxed like TUSD.

    Source: Lei 14.300/2022 (not read); the ICMS flags are the UF's own law.
    """
    linhas = [
        _lancar_compensada(
            codigo,
            parte,
            tributacao,
            tarifa_brl_por_mwh=(
                parte.parcela.tarifa.tusd_brl_por_mwh
                if codigo is CodigoLinha.SCEE_TUSD
                else parte.parcela.tarifa.te_brl_por_mwh
            ),
            credito=True,
            com_icms=com_icms,
        )
        for codigo, com_icms in (
            (CodigoLinha.SCEE_TUSD, scee.icms_compensa_tusd),
            (CodigoLinha.SCEE_TE, scee.icms_compensa_te),
        )
        for parte in compensacao.parcelas
    ]
    if compensacao.transporte_brl_por_mwh:
        linhas += [
            _lancar_compensada(
                CodigoLinha.SCEE_TRANSPORTE,
                parte,
                tributacao,
                tarifa_brl_por_mwh=compensacao.transporte_brl_por_mwh,
                credito=False,
                com_icms=True,
            )
            for parte in compensacao.parcelas
        ]
    return linhas


def _lancar_compensada(
    codigo: CodigoLinha,
    compensada: ParcelaCompensada,
    tributacao: Tributacao,
    *,
    tarifa_brl_por_mwh: Decimal,
    credito: bool,
    com_icms: bool,
) -> Linha:
    parcela = compensada.parcela
    return lancar(
        tributacao,
        codigo,
        kwh=compensada.kwh,
        tarifa_brl_por_mwh=tarifa_brl_por_mwh,
        descricao=(
            f"{codigo.rotulo}{qualificar_parcela(parcela)} – crédito de {compensada.origem:%m/%Y}"
        ),
        posto=parcela.posto,
        de=parcela.periodo.de,
        ate=parcela.periodo.ate,
        origem_credito=compensada.origem,
        credito=credito,
        com_icms=com_icms,
        regra="scee.creditar_compensacao",
        fonte=f"{FONTE}; {FONTES[tributacao.regra]}",
    )
