"""What was measured at some UCs in the window of a competência, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Self

from django.db.models import F, QuerySet, TextField, Window
from django.db.models.functions import Cast, RowNumber

from clientes.models import Cliente
from comum.django_base.copia import ler_instante_do_banco
from comum.django_base.instancias import ler_instancias
from comum.erros import DominioError
from comum.periodos import dia_civil, mes_seguinte, primeiro_dia_do_mes, primeiro_instante
from comum.vocabulario import Modalidade, Registrador
from faturamento.calculo.medicao import REGISTRADORES
from faturamento.models import Fatura
from faturamento.servicos.ciclos_estimados import (
    CiclosEstimados,
    ciclo_estimado,
    ids_das_leituras,
    ler_ciclos_estimados,
)
from medidores.calculo.decisao import VIRADA_CONFIRMADA
from medidores.calculo.estimativa import (
    CICLOS_DA_MEDIA,
    CICLOS_ESTIMADOS_SEGUIDOS,
    Estimativa,
    calcular_media_kwh,
    estimar_consumo_kwh,
)
from medidores.models import Leitura, Medidor, OcorrenciaLeitura, UnidadeConsumidora
from medidores.servicos.estimadas import (
    e_do_faturamento,
    estimar_leitura,
    instante_da_estimativa,
    politicas_da_ocorrencia,
)
from medidores.servicos.julgamento import historicos_ate

SemLeitura = OcorrenciaLeitura.SemLeitura


class Lida(NamedTuple):
    """A stored reading, as far as billing looks at it: a tuple, since a run reads millions."""

    pk: int
    medidor_id: int
    registrador: str
    data_leitura: datetime
    leitura_kwh: Decimal
    origem: str


# An estimate is a model: billing may have to write it.
Mostrada = Lida | Leitura
PorRegistrador = dict[tuple[int, str], Mostrada]


class ApuracaoImpossivelError(DominioError):
    """This UC cannot be billed now; the code becomes that of its Pendencia."""


@dataclass(frozen=True, slots=True)
class Janela:
    """The readings that a competência bills: those of its month, up to `ate`.

    `hoje` is the last day that an estimate may be made for. With `instante` it
    is one cycle that ends with the reading of that very instant, at a meter that
    may be removed by then: a closing, or a cycle redone.
    """

    mes_referencia: date
    ate: date
    hoje: date = date.max
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


def janela_da_competencia(
    mes_referencia: date, ate: date | None = None, *, hoje: date = date.max
) -> Janela:
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
    return Janela(mes_referencia, ate or ultimo, hoje)


@dataclass(frozen=True, slots=True)
class TrechoMedido:
    """One register of one meter over the cycle: the readings at both ends."""

    medidor: Medidor
    anterior: Mostrada
    atual: Mostrada
    virada_confirmada: bool = False


@dataclass(frozen=True, slots=True)
class Ciclo:
    """What one bill measures: the registers at both ends, or an estimate in their place.

    After estimated cycles the registers are read from the last real reading on,
    and the cycle begins where the last bill ended.
    """

    trechos: tuple[TrechoMedido, ...]
    de: datetime
    ate: datetime
    estimativa: Estimativa | None = None
    ja_faturado_kwh: Decimal = Decimal(0)
    ciclos_acertados: int = 0


@dataclass(frozen=True, slots=True)
class Medicao:
    """Meters, readings and billing history of some UCs.

    `anteriores` are the last real readings billed, `ultimas` the last billed of
    any kind; `sem_leitura` has the meters without a reading, each with what an
    occurrence says to bill, or None.
    """

    janela: Janela
    medidores: dict[int, list[Medidor]]
    faturado_ate: dict[int, datetime]
    estimados: dict[int, CiclosEstimados]
    historico_kwh: dict[int, list[Decimal]]
    atuais: PorRegistrador
    anteriores: PorRegistrador
    ultimas: PorRegistrador
    do_faturamento: dict[tuple[int, str], Leitura]
    retidas: set[int]
    sem_leitura: dict[int, str | None]
    medias_de_leitura_kwh: dict[int, Decimal]
    geradores: set[int]
    viradas_confirmadas: set[tuple[int, str]]

    def ja_faturada(self, unidade: UnidadeConsumidora) -> bool:
        return unidade.id in self.faturado_ate

    def media_kwh(self, unidade: UnidadeConsumidora) -> Decimal | None:
        """The mean of the last 12 billed cycles, or of those there are.

        Where none was billed, and a register rolled over, that of the readings
        by which the crítica believed it.
        """
        if historico := self.historico_kwh.get(unidade.id):
            return calcular_media_kwh(historico)
        for medidor in self.medidores.get(unidade.id, []):
            if media := self.medias_de_leitura_kwh.get(medidor.id):
                return media.quantize(Decimal("0.0001"))
        return None

    def supondo(self, leitura: Leitura, media_de_leitura_kwh: Decimal | None) -> Self:
        """The same, as if this reading were valid; `media_de_leitura_kwh` is that before it.

        What a decision about a held reading would bill, without writing it.
        """
        chave = (leitura.medidor_id, leitura.registrador)
        atuais, anteriores = dict(self.atuais), dict(self.anteriores)
        if chave not in atuais or atuais[chave].data_leitura <= leitura.data_leitura:
            atuais[chave] = leitura
        if chave not in anteriores:  # the first of a meter opens its cycle too
            anteriores[chave] = atuais[chave]
        medias, confirmadas = dict(self.medias_de_leitura_kwh), set(self.viradas_confirmadas)
        if chave in _viraram(anteriores, atuais):
            if media_de_leitura_kwh is not None:
                medias.setdefault(leitura.medidor_id, media_de_leitura_kwh)
            if leitura.ocorrencia == VIRADA_CONFIRMADA:
                confirmadas.add(chave)
        return replace(
            self,
            atuais=atuais,
            anteriores=anteriores,
            medias_de_leitura_kwh=medias,
            viradas_confirmadas=confirmadas,
        )

    def titular(self, unidade: UnidadeConsumidora) -> Cliente:
        """The customer of the meter in service at the end of the window."""
        return self._em_servico(unidade).cliente

    def ciclo(self, unidade: UnidadeConsumidora) -> Ciclo:
        """What to bill: each register with both readings, or what stands for a missing one.

        Raises:
            ApuracaoImpossivelError: a reading is missing, held, or already billed.
            SemHistoricoError: there is no billed cycle to estimate by.
        """
        medidor = self._em_servico(unidade)
        sem_leitura = medidor.id in self.sem_leitura
        politica = self.sem_leitura.get(medidor.id) or unidade.sem_leitura
        estima = sem_leitura and politica != SemLeitura.PENDENCIA
        if medidor.id in self.geradores and (estima or not sem_leitura):
            raise ApuracaoImpossivelError(
                f"O medidor {medidor} da unidade {unidade} tem leitura de energia injetada, e "
                "os créditos de geração ainda não entram na fatura. Calcule-a pelo simulador.",
                codigo="GERACAO_SEM_CREDITOS",
            )
        if estima:
            return self._ciclo_sem_leitura(unidade, medidor, politica)
        return self._ciclo_lido(unidade)

    def _ciclo_lido(self, unidade: UnidadeConsumidora) -> Ciclo:
        trechos = self._trechos(unidade)
        de = min(trecho.anterior.data_leitura for trecho in trechos)
        ate = max(trecho.atual.data_leitura for trecho in trechos)
        estimados = self.estimados.get(unidade.id)
        if estimados is None:
            return Ciclo(trechos, de, ate)
        de = self.faturado_ate[unidade.id]
        estimada = any(trecho.atual.origem == Leitura.Origem.ESTIMADA for trecho in trechos)
        if estimada and estimados.ciclos >= CICLOS_ESTIMADOS_SEGUIDOS:
            return Ciclo(trechos, de, ate, self._estimativa(unidade))
        return Ciclo(
            trechos,
            de,
            ate,
            ja_faturado_kwh=estimados.faturado_kwh,
            ciclos_acertados=estimados.ciclos,
        )

    def _ciclo_sem_leitura(
        self, unidade: UnidadeConsumidora, medidor: Medidor, politica: str
    ) -> Ciclo:
        estimativa = self._estimativa(
            unidade, pela_disponibilidade=politica == SemLeitura.DISPONIBILIDADE
        )
        consumo_kwh = estimar_consumo_kwh(estimativa)
        registradores = REGISTRADORES[Modalidade(unidade.modalidade)].values()
        anteriores = [
            self.ultimas.get((medidor.id, registrador))
            or self._anterior(unidade, medidor, registrador)
            for registrador in registradores
        ]
        de = self.faturado_ate.get(unidade.id) or anteriores[0].data_leitura
        ate = instante_da_estimativa(
            de, de=self.janela.mes_referencia, ate=min(self.janela.ate, self.janela.hoje)
        )
        if dia_civil(ate) <= dia_civil(de):
            raise self._ja_faturada_ate(
                unidade, de, f"não há dia a estimar até {dia_civil(ate):%d/%m/%Y}"
            )
        trechos = tuple(
            TrechoMedido(
                medidor,
                anterior,
                estimar_leitura(
                    medidor,
                    anterior,
                    consumo_kwh=consumo_kwh,
                    instante=ate,
                    existente=self._ja_estimada(medidor, anterior, de),
                ),
            )
            for anterior in anteriores
        )
        return Ciclo(trechos, de, trechos[0].atual.data_leitura, estimativa)

    def _ja_estimada(self, medidor: Medidor, anterior: Mostrada, de: datetime) -> Leitura | None:
        """The reading that billing made before for this very cycle, by a draft or a bill undone."""
        leitura = self.do_faturamento.get((medidor.id, anterior.registrador))
        return leitura if leitura and leitura.data_leitura > de else None

    def _estimativa(
        self, unidade: UnidadeConsumidora, *, pela_disponibilidade: bool = False
    ) -> Estimativa:
        estimados = self.estimados.get(unidade.id)
        return Estimativa(
            historico_kwh=tuple(self.historico_kwh.get(unidade.id, ())),
            ciclos_estimados=1 + (estimados.ciclos if estimados else 0),
            pela_disponibilidade=pela_disponibilidade,
        )

    def _trechos(self, unidade: UnidadeConsumidora) -> tuple[TrechoMedido, ...]:
        """Each register of each meter that served in the cycle, with both readings."""
        faturado_ate = self.faturado_ate.get(unidade.id)
        trechos: list[TrechoMedido] = []
        for registrador in REGISTRADORES[Modalidade(unidade.modalidade)].values():
            pares = [
                (medidor, self._anterior(unidade, medidor, registrador), atual)
                for medidor in self.medidores[unidade.id]
                if (atual := self._atual(unidade, medidor, registrador))
            ]
            medidos = [
                TrechoMedido(
                    medidor,
                    anterior,
                    atual,
                    virada_confirmada=(medidor.id, registrador) in self.viradas_confirmadas,
                )
                for medidor, anterior, atual in pares
                if anterior.data_leitura < atual.data_leitura
            ]
            # A meter just installed may have its opening reading alone: the cycle ends with it.
            if not medidos or (faturado_ate and medidos[-1].atual.data_leitura <= faturado_ate):
                raise self._sem_ciclo(unidade, *pares[-1][1:])
            trechos += medidos
        return tuple(trechos)

    def _em_servico(self, unidade: UnidadeConsumidora) -> Medidor:
        medidores = self.medidores.get(unidade.id, [])
        if medidores and (
            self.janela.instante or not _retirado_ate(medidores[-1], self.janela.ate)
        ):
            return medidores[-1]
        raise ApuracaoImpossivelError(
            f"A unidade {unidade} não tinha medidor instalado em {self.janela.ate:%d/%m/%Y}. "
            "Confira as datas de instalação e retirada.",
            codigo="SEM_MEDIDOR",
        )

    def _atual(self, unidade: UnidadeConsumidora, medidor: Medidor, registrador: str) -> Mostrada:
        if (atual := self.atuais.get((medidor.id, registrador))) is not None:
            return atual
        if medidor.id in self.retidas:
            raise ApuracaoImpossivelError(
                f"A leitura de {self.janela.mes_referencia:%m/%Y} do medidor {medidor} está retida "
                "pela crítica. Decida sobre ela e fature de novo.",
                codigo="LEITURA_RETIDA",
            )
        raise ApuracaoImpossivelError(
            f"O medidor {medidor} da unidade {unidade} não tem leitura "
            f"{Registrador(registrador).rotulo} válida em "
            f"{self.janela.mes_referencia:%m/%Y} até {self.janela.ate:%d/%m/%Y}. "
            "Registre-a e fature de novo.",
            codigo="SEM_LEITURA",
        )

    def _anterior(
        self, unidade: UnidadeConsumidora, medidor: Medidor, registrador: str
    ) -> Mostrada:
        if (anterior := self.anteriores.get((medidor.id, registrador))) is not None:
            return anterior
        raise ApuracaoImpossivelError(
            f"O medidor {medidor} da unidade {unidade} não tem leitura "
            f"{Registrador(registrador).rotulo} anterior nem de instalação. "
            "Registre-a e fature de novo.",
            codigo="SEM_LEITURA_ANTERIOR",
        )

    def _sem_ciclo(
        self, unidade: UnidadeConsumidora, anterior: Mostrada, atual: Mostrada
    ) -> ApuracaoImpossivelError:
        if anterior.pk == atual.pk and not self.ja_faturada(unidade):
            return ApuracaoImpossivelError(
                f"A leitura de {dia_civil(atual.data_leitura):%d/%m/%Y} é a primeira da unidade "
                f"{unidade}: falta uma anterior, ou a de instalação. O próximo ciclo já pode ser "
                "faturado.",
                codigo="SEM_LEITURA_ANTERIOR",
            )
        faturado_ate = self.faturado_ate.get(unidade.id, anterior.data_leitura)
        return self._ja_faturada_ate(
            unidade,
            faturado_ate,
            f"a última leitura de {self.janela.mes_referencia:%m/%Y} é de "
            f"{dia_civil(atual.data_leitura):%d/%m/%Y}",
        )

    def _ja_faturada_ate(
        self, unidade: UnidadeConsumidora, faturado_ate: datetime, porque: str
    ) -> ApuracaoImpossivelError:
        return ApuracaoImpossivelError(
            f"A unidade {unidade} já foi faturada até {dia_civil(faturado_ate):%d/%m/%Y}, e "
            f"{porque}. Fature os meses em ordem.",
            codigo="CICLO_JA_FATURADO",
        )


def carregar_medicao(unidades: Sequence[UnidadeConsumidora], janela: Janela) -> Medicao:
    """Reads all that these UCs' bills need; the number of queries is fixed."""
    ids = {unidade.id for unidade in unidades}
    faturas = Fatura.objects.de_ciclo().nao_canceladas().filter(unidade__um_de=ids)
    if janela.instante is not None:
        faturas = faturas.filter(ciclo_ate__lt=janela.instante)
    else:
        faturas = faturas.antes_do_mes(janela.mes_referencia)
    faturado_ate, ultimas_ids, com_estimativa = _ler_ultimos_ciclos(faturas)
    estimados = ler_ciclos_estimados(faturas.filter(unidade__in=com_estimativa))
    acertado_ate = faturado_ate | {pk: ciclos.desde for pk, ciclos in estimados.items()}
    medidores = _ler_medidores(ids, acertado_ate, janela)

    todos = [medidor for lista in medidores.values() for medidor in lista]
    no_fim = [m for m in todos if not _retirado_ate(m, janela.ate)]
    em_servico = {m.id for m in no_fim}
    retirados = [m.id for m in todos if _retirado_ate(m, janela.ate)]
    nao_faturados = {m.id for m in todos if m.unidade_id not in faturado_ate}
    ate_o_fim = Leitura.objects.medidas().filter(data_leitura__lt=janela.fim)
    na_janela = ate_o_fim.filter(medidor__um_de=em_servico, data_leitura__gte=janela.inicio)
    antes = ate_o_fim.filter(medidor__um_de=nao_faturados, data_leitura__lt=janela.inicio)
    acertadas_ids = [pk for ciclos in estimados.values() for pk in ciclos.leitura_ids]
    faturadas = {
        leitura.pk: leitura
        for leitura in _ler(
            Leitura.objects.validas().filter(pk__um_de={*ultimas_ids, *acertadas_ids})
        )
    }
    ultimas = _indexar(faturadas[pk] for pk in ultimas_ids if pk in faturadas)
    acertadas = _indexar(faturadas[pk] for pk in acertadas_ids if pk in faturadas)
    anteriores = {
        **_uma_por_registrador(antes, "-data_leitura"),
        **{chave: lida for chave, lida in (ultimas | acertadas).items() if _medida(lida)},
    }
    sem_anterior = {m.id for m in todos} - {medidor_id for medidor_id, _ in anteriores}
    iniciais = ate_o_fim.filter(medidor__in=sem_anterior)
    anteriores = {**_uma_por_registrador(iniciais, "data_leitura"), **anteriores}
    atuais = {
        **_uma_por_registrador(na_janela, "-data_leitura"),
        **_uma_por_registrador(ate_o_fim.filter(medidor__in=retirados), "-data_leitura"),
    }
    retidas = set(
        Leitura.objects.retidas()
        .filter(
            medidor__um_de=em_servico,
            data_leitura__gte=janela.inicio,
            data_leitura__lt=janela.fim,
        )
        .values_list("medidor", flat=True)
    )
    # Only where no register was read does the rest cost a query.
    registradores = {u.id: REGISTRADORES[Modalidade(u.modalidade)].values() for u in unidades}
    incompletos = [
        m.id
        for m in no_fim
        if any((m.id, registrador) not in atuais for registrador in registradores[m.unidade_id])
    ]
    informadas, do_faturamento = _ler_estimadas(incompletos, janela)
    atuais = informadas | atuais
    com_leitura = {medidor_id for medidor_id, _ in atuais} | retidas
    sem_leitura = [pk for pk in incompletos if pk not in com_leitura]
    politicas = politicas_da_ocorrencia(sem_leitura, de=janela.mes_referencia, ate=janela.ate)
    injetadas = Leitura.objects.medidas().filter(registrador__startswith=Registrador.INJETADA)
    return Medicao(
        janela=janela,
        medidores=medidores,
        faturado_ate=faturado_ate,
        estimados=estimados,
        historico_kwh=_ler_historico(faturas),
        atuais=atuais,
        anteriores=anteriores,
        ultimas=ultimas,
        do_faturamento=do_faturamento,
        retidas=retidas,
        sem_leitura={pk: politicas.get(pk) for pk in sem_leitura},
        geradores={
            medidor_id
            for medidor_id, registrador in atuais
            if registrador.startswith(Registrador.INJETADA)
        }
        | set(injetadas.filter(medidor__in=sem_leitura).values_list("medidor", flat=True)),
        medias_de_leitura_kwh=_ler_medias(todos, faturado_ate, anteriores, atuais),
        viradas_confirmadas=_ler_viradas_confirmadas(anteriores, atuais),
    )


