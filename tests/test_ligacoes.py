"""No link leads whoever sees it to a page that they may not open, or that is not there."""

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import Resolver404, resolve

from energia_project.papeis import PAPEIS
from tests.paginas import entrar_como
from tests.test_matriz_de_permissoes import (  # noqa: F401 - fixture
    MATRIZ,
    endereco,
    paginas,
    pessoa,
    povoado,
    sem_desenhar,
)

pytestmark = pytest.mark.django_db
HREF = re.compile(r'\bhref="([^"#][^"]*)"')
# They end the session, or are sent to and not opened.
FORA = {"logout", "jsi18n"}


def ligacoes(texto: str, caminho: str) -> set[str]:
    """The addresses of the admin that a page links to."""
    achadas = {urljoin(caminho, unescape(href)) for href in HREF.findall(texto)}
    return {a for a in achadas if a.startswith("/admin/")}


def forma(caminho: str) -> str:
    """What the address is of: a page's name, with the names of its parameters."""
    partes = urlsplit(caminho)
    try:
        nome = resolve(partes.path).url_name
    except Resolver404:
        return caminho
    return f"{nome}?{'&'.join(sorted({p.partition('=')[0] for p in partes.query.split('&')}))}"


def faltas(client: Client, objetos: dict[Any, Any], *, de: str = "") -> list[str]:
    """Each kind of link that leads nowhere, and a page where it stands; `de` begins their names."""
    abertas: dict[str, str] = {}
    for nome, padrao in paginas().items():
        if nome in FORA or "exportar" in nome or not nome.startswith((de, "index")):
            continue
        caminho = endereco(nome, padrao, objetos)
        resposta = client.get(caminho)
        if resposta.status_code == 200 and resposta.headers["Content-Type"].startswith("text/html"):
            for ligacao in ligacoes(resposta.text, caminho):
                abertas.setdefault(ligacao, caminho)
    por_forma: dict[str, tuple[str, str]] = {}
    for ligacao, onde in sorted(abertas.items()):
        por_forma.setdefault(forma(ligacao), (ligacao, onde))
    achadas = []
    with sem_desenhar():
        for qual, (ligacao, onde) in por_forma.items():
            if qual.partition("?")[0] in FORA:
                continue
            resposta = client.get(ligacao)
            if resposta.streaming:
                resposta.getvalue()  # the file is made, and closed, as it is read
            if resposta.status_code not in (200, 302):
                achadas.append(f"{resposta.status_code} {ligacao}, em {onde}")
    return achadas


@pytest.mark.parametrize("papel", PAPEIS)
def test_toda_ligacao_abre_para_o_papel(client, povoado, papel):  # noqa: F811
    client.force_login(pessoa(papel))
    assert not (achadas := faltas(client, povoado)), "\n".join(achadas)


@pytest.mark.parametrize("codigos", MATRIZ["avulsas"])
def test_toda_ligacao_abre_para_o_papel_feito_na_hora(client, povoado, codigos):  # noqa: F811
    entrar_como(client, *codigos.split())
    assert not (achadas := faltas(client, povoado)), "\n".join(achadas)


@pytest.mark.parametrize("ato", ["view", "add", "change", "delete"])
def test_toda_ligacao_abre_para_quem_pode_um_ato_de_um_modelo(povoado, ato):  # noqa: F811
    achadas = []
    for modelo in povoado:
        opcoes = modelo._meta
        codigo = f"{ato}_{opcoes.model_name}"
        permissao = Permission.objects.filter(
            content_type__app_label=opcoes.app_label, codename=codigo
        ).first()
        if permissao is None:
            continue
        quem = User.objects.create_user(codigo, is_staff=True)
        quem.user_permissions.add(permissao)
        client = Client()
        client.force_login(quem)
        prefixo = f"{opcoes.app_label}_{opcoes.model_name}_"
        achadas += [f"{codigo}: {falta}" for falta in faltas(client, povoado, de=prefixo)]
    assert not achadas, "\n".join(achadas)


def test_controle_sem_perguntar_quem_olha_ha_ligacoes_que_nao_abrem(
    client,
    povoado,  # noqa: F811
    monkeypatch,
):
    monkeypatch.setattr("comum.django_base.ligacoes.pode_ver", lambda _: True)
    entrar_como(client, "medidores.view_importacaoleituras")
    [falta] = faltas(client, povoado, de="medidores_importacaoleituras_")
    assert falta.startswith("403 /admin/auth/user/")
