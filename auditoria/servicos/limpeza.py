"""The one way out of the audit trail: what is older than the time of keeping."""

from datetime import date, datetime

from auditoria.gatilhos import ANOS_DE_GUARDA
from auditoria.models import EventoAuditoria
from auditoria.servicos.eventos import registrar_evento
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError
from comum.periodos import dia_civil, primeiro_instante, somar_meses

EVENTOS_POR_TRANSACAO = 10_000


def limpar_auditoria(*, antes_de: date, agora: datetime, simular: bool = False) -> int:
    """Deletes the events before this civil day, in a month that is old enough; returns how many.

    Some thousands a transaction, each leaving an event of its own: cut short, it is taken
    up again by doing it again. A simulation only counts.

    Raises:
        DadoInvalidoError: the day is within the time of keeping, which a trigger guards.
    """
    limite = somar_meses(dia_civil(agora), -12 * ANOS_DE_GUARDA)
    if antes_de > limite:
        raise DadoInvalidoError(
            f"Data recente demais: {antes_de:%d/%m/%Y}. A auditoria é guardada por "
            f"{ANOS_DE_GUARDA} anos; use até {limite:%d/%m/%Y}.",
            campo="antes_de",
        )
    antigos = EventoAuditoria.objects.filter(instante__lt=primeiro_instante(antes_de))
    if simular:
        return antigos.count()
    apagados = 0
    while True:
        with em_transacao():
            ids = list(antigos.order_by("id").values_list("pk", flat=True)[:EVENTOS_POR_TRANSACAO])
            if not ids:
                return apagados
            quantos, _ = EventoAuditoria.objects.filter(pk__in=ids).delete()
            registrar_evento(
                "AUDITORIA_LIMPA",
                f"{quantos} eventos anteriores a {antes_de:%d/%m/%Y} apagados",
                agora=agora,
                dados={"eventos": quantos, "antes_de": antes_de.isoformat()},
            )
        apagados += quantos
