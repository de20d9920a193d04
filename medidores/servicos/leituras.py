"""Readings: the one door by which they come in, singly, by the array or by the file."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from auditoria.servicos.eventos import registrar_evento
from auditoria.servicos.historico import incluir_com_historico
from comum.django_base.copia import copiar_linhas, texto_do_instante
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError
from comum.memoria import coleta_espacada
from medidores.calculo.critica import Destino, Julgamento
from medidores.models import Leitura
from medidores.servicos.avisos import avisar_retencao, avisar_retencoes
from medidores.servicos.faturado import travar_unidades
from medidores.servicos.julgamento import (
    CONFLITO,
    Julgada,
    LeituraInformada,
    julgar_por_fatia,
    julgar_uma,
)
from medidores.servicos.rejulgamento import rejulgar_seguintes

SITUACAO = {
    Destino.ACEITA: Leitura.Situacao.VALIDA.value,
    Destino.RETIDA: Leitura.Situacao.RETIDA.value,
}
COLUNAS = (
    "medidor_id",
    "registrador",
    "data_leitura",
    "leitura_kwh",
    "valor_informado",
    "origem",
    "situacao",
    "ocorrencia",
    "explicacao",
    "observacao",
    "importacao_id",
    "registrada_em",
)


class LeituraRecusadaError(DadoInvalidoError):
    """The reading cannot be true; nothing was saved."""

    codigo = "LEITURA_RECUSADA"


class LeituraEmConflitoError(DominioError):
    """The same register already has another value at the same instant."""

    codigo = CONFLITO


@dataclass(frozen=True, slots=True)
class Registrada:
    """What became of one reading that was not refused."""

    leitura: Leitura
    julgamento: Julgamento
    repetida: bool = False


@dataclass(slots=True)
class Contagem:
    """The outcomes of many readings: `linhas` is the sum of the other four."""

    linhas: int = 0
    aceitas: int = 0
    retidas: int = 0
    recusadas: int = 0
    repetidas: int = 0

    def como_json(self) -> dict[str, int]:
        return asdict(self)

    def contar(self, destino: Destino, *, repetida: bool) -> None:
        self.linhas += 1
        if repetida:
            self.repetidas += 1
        elif destino is Destino.ACEITA:
            self.aceitas += 1
        elif destino is Destino.RETIDA:
            self.retidas += 1
        else:
            self.recusadas += 1


@dataclass(frozen=True, slots=True)
class RecusaDeLeitura:
    """A refused reading of an array: its index, and why."""

    ordem: int
    campo: str
    codigo: str
    mensagem: str


@dataclass(slots=True)
class ResultadoDoLote:
    contagem: Contagem = field(default_factory=Contagem)
    recusas: list[RecusaDeLeitura] = field(default_factory=list)


def registrar_leitura(informada: LeituraInformada, *, agora: datetime) -> Registrada:
    """Judges and saves one reading; a repetition returns the row there is.

    Raises:
        NaoEncontradoError: no such meter.
        LeituraRecusadaError: it cannot be true.
        LeituraEmConflitoError: same register and instant, another value.
    """
    with em_transacao():
        julgada = julgar_uma(informada, agora=agora)
        _levantar_recusa(julgada.julgamento)
        if julgada.existente_id is not None:
            existente = Leitura.objects.get(pk=julgada.existente_id)
            return Registrada(existente, julgada.julgamento, repetida=True)
        leitura = Leitura(
            medidor_id=informada.medidor_id,
            registrador=informada.registrador,
            data_leitura=informada.data_leitura,
            leitura_kwh=informada.leitura_kwh,
            valor_informado=informada.leitura_kwh,
            origem=informada.origem,
            observacao=informada.observacao,
            **_do_julgamento(julgada.julgamento),
        )
        incluir_com_historico(leitura)
        if leitura.situacao == Leitura.Situacao.RETIDA:
            avisar_retencao([leitura], agora=agora)
    return Registrada(leitura, julgada.julgamento)


def registrar_leituras(
    informadas: Sequence[LeituraInformada],
    *,
    agora: datetime,
    recusadas_antes: Sequence[RecusaDeLeitura] = (),
    usuario_id: int | None = None,
) -> ResultadoDoLote:
    """Judges and saves an array in one transaction; refused ones stop no other.

    `informadas` come in their `ordem`, no more than a slice of the crítica;
    `recusadas_antes` are the elements that were no reading at all. One audit event stands
    for all: no history row is written for each.
    """
    resultado = ResultadoDoLote(recusas=list(recusadas_antes))
    resultado.contagem.linhas = resultado.contagem.recusadas = len(recusadas_antes)
    with coleta_espacada(), em_transacao():
        em_ordem = sorted(informadas, key=itemgetter(0, 1, 2))  # meter, register, instant

        def recusar(julgada: Julgada) -> None:
            julgamento = julgada.julgamento
            resultado.recusas.append(
                RecusaDeLeitura(
                    julgada.informada.ordem,
                    julgamento.campo,
                    julgamento.codigo,
                    julgamento.mensagem,
                )
            )

        fatias = julgar_por_fatia(em_ordem, agora=agora)
        gravar_julgadas(fatias, resultado.contagem, recusar, agora=agora)
        _anotar(resultado.contagem, agora=agora, usuario_id=usuario_id)
    resultado.recusas.sort(key=lambda recusa: recusa.ordem)
    return resultado


def _anotar(contagem: Contagem, *, agora: datetime, usuario_id: int | None) -> None:
    if contagem.aceitas or contagem.retidas:
        registrar_evento(
            "LEITURAS_EM_LOTE",
            f"{contagem.aceitas} leituras aceitas e {contagem.retidas} retidas, de uma lista de "
            f"{contagem.linhas}.",
            agora=agora,
            origem="API",
            usuario_id=usuario_id,
            dados=contagem.como_json(),
        )


def gravar_julgadas(
    fatias: Iterable[Iterable[Julgada]],
    contagem: Contagem,
    recusar: Callable[[Julgada], None],
    *,
    agora: datetime,
    importacao_id: int | None = None,
    simular: bool = False,
    avisar: Callable[[int], None] = lambda _: None,
) -> None:
    """Writes what was accepted or held, counts every outcome, hands over the refused ones.

    Runs in the caller's transaction; the rows pass by signals and history.
    """
    for fatia in fatias:
        retidas: list[tuple[int, str, datetime]] = []
        linhas = _linhas(fatia, contagem, recusar, retidas, importacao_id, agora)
        if simular:
            deque(linhas, maxlen=0)
        else:
            copiar_linhas(Leitura._meta.db_table, COLUNAS, linhas)
            avisar_retencoes(retidas, agora=agora)
        avisar(contagem.linhas)


def _linhas(
    julgadas: Iterable[Julgada],
    contagem: Contagem,
    recusar: Callable[[Julgada], None],
    retidas: list[tuple[int, str, datetime]],
    importacao_id: int | None,
    agora: datetime,
) -> Iterator[tuple[Any, ...]]:
    """The rows to write, in order of `COLUNAS`; the held ones are noted in `retidas` too."""
    registrada_em = texto_do_instante(agora)
    for julgada in julgadas:
        informada, julgamento, repetida, _ = julgada
        destino = julgamento.destino
        contagem.contar(destino, repetida=repetida)
        if destino is Destino.RECUSADA:
            recusar(julgada)
            continue
        if repetida:
            continue
        medidor_id, registrador, instante, leitura_kwh, origem, observacao, _ = informada
        if destino is Destino.RETIDA:
            retidas.append((medidor_id, registrador, instante))
        valor = str(leitura_kwh)
        yield (
            medidor_id,
            registrador,
            texto_do_instante(instante),
            valor,
            valor,
            origem,
            SITUACAO[destino],
            julgamento.codigo,
            julgamento.explicacao,
            observacao,
            importacao_id,
            registrada_em,
        )


def _do_julgamento(julgamento: Julgamento) -> dict[str, Any]:
    """The fields of a reading that say what the crítica made of it."""
    return {
        "situacao": SITUACAO[julgamento.destino],
        "ocorrencia": julgamento.codigo,
        "explicacao": julgamento.explicacao,
    }


def _levantar_recusa(julgamento: Julgamento) -> None:
    if julgamento.codigo == CONFLITO:
        raise LeituraEmConflitoError(julgamento.mensagem)
    if julgamento.destino is Destino.RECUSADA:
        raise LeituraRecusadaError(
            julgamento.mensagem, campo=julgamento.campo, codigo=julgamento.codigo
        )


def alterar_leitura(leitura: Leitura, *, leitura_kwh: Decimal, agora: datetime) -> Leitura:
    """Corrects the value of a reading that was not billed yet, and judges it anew.

    The value as it came stays in `valor_informado`; held readings after it are
    judged again, since a wrong one before them may be all that held them.

    Raises:
        LeituraRecusadaError: the new value cannot be true.
        ConflitoError: the reading is frozen (`PERIODO_FATURADO`).
    """
    with em_transacao():
        travar_unidades([leitura.medidor.unidade_id])
        leitura = Leitura.objects.select_related("medidor").get(pk=leitura.pk)
        if leitura_kwh == leitura.leitura_kwh:
            return leitura
        corrigida = LeituraInformada(
            medidor_id=leitura.medidor_id,
            registrador=leitura.registrador,
            data_leitura=leitura.data_leitura,
            leitura_kwh=leitura_kwh,
            origem=leitura.origem,
        )
        julgada = julgar_uma(corrigida, agora=agora, ignorar_id=leitura.pk)
        _levantar_recusa(julgada.julgamento)
        leitura.leitura_kwh = leitura_kwh
        for campo, valor in _do_julgamento(julgada.julgamento).items():
            setattr(leitura, campo, valor)
        leitura.save()  # a trigger refuses it where the period was billed
        if leitura.situacao == Leitura.Situacao.RETIDA:
            avisar_retencao([leitura], agora=agora)
        rejulgar_seguintes(leitura, agora=agora)
    return leitura
