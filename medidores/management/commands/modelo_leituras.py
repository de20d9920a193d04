"""Writes the CSV that goes to the field: the meters of a reading group, with nothing read yet.

    python manage.py modelo_leituras --grupo 05 --saida grupo-05.csv

Filled in, it goes back by `importar_leituras`; the columns that inform are
passed over there. Exits 0, or 2 when the group does not exist or the file cannot be written.
"""

import csv
import io
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from django.utils import timezone

from comum.csv_hostil import neutralizar_formula
from comum.django_base.comandos import ComandoBase, arquivo_de_saida, data
from comum.periodos import FUSO, UM_DIA, primeiro_instante
from comum.texto import com_numero
from medidores.importacao.leituras_csv import COLUNAS_DO_MODELO
from medidores.servicos.mostrador import ALer, listar_para_leitura


class Command(ComandoBase):
    help = "Escreve o CSV de um grupo de leitura, para preencher em campo e importar de volta."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--grupo", required=True, help="grupo de leitura")
        parser.add_argument(
            "--data", type=data, metavar="AAAA-MM-DD", help="dia da leitura (padrão: hoje)"
        )
        parser.add_argument(
            "--saida", type=Path, metavar="ARQ.csv", help="grava aqui (padrão: saída padrão)"
        )

    def handle(self, *, grupo: str, data: date | None, saida: Path | None, **_: Any) -> None:
        instante = timezone.now() if data is None else primeiro_instante(data + UM_DIA)
        linhas = listar_para_leitura(grupo_leitura=grupo, instante=instante)
        with arquivo_de_saida(saida) as arquivo:
            if arquivo is None:
                quantas = escrever(self.stdout, linhas)
            else:
                quantas = escrever_no_arquivo(arquivo, linhas)
        self.avisar(f"{com_numero(quantas, 'leitura')} a fazer no grupo {grupo}.")


def escrever_no_arquivo(arquivo: IO[bytes], linhas: Iterator[ALer]) -> int:
    """With a BOM: a spreadsheet then shows the accents."""
    texto = io.TextIOWrapper(arquivo, encoding="utf-8-sig", newline="")
    quantas = escrever(texto, linhas)
    texto.detach()
    return quantas


def escrever(saida: Any, linhas: Iterator[ALer]) -> int:
    escritor = csv.writer(saida, delimiter=";", lineterminator="\n")
    escritor.writerow(COLUNAS_DO_MODELO)
    quantas = 0
    for medidor, visto in linhas:
        ultima_em = visto.ultima_em and f"{visto.ultima_em.astimezone(FUSO):%d/%m/%Y}"
        celulas = (
            *(medidor.numero_medidor, visto.registrador, "", "", ""),
            *(medidor.unidade.codigo, medidor.unidade.endereco, ultima_em or ""),
            *map(numero, (visto.ultima_kwh, visto.menor_kwh, visto.maior_kwh)),
        )
        escritor.writerow(map(neutralizar_formula, celulas))
        quantas += 1
    return quantas


def numero(valor: Decimal | None) -> str:
    """With a decimal comma and no thousands dot, as it may be typed back."""
    return "" if valor is None else f"{valor.normalize() + 0:f}".replace(".", ",")
