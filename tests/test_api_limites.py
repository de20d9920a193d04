"""How much one user may ask for, and how large a body may be."""

import threading
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import ParseError

from energia_project.api import limites
from energia_project.api.leitor_json import JSONEstritoParser
from integracao.models import ConsumoDePedidos
from integracao.servicos.limites import somar_pedidos
from tests.apoio_api import api_de_administrador, com_token, criar_usuario, enviar_bruto

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def contas_novas(monkeypatch: pytest.MonkeyPatch) -> None:
    """One minute that does not end in mid test."""
    limites._contas.clear()
    monkeypatch.setattr(limites.time, "time", lambda: 1_800_000_015.0)


def codigos(api: Any, quantos: int) -> list[int]:
    return [api.get("/cliente/").status_code for _ in range(quantos)]


def test_acima_do_limite_e_429_ate_o_fim_do_minuto(settings, monkeypatch):
    settings.API_PEDIDOS_POR_MINUTO = 3
    api = api_de_administrador()

    assert codigos(api, 5) == [200, 200, 200, 429, 429]
    resposta = api.get("/cliente/")
    assert resposta.data["codigo"] == "LIMITE_DE_PEDIDOS"
    assert "lista" in resposta.data["detail"]
    assert 1 <= int(resposta["Retry-After"]) <= 60
    assert codigos(api_de_administrador(), 1) == [200], "o limite é de cada usuário"

    monkeypatch.setattr(limites.time, "time", lambda: 1_800_000_075.0)
    assert codigos(api, 1) == [200]


def test_zero_desliga(settings):
    settings.API_PEDIDOS_POR_MINUTO = 0
    with CaptureQueriesContext(connection):
        assert set(codigos(api_de_administrador(), 30)) == {200}
    assert not limites._contas


def test_um_pedido_nao_custa_consulta(settings):
    settings.API_PEDIDOS_POR_MINUTO = 6_000
    api = api_de_administrador()
    api.get("/cliente/")
    with CaptureQueriesContext(connection) as consultas:
        codigos(api, 50)
    assert len(consultas) == 50, "as listas, e nada mais"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="no SQLite cada processo conta só")
def test_os_processos_somam_na_mesma_conta(settings):
    """Another worker, that has a memory of its own, has counted before."""
    settings.API_PEDIDOS_POR_MINUTO = 10
    usuario = criar_usuario("clientes.view_cliente")
    api = com_token(usuario)
    for _ in range(2):
        assert codigos(api, 4) == [200] * 4
        limites._contas.clear()
    assert codigos(api, 4) == [200, 200, 429, 429]
    assert ConsumoDePedidos.objects.get().usuario_id == usuario.pk


def test_a_soma_recomeca_no_minuto_novo_e_nao_volta_no_velho():
    assert somar_pedidos(1, pedidos=5, minuto=10) == 5
    assert somar_pedidos(1, pedidos=2, minuto=10) == 7
    assert somar_pedidos(2, pedidos=1, minuto=10) == 1
    assert somar_pedidos(1, pedidos=3, minuto=11) == 3
    assert somar_pedidos(1, pedidos=1, minuto=10) == 4, "o relógio atrasado soma no novo"


def test_quem_pede_token_nao_conta(settings):
    settings.API_PEDIDOS_POR_MINUTO = 1
    api = com_token(criar_usuario())
    corpo = {"username": "x", "password": "y"}
    assert {api.post("/auth/token/", corpo).status_code for _ in range(3)} == {401}


def test_corpo_acima_de_um_mega_e_413():
    corpo = b'{"nome": "' + b"A" * 1024**2 + b'"}'
    resposta = enviar_bruto(api_de_administrador(), "POST", "/cliente/", corpo)
    assert (resposta.status_code, resposta.data["codigo"]) == (413, "CORPO_GRANDE_DEMAIS")


def test_corpo_cortado_que_ainda_e_json_e_recusado():
    """`{}` of what was to be longer: a PUT that would change nothing, without a word."""
    pedido = RequestFactory().put("/cliente/1/", CONTENT_LENGTH="20")
    with pytest.raises(ParseError, match="2 de 20 bytes") as erro:
        JSONEstritoParser().parse(BytesIO(b"{}"), parser_context={"request": pedido})
    assert erro.value.get_codes() == "CORPO_INCOMPLETO"


@pytest.mark.postgresql
@pytest.mark.usefixtures("banco_real")
def test_as_somas_ao_mesmo_tempo_nao_se_perdem():
    def somar() -> None:
        for _ in range(20):
            somar_pedidos(1, pedidos=1, minuto=5)
        connection.close()

    fios = [threading.Thread(target=somar) for _ in range(8)]
    for fio in fios:
        fio.start()
    for fio in fios:
        fio.join()
    assert ConsumoDePedidos.objects.get().pedidos == 160
