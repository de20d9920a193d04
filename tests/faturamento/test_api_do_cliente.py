"""GET /cliente/{id}/consumo/, /extrato/ and /fatura/{id}/pdf/."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comum.periodos import dia_civil, primeiro_dia_do_mes
from faturamento.models import Fatura
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import ClienteFactory, FaturaFactory, PagamentoFactory, UnidadeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return api_de_administrador()


@pytest.fixture
def hoje() -> date:
    return dia_civil(timezone.now())


@pytest.fixture
def fatura(hoje) -> Fatura:
    return FaturaFactory(
        emitida=True,
        mes_referencia=primeiro_dia_do_mes(hoje),
        data_emissao=hoje,
        data_vencimento=hoje + timedelta(days=9),
    )


def test_consumo_de_13_meses_por_unidade_e_total(api, fatura, hoje):
    consumo = api.get(f"/cliente/{fatura.cliente_id}/consumo/").json()

    assert consumo["cliente_id"] == fatura.cliente_id
    [unidade] = consumo["unidades"]
    assert unidade["unidade_id"] == fatura.unidade_id
    assert len(unidade["meses"]) == len(consumo["total"]) == 13
    assert unidade["meses"][-1] == {
        "mes": f"{hoje:%Y-%m}",
        "consumo_kwh": "150.000",
        "faturado_kwh": "150.000",
        "valor": "150.00",
        "dias": 31,
        "estimado": False,
        "fatura_ids": [fatura.pk],
    }
    assert unidade["meses"][0]["valor"] is None
    assert consumo["total"] == unidade["meses"]


def test_extrato_diz_o_que_se_deve(api, fatura, hoje):
    pagamento = PagamentoFactory(fatura=fatura, valor=40, data_pagamento=hoje)

    extrato = api.get(f"/cliente/{fatura.cliente_id}/extrato/").json()

    assert (extrato["em"], extrato["aberto"], extrato["a_vencer"]) == (
        hoje.isoformat(),
        "110.00",
        "110.00",
    )
    [conta] = extrato["faturas"]
    assert (conta["fatura_id"], conta["pago"], conta["aberto"]) == (fatura.pk, "40.00", "110.00")
    assert [(m["tipo"], m["valor"], m["saldo"]) for m in extrato["movimentos"]] == [
        ("FATURA", "150.00", "150.00"),
        ("PAGAMENTO", "-40.00", "110.00"),
    ]
    assert extrato["movimentos"][1]["pagamento_id"] == pagamento.pk


@pytest.mark.parametrize("ato", ["consumo", "extrato"])
def test_tantas_consultas_para_uma_fatura_como_para_dez(api, ato):
    cliente = ClienteFactory()

    def contar() -> int:
        with CaptureQueriesContext(connection) as consultas:
            assert api.get(f"/cliente/{cliente.pk}/{ato}/").status_code == 200
        return len(consultas)

    PagamentoFactory(fatura=FaturaFactory(emitida=True, cliente=cliente))
    contar()  # from now on the token is known
    com_uma = contar()
    for _ in range(9):
        unidade = UnidadeFactory()
        PagamentoFactory(fatura=FaturaFactory(emitida=True, cliente=cliente, unidade=unidade))
    assert contar() == com_uma


@pytest.mark.parametrize("situacao", [{}, {"ciclo": True}, {"emitida": True}])
@pytest.mark.parametrize("aceita", ["*/*", "application/pdf", "application/json"])
def test_pdf_da_fatura(api, situacao, aceita):
    fatura = FaturaFactory(**situacao)

    resposta = api.get(f"/fatura/{fatura.pk}/pdf/", HTTP_ACCEPT=aceita)

    assert resposta.status_code == 200
    assert resposta["Content-Type"] == "application/pdf"
    assert "no-store" in resposta["Cache-Control"]
    assert resposta.content.startswith(b"%PDF-")


@pytest.mark.parametrize("aceita", ["application/pdf", "application/json"])
def test_pdf_que_nao_ha_e_404_em_json(api, aceita):
    resposta = api.get("/fatura/42/pdf", HTTP_ACCEPT=aceita)

    assert resposta.status_code == 404
    assert resposta["Content-Type"] == "application/json"
    assert resposta.json() == {"detail": "Fatura 42 não encontrada.", "codigo": "NAO_ENCONTRADO"}


def test_cada_um_pede_as_permissoes_de_ver(fatura):
    rotas = [
        (f"/cliente/{fatura.cliente_id}/consumo/", ["clientes.view_cliente"]),
        (f"/cliente/{fatura.cliente_id}/extrato/", ["clientes.view_cliente"]),
        (f"/fatura/{fatura.pk}/pdf/", []),
    ]
    extra = {"extrato": ["faturamento.view_pagamento"]}
    for rota, permissoes in rotas:
        todas = [*permissoes, *extra.get(rota.split("/")[-2], []), "faturamento.view_fatura"]
        for faltando in todas:
            sem = com_token(criar_usuario(*(p for p in todas if p != faltando)))
            assert sem.get(rota).status_code == 403, (rota, faltando)
        assert com_token(criar_usuario(*todas)).get(rota).status_code == 200, rota


@pytest.mark.parametrize("ato", ["consumo", "extrato"])
def test_cliente_que_nao_existe_e_404(api, ato):
    resposta = api.get(f"/cliente/42/{ato}/")

    assert (resposta.status_code, resposta.data["detail"]) == (404, "Cliente 42 não encontrado.")
