"""A new row and its history in one statement are the two that `save()` writes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from auditoria.servicos.historico import incluir_com_historico
from comum.django_base.autoria import SISTEMA, Autor, agindo_como, pelo_comando
from medidores.models import Leitura
from tests.apoio_api import com_token, criar_usuario
from tests.factories import MedidorFactory

pytestmark = [pytest.mark.django_db, pytest.mark.banco]
QUANDO = datetime(2026, 1, 5, 12, tzinfo=UTC)
# What cannot be the same in two rows.
DE_CADA_UMA = {"id", "history_id", "history_date", "registrada_em", "data_leitura"}


def nova(medidor: Any, quando: datetime = QUANDO, **campos: Any) -> Leitura:
    return Leitura(
        medidor=medidor,
        data_leitura=quando,
        leitura_kwh=Decimal("1520.5"),
        valor_informado=Decimal("1520.5"),
        origem="API",
        explicacao="It's 100 % \\ “estranho”\n",
        **campos,
    )


def linhas_de(leitura: Leitura) -> tuple[dict[str, Any], dict[str, Any]]:
    propria = Leitura.objects.filter(pk=leitura.pk).values().get()
    historia = Leitura.history.filter(id=leitura.pk).values().get()
    return tuple(  # type: ignore[return-value]
        {nome: valor for nome, valor in linha.items() if nome not in DE_CADA_UMA}
        for linha in (propria, historia)
    )


def autores() -> list[Autor]:
    usuario = criar_usuario()
    return [SISTEMA, pelo_comando(), Autor("API", lambda: usuario.pk)]


@pytest.mark.parametrize("motivo", [None, "conferida no local"])
@pytest.mark.parametrize("qual", range(3), ids=["sistema", "comando", "API"])
def test_as_duas_linhas_sao_as_de_save(qual, motivo):
    medidor = MedidorFactory()
    uma, outra = nova(medidor), nova(medidor, QUANDO.replace(hour=13))
    with agindo_como(autores()[qual]):
        for leitura in (uma, outra):
            if motivo:
                leitura._change_reason = motivo
        incluir_com_historico(uma)
        outra.save()

    assert uma.pk != outra.pk
    assert linhas_de(uma) == linhas_de(outra)
    assert not uma._state.adding
    assert uma.registrada_em == Leitura.objects.get(pk=uma.pk).registrada_em
    historia = Leitura.history.get(id=uma.pk)
    assert (historia.history_type, historia.leitura_kwh) == ("+", Decimal("1520.5"))
    assert historia.data_leitura == QUANDO


def test_o_historico_da_api_e_do_usuario_do_token():
    usuario = criar_usuario("medidores.add_leitura")
    corpo = {"medidor_id": MedidorFactory().pk, "leitura_kwh": "10"}
    resposta = com_token(usuario).post("/leitura/", corpo)
    assert resposta.status_code == 201
    historia = Leitura.history.get(id=resposta.json()["id_leitura"])
    assert historia.history_user_id == usuario.pk


@pytest.mark.django_db(transaction=True)
def test_recusada_nao_deixa_nem_uma_nem_outra():
    medidor = MedidorFactory()
    incluir_com_historico(nova(medidor))
    with pytest.raises(IntegrityError):
        incluir_com_historico(nova(medidor))
    with pytest.raises(IntegrityError):
        incluir_com_historico(nova(medidor, QUANDO.replace(hour=13), situacao="INVENTADA"))
    assert (Leitura.objects.count(), Leitura.history.count()) == (1, 1)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="só o PostgreSQL faz numa vez")
def test_e_um_comando_so():
    leitura = nova(MedidorFactory())
    with CaptureQueriesContext(connection) as consultas:
        incluir_com_historico(leitura)
    assert len(consultas) == 1
