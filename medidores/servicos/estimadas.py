"""Readings in place of those that nobody could make: billing writes them beside its drafts.

The operator's own ESTIMADA readings (a decision, a file, a form) are not
touched here: `ocorrencia` tells those of billing apart.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol

from comum.periodos import FUSO, dia_civil
from medidores.calculo.estimativa import projetar_leitura_kwh
from medidores.models import Leitura, Medidor, OcorrenciaRegistrada
from medidores.servicos.faturado import faturado_ate_por_unidade

PELA_MEDIA = "CONSUMO_ESTIMADO"
PELA_DISPONIBILIDADE = "FATURADO_PELA_DISPONIBILIDADE"
DO_FATURAMENTO = (PELA_MEDIA, PELA_DISPONIBILIDADE)
DIAS_DO_CICLO = timedelta(days=30)
FIM_DO_DIA = time(23, 59, 59)


class Mostrada(Protocol):
    """What a register showed, whoever holds it."""

    @property
    def registrador(self) -> str: ...
    @property
    def leitura_kwh(self) -> Decimal: ...


def e_do_faturamento(leitura: Leitura) -> bool:
    """Whether billing made this reading, and may make it again."""
    return leitura.origem == Leitura.Origem.ESTIMADA and leitura.ocorrencia in DO_FATURAMENTO


def instante_da_estimativa(inicio: datetime, *, de: date, ate: date) -> datetime:
    """The end of the day 30 days after the cycle began, kept within `[de, ate]`.

    >>> inicio = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> instante_da_estimativa(inicio, de=date(2026, 2, 1), ate=date(2026, 2, 28)).isoformat()
    '2026-02-05T02:59:59+00:00'
    """
    dia = min(max(dia_civil(inicio) + DIAS_DO_CICLO, de), ate)
    return datetime.combine(dia, FIM_DO_DIA, tzinfo=FUSO).astimezone(UTC)


def estimar_leitura(
    medidor: Medidor,
    anterior: Mostrada,
    *,
    consumo_kwh: Decimal | None,
    instante: datetime,
    existente: Leitura | None,
) -> Leitura:
    """What the register would show at `instante`, not saved; None kWh is the availability cost.

    The row that billing made before in the same window is taken again, at its
    own instant: a draft is computed anew to the same reading.
    """
    leitura = existente or Leitura(
        medidor=medidor,
        registrador=anterior.registrador,
        data_leitura=instante,
        origem=Leitura.Origem.ESTIMADA,
    )
    leitura.ocorrencia = PELA_DISPONIBILIDADE if consumo_kwh is None else PELA_MEDIA
    leitura.leitura_kwh = leitura.valor_informado = projetar_leitura_kwh(
        anterior.leitura_kwh,
        consumo_kwh=consumo_kwh or Decimal(0),
        digitos=medidor.digitos,
        constante=medidor.constante,
    )
    return leitura


def gravar_estimadas(leituras: Iterable[Leitura]) -> None:
    """Saves the readings that billing made, in the caller's transaction, before its invoices.

    The invoice that names them is their history.
    """
    do_faturamento = [leitura for leitura in leituras if e_do_faturamento(leitura)]
    novas = [leitura for leitura in do_faturamento if leitura.pk is None]
    refeitas = [leitura for leitura in do_faturamento if leitura.pk is not None]
    Leitura.objects.bulk_update(refeitas, ["leitura_kwh", "valor_informado", "ocorrencia"])
    Leitura.objects.bulk_create(novas)


def descartar_estimadas(leitura_ids: Iterable[int]) -> None:
    """Removes those that billing made and no issued invoice holds; the caller locks their UCs."""
    do_faturamento = Leitura.objects.validas().filter(
        pk__in=set(leitura_ids),
        origem=Leitura.Origem.ESTIMADA,
        ocorrencia__in=DO_FATURAMENTO,
    )
    unidades = dict(do_faturamento.values_list("pk", "medidor__unidade"))
    faturado_ate = faturado_ate_por_unidade(unidades.values())
    Leitura.objects.filter(
        pk__in=[
            leitura.pk
            for leitura in do_faturamento
            if not _faturada(leitura, faturado_ate.get(unidades[leitura.pk]))
        ]
    ).delete()


def _faturada(leitura: Leitura, faturado_ate: datetime | None) -> bool:
    return faturado_ate is not None and leitura.data_leitura <= faturado_ate


def politicas_da_ocorrencia(medidor_ids: Iterable[int], *, de: date, ate: date) -> dict[int, Any]:
    """What to bill without a reading, by the last occurrence at each meter in `[de, ate]`."""
    linhas = (
        OcorrenciaRegistrada.objects.filter(
            medidor__in=set(medidor_ids), data__gte=de, data__lte=ate
        )
        .order_by("medidor", "data", "pk")
        .values_list("medidor", "ocorrencia__sem_leitura")
    )
    return dict(linhas)
