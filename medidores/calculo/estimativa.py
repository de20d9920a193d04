"""What to bill when the meter could not be read, and how the next reading settles it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from comum.dinheiro import MILESIMO
from comum.erros import DominioError

CICLOS_DA_MEDIA = 12
CICLOS_ESTIMADOS_SEGUIDOS = 3
CASAS_DA_MEDIA = Decimal("0.0001")


class SemHistoricoError(DominioError):
    """There is no billed cycle to take a mean of."""

    codigo = "SEM_HISTORICO"

    def __init__(self) -> None:
        super().__init__(
            "Não há ciclo faturado de que tirar a média. Informe o histórico de consumo "
            "ou obtenha uma leitura."
        )


class AcertoNegativoError(DominioError):
    """The reading shows less than the estimates have already billed."""

    codigo = "ACERTO_NEGATIVO"

    def __init__(self, *, acumulado_kwh: Decimal, ja_faturado_kwh: Decimal) -> None:
        super().__init__(
            f"A leitura acumula {acumulado_kwh} kWh e os ciclos estimados já faturaram "
            f"{ja_faturado_kwh} kWh. Não há regra para a devolução: cancele e refature "
            "os ciclos estimados."
        )


@dataclass(frozen=True, slots=True)
class Estimativa:
    """What stands in place of a reading.

    `historico_kwh` has up to 12 billed cycles, in any order; `ciclos_estimados`
    counts the estimated cycles running, this one included. With
    `pela_disponibilidade` no mean is taken: what was found at the meter says so.
    """

    historico_kwh: tuple[Decimal, ...]
    ciclos_estimados: int = 1
    pela_disponibilidade: bool = False


def calcular_media_kwh(historico_kwh: Sequence[Decimal]) -> Decimal:
    """The arithmetic mean of the billed cycles there are, 12 at most.

    Rounded once, half up, to 0.0001 kWh.

    Source: REN ANEEL nº 1.000/2021, arts. 288–289 (not read).

    Raises:
        SemHistoricoError: there is none.
        ValueError: there are more than 12.

    >>> calcular_media_kwh([Decimal(100), Decimal(100), Decimal(101)])
    Decimal('100.3333')
    """
    return _media_exata_kwh(historico_kwh).quantize(CASAS_DA_MEDIA, ROUND_HALF_UP)


def _media_exata_kwh(historico_kwh: Sequence[Decimal]) -> Decimal:
    if not historico_kwh:
        raise SemHistoricoError
    if len(historico_kwh) > CICLOS_DA_MEDIA:
        raise ValueError(f"o histórico deve ter até 12 ciclos; veio com {len(historico_kwh)}")
    return sum(historico_kwh, Decimal(0)) / len(historico_kwh)


def estimar_consumo_kwh(estimativa: Estimativa) -> Decimal | None:
    """The kWh to bill without a reading; None when only the availability cost may be.

    The mean, rounded half up to 0.001 kWh, for at most 3 cycles running.

    Source: REN ANEEL nº 1.000/2021, arts. 288–289 (not read).

    Raises:
        SemHistoricoError: there is no billed cycle.

    >>> estimar_consumo_kwh(Estimativa((Decimal(100), Decimal(201)), ciclos_estimados=3))
    Decimal('150.500')
    >>> estimar_consumo_kwh(Estimativa((Decimal(100),), ciclos_estimados=4)) is None
    True
    """
    if estimativa.pela_disponibilidade or estimativa.ciclos_estimados > CICLOS_ESTIMADOS_SEGUIDOS:
        return None
    return _media_exata_kwh(estimativa.historico_kwh).quantize(MILESIMO, ROUND_HALF_UP)


def projetar_leitura_kwh(
    anterior_kwh: Decimal, *, consumo_kwh: Decimal, digitos: int, constante: Decimal
) -> Decimal:
    """What a register would show after a consumption, rounded half up to 0.001.

    >>> projetar_leitura_kwh(
    ...     Decimal(99990), consumo_kwh=Decimal(45), digitos=5, constante=Decimal(1)
    ... )
    Decimal('35.000')
    """
    leitura_kwh = (anterior_kwh + consumo_kwh / constante).quantize(MILESIMO, ROUND_HALF_UP)
    return leitura_kwh % 10**digitos


def acertar_consumo_kwh(*, acumulado_kwh: Decimal, ja_faturado_kwh: Decimal) -> Decimal:
    """The kWh that a real reading leaves to bill after estimated cycles.

    Source: REN ANEEL nº 1.000/2021, arts. 288–289 (not read).

    Raises:
        AcertoNegativoError: the estimates billed more than was consumed.

    >>> acertar_consumo_kwh(acumulado_kwh=Decimal(500), ja_faturado_kwh=Decimal(360))
    Decimal('140')
    """
    if acumulado_kwh < ja_faturado_kwh:
        raise AcertoNegativoError(acumulado_kwh=acumulado_kwh, ja_faturado_kwh=ja_faturado_kwh)
    return acumulado_kwh - ja_faturado_kwh
