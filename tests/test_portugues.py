"""Portuguese to the last word: English hunted in every page of the admin, attributes included."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from energia_project.menu import UNFOLD
from tests.factories import ClienteFactory
from tests.faturamento.test_admin_higiene import PAGINAS, povoar

pytestmark = pytest.mark.django_db

# Words of the theme, of Django and of plain English that Portuguese does not have.
# fmt: off
INGLESAS = frozenset(re.findall(r"[a-z]+", """
    about action actions add all and any apply are back been browse but button by cancel
    change changed changes choose clear click close collapse confirm content create
    created current date delete deleted details disabled download edit enabled enter
    error errors expand field fields filter filters first for found from go has have
    help here hide history home if in insert item items last list loading make match
    matches more must new next none not of off on open or order page pages password
    please press previous remove required reset results return run save saved search see
    select selected selection show sign sort sorting submit success the there this time
    to today toggle tomorrow type unknown update updated upload user users value values
    view was were will with yes yesterday you your
"""))
# fmt: on
# English spellings that are Portuguese as well, two states (GO, TO), and what django-axes writes
# for a browser that does not say its name.
TAMBEM_NOSSAS = {"for", "go", "item", "to", "unknown"}
PLURAL_ABERTO = re.compile(r"[a-zà-ú]\((?:s|es|is|ns|m|am|ão|ões|aram)\)")
NOSSOS_APPS = ("auditoria", "integracao", "clientes", "medidores", "faturamento")
ATRIBUTOS = ("title", "aria-label", "placeholder", "alt", "data-label")
SEM_TEXTO = {"script", "style", "template", "code", "pre"}


class _Texto(HTMLParser):
    """What a person reads or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.partes: list[str] = []
        self._fora = 0
        self._icone = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        self._icone = "material-symbols" in (a.get("class") or "")
        self._fora += tag in SEM_TEXTO
        self.partes += [a[nome] or "" for nome in ATRIBUTOS if nome in a]
        if tag == "input" and a.get("type") in ("submit", "button"):
            self.partes.append(a.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._icone = False
        self._fora -= tag in SEM_TEXTO

    def handle_data(self, data: str) -> None:
        if not self._fora and not self._icone:
            self.partes.append(data)


# A code as it is stored; and the models whose code is what the operator types.
CODIGO = re.compile(r"\b[A-Z]{2,}[0-9]*(?:_[A-Z0-9]+)+\b")
COM_CODIGO_PROPRIO = {"faturamento.motivocancelamento", "medidores.ocorrencialeitura"}
# What a run says of a unit: its pages have tests of their own.
DA_EXECUCAO = {
    "faturamento.execucaofaturamento",
    "faturamento.pendencia",
    "faturamento.lotefaturamento",
    "faturamento.tentativalote",
}


def codigos(html: str) -> set[str]:
    """The codes that a person would read as they are stored."""
    texto = _Texto()
    texto.feed(html)
    return {codigo for parte in texto.partes for codigo in CODIGO.findall(parte)}


def inglesas(html: str) -> set[str]:
    texto = _Texto()
    texto.feed(html)
    achadas = set()
    for parte in texto.partes:
        palavras = re.findall(r"[^\W\d_]+", parte.lower())
        achadas |= {
            f"{palavra}: {' '.join(parte.split())[:60]}"
            for palavra in palavras
            if palavra in INGLESAS - TAMBEM_NOSSAS
        }
    return achadas


def test_o_cacador_acha_ingles():
    assert inglesas('<p title="Click here">Salvar</p>')
    assert inglesas("<button>Save and continue</button>")
    assert not inglesas(
        '<script>select</script><span class="material-symbols-outlined">search</span>'
    )


@pytest.mark.parametrize("pagina", PAGINAS, ids=lambda a: a.model._meta.label)
def test_pagina_do_admin_esta_em_portugues(admin_client, pagina):
    povoar(range(2))
    opcoes = pagina.model._meta

    def ir(nome: str, *args: object) -> str:
        return reverse(f"admin:{opcoes.app_label}_{opcoes.model_name}_{nome}", args=args)

    caminhos = [ir("changelist"), f"{ir('changelist')}?q=nada-disso", ir("add")]
    if (um := pagina.model.objects.order_by("pk").first()) is not None:
        caminhos += [ir("change", um.pk), ir("history", um.pk), ir("delete", um.pk)]
    for caminho in caminhos:
        resposta = admin_client.get(caminho, follow=True)
        if resposta.status_code == 200:
            assert inglesas(resposta.text) == set(), caminho
            assert "com sucesso" not in resposta.text, caminho
            if opcoes.label_lower not in COM_CODIGO_PROPRIO | DA_EXECUCAO:
                assert codigos(resposta.text) == set(), caminho


def test_o_cacador_acha_codigos():
    assert codigos("<td>CONSUMO_ALTO</td><b title='A_B2'>x</b>") == {"CONSUMO_ALTO"}
    assert codigos("<td>consumo alto, B4A, UC-000_1</td><script>A_B</script>") == set()


@pytest.mark.parametrize("pagina", PAGINAS, ids=lambda a: a.model._meta.label)
def test_pagina_de_acao_esta_em_portugues(admin_client, pagina):
    """Each page that a button leads to, where it opens for what there is."""
    povoar(range(1))
    um = pagina.model.objects.order_by("pk").first()
    nomes = {p.name: p.pattern.converters for p in pagina.get_urls() if getattr(p, "name", None)}
    for nome, argumentos in nomes.items():
        de_um = [um.pk] * len(argumentos) if um is not None else None
        if de_um is None or "exportar" in nome or "simple_history" in nome:
            continue
        caminho = reverse(f"admin:{nome}", args=de_um)
        resposta = admin_client.get(caminho, follow=True)
        if resposta.status_code == 200 and "text/html" in resposta.headers["Content-Type"]:
            assert inglesas(resposta.text) == set(), caminho


def test_paginas_de_erro_estao_em_portugues(client, admin_client, settings):
    settings.DEBUG = False
    settings.AXES_FAILURE_LIMIT = 2
    sem_direito = User.objects.create_user("sem", is_staff=True)
    client.force_login(sem_direito)
    paginas = {
        403: client.get("/admin/clientes/cliente/"),
        404: admin_client.get("/nada/", headers={"accept": "text/html"}),
    }
    outro = Client(enforce_csrf_checks=True)
    outro.force_login(sem_direito)
    paginas["csrf"] = outro.post("/admin/password_change/", {})
    for _ in range(2):
        paginas[429] = Client().post(reverse("admin:login"), {"username": "x", "password": "y"})
    assert paginas["csrf"].status_code == 403
    assert paginas[429].status_code == 429
    for nome, resposta in paginas.items():
        assert nome in (resposta.status_code, "csrf")
        assert inglesas(resposta.text) == set(), nome
        assert '<html lang="pt-br">' in resposta.text, nome
    assert "libere a sua entrada" in paginas[429].text
    assert "Voltar à página" in paginas["csrf"].text


def test_quem_sai_e_quem_procura_o_que_nao_ha_le_portugues(admin_client):
    sumida = admin_client.get("/admin/faturamento/fatura/987654/change/", follow=True)
    assert "Não existe fatura com o número “987654”" in sumida.text
    saida = admin_client.post(reverse("admin:logout"))
    assert inglesas(saida.text) == set()
    assert "com sucesso" not in saida.text


def test_paginas_soltas_estao_em_portugues(admin_client, client):
    povoar(range(1))
    nomes = ["index", "password_change", "logout"]
    caminhos = [reverse(f"admin:{nome}") for nome in nomes if nome != "logout"]
    caminhos += ["/admin/search/?s=cliente&extended=1", "/admin/clientes/", "/admin/nada/"]
    for caminho in caminhos:
        assert inglesas(admin_client.get(caminho).text) == set(), caminho
    assert inglesas(client.get(reverse("admin:login")).text) == set()
    errada = client.post(reverse("admin:login"), {"username": "x", "password": "y"})
    assert inglesas(errada.text) == set()


def test_a_pagina_que_pergunta_esta_em_portugues(admin_client):
    dados = {"action": "delete_selected", "_selected_action": ClienteFactory().pk}
    assert inglesas(admin_client.post("/admin/clientes/cliente/", dados).text) == set()
    vazia = {"action": "delete_selected", "index": "0"}
    assert inglesas(admin_client.post("/admin/clientes/cliente/", vazia, follow=True).text) == set()
    sem_acao = {"action": "", "index": "0", "_selected_action": "1"}
    resposta = admin_client.post("/admin/clientes/cliente/", sem_acao, follow=True)
    assert inglesas(resposta.text) == set()


def test_todas_as_paginas_sao_as_registradas():
    assert len(PAGINAS) == len(admin.site._registry)


def plurais_entre_parenteses(fonte: str) -> list[str]:
    """The texts of a Python file that leave the plural to the reader: “1 leitura(s)”."""
    arvore = ast.parse(fonte)
    docstrings = {id(no.value) for no in ast.walk(arvore) if isinstance(no, ast.Expr)}
    textos = [
        no.value
        for no in ast.walk(arvore)
        if isinstance(no, ast.Constant) and isinstance(no.value, str) and id(no) not in docstrings
    ]
    return [texto for texto in textos if PLURAL_ABERTO.search(texto)]


def test_o_cacador_acha_plurais_em_aberto():
    assert plurais_entre_parenteses("x = f'{n} fatura(s) emitida(s)'")
    assert plurais_entre_parenteses("x = 'mudou(aram)'")
    assert not plurais_entre_parenteses("x = str(s)  # fatura(s)\ny = 'CPF (com máscara)'")


def test_nenhuma_frase_deixa_o_plural_em_aberto():
    raiz = Path(settings.BASE_DIR)
    fontes = [
        caminho
        for app in (*NOSSOS_APPS, "comum", "energia_project")
        for caminho in (raiz / app).rglob("*.py")
        if "migrations" not in caminho.parts
    ]
    assert len(fontes) > 200
    assert {
        str(caminho.relative_to(raiz)): achadas
        for caminho in fontes
        if (achadas := plurais_entre_parenteses(caminho.read_text()))
    } == {}
    paginas = [*(raiz / "energia_project/templates").rglob("*.html"), *(raiz / "docs").glob("*.md")]
    assert [str(p) for p in paginas if PLURAL_ABERTO.search(p.read_text())] == []


@pytest.mark.parametrize(
    "entrada",
    [item for grupo in UNFOLD["SIDEBAR"]["navigation"] for item in grupo["items"]],
    ids=lambda entrada: entrada["title"],
)
def test_pagina_tem_o_nome_que_o_menu_lhe_da(admin_client, entrada):
    texto = admin_client.get(str(entrada["link"])).text
    titulo = re.search(r"<h1.*?</h1>", texto, re.DOTALL)[0]
    assert f" {entrada['title']} " in f" {' '.join(re.sub('<[^>]+>', ' ', titulo).split())} "


def test_busca_de_paginas_conhece_o_nome_do_menu_e_o_do_modelo(admin_client):
    for termo in ("aprovacoes", "pedidos de aprov"):
        achadas = admin_client.get(f"/admin/search/?s={termo}&extended=1").text
        assert "Aprovações" in achadas
