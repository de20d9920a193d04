"""What one register counted before an instant: its last reading and its mean use."""

from datetime import date, datetime
from decimal import Decimal

from comum.periodos import dia_civil
from medidores.calculo.consumo import DIAS_MINIMOS_DO_CICLO, consumo_na_virada
from medidores.calculo.estimativa import CICLOS_DA_MEDIA

DIAS_DO_MES = 30


class Historico:
    """The valid readings of one register, brought in order of instant; it holds 13 of them.

    Readings closer than a cycle (an hourly meter's) count as one: each cycle is
    kept by its last reading, and the cycle running by the newest. A fall
    between two readings is one rollover.
    """

    __slots__ = ("_acumulado_kwh", "_amostras", "_constante", "_digitos", "instante", "leitura_kwh")

    def __init__(self, *, digitos: int, constante: Decimal) -> None:
        self._digitos = digitos
        self._constante = constante
        self._acumulado_kwh = Decimal(0)
        self._amostras: list[tuple[date, Decimal]] = []
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
        self.instante, self.leitura_kwh = instante, leitura_kwh
        dia, amostras = dia_civil(instante), self._amostras
        if len(amostras) > 1 and (dia - amostras[-2][0]).days < DIAS_MINIMOS_DO_CICLO:
            amostras[-1] = (dia, self._acumulado_kwh)
            return
        amostras.append((dia, self._acumulado_kwh))
        if len(amostras) > CICLOS_DA_MEDIA + 1:
            del amostras[0]

    @property
    def ciclos(self) -> int:
        """How many cycles are known, 12 at most."""
        return max(0, len(self._amostras) - 1)

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
        if len(self._amostras) < 2:
            return None
        (primeiro, antes_kwh), (ultimo, depois_kwh) = self._amostras[0], self._amostras[-1]
        dias = (ultimo - primeiro).days
        return (depois_kwh - antes_kwh) / dias if dias else None

    @property
    def media_mensal_kwh(self) -> Decimal | None:
        """The same over 30 days."""
        diaria = self.media_diaria_kwh
        return None if diaria is None else diaria * DIAS_DO_MES
