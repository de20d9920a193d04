"""The settings fail loudly; production refuses what is unsafe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RAIZ = Path(__file__).resolve().parent.parent
# What tests/ambiente.py sets for this very run.
DAQUI = {
    "DEBUG",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "DATABASE_POOL_MAX",
    "TEST_DATABASE_URL",
}
CHAVE = "uma-chave-de-teste-longa-0123456789-abcdefghijklmnopqrstuvwxyz"


def iniciar(comando: str = "check", **ambiente: str) -> subprocess.CompletedProcess[str]:
    limpo = {k: v for k, v in os.environ.items() if k not in DAQUI}
    return subprocess.run(
        [sys.executable, "manage.py", *comando.split()],
        cwd=RAIZ,
        env=limpo | ambiente,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "ambiente",
    [
        {},
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "somente-para-desenvolvimento-" + "0" * 32},
    ],
    ids=["sem chave", "chave vazia", "chave do modo DEBUG"],
)
def test_fora_de_debug_sem_chave_propria_nao_inicia(ambiente):
    saida = iniciar(**ambiente)
    assert saida.returncode != 0
    assert "Falta SECRET_KEY" in saida.stderr


def test_fora_de_debug_com_chave_a_verificacao_de_producao_e_limpa():
    saida = iniciar(
        "check --deploy --fail-level WARNING", SECRET_KEY=CHAVE, ALLOWED_HOSTS="example.com"
    )
    assert (saida.returncode, saida.stdout.strip()) == (
        0,
        "System check identified no issues (0 silenced).",
    ), saida.stderr


def test_fora_de_debug_sem_nomes_de_acesso_nao_inicia():
    saida = iniciar(SECRET_KEY=CHAVE)
    assert saida.returncode != 0
    assert "Falta ALLOWED_HOSTS" in saida.stderr


@pytest.mark.parametrize(
    ("nome", "valor"),
    [
        ("HTTPS", "talvez"),
        ("DEBUG", "tru"),
        ("ATRAS_DE_PROXY", "x"),
        ("TOKEN_HORAS", "0"),
        ("TOKEN_HORAS", "x"),
        ("LOG_LEVEL", "BLA"),
    ],
)
def test_valor_que_nao_se_entende_para_o_inicio_com_uma_frase(nome, valor):
    saida = iniciar(**{"SECRET_KEY": CHAVE, "ALLOWED_HOSTS": "example.com", nome: valor})
    assert saida.returncode != 0
    assert f"Configuração inválida: {nome} vale" in saida.stderr
    assert "Traceback" not in saida.stderr


@pytest.mark.parametrize("url", ["mysql://u:s@127.0.0.1/x", "lixo"])
def test_banco_de_outro_tipo_e_recusado(url):
    saida = iniciar(SECRET_KEY=CHAVE, ALLOWED_HOSTS="example.com", DATABASE_URL=url)
    assert saida.returncode != 0
    assert "Use sqlite:///… ou postgresql://…" in saida.stderr


def test_opcoes_do_sqlite_e_do_postgresql():
    ver = (
        "from django.conf import settings as s; o = s.DATABASES['default']['OPTIONS']; "
        "print(o.get('transaction_mode'), o.get('timeout'), o.get('pool', {}).get('max_size'))"
    )

    def opcoes(url: str) -> str:
        ambiente = {
            "SECRET_KEY": CHAVE,
            "ALLOWED_HOSTS": "example.com",
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "energia_project.settings",
        }
        return subprocess.run(
            [sys.executable, "-c", ver],
            cwd=RAIZ,
            env={k: v for k, v in os.environ.items() if k not in DAQUI} | ambiente,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.strip()

    assert opcoes("sqlite:///var/x.sqlite3") == "IMMEDIATE 30 None"
    assert opcoes("postgresql://u:s@127.0.0.1/x") == "None None 10"
