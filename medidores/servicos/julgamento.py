"""Readings brought before the crítica, each with what the database knows of its register.

One door for a single reading, an array and a file of millions: rows stream
through in order, a slice at a time, so memory does not grow with them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from comum.dinheiro import numero_br
from comum.django_base.copia import ler_instante_do_banco
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
from medidores.calculo.historico import Historico
from medidores.models import Leitura, LimiteCritica, Medidor, UnidadeConsumidora
from medidores.servicos.conhecidas import (
    JANELA_DO_HISTORICO,
    NADA,
    Arredores,
    Chave,
    Conhecida,
    Janela,
    carregar_arredores,
    passado_entre,
    passados_ate,
)
from medidores.servicos.faturado import (
    faturado_ate_da_unidade,
    faturado_ate_por_unidade,
    travar_unidades_de,
)

LINHAS_POR_FATIA = 20_000
# Between two readings of an hourly meter there may be years of hours: then slices get smaller.
CONHECIDAS_POR_FATIA = 100_000
# Of one register, around one reading: some eight years of months.
CONHECIDAS_DE_UMA = 100
CONFLITO = "CONFLITO"
DESCONHECIDO = "MEDIDOR_DESCONHECIDO"
MICROSSEGUNDO = timedelta(microseconds=1)
DO_MOSTRADOR = tuple(campo.name for campo in fields(Mostrador))
DOS_LIMITES = tuple(campo.name for campo in fields(Limites))


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


class _DoMedidor(NamedTuple):
    mostrador: Mostrador
    limites: Limites
    faturado_ate: datetime | None


class _Serie:
    """One register, walked from its past to its future."""

    def __init__(self, chave: Chave, medidor: _DoMedidor, arredores: Arredores) -> None:
        self.chave = chave
        self.medidor = medidor
        mostrador = medidor.mostrador
        self.historico = Historico(
            digitos=mostrador.digitos, constante=mostrador.constante, passado=arredores.passado
        )
        self.conhecidas = arredores.conhecidas
        self._posicao = 0
        self._instante: datetime | None = None
        self._aceitos: list[Decimal] = []  # the values of this call at `_instante`

    def continuar(self, arredores: Arredores) -> None:
        """Goes on in another slice, with what is known around its readings.

        What stands at the last judged instant is still to come into the history, but for
        what this call accepted there.
        """
        ultimo, de = self._instante, arredores.de
        if ultimo is None or de is None:
            return
        desde = ultimo + MICROSSEGUNDO if self._aceitos else ultimo
        if desde < de and (passado := passado_entre(self.chave, desde, de)) is not None:
            self.historico.juntar_passado(passado)
        self.conhecidas = [c for c in arredores.conhecidas if c.data_leitura >= desde]
        self._posicao = 0

    def _ir_a(self, instante: datetime) -> list[Conhecida]:
        """Moves on to an instant of which nothing is known yet."""
        if self._instante != instante:
            self._instante, self._aceitos = instante, []
        return []

    def avancar(self, instante: datetime) -> list[Conhecida]:
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
        if self._aceitos or neste:
            outros = self._aceitos or [c.leitura_kwh for c in neste if c.vigente]
            if outros:
                return Julgada(informada, _conflito(leitura_kwh, outros[0]))
        self._aceitos = [leitura_kwh]
        if julgamento.destino is Destino.ACEITA:
            self.historico.juntar(instante, leitura_kwh)
        return Julgada(informada, julgamento)


def _desconhecido(medidor_id: int) -> Julgamento:
    return Julgamento(
        Destino.RECUSADA,
        DESCONHECIDO,
        f"Medidor {medidor_id} não encontrado. Confira o número.",
        "medidor_id",
    )


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
    """Judges readings, each against what stands before and after it.

    They come in order of (meter, register, instant, ordem), and by UC before that where
    they are more than a slice: it locks their UCs, slice by slice in that order, so it runs
    in the caller's transaction. Those accepted count for those behind them; nothing is
    saved. `ignorar_id` is a reading that is judged anew.

    Each slice is consumed before the next. Within one the database is not asked
    any more: its rows can be judged while those before them are being written.
    """
    limites = limites_por_classe()
    serie: _Serie | None = None

    def julgar(
        fatia: Sequence[LeituraInformada],
        medidores: dict[int, _DoMedidor],
        arredores: dict[Chave, Arredores],
    ) -> Iterator[Julgada]:
        nonlocal serie
        for informada in fatia:
            chave = informada[:2]
            if serie is None or serie.chave != chave:
                medidor = medidores.get(chave[0])
                if medidor is None:
                    yield Julgada(informada, _desconhecido(chave[0]))
                    continue
                serie = _Serie(chave, medidor, arredores.get(chave, NADA))
            yield serie.julgar(informada, agora)

    fila = iter(informadas)
    while fatia := list(islice(fila, LINHAS_POR_FATIA)):
        medidores = _carregar_medidores({i.medidor_id for i in fatia}, limites)
        por_fazer = [fatia]
        while por_fazer:
            parte = por_fazer.pop()
            arredores = carregar_arredores(
                _janelas(parte),
                ignorar_id=ignorar_id,
                no_maximo=CONHECIDAS_POR_FATIA if len(parte) > 1 else None,
            )
            if arredores is None:  # halved until what is known fits in memory
                meio = len(parte) // 2
                por_fazer += [parte[meio:], parte[:meio]]
                continue
            if serie is not None:
                serie.continuar(arredores.get(serie.chave, NADA))
            yield julgar(parte, medidores, arredores)


def julgar_uma(
    informada: LeituraInformada, *, agora: datetime, ignorar_id: int | None = None
) -> Julgada:
    """The same for one reading.

    Raises:
        NaoEncontradoError: no such meter.
    """
    medidor_id, registrador, instante = informada[:3]
    TRAVAR_UNIDADE.linhas(medidor_id=medidor_id)  # first: what follows sees the last commit
    do_medidor = O_MEDIDOR.linhas(medidor_id=medidor_id)
    if not do_medidor:
        raise NaoEncontradoError(f"Medidor {medidor_id} não encontrado.")
    faturado_ate, *dados = do_medidor[0]
    do_mostrador, dos_limites = dados[: len(DO_MOSTRADOR)], dados[len(DO_MOSTRADOR) :]
    limites = Limites() if None in dos_limites else Limites(*dos_limites)
    medidor = _DoMedidor(_mostrador(*do_mostrador), limites, faturado_ate)
    chave = (medidor_id, registrador)
    ao_redor = AO_REDOR_DE_UMA.linhas(
        medidor_id=medidor_id,
        registrador=registrador,
        desde=instante - JANELA_DO_HISTORICO,
        ignorar_id=ignorar_id or 0,  # no row has it
    )
    conhecidas = [
        Conhecida(pk, ler_instante_do_banco(quando), *resto) for pk, quando, *resto in ao_redor
    ]
    arredores = Arredores(None, conhecidas)
    poucas = len(conhecidas) <= CONHECIDAS_DE_UMA
    if not poucas or not any(c.medida and c.data_leitura < instante for c in conhecidas):
        # A register read every hour has too many, and one long silent has its last before them.
        janela = ([chave], instante, instante)
        arredores = (carregar_arredores([janela], ignorar_id=ignorar_id) or {}).get(chave, NADA)
    return _Serie(chave, medidor, arredores).julgar(informada, agora)


def _trava_da_unidade(medidor_id: int) -> "QuerySet[Any, Any]":
    medidores = Medidor.objects.filter(pk=medidor_id).values("unidade")
    travadas = UnidadeConsumidora.objects.filter(pk__in=medidores)
    return travadas.select_for_update().values_list("pk")


def _o_medidor(medidor_id: int) -> "QuerySet[Any, Any]":
    """Its columns, how far its UC was billed, and the limits of its class: null without a row."""
    medidores = Medidor.objects.filter(pk=medidor_id)
    da_classe = LimiteCritica.objects.filter(classe=OuterRef("unidade__classe"))
    limites = {f"limite_{campo}": Subquery(da_classe.values(campo)) for campo in DOS_LIMITES}
    return medidores.annotate(faturado_ate=faturado_ate_da_unidade(), **limites).values_list(
        "faturado_ate", *DO_MOSTRADOR, *limites
    )


def _ao_redor_de_uma(
    medidor_id: int, registrador: str, desde: datetime, ignorar_id: int
) -> "QuerySet[Any, Any]":
    leituras = Leitura.objects.filter(
        medidor=medidor_id, registrador=registrador, data_leitura__gte=desde
    )
    ordenadas = leituras.exclude(pk=ignorar_id).order_by("data_leitura", "pk")
    quando = Cast("data_leitura", TextField())
    campos = ("pk", "quando", *Conhecida._fields[2:])
    return ordenadas.annotate(quando=quando).values_list(*campos)[: CONHECIDAS_DE_UMA + 1]


TRAVAR_UNIDADE = ConsultaPronta(_trava_da_unidade, medidor_id=int)
O_MEDIDOR = ConsultaPronta(_o_medidor, medidor_id=int)
AO_REDOR_DE_UMA = ConsultaPronta(
    _ao_redor_de_uma, medidor_id=int, registrador=str, desde=datetime, ignorar_id=int
)


def limites_por_classe() -> dict[str, Limites]:
    """The thresholds of each class; one without a row has the defaults."""
    linhas = LimiteCritica.objects.values_list("classe", *DOS_LIMITES)
    return defaultdict(Limites, {classe: Limites(*limites) for classe, *limites in linhas})


_mostrador = lru_cache(maxsize=4_096)(Mostrador)  # many meters are alike, and it is frozen


def _carregar_medidores(ids: set[int], limites: dict[str, Limites]) -> dict[int, _DoMedidor]:
    classes = travar_unidades_de(ids)  # first: what follows sees the last commit
    faturado_ate = faturado_ate_por_unidade(classes)
    medidores = Medidor.objects.filter(pk__um_de=ids)
    try:
        return {
            pk: _DoMedidor(
                _mostrador(*dados), limites[classes[unidade_id]], faturado_ate.get(unidade_id)
            )
            for pk, unidade_id, *dados in medidores.values_list("pk", "unidade_id", *DO_MOSTRADOR)
        }
    except KeyError:  # while the lock was waited for, a meter went to another UC: that one too
        return _carregar_medidores(ids, limites)


def _janelas(fatia: Sequence[LeituraInformada]) -> list[Janela]:
    """The registers that begin in the same month, and their first and last instant."""
    por_mes: dict[tuple[int, int], Janela] = {}
    for chave, grupo in groupby(fatia, itemgetter(0, 1)):  # they come in order of register
        primeira, *outras = grupo
        de = primeira.data_leitura
        ate = outras[-1].data_leitura if outras else de
        mes = de.year, de.month
        if mes not in por_mes:
            por_mes[mes] = ([chave], de, ate)
            continue
        chaves, primeiro, ultimo = por_mes[mes]
        chaves.append(chave)
        if de < primeiro or ate > ultimo:
            por_mes[mes] = (chaves, min(de, primeiro), max(ate, ultimo))
    return list(por_mes.values())


def historicos_ate(
    medidores: Iterable[Medidor], *, registrador: str, antes_de: datetime
) -> dict[int, Historico]:
    """What each meter's register counted before an instant, for those that have a reading."""
    por_id = {medidor.pk: medidor for medidor in medidores}
    passados = passados_ate(Leitura.objects.all(), [(pk, registrador) for pk in por_id], antes_de)
    return {
        pk: Historico(digitos=medidor.digitos, constante=medidor.constante, passado=passado)
        for pk, medidor in por_id.items()
        if (passado := passados.get((pk, registrador))) is not None
    }
