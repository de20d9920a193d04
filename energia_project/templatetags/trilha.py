"""The events of one object, where its history is shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.contrib.admin.models import LogEntry
from django.db.models import Q

from auditoria.models import EventoAuditoria
from faturamento.models import Fatura
from faturamento.servicos.trilha import eventos_da_fatura

EVENTOS_POR_PAGINA = 200
register = template.Library()


@register.simple_tag
def linhas_do_historico(objeto: Any, pagina: Any) -> list[dict[str, Any]]:
    """This page's changes and the events of their time, newest first.

    Changes are versions of the row, where its history is kept, else the admin's own log.
    The page of the newest changes has what is newer still, that of the oldest what is older.
    """
    registros: Sequence[Any] = list(pagina.object_list) if pagina else []
    linhas = sorted(map(_linha, registros), key=_momento, reverse=True)
    eventos = _eventos_de(objeto)
    if linhas:
        ha_novas, ha_velhas = pagina.has_previous(), pagina.has_next()
        if "acao" in linhas[0]:  # the admin's log comes oldest first
            ha_novas, ha_velhas = ha_velhas, ha_novas
        if ha_novas:
            eventos = eventos.filter(instante__lte=_momento(linhas[0]))
        if ha_velhas:
            eventos = eventos.filter(instante__gt=_momento(linhas[-1]))
    linhas += [
        {"quando": e.instante, "evento": e} for e in eventos.order_by("-id")[:EVENTOS_POR_PAGINA]
    ]
    return sorted(linhas, key=_momento, reverse=True)


def _momento(linha: dict[str, Any]) -> datetime:
    return linha["quando"]


def _linha(registro: Any) -> dict[str, Any]:
    if isinstance(registro, LogEntry):
        return {"quando": registro.action_time, "acao": registro}
    return {"quando": registro.history_date, "registro": registro}


def _eventos_de(objeto: Any) -> Any:
    modelo = objeto._meta.concrete_model
    do_objeto = (
        eventos_da_fatura(objeto)
        if modelo is Fatura
        else Q(modelo=modelo._meta.label, objeto_id=objeto.pk)
    )
    # Who looked is for the audit's own list: here it would bury what changed.
    eventos = EventoAuditoria.objects.filter(do_objeto).exclude(acao="DADOS_PESSOAIS_VISTOS")
    return eventos.select_related("usuario")
