"""What goes into a bill: the simulator's JSON, typed. Energy in kWh, tariffs in R$/MWh.

Tariffs are without tax, rates are fractions of one (0.18 is 18 %), periods are
half-open. The order of the rows in a tuple never changes the bill.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from comum.dinheiro import Arredondamento
from comum.periodos import Periodo
from comum.vocabulario import (
    Classe,
    CorBandeira,
    Ligacao,
    Modalidade,
    Posto,
    Registrador,
    Subclasse,
    Subgrupo,
    Vocabulo,
)
from medidores.calculo.consumo import Registro, TipoCiclo
from medidores.calculo.estimativa import Estimativa

__all__ = [
    "Arredondamento",
    "BandeiraVigente",
    "Classe",
    "CorBandeira",
    "Credito",
    "EntradaFatura",
    "Estimativa",
    "FaixaIcms",
    "Lancamento",
    "Ligacao",
    "Modalidade",
    "Periodo",
    "Posto",
    "RegimeScee",
    "Registrador",
    "Registro",
    "RegraTributos",
    "Scee",
    "Subclasse",
    "Subgrupo",
    "TarifaVigente",
    "TipoCiclo",
    "Tributos",
    "Unidade",
]

ZERO = Decimal(0)


class RegraTributos(Vocabulo):
    """How ICMS and PIS/COFINS stand inside the price."""

    TEMA_69 = "TEMA_69", "ICMS fora da base de PIS/COFINS (STF, Tema 69)"
    SOMA = "SOMA", "denominador conjunto, anterior ao Tema 69"


class RegimeScee(Vocabulo):
    """Which part of the transport a solar customer still owes (Lei 14.300/2022)."""

    GD_I = "GD_I", "GD I – sem transporte"
    GD_II = "GD_II", "GD II – parcela do Fio B"
    GD_III = "GD_III", "GD III – Fio B, 40% do Fio A e encargos"


@dataclass(frozen=True, slots=True)
class Unidade:
    """The place that is supplied, as far as the bill depends on it."""

    subgrupo: Subgrupo
    modalidade: Modalidade
    classe: Classe
    subclasse: Subclasse
    ligacao: Ligacao
    uf: str


@dataclass(frozen=True, slots=True)
class TarifaVigente:
    """A tariff row: TUSD and TE of one posto over `[vigente_de, vigente_ate)`.

    Rows of one posto and validity that carry `faixa_ate_kwh` apply to
    successive slices of the consumption; the last slice has None.
    """

    posto: Posto
    tusd_brl_por_mwh: Decimal
    te_brl_por_mwh: Decimal
    vigente_de: date
    vigente_ate: date | None = None
    faixa_ate_kwh: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BandeiraVigente:
    """The bandeira of the days in `[vigente_de, vigente_ate)`."""

    vigente_de: date
    vigente_ate: date | None
    cor: CorBandeira
    adicional_brl_por_mwh: Decimal


@dataclass(frozen=True, slots=True)
class Tributos:
    """The tax rates of the bill; `icms` is None when `faixas_icms` gives it.

    `cbs` and `ibs` are shown and change no total.
    """

    icms: Decimal | None
    pis: Decimal
    cofins: Decimal
    regra: RegraTributos = RegraTributos.TEMA_69
    cbs: Decimal | None = None
    ibs: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FaixaIcms:
    """An ICMS rate for bills up to `ate_kwh`, inclusive; None is the last band."""

    ate_kwh: Decimal | None
    aliquota: Decimal


@dataclass(frozen=True, slots=True)
class Credito:
    """Solar credit made in the month `origem` (its first day); `posto` None is any."""

    origem: date
    kwh: Decimal
    posto: Posto | None = None


@dataclass(frozen=True, slots=True)
class Scee:
    """The unit's place in the compensation system and the credits it may use.

    The two flags, by UF, say whether a credit also gives back the ICMS of its
    TE and of its TUSD.
    """

    regime: RegimeScee
    icms_compensa_te: bool
    icms_compensa_tusd: bool
    creditos: tuple[Credito, ...] = ()
    fio_b_brl_por_mwh: Decimal | None = None
    fio_a_brl_por_mwh: Decimal | None = None
    encargos_brl_por_mwh: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Lancamento:
    """A one-off charge (or credit, when negative) in R$, outside every tax base.

    `referencia` is the number of the row that it stands for; 0 for none.
    """

    descricao: str
    valor: Decimal
    referencia: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntradaFatura:
    """All that a bill depends on; the same input always gives the same bill.

    Consumption comes from `registros` or, in their place, from `estimativa`.
    `ciclos_acertados` counts the estimated cycles that billed `ja_faturado_kwh`.
    """

    unidade: Unidade
    periodo: Periodo
    tarifas: tuple[TarifaVigente, ...]
    bandeiras: tuple[BandeiraVigente, ...]
    tributos: Tributos
    cip_brl: Decimal = ZERO
    registros: tuple[Registro, ...] = ()
    estimativa: Estimativa | None = None
    ja_faturado_kwh: Decimal = ZERO
    ciclos_acertados: int = 0
    media_12_ciclos_kwh: Decimal | None = None
    faixas_icms: tuple[FaixaIcms, ...] | None = None
    scee: Scee | None = None
    lancamentos: tuple[Lancamento, ...] = ()
    arredondamento: Arredondamento = Arredondamento.MEIO_PARA_CIMA
    ciclo: TipoCiclo = TipoCiclo.NORMAL
