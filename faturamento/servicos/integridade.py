"""P1 to P7, asked of the database itself: which rows break a promise, whoever wrote them.

P3 adds up the lines; that they are the right lines, `verificacao` says by redoing each bill.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from faturamento import gatilhos
from faturamento.models import (
    ExecucaoFaturamento,
    Fatura,
    LoteFaturamento,
    Pagamento,
    Pendencia,
    SequenciaFatura,
)
from medidores.models import Leitura

IDS_MOSTRADOS = 50

FATURA = Fatura._meta.db_table
EXECUCAO = ExecucaoFaturamento._meta.db_table
LOTE = LoteFaturamento._meta.db_table
PENDENCIA = Pendencia._meta.db_table
SEQUENCIA = SequenciaFatura._meta.db_table
PAGAMENTO = Pagamento._meta.db_table
LEITURA = Leitura._meta.db_table

# Where the two databases read JSON, instants and exact decimals differently.
POSTGRESQL = {
    "linhas": "jsonb_array_elements(f.demonstrativo->'linhas') AS l(value)",
    "valor_da_linha": "(l.value->>'valor')::numeric",
    "valor": "f.valor",
    "leituras": "jsonb_array_elements(f.demonstrativo->'leituras') AS t(value)",
    "kwh_lido": "(t.value->p.ponta->>'leitura_kwh')::numeric",
    "kwh": "l.leitura_kwh",
    "instante_lido": "(t.value->p.ponta->>'data_leitura')::timestamptz",
    "instante": "l.data_leitura",
    "leitura_id": "(t.value->p.ponta->>'leitura_id')::bigint",
}
SQLITE = {
    "linhas": "json_each(f.demonstrativo, '$.linhas') AS l",
    "valor_da_linha": "CAST(REPLACE(json_extract(l.value, '$.valor'), '.', '') AS INTEGER)",
    "valor": "CAST(ROUND(f.valor * 100) AS INTEGER)",
    "leituras": "json_each(f.demonstrativo, '$.leituras') AS t",
    "kwh_lido": "CAST(ROUND(json_extract(t.value, '$.' || p.ponta || '.leitura_kwh') * 1000) "
    "AS INTEGER)",
    "kwh": "CAST(ROUND(l.leitura_kwh * 1000) AS INTEGER)",
    "instante_lido": "strftime('%Y-%m-%d %H:%M:%f', json_extract(t.value, '$.' || p.ponta || "
    "'.data_leitura'))",
    "instante": "strftime('%Y-%m-%d %H:%M:%f', l.data_leitura)",
    "leitura_id": "json_extract(t.value, '$.' || p.ponta || '.leitura_id')",
}


@dataclass(frozen=True, slots=True)
class Conferencia:
    """SQL that gives the `id` of each row that breaks a promise."""

    promessa: str
    frase: str
    tabela: str
    sql: str


@dataclass(frozen=True, slots=True)
class Violacao:
    """What one question found: how many rows, and the first of their ids."""

    promessa: str
    frase: str
    tabela: str
    quantas: int
    ids: list[Any] = field(default_factory=list)


CONFERENCIAS = (
    Conferencia(
        "P1",
        "mais de uma fatura não cancelada da unidade no mês",
        FATURA,
        f"""SELECT f.id FROM {FATURA} f JOIN {FATURA} o ON o.unidade_id = f.unidade_id
            AND o.mes_referencia = f.mes_referencia AND o.id <> f.id
            AND o.origem IN ('CICLO', 'REFATURAMENTO') AND o.situacao <> 'CANCELADA'
            WHERE f.origem IN ('CICLO', 'REFATURAMENTO') AND f.situacao <> 'CANCELADA'""",
    ),
    Conferencia(
        "P2",
        "a execução concluída não fecha: faturadas + pendentes, lotes, faturas e pendências",
        EXECUCAO,
        f"""SELECT e.id FROM {EXECUCAO} e WHERE e.situacao = 'CONCLUIDA' AND (
            e.elegiveis <> e.faturadas + e.pendentes
            OR e.faturadas <> (SELECT COALESCE(SUM(l.faturadas), 0) FROM {LOTE} l
                WHERE l.execucao_id = e.id AND l.situacao = 'FEITO')
            OR e.pendentes <> (SELECT COALESCE(SUM(l.pendentes), 0) FROM {LOTE} l
                WHERE l.execucao_id = e.id AND l.situacao = 'FEITO')
            OR EXISTS (SELECT 1 FROM {LOTE} l
                WHERE l.execucao_id = e.id AND l.situacao = 'PENDENTE')
            OR e.pendentes <> (SELECT COUNT(*) FROM {PENDENCIA} p WHERE p.execucao_id = e.id)
            OR e.faturadas - e.descartadas <> (SELECT COUNT(*) FROM {FATURA} f
                WHERE f.execucao_id = e.id AND f.origem = 'CICLO'))""",
    ),
    Conferencia(
        "P2",
        "a unidade tem fatura e pendência na mesma execução",
        PENDENCIA,
        f"""SELECT p.id FROM {PENDENCIA} p JOIN {FATURA} f
            ON f.execucao_id = p.execucao_id AND f.unidade_id = p.unidade_id
            AND f.origem = 'CICLO'""",
    ),
    Conferencia(
        "P3",
        "o valor não é a soma das linhas do demonstrativo",
        FATURA,
        f"""SELECT f.id FROM {FATURA} f WHERE f.origem <> 'AVULSA' AND {{valor}} <>
            (SELECT COALESCE(SUM({{valor_da_linha}}), 0) FROM {{linhas}})""",
    ),
    Conferencia(
        "P5",
        "o número não segue o anterior da série",
        FATURA,
        f"""SELECT n.id FROM (SELECT id, numero, LAG(numero, 1, 0)
            OVER (PARTITION BY serie ORDER BY numero, id) AS anterior
            FROM {FATURA} WHERE numero IS NOT NULL) n WHERE n.numero <> n.anterior + 1""",
    ),
    Conferencia(
        "P5",
        "a sequência da série não está no último número emitido",
        SEQUENCIA,
        f"""SELECT s.id FROM {SEQUENCIA} s WHERE s.ultimo_numero <>
            (SELECT COALESCE(MAX(f.numero), 0) FROM {FATURA} f WHERE f.serie = s.serie)""",
    ),
    Conferencia(
        "P5",
        "a fatura emitida não tem número, ou o rascunho tem",
        FATURA,
        f"""SELECT f.id FROM {FATURA} f WHERE f.origem <> 'AVULSA'
            AND (f.numero IS NULL) <> (f.situacao = 'RASCUNHO')""",
    ),
    Conferencia(
        "P6",
        "uma leitura que a fatura emitida nomeia não existe, não vale ou mudou",
        FATURA,
        f"""SELECT DISTINCT f.id FROM {FATURA} f CROSS JOIN {{leituras}}
            CROSS JOIN (SELECT 'anterior' AS ponta UNION ALL SELECT 'atual') p
            LEFT JOIN {LEITURA} l ON l.id = {{leitura_id}}
            WHERE f.situacao = 'EMITIDA' AND f.origem <> 'AVULSA' AND {{leitura_id}} IS NOT NULL
            AND (l.id IS NULL OR l.situacao <> 'VALIDA' OR {{kwh}} <> {{kwh_lido}}
                OR {{instante}} <> {{instante_lido}})""",
    ),
    Conferencia(
        "P7",
        "o mesmo identificador em mais de um pagamento",
        PAGAMENTO,
        f"""SELECT p.id FROM {PAGAMENTO} p JOIN {PAGAMENTO} o
            ON o.identificador = p.identificador AND o.id <> p.id""",
    ),
    Conferencia(
        "P7",
        "o estorno não desfaz por inteiro um pagamento da mesma fatura",
        PAGAMENTO,
        f"""SELECT p.id FROM {PAGAMENTO} p JOIN {PAGAMENTO} o ON o.id = p.estorna_id
            WHERE p.valor <> -o.valor OR p.fatura_id <> o.fatura_id""",
    ),
    Conferencia(
        "P7",
        "o estado do pagamento não é o que os pagamentos somam",
        FATURA,
        f"""SELECT f.id FROM {FATURA} f LEFT JOIN (SELECT fatura_id, ROUND(SUM(valor), 2) AS pago
            FROM {PAGAMENTO} GROUP BY fatura_id) s ON s.fatura_id = f.id
            WHERE (f.status_pagamento = 'PENDENTE' AND COALESCE(s.pago, 0) > 0)
            OR (f.status_pagamento = 'PAGA' AND COALESCE(s.pago, 0) < f.valor)
            OR (f.status_pagamento = 'PARCIAL' AND
                (COALESCE(s.pago, 0) <= 0 OR s.pago >= f.valor))""",
    ),
)


def verificar_integridade() -> list[Violacao]:
    """Every broken promise; none in a sound database. Reads only."""
    return [*_perguntar(), *_gatilhos_que_faltam()]


def _perguntar() -> Iterator[Violacao]:
    dialeto = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    with connection.cursor() as cursor:
        for conferencia in CONFERENCIAS:
            sql = conferencia.sql.format(**dialeto)
            cursor.execute(
                f"SELECT x.id, COUNT(*) OVER () FROM (SELECT DISTINCT id FROM ({sql}) y) x "
                f"ORDER BY x.id LIMIT {IDS_MOSTRADOS}"
            )
            if linhas := cursor.fetchall():
                yield Violacao(
                    conferencia.promessa,
                    conferencia.frase,
                    conferencia.tabela,
                    linhas[0][1],
                    [linha[0] for linha in linhas],
                )


def _gatilhos_que_faltam() -> Iterator[Violacao]:
    """P4: the freeze is the triggers'; one that is gone or switched off freezes nothing."""
    if connection.vendor == "postgresql":
        ligados = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    else:
        ligados = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(ligados)
        achados = {nome for (nome,) in cursor.fetchall()}
    if faltam := sorted(_gatilhos_esperados() - achados):
        frase = "gatilhos que congelam o faturado faltam ou estão desligados; rode migrate"
        yield Violacao("P4", frase, "pg_trigger", len(faltam), faltam)


def _gatilhos_esperados() -> set[str]:
    nomes = set()
    for gatilho in gatilhos.gatilhos_de(connection.vendor):
        nome = gatilhos.PREFIXO + gatilho.nome
        if connection.vendor == "sqlite":
            nomes |= {f"{nome}_{evento.lower()}" for evento in gatilho.eventos}
        else:
            nomes.add(nome)
    return nomes