def _ler_medias(
    medidores: Iterable[Medidor],
    faturado_ate: dict[int, datetime],
    anteriores: PorRegistrador,
    atuais: PorRegistrador,
) -> dict[int, Decimal]:
    """The mean by readings of the meters that rolled over before their UC's first bill."""
    viraram = _viraram(anteriores, atuais)
    candidatos = {m.id: m for m in medidores if m.unidade_id not in faturado_ate}
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


def _viraram(anteriores: PorRegistrador, atuais: PorRegistrador) -> set[tuple[int, str]]:
    """The registers that show less at the end of the cycle than at its beginning."""
    return {
        chave
        for chave, atual in atuais.items()
        if chave in anteriores and atual.leitura_kwh < anteriores[chave].leitura_kwh
    }


def _ler_viradas_confirmadas(
    anteriores: PorRegistrador, atuais: PorRegistrador
) -> set[tuple[int, str]]:
    """Of the registers that rolled over, those whose rollover a person confirmed."""
    viraram = _viraram(anteriores, atuais)
    confirmadas = Leitura.objects.validas().filter(
        medidor__in={medidor_id for medidor_id, _ in viraram}, ocorrencia=VIRADA_CONFIRMADA
    )
    return {
        chave
        for *chave_lida, instante in confirmadas.values_list(
            "medidor_id", "registrador", "data_leitura"
        )
        if (chave := (chave_lida[0], chave_lida[1])) in viraram
        and anteriores[chave].data_leitura < instante <= atuais[chave].data_leitura
    }


