"""The payments of the demo: by habit, in bulk, and the status that follows from them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from comum.dinheiro import CENTAVO
from comum.periodos import FUSO, UM_DIA
from faturamento.models import Fatura, Pagamento
from faturamento.servicos.demonstracao.plano import SEMENTE, Habito, UnidadePlanejada

LINHAS_POR_VEZ = 1_000
FATURAS_SEM_PAGAR = 3
Parcela = tuple[date, Decimal]


def pagar_faturas(unidades: Sequence[UnidadePlanejada], *, hoje: date) -> int:
    """Pays the issued invoices as each UC's habit has it; returns how many payments.

    Only payments before `hoje` have happened.
    """
    rng = Random(SEMENTE)  # noqa: S311 - the same demo each time, nothing secret
    valores: dict[int, Decimal] = {}
    por_unidade: defaultdict[str, list[Any]] = defaultdict(list)
    emitidas = Fatura.objects.filter(situacao=Fatura.Situacao.EMITIDA)
    campos = ("unidade__codigo", "pk", "numero", "valor", "data_emissao", "data_vencimento")
    for linha in emitidas.order_by("numero").values_list(*campos, named=True):
        por_unidade[linha.unidade__codigo].append(linha)
        valores[linha.pk] = linha.valor
    pagamentos: list[Pagamento] = []
    for unidade in unidades:
        faturas = por_unidade[unidade.codigo]
        for recuo, fatura in enumerate(reversed(faturas), start=1):
            parcelas = list(_parcelas(fatura, unidade.habito, recuo, rng))
            pagamentos += [
                _pagamento(fatura, vez, dia, valor)
                for vez, (dia, valor) in enumerate(parcelas, start=1)
                if dia < hoje
            ]
    Pagamento.objects.bulk_create(pagamentos, LINHAS_POR_VEZ)
    _atualizar_status(valores, pagamentos)
    return len(pagamentos)


def _parcelas(fatura: Any, habito: Habito, recuo: int, rng: Random) -> Iterator[Parcela]:
    """When and how much is paid of one invoice; `recuo` 1 is the UC's last one."""
    vencimento, valor = fatura.data_vencimento, fatura.valor
    em_dia = max(fatura.data_emissao + UM_DIA, vencimento - timedelta(days=rng.randrange(7)))
    atrasado = vencimento + timedelta(days=rng.randint(2, 27))
    if valor < CENTAVO or (habito is Habito.INADIMPLENTE and recuo <= FATURAS_SEM_PAGAR):
        return
    if habito is Habito.EM_PARTES and rng.randrange(2):
        entrada = (valor / 2).quantize(CENTAVO)
        yield em_dia, entrada
        if recuo > 2:
            yield atrasado, valor - entrada
        return
    atrasa = habito is not Habito.PONTUAL and rng.randrange(3) > 0
    yield (atrasado if atrasa else em_dia), valor


def _pagamento(fatura: Any, vez: int, dia: date, valor: Decimal) -> Pagamento:
    # Most come in the bank's file; one in ten over the counter.
    banco = fatura.numero % 10 > 0
    return Pagamento(
        fatura_id=fatura.pk,
        identificador=f"demo-{fatura.numero}-{vez}",
        valor=valor,
        data_pagamento=dia,
        origem=Pagamento.Origem.BANCO if banco else Pagamento.Origem.MANUAL,
        registrado_em=datetime.combine(dia, time(22), tzinfo=FUSO),
    )


def _atualizar_status(valores: Mapping[int, Decimal], pagamentos: Sequence[Pagamento]) -> None:
    """The status of each invoice from its payments, as `servicos.baixa` has it.

    Added up here: SQLite adds decimals as binary fractions.
    """
    pagos: defaultdict[int, Decimal] = defaultdict(Decimal)
    for pagamento in pagamentos:
        pagos[pagamento.fatura_id] += pagamento.valor
    por_status = defaultdict(list)
    for fatura_id, pago in pagos.items():
        quitada = pago >= valores[fatura_id]
        status = Fatura.StatusPagamento.PAGA if quitada else Fatura.StatusPagamento.PARCIAL
        por_status[status].append(fatura_id)
    for status, ids in por_status.items():
        for inicio in range(0, len(ids), LINHAS_POR_VEZ):
            do_lote = Fatura.objects.filter(pk__in=ids[inicio : inicio + LINHAS_POR_VEZ])
            do_lote.update(status_pagamento=status)
