"""The health check: the process lives and reaches its database. Says nothing else."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def saude(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        frase = "O banco de dados não responde."
        return JsonResponse({"detail": frase, "codigo": "BANCO_INDISPONIVEL"}, status=503)
    return JsonResponse({"situacao": "ok"})
