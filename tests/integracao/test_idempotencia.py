"""Idempotency-Key: sent again, a POST has one effect and one answer."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clientes.models import Cliente
from faturamento.models import ExecucaoFaturamento
from integracao.models import ChaveIdempotencia
from integracao.servicos.idempotencia import LINHAS_POR_VEZ, VALIDADE, limpar_chaves
from medidores.models import Leitura
from tests.apoio_api import api_de_administrador, com_token, criar_usuario, enviar_bruto
from tests.factories import MedidorFactory, criar_parametros, criar_unidade_com_leituras

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return api_de_administrador()


def criar(api: Any, corpo: Any = None, chave: str = "k-1", rota: str = "/cliente/") -> Any:
    return api.post(rota, corpo or {"nome": "Ana"}, HTTP_IDEMPOTENCY_KEY=chave)


def test_repetido_tem_um_efeito_e_a_mesma_resposta(api):
    primeira, segunda = criar(api), criar(api)

    assert (primeira.status_code, segunda.status_code) == (201, 201)
    assert segunda.content == primeira.content
    for cabecalho in ("Location", "ETag", "Content-Type", "Cache-Control"):
        assert segunda[cabecalho] == primeira[cabecalho]
    assert Cliente.objects.count() == 1


def test_sem_a_chave_sao_dois_efeitos(api):
    """The control of the test above."""
    api.post("/cliente/", {"nome": "Ana"})
    api.post("/cliente/", {"nome": "Ana"})
    assert Cliente.objects.count() == 2


def test_a_barra_no_fim_da_rota_nao_faz_outro_pedido(api):
    assert criar(api).content == criar(api, rota="/cliente").content
    assert Cliente.objects.count() == 1


@pytest.mark.parametrize(
    ("corpo", "rota"),
    [({"nome": "Bia"}, "/cliente/"), ({"nome": "Ana"}, "/medidor/"), ({}, "/simulacao/")],
)
def test_outro_pedido_com_a_chave_e_422_e_nada_faz(api, corpo, rota):
    criar(api)
    resposta = criar(api, corpo, rota=rota)
    assert resposta.status_code == 422
    assert resposta.data["codigo"] == "CHAVE_DE_OUTRO_PEDIDO"
    assert Cliente.objects.count() == 1


def test_a_chave_e_do_usuario(api):
    outra = com_token(criar_usuario("clientes.add_cliente"))
    assert criar(api).json() != criar(outra).json()
    assert Cliente.objects.count() == 2


def test_quem_perdeu_a_permissao_nao_recebe_a_resposta_guardada():
    usuario = criar_usuario("clientes.add_cliente")
    api = com_token(usuario)
    assert criar(api).status_code == 201
    usuario.user_permissions.clear()
    assert criar(api).status_code == 403


def test_o_que_foi_recusado_nao_guarda_a_chave(api):
    assert criar(api, {"apelido": "x"}).status_code == 400
    assert not ChaveIdempotencia.objects.exists()
    assert criar(api).status_code == 201


def test_recusa_sem_excecao_tambem_nao_guarda(api):
    assert criar(api, {"unidade": 1}, rota="/simulacao/").status_code == 400
    assert not ChaveIdempotencia.objects.exists()


def test_o_erro_do_meio_desfaz_tudo(api, monkeypatch):
    """The key's row is the last of the transaction: without it, the effect is not there."""

    def falhar(*_: Any, **__: Any) -> None:
        raise IntegrityError("unique")

    monkeypatch.setattr("energia_project.api.idempotencia.guardar_resposta", falhar)
    assert criar(api).status_code == 409
    assert not Cliente.objects.exists()


@pytest.mark.parametrize(
    "chave", ["", " ", "a b", "ação", "a" * 256, "a\x00b", "a\tb"], ids=lambda c: repr(c)[:12]
)
def test_chave_que_nao_serve_e_400_que_a_nomeia(api, chave):
    resposta = criar(api, chave=chave)
    assert resposta.status_code == 400
    assert list(resposta.data) == ["Idempotency-Key"]
    assert not Cliente.objects.exists()


def test_corpo_ruim_com_chave_e_o_mesmo_400(api):
    resposta = api.generic(
        "POST", "/cliente/", "{", content_type="application/json", HTTP_IDEMPOTENCY_KEY="k"
    )
    assert (resposta.status_code, resposta.data["codigo"]) == (400, "JSON_INVALIDO")


def test_corpo_grande_com_chave_e_413(api):
    resposta = criar(api, {"nome": "A" * 1024**2})
    assert (resposta.status_code, resposta.data["codigo"]) == (413, "CORPO_GRANDE_DEMAIS")


