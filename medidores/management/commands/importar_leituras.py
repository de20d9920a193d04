"""Imports a CSV of readings: `numero_medidor;data_leitura;leitura_kwh`.

    python manage.py importar_leituras exemplos/leituras.csv --erros recusadas.csv

Safe to repeat: rows already there count as repeated. Exits 0 (also with held
rows), 3 when some were refused, 2 when the file cannot be used.
"""

from pathlib import Path
from typing import IO, Any

from django.utils import timezone

from comum.django_base.comandos import ComandoImportacao
from medidores.servicos.importacao_leituras import ResultadoImportacao, importar_leituras


class Command(ComandoImportacao):
    help = "Importa leituras de um CSV; cada linha é aceita, retida, recusada ou repetida."
    titulo = "Leituras"

    def importar(
        self, bruto: IO[bytes], arquivo: str, *, simular: bool, **opcoes: Any
    ) -> ResultadoImportacao:
        return importar_leituras(
            bruto,
            nome=Path(arquivo).name,
            agora=timezone.now(),
            simular=simular,
            **opcoes,
        )
