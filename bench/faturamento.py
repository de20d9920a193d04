"""How fast does a billing run go, beside one INSERT…SELECT that writes the same rows?

    make bench SCRIPT=faturamento ARGS="--unidades 200000"      # --grande: 1,000,000

Loads UCs with two readings each, bills them with 1, 2 and 4 processes (issued and
numbered), and in turns lets PostgreSQL alone write the same invoices, from the
finished ones, into an equal table: same columns, keys, checks, indexes and triggers.
That reference calculates nothing. Prints where the time goes, the peak memory of
each process, and the ratios last.
"""

import argparse
import cProfile
import json
import multiprocessing
import os
import pstats
import resource
import statistics
import sys
import time
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

RAIZ = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RAIZ))

AGORA = datetime(2026, 2, 10, 15, tzinfo=UTC)
BANCO = "bench_faturamento"
TABELAS_DA_RODADA = (
    "faturamento_fatura, faturamento_pendencia, faturamento_tentativalote, "
    "faturamento_lotefaturamento, faturamento_execucaofaturamento, faturamento_sequenciafatura"
)


def preparar_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "energia_project.settings"
    os.environ["DEBUG"] = "1"
    os.environ["DATABASE_POOL_MAX"] = "0"
    os.environ["LOG_LEVEL"] = "ERROR"
    servidor = os.environ["TEST_DATABASE_URL"].rpartition("/")[0]
    os.environ["DATABASE_URL"] = f"{servidor}/{BANCO}"
    import django
    from django.conf import settings

    django.setup()
    settings.DEBUG = False  # it would keep every query


def criar_banco() -> None:
    import psycopg

    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as conexao:
        conexao.execute(f"DROP DATABASE IF EXISTS {BANCO}")
        conexao.execute(f"CREATE DATABASE {BANCO}")


def carregar(unidades: int) -> None:
    """Parameters, and UCs of four consumptions with a meter and two readings each."""
    from django.core.management import call_command
    from django.db import connection

    from comum.django_base.copia import copiar_linhas
    from tests.factories import criar_parametros

    call_command("migrate", verbosity=0)
    criar_parametros()
    ids = range(1, unidades + 1)
    dezembro, janeiro = (
        datetime(2025, 12, 5, 12, tzinfo=UTC),
        datetime(2026, 1, 5, 12, tzinfo=UTC),
    )
    from django.db import transaction

    with transaction.atomic():
        copiar_linhas(
            "clientes_cliente",
            _colunas("clientes.Cliente"),
            (
                _linha(
                    "clientes.Cliente",
                    pk=n,
                    nome=f"Cliente {n}",
                    endereco=f"Rua {n}, 10",
                    nome_busca=f"cliente {n}",
                    data_cadastro=date(2025, 1, 1),
                )
                for n in ids
            ),
        )
        copiar_linhas(
            "medidores_unidadeconsumidora",
            _colunas("medidores.UnidadeConsumidora"),
            (
                _linha(
                    "medidores.UnidadeConsumidora",
                    pk=n,
                    codigo=f"UC-{n}",
                    uf="SP",
                    municipio_ibge="3550308",
                    subclasse="RESIDENCIAL",
                    subgrupo="B1",
                )
                for n in ids
            ),
        )
        copiar_linhas(
            "medidores_medidor",
            _colunas("medidores.Medidor"),
            (
                _linha(
                    "medidores.Medidor",
                    pk=n,
                    cliente_id=n,
                    unidade_id=n,
                    numero_medidor=f"M-{n:07d}",
                    data_instalacao=date(2025, 1, 1),
                )
                for n in ids
            ),
        )
        copiar_linhas(
            "medidores_leitura",
            _colunas("medidores.Leitura"),
            (
                _linha(
                    "medidores.Leitura",
                    pk=2 * n + fim,
                    registrada_em=AGORA,
                    medidor_id=n,
                    data_leitura=janeiro if fim else dezembro,
                    leitura_kwh=1000 + fim * (90 + 60 * (n % 4)),
                    valor_informado=1000 + fim * (90 + 60 * (n % 4)),
                )
                for n in ids
                for fim in (0, 1)
            ),
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _colunas(modelo: str) -> list[str]:
    from django.apps import apps

    return [campo.column for campo in apps.get_model(modelo)._meta.local_concrete_fields]


def _linha(modelo: str, **valores: object) -> list[object]:
    from django.apps import apps

    objeto = apps.get_model(modelo)(**valores)
    return [getattr(objeto, c.attname) for c in objeto._meta.local_concrete_fields]


def limpar() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABELAS_DA_RODADA} CASCADE")


