"""Many invoices at once: written by COPY, issued by one UPDATE."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, DecimalField, JSONField

from comum.django_base.banco import coluna
from comum.django_base.copia import copiar_linhas, texto_do_instante
from faturamento.models import Fatura

TABELA = Fatura._meta.db_table
CAMPOS = Fatura._meta.local_concrete_fields
COLUNAS = [coluna(Fatura, campo.name) for campo in CAMPOS]
ATRIBUTOS = [campo.attname for campo in CAMPOS]
# What the driver would adapt in Python, value by value.
COMO_TEXTO: list[tuple[int, Callable[[Any], str]]] = [
    (posicao, escrever)
    for posicao, campo in enumerate(CAMPOS)
    for tipo, escrever in (
        (DecimalField, str),
        (DateTimeField, texto_do_instante),
        (JSONField, attrgetter("texto")),
    )
    if isinstance(campo, tipo)
]
EMISSAO = {
    "situacao": "text",
    "serie": "text",
    "numero": "bigint",
    "data_emissao": "date",
    "data_vencimento": "date",
    "emitida_em": "timestamptz",
}


def gravar_faturas(faturas: Sequence[Fatura]) -> None:
    """Writes new invoices, their documents still text; on PostgreSQL each learns its id."""
    if connection.vendor != "postgresql":
        for fatura in faturas:
            fatura.demonstrativo = fatura.demonstrativo.ler()
        Fatura.objects.bulk_create(faturas)
        return
    for fatura, fatura_id in zip(faturas, _tomar_ids(len(faturas)), strict=True):
        fatura.pk = fatura_id
    copiar_linhas(TABELA, COLUNAS, map(_linha, faturas))


def _tomar_ids(quantos: int) -> list[int]:
    """A block of ids: COPY does not say which it gave."""
    with connection.cursor() as cursor:
        cursor.execute(
            # The sequence is looked up once, not for each id.
            "SELECT nextval(s.nome) FROM generate_series(1, %s), "
            "(SELECT pg_get_serial_sequence(%s, 'id')::regclass AS nome OFFSET 0) AS s",
            [quantos, TABELA],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _linha(fatura: Fatura) -> list[Any]:
    valores = fatura.__dict__
    linha = [valores[atributo] for atributo in ATRIBUTOS]
    for posicao, escrever in COMO_TEXTO:
        if (valor := linha[posicao]) is not None:
            linha[posicao] = escrever(valor)
    return linha


def gravar_emissao(faturas: Sequence[Fatura]) -> None:
    """Writes state, number and dates of these drafts, in one statement on PostgreSQL."""
    if not faturas:
        return
    if connection.vendor != "postgresql":
        Fatura.objects.bulk_update(faturas, list(EMISSAO))
        return
    mudancas = ", ".join(f"{nome} = nova.{nome}" for nome in EMISSAO)
    listas = ", ".join(f"%s::{tipo}[]" for tipo in EMISSAO.values())
    comando = (
        f"UPDATE {TABELA} f SET {mudancas} "  # noqa: S608 - names of ours
        f"FROM unnest(%s::bigint[], {listas}) AS nova(id, {', '.join(EMISSAO)}) "
        "WHERE f.id = nova.id"
    )
    valores = [[fatura.pk for fatura in faturas]]
    valores += [[getattr(fatura, nome) for fatura in faturas] for nome in EMISSAO]
    with connection.cursor() as cursor:
        cursor.execute(comando, valores)
