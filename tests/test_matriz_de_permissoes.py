"""Who may open which page, take which action, call which route: all of them, against one table.

The table is `tests/matriz.toml`. A page or route that has no row fails here,
and the failure prints the row to add; whether it is right is for a person to say.
"""

import logging
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.template.backends.django import Template
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse
from knox.models import AuthToken
from rest_framework.test import APIClient

from energia_project.api import rotas
from energia_project.papeis import PAPEIS
from faturamento.models import Fatura
from tests.faturamento.test_admin_higiene import povoar

pytestmark = pytest.mark.django_db
ARQUIVO = Path(__file__).parent / "matriz.toml"
MATRIZ: dict[str, Any] = tomllib.loads(ARQUIVO.read_text())
LETRAS: dict[str, str] = MATRIZ["papeis"]
COLUNAS = {
    "changelist": "ver",
    "change": "ver",
    "history": "ver",
    "simple_history": "ver",
    "colunas": "ver",
    "exportar_csv": "ver",
    "exportar_xlsx": "ver",
    "add": "incluir",
    "delete": "excluir",
}
METODOS = {"get", "post", "put", "patch", "delete"}
SEM_PESSOA = ("anônimo", "inativo", "fora da equipe")


# --- Walking the site ----------------------------------------------------------------------


def paginas() -> dict[str, URLPattern]:
    """The named pages of the admin, with the whole of their address."""
    achadas: dict[str, URLPattern] = {}

    def andar(padroes: Any) -> None:
        for padrao in padroes:
            if isinstance(padrao, URLPattern):
                if padrao.name:
                    achadas[padrao.name] = padrao
            else:
                andar(padrao.url_patterns)

    andar(admin.site.urls[0])
    return achadas


def rotas_da_api() -> list[tuple[str, str, str]]:
    """Every route of the API by each method it takes: name, method, address."""
    achadas = []
    padroes: list[Any] = list(rotas.urlpatterns)
    for padrao in padroes:
        classe: Any = getattr(padrao.callback, "cls", None) or getattr(
            padrao.callback, "view_class", None
        )
        if hasattr(padrao.callback, "actions"):
            metodos = set(padrao.callback.actions) & set(classe.http_method_names)
        elif classe is not None:
            metodos = {metodo for metodo in METODOS if hasattr(classe, metodo)}
        else:
            metodos = {"get"}
        argumentos = dict.fromkeys(padrao.pattern.regex.groupindex, "1")
        for metodo in sorted(metodos & METODOS):
            endereco = reverse(padrao.name, kwargs=argumentos)
            achadas.append((padrao.name, metodo.upper(), endereco))
    return achadas


def modelo_de(nome: str) -> Any:
    """The admin that a page belongs to; None for those of the site."""
    for pagina in admin.site._registry.values():
        opcoes = pagina.model._meta
        if nome.startswith(f"{opcoes.app_label}_{opcoes.model_name}_"):
            return pagina
    return None


def resto(nome: str) -> str:
    """The part of a page's name after app and model."""
    return nome.split("_", 2)[2]


@pytest.fixture
def povoado(db: None, caplog: Any) -> dict[Any, Any]:
    """One object of every model, by model; one that can be changed, where there is."""
    caplog.set_level(logging.CRITICAL, "django.request")  # a traceback for each 403 takes its time
    User.objects.create_superuser("admin")
    povoar(range(1))
    AccessAttempt.objects.create(username="x", ip_address="127.0.0.1", failures_since_start=1)
    AccessLog.objects.create(username="x", ip_address="127.0.0.1")
    objetos = {}
    for modelo in admin.site._registry:
        linhas = modelo._default_manager.order_by("pk")
        if modelo is Fatura:
            linhas = linhas.filter(situacao="RASCUNHO")
        elif modelo is User:
            linhas = linhas.filter(is_superuser=False)
        elif modelo is Group:
            linhas = linhas.filter(permissions=None)
        objetos[modelo] = linhas.first()
        assert objetos[modelo] is not None, f"povoar() não faz {modelo._meta.label}"
    return objetos


