"""Readings: the one door by which they come in, singly or by the file."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter

from django.db.models import OuterRef, Q, Subquery

from comum.dinheiro import numero_br
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from medidores.calculo.consumo import consumo_na_virada
from medidores.calculo.critica import Destino, Julgamento, Mostrador, julgar_leitura
from medidores.models import Leitura, Medidor
from medidores.servicos.faturado import faturado_ate_por_unidade, travar_unidades

JANELA_DA_MEDIA = timedelta(days=366)
DIAS_DO_CICLO = 30
_SITUACAO = {
    Destino.ACEITA: Leitura.Situacao.VALIDA,
    Destino.RETIDA: Leitura.Situacao.RETIDA,
}


class LeituraRecusadaError(DadoInvalidoError):
    """The reading cannot be true; nothing was saved."""

    codigo = "LEITURA_RECUSADA"


class LeituraEmConflitoError(DominioError):
    """The same register already has another value at the same instant."""

    codigo = "CONFLITO"


@dataclass(frozen=True, slots=True)
class LeituraInformada:
    """A reading on its way in. `ordem` says where it came from (line, index)."""

    medidor_id: int
    registrador: str
    data_leitura: datetime
    leitura_kwh: Decimal
    origem: str
    observacao: str = ""
    ordem: int = 0


@dataclass(frozen=True, slots=True)
class Registrada:
    """What became of one reading: `leitura` is None when refused."""

    informada: LeituraInformada
    leitura: Leitura | None
    julgamento: Julgamento
    repetida: bool = False


@dataclass(slots=True)
class _Serie:
    """What is known of one register: valid readings in order, and all that occupy an instant."""

    validas: list[tuple[datetime, Decimal]] = field(default_factory=list)
    por_instante: dict[datetime, Leitura] = field(default_factory=dict)

    def vizinhas(self, instante: datetime) -> tuple[Decimal | None, Decimal | None]:
        posicao = bisect_left(self.validas, instante, key=itemgetter(0))
        anterior = self.validas[posicao - 1][1] if posicao else None
        posterior = self.validas[posicao][1] if posicao < len(self.validas) else None
        return anterior, posterior

    def media_kwh(self, instante: datetime, mostrador: Mostrador) -> Decimal | None:
        """The mean use of 30 days over the year before `instante`, if there is one."""
        fim = bisect_left(self.validas, instante, key=itemgetter(0))
        inicio = bisect_left(self.validas, instante - JANELA_DA_MEDIA, key=itemgetter(0))
        if fim - inicio < 2:
            return None
        trecho = self.validas[inicio:fim]
        dias = (trecho[-1][0] - trecho[0][0]).days
        if dias < 1:
            return None
        return _acumulado_kwh(trecho, mostrador) * DIAS_DO_CICLO / dias

    def juntar(self, leitura: Leitura) -> None:
        self.por_instante[leitura.data_leitura] = leitura
        if leitura.situacao == Leitura.Situacao.VALIDA:
            insort(self.validas, (leitura.data_leitura, leitura.leitura_kwh), key=itemgetter(0))


def _acumulado_kwh(trecho: Sequence[tuple[datetime, Decimal]], mostrador: Mostrador) -> Decimal:
    """The kWh counted along valid readings: a fall among them is a rollover."""
    total_kwh = (trecho[-1][1] - trecho[0][1]) * mostrador.constante
    for (_, antes), (_, depois) in pairwise(trecho):
        if depois < antes:
            total_kwh += (
                consumo_na_virada(
                    anterior=antes,
                    atual=depois,
                    digitos=mostrador.digitos,
                    constante=mostrador.constante,
                )
                - (depois - antes) * mostrador.constante
            )
    return total_kwh


def registrar_leitura(informada: LeituraInformada, *, agora: datetime) -> Registrada:
    """Judges and saves one reading; a repetition returns the row there is.

    Raises:
        NaoEncontradoError: no such meter.
        LeituraRecusadaError: it cannot be true.
        LeituraEmConflitoError: same register and instant, another value.
    """
    with em_transacao():
        medidor = Medidor.objects.filter(pk=informada.medidor_id).first()
        if medidor is None:
            raise NaoEncontradoError(f"Medidor {informada.medidor_id} não encontrado.")
        travar_unidades([medidor.unidade_id])
        [registrada] = registrar_leituras([informada], agora=agora)
        julgamento = registrada.julgamento
        if julgamento.codigo == LeituraEmConflitoError.codigo:
            raise LeituraEmConflitoError(julgamento.mensagem)
        if julgamento.destino is Destino.RECUSADA:
            raise LeituraRecusadaError(
                julgamento.mensagem, campo=julgamento.campo, codigo=julgamento.codigo
            )
        if registrada.leitura is not None and registrada.leitura.pk is None:
            registrada.leitura.save()
    return registrada


def registrar_leituras(
    informadas: Iterable[LeituraInformada], *, agora: datetime
) -> list[Registrada]:
    """Judges many readings of known meters; saves none.

    They are judged in order of (meter, register, instant), each against what
    is in the database and those accepted before it; the answers come in that
    order too. New rows have no id yet: the caller saves them, in its transaction.
    """
    informadas = sorted(
        informadas, key=lambda i: (i.medidor_id, i.registrador, i.data_leitura, i.ordem)
    )
    medidores = Medidor.objects.in_bulk({i.medidor_id for i in informadas})
    faturado_ate = faturado_ate_por_unidade(m.unidade_id for m in medidores.values())
    if not informadas:
        return []
    series = _carregar_series(set(medidores), min(i.data_leitura for i in informadas))
    registradas = []
    for informada in informadas:
        medidor = medidores[informada.medidor_id]
        serie = series[informada.medidor_id, informada.registrador]
        registrada = _julgar(informada, medidor, serie, faturado_ate.get(medidor.unidade_id), agora)
        if registrada.leitura is not None and not registrada.repetida:
            serie.juntar(registrada.leitura)
        registradas.append(registrada)
    return registradas


def _julgar(
    informada: LeituraInformada,
    medidor: Medidor,
    serie: _Serie,
    faturado_ate: datetime | None,
    agora: datetime,
) -> Registrada:
    existente = serie.por_instante.get(informada.data_leitura)
    if existente is not None and informada.leitura_kwh == existente.valor_informado:
        return Registrada(informada, existente, Julgamento(Destino.ACEITA), repetida=True)
    julgamento = _julgar_na_serie(
        informada.leitura_kwh, informada.data_leitura, medidor, serie, faturado_ate, agora
    )
    if julgamento.destino is not Destino.RECUSADA and existente is not None:
        julgamento = Julgamento(
            Destino.RECUSADA,
            LeituraEmConflitoError.codigo,
            f"O medidor {medidor} já tem a leitura {numero_br(existente.leitura_kwh)} neste "
            f"instante; veio {numero_br(informada.leitura_kwh)}. Para trocar o valor, corrija a "
            "leitura existente.",
            "leitura_kwh",
        )
    if julgamento.destino is Destino.RECUSADA:
        return Registrada(informada, None, julgamento)
    leitura = Leitura(
        medidor=medidor,
        registrador=informada.registrador,
        data_leitura=informada.data_leitura,
        leitura_kwh=informada.leitura_kwh,
        valor_informado=informada.leitura_kwh,
        origem=informada.origem,
        situacao=_SITUACAO[julgamento.destino],
        ocorrencia=julgamento.codigo,
        observacao=informada.observacao,
    )
    return Registrada(informada, leitura, julgamento)


def _julgar_na_serie(
    leitura_kwh: Decimal,
    data_leitura: datetime,
    medidor: Medidor,
    serie: _Serie,
    faturado_ate: datetime | None,
    agora: datetime,
) -> Julgamento:
    mostrador = Mostrador(
        medidor.digitos, medidor.constante, medidor.data_instalacao, medidor.data_retirada
    )
    anterior_kwh, posterior_kwh = serie.vizinhas(data_leitura)
    return julgar_leitura(
        leitura_kwh=leitura_kwh,
        data_leitura=data_leitura,
        mostrador=mostrador,
        anterior_kwh=anterior_kwh,
        posterior_kwh=posterior_kwh,
        media_kwh=serie.media_kwh(data_leitura, mostrador),
        faturado_ate=faturado_ate,
        agora=agora,
    )


def _carregar_series(
    medidor_ids: set[int], desde: datetime
) -> defaultdict[tuple[int, str], _Serie]:
    """What the database holds of these meters: from a year before `desde`, and the
    last reading before that.
    """
    series: defaultdict[tuple[int, str], _Serie] = defaultdict(_Serie)
    inicio = desde - JANELA_DA_MEDIA
    do_mesmo_registrador = (
        Leitura.objects.validas()
        .filter(
            medidor=OuterRef("medidor"),
            registrador=OuterRef("registrador"),
            data_leitura__lt=inicio,
        )
        .order_by("-data_leitura")
        .values("data_leitura")[:1]
    )
    vizinhas = Leitura.objects.vigentes().filter(
        Q(data_leitura__gte=inicio) | Q(data_leitura=Subquery(do_mesmo_registrador)),
        medidor__in=medidor_ids,
    )
    for leitura in vizinhas.order_by("data_leitura", "pk"):
        series[leitura.medidor_id, leitura.registrador].juntar(leitura)
    return series


def medias_de_leitura_kwh(
    medidores: Iterable[Medidor], *, registrador: str, antes_de: datetime
) -> dict[int, Decimal]:
    """The mean use of 30 days by the readings of the year before, for each meter that has it.

    What the crítica judges a rollover by; billing uses it where no cycle was billed yet.
    """
    por_id = {medidor.pk: medidor for medidor in medidores}
    if not por_id:
        return {}
    series = _carregar_series(set(por_id), antes_de)
    medias = {
        pk: series[pk, registrador].media_kwh(
            antes_de,
            Mostrador(
                medidor.digitos, medidor.constante, medidor.data_instalacao, medidor.data_retirada
            ),
        )
        for pk, medidor in por_id.items()
    }
    return {pk: media for pk, media in medias.items() if media is not None}


def alterar_leitura(leitura: Leitura, *, leitura_kwh: Decimal, agora: datetime) -> Leitura:
    """Corrects the value of a reading that was not billed yet, and judges it anew.

    The value as it came stays in `valor_informado`.

    Raises:
        LeituraRecusadaError: the new value cannot be true.
        ConflitoError: the reading is frozen (`PERIODO_FATURADO`).
    """
    with em_transacao():
        travar_unidades([leitura.medidor.unidade_id])
        leitura = Leitura.objects.select_related("medidor").get(pk=leitura.pk)
        if leitura_kwh == leitura.leitura_kwh:
            return leitura
        series = _carregar_series({leitura.medidor_id}, leitura.data_leitura)
        serie = series[leitura.medidor_id, leitura.registrador]
        serie.validas = [par for par in serie.validas if par[0] != leitura.data_leitura]
        julgamento = _julgar_na_serie(
            leitura_kwh, leitura.data_leitura, leitura.medidor, serie, None, agora
        )
        if julgamento.destino is Destino.RECUSADA:
            raise LeituraRecusadaError(
                julgamento.mensagem, campo=julgamento.campo, codigo=julgamento.codigo
            )
        leitura.leitura_kwh = leitura_kwh
        leitura.situacao = _SITUACAO[julgamento.destino]
        leitura.ocorrencia = julgamento.codigo
        leitura.save()  # a trigger refuses it where the period was billed
    return leitura
