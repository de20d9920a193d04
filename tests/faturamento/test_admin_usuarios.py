"""People and groups in the admin."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken

from auditoria.models import EventoAuditoria
from medidores.models import ImportacaoLeituras
from tests.paginas import agir_em_lote, entrar_como, enviar

pytestmark = pytest.mark.django_db


def test_permissoes_em_portugues(admin_client):
    texto = admin_client.get(reverse("admin:auth_group_add")).text
    assert "cliente: incluir" in texto
    assert "fatura: Pode emitir faturas" in texto
    assert "Can add" not in texto
    assert "histórico" not in texto


def test_grupo_se_grava_com_as_permissoes(admin_client):
    permissao = Permission.objects.get(codename="emitir_fatura")
    caminho = reverse("admin:auth_group_add")
    enviar(admin_client, caminho, name="Emissores", permissions=[permissao.pk])
    assert list(Group.objects.get(name="Emissores").permissions.all()) == [permissao]
    repetido = enviar(admin_client, caminho, name="Emissores")
    assert "já existe" in repetido.text.lower()


def test_usuario_se_inclui_e_se_edita(admin_client):
    enviar(
        admin_client,
        reverse("admin:auth_user_add"),
        username="novo",
        password1="senha-Muito-boa-1",
        password2="senha-Muito-boa-1",
        usable_password="true",
    )
    novo = User.objects.get(username="novo")
    caminho = reverse("admin:auth_user_change", args=[novo.pk])
    enviar(admin_client, caminho, first_name="Nova", is_staff="on")
    novo.refresh_from_db()
    assert (novo.first_name, novo.is_staff) == ("Nova", True)
    assert admin_client.get(reverse("admin:auth_user_password_change", args=[novo.pk])).status_code


def test_usuario_com_importacao_nao_se_exclui(admin_client):
    pessoa = User.objects.create(username="pessoa")
    ImportacaoLeituras.objects.create(
        arquivo_nome="x.csv", importada_em=datetime(2026, 1, 1, tzinfo=UTC), importada_por=pessoa
    )
    caminho = reverse("admin:auth_user_delete", args=[pessoa.pk])
    resposta = admin_client.post(caminho, {"post": "yes"}, follow=True)
    assert "há registros que dependem dele" in resposta.text
    assert User.objects.filter(pk=pessoa.pk).exists()


def test_encerra_os_acessos_a_api(admin_client):
    pessoa = User.objects.create(username="pessoa")
    AuthToken.objects.create(user=pessoa)
    lista = reverse("admin:auth_user_changelist")
    resposta = agir_em_lote(admin_client, lista, "encerrar_acessos", pessoa.pk)
    assert "1 acesso encerrado" in resposta.text
    assert not AuthToken.objects.exists()


# --- Who ends whose accesses -------------------------------------------------------------------

LISTA = "/admin/auth/user/"
MUDA_PESSOAS = ("auth.view_user", "auth.change_user", "clientes.view_cliente")


def com_acesso(nome: str, *permissoes: str, **campos: Any) -> User:
    """A person with an open session and a token of the API."""
    quem = User.objects.create_user(nome, is_staff=True, **campos)
    for permissao in permissoes:
        app, codigo = permissao.split(".")
        quem.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codigo)
        )
    AuthToken.objects.create(user=quem)
    Client().force_login(quem)
    return quem


def acessos_de(quem: User) -> int:
    sessoes = [s.get_decoded().get("_auth_user_id") for s in Session.objects.all()]
    return AuthToken.objects.filter(user=quem).count() + sessoes.count(str(quem.pk))


ALVOS: dict[str, Any] = {
    "superusuário": lambda: com_acesso("alvo", is_superuser=True),
    "quem pode mais": lambda: com_acesso("alvo", "clientes.view_cliente", "clientes.add_cliente"),
    "quem pode mais por um grupo": lambda: com_acesso("alvo"),
}


@pytest.fixture(params=list(ALVOS))
def quem_pode_mais(request: pytest.FixtureRequest, db: None) -> User:
    alvo: User = ALVOS[request.param]()
    if "grupo" in request.param:
        alvo.groups.add(Group.objects.get(name="Arrecadação"))
    return alvo


def test_quem_pode_menos_nao_encerra_os_acessos_de_quem_pode_mais(client, quem_pode_mais):
    entrar_como(client, *MUDA_PESSOAS)
    igual = com_acesso("igual", "clientes.view_cliente")
    ids = [quem_pode_mais.pk, igual.pk]
    resposta = agir_em_lote(client, LISTA, "encerrar_acessos", ids)
    assert acessos_de(quem_pode_mais) == 2
    assert acessos_de(igual) == 0
    assert "1 dos selecionados pode mais do que você" in resposta.text
    evento = EventoAuditoria.objects.get(acao="ACESSOS_ENCERRADOS")
    assert evento.objeto_id == igual.pk


def test_nem_remove_o_segundo_fator(client, quem_pode_mais):
    entrar_como(client, *MUDA_PESSOAS)
    TOTPDevice.objects.create(user=quem_pode_mais, name="telefone", confirmed=True)
    agir_em_lote(client, LISTA, "remover_segundo_fator", quem_pode_mais.pk)
    assert TOTPDevice.objects.filter(user=quem_pode_mais).exists()
    assert acessos_de(quem_pode_mais) == 2


def test_controle_sem_comparar_permissoes_encerraria(client, quem_pode_mais, monkeypatch):
    entrar_como(client, *MUDA_PESSOAS)
    monkeypatch.setattr("energia_project.usuarios.tem_mais_do_que", lambda *_: False)
    agir_em_lote(client, LISTA, "encerrar_acessos", quem_pode_mais.pk)
    assert acessos_de(quem_pode_mais) == 0


def test_quem_nao_muda_pessoas_nao_encerra_acesso_algum(client):
    alvo = com_acesso("alvo")
    entrar_como(client, "auth.view_user")
    sim = {"action": "encerrar_acessos", "_selected_action": alvo.pk, "ids": str(alvo.pk)}
    client.post(LISTA, sim)
    assert acessos_de(alvo) == 2


def test_encerrar_os_proprios_deixa_a_sessao_em_que_se_esta(client):
    eu = entrar_como(client, *MUDA_PESSOAS)
    AuthToken.objects.create(user=eu)
    Client().force_login(eu)
    resposta = agir_em_lote(client, LISTA, "encerrar_acessos", eu.pk)
    assert "2 acessos encerrados" in resposta.text
    assert client.get(LISTA).status_code == 200
