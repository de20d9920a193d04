"""`manage.py limpar_chaves`: sweeps the idempotency keys past their 90 days."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from comum.django_base.comandos import ComandoBase
from integracao.servicos.idempotencia import VALIDADE, limpar_chaves


class Command(ComandoBase):
    help = (
        f"Apaga as chaves de idempotência da API com mais de {VALIDADE.days} dias. Pode ser "
        "repetido; rode uma vez por dia."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="só conta, sem apagar")
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def handle(self, *, dry_run: bool, json: bool, **opcoes: Any) -> None:
        quantas = limpar_chaves(agora=timezone.now(), simular=dry_run)
        if json:
            self.responder_json({"chaves": quantas, "apagadas": not dry_run})
        feito = "seriam apagadas" if dry_run else "apagadas"
        self.avisar(f"Chaves com mais de {VALIDADE.days} dias {feito}: {quantas}.")
