"""ETag, If-Match and If-None-Match on items."""

import pytest

from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

RECURSOS = [
    ("cliente", ClienteFactory, {"telefone": "1"}),
    ("medidor", MedidorFactory, {"tipo": "novo"}),
    ("leitura", LeituraFactory, {"leitura_kwh": "1001"}),
    ("fatura", FaturaFactory, {"valor": "151.00"}),
]
VELHA = '"00000000000000000000000000000000"'


@pytest.fixture
def api():
    return api_de_administrador()


@pytest.mark.parametrize(("recurso", "fabrica", "mudanca"), RECURSOS)
@pytest.mark.parametrize("metodo", ["put", "patch"])
def test_a_versao_velha_e_412_e_nada_muda(api, recurso, fabrica, mudanca, metodo):
    rota = f"/{recurso}/{fabrica().pk}/"
    lida = api.get(rota)

    recusada = getattr(api, metodo)(rota, mudanca, HTTP_IF_MATCH=VELHA)
    assert recusada.status_code == 412
    assert recusada.data["codigo"] == "VERSAO_ANTIGA"
    assert "Leia-o de novo" in recusada.data["detail"]
    assert api.get(rota).content == lida.content

    feita = getattr(api, metodo)(rota, mudanca, HTTP_IF_MATCH=lida["ETag"])
    assert feita.status_code == 200
    assert feita["ETag"] == api.get(rota)["ETag"] != lida["ETag"]


@pytest.mark.parametrize(("recurso", "fabrica", "mudanca"), RECURSOS)
def test_excluir_pede_a_versao_atual(api, recurso, fabrica, mudanca):
    rota = f"/{recurso}/{fabrica().pk}/"
    assert api.delete(rota, HTTP_IF_MATCH=VELHA).status_code == 412
    assert api.delete(rota, HTTP_IF_MATCH=api.get(rota)["ETag"]).status_code == 204
    assert api.get(rota).status_code == 404


def test_o_criado_sai_com_a_versao_que_a_consulta_da(api):
    criado = api.post("/cliente/", {"nome": "Ana"})
    assert criado["ETag"] == api.get(criado["Location"])["ETag"]


@pytest.mark.parametrize("aceita", ["*", '{}, "outra"', '"outra",{}'])
def test_formas_de_if_match(api, aceita):
    rota = f"/cliente/{ClienteFactory().pk}/"
    aceita = aceita.format(api.get(rota)["ETag"])
    assert api.put(rota, {"nome": "Ana"}, HTTP_IF_MATCH=aceita).status_code == 200


def test_versao_fraca_nao_serve_para_gravar(api):
    rota = f"/cliente/{ClienteFactory().pk}/"
    fraca = f"W/{api.get(rota)['ETag']}"
    assert api.put(rota, {"nome": "Ana"}, HTTP_IF_MATCH=fraca).status_code == 412
    assert api.get(rota, HTTP_IF_NONE_MATCH=fraca).status_code == 304


@pytest.mark.parametrize("torta", ["", "abc", "W/abc", '"aberta'])
def test_versao_torta_e_400(api, torta):
    rota = f"/cliente/{ClienteFactory().pk}/"
    for resposta in (
        api.put(rota, {"nome": "Ana"}, HTTP_IF_MATCH=torta),
        api.get(rota, HTTP_IF_NONE_MATCH=torta),
    ):
        assert resposta.status_code == 400
        assert resposta.json()["codigo"] == "ETAG_INVALIDO"


def test_quem_tem_a_versao_recebe_304_sem_corpo(api):
    rota = f"/cliente/{ClienteFactory().pk}/"
    lida = api.get(rota)
    igual = api.get(rota, HTTP_IF_NONE_MATCH=lida["ETag"])
    assert (igual.status_code, igual.content) == (304, b"")
    assert igual["ETag"] == lida["ETag"]
    assert igual["Cache-Control"] == lida["Cache-Control"]
    assert api.get(rota, HTTP_IF_NONE_MATCH="*").status_code == 304
    assert api.get(rota, HTTP_IF_NONE_MATCH=VELHA).status_code == 200


def test_item_que_nao_existe_e_404_com_versao_ou_sem(api):
    assert api.put("/cliente/42/", {"nome": "A"}, HTTP_IF_MATCH="*").status_code == 404
    assert api.delete("/cliente/abc/", HTTP_IF_MATCH=VELHA).status_code == 404


def test_na_lista_a_versao_nao_diz_nada(api):
    assert api.post("/cliente/", {"nome": "Ana"}, HTTP_IF_MATCH=VELHA).status_code == 201


def test_a_permissao_vem_antes_da_versao():
    rota = f"/cliente/{ClienteFactory().pk}/"
    api = com_token(criar_usuario("clientes.view_cliente"))
    assert api.put(rota, {"nome": "A"}, HTTP_IF_MATCH=VELHA).status_code == 403


def test_ato_de_um_item_tambem_confere_a_versao(api):
    medidor = MedidorFactory()
    rota = f"/medidor/{medidor.pk}/retirada/"
    assert api.post(rota, {"leitura_kwh": "10"}, HTTP_IF_MATCH=VELHA).status_code == 412
    medidor.refresh_from_db()
    assert medidor.data_retirada is None


def test_a_execucao_confere_pela_consulta_dela(api):
    """Its item is counted as it is read: the version is that of the GET, whatever it does."""
    criar_parametros()
    criar_unidade_com_leituras()
    rota = api.post("/execucao/", {"competencia": "2026-01"})["Location"]
    lida = api.get(rota)
    assert api.get(rota, HTTP_IF_NONE_MATCH=lida["ETag"]).status_code == 304


def test_chave_e_versao_juntas_a_repeticao_nao_e_412(api):
    """The first changed the item, so its own version is old: the answer is the one it had."""
    medidor = criar_unidade_com_leituras()
    rota = f"/medidor/{medidor.pk}/troca/"
    corpo = {"numero_medidor": "NOVO-1", "leitura_final_kwh": "1160"}
    etag = api.get(f"/medidor/{medidor.pk}/")["ETag"]
    respostas = [
        api.post(rota, corpo, HTTP_IF_MATCH=etag, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)
    ]
    assert [r.status_code for r in respostas] == [201, 201], respostas[0].content
    assert respostas[0].content == respostas[1].content
