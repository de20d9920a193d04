"""A program with its token passes by what only a browser's session needs, and by nothing else."""

from typing import Any

import pytest
from django.conf import settings as configuracao
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.test import Client, RequestFactory
from django.utils.module_loading import import_string
from django_otp.middleware import OTPMiddleware

from energia_project.seguranca.exigencia import SegundoFatorMiddleware
from energia_project.seguranca.navegador import e_de_programa
from energia_project.seguranca.sessoes import LimitesDeSessaoMiddleware
from tests.apoio_api import com_token, criar_usuario
from tests.factories import ClienteFactory

pytestmark = pytest.mark.django_db
TOKEN = {"HTTP_AUTHORIZATION": "Token abc"}
DE_SEGURANCA = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cross-Origin-Opener-Policy",
    "Cache-Control",
)


@pytest.mark.parametrize(
    ("caminho", "meta", "esperado"),
    [
        ("/leitura/", TOKEN, True),
        ("/leitura/", {"HTTP_AUTHORIZATION": "token abc"}, True),
        ("/leitura/", {}, False),
        ("/leitura/", {"HTTP_AUTHORIZATION": "Basic abc"}, False),
        ("/leitura/", {"HTTP_AUTHORIZATION": "Tokens abc"}, False),
        ("/leitura/", {**TOKEN, "HTTP_COOKIE": "sessionid=x"}, False),
        ("/admin/", TOKEN, False),
        ("/docs", TOKEN, False),
        ("/", TOKEN, False),
    ],
)
def test_quem_e_programa(caminho, meta, esperado):
    assert e_de_programa(RequestFactory().get(caminho, **meta)) is esperado


@pytest.mark.parametrize(
    "classe",
    [
        SessionMiddleware,
        AuthenticationMiddleware,
        OTPMiddleware,
        MessageMiddleware,
        LimitesDeSessaoMiddleware,
        SegundoFatorMiddleware,
    ],
)
def test_o_navegador_passa_por_todos(classe):
    """Each is there once, and acts on a request that is not a program's."""
    [caminho] = [nome for nome in configuracao.MIDDLEWARE if issubclass(de(nome), classe)]
    passou = []
    intermediario = de(caminho)(passou.append)
    assert issubclass(type(intermediario), classe)
    programa = RequestFactory().get("/leitura/", **TOKEN)
    antes = set(vars(programa))
    intermediario(programa)
    assert set(vars(programa)) == antes
    assert passou == [programa]


def de(nome: str) -> type:
    achado: Any = import_string(nome)
    return achado if isinstance(achado, type) else object


def test_o_admin_tem_sessao_usuario_e_mensagens():
    navegador = Client()
    navegador.force_login(criar_usuario(is_superuser=True, is_staff=True))
    pedido = navegador.get("/admin/").wsgi_request
    assert pedido.user.is_authenticated
    assert hasattr(pedido.user, "is_verified")
    assert hasattr(pedido, "session")
    assert hasattr(pedido, "_messages")


def test_a_administracao_nao_se_abre_com_um_token():
    resposta = com_token(criar_usuario(is_superuser=True, is_staff=True)).get("/admin/")
    assert resposta.status_code == 302
    assert "/admin/login/" in resposta["Location"]


@pytest.mark.parametrize("caminho", ["/cliente/", "/cliente/999", "/nada/", "/openapi.json"])
def test_os_cabecalhos_sao_os_do_navegador(caminho):
    usuario = criar_usuario(is_superuser=True, is_staff=True)
    navegador = Client()
    navegador.force_login(usuario)
    ClienteFactory()
    pela_sessao, pelo_token = navegador.get(caminho), com_token(usuario).get(caminho)
    assert pela_sessao.status_code == pelo_token.status_code
    for nome in DE_SEGURANCA:
        assert pelo_token[nome] == pela_sessao[nome]
    assert "'none'" in pelo_token["Content-Security-Policy"]


def test_um_programa_nao_ganha_sessao():
    pedido = com_token(criar_usuario("clientes.view_cliente")).get("/cliente/").wsgi_request
    assert not hasattr(pedido, "session")


def test_com_o_token_errado_a_sessao_nao_serve():
    navegador = Client()
    navegador.force_login(criar_usuario(is_superuser=True, is_staff=True))
    resposta = navegador.get("/cliente/", headers={"Authorization": "Token errado"})
    assert resposta.status_code == 401
    assert Client().get("/cliente/", headers={"Authorization": "Token errado"}).status_code == 401


def test_escrever_pela_sessao_ainda_pede_o_csrf():
    navegador = Client(enforce_csrf_checks=True)
    navegador.force_login(criar_usuario(is_superuser=True, is_staff=True))
    resposta = navegador.post("/cliente/", {"nome": "Ana"}, content_type="application/json")
    assert (resposta.status_code, resposta.json()["codigo"]) == (403, "CSRF")
