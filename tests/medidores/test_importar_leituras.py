"""Each row of a file has exactly one outcome."""

import csv
import io
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comum.csv_hostil import neutralizar_formula
from comum.erros import ArquivoIlegivelError
from medidores.models import ImportacaoLeituras, Leitura, Medidor
from medidores.servicos import bancada, importacao_leituras, julgamento
from medidores.servicos.importacao_leituras import (
    ImportacaoFaturadaError,
    ImportacaoJaDesfeitaError,
    desfazer_importacao,
    importar_leituras,
)
from medidores.servicos.leituras import alterar_leitura
from tests.factories import FaturaFactory, LeituraFactory, MedidorFactory

pytestmark = pytest.mark.django_db


def importar(texto: str, agora: datetime, **opcoes):
    return importar_leituras(io.BytesIO(texto.encode()), nome="leituras.csv", agora=agora, **opcoes)


def arquivo(*linhas: str) -> str:
    return "\n".join(["numero_medidor;data_leitura;leitura_kwh", *linhas, ""])


def test_cada_linha_tem_um_destino(agora):
    MedidorFactory(numero_medidor="A")
    LeituraFactory(
        medidor=MedidorFactory(numero_medidor="B"),
        data_leitura=datetime(2025, 12, 5, 3, tzinfo=UTC),
        leitura_kwh=Decimal(5000),
    )
    resultado = importar(
        arquivo(
            "A;05/12/2025;1000",
            "A;05/01/2026;1150",
            "B;05/12/2025;5000",
            "B;05/01/2026;4000",
            "C;05/01/2026;1",
            "A;05/01/2026;1151",
            "A;05/03/2026;2000",
            "A;05/02/2026;x",
        ),
        agora,
    )

    assert resultado.resumo.como_json() == {
        "linhas": 8,
        "aceitas": 2,
        "retidas": 1,
        "recusadas": 4,
        "repetidas": 1,
    }
    assert [(r.linha, r.coluna, r.codigo) for r in resultado.recusas] == [
        (6, "numero_medidor", "MEDIDOR_DESCONHECIDO"),
        (7, "leitura_kwh", "CONFLITO"),
        (8, "data_leitura", "DATA_FUTURA"),
        (9, "leitura_kwh", "VALOR_INVALIDO"),
    ]
    assert resultado.importacao is not None
    assert resultado.importacao.leituras.count() == 3
    retida = Leitura.objects.retidas().get()
    assert (retida.medidor.numero_medidor, retida.ocorrencia) == ("B", "LEITURA_REGRESSIVA")


def test_a_ordem_das_linhas_nao_muda_nada(agora):
    linhas = ["A;05/11/2025;99900", "A;05/12/2025;99950", "A;05/01/2026;20", "A;01/02/2026;90"]
    MedidorFactory(numero_medidor="A")

    resultado = importar(arquivo(*reversed(linhas)), agora)

    assert resultado.resumo.aceitas == 4
    virada = Leitura.objects.get(leitura_kwh=20)
    assert virada.ocorrencia == "VIRADA_PROVAVEL"


def test_importar_de_novo_nao_muda_nada(agora):
    MedidorFactory(numero_medidor="A")
    texto = arquivo("A;05/12/2025;1000", "A;05/01/2026;1150")
    importar(texto, agora)
    antes = list(Leitura.objects.order_by("pk").values())

    resultado = importar(texto, agora)

    assert (resultado.resumo.repetidas, resultado.resumo.aceitas) == (2, 0)
    assert list(Leitura.objects.order_by("pk").values()) == antes
    assert ImportacaoLeituras.objects.count() == 1


def test_linha_repetida_no_proprio_arquivo(agora):
    MedidorFactory(numero_medidor="A")
    resultado = importar(arquivo("A;05/01/2026;1150", "A;2026-01-05;1150,000"), agora)
    assert (resultado.resumo.aceitas, resultado.resumo.repetidas) == (1, 1)


