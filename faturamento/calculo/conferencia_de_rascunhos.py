"""What makes a draft wait for a person before it is issued. Codes and sentences; no row is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from comum.dinheiro import numero_br
from faturamento.calculo.formatos import brl

CEM = Decimal(100)


@dataclass(frozen=True, slots=True)
class LimitesDoRascunho:
    """How far a bill may be from the UC's own billed cycles."""

    vezes_alto: Decimal = Decimal(3)
    fracao_baixa: Decimal = Decimal("0.25")
    ciclos_minimos: int = 3
    diferenca_minima_brl: Decimal = Decimal(100)
    diferenca_minima_kwh: Decimal = Decimal(100)
    vezes_o_minimo: Decimal = Decimal(3)


@dataclass(frozen=True, slots=True)
class CicloFaturado:
    """One cycle already billed: kWh measured, and R$ without one-off lines."""

    consumo_kwh: Decimal
    valor_brl: Decimal


@dataclass(frozen=True, slots=True)
class Rascunho:
    """A draft, as far as the checks look at it. `valor_brl` is without one-off lines."""

    consumo_kwh: Decimal
    consumo_faturado_kwh: Decimal
    valor_brl: Decimal
    total_brl: Decimal
    historico: Sequence[CicloFaturado] = ()
    titular: str = ""
    titular_anterior: str = ""


@dataclass(frozen=True, slots=True)
class Achado:
    """One reason to wait: a stable code and what to tell the person."""

    codigo: str
    mensagem: str


def conferir_rascunho(rascunho: Rascunho, limites: LimitesDoRascunho) -> list[Achado]:
    """Every reason for which this draft should be looked at; none lets it be issued."""
    achados = list(_titular(rascunho))
    if not rascunho.total_brl:
        achados.append(
            Achado(
                "FATURA_ZERADA",
                "A fatura é de R$ 0,00. Confira o consumo, os créditos e os lançamentos.",
            )
        )
    if len(rascunho.historico) < max(limites.ciclos_minimos, 1):
        return achados
    quantos = len(rascunho.historico)
    media_kwh = _media([ciclo.consumo_kwh for ciclo in rascunho.historico])
    media_brl = _media([ciclo.valor_brl for ciclo in rascunho.historico])
    if _longe(rascunho.valor_brl, media_brl, limites, limites.diferenca_minima_brl):
        achados.append(
            Achado(
                "VALOR_FORA_DA_MEDIA",
                f"Energia e bandeira: {brl(rascunho.valor_brl)}; a média de {quantos} ciclos é "
                f"{brl(_redonda(media_brl))}. Confira as leituras e a tarifa.",
            )
        )
    minimo = rascunho.consumo_faturado_kwh > rascunho.consumo_kwh
    if minimo and media_kwh >= limites.vezes_o_minimo * rascunho.consumo_faturado_kwh:
        achados.append(
            Achado(
                "MINIMO_APOS_CONSUMO_ALTO",
                f"Consumo de {_kwh(rascunho.consumo_kwh)}, faturado pelo mínimo de "
                f"{_kwh(rascunho.consumo_faturado_kwh)}; a média de {quantos} ciclos é "
                f"{_kwh(media_kwh)}. Confira se o medidor parou ou se o imóvel está vazio.",
            )
        )
    elif _longe(rascunho.consumo_kwh, media_kwh, limites, limites.diferenca_minima_kwh):
        achados.append(
            Achado(
                "CONSUMO_FORA_DA_MEDIA",
                f"Consumo de {_kwh(rascunho.consumo_kwh)}; a média de {quantos} ciclos é "
                f"{_kwh(media_kwh)}. Confira as leituras.",
            )
        )
    return achados


def conferir_grupo(
    grupo: str, *, pendentes: int, total: int, percentual_maximo: Decimal
) -> Achado | None:
    """Why a reading group should not be issued yet; None when few enough are pending.

    >>> conferir_grupo("05", pendentes=5, total=100, percentual_maximo=Decimal(5)) is None
    True
    >>> conferir_grupo("05", pendentes=6, total=100, percentual_maximo=Decimal(5)).codigo
    'GRUPO_COM_PENDENCIAS'
    """
    if not total or pendentes * CEM <= total * percentual_maximo:
        return None
    percentual = (pendentes * CEM / total).quantize(Decimal("0.1"))
    limite = percentual_maximo.normalize() + 0
    return Achado(
        "GRUPO_COM_PENDENCIAS",
        f"{pendentes} de {total} unidades do grupo {grupo or 'sem nome'} ficaram pendentes "
        f"({numero_br(percentual)} %); o limite é {numero_br(limite)} %. "
        "Resolva as pendências e fature de novo, ou libere o grupo.",
    )


def _titular(rascunho: Rascunho) -> Iterator[Achado]:
    if rascunho.titular_anterior and rascunho.titular_anterior != rascunho.titular:
        yield Achado(
            "TITULAR_MUDOU_NO_CICLO",
            f"O ciclo começou com {rascunho.titular_anterior} e a fatura é de {rascunho.titular}, "
            "sem fatura de encerramento entre eles. Confira quem deve o quê.",
        )


def _longe(valor: Decimal, media: Decimal, limites: LimitesDoRascunho, minima: Decimal) -> bool:
    """Far from the mean both in proportion and in absolute terms."""
    if abs(valor - media) < minima:
        return False
    return valor > media * limites.vezes_alto or valor < media * limites.fracao_baixa


def _media(valores: Sequence[Decimal]) -> Decimal:
    return sum(valores, Decimal(0)) / len(valores)


def _redonda(valor: Decimal) -> Decimal:
    return valor.quantize(Decimal("0.01"))


def _kwh(valor: Decimal) -> str:
    return f"{numero_br(valor.quantize(Decimal('0.001')))} kWh"
