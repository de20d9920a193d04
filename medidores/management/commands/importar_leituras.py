"""Imports a CSV of readings: `numero_medidor;data_leitura;leitura_kwh`.

    python manage.py importar_leituras exemplos/leituras.csv --erros recusadas.csv

Safe to repeat: rows already there count as repeated. Exits 0 (also with held
rows), 3 when some were refused, 2 when the file cannot be used.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from comum.csv_hostil import abrir_csv
from comum.django_base.comandos import ComandoBase, barra_de_progresso, gravar_recusas
from medidores.servicos.importacao_leituras import importar_leituras


class Command(ComandoBase):
    help = "Importa leituras de um CSV; cada linha é aceita, retida, recusada ou repetida."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arquivo", metavar="ARQ", help="CSV de leituras")
        parser.add_argument("--dry-run", action="store_true", help="confere sem gravar")
        parser.add_argument(
            "--erros", type=Path, metavar="SAIDA.csv", help="grava aqui as linhas recusadas"
        )
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def handle(self, *, arquivo: str, dry_run: bool, erros: Path | None, **opcoes: Any) -> None:
        with abrir_csv(arquivo) as bruto, barra_de_progresso("Leituras") as avisar:
            resultado = importar_leituras(
                bruto,
                nome=Path(arquivo).name,
                agora=timezone.now(),
                simular=dry_run,
                avisar=avisar,
            )
        if erros is not None:
            gravar_recusas(erros, resultado.recusas)
        if opcoes["json"]:
            self.responder_json(resultado.resumo.como_json())
        r = resultado.resumo
        self.avisar(
            f"{r.linhas} linha(s): {r.aceitas} aceita(s), {r.retidas} retida(s) pela crítica, "
            f"{r.repetidas} repetida(s), {r.recusadas} recusada(s)."
            f"{' Nada foi gravado.' if dry_run else ''}"
        )
        self.mostrar_recusas(resultado.recusas)
