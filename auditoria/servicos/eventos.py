"""Writing the audit trail: the one door."""

import logging
from datetime import datetime
from typing import Any

from django.db import DatabaseError, models

from auditoria.models import EventoAuditoria
from comum.django_base.autoria import autor_atual

registro = logging.getLogger(__name__)


def registrar_evento(
    acao: str,
    resumo: str,
    *,
    agora: datetime,
    origem: str | None = None,
    usuario_id: int | None = None,
    objeto: models.Model | None = None,
    dados: dict[str, Any] | None = None,
) -> EventoAuditoria:
    """Writes one event, in the caller's transaction: it stays exactly if the act does.

    Without `origem` and `usuario_id` they are those of who acts in this thread. `dados`
    holds counts and codes, never a customer's data.
    """
    autor = autor_atual()
    dados = dict(dados or {})
    if autor.conta_do_sistema:
        dados["conta_do_sistema"] = autor.conta_do_sistema
    return EventoAuditoria.objects.create(
        instante=agora,
        usuario_id=usuario_id if usuario_id is not None else autor.usuario_id,
        origem=origem or autor.origem,
        acao=acao,
        modelo=objeto._meta.concrete_model._meta.label if objeto is not None else "",  # type: ignore[union-attr]
        objeto_id=objeto.pk if objeto is not None else None,
        resumo=resumo[:500],
        dados=dados,
    )


def registrar_consulta(objeto: models.Model, *, agora: datetime) -> None:
    """Says that somebody looked at a person's data; a page is never refused for it.

    One INSERT outside a transaction. When the database cannot take it, the server's log
    says so and the page goes on.
    """
    nome = objeto._meta.verbose_name
    try:
        registrar_evento("DADOS_PESSOAIS_VISTOS", f"{nome} {objeto.pk}", agora=agora, objeto=objeto)
    except DatabaseError:
        registro.exception("a consulta a %s %s ficou sem registro", nome, objeto.pk)
