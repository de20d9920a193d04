"""/unidade/: supply points, read and written; their titular comes with the meter."""

import pytest

from medidores.models import UnidadeConsumidora
from tests.apoio_api import api_de_administrador
from tests.factories import ClienteFactory, DistribuidoraFactory, MedidorFactory, UnidadeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return api_de_administrador()


def test_so_o_codigo_e_obrigatorio(api):
    resposta = api.post("/unidade/", {"codigo": "UC-1"})

    assert resposta.status_code == 201
    assert resposta["Location"].endswith(f"/unidade/{resposta.data['id_unidade']}")
    assert resposta.data | {
        "codigo": "UC-1",
        "cliente_id": None,
        "distribuidora_id": None,
        "classe": "RESIDENCIAL",
        "subclasse": "RESIDENCIAL",
        "subgrupo": "B1",
        "modalidade": "CONVENCIONAL",
        "ligacao": "MONOFASICA",
        "dia_vencimento": 10,
        "sem_leitura": "PENDENCIA",
        "situacao": "ATIVA",
    } == dict(resposta.data)


def test_o_que_vem_e_o_que_fica(api):
    dados = {
        "codigo": "UC-2",
        "distribuidora_id": DistribuidoraFactory().pk,
        "endereco": "Rua das Acácias, 10",
        "municipio_ibge": "3550308",
        "uf": "SP",
        "classe": "RESIDENCIAL",
        "subclasse": "BAIXA_RENDA",
        "ligacao": "TRIFASICA",
        "grupo_leitura": "G01",
        "dia_vencimento": 31,
        "sem_leitura": "ESTIMAR",
        "situacao": "SUSPENSA",
    }

    criada = api.post("/unidade/", dados)

    assert criada.status_code == 201
    lida = api.get(criada["Location"]).data
    assert {campo: lida[campo] for campo in dados} == dados


@pytest.mark.parametrize(
    ("campo", "valor", "trecho"),
    [
        ("codigo", "", "não pode ficar em branco"),
        ("classe", "CASA", "Use um de: RESIDENCIAL"),
        ("subclasse", "RURAL", "não tem a subclasse RURAL"),
        ("uf", "XX", "Valor desconhecido"),
        ("municipio_ibge", "355030", "7 dígitos"),
        ("dia_vencimento", 32, "máximo é 31"),
        ("dia_vencimento", 0, "mínimo é 1"),
        ("distribuidora_id", 999, "Distribuidora 999 não encontrada"),
        ("titular", 1, "não existe"),
    ],
)
def test_valor_ruim_e_400_no_seu_campo(api, campo, valor, trecho):
    resposta = api.post("/unidade/", {"codigo": "UC-1", campo: valor})

    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]
    assert not UnidadeConsumidora.objects.exists()


def test_codigo_repetido_e_400(api):
    UnidadeFactory(codigo="UC-1")

    resposta = api.post("/unidade/", {"codigo": "UC-1"})

    assert resposta.status_code == 400
    assert "Já existe" in resposta.data["codigo"][0]


def test_a_classe_que_muda_traz_o_que_ela_implica(api):
    unidade = UnidadeFactory(subclasse="BAIXA_RENDA")

    rural = api.put(f"/unidade/{unidade.pk}", {"classe": "RURAL"})
    mesma = api.put(f"/unidade/{unidade.pk}", {"classe": "RURAL", "dia_vencimento": 5})

    assert (rural.data["subclasse"], rural.data["subgrupo"]) == ("RURAL", "B2")
    assert (mesma.data["subclasse"], mesma.data["dia_vencimento"]) == ("RURAL", 5)


def test_a_mesma_classe_nao_apaga_a_subclasse(api):
    unidade = UnidadeFactory(subclasse="BAIXA_RENDA")

    resposta = api.put(f"/unidade/{unidade.pk}", {"classe": "RESIDENCIAL", "endereco": "Rua B, 2"})

    assert (resposta.data["subclasse"], resposta.data["endereco"]) == ("BAIXA_RENDA", "Rua B, 2")


def test_o_titular_e_o_do_medidor_ativo_e_nao_se_escreve(api):
    medidor = MedidorFactory()
    outro = ClienteFactory()

    resposta = api.put(f"/unidade/{medidor.unidade_id}", {"cliente_id": outro.pk, "uf": "RJ"})

    assert resposta.status_code == 200
    assert (resposta.data["cliente_id"], resposta.data["uf"]) == (medidor.cliente_id, "RJ")
    medidor.data_retirada = medidor.data_instalacao
    medidor.save()
    assert api.get(f"/unidade/{medidor.unidade_id}").data["cliente_id"] is None


def test_a_que_tem_medidor_nao_se_exclui(api):
    com, sem = MedidorFactory().unidade, UnidadeFactory()

    recusada = api.delete(f"/unidade/{com.pk}/")

    assert (recusada.status_code, recusada.data["codigo"]) == (409, "EM_USO")
    assert "1 medidor" in recusada.data["detail"]
    assert api.delete(f"/unidade/{sem.pk}/").status_code == 204


def test_o_medidor_se_instala_na_unidade_criada(api):
    unidade = api.post("/unidade/", {"codigo": "UC-9", "classe": "COMERCIAL"}).data
    cliente = ClienteFactory()

    medidor = api.post(
        "/medidor/",
        {
            "client_id": cliente.pk,
            "numero_medidor": "M-9",
            "unidade_id": unidade["id_unidade"],
        },
    )

    assert medidor.status_code == 201
    assert api.get(f"/unidade/{unidade['id_unidade']}").data["cliente_id"] == cliente.pk


def test_filtros(api):
    medidor = MedidorFactory()
    rural = UnidadeFactory(
        codigo="R-1", classe="RURAL", subclasse="RURAL", subgrupo="B2", grupo_leitura="G7"
    )
    suspensa = UnidadeFactory(situacao="SUSPENSA", municipio_ibge="3304557")

    def ids(filtro):
        return [unidade["id_unidade"] for unidade in api.get(f"/unidade/?{filtro}").data]

    assert ids(f"cliente_id={medidor.cliente_id}") == [medidor.unidade_id]
    assert ids("codigo=R-1") == ids("classe=rural") == ids("grupo_leitura=G7") == [rural.pk]
    assert ids("situacao=SUSPENSA") == ids("municipio_ibge=3304557") == [suspensa.pk]


def test_a_uf_pode_faltar_e_se_apaga(api):
    criada = api.post("/unidade/", {"codigo": "UC-1", "uf": "SP"})
    item = criada["Location"]
    assert api.put(item, {"uf": ""}).data["uf"] == ""
    assert api.put(item, {"uf": None}).data["uf"] == ""
    assert api.put(item, {"classe": ""}).status_code == 400
