"""Writing the audit trail: the one door."""

from datetime import datetime
from typing import Any

from django.db import models

from auditoria.models import EventoAuditoria


def registrar_evento(
    acao: str,
    resumo: str,
    *,
    agora: datetime,
    origem: str,
    usuario_id: int | None = None,
    objeto: models.Model | None = None,
    dados: dict[str, Any] | None = None,
) -> EventoAuditoria:
    """Writes one event, in the caller's transaction: it stays exactly if the act does.

    `dados` holds counts and codes, never personal data.
    """
    return EventoAuditoria.objects.create(
        instante=agora,
        usuario_id=usuario_id,
        origem=origem,
        acao=acao,
        modelo=objeto._meta.label if objeto is not None else "",
        objeto_id=objeto.pk if objeto is not None else None,
        resumo=resumo[:500],
        dados=dados or {},
    )
