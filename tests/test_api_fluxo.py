"""?formato=csv and ?formato=ndjson: whole lists, in constant memory, harmless to a spreadsheet."""

import csv
import json
import tracemalloc
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIRequestFactory, force_authenticate

from clientes.api.views import ClienteViewSet
from clientes.models import Cliente
from comum.django_base.api import fluxo
from tests.apoio_api import api_de_administrador, criar_usuario
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

FABRICAS: dict[str, Any] = {
    "cliente": ClienteFactory,
    "medidor": MedidorFactory,
    "leitura": LeituraFactory,
    "fatura": FaturaFactory,
}


@pytest.fixture
def api():
    return api_de_administrador()


def texto(resposta: Any) -> str:
    assert resposta.status_code == 200, resposta.content
    return resposta.getvalue().decode()


def ler_csv(resposta: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(texto(resposta).splitlines(), delimiter=";"))


@pytest.mark.parametrize("recurso", FABRICAS)
def test_o_mesmo_que_a_lista(api, recurso):
    FABRICAS[recurso].create_batch(3)
    lista = api.get(f"/{recurso}/").json()

    linhas = texto(api.get(f"/{recurso}/?formato=ndjson")).splitlines()
    assert [json.loads(linha) for linha in linhas] == lista

    tabela = ler_csv(api.get(f"/{recurso}/?formato=csv"))
    em_texto = [{n: "" if v is None else str(v) for n, v in item.items()} for item in lista]
    assert tabela == em_texto


def test_a_que_nao_e_so_de_colunas_tambem_se_transmite(api):
    criar_parametros()
    criar_unidade_com_leituras()
    api.post("/execucao/", {"competencia": "2026-01"})
    [linha] = texto(api.get("/execucao/?formato=ndjson")).splitlines()
    assert json.loads(linha) == api.get("/execucao/").json()[0]
    assert ler_csv(api.get("/execucao/?formato=csv"))[0]["emitir"] == "false"


def test_todas_as_que_o_filtro_leva(api, monkeypatch):
    monkeypatch.setattr(fluxo, "LINHAS_POR_PEDACO", 2)
    ClienteFactory.create_batch(5, nome="José")
    ClienteFactory.create_batch(2, nome="Ana")
    assert len(ler_csv(api.get("/cliente/?formato=csv&nome=jose"))) == 5


def test_lista_vazia(api):
    assert texto(api.get("/cliente/?formato=ndjson")) == ""
    assert texto(api.get("/cliente/?formato=csv")).startswith("id_cliente;nome;")


def test_cabecalhos(api):
    resposta = api.get("/cliente/?formato=csv", HTTP_ACCEPT="text/csv")
    assert resposta["Content-Type"] == "text/csv; charset=utf-8"
    assert resposta["Content-Disposition"] == 'attachment; filename="cliente.csv"'
    assert "no-store" in resposta["Cache-Control"]
    assert (
        api.get("/cliente/?formato=ndjson")["Content-Type"] == "application/x-ndjson; charset=utf-8"
    )


@pytest.mark.parametrize("celula", ["=1+1", "+1", "-1+2", "@SUM(A1)", "-x"])
def test_texto_que_seria_formula_ganha_apostrofo(api, celula):
    Cliente.objects.bulk_create([Cliente(nome="x", nome_busca="x", endereco=celula)])
    [linha] = ler_csv(api.get("/cliente/?formato=csv"))
    assert linha["endereco"] == f"'{celula}"
    [crua] = texto(api.get("/cliente/?formato=ndjson")).splitlines()
    assert json.loads(crua)["endereco"] == celula


def test_texto_com_separador_aspas_e_quebra_volta_como_era(api):
    nome = 'a;b"c\nd'
    Cliente.objects.bulk_create([Cliente(nome=nome, nome_busca="x")])
    linhas = csv.DictReader(
        texto(api.get("/cliente/?formato=csv")).splitlines(keepends=True), delimiter=";"
    )
    assert [linha["nome"] for linha in linhas] == [nome]


@pytest.mark.parametrize(
    ("pedido", "campo"),
    [
        ("formato=xml", "formato"),
        ("formato=CSV", "formato"),
        ("formato=", "formato"),
        ("formato=csv&formato=csv", "formato"),
        ("formato=csv&limit=10", "limit"),
        ("formato=ndjson&cursor=1", "cursor"),
        ("formato=csv&apelido=x", "apelido"),
        ("formato=csv&documento=1", "documento"),
    ],
)
def test_pedido_ruim_e_400_em_json(api, pedido, campo):
    resposta = api.get(f"/cliente/?{pedido}")
    assert resposta.status_code == 400
    assert resposta["Content-Type"] == "application/json"
    assert list(resposta.json()) == [campo]


def test_accept_que_nao_serve_e_406(api):
    assert api.get("/cliente/?formato=csv", HTTP_ACCEPT="image/png").status_code == 406
    assert api.get("/cliente/", HTTP_ACCEPT="text/csv").status_code == 406


@pytest.mark.parametrize("formato", ["csv", "ndjson"])
def test_as_consultas_nao_crescem_com_as_linhas(api, formato, monkeypatch):
    monkeypatch.setattr(fluxo, "LINHAS_POR_PEDACO", 3)
    contagens = []
    for novas in (1, 9):
        ClienteFactory.create_batch(novas)
        api.get("/cliente/?limit=1")
        with CaptureQueriesContext(connection) as consultas:
            texto(api.get(f"/cliente/?formato={formato}"))
        contagens.append(len(consultas))
    assert contagens[0] == contagens[1]


@pytest.mark.parametrize("formato", ["csv", "ndjson"])
def test_a_memoria_nao_cresce_com_as_linhas(api, formato):
    picos = []
    for quantos in (5_000, 20_000):
        Cliente.objects.bulk_create(
            (Cliente(nome=f"Cliente {n}", nome_busca="c") for n in range(quantos)),
            batch_size=1_000,
        )
        resposta = api.get(f"/cliente/?formato={formato}")
        tracemalloc.start()
        for _ in resposta:
            pass
        picos.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert picos[1] < 1.5 * picos[0]


def test_quem_desliga_no_meio_nao_deixa_transacao_nem_cursor(api, monkeypatch):
    monkeypatch.setattr(fluxo, "LINHAS_POR_PEDACO", 2)
    ClienteFactory.create_batch(7)
    pedido = APIRequestFactory().get("/cliente/?formato=csv")
    force_authenticate(pedido, criar_usuario(is_superuser=True))
    resposta = ClienteViewSet.as_view({"get": "list"}, basename="cliente")(pedido)
    assert next(iter(resposta))
    antes = len(connection.savepoint_ids)
    request_finished.disconnect(close_old_connections)  # it would close that of the test
    try:
        resposta.close()
    finally:
        request_finished.connect(close_old_connections)
    if connection.vendor == "postgresql":
        assert len(connection.savepoint_ids) == antes - 1, "a transação do fluxo terminou"
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors")
            assert cursor.fetchone() == (0,)
    assert api.get("/cliente/").status_code == 200
