"""Cancels an issued invoice; number and document stay.

    python manage.py cancelar_fatura 1-1234 --motivo LEITURA_ERRADA --detalhe "lido 1150"

The invoice goes by SERIE-NUMERO, or by its id. Exits 0 when it was cancelled,
2 when it was not, with the reason.
"""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from comum.django_base.comandos import ComandoBase
from faturamento.servicos.cancelamento import achar_fatura, cancelar_fatura


class Command(ComandoBase):
    help = "Cancela uma fatura emitida, com motivo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fatura", metavar="SERIE-NUMERO|ID")
        parser.add_argument("--motivo", required=True, metavar="CODIGO")
        parser.add_argument("--detalhe", default="", metavar="TEXTO")

    def handle(self, *, fatura: str, motivo: str, detalhe: str, **_: Any) -> None:
        cancelada = cancelar_fatura(
            fatura_id=achar_fatura(fatura).pk, motivo=motivo, detalhe=detalhe, agora=timezone.now()
        )
        self.avisar(f"A {cancelada} foi cancelada: {cancelada.motivo_cancelamento}.")
