"""Whatever comes in, the answer is a sentence in Portuguese; never a 500."""

import json
from urllib.parse import quote

import pytest
from django.db import InterfaceError, OperationalError, connections
from django.test import RequestFactory

from clientes.models import Cliente
from comum.django_base.api.campos import citar
from energia_project.api.erros import responder_404, responder_500
from energia_project.api.leitor_json import ler_json
from tests.apoio_api import api_de_administrador, enviar_bruto
from tests.factories import ClienteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return api_de_administrador()


def frase(resposta) -> str:
    assert resposta["Content-Type"] == "application/json"
    assert set(resposta.data) == {"detail", "codigo"}
    assert resposta.data["codigo"].isupper()
    return resposta.data["detail"]


@pytest.mark.parametrize(
    ("corpo", "trecho"),
    [
        pytest.param(b"{", "linha 1, coluna", id="cortado"),
        pytest.param(b"nome=Ana", "não é JSON válido", id="não é JSON"),
        pytest.param(b'{"nome": "Ana",}', "coluna", id="vírgula a mais"),
        pytest.param(b"[" * 100_000, "profundidade", id="cem mil colchetes"),
        pytest.param(b'{"a":' * 100_000 + b"1", "profundidade", id="cem mil chaves"),
        pytest.param(b"[" * 21 + b"]" * 21, "profundidade", id="21 níveis"),
        pytest.param(b'{"nome": "A", "nome": "B"}', "'nome' aparece mais", id="chave repetida"),
        pytest.param(b'{"nome": NaN}', "NaN não é JSON", id="NaN"),
        pytest.param(b'{"nome": -Infinity}', "-Infinity não é JSON", id="infinito"),
        pytest.param(b'{"nome": ' + b"9" * 5000 + b"}", "fora dos limites", id="inteiro de 5000"),
        pytest.param(b'{"nome": 1e99999999999999999999}', "fora dos limites", id="expoente imenso"),
        pytest.param(b'{"nome": "\xff"}', "não é UTF-8", id="UTF-8 inválido"),
        pytest.param(b'{"nome": "\\ud800"}', "U+D800", id="meio caractere no valor"),
        pytest.param(b'{"\\udfff": 1}', "U+DFFF", id="meio caractere na chave"),
        pytest.param(b"[]", "veio uma lista", id="lista"),
        pytest.param(b'"Ana"', "veio 'Ana'", id="texto"),
        pytest.param(b"12", "veio 12", id="número"),
        pytest.param(b"true", "veio true", id="booleano"),
        pytest.param(b"\xef\xbb\xbf[]", "veio uma lista", id="marca de ordem se aceita"),
    ],
)
@pytest.mark.parametrize(
    ("metodo", "caminho"),
    [("POST", "/cliente/"), ("PUT", "/cliente/{}/"), ("POST", "/auth/token/")],
)
def test_corpo_ruim_e_400(api, corpo, trecho, metodo, caminho):
    pk = ClienteFactory(nome="Antes").pk

    resposta = enviar_bruto(api, metodo, caminho.format(pk), corpo)

    assert resposta.status_code == 400
    assert trecho in frase(resposta)
    assert [cliente.nome for cliente in Cliente.objects.all()] == ["Antes"]


@pytest.mark.parametrize(
    ("campo", "valor"),
    [
        pytest.param("nome", "a\x00b", id="NUL"),
        pytest.param("nome", "A" * 1_000_000, id="um megabyte"),
        pytest.param("email_cliente", "a@" + "b" * 1_000_000, id="e-mail de um megabyte"),
        pytest.param("documento", "1" * 1_000_000, id="documento de um megabyte"),
        pytest.param("documento", "529.982.247-26", id="dígito errado"),
        pytest.param("documento", 52998224725, id="documento como número"),
        pytest.param("nome", ["Ana"], id="lista"),
        pytest.param("nome", {"nome": "Ana"}, id="objeto"),
        pytest.param("nome", False, id="booleano"),
        pytest.param("telefone", 11999, id="telefone como número"),
    ],
)
def test_valor_ruim_e_400_no_seu_campo(api, campo, valor):
    resposta = api.post("/cliente/", {"nome": "Ana"} | {campo: valor})

    assert resposta.status_code == 400
    assert list(resposta.data) == [campo]
    assert all(10 < len(texto) < 200 for texto in resposta.data[campo])
    assert not Cliente.objects.exists()


