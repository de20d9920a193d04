"""Files made to hurt: whatever is in them, each row has one outcome and nothing breaks."""

import csv
import gzip
import io
import random
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from comum.csv_hostil import neutralizar_formula
from comum.erros import ArquivoIlegivelError
from medidores.models import ImportacaoLeituras, Leitura
from medidores.servicos.importacao_leituras import importar_leituras
from tests.factories import LeituraFactory, MedidorFactory

pytestmark = pytest.mark.django_db

COLUNAS = ["numero_medidor", "data_leitura", "leitura_kwh", "registrador", "origem", "observacao"]
MEDIDORES = ["A", "MD-1", "É7", "00012"]
NUMEROS = [
    *MEDIDORES * 4,
    *("a", " A ", "'A", "''A", "A B", "É7", "", '"', "A;B", "=A", "\u202eA", "\ufeffA", "A" * 300),
    *("\\N", "\\.", "\\", "%s", "A\x0b", "A\x1c", "A\u2028", "𝐀", "'"),
]
DATAS = [
    *("05/01/2026", "2026-01-05", "05/12/2025", "2025-12-20T10:00", "2025-12-20T10:00-03:00") * 4,
    *("2025-11-05 10:00:00.123456Z", "05/02/2026 23:59:59", "2026-02-05T00:00:00+23:59"),
    *("01/01/0001", "0001-01-01T00:00:00Z", "31/12/9999", "9999-12-31T23:59:59Z", "0000-01-01"),
    *("2018-11-04T00:00", "2018-11-04T00:30", "04/11/2018", "2018-02-17T23:30", "2026-13-01"),
    *("29/02/2025", "32/13/2026", "05/01/20260", "2026-01-05T10:00+99:00", "2026-01-05T24:00"),
    *("٠٥/٠١/٢٠٢٦", "", "ontem", "=HOJE()", "05/01/2026\x00", "2026-W01-1", "1767582000"),
]
VALORES = [
    *("1000", "1150,5", "1150.500", "1200", "1.5", "99999,999", "20") * 4,
    *("1.234,56", "1,234.56", "1e3", "-1", "+1", "NaN", "Infinity", "١٢", "１２", "1_000", "0x10"),
    *("", " ", "=1+1", "9" * 15, "9" * 16, "9" * 5000, "1,0000000000", "0,0001", "1\x00", "1 000"),
    *("1\u00a0000", "R$ 10", "12,", ",5", "1'000", '"', "100000"),
]
REGISTRADORES = [*[""] * 6, "ATIVA_TOTAL", "ativa_ponta", "INJETADA", "X", "ATIVA_TOTAL\u200b"]
ORIGENS = [*[""] * 6, "CAMPO", "telemedida", "ESTIMADA", "API", "😀"]
OBSERVACOES = [
    *[""] * 6,
    "portão fechado",
    "a" * 9_999,
    "b" * 10_001,
    '"x',
    "\\N",
    "<script>",
    "\x1a",
]


@pytest.fixture
def medidores():
    for numero in MEDIDORES:
        medidor = MedidorFactory(numero_medidor=numero, data_instalacao=date(2025, 6, 1))
        for mes, valor in ((7, 100), (8, 250), (9, 400), (10, 560), (11, 700)):
            LeituraFactory(
                medidor=medidor,
                data_leitura=datetime(2025, mes, 5, 3, tzinfo=UTC),
                leitura_kwh=Decimal(valor),
            )


