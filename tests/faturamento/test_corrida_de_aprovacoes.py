"""Two people decide one pedido at once: one wins, the other is told."""

import threading
from datetime import datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection

from comum.django_base.banco import ConflitoError
from faturamento import gatilhos
from faturamento.models import PedidoDeAprovacao, Tarifa
from faturamento.servicos import aprovacoes
from faturamento.servicos.aprovacoes import (
    PedidoJaDecididoError,
    aprovar,
    pedir_gravacao,
    recusar,
)
from tests.factories import TarifaFactory
from tests.faturamento.test_corridas import ao_mesmo_tempo

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("banco_real")]


@pytest.fixture
def pedido(banco_real: None, agora) -> PedidoDeAprovacao:
    tarifa = TarifaFactory()
    tarifa.te_brl_por_mwh = Decimal(300)
    ana = User.objects.create_user("ana")
    return pedir_gravacao(tarifa, agora=agora, usuario_id=ana.pk)


def decidir_os_dois(agora: datetime, pedido: PedidoDeAprovacao, *atos) -> list[object]:
    pessoas = [User.objects.create_user(nome) for nome in ("bia", "caio")]

    def agir(indice: int) -> object:
        return atos[indice](
            pedido_id=pedido.pk, agora=agora, usuario_id=pessoas[indice].pk, motivo="x"
        )

    return ao_mesmo_tempo(agir, quantos=2)


def sem_trava(monkeypatch) -> None:
    """Both read the pedido as pending before either decides."""
    encontro = threading.Barrier(2)

    def ler(pedido_id, usuario_id):
        pedido = PedidoDeAprovacao.objects.get(pk=pedido_id)
        encontro.wait(10)
        return pedido

    monkeypatch.setattr(aprovacoes, "_travar", ler)


def test_dois_aprovam_e_um_so_vale(agora, pedido):
    resultados = decidir_os_dois(agora, pedido, aprovar, aprovar)
    [erro] = [r for r in resultados if isinstance(r, Exception)]
    assert isinstance(erro, PedidoJaDecididoError)
    assert Tarifa.history.filter(history_type="~").count() == 1


def test_um_aprova_o_outro_recusa_e_um_so_vale(agora, pedido):
    resultados = decidir_os_dois(agora, pedido, aprovar, recusar)
    [erro] = [r for r in resultados if isinstance(r, Exception)]
    assert isinstance(erro, PedidoJaDecididoError)
    pedido.refresh_from_db()
    mudou = Tarifa.objects.get().te_brl_por_mwh == 300
    assert mudou == (pedido.situacao == "APROVADO")


def test_sem_a_trava_o_banco_ainda_recusa_a_segunda_decisao(agora, pedido, monkeypatch):
    sem_trava(monkeypatch)
    resultados = decidir_os_dois(agora, pedido, aprovar, recusar)
    [erro] = [r for r in resultados if isinstance(r, Exception)]
    assert isinstance(erro, ConflitoError)
    assert erro.codigo == "PEDIDO_IMUTAVEL"
    pedido.refresh_from_db()
    mudou = Tarifa.objects.get().te_brl_por_mwh == 300
    assert mudou == (pedido.situacao == "APROVADO")


def test_controle_sem_trava_nem_gatilho_os_dois_decidem(agora, pedido, monkeypatch):
    sem_trava(monkeypatch)
    gatilhos.remover(connection)
    resultados = decidir_os_dois(agora, pedido, aprovar, recusar)
    assert not [r for r in resultados if isinstance(r, Exception)]
