"""POST /simulacao/: the simulator's JSON to the letter, over HTTP."""

import json

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from faturamento.api.simulacao import CASO_DE_EXEMPLO

pytestmark = pytest.mark.django_db


@pytest.fixture
def cliente_api() -> APIClient:
    cliente = APIClient()
    cliente.force_authenticate(User.objects.create_user("integrador"))
    return cliente


def enviar(cliente: APIClient, corpo: str | bytes, rota: str = "/simulacao/"):
    return cliente.post(rota, corpo, content_type="application/json")


@pytest.mark.parametrize("rota", ["/simulacao/", "/simulacao"])
def test_caso_vira_demonstrativo(cliente_api, rota, django_assert_num_queries):
    with django_assert_num_queries(0):
        resposta = enviar(cliente_api, json.dumps(CASO_DE_EXEMPLO), rota)
    assert resposta.status_code == 200
    assert resposta.json()["valor"] == "159.73"
    assert [linha["codigo"] for linha in resposta.json()["linhas"]] == ["TUSD", "TE", "CIP"]


def test_numero_json_e_decimal_exato(cliente_api):
    corpo = json.dumps(CASO_DE_EXEMPLO).replace('"0.18"', "0.18").replace('"8.63"', "8.63")
    assert enviar(cliente_api, corpo).json()["valor"] == "159.73"


@pytest.mark.parametrize(
    ("corpo", "campo", "codigo"),
    [
        (b"", "", "JSON_INVALIDO"),
        (b"{", "", "JSON_INVALIDO"),
        (b"\xff\xfe", "", "JSON_INVALIDO"),
        (b"[" * 100_000, "", "JSON_INVALIDO"),
        (b'{"cip_brl": NaN}', "", "JSON_INVALIDO"),
        (b'"x"', "", "TIPO_INVALIDO"),
        (json.dumps(CASO_DE_EXEMPLO | {"cip_brl": "-1"}).encode(), "cip_brl", "VALOR_NEGATIVO"),
        (json.dumps(CASO_DE_EXEMPLO | {"xis": 1}).encode(), "xis", "CAMPO_DESCONHECIDO"),
    ],
    ids=["vazio", "cortado", "não é UTF-8", "fundo", "NaN", "texto", "negativo", "desconhecido"],
)
def test_caso_ruim_e_400_com_o_caminho_do_campo(cliente_api, corpo, campo, codigo):
    resposta = enviar(cliente_api, corpo)
    assert resposta.status_code == 400
    assert (resposta.json()["campo"], resposta.json()["codigo"]) == (campo, codigo)
    assert resposta.json()["detail"]


def test_sem_token_e_401():
    resposta = enviar(APIClient(), json.dumps(CASO_DE_EXEMPLO))
    assert resposta.status_code == 401
