"""Imports customers, UCs and meters: one row a meter.

    python manage.py importar_cadastro exemplos/cadastro.csv

Safe to repeat. Exits 0 when every row is in, 3 when some were refused, 2 when
the file cannot be used.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from comum.csv_hostil import abrir_csv
from comum.django_base.comandos import ComandoBase, barra_de_progresso, gravar_recusas
from medidores.servicos.importacao_cadastro import importar_cadastro


class Command(ComandoBase):
    help = "Importa clientes, unidades consumidoras e medidores de um CSV, uma linha por medidor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arquivo", metavar="ARQ", help="CSV com uma linha por medidor")
        parser.add_argument("--dry-run", action="store_true", help="confere sem gravar")
        parser.add_argument(
            "--erros", type=Path, metavar="SAIDA.csv", help="grava aqui as linhas recusadas"
        )
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def handle(self, *, arquivo: str, dry_run: bool, erros: Path | None, **opcoes: Any) -> None:
        with abrir_csv(arquivo) as bruto, barra_de_progresso("Cadastro") as avisar:
            resultado = importar_cadastro(bruto, simular=dry_run, avisar=avisar)
        if erros is not None:
            gravar_recusas(erros, resultado.recusas)
        if opcoes["json"]:
            self.responder_json(resultado.resumo.como_json())
        r = resultado.resumo
        self.avisar(
            f"{r.linhas} linha(s): {r.aceitas} aceita(s), {r.repetidas} já cadastrada(s), "
            f"{r.recusadas} recusada(s).{' Nada foi gravado.' if dry_run else ''}"
        )
        self.mostrar_recusas(resultado.recusas)
