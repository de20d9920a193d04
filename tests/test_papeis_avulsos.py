"""Roles made at run time: many random sets of permissions, and the site walked by each.

Everything that a page offers to this person, each link and each form, must answer: no 403
behind a button, no 404, no 500. And nobody reads a document whole without the right to.
"""

import logging
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client

from clientes.models import Cliente
from comum.documentos import formatar_documento
from energia_project.papeis import APPS_DOS_PAPEIS
from tests.faturamento.test_admin_higiene import povoar

pytestmark = pytest.mark.django_db
SEMENTES = range(60 if os.environ.get("ENERGIA_LONGO") else 6)
PAGINAS_MAXIMAS = 250
DOCUMENTO = "52998224725"
# Sets that a person might think of, and that once were wrong.
A_DEDO = (
    ("faturamento.view_fatura",),
    ("faturamento.add_pagamento",),
    ("faturamento.add_pagamento", "faturamento.view_fatura"),
    ("faturamento.view_pagamento", "faturamento.view_fatura"),
    ("medidores.change_medidor",),
    ("clientes.view_historicalcliente",),
    ("faturamento.emitir_fatura",),
    ("faturamento.cancelar_fatura", "faturamento.refaturar_fatura"),
    ("medidores.decidir_leitura",),
    ("clientes.view_cliente",),
    ("clientes.add_cliente",),
    ("auth.change_user", "auth.view_group"),
    ("auditoria.view_eventoauditoria",),
)


@dataclass
class Formulario:
    """A form of a page: where it goes, what it would send, the buttons that have a name."""

    metodo: str
    destino: str
    campos: dict[str, list[str]] = field(default_factory=dict)
    botoes: list[str] = field(default_factory=list)
    envia: bool = False
    ident: str = ""


