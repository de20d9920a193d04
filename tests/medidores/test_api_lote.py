"""POST /leitura/ with an array: each element has its outcome, by index."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import APIException

from auditoria.models import EventoAuditoria
from comum.vocabulario import Registrador
from medidores.api.lote import ler_lote, ler_simples
from medidores.api.serializers import LeituraSerializer
from medidores.models import Leitura
from tests.apoio_api import api_de_administrador, com_token, criar_usuario, enviar_bruto
from tests.factories import LeituraFactory, MedidorFactory

AGORA = datetime(2026, 2, 10, 15, tzinfo=UTC)
BOA = "2026-01-05T10:00:00Z"


@pytest.fixture
def api(db: None) -> Any:
    return api_de_administrador()


def uma(medidor_id: int, leitura_kwh: Any = "10", **campos: Any) -> dict[str, Any]:
    return {"medidor_id": medidor_id, "leitura_kwh": leitura_kwh, "data_leitura": BOA} | campos


def test_cada_elemento_tem_o_seu_destino(api):
    existente = LeituraFactory(data_leitura=datetime(2026, 1, 5, 10, tzinfo=UTC), leitura_kwh=900)
    medidor = MedidorFactory()
    elementos = [
        uma(medidor.pk, "100"),
        uma(existente.medidor_id, 900),
        uma(medidor.pk, "101"),
        "uma leitura",
        uma(10**9),
        uma(medidor.pk, "muito"),
        uma(medidor.pk, "90", data_leitura="2026-01-06T10:00:00Z"),
        {"medidor_id": medidor.pk},
        uma(medidor.pk, "100000", data_leitura="2026-01-07T10:00:00Z"),
        uma(medidor.pk, apelido="x"),
        uma(medidor.pk, -1, data_leitura="2026-01-08T10:00:00Z"),
        None,
    ]

    resposta = api.post("/leitura/", elementos)

    assert resposta.status_code == 201
    corpo = resposta.json()
    assert {nome: corpo[nome] for nome in corpo if nome != "erros"} == {
        "linhas": 12,
        "aceitas": 1,
        "retidas": 1,
        "recusadas": 9,
        "repetidas": 1,
    }
    assert [(erro["indice"], erro["codigo"]) for erro in corpo["erros"]] == [
        (2, "CONFLITO"),
        (3, "CORPO_INVALIDO"),
        (4, "MEDIDOR_DESCONHECIDO"),
        (5, "VALOR_INVALIDO"),
        (7, "CAMPO_OBRIGATORIO"),
        (8, "DIGITOS_EXCEDIDOS"),
        (9, "CAMPO_DESCONHECIDO"),
        (10, "VALOR_INVALIDO"),
        (11, "CORPO_INVALIDO"),
    ]
    assert all(set(erro) == {"indice", "codigo", "detail"} for erro in corpo["erros"])
    assert all(len(erro["detail"]) > 20 for erro in corpo["erros"])
    assert medidor.leituras.count() == 2
    assert set(medidor.leituras.values_list("origem", flat=True)) == {"API"}


def test_todas_recusadas_ainda_e_201_e_nada_se_anota(api):
    resposta = api.post("/leitura/", [1, {}, uma(42)])
    assert (resposta.status_code, resposta.json()["recusadas"]) == (201, 3)
    assert not EventoAuditoria.objects.filter(acao="LEITURAS_EM_LOTE").exists()


def test_um_evento_vale_por_todas(api):
    medidor = MedidorFactory()
    api.post("/leitura/", [uma(medidor.pk), uma(medidor.pk, data_leitura="2026-01-06T10:00:00Z")])
    evento = EventoAuditoria.objects.get(acao="LEITURAS_EM_LOTE")
    assert (evento.origem, evento.dados["aceitas"]) == ("API", 2)
    assert evento.usuario_id is not None
    assert not Leitura.history.exists()


@pytest.mark.parametrize("quantas", [0, 10_001])
def test_tamanho_da_lista(api, quantas):
    resposta = api.post("/leitura/", [uma(1)] * quantas)
    assert (resposta.status_code, resposta.data["codigo"]) == (400, "TAMANHO_DA_LISTA")
    assert f"vieram {quantas}" in resposta.data["detail"]


def test_dez_mil_com_uma_ruim(api):
    medidor = MedidorFactory()
    elementos: list[Any] = [uma(medidor.pk)] * 9_999
    elementos.insert(7_777, {"medidor_id": "1", "leitura_kwh": "10"})
    corpo = api.post("/leitura/", elementos).json()
    assert (corpo["linhas"], corpo["aceitas"], corpo["repetidas"]) == (10_000, 1, 9_998)
    [erro] = corpo["erros"]
    assert (erro["indice"], erro["codigo"]) == (7_777, "VALOR_INVALIDO")
    assert erro["detail"].startswith("medidor_id: ")


def test_corpo_acima_do_limite_e_413(api, settings):
    folga = b" " * (settings.API_LOTE_MAXIMO_MB * 1024**2)
    resposta = enviar_bruto(api, "POST", "/leitura/", b"[" + folga + b"{}]")
    assert resposta.status_code == 413
    assert f"{settings.API_LOTE_MAXIMO_MB} MB" in resposta.data["detail"]
    cabe = enviar_bruto(api, "POST", "/leitura/", b"[" + folga[: 2 * 1024**2] + b"{}]")
    assert cabe.status_code == 201


@pytest.mark.parametrize("rota", ["/cliente/", "/medidor/", "/fatura/"])
def test_so_leituras_vem_em_lista(api, rota):
    assert api.post(rota, [{"nome": "Ana"}]).status_code == 400


def test_pede_a_permissao(db):
    assert com_token(criar_usuario()).post("/leitura/", [{}]).status_code == 403


def test_as_consultas_nao_crescem_com_a_lista(api):
    contagens = []
    for quantas in (2, 20):
        medidores = MedidorFactory.create_batch(quantas)
        elementos = [uma(medidor.pk) for medidor in medidores]
        api.get("/leitura/?limit=1")
        with CaptureQueriesContext(connection) as consultas:
            assert api.post("/leitura/", elementos).json()["aceitas"] == quantas
        contagens.append(len(consultas))
    assert contagens[0] == contagens[1]


def test_o_mesmo_que_uma_a_uma(api):
    valores = ["100", "150", "150", "140", "900000", "99999", "210.5"]
    medidores = MedidorFactory.create_batch(2)
    corpos = [
        [uma(m.pk, v, data_leitura=f"2026-01-{n + 1:02d}") for n, v in enumerate(valores)]
        for m in medidores
    ]
    corpos = [
        [c | {"data_leitura": f"{c['data_leitura']}T10:00:00-03:00"} for c in corpo]
        for corpo in corpos
    ]
    for corpo in corpos[0]:
        api.post("/leitura/", corpo)
    api.post("/leitura/", corpos[1])

    campos = ("data_leitura", "leitura_kwh", "situacao", "ocorrencia", "explicacao", "origem")
    linhas = [list(m.leituras.order_by("data_leitura").values_list(*campos)) for m in medidores]
    assert linhas[0] == linhas[1]
    assert len(linhas[0]) > 3


NUMEROS: Any = st.one_of(
    st.integers(-5, 10**16),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.decimals(0, 10**13, places=3).map(str),
    st.sampled_from(["", " 1", "1 ", "1e3", "1.", ".5", "-0", "٣", "0010", True, None, [], {}]),
)
ELEMENTOS = st.one_of(
    st.none() | st.integers() | st.text() | st.lists(st.integers(), max_size=2),
    st.fixed_dictionaries(
        {},
        optional={
            "medidor_id": st.one_of(
                st.integers(-1, 2**64), st.sampled_from([True, "1", None, Decimal("5.0")])
            ),
            "leitura_kwh": NUMEROS,
            "data_leitura": st.sampled_from(
                [BOA, "2026-01-05", "2026-01-05T10:00:00", "0001-01-01T00:00:00Z", "", None, 1, []]
            ),
            "registrador": st.sampled_from([*Registrador, "ativa_total", "OUTRO", None, 1]),
            "origem": st.just("CAMPO"),
            "apelido": st.just(1),
        },
    ),
)


@given(ELEMENTOS)
def test_o_caminho_curto_diz_o_mesmo_que_o_serializer(elemento):
    """What it takes, the serializer takes with the same values; what it leaves is left to it."""
    curta = ler_simples(elemento, agora=AGORA)
    if curta is None:
        return
    try:
        dados = LeituraSerializer().run_validation(elemento)
    except APIException as erro:
        raise AssertionError(elemento) from erro
    assert curta[:4] == (
        dados["medidor_id"],
        dados.get("registrador", Registrador.ATIVA_TOTAL),
        dados.get("data_leitura", AGORA),
        dados["leitura_kwh"],
    )


def test_o_caminho_curto_serve_para_o_comum():
    elementos = json.loads(json.dumps([uma(1), uma(2, 10), {"medidor_id": 3, "leitura_kwh": "1"}]))
    assert all(ler_simples(e, agora=AGORA, ordem=n) for n, e in enumerate(elementos))
    informadas, recusas = ler_lote(elementos, agora=AGORA)
    assert ([i.ordem for i in informadas], recusas) == ([0, 1, 2], [])
