"""What a session remembers from its login on."""

import time
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from energia_project.seguranca.exigencia import PEDE_CODIGO
from energia_project.seguranca.segundo_fator import tem_segundo_fator
from energia_project.seguranca.sessoes import INICIO


@receiver(user_logged_in)
def marcar_sessao(user: Any, request: Any = None, **_: Any) -> None:
    """When it began, and whether it owes a code. A token of the API has no session."""
    sessao = getattr(request, "session", None)
    if sessao is None or sessao.get(SESSION_KEY) != str(user.pk) or INICIO in sessao:
        return
    sessao[INICIO] = int(time.time())
    if tem_segundo_fator(user):
        sessao[PEDE_CODIGO] = True
