"""Stops a billing run: what is done stays, nothing more is begun.

    python manage.py cancelar_execucao 12 --motivo "tarifa errada"

Exits 0, or 2 when there is nothing to cancel.
"""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from comum.django_base.comandos import ComandoBase
from comum.texto import com_numero
from faturamento.management.execucao import inteiro_positivo
from faturamento.servicos.execucao import cancelar_execucao


class Command(ComandoBase):
    help = "Cancela uma execução de faturamento em andamento."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("execucao", type=inteiro_positivo, metavar="ID")
        parser.add_argument("--motivo", required=True, metavar="TEXTO")

    def handle(self, *, execucao: int, motivo: str, **_: Any) -> None:
        cancelada = cancelar_execucao(execucao_id=execucao, motivo=motivo, agora=timezone.now())
        self.avisar(
            f"A {cancelada} foi cancelada com {com_numero(cancelada.faturadas, 'fatura')} e "
            f"{com_numero(cancelada.pendentes, 'pendência')}. "
            f"Para continuá-la: retomar_execucao {execucao}."
        )
