"""Nothing that axe-core finds serious or critical on the admin, light or dark, wide or not."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.urls import reverse

from tests.factories import LeituraFactory
from tests.test_navegador import (  # noqa: F401 - fixtures
    orm_ao_lado_do_navegador,
    pagina,
    rascunho,
)

pytestmark = [pytest.mark.navegador, pytest.mark.usefixtures("banco_real")]

GRAVES = ("serious", "critical")
LARGURAS = {"mesa": 1280, "telefone": 390}
PRINCIPAIS = [
    "/admin/",
    "/admin/clientes/cliente/",
    "/admin/clientes/cliente/add/",
    "/admin/faturamento/fatura/",
    "/admin/faturamento/fatura/add/",
    "/admin/medidores/leitura/",
    "/admin/faturamento/execucaofaturamento/faturar_competencia",
]


def faltas(pagina: Any, enderecos: list[str], tema: str, largura: int) -> list[str]:  # noqa: F811
    """Each serious fault: the page, the rule, and the piece of the page."""
    pagina.set_viewport_size({"width": largura, "height": 900})
    pagina.evaluate(f"localStorage.setItem('adminTheme', JSON.stringify('{tema}'))")
    achadas = []
    for endereco in enderecos:
        pagina.goto(endereco)
        pagina.wait_for_load_state("load")
        pagina.wait_for_timeout(150)  # colours still fade for a moment
        resposta = Axe().run(pagina, options={"resultTypes": ["violations"]}).response
        achadas += [
            f"{endereco}: {falta['id']}: {no['html'][:120]}"
            for falta in resposta["violations"]
            if falta["impact"] in GRAVES
            for no in falta["nodes"]
        ]
    return achadas


@pytest.mark.parametrize("tema", ["light", "dark"])
@pytest.mark.parametrize("largura", LARGURAS.values(), ids=LARGURAS)
def test_as_paginas_principais_nao_tem_falta_grave(pagina, tema, largura):  # noqa: F811
    assert faltas(pagina, PRINCIPAIS, tema, largura) == []


def test_o_axe_acha_o_que_falta(pagina):  # noqa: F811
    pagina.goto("/admin/")
    pagina.evaluate("document.querySelector('main, #main, body').innerHTML += '<input>'")
    violacoes = Axe().run(pagina).response["violations"]
    assert "label" in {falta["id"] for falta in violacoes}


@pytest.mark.longo
@pytest.mark.parametrize("tema", ["light", "dark"])
@pytest.mark.parametrize("largura", LARGURAS.values(), ids=LARGURAS)
def test_nenhuma_pagina_tem_falta_grave(pagina, tema, largura):  # noqa: F811
    LeituraFactory(situacao="RETIDA", ocorrencia="CONSUMO_ALTO", explicacao="muito")
    enderecos = []
    for de_um_modelo in admin.site._registry.values():
        opcoes = de_um_modelo.model._meta
        prefixo = f"admin:{opcoes.app_label}_{opcoes.model_name}"
        enderecos.append(reverse(f"{prefixo}_changelist"))
        if um := de_um_modelo.model._default_manager.order_by("pk").first():
            enderecos += [
                reverse(f"{prefixo}_{nome}", args=[um.pk]) for nome in ("change", "history")
            ]
    assert faltas(pagina, enderecos, tema, largura) == []
