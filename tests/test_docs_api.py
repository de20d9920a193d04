"""docs/api.md, run from top to bottom by a shell against a live server."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.apoio_api import criar_usuario
from tests.factories import criar_parametros

PAGINA = Path(__file__).parent.parent / "docs" / "api.md"
BLOCO = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARCA = "--- bloco ---"
NO_TEXTO = "http://127.0.0.1:8000"


def blocos() -> list[tuple[str, str]]:
    """Each block of shell, with the output that the page shows after it ("" for none)."""
    pares: list[tuple[str, str]] = []
    for linguagem, texto in BLOCO.findall(PAGINA.read_text(encoding="utf-8")):
        if linguagem == "sh":
            pares.append((texto, ""))
        else:
            pares[-1] = (pares[-1][0], texto)
    return pares


@pytest.fixture
def bash() -> str:
    """Where it is; the page needs curl, too."""
    faltam = [nome for nome in ("bash", "curl") if shutil.which(nome) is None]
    if faltam and os.environ.get("CI"):
        pytest.fail(f"Faltam: {faltam}")
    if faltam:
        pytest.skip(f"Faltam: {faltam}")
    return str(shutil.which("bash"))


def test_a_pagina_faz_o_que_diz(bash, banco_real, live_server: Any, tmp_path):
    criar_usuario(username="admin", password="energia-demo", is_superuser=True, is_staff=True)
    criar_parametros()
    pares = blocos()
    assert len(pares) >= 10
    assert NO_TEXTO in pares[0][0]
    roteiro = f"\necho '{MARCA}'\n".join(codigo for codigo, _ in pares)

    feito = subprocess.run(
        [bash, "-euo", "pipefail", "-c", roteiro.replace(NO_TEXTO, live_server.url)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=120,
        env=os.environ | {"LC_ALL": "C.UTF-8", "NO_PROXY": "*", "no_proxy": "*"},
    )

    assert feito.returncode == 0, feito.stdout + feito.stderr
    saidas = feito.stdout.split(f"{MARCA}\n")
    for (codigo, esperada), saida in zip(pares, saidas, strict=True):
        assert saida == esperada, codigo


def test_as_rotas_de_que_a_pagina_fala_existem():
    caminhos = set(SchemaGenerator().get_schema(public=True)["paths"])
    citadas = re.findall(r"`(?:GET|POST) (/[a-z/{}]+)`?", PAGINA.read_text(encoding="utf-8"))

    assert len(citadas) >= 10
    assert set(citadas) <= caminhos
