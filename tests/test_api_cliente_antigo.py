"""A client of the system that this one replaces: unchanged but for its token."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from comum.periodos import dia_civil
from tests.apoio_api import api_de_administrador, com_token, criar_usuario

pytestmark = pytest.mark.django_db


class ClienteAntigo:
    """Speaks as a program written for the old routes does: JSON in, JSON out."""

    def __init__(self, api: APIClient) -> None:
        self.api = api

    def pedir(self, metodo: str, caminho: str, corpo: Any = None) -> tuple[int, Any]:
        texto = "" if corpo is None else json.dumps(corpo)
        resposta = self.api.generic(metodo, caminho, texto, content_type="application/json")
        return resposta.status_code, json.loads(resposta.content) if resposta.content else None


@pytest.fixture
def antigo() -> ClienteAntigo:
    return ClienteAntigo(api_de_administrador())


def test_o_ciclo_inteiro_do_sistema_antigo(antigo):
    dados: dict[str, Any] = {
        "nome": "João da Silva",
        "endereco": "Rua das Flores, 1",
        "telefone": "+5511900000001",
        "email_cliente": "joao@exemplo.com.br",
    }
    codigo, cliente = antigo.pedir("POST", "/cliente/", dados)
    assert codigo == 201
    assert {campo: cliente[campo] for campo in dados} == dados
    assert cliente["data_cadastro"]
    id_cliente = cliente["id_cliente"]

    dados = {
        "client_id": id_cliente,
        "numero_medidor": "MD0000000001",
        "tipo": "monofasico",
        "data_instalacao": "2025-12-01",
    }
    codigo, medidor = antigo.pedir("POST", "/medidor/", dados)
    assert codigo == 201
    assert {campo: medidor[campo] for campo in dados} == dados
    medidor_id = medidor["medidor_id"]

    dados = {
        "medidor_id": medidor_id,
        "leitura_kwh": 100.5,
        "data_leitura": "2026-01-05T10:30:00",
    }
    codigo, leitura = antigo.pedir("POST", "/leitura/", dados)
    assert codigo == 201
    assert leitura["medidor_id"] == medidor_id
    assert float(leitura["leitura_kwh"]) == 100.5
    assert leitura["data_leitura"].startswith("2026-01-05T10:30:00")

    dados = {
        "cliente_id": id_cliente,
        "mes_referencia": "2026-01",
        "valor": 123.45,
        "data_emissao": "2026-01-06",
        "data_vencimento": "2026-01-20",
        "status_pagamento": "pendente",
    }
    codigo, fatura = antigo.pedir("POST", "/fatura/", dados)
    assert codigo == 201
    assert float(fatura["valor"]) == 123.45
    assert fatura["mes_referencia"] == "2026-01"
    assert fatura["status_pagamento"].lower() == "pendente"

    for caminho, um in (
        (f"/cliente/{id_cliente}", cliente),
        (f"/medidor/{medidor_id}", medidor),
        (f"/leitura/{leitura['id_leitura']}", leitura),
        (f"/fatura/{fatura['id_fatura']}", fatura),
    ):
        assert antigo.pedir("GET", caminho) == (200, um)
        codigo, lista = antigo.pedir("GET", caminho.rpartition("/")[0] + "/")
        assert codigo == 200
        assert len(lista) == 1
        assert lista[0].items() <= um.items()

    # A PUT of the old clients carries the whole object again.
    dados["status_pagamento"] = "pago"
    codigo, fatura = antigo.pedir("PUT", f"/fatura/{fatura['id_fatura']}", dados)
    assert (codigo, fatura["status_pagamento"]) == (200, "PAGA")
    dados["status_pagamento"] = "pendente"
    assert antigo.pedir("PUT", f"/fatura/{fatura['id_fatura']}", dados)[0] == 200
    dados = {"medidor_id": medidor_id, "leitura_kwh": 101, "data_leitura": "2026-01-05T10:30:00"}
    codigo, leitura = antigo.pedir("PUT", f"/leitura/{leitura['id_leitura']}", dados)
    assert (codigo, leitura["leitura_kwh"]) == (200, "101.000")
    codigo, cliente = antigo.pedir("PUT", f"/cliente/{id_cliente}", {"nome": "João Silva"})
    assert (codigo, cliente["endereco"]) == (200, "Rua das Flores, 1")

    assert antigo.pedir("DELETE", f"/leitura/{leitura['id_leitura']}") == (204, None)
    assert antigo.pedir("DELETE", f"/medidor/{medidor_id}") == (204, None)
    codigo, erro = antigo.pedir("DELETE", f"/cliente/{id_cliente}")
    assert (codigo, erro["codigo"]) == (409, "EM_USO")
    assert antigo.pedir("GET", f"/medidor/{medidor_id}")[0] == 404


def test_o_que_nunca_se_escreveu_se_exclui(antigo):
    _, cliente = antigo.pedir("POST", "/cliente/", {"nome": "Só um nome"})
    _, fatura = antigo.pedir("POST", "/fatura/", {"cliente_id": cliente["id_cliente"], "valor": 10})

    assert antigo.pedir("DELETE", f"/fatura/{fatura['id_fatura']}") == (204, None)
    assert antigo.pedir("DELETE", f"/cliente/{cliente['id_cliente']}/") == (204, None)
    assert antigo.pedir("GET", "/cliente/") == (200, [])


# --- The contract, sentence by sentence -------------------------------------------------------

CAMPOS = {
    "cliente": "id_cliente nome endereco telefone email_cliente documento data_cadastro",
    "medidor": (
        "medidor_id client_id numero_medidor tipo unidade_id digitos constante data_instalacao "
        "data_retirada"
    ),
    "leitura": "id_leitura medidor_id leitura_kwh data_leitura registrador origem situacao",
    "fatura": (
        "id_fatura cliente_id valor status_pagamento mes_referencia data_emissao data_vencimento "
        "unidade_id numero situacao origem consumo_kwh demonstrativo"
    ),
}
CHAVES = {"cliente": "id_cliente", "medidor": "medidor_id", "leitura": "id_leitura"} | {
    "fatura": "id_fatura"
}
INEXISTENTE = {
    "cliente": "Cliente 42424242 não encontrado.",
    "medidor": "Medidor 42424242 não encontrado.",
    "leitura": "Leitura 42424242 não encontrada.",
    "fatura": "Fatura 42424242 não encontrada.",
}


@pytest.fixture
def um_de_cada(antigo) -> dict[str, dict[str, Any]]:
    """The least that each resource takes."""
    _, cliente = antigo.pedir("POST", "/cliente/", {"nome": "Ana", "endereco": "Rua A, 1"})
    _, medidor = antigo.pedir(
        "POST",
        "/medidor/",
        {
            "client_id": cliente["id_cliente"],
            "numero_medidor": "MD-1",
            "data_instalacao": "2026-01-01",
        },
    )
    _, leitura = antigo.pedir(
        "POST", "/leitura/", {"medidor_id": medidor["medidor_id"], "leitura_kwh": "150"}
    )
    _, fatura = antigo.pedir(
        "POST", "/fatura/", {"cliente_id": cliente["id_cliente"], "valor": "10.5"}
    )
    return {"cliente": cliente, "medidor": medidor, "leitura": leitura, "fatura": fatura}


@pytest.mark.parametrize("recurso", CAMPOS)
def test_rotas_com_e_sem_barra_e_os_campos(antigo, um_de_cada, recurso):
    um, nomes = um_de_cada[recurso], CAMPOS[recurso].split()
    assert list(um) == nomes
    assert type(um[CHAVES[recurso]]) is int
    for caminho in (f"/{recurso}", f"/{recurso}/"):
        codigo, lista = antigo.pedir("GET", caminho)
        assert codigo == 200
        assert isinstance(lista, list)
        assert list(lista[0]) == [nome for nome in nomes if nome != "demonstrativo"]
    item = f"/{recurso}/{um[CHAVES[recurso]]}"
    assert antigo.pedir("GET", item) == antigo.pedir("GET", f"{item}/") == (200, um)


@pytest.mark.parametrize("recurso", CAMPOS)
def test_put_e_patch_mantem_o_que_falta_e_o_nulo(antigo, um_de_cada, recurso):
    um = um_de_cada[recurso]
    item = f"/{recurso}/{um[CHAVES[recurso]]}"
    for metodo in ("PUT", "PATCH"):
        for corpo in ({}, dict.fromkeys(um)):
            assert antigo.pedir(metodo, item, corpo) == (200, um)


@pytest.mark.parametrize("recurso", CAMPOS)
def test_o_que_nao_se_escreve_e_ignorado_e_o_que_nao_existe_e_400(antigo, um_de_cada, recurso):
    um = um_de_cada[recurso]
    chave = CHAVES[recurso]
    item = f"/{recurso}/{um[chave]}"
    assert antigo.pedir("PUT", item, {chave: 7}) == (200, um)
    codigo, erro = antigo.pedir("PUT", item, {"apelido": "x"})
    assert codigo == 400
    assert "não existe" in erro["apelido"][0]


@pytest.mark.parametrize("recurso", CAMPOS)
def test_404_diz_o_que_faltou(antigo, recurso):
    for metodo in ("GET", "PUT", "PATCH", "DELETE"):
        assert antigo.pedir(metodo, f"/{recurso}/42424242", None if metodo == "GET" else {}) == (
            404,
            {"detail": INEXISTENTE[recurso], "codigo": "NAO_ENCONTRADO"},
        )


@pytest.mark.parametrize(
    ("recurso", "campo"),
    [
        ("cliente", "nome"),
        ("medidor", "client_id"),
        ("leitura", "medidor_id"),
        ("leitura", "leitura_kwh"),
        ("fatura", "cliente_id"),
        ("fatura", "valor"),
    ],
)
def test_o_que_e_obrigatorio_na_criacao(antigo, recurso, campo):
    codigo, erro = antigo.pedir("POST", f"/{recurso}/", {})
    assert (codigo, erro[campo]) == (400, ["Este campo é obrigatório."])


def test_cliente_texto_vazio_apaga_e_o_nome_nao_fica_vazio(antigo, um_de_cada):
    item = f"/cliente/{um_de_cada['cliente']['id_cliente']}"
    assert antigo.pedir("PUT", item, {"endereco": ""})[1]["endereco"] == ""
    assert antigo.pedir("PUT", item, {"nome": ""})[0] == 400


def test_medidor_traz_a_sua_unidade(antigo, um_de_cada):
    """B1 residencial convencional, at the customer's address; what was not said is the default."""
    _, unidade = antigo.pedir("GET", f"/unidade/{um_de_cada['medidor']['unidade_id']}")
    assert (unidade["subgrupo"], unidade["classe"]) == ("B1", "RESIDENCIAL")
    assert (unidade["modalidade"], unidade["endereco"]) == ("CONVENCIONAL", "Rua A, 1")
    _, outro = antigo.pedir(
        "POST",
        "/medidor/",
        {"client_id": um_de_cada["cliente"]["id_cliente"], "numero_medidor": "MD-2"},
    )
    assert outro["data_instalacao"] == f"{hoje():%Y-%m-%d}"
    item = f"/medidor/{outro['medidor_id']}"
    _, mudado = antigo.pedir(
        "PUT", item, {"numero_medidor": "MD-3", "tipo": "novo", "digitos": 6, "constante": "2"}
    )
    assert (mudado["numero_medidor"], mudado["tipo"]) == ("MD-3", "novo")
    assert (mudado["digitos"], mudado["constante"]) == (6, "2.0000")
    ignorados = {"data_instalacao": "2020-01-01", "data_retirada": "2026-01-01"}
    assert antigo.pedir("PUT", item, ignorados) == (200, mudado)


