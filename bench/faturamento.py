"""How fast does a billing run go, beside SQL that writes the same rows?

    make bench SCRIPT=faturamento ARGS="--unidades 200000"      # --grande: 1,000,000

Loads UCs with two readings each, bills them with 1, 2 and 4 processes (issued and
numbered), and in turns lets PostgreSQL alone write the same invoices into an equal
table (same columns, keys, checks, indexes and triggers) in two ways: one INSERT…SELECT
that calculates them from meters, readings and tables (`faturamento.sql`; its rows are
checked equal to ours), and one that copies the finished rows, which calculates nothing
and is the lower bound. Prints the peak memory of each process, and the ratios last;
`--perfil` prints where the time goes.
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
from collections import defaultdict
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

RAIZ = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RAIZ))

AGORA = datetime(2026, 2, 10, 15, tzinfo=UTC)
MES = date(2026, 1, 1)
DIA_VENCIMENTO = 10
CONSUMOS = 500  # homes read in whole kWh: few are equal in a street, many in a town
BANCO = "bench_faturamento"
CALCULA = "INSERT…SELECT que calcula a fatura"
COPIA = "INSERT…SELECT que só copia as prontas"
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


def consumo_kwh(n: int, consumos: int) -> int:
    """From 30 kWh up, so many different ones, in no order."""
    return 30 + n * 7919 % consumos


def carregar(unidades: int, consumos: int = CONSUMOS) -> None:
    """Parameters, and UCs with a meter and two readings each."""
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
                    dia_vencimento=DIA_VENCIMENTO,
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
                    leitura_kwh=1000 + fim * consumo_kwh(n, consumos),
                    valor_informado=1000 + fim * consumo_kwh(n, consumos),
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
    escopo = definir_escopo(MES, ate=None, grupo_leitura="", agora=AGORA)
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


# Inlined by the planner: names for what the statement says many times over.
FUNCOES_DA_REFERENCIA = """
CREATE OR REPLACE FUNCTION numero_br(valor numeric, casas text) RETURNS text LANGUAGE sql
IMMUTABLE RETURN translate(to_char(valor, 'FM999G999G999G990D' || casas), ',.', '.,');
CREATE OR REPLACE FUNCTION porcento(fracao numeric) RETURNS text LANGUAGE sql
IMMUTABLE RETURN replace(trim_scale(fracao * 100)::text, '.', ',') || '%';
CREATE OR REPLACE FUNCTION tarifa(valor numeric) RETURNS text LANGUAGE sql
IMMUTABLE RETURN CASE WHEN scale(trim_scale(valor)) > 5 THEN trim_scale(valor)::text
ELSE round(valor, 5)::text END;
CREATE OR REPLACE FUNCTION instante(valor timestamptz) RETURNS text LANGUAGE sql
STABLE RETURN to_char(valor AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"');
"""
# Its text of the same inputs has the keys in another order.
FORA_DA_COMPARACAO = {"id", "numero", "insumos_hash"}


def medir_copia() -> float:
    """Rows a second of one INSERT…SELECT that copies the finished invoices: the lower bound."""
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


def medir_referencia() -> float:
    """Rows a second of the INSERT…SELECT that bills by itself; its rows must equal ours."""
    from django.db import connection

    from comum.vocabulario import Classe
    from faturamento.calculo.vencimento import calcular_vencimento
    from faturamento.models import ExecucaoFaturamento
    from faturamento.servicos.medicao import janela_da_competencia

    criar_espelho()
    janela = janela_da_competencia(MES)
    emissao = AGORA.date()
    parametros: dict[str, Any] = {
        "mes": MES,
        "inicio": janela.inicio,
        "fim": janela.fim,
        "agora": AGORA,
        "execucao": ExecucaoFaturamento.objects.get().pk,
        "emissao": emissao,
        # The due date needs the banks' calendar, which no table has: given, not calculated.
        "vencimento": calcular_vencimento(
            emissao=emissao, dia_vencimento=DIA_VENCIMENTO, classe=Classe.RESIDENCIAL
        ),
    }
    comando = (RAIZ / "bench/faturamento.sql").read_text()
    with connection.cursor() as cursor:
        cursor.execute(FUNCOES_DA_REFERENCIA)
        inicio = time.perf_counter()
        cursor.execute(comando.replace("{destino}", "espelho"), parametros)
        duracao = time.perf_counter() - inicio
        linhas = cursor.rowcount
    conferir_referencia(linhas)
    return linhas / duracao


def conferir_referencia(linhas: int) -> None:
    """Every column of every invoice of the reference, its document too, is that of the run."""
    from django.db import connection

    colunas = [c for c in _colunas("faturamento.Fatura") if c not in FORA_DA_COMPARACAO]
    lista = ", ".join(colunas)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), (SELECT count(*) FROM (SELECT {lista} FROM faturamento_fatura "
            f"EXCEPT SELECT {lista} FROM espelho) d) FROM faturamento_fatura"
        )
        faturas, diferentes = cursor.fetchone()
    if faturas != linhas or diferentes:
        raise SystemExit(f"a referência difere: {linhas} de {faturas}, {diferentes} diferentes")


def perfilar(unidades: int) -> None:
    from faturamento.servicos.execucao import definir_escopo, faturar

    limpar()
    escopo = definir_escopo(MES, ate=None, grupo_leitura="", agora=AGORA)
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
    argumentos.add_argument(
        "--consumos", type=int, default=CONSUMOS, help="quantos consumos diferentes há"
    )
    argumentos.add_argument("--perfil", action="store_true", help="só o perfil")
    opcoes = argumentos.parse_args()
    unidades = 1_000_000 if opcoes.grande else opcoes.unidades
    criar_banco()
    preparar_django()
    carregar(unidades, opcoes.consumos)
    if opcoes.perfil:
        perfilar(unidades)
        return
    medidas: dict[str, list[float]] = defaultdict(list)
    memorias: dict[int, float] = {}
    for _ in range(opcoes.voltas):  # in turns: noise falls on all alike
        for processos in opcoes.processos:
            ritmo, memoria = medir_execucao(processos)
            medidas[f"{processos} processo(s)"].append(ritmo)
            memorias[processos] = max(memoria, memorias.get(processos, 0))
        medidas[CALCULA].append(medir_referencia())
        medidas[COPIA].append(medir_copia())
    medianas = {nome: statistics.median(valores) for nome, valores in medidas.items()}
    print(
        json.dumps(
            {
                "unidades": unidades,
                "consumos": opcoes.consumos,
                "voltas": opcoes.voltas,
                "cpus": os.cpu_count(),
            }
        )
    )
    for nome, mediana in medianas.items():
        print(f"{nome:45} {mediana:8.0f} faturas/s")
    for processos, memoria in memorias.items():
        print(f"pico de memória, {processos} processo(s): {memoria:.0f} MiB cada")
    for referencia in (COPIA, CALCULA):
        for processos in opcoes.processos:
            razao = medianas[f"{processos} processo(s)"] / medianas[referencia]
            print(f"razão {processos} processo(s) / {referencia}: {razao:.2f}")


if __name__ == "__main__":
    main()
