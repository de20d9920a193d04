"""The numbers of the painel: how a month is going, what is owed, how the last 13 months went.

For looking at: on SQLite the database adds decimals as floats. What decides is
added up elsewhere, in Decimal. Sums of whole months are kept (`ResumoMensal`) and redone
when they are old, a few at a time, so that no page waits for all of them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Subquery, Sum

from comum.periodos import UM_DIA, mes_seguinte, primeiro_dia_do_mes, primeiro_instante, somar_meses
from faturamento.models import Fatura, Pagamento, ResumoMensal
from medidores.models import Leitura, Medidor

MESES = 13
IDADE_DO_MES_ATUAL = timedelta(minutes=2)
IDADE_DOS_OUTROS = timedelta(minutes=30)
VELHOS_POR_VEZ = 1
ZERO = Decimal("0.00")
# Last day overdue of each band, and its name; the last band has no end.
FAIXAS: tuple[tuple[int | None, str], ...] = (
    (0, "a vencer"),
    (30, "1 a 30 dias"),
    (60, "31 a 60 dias"),
    (90, "61 a 90 dias"),
    (None, "mais de 90 dias"),
)


@dataclass(frozen=True, slots=True)
class Soma:
    """How many, and R$."""

    quantas: int = 0
    valor: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class FaixaDeDivida:
    """Open invoices by days overdue: due from `de` to `ate`, both included; None is no bound."""

    nome: str
    de: date | None
    ate: date | None
    soma: Soma
    vencida: bool


@dataclass(frozen=True, slots=True)
class MesFaturado:
    """Issued invoices of a month; None where nothing was issued."""

    mes: date
    valor: Decimal | None
    consumo_kwh: Decimal | None


def faturas_por_situacao(mes: date) -> dict[str, Soma]:
    """The invoices of a month: RASCUNHO, EMITIDA, CANCELADA."""
    linhas = (
        Fatura.objects.do_mes(mes)
        .order_by()
        .values_list("situacao")
        .annotate(quantas=Count("*"), valor=Sum("valor"))
    )
    return {situacao: Soma(quantas, valor) for situacao, quantas, valor in linhas}


def recebido_no_mes(mes: date) -> Soma:
    """Payments dated in the month, less the reversals of such payments."""
    soma = Pagamento.objects.filter(
        data_pagamento__gte=mes, data_pagamento__lt=mes_seguinte(mes)
    ).aggregate(quantas=Count("*"), valor=Sum("valor"))
    return Soma(soma["quantas"], soma["valor"] or ZERO)


def idade_da_divida(hoje: date) -> list[FaixaDeDivida]:
    """What is owed of issued invoices, by days overdue on `hoje`.

    A partly paid invoice counts for what is left of it.
    """
    limites = _limites(hoje)
    abertas = (
        Fatura.objects.filter(situacao=Fatura.Situacao.EMITIDA, valor__gt=0)
        .exclude(status_pagamento=Fatura.StatusPagamento.PAGA)
        .order_by()
        .values_list("data_vencimento")
    )
    # By due date, as the index has them: the bands are made here. Only what was paid in
    # part has payments to take off: each asks the index of its own, where a join would
    # read all the payments there are.
    dias_somados = abertas.annotate(quantas=Count("*"), valor=Sum("valor"))
    parciais = abertas.filter(status_pagamento=Fatura.StatusPagamento.PARCIAL)
    da_fatura = Pagamento.objects.filter(fatura=OuterRef("pk")).order_by().values("fatura")
    pago = Subquery(da_fatura.values_list(Sum("valor")))
    with _num_so_processo():
        dias = list(dias_somados)
        pagos = dict(parciais.annotate(pago=Sum(pago)))
    faixas = []
    for indice, ((_, nome), (de, ate)) in enumerate(zip(FAIXAS, limites, strict=True)):
        desta = [
            (quantas, valor - (pagos.get(dia) or ZERO))
            for dia, quantas, valor in dias
            if (de is None or dia >= de) and (ate is None or dia <= ate)
        ]
        soma = Soma(sum(q for q, _ in desta), sum((valor for _, valor in desta), ZERO))
        faixas.append(FaixaDeDivida(nome, de, ate, soma, vencida=indice > 0))
    return faixas


@contextmanager
def _num_so_processo() -> Iterator[None]:
    """PostgreSQL reads alone: 100,000 rows of an index take less than starting two workers."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        yield