def endereco(nome: str, padrao: URLPattern, objetos: dict[Any, Any]) -> str:
    pagina = modelo_de(nome)
    if nome == "autocomplete":
        campo = "app_label=faturamento&model_name=fatura&field_name=cliente"
        return f"{reverse('admin:autocomplete')}?{campo}"
    if pagina is None:
        fatura = objetos[Fatura]
        conhecidos = {
            "app_label": "faturamento",
            "content_type_id": ContentType.objects.get_for_model(fatura).pk,
            "object_id": fatura.pk,
        }
    else:
        objeto = objetos[pagina.model]
        if nome.endswith("_simple_history"):
            versao = type(objeto).history.filter(id=objeto.pk).first()
            return reverse(f"admin:{nome}", args=[objeto.pk, versao.pk if versao else 1])
        conhecidos = {"object_id": objeto.pk, "id": objeto.pk, "pk": objeto.pk}
    nomes = list(padrao.pattern.converters) or list(padrao.pattern.regex.groupindex)
    novos = set(nomes) - set(conhecidos)
    assert not novos, f"A página {nome} tem um argumento que este teste não conhece: {novos}"
    return reverse(f"admin:{nome}", kwargs={n: conhecidos[n] for n in nomes})


def pessoa(nome: str) -> User:
    """A person of a role; or one who is nobody here."""
    quem = User.objects.create_user(nome, is_staff=nome != "fora da equipe")
    if nome in PAPEIS:
        quem.groups.add(Group.objects.get(name=nome))
    else:  # even with every right
        quem.user_permissions.set(Permission.objects.all())
    if nome == "inativo":
        quem.is_active = False
        quem.save()
    return quem


def abriu(client: Client, caminho: str) -> bool:
    """Whether the page opened; what is not allowed is 403, or the way to the login."""
    resposta = client.get(caminho)
    if resposta.streaming:
        resposta.getvalue()  # the file is made as it is read
    if resposta.status_code == 302:
        destino = resposta.headers["Location"]
        # A frozen thing leads those who may see it back to its page, with the reason.
        de_volta = caminho.endswith("/delete/") and destino.endswith("/change/")
        return not (destino.startswith(reverse("admin:login")) or de_volta)
    # The object is there: a 404 is said to who was let in, of something that it lacks;
    # so is a 405, of a page that is only sent to.
    assert resposta.status_code in (200, 403, 404, 405), f"{caminho}: {resposta.status_code}"
    return resposta.status_code != 403


@contextmanager
def sem_desenhar() -> Iterator[None]:
    """Views run and answer, templates do not: they take nine tenths of the time."""
    with mock.patch.object(SimpleTemplateResponse, "rendered_content", ""):
        yield


