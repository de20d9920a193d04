"""What one register counted before an instant: its last reading and its mean use."""

from bisect import bisect_left
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from operator import gt
from typing import NamedTuple

from comum.periodos import dia_civil
from medidores.calculo.consumo import DIAS_MINIMOS_DO_CICLO, consumo_na_virada
from medidores.calculo.estimativa import CICLOS_DA_MEDIA

DIAS_DO_MES = 30
# Twelve cycles of 33 days, and a month more. What is older says nothing of today's use.
DIAS_DO_HISTORICO = 430
# Readings that wait for somebody to ask for the mean; a bound for files of hours.
NOVAS_EM_ESPERA = 100


class Passado(NamedTuple):
    """Valid readings of one register in order of instant, written out in few objects.

    Registers are many, and of most no more is asked than their last reading: `dias` and
    `valores` are text, read when they are needed. Of a day, the last one counts.
    """

    instante: datetime  # of the last one
    dias: str  # ordinals of São Paulo days (`date.toordinal`): "739620,739651"
    valores: str  # what the register showed: "1000.000,1150.000"

    @property
    def leitura_kwh(self) -> Decimal:
        """The last one's."""
        return Decimal(self.valores.rpartition(",")[2])

    def ler(self) -> tuple[list[int], list[Decimal]]:
        """The days, each once, and what the register showed at the end of each."""
        dias, repetem = _ler_dias(self.dias)
        valores = list(map(Decimal, self.valores.split(",")))
        if len(dias) == len(valores) and not repetem:
            return list(dias), valores
        por_dia = dict(zip(dias, valores, strict=True))
        return list(por_dia), list(por_dia.values())


@lru_cache(maxsize=4_096)  # the meters of a route are read on the same days
def _ler_dias(texto: str) -> tuple[tuple[int, ...], bool]:
    """The days written out, and whether one comes more than once."""
    dias = tuple(map(int, texto.split(",")))
    return dias, len(set(dias)) < len(dias)


@lru_cache(maxsize=4_096)
def _contar_ciclos(dias: tuple[int, ...]) -> tuple[int, int]:
    """How many cycles these days make, 12 at most, and where in them the first one begins.

    From the last one back: a cycle ends at the nearest day 27 days or more before.

    >>> _contar_ciclos((0, 10, 40, 41, 75))
    (2, 1)
    """
    ciclos, inicio = 0, len(dias) - 1
    limite = dias[inicio] - DIAS_MINIMOS_DO_CICLO if dias else 0
    for indice in range(inicio - 1, -1, -1):
        dia = dias[indice]
        if dia <= limite:
            ciclos, inicio, limite = ciclos + 1, indice, dia - DIAS_MINIMOS_DO_CICLO
            if ciclos == CICLOS_DA_MEDIA:
                break
    # Readings of less than a cycle still say how much was used.
    return ciclos, inicio if ciclos else 0


