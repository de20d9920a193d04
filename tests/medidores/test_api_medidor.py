from datetime import date

import pytest

from medidores.models import Medidor
from tests.apoio_api import api_de_administrador
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    UnidadeFactory,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

CAMPOS = {
    "medidor_id",
    "client_id",
    "numero_medidor",
    "tipo",
    "unidade_id",
    "digitos",
    "constante",
    "data_instalacao",
    "data_retirada",
}


@pytest.fixture
def api():
    return api_de_administrador()


def test_sem_unidade_cria_uma_no_endereco_do_cliente(api):
    cliente = ClienteFactory(endereco="Rua das Flores, 1")

    resposta = api.post("/medidor/", {"client_id": cliente.pk, "numero_medidor": "A-1"})

    assert resposta.status_code == 201
    assert set(resposta.data) == CAMPOS
    medidor = Medidor.objects.get()
    assert resposta["Location"].endswith(f"/medidor/{medidor.pk}")
    assert resposta.data["unidade_id"] == medidor.unidade_id
    unidade = medidor.unidade
    assert (unidade.endereco, unidade.subgrupo, unidade.classe, unidade.modalidade) == (
        "Rua das Flores, 1",
        "B1",
        "RESIDENCIAL",
        "CONVENCIONAL",
    )
    assert (resposta.data["digitos"], resposta.data["constante"]) == (5, "1.0000")
    assert resposta.data["data_retirada"] is None


def test_com_unidade_usa_a_que_veio(api):
    unidade = UnidadeFactory()

    resposta = api.post(
        "/medidor/",
        {
            "client_id": ClienteFactory().pk,
            "numero_medidor": "A-1",
            "unidade_id": unidade.pk,
            "constante": 40,
            "digitos": 6,
            "data_instalacao": "2025-03-01",
            "tipo": "digital",
        },
    )

    assert resposta.status_code == 201
    assert resposta.data["unidade_id"] == unidade.pk
    assert (resposta.data["constante"], resposta.data["digitos"]) == ("40.0000", 6)
    assert Medidor.objects.get().data_instalacao == date(2025, 3, 1)


def test_segundo_medidor_ativo_na_unidade_e_409(api):
    ativo = MedidorFactory()

    resposta = api.post(
        "/medidor/",
        {
            "client_id": ativo.cliente_id,
            "numero_medidor": "B-1",
            "unidade_id": ativo.unidade_id,
        },
    )

    assert resposta.status_code == 409
    assert resposta.data["codigo"] == "UM_MEDIDOR_ATIVO_POR_UNIDADE"
    assert "já tem um medidor ativo" in resposta.data["detail"]


@pytest.mark.parametrize(
    ("campo", "valor", "trecho"),
    [
        pytest.param("client_id", 999, "Cliente 999 não encontrado", id="cliente desconhecido"),
        pytest.param("client_id", "1", "número inteiro sem aspas", id="id como texto"),
        pytest.param("client_id", True, "número inteiro sem aspas", id="booleano não é id"),
        pytest.param("client_id", 10**30, "não encontrado", id="id de 30 dígitos"),
        pytest.param("unidade_id", 999, "Unidade consumidora 999", id="unidade desconhecida"),
        pytest.param("numero_medidor", "REPETIDO", "Já existe um medidor", id="número repetido"),
        pytest.param("numero_medidor", "", "não pode ficar em branco", id="número vazio"),
        pytest.param("numero_medidor", 123, "Envie um texto", id="número como número"),
        pytest.param("digitos", 0, "mínimo é 1", id="sem dígitos"),
        pytest.param("digitos", 2.5, "número inteiro", id="dígitos com fração"),
        pytest.param("constante", "0", "", id="constante zero"),
        pytest.param("constante", 1.00001, "casas decimais", id="casas demais"),
        pytest.param("data_instalacao", "31/12/2025", "AAAA-MM-DD", id="data brasileira"),
        pytest.param("data_instalacao", "0000-01-01", "Data inválida", id="ano zero"),
        pytest.param("data_instalacao", "9999-12-31", "Ano fora", id="ano 9999"),
        pytest.param("data_instalacao", "10000-01-01", "Data inválida", id="ano 10000"),
        pytest.param("data_instalacao", 20260101, "entre aspas", id="data como número"),
    ],
)
def test_valor_ruim_e_400_no_seu_campo(api, campo, valor, trecho):
    MedidorFactory(numero_medidor="REPETIDO")
    bom = {"client_id": ClienteFactory().pk, "numero_medidor": "A-1"}

    resposta = api.post("/medidor/", bom | {campo: valor})

    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]
    assert Medidor.objects.count() == 1


def test_alterar_muda_o_que_pode_e_ignora_a_data_de_instalacao(api):
    medidor = MedidorFactory(tipo="antigo")
    outro = ClienteFactory()

    resposta = api.put(
        f"/medidor/{medidor.pk}",
        {"client_id": outro.pk, "tipo": "", "digitos": 6, "data_instalacao": "1990-01-01"},
    )

    assert resposta.status_code == 200
    medidor.refresh_from_db()
    assert (medidor.cliente, medidor.tipo, medidor.digitos) == (outro, "", 6)
    assert medidor.data_instalacao == date(2025, 1, 1)


def test_cliente_de_medidor_faturado_nao_muda(api):
    medidor = criar_unidade_com_leituras()
    FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente)

    resposta = api.patch(f"/medidor/{medidor.pk}/", {"client_id": ClienteFactory().pk})

    assert resposta.status_code == 409
    assert resposta.data["codigo"] == "MEDIDOR_FATURADO"


def test_medidor_com_leitura_nao_se_exclui(api):
    medidor = LeituraFactory().medidor

    resposta = api.delete(f"/medidor/{medidor.pk}/")

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "EM_USO")


def test_filtros(api):
    ativo = MedidorFactory(numero_medidor="A")
    retirado = MedidorFactory(numero_medidor="B", data_retirada=date(2025, 6, 1))

    def ids(filtro):
        return [medidor["medidor_id"] for medidor in api.get(f"/medidor/?{filtro}").data]

    assert ids("ativo=true") == [ativo.pk]
    assert ids("ativo=false") == [retirado.pk]
    assert ids(f"client_id={retirado.cliente_id}") == [retirado.pk]
    assert ids(f"unidade_id={ativo.unidade_id}") == [ativo.pk]
    assert ids("numero_medidor=B") == [retirado.pk]
    assert ids("numero_medidor=b") == []
    assert ids("client_id=123456789012345678") == []
