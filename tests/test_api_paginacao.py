"""Lists: arrays, pages by key, and as many queries for 1 row as for 10."""

from datetime import date, timedelta
from typing import Any

import factory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clientes.models import Cliente
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import (
    BandeiraFactory,
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    PagamentoFactory,
    TarifaFactory,
    UnidadeFactory,
)

pytestmark = pytest.mark.django_db


class TarifaEmSequencia(TarifaFactory):
    """Tariffs that never hold on the same day."""

    vigente_de = factory.Sequence(lambda n: date(2000 + n, 1, 1))
    vigente_ate = factory.LazyAttribute(lambda t: t.vigente_de + timedelta(days=31))


class BandeiraEmSequencia(BandeiraFactory):
    """The same, of flags."""

    vigente_de = factory.Sequence(lambda n: date(2000 + n, 1, 1))
    vigente_ate = factory.LazyAttribute(lambda b: b.vigente_de + timedelta(days=31))


FABRICAS: dict[str, Any] = {
    "cliente": ClienteFactory,
    "medidor": MedidorFactory,
    "leitura": LeituraFactory,
    "fatura": FaturaFactory,
    "unidade": UnidadeFactory,
    "pagamento": PagamentoFactory,
    "tarifa": TarifaEmSequencia,
    "bandeira": BandeiraEmSequencia,
}


@pytest.fixture
def api():
    return api_de_administrador()


def proxima(resposta) -> Any:
    ligacao = resposta.get("Link")
    if ligacao is None:
        return None
    assert ligacao.endswith('>; rel="next"')
    return ligacao[1:].partition(">")[0]


def test_as_paginas_dao_todas_as_linhas_uma_vez_e_em_ordem(api):
    ids = [cliente.pk for cliente in ClienteFactory.create_batch(7)]

    vistas, endereco, paginas = [], "/cliente/?limit=3", 0
    while endereco:
        resposta = api.get(endereco)
        assert isinstance(resposta.json(), list)
        vistas += [cliente["id_cliente"] for cliente in resposta.data]
        endereco = proxima(resposta)
        paginas += 1

    assert (vistas, paginas) == (ids, 3)


def test_a_pagina_seguinte_guarda_o_filtro_e_o_limite(api):
    ClienteFactory.create_batch(3, nome="José")
    ClienteFactory(nome="Ana")

    primeira = api.get("/cliente", {"nome": "JOSÉ", "limit": 2})
    segunda = api.get(proxima(primeira))

    assert proxima(primeira).startswith("http://testserver/cliente?")
    assert [len(primeira.data), len(segunda.data)] == [2, 1]
    assert proxima(segunda) is None


def test_o_que_muda_no_caminho_nao_desloca_as_paginas(api):
    primeiro, *_, ultimo = ClienteFactory.create_batch(4)

    pagina = api.get("/cliente/?limit=2")
    primeiro.delete()
    novo = ClienteFactory()

    resto = api.get(proxima(pagina).replace("limit=2", "limit=10"))
    assert [cliente["id_cliente"] for cliente in resto.data] == [ultimo.pk - 1, ultimo.pk, novo.pk]


def test_a_pagina_exata_nao_promete_outra(api):
    ClienteFactory.create_batch(3)

    assert proxima(api.get("/cliente/?limit=3")) is None


def test_o_limite_padrao_e_100_e_o_maximo_1000(api):
    Cliente.objects.bulk_create(Cliente(nome=f"C{n}", nome_busca=f"c{n}") for n in range(1001))

    assert len(api.get("/cliente/").data) == 100
    assert len(api.get("/cliente/?limit=1000").data) == 1000
    assert "Link" in api.get("/cliente/?limit=1000")


def test_o_cursor_nao_pula_nem_conta(api):
    ClienteFactory.create_batch(3)
    pagina = api.get("/cliente/?limit=1")

    with CaptureQueriesContext(connection) as consultas:
        api.get(proxima(pagina))

    sql = " ".join(consulta["sql"] for consulta in consultas).upper()
    assert "OFFSET" not in sql
    assert "COUNT(" not in sql


@pytest.mark.parametrize("recurso", FABRICAS)
def test_a_lista_nao_consulta_por_linha(api, recurso):
    FABRICAS[recurso]()
    api.get(f"/{recurso}/")  # the token is known from here on
    with CaptureQueriesContext(connection) as com_uma:
        api.get(f"/{recurso}/")

    FABRICAS[recurso].create_batch(9)
    with CaptureQueriesContext(connection) as com_dez:
        assert len(api.get(f"/{recurso}/").data) == 10

    assert len(com_dez) == len(com_uma) == 1, "só a lista"


def test_quem_nao_e_administrador_custa_mais_as_permissoes():
    api = com_token(criar_usuario("clientes.view_cliente"))

    with CaptureQueriesContext(connection) as consultas:
        api.get("/cliente/")

    assert len(consultas) == 4, "o token, as permissões do usuário e as dos grupos, a lista"


@pytest.mark.parametrize("recurso", FABRICAS)
def test_o_item_custa_duas_consultas(api, recurso):
    """And a third for a customer's, read by who sees documents: the view is kept."""
    pk = FABRICAS[recurso]().pk

    with CaptureQueriesContext(connection) as consultas:
        api.get(f"/{recurso}/{pk}")

    assert len(consultas) == (3 if recurso == "cliente" else 2)


@pytest.mark.parametrize("recurso", FABRICAS)
def test_com_e_sem_a_ultima_barra(api, recurso):
    pk = FABRICAS[recurso]().pk

    assert api.get(f"/{recurso}").data == api.get(f"/{recurso}/").data
    assert api.get(f"/{recurso}/{pk}").data == api.get(f"/{recurso}/{pk}/").data
    assert api.get(f"/{recurso}.json").status_code == 404
