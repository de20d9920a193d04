"""Issues and numbers the drafts of a competência.

    python manage.py emitir_faturas --competencia 2026-01

Safe to repeat: it only looks at drafts. Exits 0 when all were issued, 3 when
some were refused (the others stay issued).
"""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from comum.django_base.comandos import ComandoBase, barra_de_progresso, competencia
from comum.texto import com_numero
from faturamento.models import Fatura
from faturamento.servicos.emissao import em_blocos, emitir_faturas


class Command(ComandoBase):
    help = "Emite e numera as faturas em rascunho de uma competência."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--competencia", type=competencia, required=True, metavar="AAAA-MM")
        parser.add_argument("--dry-run", action="store_true", help="mostra sem gravar")

    def handle(self, *, competencia: date, dry_run: bool, **_: Any) -> None:
        rascunhos = Fatura.objects.do_mes(competencia).em_rascunho()
        total = rascunhos.count()
        if dry_run:
            self.avisar(f"{com_numero(total, 'fatura')} a emitir; nada foi gravado.")
            return
        emitidas = recusadas = 0
        with barra_de_progresso(f"Emissão {competencia:%m/%Y}", com_ritmo=True) as avisar:
            avisar(0, total)
            for bloco in em_blocos(rascunhos):
                resultado = emitir_faturas(bloco, agora=timezone.now())
                for recusa in resultado.recusas:
                    self.stderr.write(
                        f"fatura {recusa.fatura_id}: {recusa.codigo}: {recusa.mensagem}"
                    )
                emitidas += len(resultado.emitidas)
                recusadas += len(resultado.recusas)
                avisar(emitidas + recusadas, total)
        self.avisar(f"{com_numero(emitidas, 'fatura emitida')}.")
        if recusadas:
            self.encerrar_em_parte(f"{com_numero(recusadas, 'fatura recusada')}.")
