"""A small bar chart of months, as energia/grafico.html draws it in SVG: no script, no library."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from comum.django_base.exibicao import VAZIO, numero

ALTURA = 120
PASSO = 48
BARRA = 32
TOPO = 20
MINIMO = 2  # a value of zero still shows
GRANDES = ((Decimal(1_000_000_000), "bi"), (Decimal(1_000_000), "mi"), (Decimal(100_000), "mil"))


@dataclass(frozen=True, slots=True)
class Ponto:
    """One month of a chart; `valor` None where there is none. `cor` is a suffix of en-barra-."""

    mes: str
    valor: Decimal | None
    nota: str = ""
    cor: str = ""
    endereco: str = ""


@dataclass(frozen=True, slots=True)
class Barra:
    """A month in the units of the drawing; `rotulo` is short, `valor` whole."""

    x: int
    meio: int
    y: int
    altura: int
    mes: str
    rotulo: str
    valor: str
    nota: str
    cor: str
    endereco: str


@dataclass(frozen=True, slots=True)
class Grafico:
    """Bars from left to right, and what they say in words. `nome` tells charts of a page apart."""

    nome: str
    titulo: str
    unidade: str
    coluna_da_nota: str
    largura: int
    altura: int
    base: int
    barras: list[Barra]
    resumo: str


def desenhar_barras(
    pontos: Sequence[Ponto],
    *,
    nome: str,
    titulo: str,
    unidade: str,
    resumo: str,
    casas: int = 0,
    coluna_da_nota: str = "",
) -> Grafico:
    """The chart of these months, the largest value at full height.

    `unidade` heads the column of values, written with `casas` places; notes show
    in the table below it when `coluna_da_nota` names their column.
    """
    maior = max((p.valor for p in pontos if p.valor is not None), default=Decimal(0))
    barras = [_barra(posicao, ponto, maior, casas) for posicao, ponto in enumerate(pontos)]
    return Grafico(
        nome=nome,
        titulo=titulo,
        unidade=unidade,
        coluna_da_nota=coluna_da_nota,
        largura=PASSO * len(barras),
        altura=ALTURA + TOPO + 28,
        base=ALTURA + TOPO,
        barras=barras,
        resumo=resumo,
    )


def _barra(posicao: int, ponto: Ponto, maior: Decimal, casas: int) -> Barra:
    x = posicao * PASSO + (PASSO - BARRA) // 2
    altura = 0
    if ponto.valor is not None:
        altura = MINIMO
        if maior > 0:
            altura += int((ALTURA - MINIMO) * max(ponto.valor, Decimal(0)) / maior)
    return Barra(
        x=x,
        meio=x + BARRA // 2,
        y=ALTURA + TOPO - altura,
        altura=altura,
        mes=ponto.mes,
        rotulo=curto(ponto.valor),
        valor=VAZIO if ponto.valor is None else numero(arredondar(ponto.valor, casas), casas),
        nota=ponto.nota,
        cor=ponto.cor,
        endereco=ponto.endereco,
    )


def arredondar(valor: Decimal, casas: int) -> Decimal:
    """To show: the localised format cuts, it does not round."""
    return valor.quantize(Decimal(1).scaleb(-casas), ROUND_HALF_UP)


def curto(valor: Decimal | None) -> str:
    """A number in the width of a bar.

    >>> [curto(Decimal(n)) for n in ("733.6", "98765", "123456", "7890123", "45000000000")]
    ['734', '98.765', '123 mil', '7,9 mi', '45,0 bi']
    """
    if valor is None:
        return VAZIO
    for grandeza, nome in GRANDES:
        if abs(valor) >= grandeza:
            em_mil = nome == "mil"
            parte = valor / (1000 if em_mil else grandeza)
            casas = 0 if em_mil else 1
            return f"{numero(arredondar(parte, casas), casas)} {nome}"
    return numero(arredondar(valor, 0), 0)
