"""A small bar chart of monthly consumption, as the template draws it in SVG."""

from dataclasses import dataclass
from decimal import Decimal

from comum.django_base.exibicao import kwh, numero
from comum.periodos import dia_civil
from medidores.models import Leitura
from medidores.servicos.serie import ConsumoDoMes

ALTURA = 120
PASSO = 48
BARRA = 32
MINIMO = 2  # a consumption of zero still shows


@dataclass(frozen=True, slots=True)
class Barra:
    x: int
    meio: int
    y: int
    altura: int
    mes: str
    valor: str
    nota: str = ""
    cor: str = ""


@dataclass(frozen=True, slots=True)
class Grafico:
    """Bars from left to right, in the units of the drawing, and what they say in words."""

    largura: int
    altura: int
    base: int
    barras: list[Barra]
    resumo: str


def montar_grafico(
    meses: list[ConsumoDoMes], leitura: Leitura, passo_kwh: Decimal | None
) -> Grafico:
    """The months before a held reading, and that reading as it came beside them."""
    conhecidos = [m.consumo_kwh for m in meses if m.consumo_kwh is not None]
    maior_kwh = max([*conhecidos, passo_kwh or Decimal(0)], default=Decimal(0))
    barras = [
        _barra(posicao, m.consumo_kwh, maior_kwh, f"{m.mes:%m/%y}", _nota(m), "")
        for posicao, m in enumerate(meses)
    ]
    dia = dia_civil(leitura.data_leitura)
    barras.append(
        _barra(len(meses), passo_kwh, maior_kwh, f"{dia:%m/%y}", "esta leitura", "duvida")
    )
    media = f"média de {kwh(sum(conhecidos, Decimal(0)) / len(conhecidos))}" if conhecidos else ""
    desta = f"esta leitura, como veio: {kwh(passo_kwh)}" if passo_kwh is not None else ""
    resumo = "; ".join(
        parte for parte in (f"{len(conhecidos)} meses conhecidos", media, desta) if parte
    )
    return Grafico(PASSO * len(barras), ALTURA + 48, ALTURA + 20, barras, resumo)


def _nota(do_mes: ConsumoDoMes) -> str:
    if do_mes.consumo_kwh is None:
        return "sem leitura"
    return f"{do_mes.dias} dias" + (", estimado" if do_mes.estimado else "")


def _barra(
    posicao: int, consumo_kwh: Decimal | None, maior_kwh: Decimal, nome: str, nota: str, cor: str
) -> Barra:
    x = posicao * PASSO + (PASSO - BARRA) // 2
    altura = 0
    if consumo_kwh is not None:
        altura = MINIMO + int((ALTURA - MINIMO) * consumo_kwh / maior_kwh) if maior_kwh else MINIMO
    return Barra(
        x=x,
        meio=x + BARRA // 2,
        y=ALTURA + 20 - altura,
        altura=altura,
        mes=nome,
        valor=numero(consumo_kwh, 0),
        nota=nota,
        cor=cor,
    )
