"""Nothing that axe-core finds serious or critical on the admin, light or dark, wide or not."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from faturamento.models import ExecucaoFaturamento, Fatura, LimiteConferencia, LimiteDoGrupo
from medidores.models import Leitura, OcorrenciaLeitura
from tests.factories import LeituraFactory, MotivoFactory
from tests.test_matriz_de_permissoes import endereco, paginas, povoado  # noqa: F401 - fixture
from tests.test_navegador import (  # noqa: F401 - fixtures
    orm_ao_lado_do_navegador,
    pagina,
    rascunho,
)

pytestmark = [pytest.mark.navegador, pytest.mark.usefixtures("banco_real")]

GRAVES = ("serious", "critical")
LARGURAS = {"mesa": 1280, "telefone": 390}
LISTA = "/admin/faturamento/fatura/"


def enderecos_principais() -> list[str]:
    """A page of each kind: home, list, forms, file of a customer, invoice, work-list, history…"""
    fatura = Fatura.objects.get()
    execucao = ExecucaoFaturamento.objects.get()
    retida = LeituraFactory(situacao="RETIDA", ocorrencia="CONSUMO_ALTO", explicacao="muito")
    leitura = Leitura.objects.exclude(pk=retida.pk).latest("pk")
    return [
        "/admin/",
        LISTA,
        "/admin/medidores/leituraemcritica/",
        "/admin/clientes/cliente/add/",
        "/admin/faturamento/fatura/add/",
        reverse("admin:clientes_cliente_change", args=[fatura.cliente_id]),
        reverse("admin:faturamento_fatura_change", args=[fatura.pk]),
        reverse("admin:faturamento_fatura_imprimir", args=[fatura.pk]),
        reverse("admin:faturamento_fatura_history", args=[fatura.pk]),
        reverse("admin:faturamento_execucaofaturamento_change", args=[execucao.pk]),
        reverse("admin:medidores_leitura_delete", args=[leitura.pk]),
        reverse("admin:medidores_leituraemcritica_change", args=[retida.pk]),
        reverse("admin:faturamento_execucaofaturamento_faturar_competencia"),
        reverse("admin:seguranca"),
    ]


def enderecos_de_todas(objetos: dict[Any, Any]) -> Iterator[str]:
    """Every page of the admin that is one: not the files, the fragments, the redirections."""
    client = Client()
    client.force_login(User.objects.get(username="ana"))
    for nome, padrao in paginas().items():
        if nome in ("logout", "login") or "exportar" in nome:
            continue
        caminho = endereco(nome, padrao, objetos)
        resposta = client.get(caminho)
        if resposta.status_code == 200 and b"<html" in getattr(resposta, "content", b"")[:500]:
            yield caminho


def conferir(pagina: Any, onde: str) -> list[str]:  # noqa: F811
    """Each serious fault of the page as it stands: where, the rule, and the piece of the page."""
    resposta = Axe().run(pagina, options={"resultTypes": ["violations"]}).response
    return [
        f"{onde}: {falta['id']}: {no['html'][:120]}"
        for falta in resposta["violations"]
        if falta["impact"] in GRAVES
        for no in falta["nodes"]
    ]


def vestir(pagina: Any, tema: str, largura: int) -> None:  # noqa: F811
    pagina.set_viewport_size({"width": largura, "height": 900})
    pagina.evaluate(f"localStorage.setItem('adminTheme', JSON.stringify('{tema}'))")


def faltas(pagina: Any, enderecos: list[str], tema: str, largura: int) -> list[str]:  # noqa: F811
    vestir(pagina, tema, largura)
    achadas = []
    for caminho in enderecos:
        pagina.goto(caminho)
        pagina.wait_for_load_state("load")
        pagina.wait_for_timeout(150)  # colours still fade for a moment
        achadas += conferir(pagina, caminho)
    return achadas


# Each width once and each theme once: rules of contrast and of layout seldom hang on both.
@pytest.mark.parametrize(
    ("tema", "largura"), [("light", 390), ("dark", 1280)], ids=["claro-telefone", "escuro-mesa"]
)
def test_um_exemplo_de_cada_pagina_nao_tem_falta_grave(pagina, tema, largura):  # noqa: F811
    assert faltas(pagina, enderecos_principais(), tema, largura) == []


@pytest.mark.parametrize("tema", ["light", "dark"])
def test_o_que_se_abre_na_pagina_nao_tem_falta_grave(pagina, tema):  # noqa: F811
    vestir(pagina, tema, LARGURAS["mesa"])
    achadas = []
    for nome in ("Filtros", "Colunas", "Exportar"):
        pagina.goto(LISTA)
        pagina.click(f"text={nome}")
        pagina.wait_for_timeout(400)
        achadas += conferir(pagina, nome)
    pagina.goto("/admin/")
    pagina.keyboard.press("Control+k")
    pagina.keyboard.type("fatura")
    pagina.wait_for_timeout(800)
    achadas += conferir(pagina, "paleta")
    assert achadas == []


def test_a_pagina_de_entrada_nao_tem_falta_grave(pagina):  # noqa: F811
    pagina.context.clear_cookies()
    achadas = []
    for tema in ("light", "dark"):
        achadas += faltas(pagina, ["/admin/login/"], tema, LARGURAS["telefone"])
    assert achadas == []


def test_o_axe_acha_o_que_falta(pagina):  # noqa: F811
    pagina.goto("/admin/")
    pagina.evaluate("document.querySelector('main, #main, body').innerHTML += '<input>'")
    assert re.search(r": label: ", "\n".join(conferir(pagina, "painel")))


@pytest.fixture
def cadastro(banco_real: None) -> None:
    """What migrations wrote, and the end of another test emptied."""
    MotivoFactory()
    if not LimiteConferencia.objects.exists():
        LimiteConferencia.objects.create(classe="RESIDENCIAL")
    if not LimiteDoGrupo.objects.exists():
        LimiteDoGrupo.objects.create(percentual_pendente=20)
    if not OcorrenciaLeitura.objects.exists():
        OcorrenciaLeitura.objects.create(codigo="PORTAO", descricao="portão fechado")


@pytest.mark.longo
def test_nenhuma_pagina_tem_falta_grave(pagina, cadastro, povoado):  # noqa: F811
    enderecos = list(enderecos_de_todas(povoado))
    assert len(enderecos) > 100
    achadas = [
        f"{tema}, {largura}: {falta}"
        for tema in ("light", "dark")
        for largura in LARGURAS.values()
        for falta in faltas(pagina, enderecos, tema, largura)
    ]
    assert not achadas, "\n".join(achadas)