def test_leitura_so_o_valor_se_corrige(antigo, um_de_cada):
    leitura = um_de_cada["leitura"]
    assert leitura["registrador"] == "ATIVA_TOTAL"
    assert (leitura["origem"], leitura["situacao"]) == ("API", "VALIDA")
    assert leitura["data_leitura"].startswith(f"{hoje():%Y-%m-%d}")
    item = f"/leitura/{leitura['id_leitura']}"
    ignorados = {
        "medidor_id": 999,
        "data_leitura": "2020-01-01T00:00:00",
        "registrador": "ATIVA_PONTA",
    }
    assert antigo.pedir("PUT", item, ignorados) == (200, leitura)
    _, corrigida = antigo.pedir("PATCH", item, {"leitura_kwh": 151})
    assert corrigida == leitura | {"leitura_kwh": "151.000"}


def test_uma_leitura_repetida_em_conflito_ou_retida(antigo, um_de_cada):
    leitura = um_de_cada["leitura"]
    igual = {nome: leitura[nome] for nome in ("medidor_id", "leitura_kwh", "data_leitura")}
    assert antigo.pedir("POST", "/leitura/", igual) == (200, leitura)
    codigo, erro = antigo.pedir("POST", "/leitura/", igual | {"leitura_kwh": "149"})
    assert (codigo, erro["codigo"]) == (409, "CONFLITO")
    medidor_id = leitura["medidor_id"]
    codigo, retida = antigo.pedir(
        "POST", "/leitura/", {"medidor_id": medidor_id, "leitura_kwh": "90"}
    )
    assert (codigo, retida["situacao"]) == (201, "RETIDA")


