"""The run's page while the groups that waited are issued at its end, and after its worker died."""

from contextlib import nullcontext
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from faturamento.models import ExecucaoFaturamento, Fatura, LimiteDoGrupo
from faturamento.servicos import emissao_da_execucao, lotes, trabalhador
from faturamento.servicos.execucao import abrir_execucao, definir_escopo
from faturamento.servicos.integridade import verificar_integridade
from faturamento.servicos.trabalhador import trabalhar
from medidores.models import UnidadeConsumidora
from tests.factories import criar_parametros, criar_unidade_com_leituras
from tests.paginas import enviar

pytestmark = pytest.mark.django_db

EXECUCAO = "admin:faturamento_execucaofaturamento"


class Morte(BaseException):
    """A worker that is told to stop in the middle of the issue."""


@pytest.fixture
def execucao(db: None, agora: datetime, monkeypatch: pytest.MonkeyPatch) -> ExecucaoFaturamento:
    """Three lots of two UCs of a group that might have been held; nobody is pending."""
    monkeypatch.setattr(lotes, "UNIDADES_POR_LOTE", 2)
    LimiteDoGrupo.objects.update(unidades_minimas=2, percentual_pendente=20)
    criar_parametros()
    for _ in range(6):
        criar_unidade_com_leituras()
    UnidadeConsumidora.objects.update(grupo_leitura="05")
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    return abrir_execucao(escopo, emitir=True, agora=agora)


def parte(cliente: Any, execucao: ExecucaoFaturamento, qual: str = "andamento") -> str:
    texto: str = cliente.get(reverse(f"{EXECUCAO}_{qual}", args=[execucao.pk])).text
    return texto


def morrer_na_segunda(monkeypatch: pytest.MonkeyPatch, antes: Any = lambda: None) -> None:
    """The worker issues one lot, and is gone as it comes to the next, after `antes`."""
    emitir, vezes = emissao_da_execucao.emitir_faturas, iter(range(9))

    def uma(*argumentos: Any, **opcoes: Any) -> Any:
        if next(vezes):
            antes()
            raise Morte
        return emitir(*argumentos, **opcoes)

    monkeypatch.setattr(emissao_da_execucao, "emitir_faturas", uma)


def test_a_barra_conta_as_emitidas_enquanto_se_emite(admin_client, execucao, agora, monkeypatch):
    vistas: list[str] = []

    def olhar() -> None:
        vistas.extend(parte(admin_client, execucao, qual) for qual in ("andamento", "barra"))

    morrer_na_segunda(monkeypatch, olhar)
    with pytest.raises(Morte):
        trabalhar(execucao.pk, relogio=lambda: agora)

    pagina, barra = vistas
    for trecho in vistas:
        assert "2 de 6 faturas emitidas (33%)" in trecho
        assert "data-terminou" not in trecho
    assert "estão sendo emitidas" in pagina
    assert "Emitindo" in barra


def test_retomar_emite_o_que_falta_quando_quem_emitia_caiu(
    admin_client, execucao, agora, monkeypatch
):
    with monkeypatch.context() as m:
        morrer_na_segunda(m)
        with pytest.raises(Morte):
            trabalhar(execucao.pk, relogio=lambda: agora)
    assert Fatura.objects.filter(situacao="EMITIDA").count() == 2
    trecho = parte(admin_client, execucao)
    assert "data-terminou" not in trecho
    if connection.vendor == "postgresql":  # where it can be told that nobody is at it
        assert "ninguém está emitindo" in trecho
        assert "use Retomar" in trecho
    retomar = reverse(f"{EXECUCAO}_retomar", args=[execucao.pk])

    resposta = enviar(admin_client, retomar)

    assert "A execução terminou" in resposta.text
    execucao.refresh_from_db()
    assert execucao.situacao == "CONCLUIDA"
    assert sorted(Fatura.objects.values_list("numero", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert verificar_integridade() == []


def test_controle_sem_a_presenca_quem_emite_passa_por_caido(
    admin_client, execucao, agora, monkeypatch
):
    if connection.vendor != "postgresql":
        pytest.skip("só o PostgreSQL diz quem está vivo")
    vistas: list[str] = []
    monkeypatch.setattr(trabalhador, "presente_na_emissao", lambda _: nullcontext())
    morrer_na_segunda(monkeypatch, lambda: vistas.append(parte(admin_client, execucao)))
    with pytest.raises(Morte):
        trabalhar(execucao.pk, relogio=lambda: agora)
    assert "ninguém está emitindo" in vistas[0]
