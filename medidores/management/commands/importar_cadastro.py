"""Imports customers, UCs and meters: one row a meter.

    python manage.py importar_cadastro exemplos/cadastro.csv

Safe to repeat. Exits 0 when every row is in, 3 when some were refused, 2 when
the file cannot be used.
"""

from typing import IO, Any

from django.utils import timezone

from comum.django_base.comandos import ComandoImportacao
from medidores.servicos.importacao_cadastro import ResultadoCadastro, importar_cadastro


class Command(ComandoImportacao):
    help = "Importa clientes, unidades consumidoras e medidores de um CSV, uma linha por medidor."
    titulo = "Cadastro"

    def importar(
        self, bruto: IO[bytes], arquivo: str, *, simular: bool, **opcoes: Any
    ) -> ResultadoCadastro:
        return importar_cadastro(bruto, agora=timezone.now(), simular=simular, **opcoes)
