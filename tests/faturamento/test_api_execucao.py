"""POST /execucao/: the run is opened, queued, and followed by GET."""

from datetime import date, datetime

import pytest

from faturamento.models import ExecucaoFaturamento, Fatura
from faturamento.servicos.competencia import fechar_competencia
from faturamento.servicos.execucao import abrir_execucao, definir_escopo
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import MedidorFactory, criar_parametros, criar_unidade_com_leituras

pytestmark = pytest.mark.django_db


@pytest.fixture
def mes_pronto() -> None:
    criar_parametros()
    criar_unidade_com_leituras()
    MedidorFactory()


def test_abre_faz_e_conta(mes_pronto):
    api = api_de_administrador()
    resposta = api.post("/execucao/", {"competencia": "2026-01", "emitir": True})
    assert resposta.status_code == 201, resposta.data
    corpo = api.get(resposta["Location"]).data
    assert corpo["situacao"] == "CONCLUIDA"
    assert (corpo["elegiveis"], corpo["faturadas"], corpo["pendentes"]) == (2, 1, 1)
    assert corpo["pendencias"] == {"SEM_LEITURA": 1}
    assert (corpo["competencia"], corpo["valor_total"]) == ("2026-01", "159.73")
    [linha] = api.get("/execucao/").data
    assert linha["id_execucao"] == corpo["id_execucao"]


def test_a_que_esta_aberta_conta_os_lotes_feitos(mes_pronto, agora: datetime):
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    execucao = abrir_execucao(escopo, emitir=False, agora=agora)
    execucao.lotes.update(situacao="FEITO", elegiveis=2, faturadas=1, pendentes=1)
    corpo = api_de_administrador().get(f"/execucao/{execucao.pk}/").data
    assert (corpo["situacao"], corpo["faturadas"]) == ("ABERTA", 1)


@pytest.mark.parametrize(
    ("corpo", "esperado"),
    [
        ({}, "competencia"),
        ({"competencia": "janeiro"}, "competencia"),
        ({"competencia": "2026-01", "processos": 2}, "processos"),
        ({"competencia": "2199-01"}, "COMPETENCIA_FUTURA"),
        ({"competencia": "2026-01", "grupo_leitura": "nenhum"}, "GRUPO_DESCONHECIDO"),
        ({"competencia": "2026-01", "ate": "2026-03-01"}, "DATA_FORA_DA_COMPETENCIA"),
    ],
)
def test_pedido_ruim_e_recusado_pelo_nome(corpo, esperado, mes_pronto):
    resposta = api_de_administrador().post("/execucao/", corpo)
    assert 400 <= resposta.status_code < 500, resposta.data
    assert esperado in (*resposta.data, resposta.data.get("codigo"))
    assert not ExecucaoFaturamento.objects.exists()


def test_competencia_fechada_e_recusada(mes_pronto, agora):
    fechar_competencia(mes_referencia=date(2026, 1, 1), agora=agora)
    resposta = api_de_administrador().post("/execucao/", {"competencia": "2026-01"})
    assert resposta.data["codigo"] == "COMPETENCIA_FECHADA"


def test_emitir_exige_permissao_propria_e_nada_se_altera(mes_pronto):
    api = com_token(
        criar_usuario("faturamento.add_execucaofaturamento", "faturamento.view_execucaofaturamento")
    )
    assert api.post("/execucao/", {"competencia": "2026-01", "emitir": True}).status_code == 403
    assert not ExecucaoFaturamento.objects.exists()
    feita = api.post("/execucao/", {"competencia": "2026-01"})
    assert feita.status_code == 201
    assert Fatura.objects.get().situacao == "RASCUNHO"
    caminho = feita["Location"]
    for metodo in (api.put, api.patch, api.delete):
        assert metodo(caminho, {"emitir": True}).status_code in (403, 405)
    assert api_de_administrador().delete(caminho).status_code == 405
    assert com_token(criar_usuario()).get(caminho).status_code == 403


@pytest.fixture
def aberta(mes_pronto: None, agora: datetime) -> ExecucaoFaturamento:
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    return abrir_execucao(escopo, emitir=True, agora=agora)


def test_cancelada_para_e_retomada_termina(aberta):
    api = api_de_administrador()
    rota = f"/execucao/{aberta.pk}"

    sem_motivo = api.post(f"{rota}/cancelar/", {"motivo": " "})
    cancelada = api.post(f"{rota}/cancelar/", {"motivo": "Faltam leituras"})
    de_novo = api.post(f"{rota}/cancelar", {"motivo": "de novo"})
    retomada = api.post(f"{rota}/retomar/")

    assert (sem_motivo.status_code, list(sem_motivo.data)) == (400, ["motivo"])
    assert (cancelada.status_code, cancelada.data["situacao"]) == (200, "CANCELADA")
    assert (de_novo.status_code, de_novo.data["codigo"]) == (409, "EXECUCAO_NAO_ABERTA")
    # The tests' queue works at once.
    assert (retomada.status_code, retomada.data["situacao"]) == (200, "CONCLUIDA")
    assert (retomada.data["faturadas"], retomada.data["pendentes"]) == (1, 1)
    assert api.post(f"{rota}/retomar/").data["codigo"] == "EXECUCAO_NAO_ABERTA"
    assert api.post("/execucao/999/cancelar/", {"motivo": "x"}).status_code == 404


def test_cancelar_e_retomar_pedem_permissao(aberta):
    rota = f"/execucao/{aberta.pk}"
    leitor = com_token(criar_usuario("faturamento.view_execucaofaturamento"))
    quem_fatura = com_token(criar_usuario("faturamento.add_execucaofaturamento"))

    assert leitor.post(f"{rota}/cancelar/", {"motivo": "x"}).status_code == 403
    assert leitor.post(f"{rota}/retomar/").status_code == 403
    assert quem_fatura.post(f"{rota}/cancelar/", {"motivo": "x"}).status_code == 200
    assert quem_fatura.post(f"{rota}/retomar/").status_code == 403, "ela emite faturas"
    assert not Fatura.objects.exists()
