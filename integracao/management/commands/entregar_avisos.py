"""Delivers the webhooks that are due, for installations without a worker (from cron).

    python manage.py entregar_avisos

Exits 0, or 3 when some were not delivered (they are tried again).
"""

from typing import Any

from django.utils import timezone

from comum.django_base.comandos import CODIGO_PARCIAL, Atencao, ComandoBase
from comum.texto import com_numero
from integracao.servicos.avisos import entregar_pendentes


class Command(ComandoBase):
    help = "Entrega os avisos (webhooks) que estão na hora."

    def handle(self, **_: Any) -> None:
        entregues, falhas = entregar_pendentes(relogio=timezone.now)
        self.avisar(f"{com_numero(entregues, 'aviso entregue')}.")
        if falhas:
            raise Atencao(
                f"{com_numero(falhas, 'tentativa')} sem sucesso; o que não chegou será "
                "tentado de novo. Veja em Integração › Avisos.",
                returncode=CODIGO_PARCIAL,
            )
