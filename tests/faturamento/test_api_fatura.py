from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from comum.periodos import dia_civil
from faturamento.models import Fatura, Pagamento
from faturamento.servicos.avulsas import vencimento_padrao
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import ClienteFactory, FaturaFactory, PagamentoFactory, UnidadeFactory

pytestmark = pytest.mark.django_db

CAMPOS = {
    "id_fatura",
    "cliente_id",
    "valor",
    "status_pagamento",
    "mes_referencia",
    "data_emissao",
    "data_vencimento",
    "unidade_id",
    "numero",
    "situacao",
    "origem",
    "consumo_kwh",
}


@pytest.fixture
def api():
    return api_de_administrador()


def test_so_cliente_e_valor_sao_obrigatorios(api):
    cliente = ClienteFactory()
    hoje = dia_civil(timezone.now())

    resposta = api.post("/fatura/", {"cliente_id": cliente.pk, "valor": 150})

    assert resposta.status_code == 201
    assert set(resposta.data) == CAMPOS | {"demonstrativo"}
    assert resposta.data | {"demonstrativo": {}} == resposta.data
    assert resposta.data["valor"] == "150.00"
    assert resposta.data["mes_referencia"] == f"{hoje:%Y-%m}"
    assert resposta.data["data_emissao"] == hoje.isoformat()
    assert resposta.data["data_vencimento"] == vencimento_padrao(hoje).isoformat()
    assert (resposta.data["situacao"], resposta.data["origem"], resposta.data["numero"]) == (
        "EMITIDA",
        "AVULSA",
        None,
    )
    assert resposta.data["status_pagamento"] == "PENDENTE"
    assert resposta["Location"].endswith(f"/fatura/{resposta.data['id_fatura']}")


def test_as_datas_que_vem_sao_as_que_ficam(api):
    resposta = api.post(
        "/fatura/",
        {
            "cliente_id": ClienteFactory().pk,
            "valor": "99.90",
            "mes_referencia": "2025-12",
            "data_emissao": "2026-01-06",
            "data_vencimento": "2026-01-20",
        },
    )

    fatura = Fatura.objects.get()
    assert resposta.status_code == 201
    assert (fatura.mes_referencia, fatura.data_emissao, fatura.data_vencimento) == (
        date(2025, 12, 1),
        date(2026, 1, 6),
        date(2026, 1, 20),
    )


@pytest.mark.parametrize("status", ["PAGA", "paga", "pago", "Pago"])
def test_criada_como_paga_registra_o_pagamento(api, status):
    resposta = api.post(
        "/fatura/",
        {"cliente_id": ClienteFactory().pk, "valor": "80.00", "status_pagamento": status},
    )

    assert (resposta.status_code, resposta.data["status_pagamento"]) == (201, "PAGA")
    pagamento = Pagamento.objects.get()
    assert (pagamento.valor, pagamento.origem) == (Decimal("80.00"), "MANUAL")
    assert pagamento.registrado_por == User.objects.get()


def test_criada_como_parcial_e_400_e_nada_fica(api):
    resposta = api.post(
        "/fatura/",
        {"cliente_id": ClienteFactory().pk, "valor": "80.00", "status_pagamento": "PARCIAL"},
    )

    assert resposta.status_code == 400
    assert list(resposta.data) == ["status_pagamento"]
    assert not Fatura.objects.exists()


@pytest.mark.parametrize(
    ("campo", "valor", "trecho"),
    [
        pytest.param("cliente_id", 999, "Cliente 999 não encontrado", id="cliente desconhecido"),
        pytest.param("valor", -1, "negativo", id="valor negativo"),
        pytest.param("valor", "10.005", "casas decimais", id="milésimo"),
        pytest.param("valor", 10**11, "demais", id="valor imenso"),
        pytest.param("mes_referencia", "janeiro", "AAAA-MM", id="mês por extenso"),
        pytest.param("mes_referencia", "2026-13", "AAAA-MM", id="mês 13"),
        pytest.param("mes_referencia", "0000-01", "AAAA-MM", id="ano zero"),
        pytest.param("mes_referencia", 202601, "entre aspas", id="mês como número"),
        pytest.param("data_emissao", "9999-12-30", "Ano fora", id="ano 9999"),
        pytest.param("status_pagamento", "quitada", "PENDENTE, PARCIAL, PAGA", id="status"),
    ],
)
def test_valor_ruim_e_400_no_seu_campo(api, campo, valor, trecho):
    bom = {"cliente_id": ClienteFactory().pk, "valor": 10}

    resposta = api.post("/fatura/", bom | {campo: valor})

    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]


def test_vencimento_antes_da_emissao_e_400(api):
    resposta = api.post(
        "/fatura/",
        {
            "cliente_id": ClienteFactory().pk,
            "valor": 10,
            "data_emissao": "2026-01-06",
            "data_vencimento": "2026-01-05",
        },
    )

    assert resposta.status_code == 400
    assert resposta.data == {
        "detail": "O vencimento não pode ser anterior à emissão.",
        "codigo": "FATURA_VENCE_DEPOIS_DE_EMITIDA",
    }


def test_o_demonstrativo_so_vem_na_consulta_de_uma(api):
    fatura = FaturaFactory(emitida=True, demonstrativo={"linhas": []})

    [linha] = api.get("/fatura/").data
    item = api.get(f"/fatura/{fatura.pk}/").data

    assert set(linha) == CAMPOS
    assert item == linha | {"demonstrativo": {"linhas": []}}
    assert (linha["numero"], linha["consumo_kwh"]) == (fatura.numero, "150.000")


