"""Readings brought before the crítica, each with what the database knows of its register.

One door for a single reading, an array and a file of millions: rows stream
through in order, a slice at a time, so memory does not grow with them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import F, QuerySet, TextField, Window
from django.db.models.functions import Cast, RowNumber, TruncDay

from comum.dinheiro import numero_br
from comum.django_base.copia import ler_instante_do_banco
from comum.django_base.de_cada import contar_de_cada, ler_de_cada
from comum.django_base.pronta import ConsultaPronta
from comum.erros import NaoEncontradoError
from medidores.calculo.critica import (
    ACEITA,
    Destino,
    Julgamento,
    Limites,
    Mostrador,
    julgar_leitura,
)
from medidores.calculo.historico import DIAS_DO_HISTORICO, Historico
from medidores.models import Leitura, LimiteCritica, Medidor, UnidadeConsumidora
from medidores.servicos.faturado import (
    faturado_ate_da_unidade,
    faturado_ate_por_unidade,
    travar_unidades,
)

LINHAS_POR_FATIA = 20_000
# Between two readings of an hourly meter there may be years of hours: then slices get smaller.
CONHECIDAS_POR_FATIA = 100_000
# Of one register, around one reading: some eight years of months.
CONHECIDAS_DE_UMA = 100
# What the last reading's history may reach back to, that reading itself within it.
JANELA_DO_HISTORICO = timedelta(days=2 * DIAS_DO_HISTORICO)
CONFLITO = "CONFLITO"

Chave = tuple[int, str]
# Registers that are read together, and the first and last instant to look between.
_Janela = tuple[list[Chave], datetime, datetime]


class LeituraInformada(NamedTuple):
    """A reading on its way in. `ordem` says where it came from (line, index)."""

    medidor_id: int
    registrador: str
    data_leitura: datetime
    leitura_kwh: Decimal
    origem: str
    observacao: str = ""
    ordem: int = 0


class Julgada(NamedTuple):
    """What the crítica says of one reading; a repetition names the row there is.

    `existente_id` is None for a repetition of a row before it in the same call.
    """

    informada: LeituraInformada
    julgamento: Julgamento
    repetida: bool = False
    existente_id: int | None = None


class _Conhecida(NamedTuple):
    """A reading that the database holds."""

    pk: int
    data_leitura: datetime
    leitura_kwh: Decimal
    valor_informado: Decimal
    situacao: str
    origem: str

    @property
    def medida(self) -> bool:
        """Whether the register really showed it: a neighbour to judge others by."""
        return self.situacao == "VALIDA" and self.origem != "ESTIMADA"

    @property
    def vigente(self) -> bool:
        return self.situacao in ("VALIDA", "RETIDA")


class _DoMedidor(NamedTuple):
    mostrador: Mostrador
    limites: Limites
    faturado_ate: datetime | None


class _Serie:
    """One register, walked from its past to its future."""

    def __init__(self, chave: Chave, medidor: _DoMedidor) -> None:
        self.chave = chave
        self.medidor = medidor
        mostrador = medidor.mostrador
        self.historico = Historico(digitos=mostrador.digitos, constante=mostrador.constante)
        self.conhecidas: Sequence[_Conhecida] = ()
        self._posicao = 0
        self._instante: datetime | None = None
        self._aceitos: list[Decimal] = []  # the values of this call at `_instante`

    def receber(self, conhecidas: Sequence[_Conhecida]) -> None:
        """What is known of it from the last judged instant on.

        What stands at that instant is still to come into the history, but for
        what this call accepted there.
        """
        ultimo, fechado = self._instante, bool(self._aceitos)
        self.conhecidas = [
            conhecida
            for conhecida in conhecidas
            if ultimo is None
            or conhecida.data_leitura > ultimo
            or (conhecida.data_leitura == ultimo and not fechado)
        ]
        self._posicao = 0

    def _ir_a(self, instante: datetime) -> list[_Conhecida]:
        """Moves on to an instant of which nothing is known yet."""
        if self._instante != instante:
            self._instante, self._aceitos = instante, []
        return []

    def avancar(self, instante: datetime) -> list[_Conhecida]:
        """Takes the past up to `instante` into the history; returns what stands there."""
        conhecidas, posicao = self.conhecidas, self._posicao
        while posicao < len(conhecidas) and conhecidas[posicao].data_leitura < instante:
            if conhecidas[posicao].medida:
                self.historico.juntar(
                    conhecidas[posicao].data_leitura, conhecidas[posicao].leitura_kwh
                )
            posicao += 1
        self._posicao = posicao
        neste = self._ir_a(instante)
        while posicao < len(conhecidas) and conhecidas[posicao].data_leitura == instante:
            neste.append(conhecidas[posicao])
            posicao += 1
        return neste

    def posterior_kwh(self, instante: datetime) -> Decimal | None:
        """The next valid reading after `instante`."""
        for conhecida in islice(self.conhecidas, self._posicao, None):
            if conhecida.medida and conhecida.data_leitura > instante:
                return conhecida.leitura_kwh
        return None

    def julgar(self, informada: LeituraInformada, agora: datetime) -> Julgada:
        leitura_kwh, instante, medidor = informada.leitura_kwh, informada.data_leitura, self.medidor
        neste = self.avancar(instante) if self.conhecidas else self._ir_a(instante)
        if leitura_kwh in self._aceitos:
            return Julgada(informada, ACEITA, repetida=True)
        for conhecida in neste:
            if leitura_kwh in (conhecida.valor_informado, conhecida.leitura_kwh):
                return Julgada(informada, ACEITA, repetida=True, existente_id=conhecida.pk)
        julgamento = julgar_leitura(
            leitura_kwh=leitura_kwh,
            data_leitura=instante,
            mostrador=medidor.mostrador,
            historico=self.historico,
            posterior_kwh=self.posterior_kwh(instante) if self.conhecidas else None,
            faturado_ate=medidor.faturado_ate,
            limites=medidor.limites,
            agora=agora,
        )
        if julgamento.destino is Destino.RECUSADA:
            return Julgada(informada, julgamento)
        outros = self._aceitos or [c.leitura_kwh for c in neste if c.vigente]
        if outros:
            return Julgada(informada, _conflito(leitura_kwh, outros[0]))
        self._aceitos = [leitura_kwh]
        if julgamento.destino is Destino.ACEITA:
            self.historico.juntar(instante, leitura_kwh)
        return Julgada(informada, julgamento)


def _conflito(leitura_kwh: Decimal, existente_kwh: Decimal) -> Julgamento:
    return Julgamento(
        Destino.RECUSADA,
        CONFLITO,
        f"O medidor já tem a leitura {numero_br(existente_kwh)} neste instante; veio "
        f"{numero_br(leitura_kwh)}. Para trocar o valor, corrija a leitura existente.",
        "leitura_kwh",
    )


def julgar_por_fatia(
    informadas: Iterable[LeituraInformada],
    *,
    agora: datetime,
    ignorar_id: int | None = None,
) -> Iterator[Iterator[Julgada]]:
    """Judges readings of known meters, each against what stands before and after it.

    They come in order of (UC, meter, register, instant, ordem); those accepted
    count for those behind them. Locks their UCs, slice by slice in that order,
    so it runs in the caller's transaction; it saves nothing. `ignorar_id` is a
    reading that is judged anew.

    Each slice is consumed before the next. Within one the database is not asked
    any more: its rows can be judged while those before them are being written.
    """
    limites = limites_por_classe()
    serie: _Serie | None = None

    def julgar(fatia: Sequence[LeituraInformada]) -> Iterator[Julgada]:
        nonlocal serie
        for informada in fatia:
            chave = (informada.medidor_id, informada.registrador)
            if serie is None or serie.chave != chave:
                serie = _Serie(chave, medidores[chave[0]])
                serie.receber(conhecidas.get(chave, ()))
            yield serie.julgar(informada, agora)

    for fatia, janelas in _fatiar(informadas):
        medidores = _carregar_medidores({i.medidor_id for i in fatia}, limites)
        conhecidas = _carregar_conhecidas(janelas, ignorar_id)
        if serie is not None:
            serie.receber(conhecidas.get(serie.chave, ()))
        yield julgar(fatia)


def julgar_uma(
    informada: LeituraInformada, *, agora: datetime, ignorar_id: int | None = None
) -> Julgada:
    """The same for one reading, in half the queries.

    Raises:
        NaoEncontradoError: no such meter.
    """
    medidor = _carregar_um_medidor(informada.medidor_id)
    chave = (informada.medidor_id, informada.registrador)
    serie = _Serie(chave, medidor)
    serie.receber(_conhecidas_de_um(chave, informada.data_leitura, ignorar_id))
    return serie.julgar(informada, agora)


def _trava_da_unidade(medidor_id: int) -> "QuerySet[Any, Any]":
    medidores = Medidor.objects.filter(pk=medidor_id).values("unidade")
    travadas = UnidadeConsumidora.objects.filter(pk__in=medidores)
    return travadas.select_for_update().values_list("pk")


def _o_medidor(medidor_id: int) -> "QuerySet[Any, Any]":
    medidores = Medidor.objects.filter(pk=medidor_id)
    campos = ("digitos", "constante", "data_instalacao", "data_retirada")
    return medidores.annotate(faturado_ate=faturado_ate_da_unidade()).values_list(
        "faturado_ate", "unidade__classe", *campos
    )


def _ao_redor_de_uma(
    medidor_id: int, registrador: str, desde: datetime, ignorar_id: int
) -> "QuerySet[Any, Any]":
    leituras = Leitura.objects.filter(
        medidor=medidor_id, registrador=registrador, data_leitura__gte=desde
    )
    ordenadas = leituras.exclude(pk=ignorar_id).order_by("data_leitura", "pk")
    return ordenadas.values_list(*_Conhecida._fields)[: CONHECIDAS_DE_UMA + 1]


TRAVAR_UNIDADE = ConsultaPronta(_trava_da_unidade, medidor_id=int)
O_MEDIDOR = ConsultaPronta(_o_medidor, medidor_id=int)
AO_REDOR_DE_UMA = ConsultaPronta(
    _ao_redor_de_uma, medidor_id=int, registrador=str, desde=datetime, ignorar_id=int
)
LIMITES = ConsultaPronta(
    lambda: LimiteCritica.objects.values_list("classe", *(c.name for c in fields(Limites)))
)


def _carregar_um_medidor(medidor_id: int) -> _DoMedidor:
    """Locks its UC, and only then looks."""
    TRAVAR_UNIDADE.linhas(medidor_id=medidor_id)
    linhas = O_MEDIDOR.linhas(medidor_id=medidor_id)
    if not linhas:
        raise NaoEncontradoError(f"Medidor {medidor_id} não encontrado.")
    faturado_ate, classe, *dados = linhas[0]
    return _DoMedidor(Mostrador(*dados), limites_por_classe()[classe], faturado_ate)


def _conhecidas_de_um(chave: Chave, instante: datetime, ignorar_id: int | None) -> list[_Conhecida]:
    """What is known around one reading: all of it at once where that is little.

    A register read every hour has too much of it, and one long silent has its last
    reading before the window: both go the way of the slices.
    """
    medidor_id, registrador = chave
    linhas = AO_REDOR_DE_UMA.linhas(
        medidor_id=medidor_id,
        registrador=registrador,
        desde=instante - JANELA_DO_HISTORICO,
        ignorar_id=ignorar_id or 0,  # no row has it
    )
    conhecidas = [_Conhecida(*linha) for linha in linhas]
    poucas = len(conhecidas) <= CONHECIDAS_DE_UMA
    if poucas and any(c.medida and c.data_leitura < instante for c in conhecidas):
        return conhecidas
    return _carregar_conhecidas([([chave], instante, instante)], ignorar_id).get(chave, [])


def limites_por_classe() -> dict[str, Limites]:
    """The thresholds of each class; one without a row has the defaults."""
    linhas = {classe: Limites(*limites) for classe, *limites in LIMITES.linhas()}
    return defaultdict(Limites, linhas)


def _carregar_medidores(ids: set[int], limites: dict[str, Limites]) -> dict[int, _DoMedidor]:
    unidades = dict(Medidor.objects.filter(pk__um_de=ids).values_list("pk", "unidade_id"))
    travar_unidades(unidades.values())
    faturado_ate = faturado_ate_por_unidade(unidades.values())
    campos = ("digitos", "constante", "data_instalacao", "data_retirada")
    linhas = Medidor.objects.filter(pk__um_de=ids).values_list(
        "pk", "unidade_id", "unidade__classe", *campos
    )
    return {
        pk: _DoMedidor(Mostrador(*dados), limites[classe], faturado_ate.get(unidade_id))
        for pk, unidade_id, classe, *dados in linhas
    }


def _fatiar(
    informadas: Iterable[LeituraInformada],
) -> Iterator[tuple[list[LeituraInformada], list[_Janela]]]:
    """The readings by slices, halved until what is known around them fits in memory."""
    fila = iter(informadas)
    while fatia := list(islice(fila, LINHAS_POR_FATIA)):
        por_fazer = [fatia]
        while por_fazer:
            parte = por_fazer.pop()
            janelas = list(_janelas(parte))
            if len(parte) > 1 and not _cabe_na_memoria(janelas):
                meio = len(parte) // 2
                por_fazer += [parte[meio:], parte[:meio]]
            else:
                yield parte, janelas


def _cabe_na_memoria(janelas: Iterable[_Janela]) -> bool:
    leituras = Leitura.objects.all()
    restam = CONHECIDAS_POR_FATIA
    for chaves, de, ate in janelas:
        restam -= contar_de_cada(
            leituras,
            "medidor",
            _medidores(chaves),
            maximo=restam + 1,
            data_leitura__gte=de,
            data_leitura__lte=ate,
        )
        if restam < 0:
            return False
    return True


def _janelas(fatia: Sequence[LeituraInformada]) -> Iterator[_Janela]:
    """The registers that begin in the same month, and their first and last instant."""
    pontas: dict[Chave, tuple[datetime, datetime]] = {}
    for chave, grupo in groupby(fatia, itemgetter(0, 1)):  # they come in order of register
        primeiro, *outros = (informada.data_leitura for informada in grupo)
        pontas[chave] = (primeiro, outros[-1] if outros else primeiro)
    por_mes: defaultdict[tuple[int, int], list[Chave]] = defaultdict(list)
    for chave, (primeiro, _) in pontas.items():
        por_mes[primeiro.year, primeiro.month].append(chave)
    for chaves in por_mes.values():
        de = min(pontas[chave][0] for chave in chaves)
        ate = max(pontas[chave][1] for chave in chaves)
        yield chaves, de, ate


def _medidores(chaves: Iterable[Chave]) -> set[int]:
    return {medidor_id for medidor_id, _ in chaves}


def _carregar_conhecidas(
    janelas: Iterable[_Janela], ignorar_id: int | None
) -> dict[Chave, list[_Conhecida]]:
    """What the database holds around these readings, by register, in order of instant.

    All of it between the first and the last of each register, one a day for
    the cycles before, and the next one after. Registers are read together with
    those that begin in the same month: one odd date does not bring everybody's past.
    """
    conhecidas: defaultdict[Chave, list[_Conhecida]] = defaultdict(list)
    leituras = Leitura.objects.all()
    if ignorar_id is not None:
        leituras = leituras.exclude(pk=ignorar_id)
    for chaves, de, ate in janelas:
        destas = set(chaves)  # another register of the same meter may be read with others
        medidores, medidas = _medidores(chaves), leituras.medidas()
        todas = leituras.order_by("data_leitura", "pk")
        seguintes = _uma_por(medidas, "data_leitura")
        for chave, conhecida in chain(
            _passado(medidas, chaves, de),
            _ler(todas, medidores, data_leitura__gte=de, data_leitura__lte=ate),
            _ler(seguintes, medidores, data_leitura__gt=ate),
        ):
            if chave in destas:
                conhecidas[chave].append(conhecida)
    return conhecidas


def _passado(
    medidas: "QuerySet[Any]", chaves: Sequence[Chave], de: datetime
) -> Iterator[tuple[Chave, _Conhecida]]:
    """The last reading of each day before `de`, which is all that a history keeps; of a
    register long silent, its last one.
    """
    inicio = de - JANELA_DO_HISTORICO
    por_dia = _uma_por(medidas, "-data_leitura", TruncDay("data_leitura")).order_by("data_leitura")
    recentes = _ler(por_dia, _medidores(chaves), data_leitura__gte=inicio, data_leitura__lt=de)
    achadas = set()
    for chave, conhecida in recentes:
        achadas.add(chave)
        yield chave, conhecida
    if caladas := _medidores(set(chaves) - achadas):
        antigas = _ler(_uma_por(medidas, "-data_leitura"), caladas, data_leitura__lt=inicio)
        for chave, conhecida in antigas:
            if chave not in achadas:
                yield chave, conhecida


def _uma_por(leituras: "QuerySet[Any]", ordem: str, *grupo: Any) -> "QuerySet[Any]":
    """The first of each register, or of each register and `grupo`."""
    posicao = Window(
        RowNumber(),
        partition_by=[F("medidor"), F("registrador"), *grupo],
        order_by=[ordem, "-pk"],
    )
    return leituras.annotate(posicao=posicao).filter(posicao=1)


def _ler(
    leituras: "QuerySet[Any]", medidores: set[int], **datas: datetime
) -> Iterator[tuple[Chave, _Conhecida]]:
    """Those of these meters in these dates.

    Instants come as text: many rows have few of them, and each is read once.
    """
    linhas = leituras.annotate(quando=Cast("data_leitura", TextField())).values_list(
        "medidor_id", "registrador", *_CAMPOS_LIDOS
    )
    lidas = ler_de_cada(linhas, "medidor", medidores, **datas)
    for medidor_id, registrador, pk, quando, *dados in lidas:
        yield (medidor_id, registrador), _Conhecida(pk, ler_instante_do_banco(quando), *dados)


_CAMPOS_LIDOS = ["pk", "quando", *_Conhecida._fields[2:]]


def historicos_ate(
    medidores: Iterable[Medidor], *, registrador: str, antes_de: datetime
) -> dict[int, Historico]:
    """What each meter's register counted before an instant, for those that have a reading."""
    por_id = {medidor.pk: medidor for medidor in medidores}
    medidas = Leitura.objects.filter(registrador=registrador).medidas()
    historicos: dict[int, Historico] = {}
    chaves = [(pk, registrador) for pk in por_id]
    for (medidor_id, _), conhecida in _passado(medidas, chaves, antes_de):
        if medidor_id not in historicos:
            medidor = por_id[medidor_id]
            historicos[medidor_id] = Historico(digitos=medidor.digitos, constante=medidor.constante)
        historicos[medidor_id].juntar(conhecida.data_leitura, conhecida.leitura_kwh)
    return historicos