def trabalhar_e_medir(execucao_id: int, fim: Connection) -> None:
    """A worker process; says its peak memory when the run is over."""
    preparar_django()
    from faturamento.servicos.trabalhador import trabalhar

    trabalhar(execucao_id, relogio=lambda: AGORA)
    fim.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def medir_execucao(processos: int) -> tuple[float, float]:
    """Bills a second of the whole run, and the peak MiB of its hungriest process.

    Timed from the first claim: the start of Python and Django is not of a run of hours.
    """
    from faturamento.models import ExecucaoFaturamento, TentativaLote
    from faturamento.servicos.execucao import abrir_execucao, definir_escopo

    limpar()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=AGORA)
    execucao = abrir_execucao(escopo, emitir=True, agora=AGORA)
    contexto = multiprocessing.get_context("spawn")
    pontas = [contexto.Pipe(duplex=False) for _ in range(processos)]
    filhos = [
        contexto.Process(target=trabalhar_e_medir, args=(execucao.pk, escrita))
        for _, escrita in pontas
    ]
    for filho in filhos:
        filho.start()
    while not TentativaLote.objects.exists():
        time.sleep(0.005)
    inicio = time.perf_counter()
    while ExecucaoFaturamento.objects.filter(pk=execucao.pk, situacao="ABERTA").exists():
        time.sleep(0.02)
    duracao = time.perf_counter() - inicio
    memoria = max(leitura.recv() for leitura, _ in pontas)
    for filho in filhos:
        filho.join()
    execucao.refresh_from_db()
    assert execucao.pendentes == 0, execucao.pendencias.por_codigo()
    return execucao.faturadas / duracao, memoria


def criar_espelho() -> None:
    """A table equal to that of invoices: keys, checks, indexes, foreign keys, triggers."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS espelho")
        cursor.execute("CREATE TABLE espelho (LIKE faturamento_fatura INCLUDING ALL)")
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = 'faturamento_fatura'::regclass AND contype = 'f'"
        )
        for nome, definicao in cursor.fetchall():
            cursor.execute(f"ALTER TABLE espelho ADD CONSTRAINT e_{nome[:50]} {definicao}")
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
            "AND tgrelid = 'faturamento_fatura'::regclass"
        )
        for (definicao,) in cursor.fetchall():
            cursor.execute(definicao.replace("public.faturamento_fatura", "public.espelho"))


def medir_referencia() -> float:
    """Rows a second of one INSERT…SELECT of the same invoices."""
    from django.db import connection

    criar_espelho()
    colunas = ", ".join(_colunas("faturamento.Fatura"))
    inicio = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO espelho ({colunas}) SELECT {colunas} FROM faturamento_fatura ORDER BY id"
        )
        linhas = cursor.rowcount
    return linhas / (time.perf_counter() - inicio)


def perfilar(unidades: int) -> None:
    from faturamento.servicos.execucao import definir_escopo, faturar

    limpar()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=AGORA)
    perfil = cProfile.Profile()
    perfil.runcall(faturar, escopo, emitir=True, agora=AGORA)
    print(f"onde o tempo vai ({unidades} unidades, 1 processo, com o peso do perfil):")
    pstats.Stats(perfil).strip_dirs().sort_stats("tottime").print_stats(28)
    pstats.Stats(perfil).strip_dirs().sort_stats("cumtime").print_stats(45)


def main() -> None:
    argumentos = argparse.ArgumentParser(description="mede o faturamento")
    argumentos.add_argument("--unidades", type=int, default=200_000)
    argumentos.add_argument("--grande", action="store_true", help="1.000.000 de unidades")
    argumentos.add_argument("--voltas", type=int, default=3)
    argumentos.add_argument("--processos", type=int, nargs="+", default=[1, 2, 4])
    argumentos.add_argument("--perfil", action="store_true", help="só o perfil")
    opcoes = argumentos.parse_args()
    unidades = 1_000_000 if opcoes.grande else opcoes.unidades
    criar_banco()
    preparar_django()
    carregar(unidades)
    if opcoes.perfil:
        perfilar(unidades)
        return
    medidas: dict[str, list[float]] = {"referência": []}
    memorias: dict[int, float] = {}
    for _ in range(opcoes.voltas):  # in turns: noise falls on all alike
        for processos in opcoes.processos:
            ritmo, memoria = medir_execucao(processos)
            medidas.setdefault(f"{processos} processo(s)", []).append(ritmo)
            memorias[processos] = max(memoria, memorias.get(processos, 0))
        medidas["referência"].append(medir_referencia())
    medianas = {nome: statistics.median(valores) for nome, valores in medidas.items()}
    print(json.dumps({"unidades": unidades, "voltas": opcoes.voltas, "cpus": os.cpu_count()}))
    for nome, mediana in medianas.items():
        print(f"{nome:16} {mediana:10.0f} faturas/s")
    for processos, memoria in memorias.items():
        print(f"pico de memória, {processos} processo(s): {memoria:.0f} MiB cada")
    for processos in opcoes.processos:
        razao = medianas[f"{processos} processo(s)"] / medianas["referência"]
        print(f"razão {processos} processo(s) / INSERT…SELECT: {razao:.2f}")


if __name__ == "__main__":
    main()
