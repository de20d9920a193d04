"""Documents over REST: whole for who may see them, with asterisks for the others."""

import pytest

from tests.apoio_api import com_token, criar_usuario
from tests.factories import ClienteFactory

pytestmark = pytest.mark.django_db

CPF, CNPJ = "52998224725", "11222333000181"
MASCARADOS = {CPF: "***.982.247-**", CNPJ: "**.222.333/0001-**"}
PERMISSOES = [f"clientes.{ato}_cliente" for ato in ("view", "add", "change")]


@pytest.fixture
def api():
    return com_token(criar_usuario(*PERMISSOES))


@pytest.fixture
def que_ve():
    return com_token(criar_usuario(*PERMISSOES, "clientes.ver_documento"))


@pytest.mark.parametrize("documento", MASCARADOS)
def test_so_quem_pode_ve_o_documento_inteiro(api, que_ve, documento):
    cliente = ClienteFactory(documento=documento)
    rotas = (f"/cliente/{cliente.pk}/", "/cliente/")
    for rota in rotas:
        for leitor, esperado in ((que_ve, documento), (api, MASCARADOS[documento])):
            corpo = leitor.get(rota).json()
            item = corpo[0] if isinstance(corpo, list) else corpo
            assert item["documento"] == esperado
    for formato in ("csv", "ndjson"):
        fluxo = api.get(f"/cliente/?formato={formato}").getvalue().decode()
        assert MASCARADOS[documento] in fluxo
        assert documento not in fluxo
        assert documento in que_ve.get(f"/cliente/?formato={formato}").getvalue().decode()


def test_sem_documento_nao_ha_o_que_esconder(api):
    cliente = ClienteFactory()
    assert api.get(f"/cliente/{cliente.pk}/").data["documento"] is None


@pytest.mark.parametrize("metodo", ["put", "patch"])
@pytest.mark.parametrize("documento", MASCARADOS)
def test_o_mascarado_devolvido_nao_muda_nada(api, metodo, documento):
    cliente = ClienteFactory(documento=documento)
    rota = f"/cliente/{cliente.pk}/"
    corpo = api.get(rota).json() | {"telefone": "11 1234"}

    resposta = getattr(api, metodo)(rota, corpo)

    assert resposta.status_code == 200
    assert resposta.data["documento"] == MASCARADOS[documento]
    cliente.refresh_from_db()
    assert (cliente.documento, cliente.telefone) == (documento, "11 1234")


def test_na_criacao_o_mascarado_e_400(api):
    resposta = api.post("/cliente/", {"nome": "Ana", "documento": MASCARADOS[CPF]})
    assert resposta.status_code == 400
    assert "asteriscos" in resposta.data["documento"][0]


@pytest.mark.parametrize("documento", ["***", "***.982.247-25", "529.***.***-**", "**********"])
def test_meia_mascara_e_documento_invalido(api, documento):
    cliente = ClienteFactory(documento=CPF)
    assert api.put(f"/cliente/{cliente.pk}/", {"documento": documento}).status_code == 400


def test_quem_nao_ve_ainda_troca_apaga_e_procura(api):
    cliente = ClienteFactory(documento=CPF)
    assert [c["id_cliente"] for c in api.get(f"/cliente/?documento={CPF}").json()] == [cliente.pk]
    assert (
        api.put(f"/cliente/{cliente.pk}/", {"documento": CNPJ}).data["documento"]
        == (MASCARADOS[CNPJ])
    )
    assert api.put(f"/cliente/{cliente.pk}/", {"documento": ""}).data["documento"] is None
