"""TUSD and TE of each posto, across tariff changes and consumption bands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from comum.dinheiro import repartir
from comum.lembranca import lembrar_por_identidade
from comum.periodos import Periodo
from comum.vocabulario import Posto
from faturamento.calculo.erros import CasoInvalidoError
from faturamento.calculo.linhas import CodigoLinha, Linha, lancar
from faturamento.calculo.tipos import TarifaVigente
from faturamento.calculo.tributos import FONTES, Tributacao
from faturamento.calculo.vigencias import recortar_vigencias

FONTE = "tarifa homologada pela ANEEL"
FONTE_DO_MINIMO = "REN ANEEL nº 1.000/2021, art. 291"
NOTA_DO_MINIMO = " (custo de disponibilidade)"
ZERO = Decimal(0)
SEM_LIMITE = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Trecho:
    """Part of a cycle under one validity of a posto's rows, from the lowest band up."""

    periodo: Periodo
    faixas: tuple[TarifaVigente, ...]

    @property
    def em_faixas(self) -> bool:
        return len(self.faixas) > 1

    # What `recortar_vigencias` reads.

    @property
    def vigente_de(self) -> date:
        return self.faixas[0].vigente_de

    @property
    def vigente_ate(self) -> date | None:
        return self.faixas[0].vigente_ate


@dataclass(frozen=True, slots=True)
class Parcela:
    """Billed kWh of one posto in one sub-period, all at one tariff row.

    `faixa` is the band's ordinal, from 1; None where the row has no bands.
    """

    posto: Posto
    periodo: Periodo
    kwh: Decimal
    tarifa: TarifaVigente
    faixa: int | None = None


@lembrar_por_identidade
def dividir_por_vigencia(
    tarifas: tuple[TarifaVigente, ...], posto: Posto, periodo: Periodo
) -> tuple[Trecho, ...]:
    """The sub-periods of the cycle between tariff changes of one posto, in order.

    Raises:
        CasoInvalidoError: a day has no row or two (`TARIFA_AUSENTE`,
            `TARIFA_SOBREPOSTA`), or the bands of a validity do not fit
            (`FAIXAS_INVALIDAS`).
    """
    por_vigencia: dict[tuple[date, date | None], list[TarifaVigente]] = defaultdict(list)
    for tarifa in tarifas:
        if tarifa.posto == posto:
            por_vigencia[tarifa.vigente_de, tarifa.vigente_ate].append(tarifa)
    vigencias = [Trecho(periodo, _ordenar_faixas(linhas)) for linhas in por_vigencia.values()]
    recortes = recortar_vigencias(vigencias, periodo, campo="tarifas", nome="tarifa")
    return tuple(Trecho(parte, vigencia.faixas) for parte, vigencia in recortes)


def _ordenar_faixas(linhas: list[TarifaVigente]) -> tuple[TarifaVigente, ...]:
    faixas = sorted(linhas, key=_limite)
    limites = [_limite(faixa) for faixa in faixas]
    if limites.count(SEM_LIMITE) > 1:
        raise CasoInvalidoError(
            "tarifas",
            "TARIFA_SOBREPOSTA",
            f"Há mais de uma tarifa do posto {linhas[0].posto} vigente em "
            f"{linhas[0].vigente_de:%d/%m/%Y}. Encerre uma das vigências.",
        )
    if limites[-1] != SEM_LIMITE or len(set(limites)) < len(limites) or limites[0] <= 0:
        raise CasoInvalidoError(
            "tarifas",
            "FAIXAS_INVALIDAS",
            f"As faixas da tarifa vigente em {linhas[0].vigente_de:%d/%m/%Y} devem ter limites "
            "diferentes e uma última faixa sem limite. Confira faixa_ate_kwh.",
        )
    return tuple(faixas)


def _limite(tarifa: TarifaVigente) -> Decimal:
    return SEM_LIMITE if tarifa.faixa_ate_kwh is None else tarifa.faixa_ate_kwh