@pytest.fixture(autouse=True)
def recusas_sem_desenho(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most answers here are refusals, whose page is drawn once, elsewhere: here only its code."""
    desenhar = Template.render

    def so_o_resto(modelo: Template, *args: Any, **kwargs: Any) -> str:
        return (
            "" if modelo.origin.template_name == "403.html" else desenhar(modelo, *args, **kwargs)
        )

    monkeypatch.setattr(Template, "render", so_o_resto)


def andar_pelas_paginas(client: Client, objetos: dict[Any, Any]) -> set[str]:
    """The names of the pages that opened."""
    return {
        nome
        for nome, padrao in paginas().items()
        if nome != "logout" and abriu(client, endereco(nome, padrao, objetos))
    }


# --- The table -----------------------------------------------------------------------------


def letras_da_pagina(nome: str) -> str | None:
    """What the table says of a page: its own row, or its model's."""
    if nome in MATRIZ["paginas"]:
        return str(MATRIZ["paginas"][nome])
    pagina = modelo_de(nome)
    if pagina is None or resto(nome) not in COLUNAS:
        return None
    linha = MATRIZ["modelos"].get(pagina.model._meta.label_lower)
    return None if linha is None else str(linha.get(COLUNAS[resto(nome)], ""))


def conferir(secao: str, faltam: set[str], observado: dict[str, str]) -> None:
    linhas = "\n".join(f'"{nome}" = "{observado.get(nome, "")}"' for nome in sorted(faltam))
    assert not faltam, (
        f"Sem linha em {ARQUIVO.name}. Acrescente em [{secao}], depois de conferir quem deve poder "
        f"(as letras são as de hoje):\n{linhas}"
    )


def por_letra(quem_pode: dict[str, set[str]]) -> dict[str, str]:
    """Turns what each role may into the letters of each thing."""
    letras: dict[str, str] = defaultdict(str)
    for letra, papel in LETRAS.items():
        for nome in quem_pode[papel]:
            letras[nome] += letra
    return letras


def diferencas(secao: str, declarado: dict[str, str], observado: dict[str, str]) -> list[str]:
    return [
        f"[{secao}] {nome}: a tabela diz {sorted(declarado[nome])}, o site "
        f"{sorted(observado.get(nome, ''))}"
        for nome in declarado
        if set(declarado[nome]) != set(observado.get(nome, ""))
    ]


def test_as_letras_sao_as_dos_papeis():
    assert list(LETRAS.values()) == list(PAPEIS)


def test_paginas_por_papel(povoado):
    quem_pode = {}
    for papel in PAPEIS:
        client = Client()
        client.force_login(pessoa(papel))
        # Who may do all draws all; what others see of it, the roles made at run time draw.
        with nullcontext() if PAPEIS[papel].pode_tudo else sem_desenhar():
            quem_pode[papel] = andar_pelas_paginas(client, povoado)
    observado = por_letra(quem_pode)
    declarado = {
        nome: letras
        for nome in paginas()
        if nome != "logout" and (letras := letras_da_pagina(nome)) is not None
    }
    conferir("paginas", set(paginas()) - set(declarado) - {"logout"}, observado)
    sobram = set(MATRIZ["paginas"]) - set(paginas())
    assert not sobram, f"Linhas de páginas que não existem mais: {sobram}"
    assert diferencas("paginas", declarado, observado) == []


@pytest.mark.parametrize("quem", SEM_PESSOA)
def test_paginas_de_quem_nao_entra(client, povoado, quem):
    if quem != "anônimo":
        client.force_login(pessoa(quem))
    assert andar_pelas_paginas(client, povoado) == set(MATRIZ["sem_pessoa"]["paginas"])


@pytest.mark.parametrize("forjado", ["abc", "9" * 30, "987654321"])
def test_numero_forjado_nao_abre_nada(client, povoado, forjado):
    """Whoever may see the thing or not: no such object is no page, and never a 500."""
    client.force_login(pessoa("Arrecadação"))
    for nome, padrao in paginas().items():
        if modelo_de(nome) is None or not ({"object_id", "id"} & set(padrao.pattern.converters)):
            continue
        [argumento] = padrao.pattern.converters
        resposta = client.get(reverse(f"admin:{nome}", kwargs={argumento: forjado}))
        # Django leads from a page that does not exist to the home page, with a message.
        assert resposta.status_code in (302, 403, 404), nome
        if resposta.status_code == 302:
            assert resposta.headers["Location"] == reverse("admin:index"), nome


# --- Actions of the lists ------------------------------------------------------------------


def acoes_de(quem: Any) -> set[str]:
    pedido = RequestFactory().get("/")
    pedido.user = quem
    return {
        f"{pagina.model._meta.label_lower}: {acao}"
        for pagina in admin.site._registry.values()
        for acao in pagina.get_actions(pedido)
    }


def todas_as_acoes() -> set[str]:
    return acoes_de(User(username="super", is_superuser=True, is_active=True, pk=0))


def test_acoes_por_papel(db):
    observado = por_letra({papel: acoes_de(pessoa(papel)) for papel in PAPEIS})
    conferir("acoes", todas_as_acoes() - set(MATRIZ["acoes"]), observado)
    assert diferencas("acoes", MATRIZ["acoes"], observado) == []
    assert acoes_de(AnonymousUser()) == set()


def test_acao_mandada_por_quem_nao_pode_nao_faz_nada(client, povoado):
    """The action is not in the list of who may only look; sent all the same, nothing is written."""
    client.force_login(pessoa("Auditoria"))
    for nome in sorted(todas_as_acoes()):
        modelo, acao = nome.split(": ")
        app, curto = modelo.split(".")
        caminho = reverse(f"admin:{app}_{curto}_changelist")
        objeto = next(o for m, o in povoado.items() if m._meta.label_lower == modelo)
        dados = {"action": acao, "_selected_action": objeto.pk, "ids": objeto.pk}
        with CaptureQueriesContext(connection) as consultas:
            resposta = client.post(caminho, dados)
        assert resposta.status_code in (200, 302, 403), nome
        escritas = [
            c["sql"]
            for c in consultas
            if re.match(r"(INSERT|UPDATE|DELETE)", c["sql"]) and "django_session" not in c["sql"]
        ]
        assert escritas == [], nome


# --- The API -------------------------------------------------------------------------------


def chamar(client: APIClient, metodo: str, caminho: str) -> int:
    resposta = client.generic(metodo, caminho, "{}", content_type="application/json")
    assert resposta.status_code < 500, f"{metodo} {caminho}"
    return int(resposta.status_code)


def o_que_atende(quem: User | None) -> tuple[set[str], set[int]]:
    """The routes that let this person in, and how the others answered."""
    client = APIClient()
    if quem is not None:
        _, token = AuthToken.objects.create(user=quem)
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    podem, recusas = set(), set()
    for nome, metodo, caminho in rotas_da_api():
        if nome in ("token", "sair"):
            continue  # they judge a password and a token: tests/test_api_acesso.py
        if (codigo := chamar(client, metodo, caminho)) in (401, 403):
            recusas.add(codigo)
        else:
            podem.add(f"{metodo} {nome}")
    return podem, recusas


def test_rotas_da_api_por_papel(povoado):
    quem_pode = {}
    for papel in PAPEIS:
        quem_pode[papel], recusas = o_que_atende(pessoa(papel))
        assert recusas <= {403}, papel
    observado = por_letra(quem_pode)
    todas = {f"{m} {n}" for n, m, _ in rotas_da_api() if n not in ("token", "sair")}
    conferir("api", todas - set(MATRIZ["api"]), observado)
    sobram = set(MATRIZ["api"]) - todas
    assert not sobram, f"Linhas de rotas que não existem mais: {sobram}"
    assert diferencas("api", MATRIZ["api"], observado) == []


@pytest.mark.parametrize("quem", ["anônimo", "inativo"])
def test_rotas_da_api_de_quem_nao_entra(povoado, quem):
    podem, recusas = o_que_atende(None if quem == "anônimo" else pessoa(quem))
    assert podem == set(MATRIZ["sem_pessoa"]["api"])
    assert recusas == {401}


# --- Roles made at run time ----------------------------------------------------------------


def abertas_a_todos() -> set[str]:
    """What every member of the staff may open."""
    return {n for n, letras in MATRIZ["paginas"].items() if set(letras) == set(LETRAS)}


def avulsas() -> Iterator[Any]:
    for codigos, linha in MATRIZ["avulsas"].items():
        yield pytest.param(codigos.split(), linha, id=codigos)


@pytest.mark.parametrize(("codigos", "linha"), list(avulsas()))
def test_papel_feito_na_hora(client, povoado, codigos, linha):
    """No 500, and neither more nor less than the permissions say."""
    quem = User.objects.create_user("avulso", is_staff=True)
    for codigo in codigos:
        app, nome = codigo.split(".")
        quem.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=nome)
        )
    client.force_login(quem)
    abertas = andar_pelas_paginas(client, povoado) - abertas_a_todos()
    assert sorted(abertas) == sorted(linha["paginas"])
    assert sorted(acoes_de(quem)) == sorted(linha["acoes"])
    abertas_na_api = {rota for rota, letras in MATRIZ["api"].items() if letras == "".join(LETRAS)}
    podem, _ = o_que_atende(quem)
    assert sorted(podem - abertas_na_api) == sorted(linha["api"])