def _retirado_ate(medidor: Medidor, dia: date) -> bool:
    return medidor.data_retirada is not None and medidor.data_retirada <= dia


def _medida(leitura: Mostrada) -> bool:
    return leitura.origem != Leitura.Origem.ESTIMADA


def _ler_estimadas(
    medidor_ids: Sequence[int], janela: Janela
) -> tuple[PorRegistrador, dict[tuple[int, str], Leitura]]:
    """The last estimates in the window: those that people made, and those of billing."""
    na_janela = Leitura.objects.validas().filter(
        medidor__in=medidor_ids,
        origem=Leitura.Origem.ESTIMADA,
        data_leitura__gte=janela.inicio,
        data_leitura__lt=janela.fim,
    )
    estimadas = list(na_janela.order_by("data_leitura", "pk"))
    return (
        _indexar(leitura for leitura in estimadas if not e_do_faturamento(leitura)),
        {
            (leitura.medidor_id, leitura.registrador): leitura
            for leitura in estimadas
            if e_do_faturamento(leitura)
        },
    )


def _ler_ultimos_ciclos(
    faturas: "QuerySet[Any]",
) -> tuple[dict[int, datetime], list[int], list[int]]:
    """Until when each UC was billed, the readings that ended those cycles, the UCs estimated then.

    The readings are named by id.
    """
    ultimas = _primeiras(faturas, 1, "unidade", "-ciclo_ate").values_list(
        "unidade", "ciclo_ate", "demonstrativo__leituras"
    )
    faturado_ate, leitura_ids, com_estimativa = {}, [], []
    for unidade_id, ciclo_ate, leituras in ultimas:
        faturado_ate[unidade_id] = ciclo_ate
        leitura_ids += ids_das_leituras(leituras, "atual")
        if ciclo_estimado(leituras):
            com_estimativa.append(unidade_id)
    return faturado_ate, leitura_ids, com_estimativa


