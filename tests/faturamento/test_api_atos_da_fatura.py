"""POST /fatura/{id}/emitir|cancelar|refaturar/: one service call each, by permission."""

from datetime import date

import pytest

from faturamento.models import Fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import (
    FaturaFactory,
    PagamentoFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return api_de_administrador()


@pytest.fixture
def rascunho(agora) -> Fatura:
    """150 kWh of January, R$ 159,73."""
    criar_parametros()
    criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    return Fatura.objects.get()


@pytest.fixture
def emitida(rascunho, api) -> Fatura:
    assert api.post(f"/fatura/{rascunho.pk}/emitir/").status_code == 200
    rascunho.refresh_from_db()
    return rascunho


def leitura_do_ciclo(fatura: Fatura) -> int:
    [leitura] = fatura.demonstrativo["leituras"]
    return leitura["atual"]["leitura_id"]


def test_emitir_da_numero_e_so_uma_vez(api, rascunho):
    emitida = api.post(f"/fatura/{rascunho.pk}/emitir/")
    de_novo = api.post(f"/fatura/{rascunho.pk}/emitir")

    assert (emitida.status_code, emitida.data["situacao"]) == (200, "EMITIDA")
    assert emitida.data["numero"] == 1
    assert emitida.data["data_vencimento"]
    assert (de_novo.status_code, de_novo.data["codigo"]) == (409, "FATURA_JA_EMITIDA")


def test_rascunho_desatualizado_nao_se_emite(api, rascunho):
    api.put(f"/leitura/{leitura_do_ciclo(rascunho)}", {"leitura_kwh": "1160"})

    resposta = api.post(f"/fatura/{rascunho.pk}/emitir/")

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "RASCUNHO_DESATUALIZADO")


def test_cancelar_pede_um_motivo_da_tabela(api, emitida):
    rota = f"/fatura/{emitida.pk}/cancelar/"

    sem = api.post(rota, {})
    desconhecido = api.post(rota, {"motivo": "PORQUE_SIM"})
    cancelada = api.post(rota, {"motivo": "leitura_errada", "detalhe": "Dígitos trocados."})
    de_novo = api.post(rota, {"motivo": "LEITURA_ERRADA"})

    assert (sem.status_code, list(sem.data)) == (400, ["motivo"])
    assert desconhecido["X-Codigo"] == "MOTIVO_DESCONHECIDO"
    assert "LEITURA_ERRADA" in desconhecido.data["motivo"][0]
    assert (cancelada.status_code, cancelada.data["situacao"]) == (200, "CANCELADA")
    emitida.refresh_from_db()
    assert emitida.motivo_cancelamento.endswith(": Dígitos trocados.")
    assert emitida.cancelada_por is not None
    assert (de_novo.status_code, de_novo.data["codigo"]) == (409, "FATURA_NAO_CANCELAVEL")


def test_motivo_que_exige_detalhe(api, emitida):
    resposta = api.post(f"/fatura/{emitida.pk}/cancelar/", {"motivo": "OUTRO"})

    assert (resposta.status_code, list(resposta.data)) == (400, ["detalhe"])
    assert resposta["X-Codigo"] == "DETALHE_AUSENTE"


def test_paga_nao_se_cancela(api, emitida):
    PagamentoFactory(fatura=emitida)

    resposta = api.post(f"/fatura/{emitida.pk}/cancelar/", {"motivo": "LEITURA_ERRADA"})

    assert resposta.status_code == 409
    assert "estorne antes" in resposta.data["detail"]


def test_sem_confirmar_mostra_a_diferenca_e_nada_muda(api, emitida):
    leitura = leitura_do_ciclo(emitida)

    resposta = api.post(
        f"/fatura/{emitida.pk}/refaturar/",
        {"confirmar": False, "leituras": [{"id_leitura": leitura, "leitura_kwh": 1100}]},
    )

    assert resposta.status_code == 200
    previa = resposta.json()
    assert set(previa) == {
        "fatura_id",
        "linhas",
        "total",
        "tributos",
        "valor_novo",
        "pago",
        "saldo",
    }
    assert previa["total"]["valor_antes"] == "159.73"
    assert previa["total"]["quantidade_depois"] == "100.000"
    assert previa["total"]["valor_depois"] == previa["valor_novo"] == previa["saldo"]
    assert previa["linhas"][0]["codigo"] == "TUSD"
    assert previa["linhas"][0]["diferenca"].startswith("-")
    assert Fatura.objects.get().situacao == "EMITIDA"
    assert api.get(f"/leitura/{leitura}").data["leitura_kwh"] == "1150.000"


