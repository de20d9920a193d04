"""A clerk's day in Chromium, from login to logout: everything that is said at the counter is done.

One walk of a person with four roles, and the other person who approves a tariff.
A complaint of the console, or of the content policy, fails it wherever it happens.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from playwright.sync_api import expect, sync_playwright

from energia_project.papeis import PAPEIS, permissoes_de, permissoes_do_sistema
from faturamento.models import Fatura, PedidoDeAprovacao, Tarifa
from faturamento.servicos.execucao import definir_escopo, faturar
from medidores.models import Leitura
from tests.factories import (
    ClienteFactory,
    LeituraFactory,
    MotivoFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)
from tests.test_navegador import (
    CHROMIUM,
    SENHA,
    orm_ao_lado_do_navegador,  # noqa: F401 - a fixture
)

pytestmark = [pytest.mark.navegador, pytest.mark.usefixtures("banco_real")]

JOSE = "José da Conceição"
PAPEIS_DA_ANA = ("Atendimento", "Leitura", "Faturamento", "Arrecadação")


def criar_pessoa(nome: str, *papeis: str) -> None:
    """A user with these roles, made again where an earlier test emptied the tables."""
    pessoa = User.objects.create_user(nome, password=SENHA, is_staff=True)
    for papel in papeis:
        grupo, novo = Group.objects.get_or_create(name=papel)
        if novo:
            querem = permissoes_de(PAPEIS[papel], permissoes_do_sistema())
            todas = Permission.objects.select_related("content_type")
            grupo.permissions.set(
                p for p in todas if f"{p.content_type.app_label}.{p.codename}" in querem
            )
        pessoa.groups.add(grupo)


@pytest.fixture
def distribuidora_de_janeiro(banco_real: None) -> None:
    """José with two issued bills and January to bill; a neighbour whose dial went round."""
    criar_pessoa("ana", *PAPEIS_DA_ANA)
    criar_pessoa("bia", "Faturamento")
    criar_parametros()
    MotivoFactory()
    criar_unidade_com_leituras(("1000", "1150", "1310", "1450"), cliente=ClienteFactory(nome=JOSE))
    vizinha = criar_unidade_com_leituras(
        ("99400", "99550", "99700", "99850"), cliente=ClienteFactory(nome="Rita Vizinha")
    )
    Leitura.objects.filter(medidor=vizinha, leitura_kwh=99850).delete()
    for mes in (date(2025, 11, 1), date(2025, 12, 1)):
        agora = datetime(mes.year, mes.month, 20, 15, tzinfo=UTC)
        escopo = definir_escopo(mes, ate=None, grupo_leitura="", agora=agora)
        faturar(escopo, emitir=True, agora=agora)
    LeituraFactory(
        medidor=vizinha,
        data_leitura=datetime(2026, 1, 5, 12, tzinfo=UTC),
        leitura_kwh=Decimal(30),
        situacao="RETIDA",
        ocorrencia="LEITURA_REGRESSIVA",
        explicacao="O mostrador iria de 99.700 a 30.",
    )


@pytest.fixture
def pagina(distribuidora_de_janeiro: None, live_server: Any, settings: Any) -> Iterator[Any]:
    """A page that nobody logged in to yet; background work is done at once."""
    if not CHROMIUM.exists():
        frase = f"O Chromium não está em {CHROMIUM}. No Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(frase)
        pytest.skip(frase)
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    queixas: list[str] = []
    with sync_playwright() as playwright:
        navegador = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        contexto: Any = navegador.new_context(
            base_url=live_server.url, locale="pt-BR", timezone_id="America/Sao_Paulo"
        )
        contexto.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => "
            "console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
        )
        # Of the context: the page that opens to be printed is heard too.
        contexto.on("weberror", lambda erro: queixas.append(f"{erro.page.url}: {erro.error}"))
        contexto.on(
            "console",
            lambda m: queixas.append(f"{m.page.url}: {m.text}") if m.type == "error" else None,
        )
        pagina = contexto.new_page()
        pagina.set_default_timeout(15_000)
        expect.set_options(timeout=15_000)
        yield pagina
        navegador.close()
    assert queixas == []


def entrar(pagina: Any, nome: str) -> None:
    pagina.goto("/admin/")
    pagina.fill("[name=username]", nome)
    pagina.fill("[name=password]", SENHA)
    pagina.click("#login-form button[type=submit]")
    expect(pagina.locator(".en-cartao").first).to_be_visible()


def sair(pagina: Any, nome: str) -> None:
    pagina.locator("#nav-sidebar").get_by_text(nome, exact=True).click()
    pagina.get_by_role("button", name="Encerrar sessão").click()
    pagina.goto("/admin/clientes/cliente/")
    expect(pagina.locator("#login-form")).to_be_visible()


def ir_pelo_menu(pagina: Any, nome: str) -> None:
    pagina.locator("#nav-sidebar-apps").get_by_role("link", name=nome).click()


def test_o_dia_inteiro(pagina: Any) -> None:
    entrar(pagina, "ana")
    achar_o_cliente_e_receber(pagina)
    decidir_a_leitura_retida(pagina)
    faturar_janeiro(pagina)
    emitir_e_explicar(pagina)
    imprimir(pagina)
    cancelar_e_refaturar(pagina)
    exportar(pagina)
    pedir_outra_tarifa(pagina)
    sair(pagina, "ana")
    entrar(pagina, "bia")
    aprovar_a_tarifa(pagina)
    sair(pagina, "bia")


def achar_o_cliente_e_receber(pagina: Any) -> None:
    pagina.keyboard.press("Control+k")
    pagina.locator("#search-input-command").press_sequentially("conceicao")
    pagina.locator("#command-results-list a").filter(has_text="Rua ").click()
    pagina.wait_for_url("**/clientes/cliente/*/change/")
    expect(pagina.get_by_text("Extrato, do mais novo ao mais velho")).to_be_visible()
    expect(pagina.get_by_text("Vencido", exact=True)).to_be_visible()

    de_dezembro = Fatura.objects.get(cliente__nome=JOSE, mes_referencia=date(2025, 12, 1))
    pagina.get_by_role("link", name=f"Fatura 1-{de_dezembro.numero} de 12/2025").click()
    pagina.get_by_role("link", name="Registrar pagamento").click()
    pagina.get_by_role("button", name="Registrar").click()
    expect(pagina.get_by_text(re.compile(r"Pagamento de R\$.* registrado"))).to_be_visible()
    de_dezembro.refresh_from_db()
    assert de_dezembro.status_pagamento == "PAGA"


def decidir_a_leitura_retida(pagina: Any) -> None:
    ir_pelo_menu(pagina, "Leituras em crítica")
    pagina.get_by_role("link", name="05/01/2026 09:00").click()
    expect(pagina.get_by_role("img", name="Consumo mês a mês")).to_be_visible()
    pagina.get_by_role("button", name="Aceitar como virada").click()
    expect(pagina.get_by_text("Leitura aceita como virada do mostrador")).to_be_visible()


def faturar_janeiro(pagina: Any) -> None:
    ir_pelo_menu(pagina, "Execuções")
    pagina.get_by_role("link", name="Faturar competência").click()
    pagina.get_by_label("Competência").fill("01/2026")
    pagina.get_by_role("button", name="Faturar").click()
    expect(pagina.get_by_text("A execução terminou")).to_be_visible()
    contagens = pagina.locator("dl").filter(has_text="elegíveis")
    expect(contagens).to_contain_text(re.compile(r"faturadas\s*2"))
    assert Fatura.objects.filter(situacao="RASCUNHO").count() == 2


def emitir_e_explicar(pagina: Any) -> None:
    rascunho = Fatura.objects.get(cliente__nome=JOSE, situacao="RASCUNHO")
    ir_pelo_menu(pagina, "Faturas")
    pagina.fill("#searchbar", "jose conceicao")
    pagina.press("#searchbar", "Enter")
    pagina.get_by_role("link", name=f"rascunho {rascunho.pk}").click()
    pagina.get_by_role("link", name="Emitir").click()
    pagina.get_by_role("button", name="Emitir").click()
    rascunho.refresh_from_db()
    expect(pagina.get_by_text(f"A fatura 1-{rascunho.numero} foi emitida")).to_be_visible()

    demonstrativo = pagina.locator(".en-linhas")
    expect(demonstrativo.get_by_text("Energia ativa fornecida – TUSD")).to_be_visible()
    formula = pagina.locator(".en-formula").first
    expect(formula).to_be_hidden()
    pagina.get_by_role("button", name="Explicar tudo").click()
    expect(formula).to_be_visible()
    leituras = pagina.get_by_role("row").filter(has_text="leitura em campo")
    expect(leituras).to_contain_text("1.310,000")
    expect(leituras).to_contain_text("1.450,000")


def imprimir(pagina: Any) -> None:
    with pagina.expect_popup() as aberta:
        pagina.get_by_role("link", name="Imprimir").click()
    conta = aberta.value
    expect(conta.get_by_text(JOSE).first).to_be_visible()
    endereco = conta.get_by_role("link", name=re.compile("PDF")).get_attribute("href")
    resposta = pagina.request.get(endereco)
    assert resposta.headers["content-type"] == "application/pdf"
    assert resposta.body().startswith(b"%PDF")
    conta.close()


def cancelar_e_refaturar(pagina: Any) -> None:
    """The meter showed 1.430: cancelled with its motive, billed anew with the difference seen."""
    antiga = Fatura.objects.get(cliente__nome=JOSE, mes_referencia=date(2026, 1, 1))
    pagina.get_by_role("link", name="Cancelar").click()
    pagina.get_by_label("Motivo").select_option(label="Leitura errada")
    pagina.get_by_label("Detalhe").fill("A foto mostra 1.430.")
    pagina.get_by_role("button", name="Cancelar a fatura").click()
    expect(pagina.get_by_text(f"A fatura 1-{antiga.numero} foi cancelada")).to_be_visible()

    pagina.get_by_role("link", name="Refaturar").click()
    pagina.get_by_label("Leitura do medidor").fill("1.430")
    pagina.get_by_label("Motivo").select_option(label="Leitura errada")
    pagina.get_by_role("button", name="Ver a diferença").click()
    diferenca = pagina.get_by_role("table", name=re.compile("^A diferença, linha por linha"))
    tusd = diferenca.get_by_role("row").filter(has_text="TUSD").first
    expect(tusd).to_contain_text("140,000")
    expect(tusd).to_contain_text("120,000")
    antiga.refresh_from_db()
    assert not hasattr(antiga, "substituida_por")

    pagina.get_by_role("button", name="Emitir a nova", exact=True).click()
    expect(pagina.get_by_text("foi emitida no lugar da")).to_be_visible()
    nova = Fatura.objects.get(substitui=antiga)
    assert (nova.situacao, nova.consumo_kwh) == ("EMITIDA", 120)
    assert nova.valor < antiga.valor
    pagina.get_by_role("link", name=f"fatura 1-{antiga.numero}").first.click()
    pagina.wait_for_url(f"**/fatura/{antiga.pk}/change/")


def exportar(pagina: Any) -> None:
    ir_pelo_menu(pagina, "Faturas")
    pagina.fill("#searchbar", "jose conceicao")
    pagina.press("#searchbar", "Enter")
    pagina.get_by_text("Exportar").click()
    with pagina.expect_download() as baixado:
        pagina.get_by_role("link", name="CSV").click()
    linhas = Path(baixado.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(linhas) == 1 + Fatura.objects.filter(cliente__nome=JOSE).count()
    assert all(JOSE in linha for linha in linhas[1:])


def pedir_outra_tarifa(pagina: Any) -> None:
    menu = pagina.locator("#nav-sidebar-apps")
    if not menu.get_by_role("link", name="Tarifas").is_visible():
        menu.get_by_text("Tabelas").click()
    ir_pelo_menu(pagina, "Tarifas")
    pagina.get_by_role("link", name=re.compile("B1 convencional")).click()
    pagina.get_by_label("TUSD (R$/MWh)").fill("480,10")
    pagina.get_by_role("button", name="Salvar", exact=True).click()
    expect(pagina.get_by_text("espera a aprovação de outra pessoa")).to_be_visible()
    expect(pagina.get_by_text("O pedido é seu")).to_be_visible()
    expect(pagina.get_by_role("link", name="Aprovar")).to_have_count(0)
    assert Tarifa.objects.get().tusd_brl_por_mwh == Decimal("472.42")


def aprovar_a_tarifa(pagina: Any) -> None:
    ir_pelo_menu(pagina, "Aprovações")
    pedido = PedidoDeAprovacao.objects.get()
    pagina.get_by_role("link", name=re.compile(f"^{pedido.pk}: ")).click()
    pagina.get_by_role("link", name="Aprovar").click()
    pagina.get_by_role("button", name="Aprovar").click()
    expect(pagina.get_by_text("foi aprovado")).to_be_visible()
    assert Tarifa.objects.get().tusd_brl_por_mwh == Decimal("480.10")