def _limites(hoje: date) -> list[tuple[date | None, date | None]]:
    limites: list[tuple[date | None, date | None]] = []
    ate: date | None = None
    for dias, _ in FAIXAS:
        de = None if dias is None else hoje - timedelta(days=dias)
        limites.append((de, ate))
        ate = None if de is None else de - UM_DIA
    return limites


def leituras_esperadas() -> int:
    """Meters that stand: one reading of each is expected in a month."""
    return Medidor.objects.ativos().count()


def ler_resumos(mes: date, *, agora: datetime, hoje: date) -> dict[date, ResumoMensal]:
    """The 13 months that end with `mes`; redoes the missing ones, and few of the old ones.

    `mes` itself and the current month are redone after 2 minutes, the others
    after 30, the oldest calculation first and one at each look.
    """
    meses = [somar_meses(mes, -n) for n in range(MESES)]
    resumos = {r.mes: r for r in ResumoMensal.objects.filter(mes__in=meses)}
    vivos = {mes, primeiro_dia_do_mes(hoje)}
    velhos = sorted(
        (
            resumo
            for resumo in resumos.values()
            if agora - resumo.calculado_em
            > (IDADE_DO_MES_ATUAL if resumo.mes in vivos else IDADE_DOS_OUTROS)
        ),
        key=lambda resumo: (resumo.mes not in vivos, resumo.calculado_em),
    )
    refazer = [um for um in meses if um not in resumos]
    refazer += [resumo.mes for resumo in velhos[:VELHOS_POR_VEZ]]
    for resumo in atualizar_resumos(refazer, agora=agora):
        resumos[resumo.mes] = resumo
    return resumos


def atualizar_resumos(meses: Iterable[date], *, agora: datetime) -> list[ResumoMensal]:
    """Calculates these months anew and keeps them; returns them."""
    meses = list(meses)
    if not meses:
        return []
    emitidas = {
        mes: (quantas, valor, consumo)
        for mes, quantas, valor, consumo in Fatura.objects.filter(
            mes_referencia__in=meses, situacao=Fatura.Situacao.EMITIDA
        )
        .order_by()
        .values_list("mes_referencia")
        .annotate(quantas=Count("*"), valor=Sum("valor"), consumo=Sum("consumo_kwh"))
    }
    resumos = []
    for mes in meses:
        quantas, valor, consumo = emitidas.get(mes, (0, None, None))
        resumos.append(
            ResumoMensal(
                mes=mes,
                faturas=quantas,
                valor=valor or ZERO,
                consumo_kwh=consumo or ZERO,
                leituras_recebidas=_medidores_lidos(mes),
                calculado_em=agora,
            )
        )
    return ResumoMensal.objects.bulk_create(
        resumos,
        update_conflicts=True,
        unique_fields=["mes"],
        update_fields=["faturas", "valor", "consumo_kwh", "leituras_recebidas", "calculado_em"],
    )


def _medidores_lidos(mes: date) -> int:
    """Standing meters with a valid reading in the month: one look in an index for each."""
    lidas = Leitura.objects.validas().filter(
        medidor=OuterRef("pk"),
        data_leitura__gte=primeiro_instante(mes),
        data_leitura__lt=primeiro_instante(mes_seguinte(mes)),
    )
    return Medidor.objects.ativos().filter(Exists(lidas)).count()


def serie_de_meses(resumos: dict[date, ResumoMensal], mes: date) -> list[MesFaturado]:
    """The 13 months that end with `mes`, oldest first."""
    serie = []
    for n in range(MESES - 1, -1, -1):
        um = somar_meses(mes, -n)
        resumo = resumos.get(um)
        ha = resumo is not None and resumo.faturas > 0
        serie.append(
            MesFaturado(
                um,
                resumo.valor if resumo is not None and ha else None,
                resumo.consumo_kwh if resumo is not None and ha else None,
            )
        )
    return serie
