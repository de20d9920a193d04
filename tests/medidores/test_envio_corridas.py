"""Workers on one sent file, and one that is killed: real processes, on PostgreSQL."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configuracao
from django.core.files.base import ContentFile
from django.db import connection, transaction

from comum.django_base.segundo_plano import (
    progresso_por_fora,
    trabalho_em_curso,
    travar_trabalho,
)
from medidores import tarefas
from medidores.models import ImportacaoLeituras, Leitura, Medidor
from medidores.servicos import envios
from medidores.servicos.envios import conferir_envio, executar_envio, receber_envio, retomar_envio
from tests.factories import ClienteFactory, MedidorFactory

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("banco_real")]

AGORA = datetime(2026, 2, 10, 15, tzinfo=UTC)
CONTAGENS = ("linhas", "aceitas", "retidas", "recusadas", "repetidas")


@pytest.fixture(autouse=True)
def pasta_de_arquivos(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "arquivos"
    settings.ENVIO_NA_HORA_MB = 0
    return settings.MEDIA_ROOT


def confirmada(medidores: int, dias: int) -> ImportacaoLeituras:
    """A confirmed file of so many meters and days, with one refused row in each hundred."""
    cliente = ClienteFactory()
    for n in range(medidores):
        MedidorFactory(numero_medidor=f"K-{n}", cliente=cliente, data_instalacao=date(2020, 1, 1))
    inicio = date(2021, 1, 1)
    linhas = ["numero_medidor;data_leitura;leitura_kwh"]
    for dia in range(dias):
        quando = f"{inicio + timedelta(days=dia):%d/%m/%Y}"
        for n in range(medidores):
            numero = f"K-{n}" if (dia * medidores + n) % 100 else "desconhecido"
            linhas.append(f"{numero};{quando};{10 * dia + n}")
    arquivo = ContentFile(("\n".join(linhas) + "\n").encode(), name="grande.csv")
    importacao = receber_envio(arquivo, nome="grande.csv", agora=AGORA, usuario_id=None)
    conferir_envio(importacao.pk, agora=AGORA)
    envios.confirmar_envio(importacao.pk, agora=AGORA, usuario_id=None)
    importacao.refresh_from_db()
    return importacao


@contextmanager
def trabalhador(pasta: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real `manage.py db_worker` on the database of the tests."""
    banco = connection.settings_dict
    endereco = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(banco)
    ambiente = os.environ | {
        "DATABASE_URL": endereco,
        "TASKS_BACKEND": "django_tasks_db.DatabaseBackend",
        "PASTA_DE_ARQUIVOS": str(pasta),
    }
    comando = [sys.executable, "manage.py", "db_worker", "--no-reload", "--interval", "0.1"]
    processo = subprocess.Popen(comando, env=ambiente, cwd=configuracao.BASE_DIR)
    try:
        yield processo
    finally:
        processo.kill()
        processo.wait()


def esperar(condicao: Callable[[], bool], segundos: float = 60) -> None:
    fim = time.monotonic() + segundos
    while not condicao():
        assert time.monotonic() < fim, "não aconteceu a tempo"
        time.sleep(0.05)


def pedir(importacao: ImportacaoLeituras, settings: Any) -> None:
    """Puts the work in the real queue, as the page does."""
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []},
    }
    tarefas.encaminhar(importacao.pk)


def contagens(importacao: ImportacaoLeituras) -> tuple[int, ...]:
    importacao.refresh_from_db()
    return tuple(getattr(importacao, nome) for nome in CONTAGENS)


