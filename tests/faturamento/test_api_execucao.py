"""POST /execucao/: the run is opened, queued, and followed by GET."""

from datetime import date, datetime

import pytest

from faturamento.models import Bandeira, ExecucaoFaturamento, Fatura
from faturamento.servicos.competencia import fechar_competencia, reabrir_competencia
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
    ("corpo", "esperado", "frase"),
    [
        ({}, "competencia", "obrigatório"),
        ({"competencia": "janeiro"}, "competencia", "'janeiro'"),
        ({"competencia": "2026-13"}, "competencia", "'2026-13'"),
        ({"competencia": None}, "competencia", "obrigatório"),
        ({"competencia": "2026-01", "emitir": "talvez"}, "emitir", "booleano"),
        ({"competencia": "2026-01", "ate": "ontem"}, "ate", "AAAA-MM-DD"),
        ({"competencia": "2026-01", "grupo_leitura": "x" * 21}, "grupo_leitura", "20"),
        ({"competencia": "2026-01", "processos": 2}, "processos", "processos"),
    ],
)
def test_corpo_ruim_e_400_pelo_nome_do_campo(corpo, esperado, frase, mes_pronto):
    resposta = api_de_administrador().post("/execucao/", corpo)
    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [esperado]
    assert frase in str(resposta.data)
    assert not ExecucaoFaturamento.objects.exists()


@pytest.mark.parametrize(
    ("corpo", "codigo", "frase"),
    [
        ({"competencia": "2199-01"}, "COMPETENCIA_FUTURA", "01/2199 ainda não começou"),
        ({"grupo_leitura": "nenhum"}, "GRUPO_DESCONHECIDO", "grupo de leitura 'nenhum'"),
        ({"ate": "2026-03-01"}, "DATA_FORA_DA_COMPETENCIA", "01/03/2026 não é de 01/2026"),
    ],
)
def test_pedido_sem_sentido_e_409_com_codigo_e_frase(corpo, codigo, frase, mes_pronto):
    resposta = api_de_administrador().post("/execucao/", {"competencia": "2026-01", **corpo})
    assert resposta.status_code == 409, resposta.data
    assert resposta.data["codigo"] == codigo
    assert frase in resposta.data["detail"]
    assert not ExecucaoFaturamento.objects.exists()


def test_competencia_fechada_e_recusada_e_reaberta_fatura(mes_pronto, agora):
    fechada = fechar_competencia(mes_referencia=date(2026, 1, 1), agora=agora)
    api = api_de_administrador()
    resposta = api.post("/execucao/", {"competencia": "2026-01"})
    assert (resposta.status_code, resposta.data["codigo"]) == (409, "COMPETENCIA_FECHADA")
    assert "Um administrador pode reabri-la" in resposta.data["detail"]
    reabrir_competencia(fechada_id=fechada.pk, motivo="faltou um grupo", agora=agora)
    assert api.post("/execucao/", {"competencia": "2026-01"}).status_code == 201


def test_sem_bandeira_a_unidade_fica_pendente_com_o_codigo(mes_pronto):
    Bandeira.objects.all().delete()
    api = api_de_administrador()
    corpo = api.get(api.post("/execucao/", {"competencia": "2026-01"})["Location"]).data
    assert (corpo["situacao"], corpo["faturadas"]) == ("CONCLUIDA", 0)
    assert corpo["pendencias"] == {"SEM_BANDEIRA": 1, "SEM_LEITURA": 1}


def test_execucao_ja_aberta_deste_escopo_vem_com_200(mes_pronto, agora):
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    aberta = abrir_execucao(escopo, emitir=False, agora=agora)
    resposta = api_de_administrador().post("/execucao/", {"competencia": "2026-01"})
    assert (resposta.status_code, resposta.data["id_execucao"]) == (200, aberta.pk)
    assert ExecucaoFaturamento.objects.count() == 1


def test_desfazer_nao_e_da_api(mes_pronto):
    """It asks for a second person, who is in the admin (decision 0010)."""
    api = api_de_administrador()
    rota = api.post("/execucao/", {"competencia": "2026-01"})["Location"]
    assert api.post(f"{rota}/desfazer/", {"motivo": "tarifa errada"}).status_code == 404
    assert Fatura.objects.filter(situacao="RASCUNHO").count() == 1


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
