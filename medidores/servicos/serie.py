"""The consumption of a register month by month, for people to look at."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from django.db.models import F, Window
from django.db.models.functions import RowNumber, TruncMonth

from comum.periodos import dia_civil, primeiro_dia_do_mes, primeiro_instante, somar_meses
from medidores.calculo.consumo import consumo_na_virada
from medidores.models import Leitura

MESES = 13


@dataclass(frozen=True, slots=True)
class ConsumoDoMes:
    """What was used up to the last valid reading of a month; None where there is none."""

    mes: date
    consumo_kwh: Decimal | None = None
    dias: int = 0
    estimado: bool = False


def consumo_por_mes(leitura: Leitura) -> list[ConsumoDoMes]:
    """The 13 months before the month of this reading, oldest first."""
    medidor = leitura.medidor
    este_mes = primeiro_dia_do_mes(dia_civil(leitura.data_leitura))
    meses = [somar_meses(este_mes, -n) for n in range(MESES, 0, -1)]
    ultimas = _ultimas_do_mes(leitura, somar_meses(meses[0], -1), este_mes)
    por_mes = {}
    for antes, depois in pairwise(ultimas):
        consumo_kwh = (
            (depois.leitura_kwh - antes.leitura_kwh) * medidor.constante
            if depois.leitura_kwh >= antes.leitura_kwh
            else consumo_na_virada(
                anterior=antes.leitura_kwh,
                atual=depois.leitura_kwh,
                digitos=medidor.digitos,
                constante=medidor.constante,
            )
        )
        dia = dia_civil(depois.data_leitura)
        mes = primeiro_dia_do_mes(dia)
        por_mes[mes] = ConsumoDoMes(
            mes,
            consumo_kwh,
            (dia - dia_civil(antes.data_leitura)).days,
            Leitura.Origem.ESTIMADA in (antes.origem, depois.origem),
        )
    return [por_mes.get(mes, ConsumoDoMes(mes)) for mes in meses]


def _ultimas_do_mes(leitura: Leitura, de: date, ate: date) -> list[Leitura]:
    posicao = Window(
        RowNumber(), partition_by=[TruncMonth("data_leitura")], order_by=["-data_leitura", "-pk"]
    )
    validas = Leitura.objects.validas().filter(
        medidor=leitura.medidor_id,
        registrador=leitura.registrador,
        data_leitura__gte=primeiro_instante(de),
        data_leitura__lt=primeiro_instante(ate),
    )
    ultimas = validas.annotate(posicao=posicao).filter(posicao=1)
    return list(ultimas.order_by(F("data_leitura")))


def leituras_ao_redor(leitura: Leitura, quantas: int = 4) -> list[Leitura]:
    """This reading among those just before and after it of its register, oldest first."""
    vizinhas = Leitura.objects.filter(medidor=leitura.medidor_id, registrador=leitura.registrador)
    antes = vizinhas.filter(data_leitura__lt=leitura.data_leitura)
    depois = vizinhas.filter(data_leitura__gte=leitura.data_leitura)
    return [
        *reversed(antes.order_by("-data_leitura", "-pk")[:quantas]),
        *depois.order_by("data_leitura", "pk")[: quantas + 1],
    ]
