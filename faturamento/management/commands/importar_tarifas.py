"""Imports ANEEL's file of homologated tariffs, for one distributor.

    python manage.py importar_tarifas tarifas.csv --distribuidora "Energia Exemplo" --dry-run

Takes application tariffs of grupo B only. Safe to repeat. Exits 0, 3 when rows
were refused or conflict with ours, 2 when the file cannot be used.
"""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from comum.csv_hostil import abrir_csv
from faturamento.management.aneel import ComandoAneel
from faturamento.servicos.importacao_aneel import importar_tarifas


class Command(ComandoAneel):
    help = "Importa as tarifas de aplicação do grupo B do arquivo de dados abertos da ANEEL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arquivo", metavar="ARQ.csv", help="arquivo da ANEEL")
        parser.add_argument(
            "--distribuidora", required=True, metavar="NOME", help="nome ou CNPJ da cadastrada"
        )
        parser.add_argument(
            "--agente", default="", metavar="SIGLA", help="sigla no arquivo, se não for o nome"
        )
        self.add_opcoes(parser)

    def handle(
        self, *, arquivo: str, distribuidora: str, agente: str, dry_run: bool, **opcoes: Any
    ) -> None:
        with abrir_csv(arquivo) as bruto:
            resultado = importar_tarifas(
                bruto,
                distribuidora_nome=distribuidora,
                agente=agente,
                agora=timezone.now(),
                simular=dry_run,
            )
        self.relatar(resultado, simulado=dry_run, em_json=opcoes["json"])