def test_confirmado_faz_o_que_a_previa_mostrou(api, emitida):
    rota = f"/fatura/{emitida.pk}/refaturar/"
    pago = api.post(f"/fatura/{emitida.pk}/pagar/", {"identificador": "pix-1"})
    correcao = {"leituras": [{"id_leitura": leitura_do_ciclo(emitida), "leitura_kwh": "1100.0"}]}
    previa = api.post(rota, {"confirmar": False} | correcao).json()

    outro_valor = api.post(
        rota,
        {"confirmar": True, "motivo": "LEITURA_ERRADA", "valor_previsto": "1.00"} | correcao,
    )
    nova = api.post(
        rota,
        {
            "confirmar": True,
            "motivo": "LEITURA_ERRADA",
            "valor_previsto": previa["valor_novo"],
        }
        | correcao,
    )

    assert pago.data["valor"] == "159.73"
    assert previa["pago"] == "159.73"
    assert previa["saldo"].startswith("-")
    assert outro_valor.data["codigo"] == "PREVIA_DESATUALIZADA"
    assert (nova.status_code, nova.data["origem"]) == (201, "REFATURAMENTO")
    assert nova["Location"].endswith(f"/fatura/{nova.data['id_fatura']}")
    assert nova.data["valor"] == previa["valor_novo"]
    assert nova.data["status_pagamento"] == "PAGA"
    assert api.get(f"/fatura/{emitida.pk}").data["situacao"] == "CANCELADA"
    assert api.post(rota, {"confirmar": False}).data["codigo"] == "JA_REFATURADA"


@pytest.mark.parametrize(
    ("corpo", "campo", "trecho"),
    [
        ({}, "confirmar", "obrigatório"),
        ({"confirmar": "sim"}, "confirmar", "true ou false"),
        ({"confirmar": True}, "motivo", "envie o motivo"),
        ({"confirmar": True, "motivo": "X"}, "motivo", "desconhecido"),
        ({"confirmar": False, "leituras": {}}, "leituras", "uma lista"),
        ({"confirmar": False, "leituras": [3]}, "leituras", "uma lista"),
        ({"confirmar": False, "leituras": [{}]}, "leituras", "[0] id_leitura"),
        (
            {"confirmar": False, "leituras": [{"id_leitura": 1, "leitura_kwh": "x"}]},
            "leituras",
            "[0] leitura_kwh",
        ),
        (
            {"confirmar": False, "leituras": [{"id_leitura": 1, "leitura_kwh": 1}] * 2},
            "leituras",
            "mais de uma vez",
        ),
        (
            {"confirmar": False, "leituras": [{"id_leitura": 0, "leitura_kwh": 1}] * 21},
            "leituras",
            "máximo é de 20",
        ),
        (
            {"confirmar": False, "leituras": [{"id_leitura": 99_999, "leitura_kwh": 1}]},
            "leituras",
            "não encerra o ciclo",
        ),
    ],
)
def test_pedido_de_refaturamento_ruim_e_400(api, emitida, corpo, campo, trecho):
    resposta = api.post(f"/fatura/{emitida.pk}/refaturar/", corpo)

    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]
    assert Fatura.objects.get().situacao == "EMITIDA"


def test_avulsa_nao_se_refatura(api):
    resposta = api.post(f"/fatura/{FaturaFactory().pk}/refaturar/", {"confirmar": False})

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "FATURA_SEM_CICLO")


@pytest.mark.parametrize("ato", ["emitir", "cancelar", "refaturar"])
def test_cada_ato_pede_a_sua_permissao(emitida, ato):
    atos = {"emitir", "cancelar", "refaturar"}
    corpo = {} if ato == "emitir" else {"motivo": "OUTRO"}
    outras = [f"faturamento.{outro}_fatura" for outro in atos - {ato}]
    sem = com_token(criar_usuario("faturamento.change_fatura", "faturamento.view_fatura", *outras))
    # The act answers with the invoice: whoever may not see it may not do it here.
    sem_ver = com_token(criar_usuario(f"faturamento.{ato}_fatura"))
    com = com_token(criar_usuario("faturamento.view_fatura", f"faturamento.{ato}_fatura"))

    for quem in (sem, sem_ver):
        negada = quem.post(f"/fatura/{emitida.pk}/{ato}/", corpo)
        assert (negada.status_code, negada.data["codigo"]) == (403, "SEM_PERMISSAO")

    assert com.post(f"/fatura/{emitida.pk}/{ato}/", corpo).status_code in {400, 409}


@pytest.mark.parametrize("ato", ["emitir", "cancelar", "refaturar", "pagar"])
def test_fatura_que_nao_existe_e_404(api, ato):
    resposta = api.post(f"/fatura/42/{ato}/", {})

    assert (resposta.status_code, resposta.data["detail"]) == (404, "Fatura 42 não encontrada.")
