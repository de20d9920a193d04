"""The workbench of an import: a temporary table where a file's rows are put in order.

It lives in the importing transaction and dies with it, however that ends.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from comum.csv_hostil import Recusa
from comum.django_base.copia import copiar_linhas
from medidores.importacao.leituras_csv import LinhaLeitura
from medidores.models import Medidor
from medidores.servicos.julgamento import LeituraInformada

TABELA = "leituras_na_bancada"
# A row is either a reading (codigo null) or a refusal (from codigo on). Whole numbers and text
# alone: both databases give them back as they came, and fast; `instante` is in microseconds.
COLUNAS = {
    "linha": "bigint",
    "numero_medidor": "text",
    "registrador": "text",
    "instante": "bigint",
    "leitura_kwh": "text",
    "origem": "text",
    "observacao": "text",
    "codigo": "text",
    "coluna": "text",
    "mensagem": "text",
}
EPOCA = datetime(1970, 1, 1, tzinfo=UTC)
MICROSSEGUNDO = timedelta(microseconds=1)
DA_RECUSA = ("linha", "codigo", "coluna", "mensagem")
LINHAS_POR_BUSCA = 5_000


class RecusaNaBancada(NamedTuple):
    """A refused row, without its text: that stands in the file."""

    linha: int
    codigo: str
    coluna: str
    mensagem: str


class Bancada:
    """Takes the rows of a file, gives the readings back in the order of judgement."""

    def __init__(self) -> None:
        colunas = ", ".join(f"{nome} {tipo}" for nome, tipo in COLUNAS.items())
        _executar(f"DROP TABLE IF EXISTS {TABELA}")
        _executar(
            f"CREATE TEMPORARY TABLE {TABELA} ({colunas})"
            + (" ON COMMIT DROP" if _postgresql() else "")
        )

    def receber(self, linhas: Iterable[LinhaLeitura | Recusa]) -> int:
        """Takes every row, in a stream; returns how many."""
        quantas = copiar_linhas(TABELA, tuple(COLUNAS), map(_para_a_tabela, linhas))
        if _postgresql():
            _executar(f"ANALYZE {TABELA}")
        return quantas

    def recusar(self, recusas: Iterable[RecusaNaBancada]) -> None:
        copiar_linhas(TABELA, DA_RECUSA, recusas)

    def em_ordem(self) -> Iterator[LeituraInformada | RecusaNaBancada]:
        """The readings by (UC, meter, register, instant, line); unknown meters as refusals."""
        ordem_de_bytes = 'COLLATE "C"' if _postgresql() else ""  # a language's order costs more
        comando = (
            "SELECT m.id, b.registrador, b.instante, b.leitura_kwh, b.origem, b.observacao, "
            # The number of a meter that is known is not needed any more.
            f"b.linha, CASE WHEN m.id IS NULL THEN b.numero_medidor END FROM {TABELA} b "
            f"LEFT JOIN {Medidor._meta.db_table} m ON m.numero_medidor = b.numero_medidor "
            "WHERE b.codigo IS NULL "
            f"ORDER BY m.unidade_id, m.id, b.registrador {ordem_de_bytes}, b.instante, b.linha"
        )
        for pk, registrador, micros, kwh, origem, observacao, linha, numero in _ler(comando):
            if pk is None:
                yield _desconhecido(linha, numero)
            else:
                instante = _de_micros(micros)
                yield LeituraInformada(
                    pk, registrador, instante, Decimal(kwh), origem, observacao, linha
                )

    def recusas(self) -> Iterator[RecusaNaBancada]:
        """Every refusal, in the order of the file."""
        comando = (
            f"SELECT {', '.join(DA_RECUSA)} FROM {TABELA} WHERE codigo IS NOT NULL ORDER BY linha"
        )
        return map(RecusaNaBancada._make, _ler(comando))


def _postgresql() -> bool:
    return connection.vendor == "postgresql"


def _executar(comando: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(comando)


def _ler(comando: str) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(comando)
        while linhas := cursor.fetchmany(LINHAS_POR_BUSCA):
            yield from linhas


def _para_a_tabela(linha: LinhaLeitura | Recusa) -> tuple[Any, ...]:
    if isinstance(linha, Recusa):
        return (linha.linha, *(None,) * 6, linha.codigo, linha.coluna, linha.mensagem)
    numero, medidor, registrador, instante, kwh, origem, observacao = linha
    micros = _em_micros(instante)
    return (numero, medidor, registrador, micros, str(kwh), origem, observacao, None, None, None)


# A file has few moments and many rows.
@lru_cache(maxsize=65_536)
def _em_micros(instante: datetime) -> int:
    return (instante - EPOCA) // MICROSSEGUNDO


@lru_cache(maxsize=65_536)
def _de_micros(micros: int) -> datetime:
    return EPOCA + micros * MICROSSEGUNDO


def _desconhecido(linha: int, numero: str) -> RecusaNaBancada:
    return RecusaNaBancada(
        linha,
        "MEDIDOR_DESCONHECIDO",
        "numero_medidor",
        f"Medidor {numero[:60]!r} não cadastrado. Cadastre-o, ou corrija o número.",
    )
