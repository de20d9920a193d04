"""Takes the pictures of the guide and of the README: `make screenshots`.

Demo data in a temporary SQLite, a server on a free port, and Chromium clicking as the people of
the demonstration. Each picture has a fixed size; the data are those of the last complete month.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

RAIZ = Path(__file__).resolve().parent.parent
IMAGENS = RAIZ / "docs" / "imagens"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
SENHA = "energia-demo"
LARGURA, ALTURA = 1280, 800
TELEFONE = (390, 844)
CORES = 256
ESPERA_DO_SERVIDOR_S = 60
HOJE = datetime.now().astimezone().date()
MES = HOJE.replace(day=1) - timedelta(days=1)


class Fotografo:
    """One person at a time in front of the server."""

    def __init__(self, navegador: Browser, endereco: str) -> None:
        self.navegador = navegador
        self.endereco = endereco
        self.pagina: Page

    def entrar(self, nome: str, *, tema: Any = "light", telefone: bool = False) -> Page:
        """A new window, logged in as this person of the demonstration."""
        largura, altura = TELEFONE if telefone else (LARGURA, ALTURA)
        contexto = self.navegador.new_context(
            base_url=self.endereco,
            locale="pt-BR",
            timezone_id="America/Sao_Paulo",
            viewport={"width": largura, "height": altura},
            color_scheme=tema,
            reduced_motion="reduce",
        )
        self.pagina = contexto.new_page()
        self.pagina.goto("/admin/login/")
        self.pagina.fill("[name=username]", nome)
        self.pagina.fill("[name=password]", SENHA)
        self.pagina.click("#login-form button[type=submit]")
        self.pagina.wait_for_url("**/admin/")
        return self.pagina

    def ir(self, caminho: str) -> Page:
        self.pagina.goto(f"/admin/{caminho}", wait_until="networkidle")
        return self.pagina

    def tirar(self, nome: str, *, altura: int = 0, desde: str = "", margem: int = 16) -> None:
        """Takes `nome`.png: the window made this high, or what there is from an element on."""
        pagina = self.pagina
        largura = pagina.viewport_size["width"]  # type: ignore[index]
        normal = pagina.viewport_size["height"]  # type: ignore[index]
        if altura:
            pagina.set_viewport_size({"width": largura, "height": altura})
        if desde:
            alvo = pagina.locator(desde).first
            alvo.evaluate(
                "(e, margem) => { e.style.scrollMarginTop = margem + 'px'; e.scrollIntoView(); }",
                64 + margem,
            )
        pagina.wait_for_load_state("networkidle")
        pagina.evaluate("document.fonts.ready")
        pagina.wait_for_timeout(300)
        destino = IMAGENS / f"{nome}.png"
        pagina.screenshot(path=destino, animations="disabled", caret="hide")
        if altura:
            pagina.set_viewport_size({"width": largura, "height": normal})
        with Image.open(destino) as imagem:
            poucas = imagem.convert("RGB").quantize(CORES, dither=Image.Dither.NONE)
        poucas.save(destino, optimize=True)
        print(f"  {destino.name}: {destino.stat().st_size // 1024} KiB")


def porta_livre() -> int:
    with socket.socket() as tomada:
        tomada.bind(("127.0.0.1", 0))
        return int(tomada.getsockname()[1])


@contextmanager
def servidor(pasta: Path) -> Iterator[str]:
    """A server with demo data of its own; gives its address, and ends with the block."""
    porta = porta_livre()
    ambiente = {
        **os.environ,
        "DEBUG": "1",
        "DATABASE_URL": f"sqlite:///{pasta}/demo.sqlite3",
        "PASTA_DE_ARQUIVOS": str(pasta / "arquivos"),
        "TASKS_BACKEND": "django_tasks.backends.immediate.ImmediateBackend",
        "DEMO_PASSWORD": SENHA,
        "PORT": str(porta),
    }
    gerir = [sys.executable, str(RAIZ / "manage.py")]
    subprocess.run([*gerir, "preparar_demo"], cwd=RAIZ, env=ambiente, check=True)  # noqa: S603 - our own command
    endereco = f"http://127.0.0.1:{porta}"
    processo = subprocess.Popen(  # noqa: S603 - our own command
        [*gerir, "runserver", "--noreload", f"127.0.0.1:{porta}"],
        cwd=RAIZ,
        env=ambiente,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _esperar(porta, processo)
        yield endereco
    finally:
        processo.terminate()
        processo.wait(timeout=10)


def _esperar(porta: int, processo: "subprocess.Popen[bytes]") -> None:
    limite = time.monotonic() + ESPERA_DO_SERVIDOR_S
    while time.monotonic() < limite and processo.poll() is None:
        with socket.socket() as tomada:
            if tomada.connect_ex(("127.0.0.1", porta)) == 0:
                return
        time.sleep(0.3)
    raise SystemExit("O servidor de demonstração não respondeu.")


def painel(foto: Fotografo) -> None:
    foto.entrar("faturista")
    foto.ir(f"?mes={MES:%Y-%m}")
    foto.tirar("painel", altura=1130)
    foto.entrar("faturista", tema="dark")
    foto.ir(f"?mes={MES:%Y-%m}")
    foto.tirar("painel-escuro", altura=1130)


def cliente(foto: Fotografo) -> None:
    pagina = foto.entrar("atendente")
    foto.ir("")
    pagina.keyboard.press("Control+k")
    pagina.locator("#search-input-command").press_sequentially("viana")
    pagina.locator("#command-results-list a").first.wait_for()
    foto.tirar("busca")
    foto.ir("clientes/cliente/29/change/")
    foto.tirar("ficha", altura=1280)
    foto.ir("medidores/medidor/29/trocar")
    foto.tirar("trocar-medidor", altura=960)
    foto.ir("medidores/medidor/29/mudar_titular")
    foto.tirar("mudar-titular")
    foto.ir("faturamento/lancamentoavulso/add/")
    foto.tirar("lancamento")
    foto.entrar("atendente", telefone=True)
    foto.ir("clientes/cliente/29/change/")
    foto.tirar("ficha-no-telefone")


def leituras(foto: Fotografo, pasta: Path) -> None:
    pagina = foto.entrar("leiturista")
    arquivo = pasta / "leituras-do-grupo-05.csv"
    linhas = [f"MD-{n:06d};{HOJE:%d/%m/%Y} 08:{n:02d};{n * 10}" for n in (31, 33)]
    linhas += [f"MD-999999;{HOJE:%d/%m/%Y} 09:10;120", "MD-000037;31/02/2026 09:12;4100"]
    arquivo.write_text("numero_medidor;data_leitura;leitura_kwh\n" + "\n".join(linhas) + "\n")
    foto.ir("medidores/leitura/importar_leituras/")
    pagina.set_input_files("[name=arquivo]", str(arquivo))
    pagina.get_by_role("button", name="Enviar e conferir").click()
    pagina.get_by_role("button", name="Confirmar importação").wait_for()
    foto.tirar("importar-leituras", altura=900)
    foto.ir("medidores/leituraemcritica/")
    pagina.locator("#result_list tbody a").first.click()
    pagina.get_by_role("img", name="Consumo mês a mês").wait_for()
    foto.tirar("leitura-em-critica", altura=1240)
    foto.entrar("leiturista", telefone=True)
    foto.ir("medidores/leitura/add/")
    foto.tirar("leitura-no-telefone")


def faturas(foto: Fotografo) -> None:
    pagina = foto.entrar("faturista")
    foto.ir("faturamento/execucaofaturamento/faturar_competencia")
    pagina.get_by_label("Competência").fill(f"{MES:%m/%Y}")
    pagina.get_by_label("Só simular").check(force=True)
    pagina.get_by_role("button", name="Faturar").click()
    pagina.get_by_text("Simulação: nada foi gravado").wait_for()
    foto.tirar("faturar", altura=970)
    foto.ir("faturamento/execucaofaturamento/65/change/")
    foto.tirar("execucao")
    foto.ir("faturamento/fatura/?situacao__exact=RASCUNHO")
    caixas = pagina.locator("#result_list tbody input.action-select")
    for n in range(3):
        caixas.nth(n).check()
    foto.tirar("rascunhos")
    foto.ir("faturamento/fatura/")
    pagina.get_by_text("Exportar").click()
    foto.tirar("exportar")
    _uma_fatura(foto, pagina)


def _uma_fatura(foto: Fotografo, pagina: Page) -> None:
    pagina.locator("#result_list tbody a").filter(has_text="fatura 1-").nth(2).click()
    pagina.wait_for_url("**/change/**")
    base = pagina.url.split("/admin/")[1].split("change/")[0]
    foto.tirar("fatura", altura=1300)
    pagina.locator(".en-linhas summary").first.click()
    foto.tirar("explicar", desde=".en-linhas")
    foto.ir(f"{base}imprimir")
    foto.tirar("conta", altura=1380)
    foto.ir(f"{base}refaturar")
    campo = pagina.get_by_label("Leitura do medidor")
    campo.fill(re.sub(r"(\d)\.", r"\1", campo.input_value().split(",")[0])[:-1] + "0")
    pagina.get_by_label("Motivo").select_option(label="Leitura errada")
    pagina.get_by_role("button", name="Ver a diferença").click()
    pagina.get_by_text("A diferença, linha por linha").wait_for()
    foto.tirar("refaturar", altura=1270)
    foto.ir(f"{base}cancelar")
    foto.tirar("cancelar")


def dinheiro(foto: Fotografo) -> None:
    pagina = foto.entrar("arrecadador")
    foto.ir("faturamento/fatura/?status_pagamento__exact=PENDENTE&situacao__exact=EMITIDA")
    pagina.locator("#result_list tbody a").filter(has_text="fatura 1-").first.click()
    pagina.get_by_role("link", name="Registrar pagamento").click()
    pagina.get_by_role("button", name="Registrar").wait_for()
    foto.tirar("pagamento")


def tabelas(foto: Fotografo) -> None:
    pagina = foto.entrar("faturista")
    foto.ir("faturamento/tarifa/")
    pagina.get_by_role("link", name="B1 convencional").click()
    pagina.get_by_label("TUSD (R$/MWh)").fill("480,10")
    pagina.get_by_role("button", name="Salvar", exact=True).click()
    pagina.get_by_text("espera a aprovação de outra pessoa").wait_for()
    pedido = pagina.url.split("/admin/")[1]
    foto.entrar("administrador")
    foto.ir(pedido)
    foto.tirar("aprovacao", altura=1130)


def casa(foto: Fotografo) -> None:
    foto.entrar("auditor")
    foto.ir("auditoria/eventoauditoria/")
    foto.tirar("auditoria")
    pagina = foto.entrar("administrador")
    foto.ir("auth/user/add/")
    pagina.get_by_label("Usuário").fill("joana")
    foto.tirar("usuario", altura=1100)
    foto.entrar("atendente")
    foto.ir("seguranca/")
    foto.tirar("seguranca")


def main() -> None:
    if not CHROMIUM.exists():
        raise SystemExit(f"O Chromium não está em {CHROMIUM}. No Debian: apt-get install chromium")
    IMAGENS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as nome:
        pasta = Path(nome)
        with servidor(pasta) as endereco, sync_playwright() as playwright:
            navegador = playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            foto = Fotografo(navegador, endereco)
            painel(foto)
            cliente(foto)
            leituras(foto, pasta)
            faturas(foto)
            dinheiro(foto)
            tabelas(foto)
            casa(foto)
            navegador.close()


if __name__ == "__main__":
    main()
