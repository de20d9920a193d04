"""Who gets in, and what each may do."""

from datetime import timedelta

import pytest
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from tests.apoio_api import com_token, criar_usuario
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    UnidadeFactory,
)

pytestmark = pytest.mark.django_db

SENHA = "uma-senha-longa-7"


def pedir_token(api: APIClient, senha: str = SENHA, nome: str = "ana"):
    return api.post("/auth/token/", {"username": nome, "password": senha})


def test_o_token_abre_ate_ser_devolvido():
    criar_usuario("clientes.view_cliente", username="ana", password=SENHA)
    api = APIClient()

    resposta = pedir_token(api)

    assert resposta.status_code == 200
    assert set(resposta.data) == {"token", "expiry"}
    assert "no-store" in resposta["Cache-Control"]
    api.credentials(HTTP_AUTHORIZATION=f"Token {resposta.data['token']}")
    assert api.get("/cliente/").status_code == 200
    assert api.post("/auth/logout/").status_code == 204
    assert api.get("/cliente/").status_code == 401


@pytest.mark.parametrize("nome", ["ana", "ninguem", "ana\u0301", "a" * 150])
def test_senha_errada_e_nome_errado_dizem_o_mesmo(nome):
    criar_usuario(username="ana", password=SENHA)

    resposta = pedir_token(APIClient(), "outra", nome)

    assert resposta.status_code == 401
    assert resposta.data["codigo"] == "CREDENCIAIS_INVALIDAS"
    assert resposta["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(
    ("corpo", "campos"),
    [
        ({}, {"username", "password"}),
        ({"username": "ana", "password": ""}, {"password"}),
        ({"username": "a\x00b", "password": "x"}, {"username"}),
        ({"username": "a" * 151, "password": "x"}, {"username"}),
        ({"username": "ana", "password": "x" * 1_000_000}, {"password"}),
        ({"username": "ana", "password": 1}, {"password"}),
        ({"username": "ana", "password": "x", "otp": 1}, {"otp"}),
        ({"username": "ana", "password": "x", "otro": "1"}, {"otro"}),
    ],
)
def test_pedido_de_token_ruim_e_400(corpo, campos):
    resposta = APIClient().post("/auth/token/", corpo)

    assert resposta.status_code == 400
    assert set(resposta.data) == campos


def test_muitas_senhas_erradas_e_429(settings):
    criar_usuario(username="ana", password=SENHA)
    api = APIClient()

    codigos = [pedir_token(api, "errada").status_code for _ in range(settings.AXES_FAILURE_LIMIT)]
    bloqueada = pedir_token(api)

    assert set(codigos[:-1]) == {401}
    assert bloqueada.status_code == 429
    assert bloqueada.json()["codigo"] == "MUITAS_TENTATIVAS"
    assert not AuthToken.objects.exists()


def test_usuario_inativo_nao_entra_nem_com_token_antigo():
    usuario = criar_usuario("clientes.view_cliente", username="ana", password=SENHA)
    api = com_token(usuario)
    usuario.is_active = False
    usuario.save()

    assert pedir_token(APIClient()).status_code == 401
    assert api.get("/cliente/").status_code == 401


def test_token_vencido_nao_abre_e_some_no_pedido_de_outro():
    usuario = criar_usuario("clientes.view_cliente", username="ana", password=SENHA)
    api = com_token(usuario)
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))

    assert api.get("/cliente/").status_code == 401
    assert pedir_token(APIClient()).status_code == 200
    assert AuthToken.objects.count() == 1


@pytest.mark.parametrize(
    "cabecalho",
    [
        "Token",
        "Token a b",
        "Token \xff",
        "Token a\x00b",
        "Token " + "f" * 64,
        "Token " + "f" * 100_000,
        "Token çççç",
        "token abc",
    ],
)
def test_token_que_nao_vale_e_401(cabecalho):
    resposta = APIClient().get("/cliente/", HTTP_AUTHORIZATION=cabecalho)

    assert resposta.status_code == 401
    assert resposta.data["codigo"] == "TOKEN_INVALIDO"
    assert "/auth/token/" in resposta.data["detail"]


@pytest.mark.parametrize("cabecalho", [None, "Basic YW5hOmFuYQ==", "Bearer x"])
@pytest.mark.parametrize("caminho", ["/cliente/", "/fatura/1", "/openapi.json", "/auth/logout/"])
def test_sem_token_e_401_que_diz_como_pedir_um(cabecalho, caminho):
    extra = {"HTTP_AUTHORIZATION": cabecalho} if cabecalho else {}
    metodo = "POST" if "logout" in caminho else "GET"

    resposta = APIClient().generic(metodo, caminho, **extra)

    assert resposta.status_code == 401
    assert resposta["WWW-Authenticate"] == "Token"
    assert resposta.json()["codigo"] == "NAO_AUTENTICADO"


RECURSOS = [
    ("cliente", "clientes.{}_cliente", ClienteFactory),
    ("medidor", "medidores.{}_medidor", MedidorFactory),
    ("leitura", "medidores.{}_leitura", LeituraFactory),
    ("fatura", "faturamento.{}_fatura", FaturaFactory),
    ("unidade", "medidores.{}_unidadeconsumidora", UnidadeFactory),
]
VERBOS = [
    ("GET", "/{}/", "view", "ver"),
    ("HEAD", "/{}/", "view", "ver"),
    ("OPTIONS", "/{}/", "view", "ver"),
    ("GET", "/{}/{}/", "view", "ver"),
    ("POST", "/{}/", "add", "criar"),
    ("PUT", "/{}/{}/", "change", "alterar"),
    ("PATCH", "/{}/{}/", "change", "alterar"),
    ("DELETE", "/{}/{}/", "delete", "excluir"),
]


@pytest.mark.parametrize(("recurso", "permissao", "fabrica"), RECURSOS, ids=lambda v: str(v)[:8])
@pytest.mark.parametrize(("metodo", "caminho", "ato", "verbo"), VERBOS)
def test_cada_verbo_pede_a_sua_permissao_e_so_ela(
    recurso, permissao, fabrica, metodo, caminho, ato, verbo
):
    caminho = caminho.format(recurso, fabrica().pk)
    outros = {"view", "add", "change", "delete"} - {ato}

    com = com_token(criar_usuario(permissao.format(ato))).generic(
        metodo, caminho, "{}", content_type="application/json"
    )
    sem = com_token(criar_usuario(*map(permissao.format, outros))).generic(
        metodo, caminho, "{}", content_type="application/json"
    )

    assert com.status_code in {200, 204, 400}
    assert sem.status_code == 403
    if metodo != "HEAD":
        assert f"permissão para {verbo} " in sem.data["detail"]
        assert sem.data["codigo"] == "SEM_PERMISSAO"


def test_a_sessao_do_painel_le_e_para_escrever_pede_o_csrf():
    api = APIClient(enforce_csrf_checks=True)
    api.force_login(
        criar_usuario("clientes.view_cliente", "clientes.add_cliente"),
        backend="django.contrib.auth.backends.ModelBackend",
    )

    lida = api.get("/cliente/")
    sem_csrf = api.post("/cliente/", {"nome": "Ana"})

    assert lida.status_code == 200
    assert sem_csrf.status_code == 403
    assert sem_csrf.data["codigo"] == "CSRF"
    assert "CSRF" in sem_csrf.data["detail"]


def test_a_resposta_nao_fica_em_cache():
    api = com_token(criar_usuario("clientes.view_cliente"))

    assert api.get("/cliente/")["Cache-Control"] == "private, no-store"
