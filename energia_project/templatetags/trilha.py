"""The events of one object, where its history is shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.db.models import Q

from auditoria.models import EventoAuditoria
from faturamento.models import Fatura
from faturamento.servicos.trilha import eventos_da_fatura

EVENTOS_POR_PAGINA = 200
register = template.Library()


@register.simple_tag
def linhas_do_historico(objeto: Any, pagina: Any) -> list[dict[str, Any]]:
    """The history rows of this page and the events of their time, newest first.

    The first page has what is newer than its rows, the last what is older.
    """
    registros: Sequence[Any] = list(pagina.object_list) if pagina else []
    eventos = _eventos_de(objeto)
    if registros and pagina.has_previous():
        eventos = eventos.filter(instante__lte=registros[0].history_date)
    if registros and pagina.has_next():
        eventos = eventos.filter(instante__gt=registros[-1].history_date)
    linhas: list[dict[str, Any]] = [{"quando": r.history_date, "registro": r} for r in registros]
    linhas += [
        {"quando": e.instante, "evento": e} for e in eventos.order_by("-id")[:EVENTOS_POR_PAGINA]
    ]

    def momento(linha: dict[str, Any]) -> datetime:
        return linha["quando"]

    return sorted(linhas, key=momento, reverse=True)


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
