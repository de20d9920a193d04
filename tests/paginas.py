"""Fills in and sends the admin's forms as a browser would: with what the page itself holds."""

from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client


class _Campos(HTMLParser):
    """The values of the named fields of the page's main form."""

    def __init__(self) -> None:
        super().__init__()
        self.valores: dict[str, Any] = {}
        self._dentro = False
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        if tag == "form":
            principal = (a.get("id") or "").endswith("_form")
            self._dentro = principal or "en-formulario" in (a.get("class") or "")
        if not self._dentro:
            return
        nome = a.get("name") or ""
        if tag == "input" and nome and a.get("type") not in ("submit", "file", "search"):
            if a.get("type") in ("checkbox", "radio") and "checked" not in a:
                return
            self.valores[nome] = a.get("value") or ""
        elif tag == "select" and nome:
            self._select = nome
            if "multiple" not in a:
                self.valores[nome] = ""
        elif tag == "option" and self._select and "selected" in a:
            self.valores[self._select] = a.get("value") or ""
        elif tag == "textarea" and nome:
            self._textarea = nome
            self.valores[nome] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._dentro = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.valores[self._textarea] += data


def ler_formulario(client: Client, caminho: str) -> dict[str, Any]:
    """What the page's form would send as it stands."""
    campos = _Campos()
    campos.feed(client.get(caminho).text)
    return {
        nome: v for nome, v in campos.valores.items() if nome not in ("s", "csrfmiddlewaretoken")
    }


def enviar(client: Client, caminho: str, **mudancas: Any) -> Any:
    """Opens the page, changes these fields, sends it, follows where it leads."""
    return client.post(caminho, {**ler_formulario(client, caminho), **mudancas}, follow=True)


def agir_em_lote(client: Client, lista: str, acao: str, ids: Any, **mais: Any) -> Any:
    """Selects these rows, answers yes on the page that asks, follows where it leads."""
    selecao = {"action": acao, "_selected_action": ids, **mais}
    pergunta = client.post(lista, selecao, follow=True)
    campos = _Campos()
    campos.feed(pergunta.text)
    if "ids" not in campos.valores:
        return pergunta
    return client.post(lista, campos.valores, follow=True)


def entrar_como(client: Client, *permissoes: str) -> User:
    """A staff member who has just these permissions (`app.codename`)."""
    pessoa = User.objects.create_user("pessoa", password="x", is_staff=True)
    for permissao in permissoes:
        app, codigo = permissao.split(".")
        pessoa.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codigo)
        )
    client.force_login(pessoa)
    return pessoa
