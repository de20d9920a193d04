"""faturar, cancelar_execucao, retomar_execucao: exit codes, `--json`, what is said before."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from rich.console import Console

from comum.django_base import comandos
from faturamento.management import execucao as execucao_no_terminal
from faturamento.models import Bandeira, ExecucaoFaturamento, Fatura, LimiteDoGrupo, Tarifa
from faturamento.servicos import lotes
from faturamento.servicos.competencia import fechar_competencia
from faturamento.servicos.execucao import abrir_execucao, definir_escopo
from faturamento.servicos.faltas import prever_faltas
from faturamento.tarefas import executar_faturamento
from medidores.models import UnidadeConsumidora
from tests.factories import (
    LeituraFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)
from tests.test_comandos import rodar

pytestmark = pytest.mark.django_db

FATURAR = ("faturar", "--competencia", "2026-01")


@pytest.fixture
def mes_pronto() -> None:
    criar_parametros()
    criar_unidade_com_leituras()


@pytest.fixture
def aberta(mes_pronto: None, agora: datetime) -> ExecucaoFaturamento:
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    return abrir_execucao(escopo, emitir=True, agora=agora)


def test_json_sozinho_e_saida_0_sem_pendencia(mes_pronto, capsys):
    assert rodar(*FATURAR, "--emitir", "--json") == 0
    saida = json.loads(capsys.readouterr().out)
    assert saida == {
        "execucao": ExecucaoFaturamento.objects.get().pk,
        "competencia": "2026-01",
        "elegiveis": 1,
        "faturadas": 1,
        "pendentes": 0,
        "ja_faturadas": 0,
        "suspensas": 0,
        "valor_total": "159.73",
        "pendencias": {},
    }


def test_pendencia_sai_com_3_e_a_falta_e_dita_antes(mes_pronto, capsys):
    MedidorFactory()
    assert rodar(*FATURAR, "--json") == 3
    tela = capsys.readouterr()
    assert json.loads(tela.out)["pendencias"] == {"SEM_LEITURA": 1}
    assert "Previsto: sem leitura no mês (1 unidade)" in tela.err


@pytest.mark.parametrize("processos", ["0", "-1", "dois", "1.5"])
def test_processos_sem_sentido_saem_com_2(processos, mes_pronto, capsys):
    with pytest.raises((CommandError, SystemExit)) as saida:
        call_command(*FATURAR, f"--processos={processos}")
    assert getattr(saida.value, "returncode", getattr(saida.value, "code", None)) in (1, 2)
    assert not ExecucaoFaturamento.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="o PostgreSQL divide o trabalho")
def test_sqlite_com_dois_processos_diz_por_que_nao(mes_pronto):
    with pytest.raises(CommandError, match="um escritor por vez") as saida:
        call_command(*FATURAR, "--processos", "2")
    assert saida.value.returncode == 2


def test_competencia_fechada_sai_com_2(mes_pronto, agora):
    fechar_competencia(mes_referencia=date(2026, 1, 1), agora=agora)
    with pytest.raises(CommandError, match="está fechada") as saida:
        call_command(*FATURAR)
    assert saida.value.returncode == 2


def test_execucao_ja_aberta_e_dita_e_continuada(aberta, capsys):
    assert rodar(*FATURAR, "--emitir") == 0
    assert "já estava em andamento: este comando entra nela" in capsys.readouterr().err
    assert ExecucaoFaturamento.objects.get().situacao == "CONCLUIDA"
    assert rodar(*FATURAR, "--emitir") == 0
    assert "já estava em andamento" not in capsys.readouterr().err


def acompanhada(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """What the terminal's bars are told, by phase."""
    vistas: list[tuple[str, int, int]] = []

    @contextmanager
    def barra(*_: object, **__: object) -> Iterator[Any]:
        def avisar(feitas: int, total: int, detalhe: str = "", *, fase: str = "") -> None:
            vistas.append((fase, feitas, total))

        yield avisar

    monkeypatch.setattr(execucao_no_terminal, "barra_de_progresso", barra)
    return vistas