def test_as_rotas_de_acesso_ficam_de_fora():
    criar_usuario(username="ana", password="uma-senha-longa-7")
    api = com_token(criar_usuario())
    corpo = {"username": "ana", "password": "uma-senha-longa-7"}
    tokens = {criar(api, corpo, rota="/auth/token/").json()["token"] for _ in range(2)}
    assert len(tokens) == 2
    assert criar(api, rota="/auth/logout/").status_code == 204
    assert not ChaveIdempotencia.objects.exists()


def test_lista_de_leituras_e_repeticao_de_leitura(api):
    medidor = MedidorFactory()
    uma = {"medidor_id": medidor.pk, "leitura_kwh": "10", "data_leitura": "2026-01-05T10:00:00Z"}

    lista = [criar(api, [uma, {}], "lista", "/leitura/").content for _ in range(2)]
    repetida = [criar(api, uma, "uma", "/leitura/") for _ in range(2)]

    assert lista[0] == lista[1]
    assert json.loads(lista[0])["aceitas"] == 1
    assert [r.status_code for r in repetida] == [200, 200]
    assert "Location" not in repetida[1]
    assert Leitura.objects.count() == 1


def test_execucao_se_abre_uma_vez_e_o_trabalho_se_pede_uma_vez(api):
    criar_parametros()
    criar_unidade_com_leituras()
    respostas = [criar(api, {"competencia": "2026-01"}, rota="/execucao/") for _ in range(2)]
    assert respostas[0].content == respostas[1].content
    assert respostas[0].status_code == 201
    assert api.get(respostas[1]["Location"]).data["situacao"] == "CONCLUIDA"
    assert ExecucaoFaturamento.objects.count() == 1


def test_a_chave_vencida_vale_como_nova(api):
    criar(api)
    ChaveIdempotencia.objects.update(criada_em=timezone.now() - VALIDADE)
    assert criar(api, {"nome": "Bia"}).status_code == 201
    assert Cliente.objects.count() == 2


def chave_de(dias: int, n: int, agora: datetime, usuario: Any) -> ChaveIdempotencia:
    return ChaveIdempotencia(
        usuario=usuario,
        chave=f"k{n}",
        impressao="x",
        situacao_http=201,
        criada_em=agora - timedelta(days=dias),
    )


def test_a_limpeza_leva_so_o_que_venceu(agora, monkeypatch):
    monkeypatch.setattr("integracao.servicos.idempotencia.LINHAS_POR_VEZ", 2)
    assert LINHAS_POR_VEZ > 2
    usuario = criar_usuario()
    dias = [0, 89, 90, 91, 200, 400, 500]
    ChaveIdempotencia.objects.bulk_create(
        chave_de(quantos, n, agora, usuario) for n, quantos in enumerate(dias)
    )
    assert limpar_chaves(agora=agora, simular=True) == 5
    assert ChaveIdempotencia.objects.count() == 7
    assert limpar_chaves(agora=agora) == 5
    assert limpar_chaves(agora=agora) == 0
    assert {c.chave for c in ChaveIdempotencia.objects.all()} == {"k0", "k1"}


def test_o_comando_conta_e_depois_apaga():
    ChaveIdempotencia.objects.bulk_create([chave_de(91, 1, timezone.now(), criar_usuario())])
    for opcoes, resta in ((["--dry-run"], 1), ([], 0)):
        saida, erros = StringIO(), StringIO()
        call_command("limpar_chaves", "--json", *opcoes, stdout=saida, stderr=erros)
        assert json.loads(saida.getvalue()) == {"chaves": 1, "apagadas": not resta}
        assert "90 dias" in erros.getvalue()
        assert ChaveIdempotencia.objects.count() == resta


@pytest.mark.parametrize(
    ("campos", "constraint"),
    [({}, "chave_uma_por_usuario"), ({"chave": "b", "situacao_http": 409}, "chave_so_de")],
)
def test_o_banco_guarda_o_que_o_servico_promete(campos, constraint):
    usuario = criar_usuario()
    base: dict[str, Any] = {
        "usuario": usuario,
        "chave": "a",
        "impressao": "x",
        "situacao_http": 201,
        "criada_em": datetime(2026, 1, 1, tzinfo=UTC),
    }
    ChaveIdempotencia.objects.create(**base)
    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        ChaveIdempotencia.objects.create(**base | campos)
    if connection.vendor == "postgresql":
        assert constraint in str(erro.value)


def test_enviado_sem_content_length_e_recusado_com_chave_ou_sem(api):
    resposta = enviar_bruto(api, "POST", "/cliente/", b"")
    assert resposta.status_code == 400
