"""Where a worker process begins: a fresh interpreter, in which Django is not set up yet."""

import os
import signal
import sys


def partir(execucao_id: int, banco: str) -> None:
    """Works on a run until it is over, in the same database as whoever started this process."""
    import django  # noqa: PLC0415 - the settings are read here, in the new process
    from django.conf import settings  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "energia_project.settings")
    settings.DATABASES["default"]["NAME"] = banco
    django.setup()

    from django.utils import timezone  # noqa: PLC0415

    from faturamento.servicos.trabalhador import trabalhar  # noqa: PLC0415

    # Asked to end: the attempt at hand is ended with it, and is not taken for a death.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    trabalhar(execucao_id, relogio=timezone.now)
