"""The estimated cycles at the end of a UC's history, which the next real reading settles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from medidores.models import Leitura


@dataclass(frozen=True, slots=True)
class CiclosEstimados:
    """How many, what they billed, and from where a real reading will settle them.

    `desde` is the end of the last measured cycle, and `leitura_ids` its readings.
    """

    ciclos: int
    faturado_kwh: Decimal
    desde: datetime
    leitura_ids: tuple[int, ...]


def ler_ciclos_estimados(faturas: "QuerySet[Any]") -> dict[int, CiclosEstimados]:
    """The estimated cycles at the end of these UCs' histories."""
    linhas = faturas.order_by("unidade", "-ciclo_ate", "-pk").values_list(
        "unidade", "ciclo_de", "ciclo_ate", "consumo_kwh", "demonstrativo__leituras"
    )
    estimados = {}
    for unidade_id, ciclos in groupby(linhas, key=itemgetter(0)):
        quantos, faturado_kwh = 0, Decimal(0)
        for _, ciclo_de, ciclo_ate, consumo_kwh, leituras in ciclos:
            if not ciclo_estimado(leituras):
                desde, leitura_ids = ciclo_ate, ids_das_leituras(leituras, "atual")
                break
            quantos, faturado_kwh = quantos + 1, faturado_kwh + consumo_kwh
            # Where no cycle was measured before, the first one says where it began.
            desde, leitura_ids = ciclo_de, ids_das_leituras(leituras, "anterior")
        estimados[unidade_id] = CiclosEstimados(quantos, faturado_kwh, desde, tuple(leitura_ids))
    return estimados


def ciclo_estimado(leituras: Sequence[dict[str, Any]]) -> bool:
    """Whether a cycle ended by an estimate, by the `leituras` of its demonstrativo."""
    return any(leitura["atual"]["origem"] == Leitura.Origem.ESTIMADA for leitura in leituras)


def ids_das_leituras(leituras: Sequence[dict[str, Any]], ponta: str) -> list[int]:
    """The readings at one end (`anterior`, `atual`) of a cycle."""
    return [leitura[ponta]["leitura_id"] for leitura in leituras]
