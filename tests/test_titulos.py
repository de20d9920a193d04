"""The heading of each page: the menu's words, no name twice, and data as it was written."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from energia_project.menu import UNFOLD, montar_trilha, nome_do_objeto
from faturamento.models import Fatura
from medidores.models import ImportacaoLeituras
from tests.factories import BandeiraFactory, ClienteFactory

pytestmark = pytest.mark.django_db


def partes_do_titulo(texto: str) -> list[str]:
    """The parts of a page's heading, without the arrows between them."""
    titulo = re.search(r"<h1.*?</h1>", texto, re.DOTALL)
    assert titulo
    partes = re.findall(r"<(?:a|span)[^>]*>([^<]*)</", titulo[0])
    return [parte.strip() for parte in partes if parte.strip() not in ("", "chevron_right")]


LISTAS = [
    (grupo["title"], item)
    for grupo in UNFOLD["SIDEBAR"]["navigation"]
    for item in grupo["items"]
    if "title" in grupo
]


def test_o_menu_tem_listas():
    assert len(LISTAS) > 20


@pytest.mark.parametrize(("grupo", "item"), LISTAS, ids=[item["title"] for _, item in LISTAS])
def test_a_lista_se_chama_como_no_menu(admin_client, grupo, item):
    assert partes_do_titulo(admin_client.get(str(item["link"])).text) == [grupo, item["title"]]


def test_nenhuma_pagina_tem_o_mesmo_nome_duas_vezes(admin_client):
    vistas = 0
    for modelo in admin.site._registry:
        for passo in ("changelist", "add"):
            nome = f"admin:{modelo._meta.app_label}_{modelo._meta.model_name}_{passo}"
            resposta = admin_client.get(reverse(nome))
            if resposta.status_code == 200:
                partes = partes_do_titulo(resposta.text)
                assert len(set(partes)) == len(partes), partes
                vistas += 1
    assert vistas > len(admin.site._registry)


def test_uma_lista_fora_do_menu_que_se_chama_como_o_app_aparece_uma_vez():
    partes: list[dict[str, Any]] = [
        {"link": "/admin/x/", "title": "clientes"},
        {"link": "/admin/x/y/", "title": "clientes"},
    ]
    assert montar_trilha(partes) == [{"link": "/admin/x/y/", "title": "Clientes"}]


def test_o_nome_que_e_dado_fica_como_foi_escrito(admin_client):
    arquivo = ImportacaoLeituras.objects.create(
        arquivo_nome="pdf.csv", sha256="0" * 64, importada_em=timezone.now()
    )
    pessoa = User.objects.create_user("joana")
    cliente = ClienteFactory(nome="d'Ávila")
    for objeto, nome in ((arquivo, "pdf.csv ("), (pessoa, "joana"), (cliente, "d&#x27;Ávila")):
        endereco = f"admin:{objeto._meta.app_label}_{objeto._meta.model_name}_change"
        texto = admin_client.get(reverse(endereco, args=[objeto.pk])).text
        assert partes_do_titulo(texto)[-1].startswith(nome)


def test_o_nome_que_e_palavra_nossa_comeca_por_maiuscula():
    fatura = Fatura(pk=7)
    assert str(fatura) == "fatura avulsa 7"
    assert nome_do_objeto(fatura) == "Fatura avulsa 7"
    verde = BandeiraFactory.build(cor="VERDE")
    assert (str(verde), nome_do_objeto(verde)) == ("verde", "Verde")


def test_a_pagina_do_app_tem_o_nome_dele(admin_client):
    assert partes_do_titulo(admin_client.get("/admin/clientes/").text) == ["Clientes"]


def test_a_ultima_entrada_e_o_cadastro_de_uma_pessoa_nao_se_escrevem(admin_client, admin_user):
    texto = admin_client.get(reverse("admin:auth_user_change", args=[admin_user.pk])).text
    assert "Última entrada" in texto
    assert not re.search(r'name="(last_login|date_joined)', texto)
