"""Loads distributor, tariffs, flags, taxes and CIP from a JSON file.

    python manage.py carregar_parametros exemplos/parametros.json

All or nothing; safe to repeat. Exits 0, or 2 when the file cannot be used.
"""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from comum.csv_hostil import abrir_csv
from comum.django_base.comandos import ComandoBase
from comum.texto import com_numero
from faturamento.servicos.importacao_parametros import importar_parametros


class Command(ComandoBase):
    help = "Carrega distribuidora, tarifas, bandeiras, tributos e CIP de um arquivo JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arquivo", metavar="ARQ", help="JSON de parâmetros")
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def handle(self, *, arquivo: str, **opcoes: Any) -> None:
        with abrir_csv(arquivo) as bruto:
            resumo = importar_parametros(bruto, agora=timezone.now())
        if opcoes["json"]:
            self.responder_json(resumo.como_json())
        repetidas = com_numero(resumo.repetidas, "já cadastrada", "já cadastradas")
        self.avisar(f"{com_numero(resumo.novas, 'linha nova')}, {repetidas}.")
