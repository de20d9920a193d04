"""Takes up a billing run that was cancelled, or left by workers that died.

    python manage.py retomar_execucao 12 --processos 2

Exits 0 when nothing is pending, 3 when something is, 2 when it cannot go on.
"""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from faturamento.management.execucao import ComandoDeExecucao, inteiro_positivo
from faturamento.servicos.execucao import continuar_execucao, retomar_execucao
from faturamento.servicos.processos import conferir_processos


class Command(ComandoDeExecucao):
    help = "Retoma uma execução de faturamento e a leva até o fim."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("execucao", type=inteiro_positivo, metavar="ID")
        self.add_opcoes(parser)

    def handle(self, *, execucao: int, processos: int, **opcoes: Any) -> None:
        conferir_processos(processos)
        aberta = retomar_execucao(execucao_id=execucao)
        with self.acompanhar(f"Faturamento {aberta.mes_referencia:%m/%Y}") as avisar:
            resumo = continuar_execucao(
                execucao, processos=processos, relogio=timezone.now, avisar=avisar
            )
        feitas = "emitidas" if aberta.emitir else "em rascunho"
        self.relatar(resumo, feitas=feitas, em_json=opcoes["json"])
        self.sair_conforme(resumo)
