"""What was typed when the session ended: it waits in the tab, for the same person only."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from clientes.models import Cliente
from tests.test_navegador import (  # noqa: F401 - fixtures
    SENHA,
    orm_ao_lado_do_navegador,
    pagina,
    rascunho,
)

pytestmark = [pytest.mark.navegador, pytest.mark.usefixtures("banco_real")]


def entrar(pagina: Any, nome: str = "ana") -> None:  # noqa: F811
    pagina.fill("[name=username]", nome)
    pagina.fill("[name=password]", SENHA)
    pagina.click("#login-form button[type=submit]")
    pagina.wait_for_url(lambda endereco: "/login/" not in endereco)


def guardado(pagina: Any) -> str:  # noqa: F811
    return str(pagina.evaluate("JSON.stringify(sessionStorage)"))


def salvar_sem_sessao(pagina: Any) -> None:  # noqa: F811
    Session.objects.all().delete()
    pagina.get_by_role("button", name="Salvar", exact=True).click()
    pagina.wait_for_url("**/login/**")


def abrir_cliente(pagina: Any) -> Cliente:  # noqa: F811
    cliente = Cliente.objects.get()
    pagina.goto(f"/admin/clientes/cliente/{cliente.pk}/change/")
    return cliente


def test_volta_depois_da_entrada_e_se_apaga_depois_de_salvo(pagina: Any) -> None:  # noqa: F811
    cliente = abrir_cliente(pagina)
    pagina.fill("[name=telefone]", "(62) 98888-7777")
    salvar_sem_sessao(pagina)
    expect(pagina.get_by_text("está guardado nesta aba")).to_be_visible()
    entrar(pagina)
    pagina.wait_for_url(f"**/cliente/{cliente.pk}/change/")
    assert pagina.input_value("[name=telefone]") != "(62) 98888-7777"

    pagina.get_by_role("button", name="Recuperar").click()
    assert pagina.input_value("[name=telefone]") == "(62) 98888-7777"
    pagina.get_by_role("button", name="Salvar", exact=True).click()
    pagina.wait_for_url("**/clientes/cliente/")
    cliente.refresh_from_db()
    assert cliente.telefone == "(62) 98888-7777"
    assert guardado(pagina) == "{}"
    abrir_cliente(pagina)
    expect(pagina.get_by_role("button", name="Recuperar")).to_have_count(0)


def test_a_escolha_de_uma_caixa_de_busca_tambem_volta(pagina: Any) -> None:  # noqa: F811
    pagina.goto("/admin/faturamento/lancamentoavulso/add/")
    pagina.locator(".field-unidade .select2-selection").first.click()
    pagina.locator(".select2-search__field").fill("UC")
    pagina.locator(".select2-results__option[aria-selected]").first.click()
    escolhida = pagina.locator(".field-unidade .select2-selection__rendered").first.inner_text()
    pagina.fill("[name=descricao]", "Religação")
    salvar_sem_sessao(pagina)
    entrar(pagina)
    pagina.get_by_role("button", name="Recuperar").click()
    caixa = pagina.locator(".field-unidade .select2-selection__rendered").first
    expect(caixa).to_have_text(escolhida)
    assert pagina.input_value("[name=unidade]")
    assert pagina.input_value("[name=descricao]") == "Religação"


def test_o_que_se_descarta_some(pagina: Any) -> None:  # noqa: F811
    abrir_cliente(pagina)
    pagina.fill("[name=telefone]", "1")
    abrir_cliente(pagina)
    pagina.get_by_role("button", name="Descartar").click()
    assert guardado(pagina) == "{}"


def test_outra_pessoa_na_mesma_aba_nao_o_ve(pagina: Any) -> None:  # noqa: F811
    User.objects.create_superuser("bia", password=SENHA)
    abrir_cliente(pagina)
    pagina.fill("[name=telefone]", "segredo de ana")
    salvar_sem_sessao(pagina)
    assert "segredo de ana" in guardado(pagina)
    entrar(pagina, "bia")
    expect(pagina.get_by_role("button", name="Salvar", exact=True)).to_be_visible()
    assert guardado(pagina) == "{}"


def test_sair_esquece_tudo(pagina: Any) -> None:  # noqa: F811
    abrir_cliente(pagina)
    pagina.fill("[name=telefone]", "1")
    assert guardado(pagina) != "{}"
    pagina.evaluate("document.querySelector('#logout-form').requestSubmit()")
    pagina.wait_for_url("**/logout/")
    assert guardado(pagina) == "{}"


def test_senhas_e_codigos_nunca_se_guardam(pagina: Any) -> None:  # noqa: F811
    pagina.goto("/admin/password_change/")
    for nome in ("old_password", "new_password1", "new_password2"):
        pagina.fill(f"[name={nome}]", "minha-senha-nova")
    pagina.goto("/admin/auth/user/add/")
    pagina.fill("[name=username]", "caio")
    pagina.fill("[name=password1]", "minha-senha-nova")
    assert "caio" in guardado(pagina)
    pagina.goto("/admin/seguranca/segundo-fator/")
    pagina.get_by_label("Código").fill("123456")
    assert "minha-senha-nova" not in guardado(pagina)
    assert "123456" not in guardado(pagina)
