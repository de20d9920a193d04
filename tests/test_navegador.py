"""A clerk at the screen: the admin clicked through in Chromium; a console error fails the test."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect, sync_playwright
from pypdf import PdfReader

from faturamento.models import Fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from medidores.models import DecisaoLeitura, ImportacaoLeituras, Leitura, UnidadeConsumidora
from medidores.servicos.envios import conferir_envio, executar_envio
from tests.factories import (
    ClienteFactory,
    LeituraFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
SENHA = "senha-do-navegador"
AGORA = datetime(2026, 2, 10, 15, tzinfo=UTC)

pytestmark = [pytest.mark.navegador, pytest.mark.usefixtures("banco_real")]


@pytest.fixture(autouse=True)
def orm_ao_lado_do_navegador(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread, and Django would refuse the ORM there."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def rascunho(banco_real: None) -> Fatura:
    User.objects.create_superuser("ana", password=SENHA)
    criar_parametros()
    criar_unidade_com_leituras(cliente=ClienteFactory(nome="José da Conceição"))
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=AGORA)
    faturar(escopo, emitir=False, agora=AGORA)
    return Fatura.objects.get()


@pytest.fixture
def pagina(rascunho: Fatura, live_server: Any) -> Iterator[Any]:
    """A logged-in page that remembers what the console complained of."""
    if not CHROMIUM.exists():
        frase = f"O Chromium não está em {CHROMIUM}. No Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(frase)
        pytest.skip(frase)
    queixas: list[str] = []
    with sync_playwright() as playwright:
        navegador = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        contexto = navegador.new_context(
            base_url=live_server.url, locale="pt-BR", timezone_id="America/Sao_Paulo"
        )
        pagina = contexto.new_page()
        pagina.set_default_timeout(15_000)
        expect.set_options(timeout=15_000)
        pagina.on("pageerror", lambda erro: queixas.append(f"{pagina.url}: {erro}"))
        pagina.on(
            "console",
            lambda m: queixas.append(f"{pagina.url}: {m.text}") if m.type == "error" else None,
        )
        pagina.goto("/admin/login/")
        pagina.fill("[name=username]", "ana")
        pagina.fill("[name=password]", SENHA)
        pagina.click("#login-form button[type=submit]")
        pagina.wait_for_url("**/admin/")
        yield pagina
        navegador.close()
    assert queixas == []


def test_do_painel_a_fatura_emitida(pagina: Any, rascunho: Fatura) -> None:
    expect(pagina.locator(".en-cartao").first).to_be_visible()
    pagina.goto("/admin/?mes=2026-01")
    expect(pagina.locator(".en-quadro").get_by_text("1 elegíveis")).to_be_visible()

    pagina.locator("#nav-sidebar-apps").get_by_role("link", name="Clientes").click()
    pagina.fill("#searchbar", "jose conceicao")
    pagina.press("#searchbar", "Enter")
    pagina.get_by_role("link", name="José da Conceição").click()
    assert pagina.input_value("#id_nome") == "José da Conceição"

    pagina.locator("#tabs-items, #tabs-wrapper").get_by_text("Faturas").click()
    pagina.get_by_role("link", name=f"rascunho {rascunho.pk}").click()
    demonstrativo = pagina.locator(".en-linhas")
    expect(demonstrativo.get_by_text("Energia ativa").first).to_be_visible()
    formula = pagina.locator(".en-formula").first
    expect(formula).to_be_hidden()
    pagina.get_by_role("button", name="Explicar tudo").click()
    expect(formula).to_be_visible()

    pagina.get_by_role("link", name="Emitir").click()
    pagina.get_by_role("button", name="Emitir").click()
    expect(pagina.get_by_text("A fatura 1-1 foi emitida")).to_be_visible()
    rascunho.refresh_from_db()
    assert (rascunho.situacao, rascunho.numero) == ("EMITIDA", 1)


def test_caixa_de_escolha_fala_portugues(pagina: Any) -> None:
    pagina.goto("/admin/medidores/leitura/add/")
    pagina.locator(".field-medidor .select2-selection").click()
    busca = pagina.locator(".select2-search__field")
    busca.fill("M-")
    expect(pagina.locator(".select2-results").get_by_text("José da Conceição")).to_be_visible()
    busca.fill("não existe")
    expect(pagina.get_by_text("Nenhum resultado encontrado")).to_be_visible()


def test_busca_rapida_acha_o_cliente(pagina: Any) -> None:
    pagina.keyboard.press("Control+k")
    pagina.locator("#search-input-command").press_sequentially("conceicao")
    pagina.locator("#command-results-list a").filter(has_text="Rua ").click()
    pagina.wait_for_url("**/clientes/cliente/*/change/")


def test_a_conta_se_imprime_em_uma_folha(pagina: Any, rascunho: Fatura) -> None:
    pagina.goto(f"/admin/faturamento/fatura/{rascunho.pk}/imprimir/")
    folha = pagina.pdf(prefer_css_page_size=True)
    assert len(PdfReader(BytesIO(folha)).pages) == 1
    pagina.add_style_tag(content=".folha { zoom: 1.4 !important; }")
    maior = pagina.pdf(prefer_css_page_size=True)
    assert len(PdfReader(BytesIO(maior)).pages) > 1, "o canhoto está na conta"


def test_telefone_nao_rola_de_lado(pagina: Any, rascunho: Fatura) -> None:
    pagina.set_viewport_size({"width": 390, "height": 844})
    for caminho in (
        "/admin/",
        f"/admin/faturamento/fatura/{rascunho.pk}/change/",
        "/admin/medidores/leitura/add/",
        "/admin/medidores/leitura/importar_leituras/",
    ):
        pagina.goto(caminho)
        largura = pagina.evaluate("document.documentElement.scrollWidth")
        assert largura <= 390, f"{caminho}: {largura} px"


def test_importa_leituras_acompanhando_ate_o_fim(
    pagina: Any, settings: Any, tmp_path: Path
) -> None:
    """A large file whose worker is late: the page notices by itself when it comes."""
    settings.MEDIA_ROOT = tmp_path / "arquivos"
    settings.ENVIO_NA_HORA_MB = 0
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    arquivo = tmp_path / "leituras.csv"
    ultima = Leitura.objects.latest("data_leitura")
    arquivo.write_text(
        "numero_medidor;data_leitura;leitura_kwh\nX-1;05/02/2026;10\n"
        f"{ultima.medidor};09/02/2026;{ultima.leitura_kwh + 5}\n"
    )

    pagina.goto("/admin/medidores/leitura/importar_leituras/")
    pagina.set_input_files("[name=arquivo]", str(arquivo))
    pagina.get_by_role("button", name="Enviar e conferir").click()
    expect(pagina.locator("progress")).to_be_visible()
    importacao = ImportacaoLeituras.objects.get()
    conferir_envio(importacao.pk, agora=AGORA)
    pagina.get_by_role("button", name="Confirmar importação").click()
    expect(pagina.get_by_text("Importação em andamento")).to_be_visible()
    executar_envio(importacao.pk, agora=AGORA)
    expect(pagina.get_by_text("A importação terminou")).to_be_visible()
    with pagina.expect_download() as baixado:
        pagina.get_by_role("link", name="Baixar todas").click()
    assert "MEDIDOR_DESCONHECIDO" in Path(baixado.value.path()).read_text()


@pytest.fixture
def retida(rascunho: Fatura) -> Leitura:
    medidor = criar_unidade_com_leituras(("99550", "99700", "99850", "99950"))
    return LeituraFactory(
        medidor=medidor,
        data_leitura=datetime(2026, 2, 5, 12, tzinfo=UTC),
        leitura_kwh=Decimal(600),
        situacao="RETIDA",
        ocorrencia="LEITURA_REGRESSIVA",
        explicacao="O mostrador iria de 99.950 a 600.",
    )


def test_decide_uma_leitura_em_critica(pagina: Any, retida: Leitura) -> None:
    menu = pagina.locator("#nav-sidebar-apps")
    pagina.goto("/admin/")
    menu.get_by_role("link", name="Leituras em crítica").click()
    pagina.get_by_role("link", name="05/02/2026 09:00").click()
    expect(pagina.get_by_role("img", name="Consumo mês a mês")).to_be_visible()
    expect(pagina.get_by_text("650,000 kWh")).to_be_visible()

    corrigir = pagina.locator("#en-decidir-corrigir")
    corrigir.get_by_label("Leitura corrigida (kWh)").fill("99.999,5")
    corrigir.get_by_role("button", name="Recalcular").click()
    expect(pagina.get_by_text("49,500 kWh")).to_be_visible()

    pagina.get_by_role("button", name="Aceitar como virada").click()
    expect(pagina.get_by_text("Leitura aceita como virada do mostrador")).to_be_visible()
    assert DecisaoLeitura.objects.get().motivo == "Virada do mostrador conferida no medidor."


def test_leituras_em_critica_no_telefone(pagina: Any, retida: Leitura) -> None:
    pagina.set_viewport_size({"width": 390, "height": 844})
    lista = "/admin/medidores/leituraemcritica/"
    for caminho in (lista, f"{lista}{retida.pk}/change/"):
        pagina.goto(caminho)
        largura = pagina.evaluate("document.documentElement.scrollWidth")
        assert largura <= 390, f"{caminho}: {largura} px"


@pytest.mark.parametrize("lista", ["medidores/leitura", "faturamento/fatura"])
def test_todas_as_colunas_cabem_na_tela_pequena(pagina: Any, lista: str) -> None:
    """At 1280 x 800 nothing of a list is out of sight, with the widest that it may hold."""
    Leitura.objects.filter(leitura_kwh=1150).update(
        situacao="RETIDA", ocorrencia="CONSUMO_ALTO", leitura_kwh=Decimal("230199.125")
    )
    UnidadeConsumidora.objects.update(codigo="UC-0000000328")
    Fatura.objects.update(
        data_vencimento=date(2026, 2, 10), valor=Decimal("1234567.89"), consumo_kwh=98765432
    )
    pagina.set_viewport_size({"width": 1280, "height": 800})
    pagina.goto(f"/admin/{lista}/")
    tabela, vista = pagina.locator("#result_list").evaluate(
        "t => { let e = t; while (!/auto|scroll/.test(getComputedStyle(e).overflowX))"
        " e = e.parentElement; return [t.scrollWidth, e.clientWidth]; }"
    )
    assert tabela <= vista
    ultima = pagina.locator("#result_list thead th").last.bounding_box()
    assert ultima["x"] + ultima["width"] <= 1280


def test_menu_de_botoes_abre_pelo_teclado(pagina: Any) -> None:
    medidor = Leitura.objects.values_list("medidor", flat=True)[0]
    pagina.goto(f"/admin/medidores/medidor/{medidor}/change/")
    retirar = pagina.get_by_role("link", name="Retirar medidor")
    expect(retirar).to_be_hidden()
    pagina.get_by_role("button", name="Mais", exact=True).focus()
    pagina.keyboard.press("Enter")
    expect(retirar).to_be_visible()


def test_documento_com_mascara_cabe_inteiro(pagina: Any) -> None:
    """What the browser cuts, no form ever sees."""
    pagina.goto("/admin/clientes/cliente/add/")
    pagina.fill("#id_nome", "Padaria")
    pagina.fill("#id_documento", " 11.222.333/0001-81 ")
    pagina.get_by_role("button", name="Salvar", exact=True).click()
    expect(pagina.get_by_text("Gravado: cliente “Padaria”")).to_be_visible()
