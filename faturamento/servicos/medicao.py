"""What was measured at some UCs in the window of a competência, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from clientes.models import Cliente
from comum.erros import DominioError
from comum.periodos import dia_civil, mes_seguinte, primeiro_dia_do_mes, primeiro_instante
from comum.vocabulario import Modalidade, Registrador
from faturamento.calculo.medicao import REGISTRADORES
from faturamento.models import Fatura
from medidores.calculo.estimativa import CICLOS_DA_MEDIA, calcular_media_kwh
from medidores.models import Leitura, Medidor, UnidadeConsumidora
from medidores.servicos.julgamento import historicos_ate

PorRegistrador = dict[tuple[int, str], Leitura]


class ApuracaoImpossivelError(DominioError):
    """This UC cannot be billed now; the code becomes that of its Pendencia."""


@dataclass(frozen=True, slots=True)
class Janela:
    """The readings that a competência bills: those of its month, up to `ate`.

    With `instante` it is one cycle that ends with the reading of that very
    instant, at a meter that may be removed by then: a closing, or a cycle redone.
    """

    mes_referencia: date
    ate: date
    instante: datetime | None = None

    @property
    def inicio(self) -> datetime:
        return primeiro_instante(self.mes_referencia)

    @property
    def fim(self) -> datetime:
        """Exclusive: the first instant after the day `ate`, or after `instante`."""
        if self.instante is not None:
            return self.instante + timedelta(microseconds=1)
        return primeiro_instante(date.fromordinal(self.ate.toordinal() + 1))


def janela_da_competencia(mes_referencia: date, ate: date | None = None) -> Janela:
    """The window of a month; `ate` is its last reading day, by default the month's.

    Raises:
        ApuracaoImpossivelError: `ate` is not a day of that month.
    """
    ultimo = date.fromordinal(mes_seguinte(mes_referencia).toordinal() - 1)
    if ate is not None and primeiro_dia_do_mes(ate) != mes_referencia:
        raise ApuracaoImpossivelError(
            f"O dia {ate:%d/%m/%Y} não é de {mes_referencia:%m/%Y}. "
            "Informe um dia da própria competência.",
            codigo="DATA_FORA_DA_COMPETENCIA",
        )
    return Janela(mes_referencia, ate or ultimo)


@dataclass(frozen=True, slots=True)
class TrechoMedido:
    """One register of one meter over the cycle: the readings at both ends."""

    medidor: Medidor
    anterior: Leitura
    atual: Leitura


@dataclass(frozen=True, slots=True)
class Medicao:
    """Meters, readings and billing history of some UCs."""

    janela: Janela
    medidores: dict[int, list[Medidor]]
    faturado_ate: dict[int, datetime]
    historico_kwh: dict[int, list[Decimal]]
    atuais: PorRegistrador
    anteriores: PorRegistrador
    retidas: set[int]
    medias_de_leitura_kwh: dict[int, Decimal]
    geradores: set[int]

    def ja_faturada(self, unidade: UnidadeConsumidora) -> bool:
        return unidade.pk in self.faturado_ate

    def media_kwh(self, unidade: UnidadeConsumidora) -> Decimal | None:
        """The mean of the last 12 billed cycles, or of those there are.

        Where none was billed, and a register rolled over, that of the readings
        by which the crítica believed it.
        """
        if historico := self.historico_kwh.get(unidade.pk):
            return calcular_media_kwh(historico)
        for medidor in self.medidores.get(unidade.pk, []):
            if media := self.medias_de_leitura_kwh.get(medidor.pk):
                return media.quantize(Decimal("0.0001"))
        return None

    def titular(self, unidade: UnidadeConsumidora) -> Cliente:
        """The customer of the meter in service at the end of the window."""
        return self._em_servico(unidade).cliente

    def trechos(self, unidade: UnidadeConsumidora) -> tuple[TrechoMedido, ...]:
        """Each register of each meter that served in the cycle, with both readings.

        Raises:
            ApuracaoImpossivelError: a reading is missing, held, or already billed.
        """
        em_servico = self._em_servico(unidade)
        if em_servico.pk in self.geradores:
            raise ApuracaoImpossivelError(
                f"O medidor {em_servico} da unidade {unidade} tem leitura de energia injetada, e "
                "os créditos de geração ainda não entram na fatura. Calcule-a pelo simulador.",
                codigo="GERACAO_SEM_CREDITOS",
            )
        trechos: list[TrechoMedido] = []
        for registrador in REGISTRADORES[Modalidade(unidade.modalidade)].values():
            pares = [
                (medidor, self._anterior(unidade, medidor, registrador), atual)
                for medidor in self.medidores[unidade.pk]
                if (atual := self._atual(unidade, medidor, registrador))
            ]
            medidos = [
                TrechoMedido(medidor, anterior, atual)
                for medidor, anterior, atual in pares
                if anterior.data_leitura < atual.data_leitura
            ]
            # A meter just installed may have its opening reading alone: the cycle ends with it.
            if not medidos:
                raise self._sem_ciclo(unidade, *pares[-1][1:])
            trechos += medidos
        return tuple(trechos)

    def _em_servico(self, unidade: UnidadeConsumidora) -> Medidor:
        medidores = self.medidores.get(unidade.pk, [])
        if medidores and (
            self.janela.instante or not _retirado_ate(medidores[-1], self.janela.ate)
        ):
            return medidores[-1]
        raise ApuracaoImpossivelError(
            f"A unidade {unidade} não tinha medidor instalado em {self.janela.ate:%d/%m/%Y}. "
            "Confira as datas de instalação e retirada.",
            codigo="SEM_MEDIDOR",
        )

    def _atual(self, unidade: UnidadeConsumidora, medidor: Medidor, registrador: str) -> Leitura:
        if (atual := self.atuais.get((medidor.pk, registrador))) is not None:
            return atual
        if medidor.pk in self.retidas:
            raise ApuracaoImpossivelError(
                f"A leitura de {self.janela.mes_referencia:%m/%Y} do medidor {medidor} está retida "
                "pela crítica. Decida sobre ela e fature de novo.",
                codigo="LEITURA_RETIDA",
            )
        raise ApuracaoImpossivelError(
            f"O medidor {medidor} da unidade {unidade} não tem leitura {registrador} válida em "
            f"{self.janela.mes_referencia:%m/%Y} até {self.janela.ate:%d/%m/%Y}. "
            "Registre-a e fature de novo.",
            codigo="SEM_LEITURA",
        )

    def _anterior(self, unidade: UnidadeConsumidora, medidor: Medidor, registrador: str) -> Leitura:
        if (anterior := self.anteriores.get((medidor.pk, registrador))) is not None:
            return anterior
        raise ApuracaoImpossivelError(
            f"O medidor {medidor} da unidade {unidade} não tem leitura {registrador} anterior nem "
            "de instalação. Registre-a e fature de novo.",
            codigo="SEM_LEITURA_ANTERIOR",
        )

    def _sem_ciclo(
        self, unidade: UnidadeConsumidora, anterior: Leitura, atual: Leitura
    ) -> ApuracaoImpossivelError:
        if anterior.pk == atual.pk and not self.ja_faturada(unidade):
            return ApuracaoImpossivelError(
                f"A leitura de {dia_civil(atual.data_leitura):%d/%m/%Y} é a primeira da unidade "
                f"{unidade}: falta uma anterior, ou a de instalação. O próximo ciclo já pode ser "
                "faturado.",
                codigo="SEM_LEITURA_ANTERIOR",
            )
        return ApuracaoImpossivelError(
            f"A unidade {unidade} já foi faturada até {dia_civil(anterior.data_leitura):%d/%m/%Y}, "
            f"e a última leitura de {self.janela.mes_referencia:%m/%Y} é de "
            f"{dia_civil(atual.data_leitura):%d/%m/%Y}. Fature os meses em ordem.",
            codigo="CICLO_JA_FATURADO",
        )


def carregar_medicao(unidades: Sequence[UnidadeConsumidora], janela: Janela) -> Medicao:
    """Reads all that these UCs' bills need; the number of queries is fixed."""
    ids = [unidade.pk for unidade in unidades]
    faturas = Fatura.objects.de_ciclo().nao_canceladas().filter(unidade__in=ids)
    if janela.instante is not None:
        faturas = faturas.filter(ciclo_ate__lt=janela.instante)
    else:
        # The month's own invoice, a draft being checked again, is not its own predecessor.
        do_mes = Fatura.objects.do_mes_da_unidade().do_mes(janela.mes_referencia)
        faturas = faturas.exclude(pk__in=do_mes.filter(unidade__in=ids).values("pk"))
    faturado_ate, ultimas_ids = _ler_ultimos_ciclos(faturas)
    medidores = _ler_medidores(ids, faturado_ate, janela)

    todos = [medidor for lista in medidores.values() for medidor in lista]
    em_servico = [m.pk for m in todos if not _retirado_ate(m, janela.ate)]
    retirados = [m.pk for m in todos if _retirado_ate(m, janela.ate)]
    nao_faturados = [m.pk for m in todos if m.unidade_id not in faturado_ate]
    ate_o_fim = Leitura.objects.validas().filter(data_leitura__lt=janela.fim)
    na_janela = ate_o_fim.filter(medidor__in=em_servico, data_leitura__gte=janela.inicio)
    antes = ate_o_fim.filter(medidor__in=nao_faturados, data_leitura__lt=janela.inicio)
    anteriores = {
        **_uma_por_registrador(antes, "-data_leitura"),
        **_indexar(Leitura.objects.validas().filter(pk__in=ultimas_ids)),
    }
    sem_anterior = {m.pk for m in todos} - {medidor_id for medidor_id, _ in anteriores}
    iniciais = ate_o_fim.filter(medidor__in=sem_anterior)
    anteriores = {**_uma_por_registrador(iniciais, "data_leitura"), **anteriores}
    atuais = {
        **_uma_por_registrador(na_janela, "-data_leitura"),
        **_uma_por_registrador(ate_o_fim.filter(medidor__in=retirados), "-data_leitura"),
    }
    return Medicao(
        janela=janela,
        medidores=medidores,
        faturado_ate=faturado_ate,
        historico_kwh=_ler_historico(faturas),
        atuais=atuais,
        anteriores=anteriores,
        retidas=set(
            Leitura.objects.retidas()
            .filter(
                medidor__in=em_servico,
                data_leitura__gte=janela.inicio,
                data_leitura__lt=janela.fim,
            )
            .values_list("medidor", flat=True)
        ),
        geradores=set(
            na_janela.filter(registrador__startswith=Registrador.INJETADA).values_list(
                "medidor", flat=True
            )
        ),
        medias_de_leitura_kwh=_ler_medias(todos, faturado_ate, anteriores, atuais),
    )


