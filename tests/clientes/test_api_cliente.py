import pytest

from clientes.models import Cliente
from tests.apoio_api import api_de_administrador
from tests.factories import ClienteFactory, MedidorFactory

pytestmark = pytest.mark.django_db

CAMPOS = {
    "id_cliente",
    "nome",
    "endereco",
    "telefone",
    "email_cliente",
    "documento",
    "data_cadastro",
}


@pytest.fixture
def api():
    return api_de_administrador()


def test_so_o_nome_e_obrigatorio(api):
    resposta = api.post("/cliente/", {"nome": " Maria   da Conceição "})

    assert resposta.status_code == 201
    assert set(resposta.data) == CAMPOS
    assert resposta.data["nome"] == "Maria da Conceição"
    assert resposta.data["documento"] is None
    assert resposta["Location"] == f"http://testserver/cliente/{resposta.data['id_cliente']}"
    assert api.get(resposta["Location"]).data == resposta.data


@pytest.mark.parametrize(
    ("enviado", "guardado"),
    [
        pytest.param("529.982.247-25", "52998224725", id="CPF com pontuação"),
        pytest.param("12.abc.345/01de-35", "12ABC34501DE35", id="CNPJ alfanumérico"),
        pytest.param("", None, id="vazio é nulo"),
        pytest.param(None, None, id="nulo é ausente"),
    ],
)
def test_documento_entra_como_vier_e_sai_sem_pontuacao(api, enviado, guardado):
    resposta = api.post("/cliente/", {"nome": "Ana", "documento": enviado})

    assert resposta.data["documento"] == guardado
    assert Cliente.objects.get().documento == guardado


def test_documento_repetido_e_400_no_campo(api):
    ClienteFactory(documento="52998224725")

    resposta = api.post("/cliente/", {"nome": "Outra", "documento": "529.982.247-25"})

    assert resposta.status_code == 400
    assert resposta.data == {"documento": ["Já existe um cliente com este CPF ou CNPJ."]}


@pytest.mark.parametrize("metodo", ["put", "patch"])
def test_ausente_e_nulo_mantem_e_vazio_limpa(api, metodo):
    cliente = ClienteFactory(nome="Ana", telefone="111", endereco="Rua A", documento="52998224725")

    resposta = getattr(api, metodo)(
        f"/cliente/{cliente.pk}/", {"nome": None, "telefone": "", "documento": ""}
    )

    assert resposta.status_code == 200
    cliente.refresh_from_db()
    assert (cliente.nome, cliente.telefone, cliente.endereco, cliente.documento) == (
        "Ana",
        "",
        "Rua A",
        None,
    )


def test_o_nome_nao_se_limpa(api):
    cliente = ClienteFactory()

    resposta = api.put(f"/cliente/{cliente.pk}", {"nome": " "})

    assert resposta.status_code == 400
    assert resposta.data == {"nome": ["Este campo não pode ficar em branco."]}


@pytest.mark.parametrize("em_volta", ["", " ", "\x1e"])
def test_o_comprimento_e_o_do_esquema_com_o_que_vem_em_volta(api, em_volta):
    """Spaces that are taken away are still in what was sent: 200 in all, and no more."""
    cabe, nao_cabe = em_volta + "a" * (200 - len(em_volta)), em_volta + "a" * 201

    assert api.post("/cliente/", {"nome": cabe}).status_code == 201
    resposta = api.post("/cliente/", {"nome": nao_cabe[:201] if em_volta else nao_cabe})
    assert resposta.status_code == 400
    assert "o máximo é de 200" in str(resposta.data["nome"])


def test_campo_que_nao_se_escreve_e_ignorado_e_o_que_nao_existe_e_400(api):
    cliente = ClienteFactory()

    ignorado = api.put(f"/cliente/{cliente.pk}", {"id_cliente": 99, "data_cadastro": "2000-01-01"})
    desconhecido = api.put(f"/cliente/{cliente.pk}", {"nome": "X", "apelido": "x", "idade": 3})

    assert ignorado.status_code == 200
    assert (ignorado.data["id_cliente"], ignorado.data["data_cadastro"]) == (
        cliente.pk,
        "2025-01-01",
    )
    assert desconhecido.status_code == 400
    assert set(desconhecido.data) == {"apelido", "idade"}
    assert "email_cliente" in desconhecido.data["apelido"][0]
    cliente.refresh_from_db()
    assert cliente.nome != "X"


def test_email_invalido_diz_como_e_um(api):
    resposta = api.post("/cliente/", {"nome": "Ana", "email_cliente": "ana"})

    assert resposta.status_code == 400
    assert "nome@exemplo.com.br" in resposta.data["email_cliente"][0]


def test_cliente_com_historico_nao_se_exclui(api):
    medidor = MedidorFactory()

    resposta = api.delete(f"/cliente/{medidor.cliente_id}/")

    assert resposta.status_code == 409
    assert resposta.data["codigo"] == "EM_USO"
    assert "1 medidor" in resposta.data["detail"]


def test_cliente_sem_historico_se_exclui(api):
    cliente = ClienteFactory()

    resposta = api.delete(f"/cliente/{cliente.pk}/")

    assert (resposta.status_code, resposta.content) == (204, b"")
    assert api.get(f"/cliente/{cliente.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("filtro", "esperados"),
    [
        pytest.param("nome=joao", ["João", "Joaocildo"], id="sem acento"),
        pytest.param("nome=JOÃO", ["João", "Joaocildo"], id="maiúsculas e acento"),
        pytest.param("nome=cild", ["Joaocildo"], id="no meio"),
        pytest.param("nome=%25", [], id="curinga do SQL é só um caractere"),
        pytest.param("documento=529.982.247-25", ["João"], id="documento com pontuação"),
        pytest.param("documento=52998224725&nome=ana", [], id="dois filtros se somam"),
    ],
)
def test_filtros(api, filtro, esperados):
    ClienteFactory(nome="João", documento="52998224725")
    ClienteFactory(nome="Joaocildo")
    ClienteFactory(nome="Ana")

    resposta = api.get(f"/cliente/?{filtro}")

    assert [cliente["nome"] for cliente in resposta.data] == esperados


def test_a_mudanca_fica_na_historia_com_quem_a_fez(api):
    cliente = ClienteFactory()

    api.put(f"/cliente/{cliente.pk}", {"nome": "Outro nome"})

    assert cliente.history.first().history_user.is_superuser
