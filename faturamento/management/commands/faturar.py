"""Bills a competência: an invoice or a coded Pendencia for every eligible UC.

    python manage.py faturar --competencia 2026-01 --emitir

Safe to repeat: what was billed stays, what was pending is tried again. Exits 0
when nothing is pending, 3 when something is, 2 for wrong usage.
"""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from comum.django_base.comandos import ComandoBase, barra_de_progresso, competencia, data
from faturamento.calculo.formatos import brl
from faturamento.servicos.execucao import (
    definir_escopo,
    faturar,
    pendencias_da_execucao,
    simular_faturamento,
)

PENDENCIAS_MOSTRADAS = 20


class Command(ComandoBase):
    help = "Fatura uma competência: cada unidade elegível recebe fatura ou pendência."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--competencia", type=competencia, required=True, metavar="AAAA-MM")
        parser.add_argument("--grupo", default="", metavar="G", help="só este grupo de leitura")
        parser.add_argument(
            "--ate", type=data, metavar="DATA", help="último dia de leitura (padrão: fim do mês)"
        )
        parser.add_argument("--emitir", action="store_true", help="emite e numera as faturas")
        parser.add_argument("--dry-run", action="store_true", help="calcula sem gravar")
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def handle(
        self,
        *,
        competencia: date,
        grupo: str,
        ate: date | None,
        emitir: bool,
        dry_run: bool,
        **opcoes: Any,
    ) -> None:
        agora = timezone.now()
        escopo = definir_escopo(competencia, ate=ate, grupo_leitura=grupo, agora=agora)
        with barra_de_progresso(f"Faturamento {competencia:%m/%Y}") as avisar:
            if dry_run:
                resumo = simular_faturamento(escopo, avisar=avisar)
            else:
                resumo = faturar(escopo, emitir=emitir, agora=agora, avisar=avisar)
        if opcoes["json"]:
            self.responder_json(resumo.como_json())
        feitas = "seriam faturadas" if dry_run else "emitidas" if emitir else "em rascunho"
        self.avisar(
            f"{resumo.elegiveis} unidade(s) elegíveis: {resumo.faturadas} {feitas}, "
            f"{resumo.pendentes} pendente(s), total {brl(resumo.valor_total)}; "
            f"{resumo.ja_faturadas} já faturada(s), {resumo.suspensas} suspensa(s)."
            f"{' Nada foi gravado.' if dry_run else ''}"
        )
        for codigo, quantas in resumo.pendencias.items():
            self.stderr.write(f"  {codigo}: {quantas}")
        for pendencia in pendencias_da_execucao(resumo.execucao)[:PENDENCIAS_MOSTRADAS]:
            self.stderr.write(f"  {pendencia.unidade}: {pendencia.mensagem}")
        if resumo.pendentes:
            self.encerrar_em_parte(
                f"{resumo.pendentes} unidade(s) pendente(s). Resolva os motivos e fature de novo."
            )
