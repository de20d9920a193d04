"""Recomputes issued invoices from their own demonstrativo and reports drift.

    python manage.py verificar_faturas --competencia 2026-01

Exits 0 when every invoice says the same, 1 when one does not.
"""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from comum.django_base.comandos import ComandoBase, barra_de_progresso, competencia
from comum.texto import com_numero
from faturamento.servicos.verificacao import faturas_a_verificar, verificar_fatura

CODIGO_DE_DESVIO = 1


class Command(ComandoBase):
    help = "Recalcula as faturas emitidas a partir do próprio demonstrativo e aponta desvios."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--competencia", type=competencia, metavar="AAAA-MM")

    def handle(self, *, competencia: date | None, **_: Any) -> None:
        faturas = faturas_a_verificar(competencia)
        total, com_desvio = faturas.count(), 0
        with barra_de_progresso("Verificação") as avisar:
            for feitas, fatura in enumerate(faturas.iterator(chunk_size=500), start=1):
                desvios = list(verificar_fatura(fatura))
                com_desvio += bool(desvios)
                for d in desvios:
                    self.stdout.write(
                        f"{d.fatura} (id {d.fatura_id}): {d.onde}: gravado {d.gravado}, "
                        f"recalculado {d.recalculado}"
                    )
                avisar(feitas, total)
        if com_desvio:
            raise CommandError(
                f"{com_desvio} de {com_numero(total, 'fatura')} com desvio.",
                returncode=CODIGO_DE_DESVIO,
            )
        self.avisar(f"{com_numero(total, 'fatura confere', 'faturas conferem')}.")