def test_uma_lista_de_leituras(antigo, um_de_cada):
    leitura = um_de_cada["leitura"]
    igual = {nome: leitura[nome] for nome in ("medidor_id", "leitura_kwh", "data_leitura")}
    antes = igual | {"data_leitura": "2026-01-05T08:00:00", "leitura_kwh": "100"}
    regressiva = antes | {"data_leitura": "2026-01-06T08:00:00", "leitura_kwh": "50"}
    codigo, lote = antigo.pedir("POST", "/leitura/", [antes, {}, igual, regressiva])
    assert codigo == 201
    assert list(lote) == ["linhas", "aceitas", "retidas", "recusadas", "repetidas", "erros"]
    assert list(lote.values())[:5] == [4, 1, 1, 1, 1]
    [erro] = lote["erros"]
    assert list(erro) == ["indice", "codigo", "detail"]
    assert erro["indice"] == 1
    assert antigo.pedir("POST", "/leitura/", [{}, 1])[0] == 201
    assert antigo.pedir("POST", "/leitura/", [])[0] == 400
    assert antigo.pedir("POST", "/leitura/", [1] * 10_001)[0] == 400


def test_fatura_o_que_nao_se_diz_e_o_padrao(antigo, um_de_cada):
    fatura = um_de_cada["fatura"]
    assert fatura["valor"] == "10.50"
    assert fatura["mes_referencia"] == f"{hoje():%Y-%m}"
    assert fatura["data_emissao"] == f"{hoje():%Y-%m-%d}"
    assert fatura["data_vencimento"] > fatura["data_emissao"]
    item = f"/fatura/{fatura['id_fatura']}"
    ignorados = {"cliente_id": 9, "mes_referencia": "2020-01", "numero": 5, "situacao": "CANCELADA"}
    assert antigo.pedir("PUT", item, ignorados) == (200, fatura)
    assert antigo.pedir("PUT", item, {"valor": 12})[1]["valor"] == "12.00"


