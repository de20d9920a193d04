"""How much slower are the lists of the admin at a million rows than at ten thousand?

    make bench SCRIPT=listas                       # ARGS="--grande 1000000"

Each customer has one UC with one meter of 50 readings and 50 invoices, at both sizes, so that
a page is as full on both sides and only the tables grow; of audit events there are as many as
readings, 50 of each customer. Asks for each page a few times by Django's test client, and prints
medians and ratios. One reading in a hundred is held, one invoice in a hundred overdue.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

RAIZ = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RAIZ))

from bench import importacao

POR_MEDIDOR = 50
VOLTAS = 9
ADMIN = "/admin/"
PAGINAS = {
    "leituras": "medidores/leitura/",
    "leituras, última página": "medidores/leitura/?p=100",
    "leituras de um medidor": "medidores/leitura/?q=M-0000077",
    "leituras por parte do número": "medidores/leitura/?q=0000077",
    "leituras pelo nome": "medidores/leitura/?q=silva+0000077",
    "leituras de um mês": "medidores/leitura/?data_leitura_from=01/01/2026"
    "&data_leitura_to=31/01/2026",
    "em crítica": "medidores/leituraemcritica/",
    "em crítica, um medidor": "medidores/leituraemcritica/?q=M-0000102",
    "clientes": "clientes/cliente/",
    "clientes, última página": "clientes/cliente/?p=100",
    "clientes pelo nome": "clientes/cliente/?q=sílva+0000077",
    "clientes pelo documento": "clientes/cliente/?q=000.000.000-77",
    "unidades": "medidores/unidadeconsumidora/",
    "unidades pelo nome": "medidores/unidadeconsumidora/?q=silva+0000077",
    "medidores": "medidores/medidor/",
    "medidores por parte do número": "medidores/medidor/?q=0000077",
    "faturas": "faturamento/fatura/",
    "faturas, última página": "faturamento/fatura/?p=100",
    "faturas pelo nome": "faturamento/fatura/?q=silva+0000077",
    "faturas de um mês": "faturamento/fatura/?mes=2026-01",
    "faturas por vencimento": "faturamento/fatura/?data_vencimento_from=01/01/2026"
    "&data_vencimento_to=31/01/2026",
    "faturas emitidas": "faturamento/fatura/?situacao__exact=EMITIDA",
    "faturas vencidas": "faturamento/fatura/?vencidas=sim",
    "leituras retidas": "medidores/leitura/?situacao__exact=RETIDA",
    "auditoria": "auditoria/eventoauditoria/",
    "auditoria, última página": "auditoria/eventoauditoria/?p=100",
    "auditoria de um registro": "auditoria/eventoauditoria/?q=77",
    "auditoria de uma pessoa": "auditoria/eventoauditoria/?q=rara",
    "auditoria de um ato": "auditoria/eventoauditoria/?acao=EXPORTACAO",
    "auditoria de um tipo": "auditoria/eventoauditoria/?modelo=clientes.Cliente",
    "auditoria de um tipo raro": "auditoria/eventoauditoria/?modelo=faturamento.Tarifa",
    "auditoria de uma origem": "auditoria/eventoauditoria/?origem__exact=COMANDO",
    "auditoria de um mês": "auditoria/eventoauditoria/?instante_from=01/01/2026"
    "&instante_to=31/01/2026",
    "paleta, um nome": "search/?s=silva+0000077&extended=1",
    "paleta, um medidor": "search/?s=M-0000077&extended=1",
}


def clonar(modelo: Any, modelo_id: int, de: int, ate: int, /, **colunas: str) -> None:
    """Rows `de`+1 … `ate` like the one of `modelo_id`, but for these columns (SQL of n)."""
    from django.db import connection

    nomes = [campo.column for campo in modelo._meta.local_fields]
    valores = ["n" if nome == "id" else colunas.get(nome, nome) for nome in nomes]
    tabela = modelo._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {tabela} ({', '.join(nomes)}) SELECT {', '.join(valores)} "
            f"FROM {tabela}, generate_series(%s, %s) AS n WHERE {tabela}.id = %s",
            [de + 1, ate, modelo_id],
        )


def modelos_de_linha() -> None:
    """One row of each, which the others repeat; its number is 1."""
    from django.utils import timezone

    from auditoria.models import EventoAuditoria
    from auditoria.servicos.eventos import registrar_evento
    from clientes.models import Cliente
    from faturamento.models import Fatura
    from faturamento.servicos.avulsas import criar_fatura_avulsa
    from medidores.models import Leitura, Medidor, UnidadeConsumidora

    cliente = Cliente(nome="Conceição 0", documento=None)
    cliente.save()
    unidade = UnidadeConsumidora(
        codigo="UC-x", classe="RESIDENCIAL", subclasse="RESIDENCIAL", subgrupo="B1"
    )
    unidade.save()
    medidor = Medidor(
        cliente=cliente,
        unidade=unidade,
        numero_medidor="M-x",
        digitos=6,
        constante=Decimal(1),
        data_instalacao=date(2020, 1, 1),
    )
    medidor.save()
    Leitura(
        medidor=medidor,
        data_leitura=datetime(2019, 1, 1, tzinfo=UTC),
        leitura_kwh=1,
        valor_informado=1,
        registrada_em=timezone.now(),
    ).save()
    criar_fatura_avulsa(
        cliente=cliente,
        unidade=unidade,
        mes_referencia=date(2019, 1, 1),
        valor=Decimal(100),
        data_emissao=date(2019, 1, 5),
        data_vencimento=date(2019, 1, 20),
        agora=timezone.now(),
    )
    registrar_evento("DADOS_PESSOAIS_VISTOS", "um evento", agora=timezone.now(), objeto=cliente)
    modelos = (Cliente, Medidor, Leitura, Fatura)
    assert {m.objects.get().pk for m in modelos} == {1}
    assert EventoAuditoria.objects.filter(pk=1).exists()


def carregar(de: int, ate: int) -> None:
    """Readings `de`+1 … `ate`, and what they hang on; one month for each reading of a meter."""
    from django.db import connection

    from auditoria.models import EventoAuditoria
    from clientes.models import Cliente
    from faturamento.models import Fatura
    from medidores.models import Leitura, Medidor, UnidadeConsumidora

    meus = (max(1, de // POR_MEDIDOR), ate // POR_MEDIDOR)
    nome = "(array['conceicao', 'maria', 'joao', 'ana'])[1 + n %% 4] || ' da silva '"
    nome += " || lpad(n::text, 7, '0')"
    clonar(
        Cliente,
        1,
        *meus,
        nome=nome,
        nome_busca=nome,
        documento="lpad(n::text, 11, '0')",
        data_cadastro="date '2020-01-01' + n %% 2000",
    )
    clonar(UnidadeConsumidora, 1, *meus, codigo="'UC-' || lpad(n::text, 7, '0')")
    clonar(
        Medidor,
        1,
        *meus,
        cliente_id="n",
        unidade_id="n",
        numero_medidor="'M-' || lpad(n::text, 7, '0')",
    )
    # Else foreign keys are checked by the plan of tables of one row, which reads them whole.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    dono = f"1 + n %% {ate // POR_MEDIDOR}"
    # A round of reading and billing after the other, as they come.
    mes = f"date '2022-01-01' + interval '1 month' * (n / {ate // POR_MEDIDOR})"
    clonar(
        Leitura,
        1,
        max(1, de),
        ate,
        medidor_id=dono,
        data_leitura=f"({mes} + interval '1 second' * n)::timestamptz",
        situacao="CASE WHEN n %% 100 = 1 THEN 'RETIDA' ELSE 'VALIDA' END",
        ocorrencia="CASE WHEN n %% 100 = 1 THEN 'CONSUMO_ALTO' ELSE '' END",
    )
    clonar(
        Fatura,
        1,
        max(1, de),
        ate,
        cliente_id=dono,
        unidade_id=dono,
        mes_referencia=f"({mes})::date",
        data_emissao=f"({mes} + interval '5 days')::date",
        data_vencimento=f"({mes} + interval '20 days')::date",
        status_pagamento="CASE WHEN n %% 100 = 1 THEN 'PENDENTE' ELSE 'PAGA' END",
    )
    # Ten staff and one who seldom comes; most are views by the admin, few are anything else.
    clonar(
        EventoAuditoria,
        1,
        max(20, de),
        ate,
        usuario_id="(SELECT min(id) FROM auth_user) + "
        "CASE WHEN n %% 100 = 3 THEN 1 ELSE 2 + n %% 10 END",
        instante=f"({mes} + interval '1 second' * n)::timestamptz",
        acao="CASE WHEN n %% 100 = 7 THEN 'EXPORTACAO' ELSE 'DADOS_PESSOAIS_VISTOS' END",
        modelo="CASE n %% 100 WHEN 9 THEN 'faturamento.Tarifa' ELSE 'clientes.Cliente' END",
        objeto_id=dono,
        origem="CASE WHEN n %% 100 = 5 THEN 'COMANDO' ELSE 'ADMIN' END",
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def usar(banco: str) -> None:
    """Everything after it asks this database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = banco


