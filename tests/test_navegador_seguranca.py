"""Every page of the admin in Chromium under its content policy: nothing may complain.

One walk: login, second factor, each list, form, history and action page, in dark too.
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import RequestFactory
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from faturamento.models import ExecucaoFaturamento, Fatura, LoteFaturamento
from tests.test_navegador import (  # noqa: F401 - fixtures
    orm_ao_lado_do_navegador,
    pagina,
    rascunho,
    retida,
)

pytestmark = [pytest.mark.navegador, pytest.mark.usefixtures("banco_real")]

# The page of an action or of a tool: those that a model's own pages do not lead to.
OUTRAS = (
    "/admin/",
    "/admin/password_change/",
    "/admin/seguranca/",
    "/admin/seguranca/segundo-fator/",
    "/admin/medidores/leitura/importar_leituras/",
    "/admin/medidores/medidor/importar_cadastro",
    "/docs",
)


def enderecos(usuario: User) -> list[str]:
    """List, inclusion, and of one object each its page, its history and its deletion."""
    pedido = RequestFactory().get("/admin/")
    pedido.user = usuario
    achados = list(OUTRAS)
    for modelo, paginas in admin.site._registry.items():
        base = f"admin:{modelo._meta.app_label}_{modelo._meta.model_name}"
        objeto: models.Model | None = modelo._default_manager.order_by("pk").first()
        achados.append(reverse(f"{base}_changelist"))
        if paginas.has_add_permission(pedido):
            achados.append(reverse(f"{base}_add"))
        if objeto is None:
            continue
        nomes = ["change", "history"]
        if paginas.has_delete_permission(pedido, objeto):
            nomes.append("delete")
        achados += [reverse(f"{base}_{nome}", args=[objeto.pk]) for nome in nomes]
    return achados


def andar(pagina: Any, caminhos: list[str]) -> None:  # noqa: F811 - the fixture's name
    for caminho in caminhos:
        pagina.goto(caminho, wait_until="load")


def test_nenhuma_pagina_contraria_a_politica(
    pagina: Any,  # noqa: F811
    rascunho: Fatura,  # noqa: F811
    retida: Any,  # noqa: F811
) -> None:
    violacoes: list[str] = []
    pagina.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => "
        "console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile))"
    )
    assert ExecucaoFaturamento.objects.exists()
    assert LoteFaturamento.objects.exists()
    pagina.on(
        "console",
        lambda m: (
            violacoes.append(f"{pagina.url}: {m.text}")
            if "CSP" in m.text or "Content Security" in m.text
            else None
        ),
    )
    caminhos = enderecos(User.objects.get(username="ana"))
    assert len(caminhos) > 60

    andar(pagina, caminhos)
    pagina.emulate_media(color_scheme="dark")
    andar(pagina, ["/admin/", f"/admin/faturamento/fatura/{rascunho.pk}/change/"])

    assert violacoes == []


def test_controle_um_script_na_pagina_e_barrado(pagina: Any) -> None:  # noqa: F811
    """The walk above would be green without a policy; this one would be red."""
    pagina = pagina.context.new_page()  # its complaint is what is wanted here
    pagina.goto("/admin/")
    correu = pagina.evaluate(
        """() => new Promise(feito => {
            document.addEventListener('securitypolicyviolation', () => feito('barrado'));
            const script = document.createElement('script');
            script.textContent = 'window.correu = true';
            document.body.append(script);
            setTimeout(() => feito(String(window.correu)), 2000);
        })"""
    )
    assert correu == "barrado"


def test_segundo_fator_do_qr_ao_codigo(pagina: Any) -> None:  # noqa: F811
    ana = User.objects.get(username="ana")
    pagina.goto("/admin/seguranca/")
    pagina.get_by_role("link", name="Ativar").click()
    expect(pagina.get_by_role("img", name="Código QR")).to_be_visible()
    pagina.get_by_label("Código").fill(_codigo(ana))
    pagina.get_by_role("button", name="Ativar").click()
    expect(pagina.get_by_role("list", name="Códigos de reserva").locator("li")).to_have_count(10)
    reserva = pagina.locator(".en-codigos li").first.inner_text()

    pagina.context.clear_cookies()
    pagina.goto("/admin/clientes/cliente/")
    pagina.fill("[name=username]", "ana")
    pagina.fill("[name=password]", "senha-do-navegador")
    pagina.click("#login-form button[type=submit]")
    expect(pagina.get_by_role("heading", name="Segundo fator")).to_be_visible()
    pagina.get_by_label("Código").fill(reserva)
    pagina.get_by_role("button", name="Conferir").click()
    pagina.wait_for_url("**/admin/clientes/cliente/")


def _codigo(usuario: User) -> str:
    return f"{totp(TOTPDevice.objects.get(user=usuario).bin_key):06d}"
