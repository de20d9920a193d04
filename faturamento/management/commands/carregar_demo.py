"""Loads demo data into an empty database: customers, readings, bills, payments.

    python manage.py carregar_demo --clientes 300 --meses 13

The same arguments give the same data. One transaction: interrupted, nothing is
left and it can be run again. Exits 0, or 2 for wrong usage or a database in use.
"""

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from comum.csv_hostil import abrir_csv
from comum.django_base.comandos import ComandoBase, barra_de_progresso, competencia
from comum.periodos import dia_civil
from comum.texto import com_numero
from faturamento.servicos.demonstracao import carregar_demonstracao

CLIENTES = 300
MESES = 13


def inteiro(texto: str) -> int:
    """argparse type: a whole number; its limits are the service's to say."""
    if not re.fullmatch(r"-?[0-9]{1,9}", texto.strip(), re.ASCII):
        raise ArgumentTypeError(f"Número inválido: {texto[:40]!r}. Use um número inteiro.")
    return int(texto)


class Command(ComandoBase):
    help = "Carrega dados de demonstração em um banco vazio."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clientes", type=inteiro, default=CLIENTES, metavar="N")
        parser.add_argument("--meses", type=inteiro, default=MESES, metavar="M")
        parser.add_argument(
            "--ate",
            type=competencia,
            metavar="AAAA-MM",
            help="último mês faturado (padrão: o último mês completo)",
        )
        parser.add_argument("--json", action="store_true", help="imprime só o resumo, em JSON")

    def handle(self, *, clientes: int, meses: int, ate: date | None, **opcoes: Any) -> None:
        arquivo = Path(settings.BASE_DIR) / "exemplos" / "parametros.json"
        with abrir_csv(arquivo) as parametros, barra_de_progresso("Demonstração") as avisar:
            resumo = carregar_demonstracao(
                clientes=clientes,
                meses=meses,
                ate=ate,
                hoje=dia_civil(timezone.now()),
                parametros=parametros,
                avisar=avisar,
            )
        if opcoes["json"]:
            self.responder_json(resumo.como_json())
        self.avisar(
            f"Demonstração de {resumo.de} a {resumo.ate}: "
            f"{com_numero(resumo.clientes, 'cliente')}, {com_numero(resumo.unidades, 'unidade')}, "
            f"{com_numero(resumo.leituras, 'leitura')}, {com_numero(resumo.faturas, 'fatura')}, "
            f"{com_numero(resumo.pagamentos, 'pagamento')}, "
            f"{com_numero(resumo.pendencias, 'unidade')} com pendência."
        )
