"""Triggers, declared once and made for both databases.

An app declares its own in its `gatilhos.py`; all are installed, idempotently, after every
`migrate`: SQLite drops the triggers of a table that Django remakes. Each refusal reads
`ENERGIA:CODIGO:frase`; `comum.django_base.banco` turns it into that sentence.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from comum.django_base.banco import MARCA_DE_GATILHO

PREFIXO = "energia_"


@dataclass(frozen=True, slots=True)
class Gatilho:
    """One refusal: on these events of a table, when `condicao` holds.

    `condicao` is SQL over OLD and NEW that both databases read alike; `trava`
    is what PostgreSQL locks first, so that the condition sees the last commit.
    With `conjunto`, the same condition over the table `novas`, PostgreSQL asks once
    for all the rows of an INSERT or a COPY: by row it would cost half of an import.
    """

    nome: str
    modelo: type[models.Model]
    eventos: tuple[str, ...]
    condicao: str
    codigo: str
    frase: str
    trava: str = ""
    conjunto: str = ""


_declarados: list[Callable[[str], tuple[Gatilho, ...]]] = []


def declarar(gatilhos_de_um_app: Callable[[str], tuple[Gatilho, ...]]) -> None:
    """Adds an app's triggers, by vendor of the database, to those that are installed."""
    if gatilhos_de_um_app not in _declarados:
        _declarados.append(gatilhos_de_um_app)


def gatilhos_de(vendor: str) -> tuple[Gatilho, ...]:
    """The triggers that a database of this vendor must hold."""
    return tuple(gatilho for de_um_app in _declarados for gatilho in de_um_app(vendor))


def tabela(modelo: type[models.Model]) -> str:
    return modelo._meta.db_table


def mudou(modelo: type[models.Model], *, menos: tuple[str, ...] = ()) -> str:
    """SQL: some column of the row changed, `menos` those field names."""
    colunas = [campo.column for campo in modelo._meta.local_fields if campo.name not in menos]
    return "(" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in colunas) + ")"


def _sql_postgresql(gatilho: Gatilho) -> Iterator[str]:
    nome, alvo = PREFIXO + gatilho.nome, tabela(gatilho.modelo)
    eventos = " OR ".join(gatilho.eventos)
    if gatilho.conjunto:
        condicao, volta = gatilho.conjunto, "NULL"
        quando = f"AFTER {eventos} ON {alvo} REFERENCING NEW TABLE AS novas FOR EACH STATEMENT"
    else:
        condicao, volta = gatilho.condicao, "OLD" if gatilho.eventos == ("DELETE",) else "NEW"
        quando = f"BEFORE {eventos} ON {alvo} FOR EACH ROW"
    yield f"""
        CREATE OR REPLACE FUNCTION {nome}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {gatilho.trava}
            IF {condicao} THEN
                RAISE EXCEPTION USING
                    ERRCODE = 'check_violation', CONSTRAINT = '{nome}',
                    MESSAGE = '{MARCA_DE_GATILHO}:{gatilho.codigo}:{gatilho.frase}';
            END IF;
            RETURN {volta};
        END $$"""
    yield f"CREATE OR REPLACE TRIGGER {nome} {quando} EXECUTE FUNCTION {nome}()"


def _sql_sqlite(gatilho: Gatilho) -> Iterator[str]:
    # SQLite reads IS where PostgreSQL reads IS NOT DISTINCT FROM (before 3.39, only so).
    condicao = gatilho.condicao.replace("IS NOT DISTINCT FROM", "IS").replace(
        "IS DISTINCT FROM", "IS NOT"
    )
    for evento in gatilho.eventos:
        nome = f"{PREFIXO}{gatilho.nome}_{evento.lower()}"
        yield f"DROP TRIGGER IF EXISTS {nome}"
        yield (
            f"CREATE TRIGGER {nome} BEFORE {evento} ON {tabela(gatilho.modelo)} "
            f"FOR EACH ROW WHEN {condicao} BEGIN SELECT "
            f"RAISE(ABORT, '{MARCA_DE_GATILHO}:{gatilho.codigo}:{gatilho.frase}'); END"
        )


def instalar(conexao: BaseDatabaseWrapper) -> None:
    """Installs every trigger, replacing what is there; safe to repeat."""
    sql_de = _sql_sqlite if conexao.vendor == "sqlite" else _sql_postgresql
    with conexao.cursor() as cursor:
        for gatilho in gatilhos_de(conexao.vendor):
            for comando in sql_de(gatilho):
                cursor.execute(comando)


def remover(conexao: BaseDatabaseWrapper) -> None:
    """Takes every trigger away; only tests that need a control do this."""
    with conexao.cursor() as cursor:
        for gatilho in gatilhos_de(conexao.vendor):
            if conexao.vendor == "sqlite":
                for evento in gatilho.eventos:
                    cursor.execute(
                        f"DROP TRIGGER IF EXISTS {PREFIXO}{gatilho.nome}_{evento.lower()}"
                    )
            else:
                cursor.execute(
                    f"DROP TRIGGER IF EXISTS {PREFIXO}{gatilho.nome} ON {tabela(gatilho.modelo)}"
                )


def instalar_depois_de_migrar(*, using: str, **_: Any) -> None:
    """post_migrate receiver; waits until all the tables are there."""
    conexao = connections[using]
    existentes = set(conexao.introspection.table_names())
    if {tabela(gatilho.modelo) for gatilho in gatilhos_de(conexao.vendor)} <= existentes:
        instalar(conexao)
