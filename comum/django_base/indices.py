"""Indexes that only PostgreSQL has: trigrams for pieces of names, block ranges for dates.

They are looked for after every migrate, and made where they are missing. Trigrams need the
extension pg_trgm, which a database's owner may create since PostgreSQL 13; where it may not,
everything works as before, only slower, and `migrate` says what to ask for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction

FALTA_A_EXTENSAO = (
    "Aviso: a extensão pg_trgm não pôde ser criada ({erro}). As buscas funcionam, mas leem a "
    "tabela inteira. Peça ao administrador do banco `CREATE EXTENSION pg_trgm` e rode `migrate` "
    "de novo."
)


@dataclass(frozen=True, slots=True)
class IndiceDoPostgres:
    """`definicao` is what comes after USING in a CREATE INDEX."""

    nome: str
    tabela: str
    definicao: str

    @property
    def de_trigramas(self) -> bool:
        return "gin_trgm_ops" in self.definicao


def trigramas(nome: str, tabela: str, expressao: str) -> IndiceDoPostgres:
    """Of `expressao` as Django searches it: the bare column for `contains`, upper(…) else."""
    return IndiceDoPostgres(nome, tabela, f"gin ({expressao} gin_trgm_ops)")


def blocos(nome: str, tabela: str, coluna: str) -> IndiceDoPostgres:
    """Of a date that grows with the table: nearly free to keep, unlike one more B-tree."""
    return IndiceDoPostgres(
        nome, tabela, f"brin ({coluna}) WITH (autosummarize = on, pages_per_range = 32)"
    )


def instalar(conexao: Any, indices: Iterable[IndiceDoPostgres]) -> str:
    """Makes what is missing where its table is there; returns what the operator must know."""
    if conexao.vendor != "postgresql":
        return ""
    with conexao.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'i')")
        existentes = {nome for (nome,) in cursor.fetchall()}
    faltam = [i for i in indices if i.nome not in existentes and i.tabela in existentes]
    aviso = ""
    if any(i.de_trigramas for i in faltam) and (aviso := _criar_extensao(conexao)):
        faltam = [i for i in faltam if not i.de_trigramas]
    with conexao.cursor() as cursor:
        for indice in faltam:
            cursor.execute(
                f'CREATE INDEX IF NOT EXISTS "{indice.nome}" ON "{indice.tabela}" '
                f"USING {indice.definicao}"
            )
    return aviso


def _criar_extensao(conexao: Any) -> str:
    """ "", or why pg_trgm is not there."""
    try:
        with transaction.atomic(using=conexao.alias), conexao.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as erro:
        return FALTA_A_EXTENSAO.format(erro=str(erro).strip().splitlines()[0])
    return ""
