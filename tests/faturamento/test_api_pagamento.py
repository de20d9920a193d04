"""/pagamento/ and /fatura/{id}/pagar/: a fact told twice is one credit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone

from comum.periodos import dia_civil
from faturamento.models import Fatura, Pagamento
from faturamento.servicos import recebimento
from faturamento.servicos.recebimento import receber_pagamento
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import FaturaFactory, PagamentoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return api_de_administrador()


@pytest.fixture
def fatura() -> Fatura:
    return FaturaFactory(emitida=True)


def corpo(fatura: Fatura, **outros):
    return {"fatura_id": fatura.pk, "valor": "50.00", "identificador": "pix-1"} | outros


def test_credita_e_o_status_segue(api, fatura):
    resposta = api.post("/pagamento/", corpo(fatura, data_pagamento="2026-01-15"))

    assert resposta.status_code == 201
    assert resposta["Location"].endswith(f"/pagamento/{resposta.data['id_pagamento']}")
    pagamento = Pagamento.objects.get()
    assert dict(resposta.data) == {
        "id_pagamento": pagamento.pk,
        "fatura_id": fatura.pk,
        "valor": "50.00",
        "identificador": "pix-1",
        "data_pagamento": "2026-01-15",
        "origem": "API",
        "estorna_id": None,
        "estorno_id": None,
        "registrado_em": resposta.data["registrado_em"],
    }
    assert pagamento.registrado_por is not None
    assert api.get(resposta["Location"]).data == resposta.data
    fatura.refresh_from_db()
    assert fatura.status_pagamento == "PARCIAL"


def test_sem_data_e_de_hoje(api, fatura):
    resposta = api.post("/pagamento/", corpo(fatura))

    assert resposta.data["data_pagamento"] == dia_civil(timezone.now()).isoformat()


@pytest.mark.parametrize("rota", ["/pagamento/", "/fatura/{}/pagar/"])
def test_repetido_responde_200_com_o_que_ja_existe(api, fatura, rota):
    dados = corpo(fatura)
    if "pagar" in rota:
        del dados["fatura_id"]

    respostas = [api.post(rota.format(fatura.pk), dados) for _ in range(3)]

    assert [r.status_code for r in respostas] == [201, 200, 200]
    assert respostas[0].data == respostas[2].data
    assert Pagamento.objects.count() == 1


@pytest.mark.parametrize(
    "outro",
    [{"valor": "50.01"}, {"data_pagamento": "2026-01-01"}, {"fatura_id": None}],
    ids=["valor", "dia", "fatura"],
)
def test_identificador_de_outro_pagamento_e_409(api, fatura, outro):
    api.post("/pagamento/", corpo(fatura, data_pagamento="2026-01-15"))
    if "fatura_id" in outro:
        outro = {"fatura_id": FaturaFactory().pk}

    resposta = api.post("/pagamento/", corpo(fatura) | outro)

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "PAGAMENTO_DIVERGENTE")
    assert "R$ 50,00 em 15/01/2026" in resposta.data["detail"]
    assert Pagamento.objects.count() == 1


@pytest.mark.parametrize(
    ("campo", "valor", "trecho"),
    [
        ("fatura_id", 999, "Fatura 999 não encontrada"),
        ("fatura_id", "1", "sem aspas"),
        ("valor", "-1.00", "maior que zero"),
        ("valor", 0, "maior que zero"),
        ("valor", "1.005", "casas decimais"),
        ("identificador", " ", "em branco"),
        ("identificador", "estorno-1", "reservado"),
        ("identificador", "transferencia-1", "reservado"),
        ("data_pagamento", "ontem", "AAAA-MM-DD"),
    ],
)
def test_valor_ruim_e_400_no_seu_campo(api, fatura, campo, valor, trecho):
    resposta = api.post("/pagamento/", corpo(fatura) | {campo: valor})

    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]
    assert not Pagamento.objects.exists()


def test_rascunho_nao_recebe(api):
    resposta = api.post("/pagamento/", corpo(FaturaFactory(ciclo=True)))

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "FATURA_NAO_PAGAVEL")


def test_pagar_sem_valor_paga_o_que_falta(api, fatura):
    PagamentoFactory(fatura=fatura, valor=Decimal("40.00"))

    resposta = api.post(f"/fatura/{fatura.pk}/pagar/", {"identificador": "pix-9"})
    repetida = api.post(f"/fatura/{fatura.pk}/pagar", {"identificador": "pix-9"})
    outra = api.post(f"/fatura/{fatura.pk}/pagar/", {"identificador": "pix-10"})

    assert (resposta.status_code, resposta.data["valor"]) == (201, "110.00")
    assert resposta["Location"].endswith(f"/pagamento/{resposta.data['id_pagamento']}")
    assert (repetida.status_code, repetida.data) == (200, resposta.data)
    assert (outra.status_code, outra.data["codigo"]) == (409, "NADA_A_PAGAR")
    fatura.refresh_from_db()
    assert fatura.status_pagamento == "PAGA"


def test_pagar_com_valor_a_mais_fica_a_vista(api, fatura):
    api.post(f"/fatura/{fatura.pk}/pagar/", {"identificador": "a"})

    resposta = api.post(f"/fatura/{fatura.pk}/pagar/", {"identificador": "b", "valor": 10})

    assert resposta.status_code == 201


def test_estorno_e_linha_nova_e_uma_vez_so(api, fatura):
    pago = api.post(f"/fatura/{fatura.pk}/pagar/", {"identificador": "a"}).data

    estorno = api.post(f"/pagamento/{pago['id_pagamento']}/estorno/")
    de_novo = api.post(f"/pagamento/{pago['id_pagamento']}/estorno/")
    do_estorno = api.post(f"/pagamento/{estorno.data['id_pagamento']}/estorno/")

    assert (estorno.status_code, estorno.data["valor"]) == (201, "-150.00")
    assert estorno.data["estorna_id"] == pago["id_pagamento"]
    lido = api.get(f"/pagamento/{pago['id_pagamento']}").data
    assert lido["estorno_id"] == estorno.data["id_pagamento"]
    assert [r.data["codigo"] for r in (de_novo, do_estorno)] == ["PAGAMENTO_JA_ESTORNADO"] * 2
    fatura.refresh_from_db()
    assert fatura.status_pagamento == "PENDENTE"
    assert api.post("/pagamento/99/estorno/").status_code == 404


@pytest.mark.parametrize("metodo", ["PUT", "PATCH", "DELETE"])
def test_pagamento_nao_muda_nem_se_apaga(api, metodo):
    pagamento = PagamentoFactory()

    resposta = api.generic(metodo, f"/pagamento/{pagamento.pk}/", "{}", "application/json")

    assert resposta.status_code == 405
    assert Pagamento.objects.exists()


def test_cada_ato_pede_a_sua_permissao(fatura):
    pagamento = PagamentoFactory(fatura=fatura)
    leitor = com_token(criar_usuario("faturamento.view_pagamento", "faturamento.change_fatura"))
    caixa = com_token(criar_usuario("faturamento.add_pagamento"))
    atos = [
        ("/pagamento/", corpo(fatura)),
        (f"/fatura/{fatura.pk}/pagar/", {"identificador": "z", "valor": 1}),
        (f"/pagamento/{pagamento.pk}/estorno/", None),
    ]

    assert [leitor.post(rota, dados).status_code for rota, dados in atos] == [403] * 3
    assert Pagamento.objects.count() == 1
    assert [caixa.post(rota, dados).status_code for rota, dados in atos] == [201] * 3
    assert caixa.get("/pagamento/").status_code == 403
    assert leitor.get("/pagamento/").status_code == 200


def test_filtros(api):
    do_banco = PagamentoFactory(origem="BANCO", data_pagamento=date(2026, 1, 10))
    manual = PagamentoFactory(data_pagamento=date(2026, 1, 20), identificador="m-1")

    def ids(filtro):
        return [linha["id_pagamento"] for linha in api.get(f"/pagamento/?{filtro}").data]

    assert ids("origem=BANCO") == ids(f"fatura_id={do_banco.fatura_id}") == [do_banco.pk]
    assert ids("data_ate=2026-01-10") == [do_banco.pk]
    assert ids("data_de=2026-01-11") == ids("identificador=m-1") == [manual.pk]
    assert ids(f"cliente_id={manual.fatura.cliente_id}") == [manual.pk]


@pytest.mark.postgresql
@pytest.mark.parametrize("valor", [Decimal("50.00"), None], ids=["valor", "o que falta"])
@pytest.mark.parametrize("guarda", [True, False], ids=["com a guarda", "controle"])
def test_o_mesmo_fato_ao_mesmo_tempo_e_um_credito(banco_real, valor, guarda, monkeypatch):
    """Eight requests tell one fact and get one payment. The control does not look again."""
    if not guarda:
        monkeypatch.setattr(recebimento, "_conhecido", lambda *_: None)
    fatura = FaturaFactory(emitida=True)

    def contar(_):
        try:
            return receber_pagamento(
                fatura_id=fatura.pk,
                identificador="pix-1",
                valor=valor,
                agora=datetime(2026, 1, 15, 12, tzinfo=UTC),
            ).pagamento.pk
        except Exception as erro:
            return type(erro)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        respostas = set(threads.map(contar, range(8)))

    assert Pagamento.objects.count() == 1, "the constraint alone sees to that"
    assert (respostas == {Pagamento.objects.get().pk}) is guarda
