"""Bills a competência: an invoice or a coded Pendencia for every eligible UC.

    python manage.py faturar --competencia 2026-01 --emitir --processos 2

Safe to repeat: what was billed stays, what was pending is tried again, and a
run left open is taken up. Exits 0 when nothing is pending, 3 when something is,
2 for wrong usage.
"""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from comum.django_base.comandos import competencia, data
from comum.texto import com_numero
from faturamento.management.execucao import ComandoDeExecucao
from faturamento.servicos.execucao import (
    abrir_execucao,
    continuar_execucao,
    definir_escopo,
    simular_faturamento,
)
from faturamento.servicos.faltas import prever_faltas
from faturamento.servicos.processos import conferir_processos

FRASE_JA_ABERTA = (
    "A {0} deste mesmo escopo já estava em andamento: este comando entra nela. Para começar outra, "
    "cancele-a antes: cancelar_execucao {0.pk} --motivo …"
)


class Command(ComandoDeExecucao):
    help = "Fatura uma competência: cada unidade elegível recebe fatura ou pendência."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--competencia", type=competencia, required=True, metavar="AAAA-MM")
        parser.add_argument("--grupo", default="", metavar="G", help="só este grupo de leitura")
        parser.add_argument(
            "--ate", type=data, metavar="DATA", help="último dia de leitura (padrão: fim do mês)"
        )
        parser.add_argument("--emitir", action="store_true", help="emite e numera as faturas")
        parser.add_argument("--dry-run", action="store_true", help="calcula sem gravar")
        self.add_opcoes(parser)

    def handle(
        self,
        *,
        competencia: date,
        grupo: str,
        ate: date | None,
        emitir: bool,
        dry_run: bool,
        processos: int,
        **opcoes: Any,
    ) -> None:
        conferir_processos(processos)
        agora = timezone.now()
        escopo = definir_escopo(competencia, ate=ate, grupo_leitura=grupo, agora=agora)
        for falta in prever_faltas(escopo):
            self.stderr.write(f"  Previsto: {falta}", self.style.WARNING)
        with self.acompanhar(f"Faturamento {competencia:%m/%Y}") as avisar:
            if dry_run:
                resumo = simular_faturamento(escopo, avisar=avisar)
            else:
                execucao = abrir_execucao(escopo, emitir=emitir, agora=agora)
                if execucao.ja_estava_aberta:
                    self.stderr.write(FRASE_JA_ABERTA.format(execucao), self.style.WARNING)
                resumo = continuar_execucao(
                    execucao.pk, processos=processos, relogio=timezone.now, avisar=avisar
                )
        rascunhos = escopo.rascunhos().count() if emitir and not dry_run else 0
        emitidas = "faturadas" if rascunhos else "emitidas"
        feitas = "seriam faturadas" if dry_run else emitidas if emitir else "em rascunho"
        self.relatar(resumo, feitas=feitas, simulado=dry_run, em_json=opcoes["json"])
        if rascunhos:
            self.stderr.write(
                f"{com_numero(rascunhos, 'rascunho')} do escopo sem emitir; "
                "emitir_faturas diz o motivo de cada um.",
                self.style.WARNING,
            )
        self.sair_conforme(resumo)