def fatiar_kwh(kwh: Decimal, faixas: Sequence[TarifaVigente]) -> list[Decimal]:
    """The kWh that fall in each band, from the lowest up; they add up to `kwh`.

    >>> de_80 = TarifaVigente(Posto.UNICO, ZERO, ZERO, date(2026, 1, 1), None, Decimal(80))
    >>> resto = TarifaVigente(Posto.UNICO, ZERO, ZERO, date(2026, 1, 1))
    >>> fatiar_kwh(Decimal(130), [de_80, resto])
    [Decimal('80'), Decimal('50')]
    """
    fatias = []
    inicio_kwh = ZERO
    for faixa in faixas:
        fim_kwh = min(kwh, _limite(faixa))
        fatias.append(max(fim_kwh - inicio_kwh, ZERO))
        inicio_kwh = fim_kwh
    return fatias


def ratear_consumo(posto: Posto, kwh: Decimal, trechos: Sequence[Trecho]) -> list[Parcela]:
    """The billed kWh of a posto, split by days between tariffs and by bands within one.

    To 0.001 kWh, largest remainder, ties to the earliest: the parts add up to
    `kwh`. Bands are filled by the kWh of the whole cycle; a sub-period takes
    its share of each. Bands that the consumption does not reach are left out.
    """
    parcelas = []
    partes_kwh = repartir(kwh, [trecho.periodo.dias for trecho in trechos])
    for trecho, parte_kwh in zip(trechos, partes_kwh, strict=True):
        if not trecho.em_faixas or not kwh:
            parcelas.append(Parcela(posto, trecho.periodo, parte_kwh, trecho.faixas[0]))
            continue
        fatias = fatiar_kwh(kwh, trecho.faixas)
        partes_das_faixas = repartir(parte_kwh, [em_milesimos(fatia) for fatia in fatias])
        parcelas += [
            Parcela(posto, trecho.periodo, parte_da_faixa, faixa, ordem)
            for ordem, (faixa, parte_da_faixa) in enumerate(
                zip(trecho.faixas, partes_das_faixas, strict=True), start=1
            )
            if parte_da_faixa
        ]
    return parcelas


def em_milesimos(kwh: Decimal) -> int:
    """kWh in whole thousandths, the weight of a proportional split."""
    return int(kwh.scaleb(3))


def cobrar_energia(
    parcelas: Sequence[Parcela],
    tributacao: Tributacao,
    *,
    dias_do_ciclo: int,
    completado: Posto | None = None,
) -> list[Linha]:
    """The TUSD lines and then the TE lines of the billed kWh, taxes inside.

    `completado` is the posto whose kWh were raised to the availability minimum.

    Source: tariffs set by ANEEL; tax inside the price by STF, Tema 69; the
    minimum by REN ANEEL nº 1.000/2021, art. 291 (none of them read).
    """
    fonte = f"{FONTE}; {FONTES[tributacao.regra]}"
    return [
        lancar(
            tributacao,
            codigo,
            kwh=parcela.kwh,
            tarifa_brl_por_mwh=(
                parcela.tarifa.tusd_brl_por_mwh
                if codigo is CodigoLinha.TUSD
                else parcela.tarifa.te_brl_por_mwh
            ),
            descricao=codigo.rotulo + qualificar_parcela(parcela),
            posto=parcela.posto,
            de=parcela.periodo.de,
            ate=parcela.periodo.ate,
            nota=(NOTA_DO_MINIMO if parcela.posto == completado else "")
            + anotar_dias(parcela.periodo, dias_do_ciclo),
            regra="tarifas.cobrar_energia",
            fonte=f"{fonte}; {FONTE_DO_MINIMO}" if parcela.posto == completado else fonte,
        )
        for codigo in (CodigoLinha.TUSD, CodigoLinha.TE)
        for parcela in parcelas
    ]


def qualificar_parcela(parcela: Parcela) -> str:
    """What the description adds for a posto or a band: ` ponta`, ` – faixa 02`."""
    posto = "" if parcela.posto == Posto.UNICO else f" {parcela.posto.rotulo}"
    return posto if parcela.faixa is None else f"{posto} – faixa {parcela.faixa:02d}"


def anotar_dias(periodo: Periodo, dias_do_ciclo: int) -> str:
    """What the formula adds when a line covers only some days of the cycle."""
    dias = periodo.dias
    return "" if dias == dias_do_ciclo else f" ({dias} de {dias_do_ciclo} dias)"
