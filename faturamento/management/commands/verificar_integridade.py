"""Asks the database whether the promises P1 to P7 hold, and names what breaks them.

    python manage.py verificar_integridade --json

Reads only. Exits 0 when all hold, 1 when one is broken. That each bill can be
redone from its own demonstrativo is for `verificar_faturas`.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from comum.django_base.comandos import ComandoBase
from faturamento.servicos.integridade import verificar_integridade

CODIGO_DE_VIOLACAO = 1
PROMESSAS = ("P1", "P2", "P3", "P4", "P5", "P6", "P7")


class Command(ComandoBase):
    help = "Verifica as promessas P1 a P7 no banco e mostra os registros que as quebram."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="imprime só o resultado, em JSON")

    def handle(self, **opcoes: Any) -> None:
        violacoes = verificar_integridade()
        if opcoes["json"]:
            self.responder_json(
                {
                    "integro": not violacoes,
                    "violacoes": [
                        {
                            "promessa": v.promessa,
                            "frase": v.frase,
                            "tabela": v.tabela,
                            "quantas": v.quantas,
                            "ids": v.ids,
                        }
                        for v in violacoes
                    ],
                }
            )
        else:
            for v in violacoes:
                resto = f" … e mais {v.quantas - len(v.ids)}" if v.quantas > len(v.ids) else ""
                ids = ", ".join(map(str, v.ids))
                self.stdout.write(f"{v.promessa}: {v.frase}: {v.tabela} {ids}{resto}")
        if violacoes:
            quebradas = ", ".join(sorted({v.promessa for v in violacoes}))
            raise CommandError(f"Promessas quebradas: {quebradas}.", returncode=CODIGO_DE_VIOLACAO)
        self.avisar(f"{', '.join(PROMESSAS)}: íntegras.")