@pytest.mark.parametrize("escrito", ["PAGA", "paga", "Pago", "PAGO"])
def test_status_de_pagamento_em_qualquer_grafia(antigo, um_de_cada, escrito):
    fatura = um_de_cada["fatura"]
    item = f"/fatura/{fatura['id_fatura']}"
    assert antigo.pedir("PUT", item, {"status_pagamento": escrito})[1]["status_pagamento"] == "PAGA"
    [pagamento] = antigo.pedir("GET", f"/pagamento/?fatura_id={fatura['id_fatura']}")[1]
    assert (pagamento["origem"], pagamento["valor"]) == ("MANUAL", "10.50")
    assert antigo.pedir("PUT", item, {"status_pagamento": "Pendente"})[0] == 200
    assert antigo.pedir("GET", item)[1]["status_pagamento"] == "PENDENTE"
    assert antigo.pedir("PUT", item, {"status_pagamento": "PARCIAL"})[0] == 400
    _, outra = antigo.pedir(
        "POST",
        "/fatura/",
        {"cliente_id": fatura["cliente_id"], "valor": 5, "status_pagamento": escrito},
    )
    assert outra["status_pagamento"] == "PAGA"


def test_pendente_de_novo_nao_desfaz_pagamento_que_nao_e_manual(antigo, um_de_cada):
    item = f"/fatura/{um_de_cada['fatura']['id_fatura']}"
    assert antigo.pedir("POST", f"{item}/pagar/", {"identificador": "pix-1"})[0] == 201
    codigo, erro = antigo.pedir("PUT", item, {"status_pagamento": "PENDENTE"})
    assert codigo == 409
    assert erro["codigo"].isupper()