class _Pagina(HTMLParser):
    """Links, forms and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ligacoes: set[str] = set()
        self.formularios: list[Formulario] = []
        self.de_fora: dict[str, list[str]] = {}
        self._aberto: Formulario | None = None
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {nome: valor or "" for nome, valor in attrs}
        if tag == "a" and a.get("href") and "disabled" not in a:
            self.ligacoes.add(a["href"])
        for nome in ("hx-get", "src"):
            if tag != "script" and a.get(nome, "").startswith("/admin"):
                self.ligacoes.add(a[nome])
        if tag == "form":
            self._aberto = Formulario(
                a.get("method", "get").lower(), a.get("action", ""), ident=a.get("id", "")
            )
            self.formularios.append(self._aberto)
        if tag in ("button", "input") and a.get("type") == "submit" and a.get("form"):
            self.de_fora.setdefault(a["form"], []).append(a.get("name", ""))
        if self._aberto is None:
            return
        self._no_formulario(tag, a, self._aberto)

    def _no_formulario(self, tag: str, a: dict[str, str], aberto: Formulario) -> None:
        nome, tipo = a.get("name", ""), a.get("type", "")
        if tag == "button" and tipo in ("", "submit"):
            aberto.envia = True
        if tag == "input" and tipo == "submit":
            aberto.envia = True
        elif tag == "input" and nome and tipo not in ("file", "button"):
            if tipo not in ("checkbox", "radio") or "checked" in a:
                aberto.campos.setdefault(nome, []).append(a.get("value", ""))
        elif tag == "select":
            self._select = nome
        elif tag == "option" and self._select and "selected" in a:
            aberto.campos.setdefault(self._select, []).append(a.get("value", ""))
        elif tag == "option" and self._select == "action" and a.get("value"):
            aberto.botoes.append(a["value"])
        elif tag == "textarea" and nome:
            self._textarea = nome
            aberto.campos[nome] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._aberto = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._aberto is not None:
            self._aberto.campos[self._textarea][0] += data


def ler(html: str) -> _Pagina:
    pagina = _Pagina()
    pagina.feed(html)
    for formulario in pagina.formularios:
        formulario.envia |= formulario.ident in pagina.de_fora
    return pagina


class Visita:
    """One person walking: each page once, each kind of address a few times."""

    def __init__(self, client: Client, ve_documento: bool) -> None:
        self.client = client
        self.ve_documento = ve_documento
        self.vistas: set[str] = set()
        self.enviados: set[str] = set()
        self.faltas: list[str] = []

    def andar(self) -> None:
        fila = ["/admin/"]
        while fila and len(self.vistas) < PAGINAS_MAXIMAS:
            caminho = fila.pop(0)
            feitio = feitio_de(caminho)
            if feitio in self.vistas:
                continue
            self.vistas.add(feitio)
            resposta = self.abrir(caminho)
            if resposta is None:
                continue
            pagina = ler(resposta.text)
            onde = resposta.request["PATH_INFO"]
            for destino in sorted(pagina.ligacoes):
                alvo = urldefrag(urljoin(caminho_de(resposta), destino))[0]
                if e_nossa(alvo):
                    fila.append(alvo)
            for formulario in pagina.formularios:
                self.enviar(onde, caminho_de(resposta), formulario)

    def abrir(self, caminho: str) -> Any:
        resposta: Any = self.client.get(caminho, follow=True)
        if resposta.streaming:
            texto = b"".join(resposta.streaming_content).decode("latin-1")
            self.conferir(caminho, resposta, texto)
            return None
        e_texto = resposta.headers["Content-Type"].startswith("text/html")
        self.conferir(caminho, resposta, resposta.text if e_texto else "")
        return resposta if e_texto and resposta.status_code == 200 else None

    def conferir(self, o_que: str, resposta: Any, texto: str) -> None:
        if resposta.status_code >= 400:
            self.faltas.append(f"{o_que}: {resposta.status_code}")
        if resposta.request["PATH_INFO"].endswith("/login/"):
            self.faltas.append(f"{o_que}: leva à entrada")
        for como in (DOCUMENTO, formatar_documento(DOCUMENTO)):
            if not self.ve_documento and como in texto:
                self.faltas.append(f"{o_que}: mostra o documento inteiro")

    def enviar(self, onde: str, endereco: str, formulario: Formulario) -> None:
        """Sends the form as it stands, each action of a list in its turn; nothing stays."""
        if formulario.metodo != "post" or not (formulario.envia or formulario.botoes):
            return
        destino = urljoin(endereco, formulario.destino)
        if "/logout/" in destino or not e_nossa(destino):
            return
        for acao in formulario.botoes or [""]:
            chave = f"{feitio_de(onde)} {formulario.ident} {feitio_de(destino)} {acao}"
            if chave in self.enviados:
                continue
            self.enviados.add(chave)
            dados = dict(formulario.campos)
            if acao:
                dados["action"] = [acao]
                dados["_selected_action"] = [str(n) for n in range(1, 4)]
            with transaction.atomic():
                resposta = self.client.post(destino, dados, follow=True)
                texto = "" if resposta.streaming else resposta.text
                transaction.set_rollback(True)
            self.conferir(f"POST {destino} {acao}", resposta, texto)


def caminho_de(resposta: Any) -> str:
    pedido = resposta.request
    return pedido["PATH_INFO"] + (f"?{pedido['QUERY_STRING']}" if pedido["QUERY_STRING"] else "")


def e_nossa(alvo: str) -> bool:
    partes = urlsplit(alvo)
    return not partes.netloc and partes.path.startswith("/admin/") and "/logout/" not in alvo


def feitio_de(caminho: str) -> str:
    """What kind of address it is: whatever the id, and the values of its filters."""
    partes = urlsplit(caminho)
    nomes = sorted({par.split("=")[0] for par in partes.query.split("&") if par})
    return re.sub(r"/\d+/", "/1/", partes.path) + "?" + "&".join(nomes)


def conjuntos() -> Iterator[Any]:
    for codigos in A_DEDO:
        yield pytest.param(codigos, id="+".join(codigos))
    for semente in SEMENTES:
        yield pytest.param(semente, id=f"semente {semente}")


def permissoes_de(escolha: Any) -> list[Permission]:
    """Those that are named; or some at random, from one to most of them."""
    todas = Permission.objects.filter(content_type__app_label__in=APPS_DOS_PAPEIS)
    if isinstance(escolha, int):
        sorteio = random.Random(escolha)
        em_ordem = list(todas.order_by("content_type__app_label", "codename"))
        return sorteio.sample(em_ordem, sorteio.choice([1, 2, 4, 8, 16, 40, 90]))
    codigos = {tuple(codigo.split(".")) for codigo in escolha}
    return [p for p in todas if (p.content_type.app_label, p.codename) in codigos]


@pytest.mark.parametrize("escolha", list(conjuntos()))
def test_tudo_o_que_o_site_oferece_atende(client, caplog, escolha):
    caplog.set_level(logging.CRITICAL, "django.request")
    User.objects.create_superuser("admin")
    povoar(range(1))
    Cliente.objects.update(documento=None)
    cliente = Cliente.objects.order_by("pk")[0]
    cliente.documento = DOCUMENTO
    cliente.save()
    pessoa = User.objects.create_user("avulsa", is_staff=True)
    permissoes = permissoes_de(escolha)
    assert permissoes
    pessoa.user_permissions.set(permissoes)
    client.force_login(pessoa)
    nomes = sorted(f"{p.content_type.app_label}.{p.codename}" for p in permissoes)
    visita = Visita(client, "clientes.ver_documento" in nomes)
    visita.andar()
    faltas = "\n".join(visita.faltas)
    assert not faltas, f"Com {nomes}:\n{faltas}"
    assert len(visita.vistas) > 3


def test_controle_a_visita_acha_o_que_falta(client):
    """A page that offers what it refuses, and one that shows a document."""
    visita = Visita(client, ve_documento=False)
    pagina = ler('<a href="/admin/nada/">x</a><form method="post" action="b/"><button></form>')
    assert pagina.ligacoes == {"/admin/nada/"}
    assert pagina.formularios[0].envia
    User.objects.create_superuser("admin")
    client.force_login(User.objects.get())
    visita.abrir("/admin/nada/")
    assert visita.faltas
    visita.faltas.clear()
    Cliente.objects.create(nome="Ana", documento=DOCUMENTO)
    visita.abrir("/admin/clientes/cliente/")
    assert visita.faltas == ["/admin/clientes/cliente/: mostra o documento inteiro"]
