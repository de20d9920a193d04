"""How long does the database work for the pages that staff sit in front of, at 1,000,000 invoices?

    make bench SCRIPT=admin                       # ARGS="--faturas 1000000"

Fills a PostgreSQL with thirteen months of invoices (one UC and meter a customer, nine in
ten paid, one in a hundred in part), then asks for the painel, a customer and an invoice
by Django's test client, and adds up the time that each page spends in queries, seen from
Python. Prints the median beside that of one `count(*)` of the invoices, asked in turns:
milliseconds are of the machine and of who else uses it, the ratio less so. The
demonstrativos are empty: sums never read them, and a page reads at most thirteen.

The painel is asked for in four states of the tables, for an index alone answers only for
pages that a vacuum has seen since they changed: all of them seen; as much of the newest
rows changed since as autovacuum lets be, by the settings of the two tables; the whole
newest month, as after a billing run until autovacuum's next minute; and as much as
PostgreSQL's own settings would let be.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

RAIZ = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RAIZ))

from bench import importacao

MESES = 13
VOLTAS = 7
REFERENCIA = "SELECT count(*) FROM faturamento_fatura"
TABELAS = (
    "faturamento_fatura",
    "faturamento_pagamento",
    "medidores_leitura",
    "medidores_medidor",
    "medidores_unidadeconsumidora",
    "clientes_cliente",
)
# Part of the invoices, newest first, and of their payments, that changed since the last vacuum.
MEXIDAS = {
    "painel, 2 % mexidas": 0.02,
    "painel, um mês mexido": 1 / MESES,
    "painel, 20 % mexidas": 0.2,
}


def carregar(faturas: int) -> None:
    """By INSERT … SELECT, with the triggers of keys and freezes off: all rows are born right."""
    from django.db import connection

    unidades = faturas // MESES
    with connection.cursor() as cursor:
        # A commit that is not on disk yet leaves rows that a vacuum cannot call visible to all.
        cursor.execute("SET synchronous_commit = on")
        for tabela in TABELAS:
            cursor.execute(f"ALTER TABLE {tabela} SET (autovacuum_enabled = off)")
        cursor.execute("SET session_replication_role = replica")
        for comando in COMANDOS:
            cursor.execute(comando, {"unidades": unidades, "meses": MESES})
        cursor.execute("SET session_replication_role = DEFAULT")
    assentar()


def assentar() -> None:
    """Vacuums until the visibility map knows every page; autovacuum is off, so it stays so."""
    from django.db import connection

    with connection.cursor() as cursor:
        for tabela in TABELAS:
            # Of a few changed rows a vacuum may leave the indexes, and so their pages, for later.
            cursor.execute(f"VACUUM (ANALYZE, INDEX_CLEANUP ON) {tabela}")
        cursor.execute("ANALYZE")
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relallvisible < relpages",
            [list(TABELAS)],
        )
        assert not (faltam := cursor.fetchall()), faltam


def mexer(parte: float) -> None:
    """Writes the newest invoices, and their payments, anew as they are."""
    from django.db import connection

    from faturamento.models import Fatura

    ate = int(parte * Fatura.objects.count())
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE faturamento_fatura SET status_pagamento = status_pagamento WHERE id <= %s",
            [ate],
        )
        cursor.execute(
            "UPDATE faturamento_pagamento SET origem = origem WHERE fatura_id <= %s", [ate]
        )
        cursor.execute("SET session_replication_role = DEFAULT")


COMANDOS = (
    """INSERT INTO clientes_cliente (id, nome, nome_busca, endereco, telefone, email_cliente,
         data_cadastro)
       SELECT n, 'Cliente ' || n, 'cliente ' || n, 'Rua ' || n, '', '', '2020-01-01'
         FROM generate_series(1, %(unidades)s) n""",
    """INSERT INTO medidores_unidadeconsumidora (id, codigo, endereco, municipio_ibge, uf, classe,
         subclasse, subgrupo, modalidade, ligacao, grupo_leitura, dia_vencimento, sem_leitura,
         situacao)
       SELECT n, 'UC-' || n, '', '3550308', 'SP', 'RESIDENCIAL', 'RESIDENCIAL', 'B1',
         'CONVENCIONAL', 'MONOFASICA', 'G' || n %% 20, 10, 'PENDENCIA', 'ATIVA'
         FROM generate_series(1, %(unidades)s) n""",
    """INSERT INTO medidores_medidor (id, cliente_id, unidade_id, numero_medidor, tipo, digitos,
         constante, data_instalacao)
       SELECT n, n, n, 'M-' || n, '', 5, 1, '2020-01-01' FROM generate_series(1, %(unidades)s) n""",
    """INSERT INTO medidores_leitura (medidor_id, registrador, data_leitura, leitura_kwh,
         valor_informado, origem, situacao, ocorrencia, explicacao, observacao, registrada_em)
       SELECT n, 'ATIVA_TOTAL', date_trunc('month', now()) - m * interval '1 month'
         + interval '5 days 15 hours', 9000 - m * 150, 9000 - m * 150, 'CAMPO',
         CASE WHEN n %% 500 = 0 AND m = 0 THEN 'RETIDA' ELSE 'VALIDA' END, '', '', '', now()
         FROM generate_series(1, %(unidades)s) n, generate_series(0, 1) m""",
    """INSERT INTO faturamento_fatura (id, cliente_id, unidade_id, origem, situacao,
         status_pagamento, mes_referencia, serie, numero, data_emissao, data_vencimento,
         emitida_em, ciclo_de, ciclo_ate, consumo_kwh, consumo_faturado_kwh, valor,
         valor_energia, valor_bandeira, valor_cip, valor_icms, valor_pis, valor_cofins,
         demonstrativo, insumos_hash, motivo_cancelamento)
       SELECT m * %(unidades)s + n, n, n, 'CICLO', 'EMITIDA',
         CASE WHEN n %% 100 = 0 THEN 'PARCIAL' WHEN n %% 10 = m %% 10 THEN 'PENDENTE'
              ELSE 'PAGA' END,
         mes, '1', m * %(unidades)s + n, mes + 6, mes + 20, mes + interval '6 days',
         mes - interval '25 days', mes + interval '5 days', 150 + n %% 50, 150 + n %% 50,
         120 + n %% 50, 110 + n %% 50, 0, 10, 20, 1, 4, '{}', '', ''
         FROM generate_series(0, %(meses)s - 1) m,
              LATERAL (SELECT (date_trunc('month', now()) - m * interval '1 month')::date AS mes) d,
              generate_series(1, %(unidades)s) n""",
    """INSERT INTO faturamento_pagamento (fatura_id, identificador, valor, data_pagamento, origem,
         registrado_em)
       SELECT id, 'p-' || id, CASE status_pagamento WHEN 'PAGA' THEN valor ELSE 10 END,
         data_emissao + 10, 'BANCO', now()
         FROM faturamento_fatura WHERE status_pagamento <> 'PENDENTE'""",
)


@contextmanager
def contar(consultas: list[tuple[float, str]]) -> Iterator[None]:
    from django.db import connection

    def medir(executar: Any, sql: str, parametros: Any, varios: bool, contexto: Any) -> Any:
        inicio = time.perf_counter()
        try:
            return executar(sql, parametros, varios, contexto)
        finally:
            consultas.append((time.perf_counter() - inicio, sql))

    with connection.execute_wrapper(medir):
        yield


def pedir(cliente: Any, endereco: str) -> list[tuple[float, str]]:
    consultas: list[tuple[float, str]] = []
    with contar(consultas):
        assert cliente.get(endereco).status_code == 200, endereco
    return consultas


def contar_faturas() -> float:
    from django.db import connection

    inicio = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(REFERENCIA)
        cursor.fetchone()
    return 1000 * (time.perf_counter() - inicio)


def datar_somas(idade: timedelta) -> None:
    """Every kept sum gets this age: of old ones the next look redoes what it redoes at most."""
    from django.utils import timezone

    from faturamento.models import ResumoMensal

    ResumoMensal.objects.update(calculado_em=timezone.now() - idade)


def medir(cliente: Any) -> None:
    from faturamento.models import Fatura

    fatura = Fatura.objects.order_by("-pk").values_list("pk", "cliente")[1234]
    primeira = 1000 * sum(tempo for tempo, _ in pedir(cliente, "/admin/"))
    print(f"{'painel, a primeira vez de todas':40s} {primeira:7.0f} ms no banco")
    paginas = {
        "painel": "/admin/",
        "painel, somas velhas": "/admin/",
        "cliente": f"/admin/clientes/cliente/{fatura[1]}/change/",
        "fatura": f"/admin/faturamento/fatura/{fatura[0]}/change/",
        "fatura, imprimir": f"/admin/faturamento/fatura/{fatura[0]}/imprimir/",
    }
    for nome, endereco in paginas.items():
        medir_pagina(cliente, nome, endereco)
    for nome, parte in MEXIDAS.items():
        assentar()
        mexer(parte)
        medir_pagina(cliente, nome, "/admin/")


def medir_pagina(cliente: Any, nome: str, endereco: str) -> None:
    pedir(cliente, endereco)
    tempos, referencias = [], []
    for _ in range(VOLTAS):
        referencias.append(contar_faturas())
        datar_somas(timedelta(days=1 if "velhas" in nome else 0))
        consultas = pedir(cliente, endereco)
        tempos.append(1000 * sum(tempo for tempo, _ in consultas))
    mediana, referencia = statistics.median(tempos), statistics.median(referencias)
    print(
        f"{nome:32s} {mediana:6.0f} ms no banco (de {min(tempos):.0f} a {max(tempos):.0f}), "
        f"{len(consultas)} consultas; count(*) {referencia:.0f} ms; "
        f"razão {mediana / referencia:5.2f}"
    )
    for tempo, sql in sorted(consultas, reverse=True)[:3]:
        print(f"    {1000 * tempo:6.1f} ms  {' '.join(sql.split())[:150]}")


def main() -> None:
    opcoes = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    opcoes.add_argument("--faturas", type=int, default=1_000_000)
    escolhas = opcoes.parse_args()
    importacao.preparar_django("postgresql", "")
    os.environ["ALLOWED_HOSTS"] = "testserver"
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    call_command("migrate", verbosity=0)
    usuario = User.objects.create_superuser("medida", password="medida")
    carregar(escolhas.faturas)
    cliente = Client()
    cliente.force_login(usuario)
    medir(cliente)


if __name__ == "__main__":
    main()
