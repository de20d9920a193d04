"""The workbench of an import: where a file's rows are put in order, outside the database.

A private SQLite file that nobody else can open and that goes with the process, however that
ends. In a temporary table of the database the same rows were read back between two COPYs,
and the server waited meanwhile; from here they come while it writes.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from types import TracebackType
from typing import NamedTuple, Self

from comum.csv_hostil import Recusa
from comum.erros import DominioError
from medidores.importacao.leituras_csv import LinhaLeitura
from medidores.models import Medidor
from medidores.servicos.julgamento import LeituraInformada

EPOCA = datetime(1970, 1, 1, tzinfo=UTC)
MICROSSEGUNDO = timedelta(microseconds=1)
LINHAS_POR_VEZ = 1_000
NUMEROS_POR_BUSCA = 20_000
# Instants in microseconds, values as text: whole numbers and text come back as they went.
TABELAS = """
    CREATE TABLE leitura (
        linha INTEGER, numero_medidor TEXT, registrador TEXT, instante INTEGER,
        leitura_kwh TEXT, origem TEXT, observacao TEXT
    );
    CREATE TABLE recusa (linha INTEGER PRIMARY KEY, codigo TEXT, coluna TEXT, mensagem TEXT);
    CREATE TABLE medidor (
        numero_medidor TEXT PRIMARY KEY, id INTEGER, unidade_id INTEGER
    ) WITHOUT ROWID;
"""
# It never outlives the process: nothing of it has to be safe from a crash. 16 MB stay in memory.
PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16000", "temp_store = FILE")


class BancadaCheiaError(DominioError):
    """The disk has no room to put the file's rows in order."""

    codigo = "SEM_ESPACO"


class RecusaNaBancada(NamedTuple):
    """A refused row, without its text: that stands in the file."""

    linha: int
    codigo: str
    coluna: str
    mensagem: str


class Bancada:
    """Takes the rows of a file, gives the readings back in the order of judgement.

    To be used in a `with`, which throws it away.

    Raises:
        BancadaCheiaError: at the end of the `with`, where the disk had no room for it.
    """

    def __init__(self) -> None:
        self._banco = sqlite3.connect("", isolation_level=None)  # "": a file without a name
        for pragma in PRAGMAS:
            self._banco.execute(f"PRAGMA {pragma}")
        self._banco.executescript(TABELAS)
        self._banco.execute("BEGIN")  # and no COMMIT: there is nothing to keep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        tipo: type[BaseException] | None,
        erro: BaseException | None,
        rastro: TracebackType | None,
    ) -> None:
        self._banco.close()
        if isinstance(erro, sqlite3.OperationalError):
            raise BancadaCheiaError(
                "Não há espaço na pasta temporária do servidor para pôr o arquivo em ordem "
                f"({erro}). Nada foi gravado. Libere espaço, ou aponte SQLITE_TMPDIR para outro "
                "disco."
            ) from erro

    def receber(self, linhas: Iterable[LinhaLeitura | Recusa]) -> int:
        """Takes every row, in a stream; returns how many."""
        quantas, restantes = 0, iter(linhas)
        while lote := list(islice(restantes, LINHAS_POR_VEZ)):
            self._banco.executemany(
                "INSERT INTO leitura VALUES (?, ?, ?, ?, ?, ?, ?)",
                (_da_leitura(linha) for linha in lote if isinstance(linha, LinhaLeitura)),
            )
            recusadas = (linha for linha in lote if isinstance(linha, Recusa))
            self.recusar(
                RecusaNaBancada(r.linha, r.codigo, r.coluna, r.mensagem) for r in recusadas
            )
            quantas += len(lote)
        return quantas

    def recusar(self, recusas: Iterable[RecusaNaBancada]) -> None:
        self._banco.executemany("INSERT INTO recusa VALUES (?, ?, ?, ?)", recusas)

    def em_ordem(self) -> Iterator[LeituraInformada | RecusaNaBancada]:
        """The readings by (UC, meter, register, instant, line); unknown meters as refusals."""
        self._identificar_medidores()
        comando = (
            "SELECT m.id, l.registrador, l.instante, l.leitura_kwh, l.origem, l.observacao, "
            # The number of a meter that is known is not needed any more.
            "l.linha, CASE WHEN m.id IS NULL THEN l.numero_medidor END "
            "FROM leitura l LEFT JOIN medidor m USING (numero_medidor) "
            "ORDER BY m.unidade_id, m.id, l.registrador, l.instante, l.linha"
        )
        with closing(self._banco.execute(comando)) as linhas:
            for pk, registrador, micros, kwh, origem, observacao, linha, numero in linhas:
                if pk is None:
                    yield _desconhecido(linha, numero)
                else:
                    instante = _de_micros(micros)
                    yield LeituraInformada(
                        pk, registrador, instante, Decimal(kwh), origem, observacao, linha
                    )

    def _identificar_medidores(self) -> None:
        """Brings the keys of the meters that the file names, each asked for once."""
        distintos = self._banco.execute("SELECT DISTINCT numero_medidor FROM leitura")
        while numeros := [numero for (numero,) in islice(distintos, NUMEROS_POR_BUSCA)]:
            achados = Medidor.objects.filter(numero_medidor__um_de=numeros)
            self._banco.executemany(
                "INSERT INTO medidor VALUES (?, ?, ?)",
                achados.values_list("numero_medidor", "pk", "unidade_id"),
            )

    def recusas(self) -> Iterator[RecusaNaBancada]:
        """Every refusal, in the order of the file."""
        comando = "SELECT linha, codigo, coluna, mensagem FROM recusa ORDER BY linha"
        return map(RecusaNaBancada._make, self._banco.execute(comando))


def _da_leitura(lida: LinhaLeitura) -> tuple[int, str, str, int, str, str, str]:
    linha, numero, registrador, instante, kwh, origem, observacao = lida
    return linha, numero, registrador, _em_micros(instante), str(kwh), origem, observacao


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
