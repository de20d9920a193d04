"""People and groups in the admin."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from knox.models import AuthToken

from medidores.models import ImportacaoLeituras
from tests.paginas import agir_em_lote, enviar

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
    assert "1 acesso(s) encerrado(s)" in resposta.text
    assert not AuthToken.objects.exists()
