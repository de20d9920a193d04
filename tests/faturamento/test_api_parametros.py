"""/tarifa/ and /bandeira/: read over REST, changed in the admin."""

from datetime import date

import pytest

from faturamento.models import Bandeira, Tarifa
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import BandeiraFactory, TarifaFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return api_de_administrador()


def test_a_tarifa_vem_inteira(api):
    tarifa = TarifaFactory(vigente_ate=date(2026, 7, 4))

    item = api.get(f"/tarifa/{tarifa.pk}").data

    assert item == {
        "id_tarifa": tarifa.pk,
        "distribuidora_id": tarifa.distribuidora_id,
        "subgrupo": "B1",
        "modalidade": "CONVENCIONAL",
        "classe": "RESIDENCIAL",
        "subclasse": "",
        "posto": "UNICO",
        "faixa_ate_kwh": None,
        "tusd_brl_por_mwh": "472.42000000",
        "te_brl_por_mwh": "316.96000000",
        "vigente_de": "2024-01-01",
        "vigente_ate": "2026-07-04",
        "fonte": "tarifa de teste",
    }
    assert api.get("/tarifa/").data == [item]


def test_a_bandeira_vem_inteira(api):
    bandeira = BandeiraFactory()

    assert api.get(f"/bandeira/{bandeira.pk}/").data == {
        "id_bandeira": bandeira.pk,
        "cor": "VERDE",
        "adicional_brl_por_mwh": "0.00000000",
        "vigente_de": "2024-01-01",
        "vigente_ate": None,
        "fonte": "bandeira de teste",
    }


def test_filtros(api):
    velha = TarifaFactory(vigente_ate=date(2025, 7, 4))
    nova = TarifaFactory(vigente_de=date(2025, 7, 4))
    rural = TarifaFactory(subgrupo="B2", classe="RURAL")
    BandeiraFactory(vigente_ate=date(2026, 1, 1))
    amarela = BandeiraFactory(cor="AMARELA", vigente_de=date(2026, 1, 1))

    def ids(recurso, filtro):
        return [linha[f"id_{recurso}"] for linha in api.get(f"/{recurso}/?{filtro}").data]

    assert ids("tarifa", "vigente_em=2025-07-03") == [velha.pk, rural.pk]
    assert ids("tarifa", "vigente_em=2025-07-04&classe=residencial") == [nova.pk]
    assert ids("tarifa", "subgrupo=B2") == ids("tarifa", "classe=RURAL") == [rural.pk]
    assert ids("bandeira", "vigente_em=2026-01-01") == [amarela.pk]
    assert ids("bandeira", "cor=AMARELA") == [amarela.pk]


@pytest.mark.parametrize("caminho", ["/tarifa/", "/tarifa/1/", "/bandeira/", "/bandeira/1/"])
@pytest.mark.parametrize("metodo", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("administra", [True, False], ids=["administrador", "leitor"])
def test_nada_se_escreve_e_a_frase_diz_onde(caminho, metodo, administra):
    leitor = criar_usuario("faturamento.view_tarifa", "faturamento.view_bandeira")
    api = api_de_administrador() if administra else com_token(leitor)
    TarifaFactory(pk=1)
    BandeiraFactory(pk=1)

    resposta = api.generic(metodo, caminho, "{}", content_type="application/json")

    assert resposta.status_code == 405
    assert resposta["Allow"] == "GET, HEAD, OPTIONS"
    assert resposta.data["codigo"] == "SO_CONSULTA"
    assert "segunda pessoa" in resposta.data["detail"]
    assert (Tarifa.objects.count(), Bandeira.objects.count()) == (1, 1)


@pytest.mark.parametrize("recurso", ["tarifa", "bandeira"])
def test_ler_pede_a_permissao_de_ver(recurso):
    com = com_token(criar_usuario(f"faturamento.view_{recurso}"))
    sem = com_token(criar_usuario(f"faturamento.change_{recurso}"))

    assert com.get(f"/{recurso}/").status_code == 200
    assert sem.get(f"/{recurso}/").status_code == 403
