"""What one register counted before an instant: its last reading and its mean use."""

from datetime import datetime
from decimal import Decimal

from comum.periodos import dia_civil
from medidores.calculo.consumo import DIAS_MINIMOS_DO_CICLO, consumo_na_virada
from medidores.calculo.estimativa import CICLOS_DA_MEDIA

DIAS_DO_MES = 30
# Twelve cycles of 33 days, and a month more. What is older says nothing of today's use.
DIAS_DO_HISTORICO = 430


class Historico:
    """The valid readings of one register, brought in order of instant.

    It keeps the last one of each day, of 430 days at most; the cycles are told
    from these alone, so whoever brings only the last reading of each day gets
    the same. A fall between two readings is one rollover.
    """

    __slots__ = (
        "_acumulado_kwh",
        "_constante",
        "_dias",
        "_digitos",
        "_medida",
        "instante",
        "leitura_kwh",
    )

    def __init__(self, *, digitos: int, constante: Decimal) -> None:
        self._digitos = digitos
        self._constante = constante
        self._acumulado_kwh = Decimal(0)
        self._dias: list[tuple[int, Decimal]] = []  # ordinal of the day, kWh counted until then
        self._medida: tuple[int, Decimal | None] | None = None
        self.instante: datetime | None = None
        self.leitura_kwh: Decimal | None = None

    def juntar(self, instante: datetime, leitura_kwh: Decimal) -> None:
        """Adds the next valid reading, later than all before."""
        if self.leitura_kwh is not None:
            diferenca = leitura_kwh - self.leitura_kwh
            self._acumulado_kwh += (
                diferenca * self._constante
                if diferenca >= 0
                else consumo_na_virada(
                    anterior=self.leitura_kwh,
                    atual=leitura_kwh,
                    digitos=self._digitos,
                    constante=self._constante,
                )
            )
        self.instante, self.leitura_kwh, self._medida = instante, leitura_kwh, None
        dia, dias = dia_civil(instante).toordinal(), self._dias
        if dias and dias[-1][0] == dia:
            dias[-1] = (dia, self._acumulado_kwh)
            return
        dias.append((dia, self._acumulado_kwh))
        while dias[0][0] < dia - DIAS_DO_HISTORICO:
            del dias[0]

    def _medir(self) -> tuple[int, Decimal | None]:
        """How many cycles are known, and the mean use of a day over them.

        From the last reading back: a cycle ends at the nearest reading 27 days or
        more before. An hourly meter and a monthly one are measured alike.
        """
        if self._medida is None:
            dias = self._dias
            ciclos, inicio = 0, len(dias) - 1
            limite = dias[inicio][0] - DIAS_MINIMOS_DO_CICLO if dias else 0
            for indice in range(inicio - 1, -1, -1):
                dia = dias[indice][0]
                if dia <= limite:
                    ciclos, inicio, limite = ciclos + 1, indice, dia - DIAS_MINIMOS_DO_CICLO
                    if ciclos == CICLOS_DA_MEDIA:
                        break
            if not ciclos:  # readings of less than a cycle still say how much was used
                inicio = 0
            self._medida = ciclos, self._media_desde(inicio)
        return self._medida

    def _media_desde(self, indice: int) -> Decimal | None:
        if len(self._dias) < 2:
            return None
        (primeiro, antes_kwh), (ultimo, depois_kwh) = self._dias[indice], self._dias[-1]
        return (depois_kwh - antes_kwh) / (ultimo - primeiro)

    @property
    def comecou_agora(self) -> bool:
        """Whether all that is known stands on one day: the cycle running is the first."""
        return len(self._dias) < 2

    @property
    def ciclos(self) -> int:
        """How many cycles are known, 12 at most."""
        return self._medir()[0]

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
        return self._medir()[1]

    @property
    def media_mensal_kwh(self) -> Decimal | None:
        """The same over 30 days."""
        diaria = self.media_diaria_kwh
        return None if diaria is None else diaria * DIAS_DO_MES
