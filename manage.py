#!/usr/bin/env python
"""Runs the commands of the back-office: `python manage.py help`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "energia_project.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as erro:
        raise SystemExit(
            "Django não está instalado neste Python. Rode `make run`, ou ative o ambiente "
            "(.venv) e instale requirements.txt."
        ) from erro
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as erro:
        raise SystemExit(f"Configuração inválida: {erro}") from None


if __name__ == "__main__":
    main()