def test_trabalhador_morto_no_meio_nao_deixa_nada_e_retomar_termina(pasta_de_arquivos, settings):
    importacao = confirmada(medidores=100, dias=300)
    esperadas = tuple(importacao.conferencia["resumo"][nome] for nome in CONTAGENS)
    assert esperadas[1] + esperadas[2] == 29_700
    pedir(importacao, settings)

    def andou() -> bool:
        importacao.refresh_from_db()
        return importacao.lidas > 0

    # It cannot end while the last meter of the file is held here.
    with trabalhador(pasta_de_arquivos) as processo, transaction.atomic():
        Medidor.objects.select_for_update().get(numero_medidor="K-99")
        esperar(andou)
        assert importacao.situacao == "CONFIRMADA"
        assert trabalho_em_curso(importacao)
        assert not retomar_envio(importacao.pk, agora=AGORA + timedelta(hours=1))
        os.kill(processo.pid, signal.SIGKILL)
        processo.wait()
    esperar(lambda: not trabalho_em_curso(importacao))
    importacao.refresh_from_db()
    assert importacao.situacao == "CONFIRMADA"
    assert not Leitura.objects.exists()

    assert retomar_envio(importacao.pk, agora=AGORA + timedelta(hours=1))
    pedir(importacao, settings)
    with trabalhador(pasta_de_arquivos):
        esperar(lambda: contagens(importacao) == esperadas)
    assert importacao.situacao == "CONCLUIDA"
    assert Leitura.objects.count() == esperadas[1] + esperadas[2]
    with importacao.arquivo_de_recusas.open("rb") as recusas:
        assert len(recusas.readlines()) == 1 + esperadas[3]


@pytest.mark.parametrize("com_guarda", [True, False], ids=["com a guarda", "controle sem ela"])
def test_dois_trabalhadores_num_arquivo_so(com_guarda, monkeypatch):
    importacao = confirmada(medidores=20, dias=100)
    esperadas = tuple(importacao.conferencia["resumo"][nome] for nome in CONTAGENS)
    importar, chamadas = envios.importar_leituras, []
    dentro, pode_seguir = threading.Event(), threading.Event()

    def devagar(*args: Any, **kwargs: Any) -> Any:
        chamadas.append(1)
        dentro.set()
        pode_seguir.wait(20)
        return importar(*args, **kwargs)

    @contextmanager
    def sem_guarda(importacao_id: int, situacao: str) -> Iterator[ImportacaoLeituras]:
        with transaction.atomic():
            yield ImportacaoLeituras.objects.get(pk=importacao_id)

    monkeypatch.setattr(envios, "importar_leituras", devagar)
    if not com_guarda:
        monkeypatch.setattr(envios, "_em_exclusividade", sem_guarda)

    def correr() -> None:
        try:
            executar_envio(importacao.pk, agora=AGORA)
        finally:
            connection.close()

    primeiro = threading.Thread(target=correr)
    primeiro.start()
    assert dentro.wait(20)
    segundo = threading.Thread(target=correr)
    segundo.start()
    segundo.join(2)
    assert segundo.is_alive() is not com_guarda, "com a guarda, o segundo sai logo"
    pode_seguir.set()
    primeiro.join(60)
    segundo.join(60)

    terminou_bem = contagens(importacao) == esperadas and importacao.situacao == "CONCLUIDA"
    assert (len(chamadas) == 1 and terminou_bem) is com_guarda


def test_o_progresso_se_ve_de_fora_e_nao_espera_por_ninguem():
    importacao = ImportacaoLeituras.objects.create(arquivo_nome="x", importada_em=AGORA)
    visto: list[int] = []

    def espiar() -> None:
        visto.append(ImportacaoLeituras.objects.get().lidas)
        connection.close()

    def espiar_de_fora() -> int:
        linha = threading.Thread(target=espiar)
        linha.start()
        linha.join()
        return visto[-1]

    with transaction.atomic():
        assert travar_trabalho(importacao)
        with progresso_por_fora(importacao) as gravar:
            gravar(lidas=7, conferencia={"total": 9})
            assert espiar_de_fora() == 7
            gravar(lidas=8)
            assert espiar_de_fora() == 7, "uma vez por segundo basta"
        ImportacaoLeituras.objects.update(erro="linha travada")
        with progresso_por_fora(importacao) as gravar:
            gravar(lidas=9)  # would wait for ever for its own transaction
    assert espiar_de_fora() == 7
    assert not trabalho_em_curso(importacao)
