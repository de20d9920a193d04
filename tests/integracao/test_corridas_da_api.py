"""Races and deaths over one key or one item: real servers and threads, on PostgreSQL."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import urllib3
from django.conf import settings as configuracao
from django.db import connection, transaction
from knox.models import AuthToken
from rest_framework.test import APIClient

from clientes.api.views import ClienteViewSet
from clientes.models import Cliente
from energia_project.api import idempotencia
from integracao.models import ChaveIdempotencia
from integracao.servicos import idempotencia as servico
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import ClienteFactory

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("banco_real")]

PARALELOS = 32


def em_paralelo(feito: Callable[[int], Any], quantos: int = PARALELOS) -> list[Any]:
    """Does it in threads that start together; each has its own connection."""
    largada = threading.Barrier(quantos)
    respostas: list[Any] = [None] * quantos

    def correr(n: int) -> None:
        largada.wait()
        try:
            respostas[n] = feito(n)
        finally:
            connection.close()

    fios = [threading.Thread(target=correr, args=(n,)) for n in range(quantos)]
    for fio in fios:
        fio.start()
    for fio in fios:
        fio.join()
    return respostas


def clonar(api: Any) -> Any:
    outra = APIClient()
    outra.credentials(**api._credentials)
    return outra


def correr_com_uma_chave() -> list[int]:
    api = api_de_administrador()
    return [
        r.status_code
        for r in em_paralelo(
            lambda _: clonar(api).post("/cliente/", {"nome": "Ana"}, HTTP_IDEMPOTENCY_KEY="k")
        )
    ]


def test_32_pedidos_com_uma_chave_tem_um_efeito():
    codigos = correr_com_uma_chave()
    assert set(codigos) <= {201, 409}
    assert 201 in codigos
    assert (Cliente.objects.count(), ChaveIdempotencia.objects.count()) == (1, 1)


def test_sem_a_trava_a_corrida_chega_ao_fim_do_ato(monkeypatch):
    """The control: without the lock many do the act; only the constraint undoes them."""
    feitos = []
    ato = servico.guardar_resposta

    def anotar(*args: Any, **kwargs: Any) -> None:
        feitos.append(1)
        time.sleep(0.05)
        ato(*args, **kwargs)

    monkeypatch.setattr(servico, "_travar", lambda *_: True)
    monkeypatch.setattr(idempotencia, "guardar_resposta", anotar)
    correr_com_uma_chave()
    assert len(feitos) > 1
    assert Cliente.objects.count() == 1  # the last guard


def test_em_andamento_e_409_com_a_espera():
    api = api_de_administrador()
    usuario = usuario_do_token()
    dentro, fora = threading.Event(), threading.Event()

    def segurar() -> None:
        with transaction.atomic():
            assert servico._travar(usuario, "k")
            dentro.set()
            fora.wait(10)
        connection.close()

    fio = threading.Thread(target=segurar)
    fio.start()
    dentro.wait(10)
    presa = api.post("/cliente/", {"nome": "Ana"}, HTTP_IDEMPOTENCY_KEY="k")
    outra = api.post("/cliente/", {"nome": "Ana"}, HTTP_IDEMPOTENCY_KEY="outra")
    fora.set()
    fio.join()

    assert (presa.status_code, presa.data["codigo"]) == (409, "PEDIDO_EM_ANDAMENTO")
    assert presa["Retry-After"] == "1"
    assert outra.status_code == 201
    assert api.post("/cliente/", {"nome": "A"}, HTTP_IDEMPOTENCY_KEY="k").status_code == 201


def usuario_do_token() -> int:
    """The one user that has a token."""
    return AuthToken.objects.get().user_id


def alterar_em_corrida(api: Any, cliente_id: int, **cabecalhos: Any) -> list[Any]:
    return em_paralelo(
        lambda n: clonar(api).put(f"/cliente/{cliente_id}/", {"nome": f"Nome {n}"}, **cabecalhos),
        8,
    )


def test_de_varios_put_com_a_mesma_versao_um_so_vale():
    api = api_de_administrador()
    cliente = ClienteFactory(nome="Antes")
    etag = api.get(f"/cliente/{cliente.pk}/")["ETag"]

    respostas = alterar_em_corrida(api, cliente.pk, HTTP_IF_MATCH=etag)

    assert sorted(r.status_code for r in respostas) == [200, *[412] * 7]
    [feita] = [r for r in respostas if r.status_code == 200]
    cliente.refresh_from_db()
    assert cliente.nome == feita.data["nome"]


def test_sem_a_versao_o_ultimo_put_apaga_os_outros():
    """The control: the seed's behaviour, where seven changes are lost without a word."""
    api = api_de_administrador()
    cliente = ClienteFactory(nome="Antes")
    respostas = alterar_em_corrida(api, cliente.pk)
    assert {r.status_code for r in respostas} == {200}


