"""Many invoices at once: written by COPY, issued by one UPDATE."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from comum.django_base.copia import copiar_linhas
from faturamento.models import Fatura

TABELA = Fatura._meta.db_table
# The database numbers the rows: nobody here needs their ids.
CAMPOS = [campo for campo in Fatura._meta.local_concrete_fields if not campo.primary_key]
COLUNAS = [campo.column for campo in CAMPOS]
ATRIBUTOS = [campo.attname for campo in CAMPOS]
POSICAO_DO_DEMONSTRATIVO = ATRIBUTOS.index("demonstrativo")
EMISSAO = {
    "situacao": "text",
    "serie": "text",
    "numero": "bigint",
    "data_emissao": "date",
    "data_vencimento": "date",
    "emitida_em": "timestamptz",
}
_para_json = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def gravar_faturas(faturas: Iterable[Fatura]) -> int:
    """Writes new invoices, streamed; returns how many. They do not learn their ids."""
    return copiar_linhas(TABELA, COLUNAS, map(_linha, faturas))


def _linha(fatura: Fatura) -> list[Any]:
    valores = fatura.__dict__
    linha = [valores[atributo] for atributo in ATRIBUTOS]
    linha[POSICAO_DO_DEMONSTRATIVO] = _para_json(linha[POSICAO_DO_DEMONSTRATIVO])
    return linha


def gravar_emissao(faturas: Sequence[Fatura]) -> None:
    """Writes state, number and dates of these drafts, in one statement on PostgreSQL."""
    if not faturas:
        return
    if connection.vendor != "postgresql":
        Fatura.objects.bulk_update(faturas, list(EMISSAO))
        return
    mudancas = ", ".join(f"{coluna} = nova.{coluna}" for coluna in EMISSAO)
    listas = ", ".join(f"%s::{tipo}[]" for tipo in EMISSAO.values())
    comando = (
        f"UPDATE {TABELA} f SET {mudancas} "  # noqa: S608 - names of ours
        f"FROM unnest(%s::bigint[], {listas}) AS nova(id, {', '.join(EMISSAO)}) "
        "WHERE f.id = nova.id"
    )
    valores = [[fatura.pk for fatura in faturas]]
    valores += [[getattr(fatura, coluna) for fatura in faturas] for coluna in EMISSAO]
    with connection.cursor() as cursor:
        cursor.execute(comando, valores)