@pytest.mark.parametrize(
    ("pedido", "trecho"),
    [
        pytest.param("limit=0", "de 1 a 1000", id="limite zero"),
        pytest.param("limit=-1", "de 1 a 1000", id="limite negativo"),
        pytest.param("limit=1001", "de 1 a 1000", id="limite grande"),
        pytest.param("limit=1e9", "de 1 a 1000", id="limite com expoente"),
        pytest.param("limit=", "vazio", id="limite vazio"),
        pytest.param("nome=", "vazio", id="filtro vazio"),
        pytest.param("documento=%20", "vazio", id="filtro de espaços"),
        pytest.param("limit=" + "9" * 30, "de 1 a 1000", id="limite de 30 dígitos"),
        pytest.param("cursor=abc", "Cursor inválido", id="cursor inventado"),
        pytest.param("cursor=1.abc", "Cursor inválido", id="cursor sem assinatura"),
        pytest.param("cursor=", "vazio", id="cursor vazio"),
        pytest.param("cursor=%00", "Cursor inválido", id="cursor NUL"),
        pytest.param("apelido=x", "nome, documento, limit, cursor", id="filtro desconhecido"),
        pytest.param("ordering=nome", "não existe", id="ordem"),
        pytest.param("format=xml", "não existe", id="formato do DRF"),
        pytest.param("nome=a&nome=b", "2 vezes", id="filtro repetido"),
        pytest.param("nome=%00", "nulos", id="NUL no filtro"),
        pytest.param("nome=" + "a" * 100_000, "200", id="filtro imenso"),
        pytest.param("documento=1", "CPF ou CNPJ inválido", id="documento inválido"),
    ],
)
def test_endereco_ruim_e_400_que_nomeia_o_parametro(api, pedido, trecho):
    resposta = api.get(f"/cliente/?{pedido}")

    assert resposta.status_code == 400
    [nome, [texto]] = resposta.data.popitem()
    assert pedido.startswith(nome)
    assert trecho in texto


@pytest.mark.parametrize(
    ("caminho", "trecho"),
    [
        ("/medidor/?ativo=talvez", "true ou false"),
        ("/medidor/?client_id=abc", "número inteiro"),
        ("/medidor/?client_id=" + "9" * 30, "número inteiro"),
        ("/leitura/?data_de=05/01/2026", "AAAA-MM-DD"),
        ("/leitura/?data_ate=9999-12-31", "Ano fora"),
        ("/leitura/?data_ate=0001-01-01", "Ano fora"),
        ("/leitura/?situacao=OUTRA", "SUBSTITUIDA"),
        ("/fatura/?mes_referencia=2026", "AAAA-MM"),
        ("/fatura/?vencida=2", "true ou false"),
        ("/fatura/?status_pagamento=quitada", "PARCIAL"),
    ],
)
def test_filtro_ruim_e_400_que_diz_como_seria(api, caminho, trecho):
    resposta = api.get(caminho)

    assert resposta.status_code == 400
    [[texto]] = resposta.data.values()
    assert trecho in texto


@pytest.mark.parametrize("valor", ["%", "100%'", "%s", "%(a)s", "{x}", "{0}", "\\"])
@pytest.mark.parametrize(
    "filtro",
    [
        "cliente/?documento",
        "medidor/?client_id",
        "medidor/?ativo",
        "leitura/?data_de",
        "leitura/?situacao",
        "fatura/?mes_referencia",
        "fatura/?status_pagamento",
        "cliente/?limit",
        "cliente/?cursor",
        "cliente/?formato",
    ],
)
def test_o_que_veio_no_filtro_e_citado_como_veio(api, filtro, valor):
    """A sentence that quotes is no pattern to fill in: a % in it once was a 500."""
    resposta = api.get(f"/{filtro}={quote(valor)}")
    assert resposta.status_code == 400
    [[frase]] = resposta.json().values()
    cita = filtro.endswith(("cursor", "mes_referencia", "data_de")) or citar(valor) in frase
    assert cita, frase


@pytest.mark.parametrize(
    ("recurso", "nome"),
    [
        ("cliente", "Cliente {} não encontrado."),
        ("medidor", "Medidor {} não encontrado."),
        ("leitura", "Leitura {} não encontrada."),
        ("fatura", "Fatura {} não encontrada."),
    ],
)
@pytest.mark.parametrize("metodo", ["GET", "PUT", "PATCH", "DELETE"])
def test_404_diz_o_que_nao_encontrou(api, recurso, nome, metodo):
    resposta = api.generic(metodo, f"/{recurso}/42", "{}", content_type="application/json")

    assert resposta.status_code == 404
    assert frase(resposta) == nome.format(42)


