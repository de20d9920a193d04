"""The monthly bandeira: an addition per kWh, by the days of each month in the cycle."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from comum.dinheiro import repartir
from comum.lembranca import lembrar_por_identidade
from comum.periodos import Periodo
from comum.vocabulario import CorBandeira
from faturamento.calculo.linhas import CodigoLinha, Linha, lancar
from faturamento.calculo.tarifas import anotar_dias
from faturamento.calculo.tipos import BandeiraVigente
from faturamento.calculo.tributos import FONTES, Tributacao
from faturamento.calculo.vigencias import recortar_vigencias

# The first month of the published series; earlier cycles have no bandeira.
INICIO_DAS_BANDEIRAS = date(2015, 1, 1)
FONTE = "bandeira acionada pela ANEEL no mês"

TrechoBandeira = tuple[Periodo, BandeiraVigente]


@lembrar_por_identidade
def dividir_por_bandeira(
    bandeiras: tuple[BandeiraVigente, ...], periodo: Periodo
) -> tuple[TrechoBandeira, ...]:
    """The sub-periods of the cycle under each bandeira, in order; VERDE too.

    Source: ANEEL open data (bandeira-tarifaria-acionamento).

    Raises:
        CasoInvalidoError: a day has no bandeira (`BANDEIRA_AUSENTE`) or two
            (`BANDEIRA_SOBREPOSTA`).
    """
    if not bandeiras and periodo.ate <= INICIO_DAS_BANDEIRAS:
        return ()
    return tuple(recortar_vigencias(bandeiras, periodo, campo="bandeiras", nome="bandeira"))


def cobrar_bandeiras(
    kwh: Decimal,
    trechos: Sequence[TrechoBandeira],
    tributacao: Tributacao,
    *,
    dias_do_ciclo: int,
) -> list[Linha]:
    """The bandeira lines of `kwh`, split by days; VERDE gives none.

    `kwh` are the billed ones net of solar compensation and of free Tarifa
    Social kWh. Split to 0.001 kWh, largest remainder, ties to the earliest.
    The addition enters before tax.

    Source: ANEEL, sistema de bandeiras tarifárias (norm not read).
    """
    if all(bandeira.cor == CorBandeira.VERDE for _, bandeira in trechos):
        return []
    partes_kwh = repartir(kwh, [periodo.dias for periodo, _ in trechos])
    return [
        lancar(
            tributacao,
            CodigoLinha.BANDEIRA,
            kwh=parte_kwh,
            tarifa_brl_por_mwh=bandeira.adicional_brl_por_mwh,
            descricao=f"{CodigoLinha.BANDEIRA.rotulo} {bandeira.cor.rotulo}",
            de=periodo.de,
            ate=periodo.ate,
            nota=anotar_dias(periodo, dias_do_ciclo),
            regra="bandeiras.cobrar_bandeiras",
            fonte=f"{FONTE}; {FONTES[tributacao.regra]}",
        )
        for (periodo, bandeira), parte_kwh in zip(trechos, partes_kwh, strict=True)
        if bandeira.cor != CorBandeira.VERDE
    ]