@pytest.mark.parametrize(
    ("permissoes", "visto"),
    [((), "***.982.247-**"), (("clientes.ver_documento",), "52998224725")],
)
def test_o_documento_no_demonstrativo_e_so_para_quem_o_ve(permissoes, visto):
    fatura = FaturaFactory(
        demonstrativo={"cliente": {"nome": "Maria", "documento": "52998224725"}, "linhas": []}
    )
    api = com_token(criar_usuario("faturamento.view_fatura", *permissoes))

    item = api.get(f"/fatura/{fatura.pk}/").json()

    assert item["demonstrativo"]["cliente"] == {"nome": "Maria", "documento": visto}
    fatura.refresh_from_db()
    assert fatura.demonstrativo["cliente"]["documento"] == "52998224725"


@pytest.mark.parametrize(
    "fatura_de", [{}, {"emitida": True}], ids=["avulsa", "emitida pelo faturamento"]
)
def test_status_paga_registra_e_pendente_estorna(api, fatura_de):
    fatura = FaturaFactory(**fatura_de)

    paga = api.put(f"/fatura/{fatura.pk}", {"status_pagamento": "pago"})
    de_novo = api.put(f"/fatura/{fatura.pk}", {"status_pagamento": "PAGA"})
    pendente = api.put(f"/fatura/{fatura.pk}", {"status_pagamento": "pendente"})

    assert [r.status_code for r in (paga, de_novo, pendente)] == [200, 200, 200]
    assert (paga.data["status_pagamento"], pendente.data["status_pagamento"]) == (
        "PAGA",
        "PENDENTE",
    )
    assert [p.valor for p in Pagamento.objects.order_by("pk")] == [150, -150]


def test_status_parcial_nao_se_escreve(api):
    fatura = FaturaFactory()

    resposta = api.put(f"/fatura/{fatura.pk}", {"status_pagamento": "PARCIAL"})

    assert resposta.status_code == 400
    assert "resulta dos pagamentos" in resposta.data["status_pagamento"][0]


def test_pendente_com_pagamento_do_banco_e_409(api):
    fatura = FaturaFactory(status_pagamento="PAGA")
    PagamentoFactory(fatura=fatura, origem="BANCO")

    resposta = api.put(f"/fatura/{fatura.pk}", {"status_pagamento": "PENDENTE"})

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "PAGAMENTO_NAO_MANUAL")


def test_rascunho_nao_recebe_pagamento(api):
    fatura = FaturaFactory(ciclo=True)

    resposta = api.put(f"/fatura/{fatura.pk}", {"status_pagamento": "PAGA"})

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "FATURA_NAO_PAGAVEL")


def test_valor_da_avulsa_muda_e_o_resto_e_ignorado(api):
    fatura = FaturaFactory()

    resposta = api.put(
        f"/fatura/{fatura.pk}",
        {"valor": "151.00", "mes_referencia": "2020-01", "cliente_id": 1, "numero": 7},
    )

    assert (resposta.status_code, resposta.data["valor"]) == (200, "151.00")
    assert (resposta.data["mes_referencia"], resposta.data["numero"]) == ("2026-01", None)


def test_valor_da_emitida_nao_muda_e_o_pagamento_que_veio_junto_tambem_nao(api):
    fatura = FaturaFactory(emitida=True)

    resposta = api.put(f"/fatura/{fatura.pk}", {"valor": "1.00", "status_pagamento": "PAGA"})

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "FATURA_CONGELADA")
    assert "cancele e refature" in resposta.data["detail"]
    assert not Pagamento.objects.exists()


def test_o_mesmo_valor_de_volta_nao_e_mudanca(api):
    """A client that reads, changes the status and sends the whole object back."""
    fatura = FaturaFactory(emitida=True)
    inteira = api.get(f"/fatura/{fatura.pk}").data | {"status_pagamento": "PAGA"}

    resposta = api.put(f"/fatura/{fatura.pk}", inteira)

    assert (resposta.status_code, resposta.data["status_pagamento"]) == (200, "PAGA")


@pytest.mark.parametrize(
    ("fatura_de", "codigo"),
    [
        pytest.param({}, 204, id="avulsa sem pagamento"),
        pytest.param({"ciclo": True}, 204, id="rascunho"),
        pytest.param({"emitida": True}, 409, id="emitida"),
    ],
)
def test_exclusao(api, fatura_de, codigo):
    fatura = FaturaFactory(**fatura_de)

    resposta = api.delete(f"/fatura/{fatura.pk}/")

    assert resposta.status_code == codigo
    assert Fatura.objects.exists() == (codigo == 409)


def test_avulsa_com_pagamento_nao_se_exclui(api):
    fatura = PagamentoFactory().fatura

    resposta = api.delete(f"/fatura/{fatura.pk}/")

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "FATURA_CONGELADA")


def test_filtros(api):
    unidade = UnidadeFactory()
    vencida = FaturaFactory(emitida=True, unidade=unidade, data_vencimento=date(2026, 1, 20))
    paga = FaturaFactory(status_pagamento="PAGA", mes_referencia=date(2025, 12, 1))
    rascunho = FaturaFactory(ciclo=True, data_vencimento=None, data_emissao=None)

    def ids(filtro):
        return [fatura["id_fatura"] for fatura in api.get(f"/fatura/?{filtro}").data]

    assert ids("vencida=true") == [vencida.pk]
    assert ids("vencida=false") == [paga.pk, rascunho.pk]
    assert ids("status_pagamento=pago") == ids("status_pagamento=PAGA") == [paga.pk]
    assert ids("situacao=RASCUNHO") == [rascunho.pk]
    assert ids("mes_referencia=2025-12") == [paga.pk]
    assert ids(f"cliente_id={vencida.cliente_id}") == [vencida.pk]
    assert ids(f"unidade_id={unidade.pk}") == [vencida.pk]
