"""The outbox of webhooks: written with the event, delivered by a worker, retried, given up.

An event and its rows here commit together. Delivery is at least once: who receives tells a
repetition by the identifier. A try is counted, and its successor scheduled, before anything is
sent, so a worker that dies leaves a row that comes due again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from comum.erros import DominioError, NaoEncontradoError
from integracao.models import Assinatura, Aviso
from integracao.servicos.envio import Resposta, enviar

# After the first try, one minute; then ever longer, for a day and a half in all.
ESPERAS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 960))
TENTATIVAS_MAXIMAS = len(ESPERAS) + 1
# Longer than a delivery can take: until then a row that was taken is not taken again.
PRAZO_DA_TENTATIVA = timedelta(minutes=2)
AVISOS_POR_VEZ = 500

# Set by the app's `ready`: asks a worker to come. Services do not know the task engine.
chamar_entregador: Callable[[], object] | None = None


class AvisoNaoReenviavelError(DominioError):
    """It is still being tried."""

    codigo = "AVISO_PENDENTE"


@dataclass(frozen=True, slots=True)
class Fato:
    """Something that happened to one object; `dados` holds no personal data."""

    objeto_id: int
    dados: dict[str, Any]


def interessados(evento: Assinatura.Evento) -> list[int]:
    """The active subscriptions to this event; one query."""
    campo = evento.value.replace(".", "_")
    ativas = Assinatura.objects.filter(ativa=True, **{campo: True})
    return list(ativas.order_by("pk").values_list("pk", flat=True))


def avisar(evento: Assinatura.Evento, fatos: Iterable[Fato], *, agora: datetime) -> int:
    """Writes one row for each fact and subscriber, in the caller's transaction; returns how many.

    `fatos` is not looked at where nobody is interested.
    """
    assinaturas = interessados(evento)
    if not assinaturas:
        return 0
    avisos = [
        Aviso(
            assinatura_id=assinatura_id,
            evento=evento,
            objeto_id=fato.objeto_id,
            dados=fato.dados,
            criado_em=agora,
            proxima_em=agora,
        )
        for fato in fatos
        for assinatura_id in assinaturas
    ]
    if avisos:
        Aviso.objects.bulk_create(avisos, batch_size=AVISOS_POR_VEZ)
        if chamar_entregador is not None:
            transaction.on_commit(chamar_entregador)
    return len(avisos)


def entregar_pendentes(
    *, relogio: Callable[[], datetime], enviar: Callable[[Aviso], Resposta] = enviar
) -> tuple[int, int]:
    """Sends what is due until nothing is; returns how many were delivered, and how many not."""
    entregues = falhas = 0
    for aviso in _tomar_um_a_um(relogio):
        resposta = enviar(aviso)
        _anotar(aviso, resposta, agora=relogio())
        entregues, falhas = entregues + resposta.aceita, falhas + (not resposta.aceita)
    return entregues, falhas


def proxima_entrega() -> datetime | None:
    """When the next try is due; None when nothing waits."""
    pendentes = Aviso.objects.filter(situacao=Aviso.Situacao.PENDENTE)
    return pendentes.aggregate(quando=Min("proxima_em"))["quando"]


def _tomar_um_a_um(relogio: Callable[[], datetime]) -> Iterator[Aviso]:
    while aviso := _tomar(agora=relogio()):
        yield aviso


def _tomar(*, agora: datetime) -> Aviso | None:
    """Takes the next row that is due, for `PRAZO_DA_TENTATIVA`; None when none is."""
    with transaction.atomic():
        pulando = {"skip_locked": True} if connection.vendor == "postgresql" else {}
        aviso = (
            Aviso.objects.filter(situacao=Aviso.Situacao.PENDENTE, proxima_em__lte=agora)
            .select_for_update(of=("self",), **pulando)
            .select_related("assinatura")
            .order_by("proxima_em", "pk")
            .first()
        )
        if aviso is not None:
            aviso.tentativas += 1
            aviso.proxima_em = agora + PRAZO_DA_TENTATIVA
            aviso.save(update_fields=["tentativas", "proxima_em"])
    return aviso


def _anotar(aviso: Aviso, resposta: Resposta, *, agora: datetime) -> None:
    campos: dict[str, Any] = {"resposta": resposta.frase[:300]}
    if resposta.aceita:
        campos |= {"situacao": Aviso.Situacao.ENTREGUE, "entregue_em": agora, "proxima_em": None}
    elif aviso.tentativas >= TENTATIVAS_MAXIMAS:
        campos |= {"situacao": Aviso.Situacao.FALHOU, "proxima_em": None}
    else:
        campos["proxima_em"] = agora + ESPERAS[aviso.tentativas - 1]
    # A slow worker, whose row was taken by another meanwhile, must not undo what that one wrote.
    desta_vez = Aviso.objects.filter(pk=aviso.pk, tentativas=aviso.tentativas)
    desta_vez.filter(situacao=Aviso.Situacao.PENDENTE).update(**campos)


def reenviar(aviso_ids: Sequence[int], *, agora: datetime, usuario_id: int | None) -> int:
    """Puts delivered and failed rows on their way again, with their identifiers; returns how many.

    Raises:
        NaoEncontradoError: one of them does not exist.
        AvisoNaoReenviavelError: one is still pending.
    """
    with transaction.atomic():
        avisos = list(Aviso.objects.select_for_update().filter(pk__in=aviso_ids).order_by("pk"))
        if len(avisos) != len(set(aviso_ids)):
            raise NaoEncontradoError("Um dos avisos não existe mais. Nada foi reenviado.")
        for aviso in avisos:
            if aviso.situacao == Aviso.Situacao.PENDENTE:
                raise AvisoNaoReenviavelError(
                    f"O aviso {aviso.pk} ainda está pendente: ele será tentado de novo sozinho. "
                    "Nada foi reenviado."
                )
            aviso.situacao = Aviso.Situacao.PENDENTE
            aviso.proxima_em, aviso.entregue_em = agora, None
            aviso.tentativas, aviso.pedido_por_id = 0, usuario_id
        campos = ["situacao", "proxima_em", "entregue_em", "tentativas", "pedido_por"]
        Aviso.objects.bulk_update(avisos, campos)
        if avisos and chamar_entregador is not None:
            transaction.on_commit(chamar_entregador)
    return len(avisos)


def limpar_avisos(*, antes_de: datetime, simular: bool = False) -> int:
    """Deletes what was delivered or given up before then, in batches; returns how many."""
    velhos = Aviso.objects.filter(criado_em__lt=antes_de).exclude(situacao=Aviso.Situacao.PENDENTE)
    if simular:
        return velhos.count()
    apagados = 0
    while ids := list(velhos.order_by("pk").values_list("pk", flat=True)[:AVISOS_POR_VEZ]):
        apagados += Aviso.objects.filter(pk__in=ids).delete()[0]
    return apagados
