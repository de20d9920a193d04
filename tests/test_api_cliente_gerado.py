"""A typed client, generated from the schema, does the everyday work against a live server."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.apoio_api import criar_usuario

PACOTE = "energia_gerado"
SENHA = "uma-senha-longa-7"
CONFIGURACAO = {
    "post_hooks": [],  # no formatter of its own
    "content_type_overrides": {"application/pdf": "application/octet-stream"},
}


@pytest.fixture(scope="module")
def gerado(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the generated package, which can be imported."""
    pasta = tmp_path_factory.mktemp("cliente")
    esquema, configuracao = pasta / "openapi.json", pasta / "config.json"
    esquema.write_text(json.dumps(SchemaGenerator().get_schema(public=True), default=str))
    configuracao.write_text(json.dumps(CONFIGURACAO))
    comando = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    comando += ["--path", str(esquema), "--config", str(configuracao)]
    comando += ["--output-path", str(pasta / PACOTE), "--fail-on-warning"]
    feito = subprocess.run(comando, capture_output=True, text=True, check=False, timeout=120)
    assert feito.returncode == 0, feito.stdout + feito.stderr
    sys.path.insert(0, str(pasta))
    yield pasta / PACOTE
    sys.path.remove(str(pasta))
    for nome in [nome for nome in sys.modules if nome.partition(".")[0] == PACOTE]:
        del sys.modules[nome]


def modulo(nome: str) -> ModuleType:
    return importlib.import_module(f"{PACOTE}.{nome}" if nome else PACOTE)


def operacao(recurso: str, nome: str) -> Any:
    return modulo(f"api.{recurso}.{recurso}_{nome}")


@pytest.fixture
def cliente(gerado: Path, banco_real: None, live_server: Any) -> Iterator[Any]:
    """The generated client, with the token that it asked for itself."""
    criar_usuario(username="ana", password=SENHA, is_superuser=True)
    credenciais = modulo("models").CredenciaisRequest(username="ana", password=SENHA)
    with modulo("").Client(base_url=live_server.url) as anonimo:
        token = modulo("api.auth.auth_token_create").sync(client=anonimo, body=credenciais)
    autenticado = modulo("").AuthenticatedClient(
        base_url=live_server.url, token=token.token, prefix="Token"
    )
    with autenticado as aberto:
        yield aberto


def test_o_trabalho_de_todo_dia(cliente):
    modelos = modulo("models")
    maria = operacao("cliente", "create").sync(
        client=cliente,
        body=modelos.ClienteRequest(nome="Maria da Conceição", documento="529.982.247-25"),
    )
    medidor = operacao("medidor", "create").sync(
        client=cliente,
        body=modelos.MedidorRequest(client_id=maria.id_cliente, numero_medidor="MD-1"),
    )
    leitura = operacao("leitura", "create").sync(
        client=cliente,
        body=modelos.LeituraRequest(medidor_id=medidor.medidor_id, leitura_kwh="1520.5"),
    )
    fatura = operacao("fatura", "create").sync(
        client=cliente,
        body=modelos.FaturaRequest(cliente_id=maria.id_cliente, valor="150.00"),
        idempotency_key="um-pedido",
    )
    pagamento = operacao("fatura", "pagar_create").sync(
        fatura.id_fatura, client=cliente, body=modelos.PagarRequest(identificador="pix-1")
    )
    [da_lista] = operacao("fatura", "list").sync(
        client=cliente,
        cliente_id=maria.id_cliente,
        status_pagamento=modelos.FaturaListStatusPagamento.PAGA,
    )

    assert isinstance(maria, modelos.Cliente)
    assert maria.documento == "52998224725"
    assert isinstance(leitura, modelos.Leitura)
    assert leitura.situacao == "VALIDA"
    assert isinstance(pagamento, modelos.Pagamento)
    assert Decimal(pagamento.valor) == Decimal("150.00")
    assert da_lista.id_fatura == fatura.id_fatura
    pdf = operacao("fatura", "pdf_retrieve").sync_detailed(fatura.id_fatura, client=cliente)
    assert pdf.parsed.payload.read().startswith(b"%PDF-")
    extrato = operacao("cliente", "extrato_retrieve").sync(maria.id_cliente, client=cliente)
    assert extrato.saldo == "0.00"


def test_os_erros_tambem_tem_tipo(cliente):
    modelos = modulo("models")

    ausente = operacao("cliente", "retrieve").sync_detailed(42, client=cliente)
    ruim = operacao("cliente", "create").sync_detailed(
        client=cliente, body=modelos.ClienteRequest(nome="Ana", documento="111")
    )

    assert ausente.status_code == HTTPStatus.NOT_FOUND
    assert isinstance(ausente.parsed, modelos.Erro)
    assert ausente.parsed.detail == "Cliente 42 não encontrado."
    assert ruim.status_code == HTTPStatus.BAD_REQUEST
    assert "documento" in ruim.parsed.additional_properties


def test_o_mypy_nao_acha_nada_no_cliente(gerado):
    comando = [sys.executable, "-m", "mypy", "--config-file=", "--no-incremental", str(gerado)]

    feito = subprocess.run(comando, capture_output=True, text=True, check=False, timeout=300)

    assert feito.returncode == 0, feito.stdout
