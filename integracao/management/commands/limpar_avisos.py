"""Deletes old webhooks that were delivered or given up.

python manage.py limpar_avisos --dias 90 [--dry-run]
"""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone

from comum.django_base.comandos import CODIGO_DE_USO, ComandoBase, Erro
from comum.texto import com_numero
from integracao.servicos.avisos import limpar_avisos

DIAS_MINIMOS = 7


class Command(ComandoBase):
    help = "Apaga os avisos (webhooks) antigos que já terminaram."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dias", type=int, default=90, help="guarda os destes dias (90)")
        parser.add_argument("--dry-run", action="store_true", help="só conta")

    def handle(self, *, dias: int, dry_run: bool, **_: Any) -> None:
        if not DIAS_MINIMOS <= dias <= 36_500:
            raise Erro(f"--dias {dias}: use de {DIAS_MINIMOS} a 36500.", returncode=CODIGO_DE_USO)
        quantos = limpar_avisos(antes_de=timezone.now() - timedelta(days=dias), simular=dry_run)
        if dry_run:
            self.avisar(f"{com_numero(quantos, 'aviso')} a apagar.")
        else:
            self.avisar(f"{com_numero(quantos, 'aviso apagado')}.")