def test_a_emissao_do_que_esperava_o_grupo_tem_a_sua_barra(mes_pronto, monkeypatch):
    monkeypatch.setattr(lotes, "UNIDADES_POR_LOTE", 2)
    LimiteDoGrupo.objects.update(unidades_minimas=2, percentual_pendente=20)
    for _ in range(3):
        criar_unidade_com_leituras()
    UnidadeConsumidora.objects.update(grupo_leitura="05")
    vistas = acompanhada(monkeypatch)

    assert rodar(*FATURAR, "--emitir") == 0

    das_unidades = [vista[1:] for vista in vistas if not vista[0]]
    da_emissao = [vista[1:] for vista in vistas if vista[0] == "Emissão"]
    assert das_unidades[:3] == [(0, 4), (2, 4), (4, 4)]
    assert sorted(set(da_emissao)) == [(0, 4), (2, 4), (4, 4)]
    assert vistas[-1] == ("Emissão", 4, 4)


def test_sem_grupo_a_esperar_nao_ha_segunda_barra(mes_pronto, monkeypatch):
    vistas = acompanhada(monkeypatch)
    assert rodar(*FATURAR, "--emitir") == 0
    assert {fase for fase, _, _ in vistas} == {""}
    assert vistas[-1] == ("", 1, 1)


def test_cada_fase_conta_o_seu_ritmo_desde_o_seu_comeco(monkeypatch):
    agora = iter([0.0, 10.0, 20.0, 20.0, 25.0])
    monkeypatch.setattr(comandos, "monotonic", lambda: next(agora))
    tela = StringIO()
    console = Console(file=tela, force_terminal=True, width=80)
    monkeypatch.setattr(comandos, "Console", lambda **_: console)
    with comandos.barra_de_progresso("Faturamento 01/2026", com_ritmo=True) as avisar:
        avisar(1_000, 3_000, "sem leitura no mês: 12, leitura retida: 3, " * 3)
        avisar(3_000, 3_000, fase="Emissão")
        avisar(3_500, 4_000, fase="Emissão")
    ultima = tela.getvalue().rsplit("Faturamento", 1)[1]
    assert "1000/3000" in ultima, "o que está pendente não toma o lugar da barra"
    assert "3500/4000" in ultima
    assert "100/s" in ultima
    assert "leitura retida: 3" in ultima


def test_cancelar_e_retomar_pela_linha_de_comando(aberta, capsys):
    with pytest.raises(CommandError, match="motivo") as saida:
        call_command("cancelar_execucao", str(aberta.pk), "--motivo", " ")
    assert saida.value.returncode == 2
    assert rodar("cancelar_execucao", str(aberta.pk), "--motivo", "tarifa errada") == 0
    assert rodar("cancelar_execucao", str(aberta.pk), "--motivo", "de novo") == 2
    assert rodar("retomar_execucao", "999999") == 2
    capsys.readouterr()
    assert rodar("retomar_execucao", str(aberta.pk), "--json") == 0
    assert json.loads(capsys.readouterr().out)["faturadas"] == 1


def test_tarefa_faz_a_execucao_e_repetida_nao_faz_nada(aberta):
    for _ in range(2):
        assert executar_faturamento.enqueue(aberta.pk).status == "SUCCESSFUL"
    assert Fatura.objects.count() == 1
    aberta.refresh_from_db()
    assert aberta.situacao == "CONCLUIDA"


def test_previsao_diz_cada_falta_com_quantas_unidades(agora):
    criar_parametros()
    for _ in range(2):
        criar_unidade_com_leituras()
    sem_uf = criar_unidade_com_leituras().unidade
    UnidadeConsumidora.objects.filter(pk=sem_uf.pk).update(uf="")
    MedidorFactory()
    LeituraFactory(situacao="RETIDA")
    Tarifa.objects.update(vigente_ate=date(2026, 1, 10))
    Tarifa.objects.all().delete()
    Bandeira.objects.update(vigente_ate=date(2026, 1, 20))
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)

    faltas = {falta.codigo: falta for falta in prever_faltas(escopo)}

    assert {codigo: falta.unidades for codigo, falta in faltas.items()} == {
        "SEM_LEITURA": 1,
        "LEITURA_RETIDA": 1,
        "SEM_BANDEIRA": 5,
        "SEM_TARIFA": 5,
        "SEM_ALIQUOTA": 1,
    }
    assert "20/01/2026" in faltas["SEM_BANDEIRA"].frase
    assert sem_uf.codigo in faltas["SEM_ALIQUOTA"].frase


def test_previsao_sem_falta_nao_diz_nada(mes_pronto, agora):
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    assert prever_faltas(escopo) == []