def test_lista_em_ordem_por_paginas_com_cursor(antigo):
    for n in range(5):
        antigo.pedir("POST", "/cliente/", {"nome": f"Cliente {n}"})
    caminho, ids, paginas = "/cliente/?limit=2", [], 0
    while caminho:
        resposta = antigo.api.get(caminho)
        ids += [um["id_cliente"] for um in resposta.json()]
        link = resposta.headers.get("Link", "")
        assert "offset" not in link
        caminho = link.removeprefix("<").partition(">")[0] if 'rel="next"' in link else ""
        paginas += 1
    assert (ids, paginas) == (sorted(ids), 3)
    assert len(set(ids)) == 5
    assert antigo.pedir("GET", "/cliente/?limit=1000")[0] == 200
    assert antigo.pedir("GET", "/cliente/?limit=1001")[0] == 400


def test_a_lista_inteira_em_csv_e_ndjson(antigo):
    for n in range(3):
        antigo.pedir("POST", "/cliente/", {"nome": f"Cliente {n}"})
    csv = b"".join(antigo.api.get("/cliente/?formato=csv").streaming_content).decode()
    assert csv.lstrip("\ufeff").splitlines()[0].split(";") == CAMPOS["cliente"].split()
    ndjson = b"".join(antigo.api.get("/cliente/?formato=ndjson").streaming_content)
    linhas = [json.loads(linha) for linha in ndjson.splitlines()]
    assert linhas == antigo.pedir("GET", "/cliente/")[1]
    assert len(csv.splitlines()) == len(linhas) + 1


@pytest.mark.parametrize(
    ("filtro", "acha"),
    [
        ("/cliente/?nome=aNÁ", True),
        ("/cliente/?nome=bia", False),
        ("/cliente/?documento=529.982.247-25", True),
        ("/medidor/?client_id={id_cliente}", True),
        ("/medidor/?unidade_id={unidade_id}", True),
        ("/medidor/?numero_medidor=MD-1", True),
        ("/medidor/?numero_medidor=MD-9", False),
        ("/medidor/?ativo=true", True),
        ("/medidor/?ativo=false", False),
        ("/leitura/?medidor_id={medidor_id}", True),
        ("/leitura/?data_de={hoje}&data_ate={hoje}", True),
        ("/leitura/?data_ate=2020-01-01", False),
        ("/leitura/?situacao=VALIDA", True),
        ("/leitura/?situacao=RETIDA", False),
        ("/leitura/?registrador=ATIVA_TOTAL", True),
        ("/fatura/?cliente_id={id_cliente}", True),
        ("/fatura/?unidade_id=424242", False),
        ("/fatura/?mes_referencia={mes}", True),
        ("/fatura/?status_pagamento=pendente", True),
        ("/fatura/?status_pagamento=pago", False),
        ("/fatura/?situacao=EMITIDA", True),
        ("/fatura/?vencida=true", False),
    ],
)
def test_filtros(antigo, um_de_cada, filtro, acha):
    item = f"/cliente/{um_de_cada['cliente']['id_cliente']}"
    assert antigo.pedir("PUT", item, {"documento": "52998224725"})[0] == 200
    da_fatura_ao_cliente = reversed(um_de_cada.values())  # an invoice of no unit has none
    ids = {nome: valor for um in da_fatura_ao_cliente for nome, valor in um.items()}
    dia = {"hoje": f"{hoje():%Y-%m-%d}", "mes": f"{hoje():%Y-%m}"}
    codigo, achados = antigo.pedir("GET", filtro.format(**ids, **dia))
    assert (codigo, bool(achados)) == (200, acha)


@pytest.mark.parametrize("recurso", CAMPOS)
def test_filtro_que_nao_existe_nao_e_silencio(antigo, recurso):
    codigo, erro = antigo.pedir("GET", f"/{recurso}/?apelido=x")
    assert (codigo, list(erro)) == (400, ["apelido"])


