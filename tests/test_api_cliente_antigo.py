"""A client of the system that this one replaces: unchanged but for its token."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.apoio_api import api_de_administrador

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
