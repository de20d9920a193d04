"""Who is locked out by wrong passwords: the answer they get, and the way out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from auditoria.servicos.eventos import registrar_evento


def responder_bloqueio(
    request: HttpRequest, credentials: dict[str, Any] | None = None, *_: Any, **__: Any
) -> HttpResponse:
    """429 with the way out; JSON on the API, a page elsewhere."""
    if request.path.startswith("/auth/"):
        frase = "Muitas tentativas de entrada. Espere 15 minutos e tente de novo."
        return JsonResponse({"detail": frase, "codigo": "MUITAS_TENTATIVAS"}, status=429)
    return render(request, "429.html", status=429)


def bloqueado_ate(tentativa: Any) -> datetime:
    """When this name may try again from that address; past, where it is not locked."""
    ultima: datetime = tentativa.attempt_time
    if tentativa.failures_since_start < settings.AXES_FAILURE_LIMIT:
        return ultima
    return ultima + settings.AXES_COOLOFF_TIME


def liberar_entradas(tentativas: Sequence[Any], *, agora: datetime) -> int:
    """Forgets the wrong passwords of these names and addresses, whatever the browser; how many."""
    pares = {(tentativa.username, tentativa.ip_address) for tentativa in tentativas}
    with transaction.atomic():
        for nome, endereco in pares:
            AccessAttempt.objects.filter(username=nome, ip_address=endereco).delete()
            registrar_evento(
                "ENTRADA_LIBERADA", f"{nome or 'sem nome'}, em {endereco}", agora=agora
            )
    return len(pares)
