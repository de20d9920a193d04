"""manage.py limpar_auditoria --antes-de AAAA-MM-DD [--dry-run]"""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from auditoria.gatilhos import ANOS_DE_GUARDA
from auditoria.servicos.limpeza import limpar_auditoria
from comum.django_base.comandos import ComandoBase, data
from comum.texto import com_numero


class Command(ComandoBase):
    help = (
        f"Apaga eventos de auditoria com mais de {ANOS_DE_GUARDA} anos; "
        "a própria limpeza fica registrada."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--antes-de",
            type=data,
            required=True,
            metavar="DATA",
            help=f"apaga o que é anterior a este dia, que deve ter {ANOS_DE_GUARDA} anos ou mais",
        )
        parser.add_argument("--dry-run", action="store_true", help="conta sem apagar")
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def handle(self, *, antes_de: date, dry_run: bool, **opcoes: Any) -> None:
        quantos = limpar_auditoria(antes_de=antes_de, agora=timezone.now(), simular=dry_run)
        if opcoes["json"]:
            self.responder_json({"eventos": quantos, "simulado": dry_run})
        quais = com_numero(quantos, "evento anterior", "eventos anteriores")
        verbo = "a apagar" if dry_run else "apagado" if quantos == 1 else "apagados"
        self.avisar(f"{quais} a {antes_de:%d/%m/%Y} {verbo}.")