@pytest.mark.parametrize("valor", [150, 150.25, "150.25", "150"])
def test_decimais_vem_como_numero_ou_texto_e_vao_como_texto(antigo, um_de_cada, valor):
    corpo = {"cliente_id": um_de_cada["cliente"]["id_cliente"], "valor": valor}
    codigo, fatura = antigo.pedir("POST", "/fatura/", corpo)
    assert (codigo, fatura["valor"]) == (201, f"{Decimal(str(valor)):.2f}")


@pytest.mark.parametrize(
    "corpo",
    [
        b"[" * 100_000,
        b'{"nome":"a","nome":"b"}',
        b'{"nome":NaN}',
        b'{"nome":"\\ud800"}',
        b'{"nome":"\xff"}',
        b'{"nome":"a\\u0000b"}',
        b'{"nome":',
        b"",
    ],
)
@pytest.mark.parametrize("recurso", CAMPOS)
def test_nenhum_corpo_e_500(antigo, recurso, corpo):
    resposta = antigo.api.generic("POST", f"/{recurso}/", corpo, content_type="application/json")
    assert resposta.status_code == 400
    assert json.loads(resposta.content)


def test_a_chave_repete_a_resposta_e_o_efeito_e_um(antigo, um_de_cada):
    corpo = json.dumps({"cliente_id": um_de_cada["cliente"]["id_cliente"], "valor": 1})
    mandar = {"content_type": "application/json", "HTTP_IDEMPOTENCY_KEY": "chave-1"}
    uma, outra = (antigo.api.post("/fatura/", corpo, **mandar) for _ in range(2))
    assert (uma.status_code, uma.content) == (outra.status_code, outra.content)
    assert uma.headers["Location"].endswith(f"/fatura/{uma.json()['id_fatura']}")
    assert len(antigo.pedir("GET", "/fatura/")[1]) == 2
    outro = antigo.api.post("/fatura/", corpo.replace("1}", "2}"), **mandar)
    assert outro.status_code == 422
    # A refusal is not kept: mended, the same key serves.
    mandar["HTTP_IDEMPOTENCY_KEY"] = "chave-2"
    assert antigo.api.post("/fatura/", "{}", **mandar).status_code == 400
    assert antigo.api.post("/fatura/", corpo, **mandar).status_code == 201


def test_o_token_se_pede_e_se_devolve():
    User.objects.create_superuser("sistema", password="uma-senha-longa-7")
    api = APIClient()
    dados = {"username": "sistema", "password": "uma-senha-longa-7"}
    for caminho in ("/auth/token", "/auth/token/"):
        resposta = api.post(caminho, dados, HTTP_IDEMPOTENCY_KEY="uma")
        assert (resposta.status_code, list(resposta.json())) == (200, ["token", "expiry"])
    api.credentials(HTTP_AUTHORIZATION=f"Token {resposta.json()['token']}")
    assert api.get("/cliente/").status_code == 200
    assert api.post("/auth/logout/").status_code == 204
    assert api.get("/cliente/").status_code == 401


@pytest.mark.parametrize("recurso", CAMPOS)
def test_ler_tambem_pede_permissao_e_um_token(recurso):
    assert APIClient().get(f"/{recurso}/").status_code == 401
    resposta = com_token(criar_usuario()).get(f"/{recurso}/")
    assert (resposta.status_code, resposta.json()["codigo"]) == (403, "SEM_PERMISSAO")
    assert com_token(criar_usuario(VER[recurso])).get(f"/{recurso}/").status_code == 200


VER = {
    "cliente": "clientes.view_cliente",
    "medidor": "medidores.view_medidor",
    "leitura": "medidores.view_leitura",
    "fatura": "faturamento.view_fatura",
}


def test_as_rotas_que_nao_sao_recursos(client):
    assert client.get("/").headers["Location"] == "/admin/"
    for caminho in ("/saude", "/saude/"):
        resposta = client.get(caminho)
        assert (resposta.status_code, resposta.json()) == (200, {"situacao": "ok"})
    assert client.get("/openapi.json").status_code == 401
    assert client.get("/docs").status_code == 302
    client.force_login(criar_usuario(is_superuser=True, is_staff=True))
    assert client.get("/openapi.json").json()["openapi"].startswith("3.")
    pagina = client.get("/docs").text
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", pagina)


def hoje() -> date:
    return dia_civil(timezone.now())
