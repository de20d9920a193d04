"""How much slower are the lists of readings at a million rows than at ten thousand?

    make bench SCRIPT=listas                       # ARGS="--grande 1000000"

Asks for each page of the admin a few times at both sizes, by Django's test client,
and prints the median and the ratio of each. One reading in a hundred is held.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

RAIZ = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RAIZ))

from bench import importacao

MEDIDORES = 10_000
VOLTAS = 9
PAGINAS = {
    "leituras": "/admin/medidores/leitura/",
    "leituras, página 50": "/admin/medidores/leitura/?p=50",
    "leituras de um medidor": "/admin/medidores/leitura/?q=M-0000777",
    "leituras por parte do número": "/admin/medidores/leitura/?q=0000777",
    "leituras de um mês": "/admin/medidores/leitura/?data_leitura_from=01/01/2026"
    "&data_leitura_to=31/01/2026",
    "em crítica": "/admin/medidores/leituraemcritica/",
    "em crítica, um medidor": "/admin/medidores/leituraemcritica/?q=M-0000700",
    "painel": "/admin/",
}


def carregar(de: int, ate: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from comum.django_base.copia import copiar_linhas, texto_do_instante
    from medidores.servicos.leituras import COLUNAS

    inicio, agora = datetime(2026, 2, 1, 12, tzinfo=UTC), texto_do_instante(timezone.now())

    def linhas() -> Iterator[tuple[object, ...]]:
        for n in range(de, ate):
            ciclo, medidor = divmod(n, MEDIDORES)
            retida = n % 100 == 0
            yield (
                *(medidor + 1, "ATIVA_TOTAL"),
                texto_do_instante(inicio - timedelta(days=ciclo)),
                *(str(Decimal(90_000 - ciclo)), str(Decimal(90_000 - ciclo)), "CAMPO"),
                *("RETIDA" if retida else "VALIDA", "CONSUMO_ALTO" if retida else ""),
                *("muito" if retida else "", "", None, agora),
            )

    copiar_linhas("medidores_leitura", COLUNAS, linhas())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def medir() -> dict[str, float]:
    from django.contrib.auth.models import User
    from django.test import Client

    cliente = Client()
    cliente.force_login(User.objects.get(username="medida"))
    medianas = {}
    for nome, endereco in PAGINAS.items():
        tempos = []
        for _ in range(VOLTAS):
            inicio = time.perf_counter()
            assert cliente.get(endereco).status_code == 200, endereco
            tempos.append(time.perf_counter() - inicio)
        medianas[nome] = statistics.median(tempos)
    return medianas


def main() -> None:
    opcoes = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    opcoes.add_argument("--pequena", type=int, default=10_000)
    opcoes.add_argument("--grande", type=int, default=1_000_000)
    escolhas = opcoes.parse_args()
    importacao.preparar_django("postgresql", "")
    os.environ["ALLOWED_HOSTS"] = "testserver"
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    call_command("migrate", verbosity=0)
    User.objects.create_superuser("medida", password="medida")
    importacao.criar_medidores(MEDIDORES)
    carregar(0, escolhas.pequena)
    pequena = medir()
    carregar(escolhas.pequena, escolhas.grande)
    grande = medir()
    for nome, antes in pequena.items():
        depois = grande[nome]
        print(
            f"{nome:32s} {1000 * antes:7.0f} ms {1000 * depois:7.0f} ms   "
            f"razão {depois / antes:5.2f}"
        )


if __name__ == "__main__":
    main()