def gerar(sorte: random.Random) -> bytes:
    """A file of one seed: cells out of the lists above, in a form of its own, then damaged."""
    colunas = COLUNAS[: sorte.choice([3, 3, 4, 5, 6])]
    sorte.shuffle(colunas)
    separador, fim = sorte.choice(";,\t"), sorte.choice(["\n", "\r\n", "\r", "\n\n"])
    listas = dict(
        zip(COLUNAS, (NUMEROS, DATAS, VALORES, REGISTRADORES, ORIGENS, OBSERVACOES), strict=True)
    )
    linhas = [separador.join(colunas)]
    for _ in range(sorte.randint(0, 40)):
        celulas = [_citar(sorte.choice(listas[coluna]), separador, sorte) for coluna in colunas]
        linhas.append(separador.join(celulas))
    estranhas = ("", " ", separador * 2, '"', "\x00", linhas[0], "\ufeff" + linhas[0], '"a\nb"')
    for _ in range(sorte.choice([0, 0, 1, 3])):
        linhas.insert(sorte.randrange(len(linhas) + 1), sorte.choice(estranhas))
    codificacao = sorte.choice(["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le", "cp1252"])
    bruto = bytearray((fim.join(linhas) + fim).encode(codificacao, "replace"))
    for _ in range(sorte.choice([0, 0, 0, 1, 5])):
        onde = sorte.randrange(len(bruto))
        bruto[onde : onde + sorte.choice([0, 1, 1, 8])] = sorte.choice(
            [b"\x00", b"\xff", b"\xc3", b'"', b"\xef\xbb\xbf", b"\r", b"\x1a", b"\xed\xa0\x80"]
        )
    if sorte.random() < 0.25:
        comprimido = gzip.compress(bytes(bruto))
        return comprimido[: sorte.choice([len(comprimido), len(comprimido), -1, -9, 12])]
    return bytes(bruto)


def _citar(celula: str, separador: str, sorte: random.Random) -> str:
    if sorte.random() < 0.15 or (separador in celula and sorte.random() < 0.9):
        return '"' + celula.replace('"', '""') + '"'
    return celula


def importar(bruto: bytes, agora: datetime, recusas: io.BytesIO | None = None):
    return importar_leituras(
        io.BytesIO(bruto), nome="hostil.csv", agora=agora, recusas_para=recusas
    ).resumo


def fotografar() -> list[tuple]:
    return list(Leitura.objects.order_by("pk").values_list())


@pytest.mark.parametrize("lote", range(5))
def test_arquivo_hostil(lote, medidores, agora):
    destinos = Counter()
    for semente in range(lote * 40, lote * 40 + 40):
        bruto = gerar(random.Random(semente))
        with transaction.atomic():
            destinos[_conferir(bruto, agora, semente)] += 1
            transaction.set_rollback(True)
    assert destinos["lido"] > 5
    assert destinos["ilegível"] > 0


def _conferir(bruto: bytes, agora: datetime, semente: int) -> str:
    antes, recusas = fotografar(), io.BytesIO()
    try:
        resumo = importar(bruto, agora, recusas)
    except ArquivoIlegivelError:
        assert fotografar() == antes, semente
        assert not ImportacaoLeituras.objects.exists()
        return "ilegível"
    depois = fotografar()
    assert resumo.linhas == (
        resumo.aceitas + resumo.retidas + resumo.recusadas + resumo.repetidas
    ), semente
    assert depois[: len(antes)] == antes, semente
    assert len(depois) == len(antes) + resumo.aceitas + resumo.retidas, semente
    listadas = list(csv.reader(io.StringIO(recusas.getvalue().decode(), newline=""), delimiter=";"))
    numeros = [int(linha) for linha, *_ in listadas[1:]]
    assert len(numeros) == resumo.recusadas, semente
    assert numeros == sorted(set(numeros)), semente
    assert all(codigo and mensagem for _, _, codigo, mensagem, _ in listadas[1:]), semente
    assert [r[4] for r in listadas[1:]] == [neutralizar_formula(r[4]) for r in listadas[1:]]

    de_novo = importar(bruto, agora)

    assert (de_novo.aceitas, de_novo.retidas) == (0, 0), semente
    assert de_novo.recusadas == resumo.recusadas, semente
    assert fotografar() == depois, semente
    return "lido"
