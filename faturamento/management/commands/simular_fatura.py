"""Calculates the bill of a case, from JSON to JSON; touches no table.

    python manage.py simular_fatura caso.json      # `-` reads standard input

Exits 0 with the demonstrativo on standard output, or 2 with
`{"campo", "codigo", "detail"}` on standard error.
"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from comum.csv_hostil import abrir_csv
from comum.django_base.comandos import CODIGO_DE_USO, ComandoBase
from comum.erros import DominioError
from faturamento.servicos.simulacao import simular_fatura


class Command(ComandoBase):
    help = "Calcula a fatura de um caso em JSON, sem tocar em nenhuma tabela."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("caso", metavar="CASO.json", help="arquivo JSON; - lê a entrada padrão")

    def handle(self, *, caso: str, **_: Any) -> None:
        try:
            if caso == "-":
                texto = sys.stdin.buffer.read()
            else:
                with abrir_csv(caso) as arquivo:
                    texto = arquivo.read()
            demonstrativo = simular_fatura(texto)
        except DominioError as erro:
            recusa = {
                "campo": getattr(erro, "campo", ""),
                "codigo": erro.codigo,
                "detail": str(erro),
            }
            sys.stderr.write(json.dumps(recusa, ensure_ascii=False) + "\n")
            raise SystemExit(CODIGO_DE_USO) from erro
        self.stdout.write(json.dumps(demonstrativo, ensure_ascii=False, indent=2))