def entrar() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    cliente = Client()
    cliente.force_login(User.objects.get(username="medida"))
    return cliente


def preparar(banco: str, leituras: int) -> Any:
    """A database of its own with so many readings, and a browser in it."""
    from django.contrib.auth.models import User
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command

    usar(banco)
    ContentType.objects.clear_cache()
    call_command("migrate", verbosity=0)
    User.objects.create_superuser("medida", password="medida")
    for nome in ("rara", *(f"pessoa {n}" for n in range(10))):
        User.objects.create(username=nome)
    modelos_de_linha()
    carregar(0, leituras)
    return entrar()


def medir(bancos: dict[str, Any]) -> dict[str, dict[str, tuple[float, float, int]]]:
    """By page and database: median seconds, of them in the database, and rows on the page.

    In turns, so that what else the machine does falls on both sides alike.
    """
    from django.db import connection

    no_banco = 0.0

    def cronometrar(executar: Any, *args: Any) -> Any:
        nonlocal no_banco
        inicio = time.perf_counter()
        try:
            return executar(*args)
        finally:
            no_banco += time.perf_counter() - inicio

    tempos: dict[str, dict[str, list[tuple[float, float]]]] = {}
    linhas: dict[str, dict[str, int]] = {}
    for volta in range(VOLTAS + 1):
        for nome, endereco in PAGINAS.items():
            for banco, cliente in bancos.items():
                usar(banco)
                connection.ensure_connection()
                no_banco, inicio = 0.0, time.perf_counter()
                with connection.execute_wrapper(cronometrar):
                    resposta = cliente.get(ADMIN + endereco)
                duracao = time.perf_counter() - inicio
                assert resposta.status_code == 200, endereco
                linhas.setdefault(nome, {})[banco] = resposta.text.count('"_selected_action"')
                if volta:  # the first one warms templates and caches up
                    da_pagina = tempos.setdefault(nome, {})
                    da_pagina.setdefault(banco, []).append((duracao, no_banco))
    return {
        nome: {
            banco: (
                statistics.median(t for t, _ in medidos),
                statistics.median(b for _, b in medidos),
                linhas[nome][banco],
            )
            for banco, medidos in por_banco.items()
        }
        for nome, por_banco in tempos.items()
    }


def main() -> None:
    opcoes = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    opcoes.add_argument("--pequena", type=int, default=10_000)
    opcoes.add_argument("--grande", type=int, default=1_000_000)
    escolhas = opcoes.parse_args()
    os.environ["DATABASE_POOL_MAX"] = "0"
    importacao.preparar_django("postgresql", "")
    from django.conf import settings
    from django.db import connection

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    grande = str(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE listas_pequena")
    tamanhos = {"listas_pequena": escolhas.pequena, grande: escolhas.grande}
    bancos = {banco: preparar(banco, leituras) for banco, leituras in tamanhos.items()}
    print(f"{'':32s} {'pequena':>16s} {'grande':>16s}   ms (no banco)")
    for nome, medidas in medir(bancos).items():
        (antes, b_antes, l_antes), (depois, b_depois, l_depois) = medidas.values()
        print(
            f"{nome:32s} {1000 * antes:7.0f} ({1000 * b_antes:6.1f}) "
            f"{1000 * depois:7.0f} ({1000 * b_depois:6.1f})   "
            f"linhas {l_antes:2d} {l_depois:2d}   razão {depois / antes:5.2f}"
        )


if __name__ == "__main__":
    main()
