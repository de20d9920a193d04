"""How fast is the import of a readings CSV, crítica and refusals included?

    make bench SCRIPT=importacao ARGS="--linhas 1000000 --medidores 100000"
    make bench SCRIPT=importacao ARGS="--banco sqlite --linhas 200000"

Beside it, in turns and in the same database: a bare COPY of the accepted rows
into a table with the same keys, checks and triggers (on SQLite: executemany).
The last lines are the ratio and the peak memory of the importing process.
"""

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

RAIZ = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RAIZ))

REFERENCIA = "referencia_da_importacao"
DEFEITUOSAS = 500  # one row in so many is refused or held


def preparar_django(banco: str, pasta: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "energia_project.settings"
    os.environ["DEBUG"] = "0"
    os.environ["SECRET_KEY"] = "so-da-medida-" + "x" * 50
    os.environ["ALLOWED_HOSTS"] = "localhost"
    if banco == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{pasta}/medida.sqlite3"
    else:
        os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    import django

    django.setup()


def criar_medidores(quantos: int) -> None:
    from django.db import connection

    from clientes.models import Cliente
    from comum.django_base.copia import copiar_linhas
    from medidores.models import Medidor, UnidadeConsumidora

    cliente = Cliente(nome="Medida")
    cliente.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM medidores_unidadeconsumidora")
        base = cursor.fetchone()[0] + 1
    unidade = UnidadeConsumidora(
        codigo="x", classe="RESIDENCIAL", subclasse="RESIDENCIAL", subgrupo="B1"
    )
    campos = [c for c in UnidadeConsumidora._meta.local_fields if c.name not in ("id", "codigo")]
    fixos = [getattr(unidade, c.attname) for c in campos]
    copiar_linhas(
        UnidadeConsumidora._meta.db_table,
        ["id", "codigo", *(str(c.column) for c in campos)],
        ([base + n, f"UC-{n:07d}", *fixos] for n in range(quantos)),
    )
    copiar_linhas(
        Medidor._meta.db_table,
        [
            *("id", "cliente_id", "unidade_id", "numero_medidor", "tipo", "digitos"),
            *("constante", "data_instalacao"),
        ],
        (
            [base + n, cliente.pk, base + n, f"M-{n:07d}", "", 6, Decimal(1), date(2020, 1, 1)]
            for n in range(quantos)
        ),
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def escrever_csv(caminho: Path, valores: list[int], *, linhas: int, primeiro: date) -> int:
    """A file in order of date, as rounds of reading come; returns how many rows are refused.

    `valores` is what each meter shows, and is left as the file leaves it.
    """
    sorteio = random.Random(20260101)
    medidores = len(valores)
    por_medidor = linhas // medidores
    recusadas = 0
    with caminho.open("w", encoding="utf-8") as arquivo:
        arquivo.write("numero_medidor;data_leitura;leitura_kwh\n")
        for ciclo in range(por_medidor):
            dia = primeiro + timedelta(days=30 * ciclo)
            for n in sorteio.sample(range(medidores), medidores):
                valores[n] += sorteio.randrange(100, 300)
                valor = str(valores[n])
                if sorteio.randrange(DEFEITUOSAS) == 0:
                    valor, recusadas = sorteio.choice(["1.234,56", "x", "1234567"]), recusadas + 1
                arquivo.write(f"M-{n:07d};{dia:%d/%m/%Y};{valor}\n")
    return recusadas


def importar(caminho: Path) -> tuple[float, float, dict[str, int]]:
    """Seconds, peak MiB and counts of the command, in a process of its own."""
    codigo = (
        "import json, resource, sys, time; import django; django.setup();"
        "from django.utils import timezone;"
        "from medidores.servicos.importacao_leituras import importar_leituras;"
        "inicio = time.perf_counter(); arquivo = open(sys.argv[1], 'rb');"
        "r = importar_leituras(arquivo, nome='medida.csv', agora=timezone.now());"
        "fim = time.perf_counter();"
        "pico = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024;"
        "print(json.dumps([fim - inicio, pico, r.resumo.como_json()]))"
    )
    saida = subprocess.run(
        [sys.executable, "-c", codigo, str(caminho)], capture_output=True, text=True, check=False
    )
    if saida.returncode:
        raise SystemExit(saida.stderr)
    segundos, pico, resumo = json.loads(saida.stdout)
    return segundos, pico, resumo


class Postgresql:
    """The reference on PostgreSQL: COPY of a file into an equal table."""

    def __init__(self, pasta: Path) -> None:
        self.arquivo = pasta / "aceitas.copy"

    def guardar(self) -> None:
        from django.db import connection

        from medidores.servicos.leituras import COLUNAS

        with connection.cursor() as cursor, self.arquivo.open("wb") as saida:
            # In the order in which they came, as a bare loader would write them.
            comando = (
                f"COPY (SELECT {', '.join(COLUNAS)} FROM medidores_leitura "
                "ORDER BY data_leitura, md5(id::text)) TO STDOUT"
            )
            with cursor.copy(comando) as copia:
                for bloco in copia:
                    saida.write(bloco)

    def criar(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {REFERENCIA}")
            cursor.execute(f"CREATE TABLE {REFERENCIA} (LIKE medidores_leitura INCLUDING ALL)")
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE conrelid = 'medidores_leitura'::regclass AND contype = 'f'"
            )
            for nome, definicao in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {REFERENCIA} ADD CONSTRAINT "r_{nome}" {definicao}')
            cursor.execute(
                "SELECT pg_get_triggerdef(oid) FROM pg_trigger "
                "WHERE tgrelid = 'medidores_leitura'::regclass AND NOT tgisinternal"
            )
            for (definicao,) in cursor.fetchall():
                cursor.execute(definicao.replace("public.medidores_leitura", REFERENCIA))

    def medir(self) -> float:
        from django.db import connection, transaction

        from medidores.servicos.leituras import COLUNAS

        self.criar()
        inicio = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            comando = f"COPY {REFERENCIA} ({', '.join(COLUNAS)}) FROM STDIN"
            with self.arquivo.open("rb") as entrada, cursor.copy(comando) as copia:
                while bloco := entrada.read(256 * 1024):
                    copia.write(bloco)
        return time.perf_counter() - inicio


class Sqlite:
    """The reference on SQLite: executemany of the rows into an equal table."""

    def __init__(self, pasta: Path) -> None:
        self.linhas: list[tuple[object, ...]] = []

    def guardar(self) -> None:
        from django.db import connection

        from medidores.servicos.leituras import COLUNAS

        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(COLUNAS)} FROM medidores_leitura")
            self.linhas = [
                tuple(str(v) if hasattr(v, "isoformat") else v for v in linha)
                for linha in cursor.cursor.fetchall()
            ]

    def criar(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {REFERENCIA}")
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = 'medidores_leitura' "
                "AND sql IS NOT NULL ORDER BY type = 'table' DESC"
            )
            for (sql,) in cursor.fetchall():
                copia = re.sub(r'INDEX "(\w+)"', r'INDEX "r_\1"', sql)
                copia = re.sub(r"TRIGGER (\w+)", r"TRIGGER r_\1", copia)
                copia = copia.replace('"medidores_leitura"', f'"{REFERENCIA}"')
                cursor.execute(copia.replace("ON medidores_leitura ", f"ON {REFERENCIA} "))

    def medir(self) -> float:
        from django.db import connection, transaction

        from medidores.servicos.leituras import COLUNAS

        self.criar()
        comando = (
            f"INSERT INTO {REFERENCIA} ({', '.join(COLUNAS)}) "
            f"VALUES ({', '.join('?' * len(COLUNAS))})"
        )
        inicio = time.perf_counter()
        with transaction.atomic():
            connection.connection.executemany(comando, self.linhas)
        return time.perf_counter() - inicio


def esvaziar() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {REFERENCIA}")
        if connection.vendor == "postgresql":
            cursor.execute(
                "TRUNCATE medidores_leitura, medidores_importacaoleituras RESTART IDENTITY CASCADE"
            )
        else:
            cursor.execute("DELETE FROM medidores_leitura")
            cursor.execute("DELETE FROM medidores_importacaoleituras")
            cursor.execute("DELETE FROM sqlite_sequence WHERE name LIKE 'medidores_%'")


def main() -> None:
    opcoes = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    opcoes.add_argument("--linhas", type=int, default=1_000_000)
    opcoes.add_argument("--medidores", type=int, default=100_000)
    opcoes.add_argument("--voltas", type=int, default=3)
    opcoes.add_argument("--historico", type=int, default=0, help="months imported before")
    opcoes.add_argument("--banco", choices=["postgresql", "sqlite"], default="postgresql")
    escolhas = opcoes.parse_args()

    with tempfile.TemporaryDirectory() as pasta:
        preparar_django(escolhas.banco, pasta)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        criar_medidores(escolhas.medidores)
        antes = Path(pasta) / "antes.csv"
        arquivo = Path(pasta) / "leituras.csv"
        meses = escolhas.historico
        valores = [1_000 + 7 * n % 49_000 for n in range(escolhas.medidores)]
        if meses:
            escrever_csv(
                antes,
                valores,
                linhas=meses * escolhas.medidores,
                primeiro=date(2025, 1, 1) - timedelta(days=30 * meses),
            )
        escrever_csv(arquivo, valores, linhas=escolhas.linhas, primeiro=date(2025, 1, 1))
        referencia = (Postgresql if escolhas.banco == "postgresql" else Sqlite)(Path(pasta))
        importacoes, referencias, picos = [], [], []
        for volta in range(escolhas.voltas):
            esvaziar()
            if meses:
                importar(antes)
            segundos, pico, resumo = importar(arquivo)
            if not volta:
                referencia.guardar()
                print(json.dumps(resumo))
            importacoes.append(segundos)
            picos.append(pico)
            referencias.append(referencia.medir())
            print(f"importação {segundos:7.1f} s   referência {referencias[-1]:7.1f} s")
        importacao, nua = statistics.median(importacoes), statistics.median(referencias)
        escala = (resumo["linhas"] + meses * escolhas.medidores) / resumo["linhas"]
        print(f"linhas por segundo: {resumo['linhas'] / importacao:.0f}")
        print(f"pico de memória da importação: {max(picos):.0f} MiB")
        print(f"razão referência / importação: {nua / escala / importacao:.2f}")


if __name__ == "__main__":
    main()
