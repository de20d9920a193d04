"""Consumption from register readings: constant, rollover, exchange, interval.

Source: REN ANEEL nº 1.000/2021 (not read) for the cycle; the arithmetic of a
register that counts modulo 10^digits is its own source.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from comum.dinheiro import CENTAVO, MILESIMO
from comum.erros import DominioError
from comum.vocabulario import Registrador, Vocabulo

DIGITOS_MAXIMOS = 12
# What the register can show, by its number of digits: 10 ** digits.
_CAPACIDADE = tuple(Decimal(10**digitos) for digitos in range(DIGITOS_MAXIMOS + 1))

VIRADA_SEMPRE_PLAUSIVEL_KWH = Decimal(200)
VEZES_DA_MEDIA_NA_VIRADA = 2


class TipoCiclo(Vocabulo):
    """Which reading interval is expected of the cycle."""

    NORMAL = "NORMAL", "normal"
    PRIMEIRO = "PRIMEIRO", "primeiro faturamento"
    REMANEJAMENTO = "REMANEJAMENTO", "remanejamento de rota"


# Days between readings, both ends included. Source: REN ANEEL nº 1.000/2021 (not read).
INTERVALO_DIAS = {
    TipoCiclo.NORMAL: (27, 33),
    TipoCiclo.PRIMEIRO: (15, 47),
    TipoCiclo.REMANEJAMENTO: (15, 47),
}
# Readings closer than this end no cycle of their own.
DIAS_MINIMOS_DO_CICLO = INTERVALO_DIAS[TipoCiclo.NORMAL][0]


class ConsumoInconsistenteError(DominioError):
    """The readings give no credible consumption; a person must look."""

    codigo = "CONSUMO_INCONSISTENTE"


class LeituraExcedeDigitosError(DominioError):
    """A reading is larger than the register can show."""

    codigo = "LEITURA_EXCEDE_DIGITOS"

    def __init__(self, *, leitura: Decimal, digitos: int) -> None:
        super().__init__(
            f"A leitura {leitura} não cabe em um mostrador de {digitos} dígitos. "
            "Confira a leitura e os dígitos do medidor."
        )


@dataclass(frozen=True, slots=True)
class Registro:
    """What one register of one meter showed at both ends of its part of the cycle.

    `constante` is in kWh per unit of the register. Two entries of one register
    are two meters: one was exchanged for the other inside the cycle. A person who
    looked at the meter may confirm a rollover, which is then believed as it is.
    """

    registrador: Registrador
    anterior: Decimal
    atual: Decimal
    digitos: int
    constante: Decimal = Decimal(1)
    virada_confirmada: bool = False

    @property
    def virou(self) -> bool:
        """Whether the register passed its highest value once."""
        return self.atual < self.anterior


def virada_plausivel(*, consumo_kwh: Decimal, media_kwh: Decimal | None) -> bool:
    """Whether a consumption that needs a rollover can be believed.

    At most 200 kWh, or at most twice the mean of the last 12 cycles when there
    is one; both limits included.

    >>> virada_plausivel(consumo_kwh=Decimal(45), media_kwh=None)
    True
    >>> virada_plausivel(consumo_kwh=Decimal(201), media_kwh=Decimal(100))
    False
    >>> virada_plausivel(consumo_kwh=Decimal(600), media_kwh=Decimal(300))
    True
    """
    if consumo_kwh <= VIRADA_SEMPRE_PLAUSIVEL_KWH:
        return True
    return media_kwh is not None and consumo_kwh <= VEZES_DA_MEDIA_NA_VIRADA * media_kwh


def consumo_na_virada(
    *, anterior: Decimal, atual: Decimal, digitos: int, constante: Decimal
) -> Decimal:
    """The kWh between two readings of a register that passed zero once, unrounded.

    >>> consumo_na_virada(
    ...     anterior=Decimal(99990), atual=Decimal(35), digitos=5, constante=Decimal(1)
    ... )
    Decimal('45')
    """
    return (atual - anterior + _CAPACIDADE[digitos]) * constante


def calcular_consumo_kwh(registro: Registro, *, media_kwh: Decimal | None = None) -> Decimal:
    """The kWh that one register counted, unrounded: (atual − anterior) × constante.

    A lower current reading is a rollover, believed only when plausible or
    confirmed; `media_kwh` is the mean of the last 12 cycles, if there is one.

    Raises:
        LeituraExcedeDigitosError: a reading has more digits than the register.
        ConsumoInconsistenteError: the rollover is not plausible.

    >>> leituras = {"anterior": Decimal(11994), "atual": Decimal(12368)}
    >>> calcular_consumo_kwh(Registro(Registrador.ATIVA_TOTAL, **leituras, digitos=5))
    Decimal('374')
    """
    anterior, atual, digitos = registro.anterior, registro.atual, registro.digitos
    maior = max(anterior, atual)
    if maior >= _CAPACIDADE[digitos]:
        raise LeituraExcedeDigitosError(leitura=maior, digitos=digitos)
    if not registro.virou:
        return (atual - anterior) * registro.constante
    consumo_kwh = consumo_na_virada(
        anterior=anterior, atual=atual, digitos=digitos, constante=registro.constante
    )
    if not registro.virada_confirmada and not virada_plausivel(
        consumo_kwh=consumo_kwh, media_kwh=media_kwh
    ):
        raise ConsumoInconsistenteError(
            f"A leitura atual ({atual}) é menor que a anterior ({anterior}) e a virada do "
            f"mostrador daria {consumo_kwh} kWh, acima do plausível. Confira a leitura."
        )
    return consumo_kwh


def somar_registros_kwh(
    registros: Iterable[Registro], *, media_kwh: Decimal | None = None
) -> Decimal:
    """The kWh of one register over the cycle, meters exchanged in it added up.

    Rounded once, half up, to 0.001 kWh.

    Raises:
        LeituraExcedeDigitosError, ConsumoInconsistenteError: as for each entry.
        ConsumoInconsistenteError: more than one entry rolled over.

    >>> antigo = Registro(Registrador.ATIVA_TOTAL, Decimal(4521), Decimal(4587), 5)
    >>> novo = Registro(Registrador.ATIVA_TOTAL, Decimal(3), Decimal(52), 5)
    >>> somar_registros_kwh([antigo, novo])
    Decimal('115.000')
    """
    soma_kwh = Decimal(0)
    viradas = 0
    for registro in registros:
        soma_kwh += calcular_consumo_kwh(registro, media_kwh=media_kwh)
        viradas += registro.virou
    if viradas > 1:
        raise ConsumoInconsistenteError(
            f"{viradas} leituras do mesmo registrador viraram o mostrador no ciclo; "
            "só uma virada pode ser aceita. Confira as leituras da troca do medidor."
        )
    return soma_kwh.quantize(MILESIMO, ROUND_HALF_UP)


def calcular_media_diaria_kwh(consumo_kwh: Decimal, dias: int) -> Decimal:
    """The daily mean as printed: kWh a day, truncated to 2 places.

    >>> calcular_media_diaria_kwh(Decimal(200), 30)
    Decimal('6.66')
    """
    return (consumo_kwh / dias).quantize(CENTAVO, ROUND_DOWN)


def intervalo_esperado(dias: int, ciclo: TipoCiclo = TipoCiclo.NORMAL) -> bool:
    """Whether the days between two readings are those of such a cycle.

    27 to 33 in a normal one, 15 to 47 in a first bill or a route change.

    Source: REN ANEEL nº 1.000/2021 (not read).

    >>> [intervalo_esperado(dias) for dias in (26, 27, 33, 34)]
    [False, True, True, False]
    """
    menor, maior = INTERVALO_DIAS[ciclo]
    return menor <= dias <= maior