def _ler_medias(
    medidores: Iterable[Medidor],
    faturado_ate: dict[int, datetime],
    anteriores: PorRegistrador,
    atuais: PorRegistrador,
) -> dict[int, Decimal]:
    """The mean by readings of the meters that rolled over before their UC's first bill."""
    viraram = {
        chave
        for chave, atual in atuais.items()
        if chave in anteriores and atual.leitura_kwh < anteriores[chave].leitura_kwh
    }
    candidatos = {m.pk: m for m in medidores if m.unidade_id not in faturado_ate}
    medias: dict[int, Decimal] = {}
    for registrador in sorted({registrador for _, registrador in viraram}):
        deste = {pk for pk, outro in viraram if outro == registrador} & candidatos.keys()
        if deste:
            historicos = historicos_ate(
                [candidatos[pk] for pk in sorted(deste)],
                registrador=registrador,
                antes_de=min(atuais[pk, registrador].data_leitura for pk in deste),
            )
            for pk, historico in historicos.items():
                if (media_kwh := historico.media_mensal_kwh) is not None:
                    medias[pk] = media_kwh
    return medias


def _retirado_ate(medidor: Medidor, dia: date) -> bool:
    return medidor.data_retirada is not None and medidor.data_retirada <= dia


def _ler_ultimos_ciclos(faturas: "QuerySet[Any]") -> tuple[dict[int, datetime], list[int]]:
    """Until when each UC was billed, and the ids of the readings that ended those cycles."""
    ultimas = _primeiras(faturas, 1, "unidade", "-ciclo_ate").values_list(
        "unidade", "ciclo_ate", "demonstrativo__leituras"
    )
    faturado_ate, leitura_ids = {}, []
    for unidade_id, ciclo_ate, leituras in ultimas:
        faturado_ate[unidade_id] = ciclo_ate
        leitura_ids += [leitura["atual"]["leitura_id"] for leitura in leituras]
    return faturado_ate, leitura_ids