def test_comparar_fora_da_trava_perderia_alteracoes(monkeypatch):
    """The control of the lock: compared before it, several of one version are taken."""
    original = ClienteViewSet.versao_atual

    def com_pausa(view: ClienteViewSet) -> str:
        versao = original(view)
        time.sleep(0.2)
        return versao

    monkeypatch.setattr(ClienteViewSet, "versao_atual", com_pausa)
    monkeypatch.setattr(ClienteViewSet, "travar_item", lambda _: None)
    api = api_de_administrador()
    cliente = ClienteFactory(nome="Antes")
    etag = api.get(f"/cliente/{cliente.pk}/")["ETag"]
    respostas = alterar_em_corrida(api, cliente.pk, HTTP_IF_MATCH=etag)
    assert [r.status_code for r in respostas].count(200) > 1


def test_campos_diferentes_ao_mesmo_tempo_ficam_todos():
    api = api_de_administrador()
    cliente = ClienteFactory()
    campos = ["nome", "endereco", "telefone"]
    respostas = em_paralelo(
        lambda n: clonar(api).patch(f"/cliente/{cliente.pk}/", {campos[n]: "novo"}), 3
    )
    assert {r.status_code for r in respostas} == {200}
    cliente.refresh_from_db()
    assert [getattr(cliente, campo) for campo in campos] == ["novo"] * 3


# A real server, killed


@contextmanager
def servidor(pasta: Path, *, pausa: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """`manage.py runserver` whose POST sleeps in mid transaction, after its effect."""
    with socket.socket() as livre:
        livre.bind(("127.0.0.1", 0))
        porta = livre.getsockname()[1]
    (pasta / "lento.py").write_text(
        "import time\n"
        "from energia_project.wsgi import application\n"
        "from energia_project.api import idempotencia\n"
        "ato = idempotencia.guardar_resposta\n"
        "def guardar(*a, **k):\n"
        f"    time.sleep({pausa})\n"
        "    ato(*a, **k)\n"
        "idempotencia.guardar_resposta = guardar\n"
    )
    banco = connection.settings_dict
    ambiente = os.environ | {
        "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(banco),
        "PYTHONPATH": f"{pasta}{os.pathsep}{configuracao.BASE_DIR}",
    }
    comando = [sys.executable, "-m", "gunicorn", "lento", "--no-control-socket"]
    processo = subprocess.Popen(
        [*comando, "--workers", "1", "-b", f"127.0.0.1:{porta}"],
        env=ambiente,
        cwd=configuracao.BASE_DIR,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        esperar(lambda: _atende(porta))
        yield f"http://127.0.0.1:{porta}", processo
    finally:
        os.killpg(processo.pid, signal.SIGKILL)
        processo.wait()


def _atende(porta: int) -> bool:
    try:
        saude = urllib3.request("GET", f"http://127.0.0.1:{porta}/saude/", retries=False, timeout=5)
    except urllib3.exceptions.HTTPError:
        return False
    return saude.status == 200


def esperar(condicao: Callable[[], bool]) -> None:
    for _ in range(600):
        if condicao():
            return
        time.sleep(0.1)
    raise AssertionError("não aconteceu")


def chaves_em_uso() -> int:
    """In this database alone: the server's other ones are those of tests that run beside it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE locktype = 'advisory' AND granted AND d.datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def enviar(endereco: str, token: str) -> None:
    """Sends the POST that is cut off by the death of its server."""
    with suppress(urllib3.exceptions.HTTPError):
        urllib3.request(
            "POST",
            f"{endereco}/cliente/",
            json={"nome": "Ana"},
            headers={"Authorization": token, "Idempotency-Key": "k"},
            retries=False,
        )


def test_morto_no_meio_nao_deixa_efeito_nem_chave_presa(tmp_path):
    api = com_token(criar_usuario(is_superuser=True))
    token = api._credentials["HTTP_AUTHORIZATION"]
    with servidor(tmp_path, pausa="60") as (endereco, processo):
        fio = threading.Thread(target=enviar, args=(endereco, token))
        fio.start()
        esperar(lambda: chaves_em_uso() == 1)
        em_curso = api.post("/cliente/", {"nome": "Ana"}, HTTP_IDEMPOTENCY_KEY="k")
        assert em_curso.status_code == 409, "o servidor está no meio do pedido"
        os.killpg(processo.pid, signal.SIGKILL)
        processo.wait()
        fio.join()
        esperar(lambda: chaves_em_uso() == 0)
        depois = api.post("/cliente/", {"nome": "Ana"}, HTTP_IDEMPOTENCY_KEY="k")
    assert depois.status_code == 201
    assert Cliente.objects.count() == 1
