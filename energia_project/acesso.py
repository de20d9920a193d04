"""The answer to somebody who is locked out."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse


def responder_bloqueio(
    request: HttpRequest, credentials: dict[str, Any] | None = None, *_: Any, **__: Any
) -> HttpResponse:
    """429 with the way out; JSON on the API, a short text elsewhere."""
    frase = "Muitas tentativas de entrada. Espere 15 minutos e tente de novo."
    if request.path.startswith("/auth/"):
        return JsonResponse({"detail": frase, "codigo": "MUITAS_TENTATIVAS"}, status=429)
    return HttpResponse(frase, status=429, content_type="text/plain; charset=utf-8")
