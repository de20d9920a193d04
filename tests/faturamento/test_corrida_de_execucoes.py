"""Two who ask for the same run at once get one, and share it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection

from comum.django_base.banco import ConflitoError
from faturamento.models import ExecucaoFaturamento, LoteFaturamento
from faturamento.servicos import lotes
from faturamento.servicos.escopo import Escopo
from faturamento.servicos.execucao import abrir_execucao, definir_escopo
from tests.factories import criar_parametros, criar_unidade_com_leituras
from tests.faturamento.test_corridas import TRABALHADORES, ao_mesmo_tempo

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("banco_real")]

JANEIRO = date(2026, 1, 1)
UMA_ABERTA = "uma_execucao_aberta_por_escopo"


@pytest.fixture
def duas_unidades(banco_real: None) -> None:
    criar_parametros()
    for _ in range(2):
        criar_unidade_com_leituras()


def abrir(agora: datetime) -> int:
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)
    return abrir_execucao(escopo, emitir=True, agora=agora).pk


def abertas() -> int:
    return ExecucaoFaturamento.objects.filter(situacao="ABERTA").count()


def test_oito_pedidos_abrem_uma_execucao(agora, duas_unidades):
    ids = ao_mesmo_tempo(lambda _: abrir(agora))

    assert len(ids) == TRABALHADORES
    assert set(ids) == {ExecucaoFaturamento.objects.get().pk}
    assert LoteFaturamento.objects.get().unidades == 2


@pytest.fixture
def sem_a_trava(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two look for an open run, find none, and only then go on to make theirs."""
    encontro = threading.Barrier(2)
    ja_faturadas = Escopo.ja_faturadas

    def depois_de_olhar(escopo: Escopo) -> Any:
        encontro.wait(10)
        return ja_faturadas(escopo)

    monkeypatch.setattr(lotes, "travar_competencia", lambda _: None)
    monkeypatch.setattr(Escopo, "ja_faturadas", depois_de_olhar)


def test_controle_sem_a_trava_so_o_banco_segura(agora, duas_unidades, sem_a_trava):
    resultados = ao_mesmo_tempo(lambda _: abrir(agora), quantos=2)

    [recusa] = [r for r in resultados if not isinstance(r, int)]
    assert isinstance(recusa, ConflitoError)
    assert "Já há uma execução em andamento com este escopo" in str(recusa)
    assert abertas() == 1


def test_controle_sem_trava_e_sem_constraint_abrem_duas(agora, duas_unidades, sem_a_trava):
    with _sem_constraint():
        ids = ao_mesmo_tempo(lambda _: abrir(agora), quantos=2)
        assert len(set(ids)) == 2
        assert abertas() == 2


@contextmanager
def _sem_constraint() -> Iterator[None]:
    [constraint] = [c for c in ExecucaoFaturamento._meta.constraints if c.name == UMA_ABERTA]
    with connection.schema_editor() as editor:
        editor.remove_constraint(ExecucaoFaturamento, constraint)
    try:
        yield
    finally:
        LoteFaturamento.objects.all().delete()
        ExecucaoFaturamento.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(ExecucaoFaturamento, constraint)
