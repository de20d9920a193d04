"""What a customer used and was billed month by month, as the issued invoices say it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q

from clientes.models import Cliente
from comum.erros import NaoEncontradoError
from comum.periodos import dia_civil, primeiro_dia_do_mes, somar_meses
from faturamento.models import Fatura
from medidores.models import UnidadeConsumidora

MESES = 13


@dataclass(frozen=True, slots=True)
class ConsumoDoMes:
    """One month. `consumo_kwh` (measured), `faturado_kwh` (with the minimum) and `valor`
    (R$, with everything on the bill) are None where there is no bill; `estimado` is
    whether any of its bills was. `fatura_ids` are the bills, mostly one.
    """

    mes: date
    consumo_kwh: Decimal | None = None
    faturado_kwh: Decimal | None = None
    valor: Decimal | None = None
    dias: int = 0
    estimado: bool = False
    fatura_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsumoDaUnidade:
    """The months of one UC, oldest first."""

    unidade_id: int
    codigo: str
    meses: tuple[ConsumoDoMes, ...]


@dataclass(frozen=True, slots=True)
class ConsumoDoCliente:
    """The same months for every UC of a customer, in order of code, and for all of them."""

    cliente_id: int
    unidades: tuple[ConsumoDaUnidade, ...]
    total: tuple[ConsumoDoMes, ...]


def consumo_do_cliente(
    cliente_id: int, *, ate: date, meses: int = MESES, unidade_ids: Sequence[int] | None = None
) -> ConsumoDoCliente:
    """The `meses` months that end with that of `ate`, from the bills issued to this customer.

    A UC shows when the customer has a meter at it or was billed for it; what was
    billed there to somebody else does not count. `unidade_ids` keeps to some
    of them. Three queries, whatever the number of UCs.

    Raises:
        NaoEncontradoError: no customer has this id.
    """
    if not Cliente.objects.filter(pk=cliente_id).exists():
        raise NaoEncontradoError(f"Cliente {cliente_id} não encontrado.")
    janela = _janela(ate, meses)
    faturas = Fatura.objects.filter(cliente=cliente_id)
    unidades = UnidadeConsumidora.objects.filter(medidores__cliente=cliente_id)
    if unidade_ids is not None:
        faturas = faturas.filter(unidade__in=unidade_ids)
        unidades = unidades.filter(pk__in=unidade_ids)
    codigos = dict(unidades.values_list("pk", "codigo").distinct())
    contas = _carregar(faturas, janela)
    codigos.update({conta["unidade"]: conta["unidade__codigo"] for conta in contas})
    por_unidade: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for conta in contas:
        por_unidade[conta["unidade"]].append(conta)
    return ConsumoDoCliente(
        cliente_id=cliente_id,
        unidades=tuple(
            ConsumoDaUnidade(pk, codigo, _somar_por_mes(por_unidade[pk], janela))
            for pk, codigo in sorted(codigos.items(), key=lambda par: (par[1], par[0]))
        ),
        total=_somar_por_mes(contas, janela),
    )


def consumo_da_unidade(
    unidade_id: int, *, ate: date, meses: int = MESES, cliente_id: int | None = None
) -> tuple[ConsumoDoMes, ...]:
    """The months of one UC, oldest first; with `cliente_id`, of that customer's bills alone."""
    janela = _janela(ate, meses)
    faturas = Fatura.objects.filter(unidade=unidade_id)
    if cliente_id is not None:
        faturas = faturas.filter(cliente=cliente_id)
    return _somar_por_mes(_carregar(faturas, janela), janela)


def _janela(ate: date, meses: int) -> list[date]:
    ultimo = primeiro_dia_do_mes(ate)
    return [somar_meses(ultimo, -n) for n in range(meses - 1, -1, -1)]


def _carregar(faturas: Any, janela: list[date]) -> list[dict[str, Any]]:
    estimado = Q(demonstrativo__entrada__has_key="estimativa")
    do_periodo = faturas.de_ciclo().filter(
        situacao=Fatura.Situacao.EMITIDA,
        unidade__isnull=False,
        mes_referencia__range=(janela[0], janela[-1]),
    )
    return list(
        do_periodo.order_by("mes_referencia", "pk").values(
            "pk",
            "unidade",
            "unidade__codigo",
            "mes_referencia",
            "ciclo_de",
            "ciclo_ate",
            "consumo_kwh",
            "consumo_faturado_kwh",
            "valor",
            estimado=ExpressionWrapper(estimado, output_field=BooleanField()),
        )
    )


def _somar_por_mes(
    contas: Iterable[dict[str, Any]], janela: list[date]
) -> tuple[ConsumoDoMes, ...]:
    do_mes: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for conta in contas:
        do_mes[conta["mes_referencia"]].append(conta)
    return tuple(_somar(mes, do_mes[mes]) if mes in do_mes else ConsumoDoMes(mes) for mes in janela)


def _somar(mes: date, contas: list[dict[str, Any]]) -> ConsumoDoMes:
    return ConsumoDoMes(
        mes,
        consumo_kwh=_total(contas, "consumo_kwh"),
        faturado_kwh=_total(contas, "consumo_faturado_kwh"),
        valor=_total(contas, "valor"),
        dias=_dias(contas),
        estimado=any(conta["estimado"] for conta in contas),
        fatura_ids=tuple(conta["pk"] for conta in contas),
    )


def _total(contas: list[dict[str, Any]], campo: str) -> Decimal | None:
    # Added up here: SQLite adds decimals as floats.
    valores = [conta[campo] for conta in contas if conta[campo] is not None]
    return sum(valores[1:], valores[0]) if valores else None


def _dias(contas: list[dict[str, Any]]) -> int:
    """Days billed in the month, of the UC that has most: bills side by side do not add up."""
    por_unidade: dict[int, int] = defaultdict(int)
    for conta in contas:
        dias = (dia_civil(conta["ciclo_ate"]) - dia_civil(conta["ciclo_de"])).days
        por_unidade[conta["unidade"]] += dias
    return max(por_unidade.values(), default=0)
