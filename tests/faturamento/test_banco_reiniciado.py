"""PostgreSQL stopped and started while workers are at a run: the end is that of an undisturbed one.

On a server of its own, whose restart disturbs no other test.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection

from faturamento import gatilhos
from faturamento.models import (
    ExecucaoFaturamento,
    Fatura,
    LimiteDoGrupo,
    LoteFaturamento,
    TentativaLote,
)
from faturamento.servicos import calculo_do_lote, emissao, lotes, trabalhador
from faturamento.servicos.execucao import definir_escopo
from faturamento.servicos.integridade import verificar_integridade
from faturamento.servicos.lotes import abrir_execucao
from faturamento.servicos.trabalhador import trabalhar
from medidores.models import UnidadeConsumidora
from tests.factories import MedidorFactory, criar_parametros, criar_unidade_com_leituras
from tests.faturamento.test_mortes import JANEIRO, estado, limpar, rodar, sem_perturbacao
from tests.postgres_temporario import Servidor, encontrar_instalacoes, servidor_proprio

pytestmark = [pytest.mark.postgresql, pytest.mark.banco]

TRABALHADORES = 3


@pytest.fixture(scope="module")
def servidor() -> Iterator[Servidor]:
    if not encontrar_instalacoes():
        pytest.skip("sem os binários do PostgreSQL não há o que reiniciar")
    with servidor_proprio() as proprio:
        yield proprio


@pytest.fixture
def mes_pronto(servidor: Servidor, django_db_blocker: Any, monkeypatch: Any) -> Iterator[None]:
    """36 UCs of a group to bill and four without readings, in lots of three, on that server."""
    monkeypatch.setattr(lotes, "UNIDADES_POR_LOTE", 3)
    monkeypatch.setattr(trabalhador, "PAUSA_S", 0.1)
    endereco = urlsplit(servidor.url)
    banco = connection.settings_dict
    antes = {nome: banco[nome] for nome in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    with django_db_blocker.unblock():
        connection.close()
        banco |= {
            "HOST": endereco.hostname,
            "PORT": str(endereco.port),
            "USER": endereco.username,
            "PASSWORD": endereco.password,
            "NAME": "postgres",
        }
        try:
            call_command("migrate", verbosity=0)
            with connection.cursor() as cursor:  # what is committed outlives the server
                cursor.execute("ALTER ROLE CURRENT_USER SET synchronous_commit = on")
            connection.close()
            criar_parametros()
            for _ in range(36):
                criar_unidade_com_leituras()
            for _ in range(4):
                MedidorFactory()
            UnidadeConsumidora.objects.update(grupo_leitura="05")  # issued when it is known whole
            LimiteDoGrupo.objects.update_or_create(
                grupo_leitura="", defaults={"percentual_pendente": 20}
            )
            yield
            gatilhos.remover(connection)
            call_command("flush", interactive=False, verbosity=0)
        finally:
            connection.close()
            banco |= antes


def comecar(execucao_id: int, agora: datetime) -> list[int]:
    """Workers, each a process with a connection of its own."""
    connection.close()
    filhos = []
    for _ in range(TRABALHADORES):
        filho = os.fork()
        if filho == 0:
            codigo = 1
            try:
                trabalhar(execucao_id, relogio=lambda: agora)
                codigo = 0
            finally:
                os._exit(codigo)
        filhos.append(filho)
    return filhos


def esperar(condicao: Callable[[], bool]) -> None:
    fim = time.monotonic() + 60
    while not condicao():
        assert time.monotonic() < fim, "não aconteceu a tempo"
        time.sleep(0.01)


def devagar(monkeypatch: pytest.MonkeyPatch, modulo: Any, nome: str, segundos: float) -> None:
    """Whoever is there is hit there."""
    fazer = getattr(modulo, nome)

    def demorar(*args: Any, **opcoes: Any) -> Any:
        time.sleep(segundos)
        return fazer(*args, **opcoes)

    monkeypatch.setattr(modulo, nome, demorar)


@pytest.mark.parametrize("com_guarda", [True, False], ids=["com a guarda", "controle sem ela"])
@pytest.mark.parametrize("imediato", [False, True], ids=["desligado", "caído"])
def test_reinicio_no_meio_da_execucao(
    imediato, com_guarda, servidor, agora, mes_pronto, monkeypatch
):
    """The guard is the retry of whatever was not committed; without it the workers leave."""
    esperado = sem_perturbacao(lambda: rodar(agora))
    limpar()
    devagar(monkeypatch, calculo_do_lote, "gravar_faturas", 0.3)
    devagar(monkeypatch, emissao, "gravar_emissao", 0.6)
    if not com_guarda:
        monkeypatch.setattr(trabalhador, "FALHAS_SEGUIDAS", 1)
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)
    execucao = abrir_execucao(escopo, emitir=True, agora=agora)

    filhos = comecar(execucao.pk, agora)
    esperar(lambda: LoteFaturamento.objects.filter(situacao="FEITO").count() >= 2)
    assert LoteFaturamento.objects.filter(situacao="PENDENTE").count() > TRABALHADORES
    esperar(lambda: TentativaLote.objects.filter(terminada_em=None).exists())
    servidor.reiniciar(imediato=imediato)
    connection.close()
    if com_guarda:
        esperar(lambda: Fatura.objects.filter(situacao="EMITIDA").exists())
        servidor.reiniciar(imediato=imediato)  # once more, while drafts are issued
        connection.close()
        assert Fatura.objects.filter(situacao="RASCUNHO").exists()
    codigos = [os.waitstatus_to_exitcode(os.waitpid(filho, 0)[1]) for filho in filhos]

    # It landed: somebody's lot was cut short, and done again.
    assert TentativaLote.objects.count() > LoteFaturamento.objects.filter(situacao="FEITO").count()
    execucao.refresh_from_db()
    if com_guarda:
        assert codigos == [0] * TRABALHADORES
    else:
        assert 0 not in codigos
        assert execucao.situacao == ExecucaoFaturamento.Situacao.ABERTA
        monkeypatch.setattr(trabalhador, "FALHAS_SEGUIDAS", 7)
        rodar(agora)
    assert (*estado(), ()) == esperado
    assert verificar_integridade() == []
