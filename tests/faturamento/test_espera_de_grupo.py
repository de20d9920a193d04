"""With `--emitir`, a reading group is numbered only when its share of pending UCs is known."""

from datetime import date, datetime
from typing import Any

import pytest

from faturamento.models import AlertaDeGrupo, ExecucaoFaturamento, Fatura, LimiteDoGrupo
from faturamento.servicos import calculo_do_lote, emissao_da_execucao, lotes
from faturamento.servicos.conferencia_de_rascunhos import liberar_grupo
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.integridade import verificar_integridade
from medidores.models import UnidadeConsumidora
from tests.factories import (
    LeituraFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

JANEIRO = date(2026, 1, 1)


def rodar(agora: datetime, grupo: str = "", **opcoes: Any) -> Any:
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura=grupo, agora=agora)
    return faturar(escopo, emitir=True, agora=agora, **opcoes)


def no_grupo(grupo: str, quantas: int, *, sem_leitura: int = 0) -> list[int]:
    medidores = [criar_unidade_com_leituras() for _ in range(quantas)]
    medidores += [MedidorFactory(data_instalacao=date(2025, 1, 1)) for _ in range(sem_leitura)]
    ids = [medidor.unidade_id for medidor in medidores]
    UnidadeConsumidora.objects.filter(pk__in=ids).update(grupo_leitura=grupo)
    return ids


def emitidas(grupo: str) -> int:
    return Fatura.objects.filter(unidade__grupo_leitura=grupo, situacao="EMITIDA").count()


@pytest.fixture(params=[2, 500], ids=["lotes de 2", "um lote só"])
def grupos(request, db, monkeypatch) -> None:
    """Of group 05 the last lot alone has who is pending; group 06 is whole; one UC has no group."""
    monkeypatch.setattr(lotes, "UNIDADES_POR_LOTE", request.param)
    LimiteDoGrupo.objects.update(unidades_minimas=2, percentual_pendente=20)
    criar_parametros()
    no_grupo("05", 4)
    no_grupo("06", 3)
    no_grupo("", 1)
    no_grupo("05", 0, sem_leitura=2)


def test_grupo_com_pendencias_no_ultimo_lote_nao_se_numera(agora, grupos):
    resumo = rodar(agora)

    assert (resumo.concluida, resumo.faturadas, resumo.pendentes) == (True, 8, 2)
    assert (emitidas("05"), emitidas("06"), emitidas("")) == (0, 3, 1)
    [alerta] = AlertaDeGrupo.objects.all()
    assert "2 de 6 unidades do grupo 05" in alerta.mensagem
    assert sorted(Fatura.objects.exclude(numero=None).values_list("numero", flat=True)) == [
        1,
        2,
        3,
        4,
    ]
    assert verificar_integridade() == []


def test_controle_sem_a_espera_o_grupo_sai_numerado(agora, grupos, monkeypatch):
    monkeypatch.setattr(calculo_do_lote, "separar_por_grupo", lambda _, em_ordem, **__: em_ordem)
    rodar(agora)
    assert emitidas("05") == 4
    assert AlertaDeGrupo.objects.count() == 1


def test_controle_sem_a_conferencia_do_fim_o_grupo_sai_numerado(agora, grupos, monkeypatch):
    if lotes.UNIDADES_POR_LOTE > 2:
        pytest.skip("um lote só decide nele mesmo")
    monkeypatch.setattr(emissao_da_execucao, "conferir_grupos", lambda *_, **__: [])
    rodar(agora)
    assert emitidas("05") == 4


@pytest.mark.parametrize(
    "mudanca", [{"percentual_pendente": 40}, {"percentual_pendente": 100}, {"unidades_minimas": 7}]
)
def test_grupo_dentro_do_limite_sai_na_mesma_execucao(agora, grupos, mudanca):
    LimiteDoGrupo.objects.update(**mudanca)
    rodar(agora)
    assert (emitidas("05"), emitidas("06"), emitidas("")) == (4, 3, 1)
    assert verificar_integridade() == []


def test_sem_limite_em_jogo_cada_lote_emite(agora, grupos, monkeypatch):
    LimiteDoGrupo.objects.all().delete()
    nenhum: list[Any] = []
    monkeypatch.setattr(emissao_da_execucao, "emitir_faturas", lambda ids, **_: nenhum.extend(ids))
    rodar(agora)
    assert nenhum == []
    assert Fatura.objects.filter(situacao="EMITIDA").count() == 8


def test_liberado_sai_na_proxima(agora, grupos):
    resumo = rodar(agora)
    liberar_grupo(
        execucao_id=resumo.execucao, grupo_leitura="05", motivo="rua interditada", agora=agora
    )
    rodar(agora, "06")
    assert emitidas("05") == 0
    rodar(agora)
    # Still pending, and still too many of the month: held again, but what was let go is issued.
    assert emitidas("05") == 4


def test_resolvidas_as_pendencias_a_nova_execucao_solta_o_grupo(agora, grupos):
    rodar(agora)
    for unidade in UnidadeConsumidora.objects.filter(pendencias__isnull=False):
        medidor = unidade.medidores.get()
        for mes, kwh in ((12, 1000), (1, 1150)):
            LeituraFactory(
                medidor=medidor,
                data_leitura=datetime(2025 if mes == 12 else 2026, mes, 5, 12, tzinfo=agora.tzinfo),
                leitura_kwh=kwh,
            )

    resumo = rodar(agora, "05")

    assert (resumo.faturadas, resumo.pendentes) == (2, 0)
    assert emitidas("05") == 6
    alerta = AlertaDeGrupo.objects.get()
    assert (
        alerta.motivo
        == f"Pendentes dentro do limite na {ExecucaoFaturamento.objects.latest('pk')}."
    )


def test_a_parte_que_pesa_e_a_do_mes_e_nao_a_da_nova_execucao(agora, grupos):
    """Two of six pending, 40 % allowed: asked for again, they are all that is left, not all."""
    LimiteDoGrupo.objects.update(percentual_pendente=40)
    rodar(agora)
    rodar(agora)
    assert not AlertaDeGrupo.objects.exists()
