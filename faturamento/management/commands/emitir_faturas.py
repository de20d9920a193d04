"""Issues and numbers the drafts of a competência.

    python manage.py emitir_faturas --competencia 2026-01

Safe to repeat: it only looks at drafts. Exits 0 when all were issued, 3 when
some were refused (the others stay issued).
"""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from comum.django_base.comandos import ComandoBase, competencia
from faturamento.models import Fatura
from faturamento.servicos.emissao import emitir_faturas


class Command(ComandoBase):
    help = "Emite e numera as faturas em rascunho de uma competência."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--competencia", type=competencia, required=True, metavar="AAAA-MM")
        parser.add_argument("--dry-run", action="store_true", help="mostra sem gravar")

    def handle(self, *, competencia: date, dry_run: bool, **_: Any) -> None:
        rascunhos = Fatura.objects.do_mes(competencia).em_rascunho().order_by("pk")
        ids = list(rascunhos.values_list("pk", flat=True))
        if dry_run:
            self.avisar(f"{len(ids)} fatura(s) seriam emitidas; nada foi gravado.")
            return
        resultado = emitir_faturas(ids, agora=timezone.now())
        for recusa in resultado.recusas:
            self.stderr.write(f"fatura {recusa.fatura_id}: {recusa.codigo}: {recusa.mensagem}")
        self.avisar(f"{len(resultado.emitidas)} fatura(s) emitida(s).")
        if resultado.recusas:
            self.encerrar_em_parte(f"{len(resultado.recusas)} fatura(s) recusada(s).")