@pytest.mark.parametrize("chave", ["abc", "-1", "1.5", "1.json", "٣", "%00", "9" * 30, "1e3", "+1"])
def test_id_que_nao_pode_ser_e_404(api, chave):
    ClienteFactory()

    resposta = api.get(f"/cliente/{chave}")

    assert resposta.status_code == 404
    assert "não encontrado" in frase(resposta)


def test_metodo_formato_e_tipo_de_conteudo(api):
    metodo = api.delete("/cliente/")
    aceite = api.get("/cliente/", HTTP_ACCEPT="application/xml")
    tipo = enviar_bruto(api, "POST", "/cliente/", b"nome=Ana", "application/x-www-form-urlencoded")
    charset = enviar_bruto(api, "POST", "/cliente/", b"{}", "application/json; charset=latin-1")

    assert [r.status_code for r in (metodo, aceite, tipo, charset)] == [405, 406, 415, 415]
    assert [r.data["codigo"] for r in (metodo, aceite, tipo, charset)] == [
        "METODO_NAO_PERMITIDO",
        "FORMATO_NAO_ACEITO",
        "TIPO_DE_CONTEUDO",
        "TIPO_DE_CONTEUDO",
    ]
    assert metodo["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_corpo_grande_demais_e_413(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024**2

    resposta = enviar_bruto(api, "POST", "/cliente/", b'{"nome": "' + b"A" * 1024**2 + b'"}')

    assert resposta.status_code == 413
    assert "1 MB" in frase(resposta)


def test_corpo_em_partes_e_400_e_nao_um_put_vazio(api):
    pk = ClienteFactory().pk

    resposta = api.generic("PUT", f"/cliente/{pk}", "", HTTP_TRANSFER_ENCODING="chunked")

    assert resposta.status_code == 400
    assert "Content-Length" in frase(resposta)


def test_sem_corpo_faltam_os_obrigatorios(api):
    resposta = api.generic("POST", "/cliente/")

    assert resposta.status_code == 400
    assert resposta.data == {"nome": ["Este campo é obrigatório."]}


@pytest.mark.parametrize("erro", [OperationalError("caiu"), InterfaceError("fechada")])
def test_banco_fora_do_ar_e_503(api, monkeypatch, erro):
    def falhar(*_, **__):
        raise erro

    monkeypatch.setattr("clientes.api.views.gravar", falhar)

    resposta = api.post("/cliente/", {"nome": "Ana"})

    assert resposta.status_code == 503
    assert resposta["Retry-After"] == "5"
    assert "Tente de novo" in frase(resposta)


def test_a_corrida_que_o_banco_recusa_e_409(api, monkeypatch):
    """Validation saw nothing; the constraint did."""
    ClienteFactory(documento="52998224725")
    monkeypatch.setattr(Cliente, "full_clean", lambda *_, **__: None)

    resposta = api.post("/cliente/", {"nome": "Ana", "documento": "52998224725"})

    assert resposta.status_code == 409
    assert "Já existe" in frase(resposta)


def test_saude(client, monkeypatch):
    assert client.get("/saude/").json() == {"situacao": "ok"}
    assert client.get("/saude").status_code == 200
    assert "no-store" in client.get("/saude/")["Cache-Control"]

    def falhar(*_, **__):
        raise OperationalError("caiu")

    monkeypatch.setattr(connections["default"], "cursor", falhar)
    fora = client.get("/saude/")
    assert (fora.status_code, fora.json()["codigo"]) == (503, "BANCO_INDISPONIVEL")


def test_rota_desconhecida_fala_json_com_programas_e_html_com_pessoas():
    programa = RequestFactory().get("/clientes/")
    pessoa = RequestFactory().get("/clientes/", HTTP_ACCEPT="text/html,*/*")

    assert (
        json.loads(responder_404(programa, Exception()).content)["codigo"] == "ROTA_NAO_ENCONTRADA"
    )
    assert json.loads(responder_500(programa).content)["codigo"] == "ERRO_INTERNO"
    assert responder_404(pessoa, Exception())["Content-Type"].startswith("text/html")
    assert responder_500(pessoa)["Content-Type"].startswith("text/html")


def test_numero_com_fracao_nunca_e_float():
    assert str(ler_json(b"0.1")) == "0.1"
    assert str(ler_json(b"1e2")) == "1E+2"
