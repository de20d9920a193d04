"""Imports ANEEL's file of monthly bandeiras, as published.

    python manage.py importar_bandeiras bandeira-tarifaria-acionamento.csv --dry-run

Safe to repeat. Exits 0, 3 when rows were refused or conflict with ours, 2 when
the file cannot be used.
"""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from comum.csv_hostil import abrir_csv
from faturamento.management.aneel import ComandoAneel
from faturamento.servicos.importacao_aneel import importar_bandeiras


class Command(ComandoAneel):
    help = "Importa as bandeiras tarifárias do arquivo de dados abertos da ANEEL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arquivo", metavar="ARQ.csv", help="arquivo da ANEEL")
        self.add_opcoes(parser)

    def handle(self, *, arquivo: str, dry_run: bool, **opcoes: Any) -> None:
        with abrir_csv(arquivo) as bruto:
            resultado = importar_bandeiras(bruto, agora=timezone.now(), simular=dry_run)
        self.relatar(resultado, simulado=dry_run, em_json=opcoes["json"])