def _ler_historico(faturas: "QuerySet[Any]") -> dict[int, list[Decimal]]:
    historico_kwh = defaultdict(list)
    linhas = _primeiras(faturas, CICLOS_DA_MEDIA, "unidade", "-ciclo_ate")
    for unidade_id, consumo_kwh in linhas.values_list("unidade", "consumo_kwh"):
        historico_kwh[unidade_id].append(consumo_kwh)
    return dict(historico_kwh)


def _ler_medidores(
    unidade_ids: Iterable[int], acertado_ate: dict[int, datetime], janela: Janela
) -> dict[int, list[Medidor]]:
    """The meters that served each UC in its cycle, in order; the last one closes it."""
    por_unidade = defaultdict(list)
    candidatos = Medidor.objects.filter(
        unidade__um_de=unidade_ids, data_instalacao__lte=janela.ate
    ).order_by("unidade", "data_instalacao", "pk")
    for medidor in ler_instancias(candidatos, "cliente"):
        ate = acertado_ate.get(medidor.unidade_id)
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
    return _indexar(_ler(leituras.annotate(posicao=posicao).filter(posicao=1)))


def _ler(leituras: "QuerySet[Any]") -> Iterator[Lida]:
    # The driver reads every instant anew, in Python; the readings of a month have few.
    linhas = leituras.annotate(quando=Cast("data_leitura", TextField())).values_list(
        "pk", "medidor_id", "registrador", "quando", "leitura_kwh", "origem"
    )
    for pk, medidor_id, registrador, quando, kwh, origem in linhas:
        yield Lida(pk, medidor_id, registrador, ler_instante_do_banco(quando), kwh, origem)


def _indexar(leituras: Iterable[Mostrada]) -> PorRegistrador:
    return {(leitura.medidor_id, leitura.registrador): leitura for leitura in leituras}