def _ler_historico(faturas: "QuerySet[Any]") -> dict[int, list[Decimal]]:
    historico_kwh = defaultdict(list)
    linhas = _primeiras(faturas, CICLOS_DA_MEDIA, "unidade", "-ciclo_ate")
    for unidade_id, consumo_kwh in linhas.values_list("unidade", "consumo_kwh"):
        historico_kwh[unidade_id].append(consumo_kwh)
    return dict(historico_kwh)


def _ler_medidores(
    unidade_ids: Iterable[int], faturado_ate: dict[int, datetime], janela: Janela
) -> dict[int, list[Medidor]]:
    """The meters that served each UC in its cycle, in order; the last one closes it."""
    por_unidade = defaultdict(list)
    candidatos = Medidor.objects.filter(
        unidade__in=unidade_ids, data_instalacao__lte=janela.ate
    ).select_related("cliente")
    for medidor in candidatos.order_by("unidade", "data_instalacao", "pk"):
        ate = faturado_ate.get(medidor.unidade_id)
        inicio = dia_civil(ate) if ate else janela.mes_referencia
        if medidor.data_retirada is None or medidor.data_retirada >= inicio:
            por_unidade[medidor.unidade_id].append(medidor)
    return dict(por_unidade)


def _primeiras(linhas: "QuerySet[Any]", n: int, grupo: str, ordem: str) -> "QuerySet[Any]":
    """The first `n` rows of each group."""
    posicao = Window(RowNumber(), partition_by=F(grupo), order_by=[ordem, "-pk"])
    return linhas.annotate(posicao=posicao).filter(posicao__lte=n)


def _uma_por_registrador(leituras: "QuerySet[Any]", ordem: str) -> PorRegistrador:
    posicao = Window(
        RowNumber(), partition_by=[F("medidor"), F("registrador")], order_by=[ordem, "-pk"]
    )
    return _indexar(leituras.annotate(posicao=posicao).filter(posicao=1))


def _indexar(leituras: "QuerySet[Any]") -> PorRegistrador:
    return {(leitura.medidor_id, leitura.registrador): leitura for leitura in leituras}
