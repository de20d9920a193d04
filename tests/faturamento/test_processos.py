"""Eight processes at one competência, each with a connection and a memory of its own."""

import os
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django_tasks_db.models import DBTaskResult

from faturamento.models import (
    ExecucaoFaturamento,
    Fatura,
    LimiteDoGrupo,
    LoteFaturamento,
    TentativaLote,
)
from faturamento.servicos import calculo_do_lote, lotes, trabalhador
from faturamento.servicos.execucao import abrir_execucao, definir_escopo, faturar
from faturamento.servicos.integridade import verificar_integridade
from faturamento.tarefas import executar_faturamento
from medidores.models import UnidadeConsumidora
from tests.factories import MedidorFactory, criar_parametros, criar_unidade_com_leituras
from tests.faturamento.test_mortes import estado, limpar

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("banco_real")]

PROCESSOS = 8


@pytest.fixture
def mes_pronto(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 UCs to bill, half of them of a group, and three without readings, in lots of three."""
    monkeypatch.setattr(lotes, "UNIDADES_POR_LOTE", 3)
    monkeypatch.setattr(trabalhador, "PAUSA_S", 0.02)
    criar_parametros()
    for _ in range(64):
        criar_unidade_com_leituras()
    for _ in range(3):
        MedidorFactory()
    LimiteDoGrupo.objects.update_or_create(grupo_leitura="", defaults={"percentual_pendente": 20})
    metade = UnidadeConsumidora.objects.order_by("pk").values_list("pk", flat=True)[::2]
    UnidadeConsumidora.objects.filter(pk__in=list(metade)).update(grupo_leitura="05")


def em_processos(tarefa: Callable[[int], object]) -> list[int]:
    """Runs the task in as many forks, let go together; returns their exit codes."""
    connection.close()
    largada, avisar = os.pipe()
    filhos = []
    for indice in range(PROCESSOS):
        filho = os.fork()
        if filho == 0:
            codigo = 1
            try:
                os.close(avisar)
                os.read(largada, 1)  # until the parent closes its end
                tarefa(indice)
                codigo = 0
            finally:
                os._exit(codigo)
        filhos.append(filho)
    os.close(largada)
    os.close(avisar)
    return [os.waitstatus_to_exitcode(os.waitpid(filho, 0)[1]) for filho in filhos]


def abrir(agora: datetime) -> ExecucaoFaturamento:
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    return abrir_execucao(escopo, emitir=True, agora=agora)


def faturar_sozinho(agora: datetime) -> tuple[Any, ...]:
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=True, agora=agora)
    sozinho = estado()
    limpar()
    return sozinho


def test_oito_processos_e_a_execucao_duas_vezes_na_fila(agora, mes_pronto, settings):
    """Six workers of the command line, and two of the queue, in which the run is twice."""
    esperado = faturar_sozinho(agora)
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
    for _ in range(2):
        executar_faturamento.enqueue(abrir(agora).pk)
    assert DBTaskResult.objects.count() == 2

    def trabalhar(indice: int) -> None:
        if indice < 2:
            call_command("db_worker", "--batch", "--max-tasks=1", "--no-reload", verbosity=0)
        else:
            trabalhador.trabalhar(abrir(agora).pk, relogio=lambda: agora)

    assert em_processos(trabalhar) == [0] * PROCESSOS

    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}
    assert estado() == esperado
    assert verificar_integridade() == []
    # Each lot was done once, and not all by one of them.
    assert TentativaLote.objects.count() == LoteFaturamento.objects.count() == 23
    assert TentativaLote.objects.values("processo").distinct().count() > 1


def test_controle_sem_as_travas_os_processos_se_atropelam(agora, mes_pronto, monkeypatch):
    """Without the two locks of a lot and that of the UCs, only the unique constraint holds."""
    monkeypatch.setattr(lotes, "vez", lambda _: _SemVez())
    monkeypatch.setattr(trabalhador, "travar_lote", lambda pk: LoteFaturamento.objects.get(pk=pk))
    monkeypatch.setattr(calculo_do_lote, "travar_unidades", lambda _: None)
    execucao = abrir(agora)

    em_processos(lambda _: trabalhador.trabalhar(execucao.pk, relogio=lambda: agora))

    assert TentativaLote.objects.count() > 23 or LoteFaturamento.objects.count() > 23
    assert TentativaLote.objects.exclude(erro="").exists()
    assert Fatura.objects.values("unidade").distinct().count() == Fatura.objects.count()


class _SemVez:
    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        return None