class Historico:
    """The valid readings of one register, brought in order of instant.

    It keeps the last one of each day, of 430 days at most, and is told from these
    alone: whoever brings only the last reading of each day gets the same. A fall
    between two of them is one rollover.
    """

    __slots__ = (
        "_constante",
        "_dias",
        "_digitos",
        "_medida",
        "_novas",
        "_passado",
        "_valores",
        "instante",
        "leitura_kwh",
    )

    def __init__(self, *, digitos: int, constante: Decimal, passado: Passado | None = None) -> None:
        self._digitos = digitos
        self._constante = constante
        self._passado = passado
        self._novas: list[tuple[datetime, Decimal]] = []  # not among the days yet
        self._dias: list[int] = []  # ordinals, ascending
        self._valores: list[Decimal] = []  # what the register last showed on each of them
        self._medida: tuple[int, Decimal | None] | None = None
        self.instante: datetime | None = None
        self.leitura_kwh: Decimal | None = None
        if passado is not None:
            self.instante, self.leitura_kwh = passado.instante, passado.leitura_kwh

    def juntar(self, instante: datetime, leitura_kwh: Decimal) -> None:
        """Adds the next valid reading, later than all before."""
        self.instante, self.leitura_kwh, self._medida = instante, leitura_kwh, None
        self._novas.append((instante, leitura_kwh))
        if len(self._novas) > NOVAS_EM_ESPERA:
            self._por_dia()

    def juntar_passado(self, passado: Passado) -> None:
        """Adds a whole past that is later than all before."""
        dias, valores = self._por_dia()
        outros_dias, outros_valores = passado.ler()
        if dias and dias[-1] == outros_dias[0]:
            del dias[-1], valores[-1]
        dias += outros_dias
        valores += outros_valores
        self._esquecer()
        self.instante, self.leitura_kwh, self._medida = passado.instante, valores[-1], None

    def _por_dia(self) -> tuple[list[int], list[Decimal]]:
        """The days and what each ended with, with all that was brought."""
        if self._passado is None and not self._novas:
            return self._dias, self._valores
        if self._passado is not None:
            self._dias, self._valores = self._passado.ler()
            self._passado = None
        dias, valores = self._dias, self._valores
        for instante, leitura_kwh in self._novas:
            dia = dia_civil(instante).toordinal()
            if dias and dias[-1] == dia:
                valores[-1] = leitura_kwh
            else:
                dias.append(dia)
                valores.append(leitura_kwh)
        self._novas.clear()
        self._esquecer()
        return dias, valores

    def _esquecer(self) -> None:
        """Leaves out what is older than the history reaches."""
        dias = self._dias
        if dias and dias[0] < dias[-1] - DIAS_DO_HISTORICO:
            velhos = bisect_left(dias, dias[-1] - DIAS_DO_HISTORICO)
            del dias[:velhos], self._valores[:velhos]

    def medir(self) -> tuple[int, Decimal | None]:
        """`ciclos` and `media_diaria_kwh`, measured together.

        An hourly meter and a monthly one are measured alike.
        """
        if self._medida is None:
            dias, valores = self._por_dia()
            ciclos, inicio = _contar_ciclos(tuple(dias))
            if inicio:
                dias, valores = dias[inicio:], valores[inicio:]
            self._medida = ciclos, self._media(dias, valores)
        return self._medida

    def _media(self, dias: list[int], valores: list[Decimal]) -> Decimal | None:
        if len(dias) < 2:
            return None
        consumo_kwh = (valores[-1] - valores[0]) * self._constante
        voltas = sum(map(gt, valores, islice(valores, 1, None)))  # each fall is one
        if voltas:
            consumo_kwh += voltas * self._uma_volta_kwh()
        return consumo_kwh / (dias[-1] - dias[0])

    def _uma_volta_kwh(self) -> Decimal:
        """What the dials count from zero to zero."""
        return consumo_na_virada(
            anterior=Decimal(0), atual=Decimal(0), digitos=self._digitos, constante=self._constante
        )

    @property
    def comecou_agora(self) -> bool:
        """Whether all that is known stands on one day: the cycle running is the first."""
        return len(self._por_dia()[0]) < 2

    @property
    def ciclos(self) -> int:
        """How many cycles are known, 12 at most."""
        return self.medir()[0]

    @property
    def media_diaria_kwh(self) -> Decimal | None:
        """The mean use of a day over the cycles known, unrounded; None where there is none.

        >>> from datetime import UTC
        >>> historico = Historico(digitos=5, constante=Decimal(1))
        >>> historico.juntar(datetime(2026, 1, 5, 12, tzinfo=UTC), Decimal(99900))
        >>> historico.juntar(datetime(2026, 2, 4, 12, tzinfo=UTC), Decimal(50))
        >>> historico.media_diaria_kwh
        Decimal('5')
        """
        return self.medir()[1]

    @property
    def media_mensal_kwh(self) -> Decimal | None:
        """The same over 30 days."""
        diaria = self.media_diaria_kwh
        return None if diaria is None else diaria * DIAS_DO_MES