def test_a_leitura_corrigida_e_repetida_pelo_valor_que_veio_e_pelo_corrigido(agora):
    medidor = MedidorFactory(numero_medidor="A")
    importar(arquivo("A;05/01/2026;1150"), agora)
    corrigida = alterar_leitura(medidor.leituras.get(), leitura_kwh=Decimal(1510), agora=agora)

    resultado = importar(
        arquivo("A;05/01/2026;1510", "A;05/01/2026;1150", "A;05/01/2026;1151"), agora
    )

    assert (resultado.resumo.repetidas, resultado.resumo.recusadas) == (2, 1)
    assert resultado.recusas[0].codigo == "CONFLITO"
    corrigida.refresh_from_db()
    assert (corrigida.valor_informado, corrigida.leitura_kwh) == (1150, 1510)


@pytest.mark.parametrize("quando", ["01/01/0001", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_data_nos_confins_do_calendario_e_recusada_sozinha(quando, agora):
    MedidorFactory(numero_medidor="A")
    resultado = importar(arquivo("A;05/01/2026;1150", f"A;{quando};1200"), agora)
    assert (resultado.resumo.aceitas, resultado.recusas[0].codigo) == (1, "DATA_INVALIDA")


def test_simulacao_conta_e_nao_grava(agora):
    MedidorFactory(numero_medidor="A")
    resultado = importar(arquivo("A;05/01/2026;1150", "X;05/01/2026;1"), agora, simular=True)
    assert (resultado.resumo.aceitas, resultado.resumo.recusadas) == (1, 1)
    assert not Leitura.objects.exists()
    assert not ImportacaoLeituras.objects.exists()


def test_arquivo_ilegivel_nao_deixa_rastro(agora):
    with pytest.raises(ArquivoIlegivelError):
        importar("numero_medidor;data_leitura\nA;05/01/2026\n", agora)
    assert not ImportacaoLeituras.objects.exists()


def test_disco_cheio_para_com_uma_frase_e_nada_gravado(agora, monkeypatch):
    MedidorFactory(numero_medidor="A")
    texto = arquivo(*(f"A;05/01/2026 {n // 60:02}:{n % 60:02};{n}" for n in range(1_000)))
    com_espaco = bancada.PRAGMAS
    monkeypatch.setattr(bancada, "PRAGMAS", (*com_espaco, "max_page_count = 6"))
    with pytest.raises(bancada.BancadaCheiaError, match="espaço na pasta temporária"):
        importar(texto, agora)
    assert not Leitura.objects.exists()
    assert not ImportacaoLeituras.objects.exists()
    monkeypatch.setattr(bancada, "PRAGMAS", com_espaco)
    assert importar(texto, agora).resumo.linhas == 1_000


def test_leitura_em_periodo_faturado_fica_retida(agora):
    leitura = LeituraFactory(medidor=MedidorFactory(numero_medidor="A"))
    FaturaFactory(emitida=True, unidade=leitura.medidor.unidade)

    resultado = importar(arquivo("A;02/01/2026;990"), agora)

    assert resultado.resumo.retidas == 1
    assert Leitura.objects.retidas().get().ocorrencia == "PERIODO_FATURADO"


def test_desfazer_apaga_as_leituras_e_guarda_o_registro(agora):
    MedidorFactory(numero_medidor="A")
    importacao = importar(arquivo("A;05/01/2026;1150"), agora).importacao

    assert desfazer_importacao(importacao.pk, agora=agora) == 1

    importacao.refresh_from_db()
    assert importacao.situacao == "DESFEITA"
    assert not Leitura.objects.exists()


def test_nao_se_desfaz_o_que_foi_faturado(agora):
    medidor = MedidorFactory(numero_medidor="A")
    importacao = importar(arquivo("A;05/01/2026;1150"), agora).importacao
    FaturaFactory(emitida=True, unidade=medidor.unidade)

    with pytest.raises(ImportacaoFaturadaError, match="leituras já faturadas"):
        desfazer_importacao(importacao.pk, agora=agora)
    assert Leitura.objects.count() == 1


def test_historico_nao_recebe_uma_linha_por_leitura_importada(agora):
    MedidorFactory(numero_medidor="A")
    importar(arquivo("A;05/12/2025;1000", "A;05/01/2026;1150"), agora)
    assert Leitura.history.count() == 0


def test_o_numero_de_consultas_nao_depende_das_linhas(agora):
    for n in range(30):
        MedidorFactory(numero_medidor=f"M{n}")

    def consultas(medidores: int, ano: int) -> int:
        linhas = [
            f"M{n};05/{mes:02d}/{ano};{ano * 12 + mes}"
            for n in range(medidores)
            for mes in range(1, 13)
        ]
        with CaptureQueriesContext(connection) as capturadas:
            assert importar(arquivo(*linhas), agora).resumo.aceitas == medidores * 12
        # On SQLite rows go in batches, each a query of its own.
        return len([c for c in capturadas if not c["sql"].startswith("INSERT")])

    Medidor.objects.update(data_instalacao=date(2020, 1, 1))
    assert consultas(1, 2023) == consultas(30, 2024)


@pytest.mark.parametrize(
    ("linha", "coluna", "codigo"),
    [
        ("A;05/01/2026;1.234,56", "leitura_kwh", "VALOR_INVALIDO"),
        ("A;05/01/2026;1,234.56", "leitura_kwh", "VALOR_INVALIDO"),
        ("A;05/01/2026;1e3", "leitura_kwh", "VALOR_INVALIDO"),
        ("A;05/01/2026;-1", "leitura_kwh", "VALOR_INVALIDO"),
        ("A;05/01/2026;NaN", "leitura_kwh", "VALOR_INVALIDO"),
        ("A;05/01/2026;=1+1", "leitura_kwh", "VALOR_INVALIDO"),
        ("A;05/01/2026;", "leitura_kwh", "VALOR_INVALIDO"),
        ("A;32/13/2026;1", "data_leitura", "DATA_INVALIDA"),
        ("A;29/02/2025;1", "data_leitura", "DATA_INVALIDA"),
        ("A;01/01/20261;1", "data_leitura", "DATA_INVALIDA"),
        ("A;2018-11-04T00:30;1", "data_leitura", "DATA_INVALIDA"),
        ("A;;1", "data_leitura", "DATA_INVALIDA"),
        (";05/01/2026;1", "numero_medidor", "MEDIDOR_DESCONHECIDO"),
        ("numero_medidor;data_leitura;leitura_kwh", "data_leitura", "DATA_INVALIDA"),
        ('"A;05/01/2026;1', "", "LINHA_INVALIDA"),
        ("A;05/01/2026;1;2", "", "LINHA_INVALIDA"),
        ("A;05/01/2026;1\x00", "", "LINHA_INVALIDA"),
        ("A;05/01/2026;100000", "leitura_kwh", "DIGITOS_EXCEDIDOS"),
        ("A;31/12/2024;1", "data_leitura", "ANTES_DA_INSTALACAO"),
        ("A;11/02/2026;1", "data_leitura", "DATA_FUTURA"),
    ],
)
def test_linha_hostil_e_recusada_e_as_boas_entram(linha, coluna, codigo, agora):
    MedidorFactory(numero_medidor="A")
    saida = io.BytesIO()

    resultado = importar(
        arquivo("A;05/12/2025;1000", linha, "A;04/01/2026;1150"), agora, recusas_para=saida
    )

    assert (resultado.resumo.aceitas, resultado.resumo.recusadas) == (2, 1)
    [recusa] = resultado.recusas
    assert (recusa.linha, recusa.coluna, recusa.codigo) == (3, coluna, codigo)
    assert recusa.original == linha
    cabecalho, escrita = csv.reader(io.StringIO(saida.getvalue().decode()), delimiter=";")
    assert cabecalho == ["linha", "coluna", "codigo", "mensagem", "original"]
    assert escrita == ["3", coluna, codigo, recusa.mensagem, neutralizar_formula(linha)]


def test_meia_noite_que_nao_houve_e_o_primeiro_instante_do_dia(agora):
    MedidorFactory(numero_medidor="A", data_instalacao=date(2018, 1, 1))
    importar(arquivo("A;04/11/2018;1", "A;2018-11-05T00:00;2"), agora)
    assert list(Leitura.objects.order_by("pk").values_list("data_leitura", flat=True)) == [
        datetime(2018, 11, 4, 3, tzinfo=UTC),
        datetime(2018, 11, 5, 2, tzinfo=UTC),
    ]


def test_retida_nao_serve_de_vizinha_e_a_rejeitada_nao_volta(agora):
    """What was held, and then rejected, neither judges others nor comes in again."""
    MedidorFactory(numero_medidor="A")
    linhas = [f"A;05/{mes:02d}/2025;{1000 + 150 * mes}" for mes in range(5, 13)]
    linhas[-1] = "A;05/12/2025;9000"
    resultado = importar(arquivo(*linhas, "A;05/01/2026;2950"), agora)
    assert (resultado.resumo.aceitas, resultado.resumo.retidas) == (8, 1)

    Leitura.objects.retidas().update(situacao="REJEITADA")
    assert importar(arquivo(*linhas), agora).resumo.repetidas == 8
    assert not Leitura.objects.retidas().exists()


def test_estimada_nao_serve_de_vizinha(agora):
    medidor = MedidorFactory(numero_medidor="A")
    LeituraFactory(medidor=medidor, data_leitura=datetime(2025, 11, 5, 12, tzinfo=UTC))
    LeituraFactory(
        medidor=medidor,
        data_leitura=datetime(2025, 12, 5, 12, tzinfo=UTC),
        leitura_kwh=Decimal(1150),
        origem="ESTIMADA",
    )
    assert importar(arquivo("A;05/01/2026;1100"), agora).resumo.aceitas == 1


def test_registradores_tem_cada_um_a_sua_serie(agora):
    MedidorFactory(numero_medidor="A")
    texto = "numero_medidor;registrador;data_leitura;leitura_kwh\n" + "".join(
        f"A;{registrador};05/{mes}/2025;{valor + mes}\n"
        for mes in (11, 12)
        for registrador, valor in (("ATIVA_TOTAL", 5000), ("INJETADA", 100), ("", 6000))
    )
    resultado = importar(texto, agora)
    assert (resultado.resumo.aceitas, resultado.resumo.recusadas) == (4, 2)
    assert {r.codigo for r in resultado.recusas} == {"CONFLITO"}


def test_a_fatia_nao_muda_o_julgamento(agora, monkeypatch):
    """One register cut over many slices is judged as if it came whole."""
    MedidorFactory(numero_medidor="A")
    MedidorFactory(numero_medidor="B")
    linhas = [
        f"{numero};05/{mes:02d}/2025;{base + mes * 150}"
        for numero, base in (("A", 1000), ("B", 50))
        for mes in range(1, 13)
    ]
    linhas += ["A;05/12/2025;2800", "B;06/12/2025;9000", "B;07/12/2025;9000", "A;05/01/2026;10"]

    def destinos() -> list[tuple[object, ...]]:
        campos = ("medidor__numero_medidor", "data_leitura", "leitura_kwh", "situacao")
        return list(Leitura.objects.order_by(*campos).values_list(*campos, "ocorrencia"))

    inteira = importar(arquivo(*linhas), agora)
    de_uma_vez = destinos()
    desfazer_importacao(inteira.importacao.pk, agora=agora)
    monkeypatch.setattr(julgamento, "LINHAS_POR_FATIA", 3)
    assert importar(arquivo(*linhas), agora).resumo == inteira.resumo
    assert destinos() == de_uma_vez


def test_a_repetida_no_fim_da_fatia_continua_a_valer(agora, monkeypatch):
    """What stands at the last instant of a slice is known to the next: as a value, as a past."""
    LeituraFactory(
        medidor=MedidorFactory(numero_medidor="A"),
        data_leitura=datetime(2026, 1, 5, 3, tzinfo=UTC),
        leitura_kwh=Decimal(1000),
    )
    monkeypatch.setattr(julgamento, "LINHAS_POR_FATIA", 1)

    resultado = importar(
        arquivo("A;05/01/2026;1000", "A;05/01/2026;1001", "A;05/02/2026;900"), agora
    )

    assert (resultado.resumo.repetidas, resultado.resumo.aceitas) == (1, 0)
    assert [recusa.codigo for recusa in resultado.recusas] == ["CONFLITO"]
    assert Leitura.objects.retidas().get().ocorrencia == "LEITURA_REGRESSIVA"


def test_anos_de_horas_entre_duas_linhas_nao_vem_todos_a_memoria(agora, monkeypatch):
    """Two rows of an hourly meter: the slice is halved, and the outcomes are the same."""
    medidor = MedidorFactory(numero_medidor="A", data_instalacao=date(2025, 1, 1))
    horas = [datetime(2025, 12, 1, 3, tzinfo=UTC) + timedelta(hours=n) for n in range(50)]
    for n, hora in enumerate(horas):
        LeituraFactory(medidor=medidor, data_leitura=hora, leitura_kwh=Decimal(100 + n))
    texto = arquivo("A;2025-12-01T00:00;100", "A;2025-12-01T00:30;90", "A;2025-12-03T02:00;150")
    de_uma_vez = importar(texto, agora, simular=True)
    trazidas = []
    carregar = julgamento.carregar_arredores

    def contar(*args, **opcoes):
        arredores = carregar(*args, **opcoes)
        if arredores is not None:
            trazidas.append(sum(len(deste.conhecidas) for deste in arredores.values()))
        return arredores

    monkeypatch.setattr(julgamento, "carregar_arredores", contar)
    monkeypatch.setattr(julgamento, "CONHECIDAS_POR_FATIA", 10)

    aos_poucos = importar(texto, agora, simular=True)

    assert aos_poucos.resumo == de_uma_vez.resumo
    assert (aos_poucos.resumo.repetidas, aos_poucos.resumo.retidas) == (1, 1)
    assert len(trazidas) == 3
    assert max(trazidas) <= 10


def test_desfazer_leva_o_que_foi_decidido_sobre_ela(agora):
    MedidorFactory(numero_medidor="A")
    importacao = importar(arquivo("A;05/12/2025;1000", "A;05/01/2026;500"), agora).importacao
    retida = Leitura.objects.retidas().get()
    LeituraFactory(
        medidor=retida.medidor,
        data_leitura=retida.data_leitura + timedelta(hours=1),
        origem="ESTIMADA",
        substitui=retida,
    )
    retida.decisoes.create(
        decisao="MEDIA",
        codigo="LEITURA_REGRESSIVA",
        motivo="teste",
        valor_kwh=1150,
        decidida_em=agora,
    )

    assert desfazer_importacao(importacao.pk, agora=agora) == 2
    assert not Leitura.objects.exists()
    with pytest.raises(ImportacaoJaDesfeitaError, match="está desfeita"):
        desfazer_importacao(importacao.pk, agora=agora)


@pytest.mark.parametrize("semente", range(12))
def test_um_arquivo_ou_linha_por_linha_da_no_mesmo(semente, agora):
    """However the rows come, each is judged by the same past: the history keeps what it needs."""
    sorteio = random.Random(semente)
    passos = {0: (30, 31), 1: (7, 7), 2: (1, 60)}[semente % 3]
    dia, valor, linhas = date(2025, 1, 1), 1000, []
    while dia < date(2026, 2, 5):
        linhas.append(f"A;{dia:%d/%m/%Y};{valor}")
        dia += timedelta(days=sorteio.randint(*passos))
        valor += sorteio.choice([150, 160, 140, 2000, 0, 5, -300])
    MedidorFactory(numero_medidor="A", digitos=6)

    def destinos() -> list[tuple[object, ...]]:
        campos = ("data_leitura", "leitura_kwh", "situacao", "ocorrencia", "explicacao")
        return list(Leitura.objects.order_by("data_leitura").values_list(*campos))

    resultado = importar(arquivo(*linhas), agora)
    de_uma_vez = destinos()
    desfazer_importacao(resultado.importacao.pk, agora=agora)
    for linha in linhas:
        importar(arquivo(linha), agora)
    assert destinos() == de_uma_vez


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("muitas", "renovadas"), [(3, True), (4, False)], ids=["muitas", "controle: poucas"]
)
def test_depois_de_muitas_linhas_o_planejador_conta_de_novo(
    muitas, renovadas, banco_real, agora, monkeypatch
):
    monkeypatch.setattr(importacao_leituras, "MUITAS_LINHAS", muitas)
    MedidorFactory(numero_medidor="A", data_instalacao=date(2025, 1, 1))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE medidores_leitura CASCADE")
        cursor.execute("ANALYZE medidores_leitura")
        importar(arquivo(*(f"A;0{dia}/01/2026;{dia}" for dia in (1, 2, 3))), agora)
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'medidores_leitura'")
        assert (cursor.fetchone()[0] == 3) is renovadas
