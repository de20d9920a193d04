"""The triggers that keep what was billed as it was billed, on both databases.

Admin, API, `QuerySet.update()` and raw SQL all end here:

* an issued invoice never changes, but for payment status and cancellation;
* a reading up to the last one billed of its UC never changes, and no valid one
  is slipped in there;
* a payment never changes: a reversal is a row of its own;
* a one-off line that an issued invoice took never changes, until that is cancelled;
* on SQLite, dated rows of one key never share a day (PostgreSQL has exclusion
  constraints for that, migration `0003`.

They are installed, idempotently, after every `migrate`: SQLite drops the
triggers of a table that Django remakes. Each refusal reads
`ENERGIA:CODIGO:frase`; `comum.django_base.banco` turns it into that sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from comum.django_base.banco import FRASES_DE_MIGRACAO, MARCA_DE_GATILHO, coluna
from faturamento.models import (
    AliquotaTributo,
    Bandeira,
    FaixaCip,
    Fatura,
    LancamentoAvulso,
    Pagamento,
    Tarifa,
)
from medidores.models import Leitura, Medidor, UnidadeConsumidora

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


def _tabela(modelo: type[models.Model]) -> str:
    return modelo._meta.db_table


def _mudou(modelo: type[models.Model], *, menos: tuple[str, ...] = ()) -> str:
    """SQL: some column of the row changed, `menos` those field names."""
    colunas = [campo.column for campo in modelo._meta.local_fields if campo.name not in menos]
    return "(" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in colunas) + ")"


def _faturado_ate_na(unidade: str) -> str:
    """SQL: the end of the last billed cycle of a UC."""
    return (
        f"(SELECT max(f.ciclo_ate) FROM {_tabela(Fatura)} f WHERE f.situacao = 'EMITIDA' "
        f"AND f.origem <> 'AVULSA' AND f.unidade_id = {unidade})"
    )


def _faturado_ate(linha: str) -> str:
    """SQL: the end of the last billed cycle of the UC of `linha` (a reading)."""
    return _faturado_ate_na(
        f"(SELECT m.unidade_id FROM {_tabela(Medidor)} m WHERE m.id = {linha}.medidor_id)"
    )


def _travar_unidade(linha: str) -> str:
    """SQL: waits for whoever is billing the UC of `linha` (which locks it FOR UPDATE)."""
    return (
        f"PERFORM 1 FROM {_tabela(UnidadeConsumidora)} u JOIN {_tabela(Medidor)} m "
        f"ON m.unidade_id = u.id WHERE m.id = {linha}.medidor_id FOR KEY SHARE OF u;"
    )


# The first of the new readings of each UC: only these can fall into a billed period. An import
# writes the readings of neighbouring meters together, so the whole table of meters is not read.
_NOVAS_POR_UNIDADE = (
    "SELECT m.unidade_id AS id, min(n.data_leitura) AS primeira FROM novas n "
    f"JOIN {_tabela(Medidor)} m ON m.id = n.medidor_id WHERE n.situacao = 'VALIDA' "
    "AND m.id BETWEEN (SELECT min(medidor_id) FROM novas) AND (SELECT max(medidor_id) FROM novas) "
    "GROUP BY m.unidade_id"
)
_TRAVAR_NOVAS = (
    f"PERFORM 1 FROM {_tabela(UnidadeConsumidora)} u WHERE u.id IN "
    f"(SELECT id FROM ({_NOVAS_POR_UNIDADE}) a) ORDER BY u.id FOR KEY SHARE;"
)
CONGELADA = "OLD.origem <> 'AVULSA' AND OLD.situacao <> 'RASCUNHO'"
FRASE_CONGELADA = "A fatura foi emitida e não muda mais. Para corrigi-la, cancele e refature."
FRASE_LEITURA = (
    "A leitura está em período já faturado e não muda mais. "
    "Para corrigi-la, cancele a fatura, substitua a leitura e refature."
)

GATILHOS = (
    Gatilho(
        "fatura_emitida_nao_muda",
        Fatura,
        ("UPDATE",),
        f"{CONGELADA} AND {_mudou(Fatura, menos=Fatura.COLUNAS_LIVRES)}",
        "FATURA_CONGELADA",
        FRASE_CONGELADA,
    ),
    Gatilho(
        "fatura_emitida_nao_some",
        Fatura,
        ("DELETE",),
        CONGELADA,
        "FATURA_CONGELADA",
        FRASE_CONGELADA,
    ),
    Gatilho(
        "fatura_segue_o_seu_caminho",
        Fatura,
        ("UPDATE",),
        "OLD.origem <> NEW.origem OR (OLD.situacao <> NEW.situacao AND NOT ("
        "(OLD.situacao = 'RASCUNHO' AND NEW.situacao = 'EMITIDA') OR "
        "(OLD.situacao = 'EMITIDA' AND NEW.situacao = 'CANCELADA'))) OR "
        "(OLD.situacao = NEW.situacao AND ("
        "OLD.cancelada_em IS DISTINCT FROM NEW.cancelada_em OR "
        "OLD.cancelada_por_id IS DISTINCT FROM NEW.cancelada_por_id OR "
        "OLD.motivo_id IS DISTINCT FROM NEW.motivo_id OR "
        "OLD.motivo_cancelamento <> NEW.motivo_cancelamento))",
        "TRANSICAO_INVALIDA",
        "A fatura só passa de rascunho a emitida e de emitida a cancelada, sem volta.",
    ),
    Gatilho(
        "fatura_avulsa_paga_nao_muda",
        Fatura,
        ("UPDATE",),
        f"OLD.origem = 'AVULSA' AND {_mudou(Fatura, menos=Fatura.COLUNAS_LIVRES)} AND EXISTS "
        f"(SELECT 1 FROM {_tabela(Pagamento)} p WHERE p.fatura_id = OLD.id)",
        "FATURA_COM_PAGAMENTO",
        "A fatura avulsa já tem pagamento e não muda mais. Cancele-a e faça outra.",
    ),
    Gatilho(
        "leitura_faturada_nao_entra",
        Leitura,
        ("INSERT",),
        f"NEW.situacao = 'VALIDA' AND NEW.data_leitura <= {_faturado_ate('NEW')}",
        "PERIODO_FATURADO",
        FRASE_LEITURA,
        trava=_TRAVAR_NOVAS,
        conjunto=f"EXISTS (SELECT 1 FROM ({_NOVAS_POR_UNIDADE}) a "
        f"WHERE a.primeira <= {_faturado_ate_na('a.id')})",
    ),
    Gatilho(
        "leitura_faturada_nao_muda",
        Leitura,
        ("UPDATE",),
        f"{_mudou(Leitura)} AND ("
        f"(OLD.situacao <> 'RETIDA' AND OLD.data_leitura <= {_faturado_ate('OLD')}) OR "
        f"(NEW.situacao = 'VALIDA' AND NEW.data_leitura <= {_faturado_ate('NEW')}))",
        "PERIODO_FATURADO",
        FRASE_LEITURA,
        _travar_unidade("OLD") + _travar_unidade("NEW"),
    ),
    Gatilho(
        "leitura_faturada_nao_some",
        Leitura,
        ("DELETE",),
        f"OLD.situacao <> 'RETIDA' AND OLD.data_leitura <= {_faturado_ate('OLD')}",
        "PERIODO_FATURADO",
        FRASE_LEITURA,
        _travar_unidade("OLD"),
    ),
    Gatilho(
        "medidor_faturado_fica_na_unidade",
        Medidor,
        ("UPDATE",),
        "OLD.unidade_id <> NEW.unidade_id AND EXISTS (SELECT 1 FROM "
        f"{_tabela(Leitura)} l JOIN {_tabela(Fatura)} f ON f.unidade_id = OLD.unidade_id "
        "WHERE l.medidor_id = OLD.id AND f.situacao = 'EMITIDA' AND f.origem <> 'AVULSA' "
        "AND l.data_leitura <= f.ciclo_ate)",
        "MEDIDOR_FATURADO",
        "O medidor tem leituras faturadas e não muda de unidade consumidora. "
        "Registre a retirada dele e instale outro.",
    ),
    Gatilho(
        "pagamento_nao_muda",
        Pagamento,
        ("UPDATE",),
        _mudou(Pagamento),
        "PAGAMENTO_IMUTAVEL",
        "O pagamento registrado não muda. Estorne-o e registre outro.",
    ),
    Gatilho(
        "pagamento_nao_some",
        Pagamento,
        ("DELETE",),
        "1 = 1",
        "PAGAMENTO_IMUTAVEL",
        "O pagamento registrado não se apaga. Estorne-o.",
    ),
    *(
        Gatilho(
            f"lancamento_faturado_nao_{verbo}",
            LancamentoAvulso,
            (evento,),
            f"EXISTS (SELECT 1 FROM {_tabela(Fatura)} f WHERE f.id = OLD.fatura_id "
            "AND f.situacao <> 'CANCELADA')",
            "LANCAMENTO_FATURADO",
            "O lançamento já está em uma fatura emitida e não muda mais. "
            "Lance a diferença na próxima, ou cancele a fatura.",
        )
        for verbo, evento in (("muda", "UPDATE"), ("some", "DELETE"))
    ),
)

FRASE_VIGENCIA = (
    "A vigência coincide com a de outro registro igual. Encerre aquele, ou mude as datas deste."
)
COM_VIGENCIA = (Tarifa, Bandeira, AliquotaTributo, FaixaCip)
FRASES_DE_MIGRACAO.update(
    {
        f"{modelo._meta.model_name}_sem_sobreposicao": ("VIGENCIA_SOBREPOSTA", FRASE_VIGENCIA)
        for modelo in COM_VIGENCIA
    }
)


def _gatilhos_de_vigencia() -> Iterator[Gatilho]:
    for modelo in COM_VIGENCIA:
        colunas = [coluna(modelo, campo) for campo in modelo.CHAVE]
        iguais = "".join(f" AND o.{c} IS NOT DISTINCT FROM NEW.{c}" for c in colunas)
        yield Gatilho(
            f"{modelo._meta.model_name}_sem_sobreposicao",
            modelo,
            ("INSERT", "UPDATE"),
            f"EXISTS (SELECT 1 FROM {_tabela(modelo)} o WHERE o.id IS DISTINCT FROM NEW.id{iguais} "
            "AND o.vigente_de < COALESCE(NEW.vigente_ate, '9999-12-31') "
            "AND NEW.vigente_de < COALESCE(o.vigente_ate, '9999-12-31'))",
            "VIGENCIA_SOBREPOSTA",
            FRASE_VIGENCIA,
        )


def gatilhos_de(vendor: str) -> tuple[Gatilho, ...]:
    """The triggers that a database of this vendor must hold."""
    return (*GATILHOS, *_gatilhos_de_vigencia()) if vendor == "sqlite" else GATILHOS


def _sql_postgresql(gatilho: Gatilho) -> Iterator[str]:
    nome, tabela = PREFIXO + gatilho.nome, _tabela(gatilho.modelo)
    eventos = " OR ".join(gatilho.eventos)
    if gatilho.conjunto:
        condicao, volta = gatilho.conjunto, "NULL"
        quando = f"AFTER {eventos} ON {tabela} REFERENCING NEW TABLE AS novas FOR EACH STATEMENT"
    else:
        condicao, volta = gatilho.condicao, "OLD" if gatilho.eventos == ("DELETE",) else "NEW"
        quando = f"BEFORE {eventos} ON {tabela} FOR EACH ROW"
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
            f"CREATE TRIGGER {nome} BEFORE {evento} ON {_tabela(gatilho.modelo)} "
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
                    f"DROP TRIGGER IF EXISTS {PREFIXO}{gatilho.nome} ON {_tabela(gatilho.modelo)}"
                )


def instalar_depois_de_migrar(*, using: str, **_: Any) -> None:
    """post_migrate receiver; waits until the tables of this app are there."""
    conexao = connections[using]
    existentes = set(conexao.introspection.table_names())
    if {_tabela(gatilho.modelo) for gatilho in GATILHOS} <= existentes:
        instalar(conexao)
