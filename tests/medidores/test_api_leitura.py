from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from medidores.models import Leitura
from tests.apoio_api import api_de_administrador
from tests.factories import (
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

CAMPOS = {
    "id_leitura",
    "medidor_id",
    "leitura_kwh",
    "data_leitura",
    "registrador",
    "origem",
    "situacao",
}


@pytest.fixture
def api():
    return api_de_administrador()


@pytest.fixture
def medidor():
    return MedidorFactory()


def test_sem_data_e_de_agora_e_a_origem_e_a_api(api, medidor):
    antes = timezone.now()

    resposta = api.post("/leitura/", {"medidor_id": medidor.pk, "leitura_kwh": "1520.5"})

    assert resposta.status_code == 201
    assert set(resposta.data) == CAMPOS
    leitura = Leitura.objects.get()
    assert antes <= leitura.data_leitura <= timezone.now()
    assert (leitura.origem, leitura.situacao, leitura.registrador) == (
        "API",
        "VALIDA",
        "ATIVA_TOTAL",
    )
    assert resposta.data["leitura_kwh"] == "1520.500"
    assert resposta["Location"].endswith(f"/leitura/{leitura.pk}")


@pytest.mark.parametrize(
    ("enviada", "instante"),
    [
        pytest.param(
            "2026-01-05T10:30:00",
            datetime(2026, 1, 5, 13, 30, tzinfo=UTC),
            id="sem fuso é de São Paulo",
        ),
        pytest.param("2026-01-05T10:30:00Z", datetime(2026, 1, 5, 10, 30, tzinfo=UTC), id="UTC"),
        pytest.param(
            "2026-01-05T10:30:00+02:00", datetime(2026, 1, 5, 8, 30, tzinfo=UTC), id="outro fuso"
        ),
        pytest.param(
            "2026-01-05", datetime(2026, 1, 5, 3, tzinfo=UTC), id="só o dia é a sua meia-noite"
        ),
    ],
)
def test_data_da_leitura(api, medidor, enviada, instante):
    resposta = api.post(
        "/leitura/", {"medidor_id": medidor.pk, "leitura_kwh": 10, "data_leitura": enviada}
    )

    assert resposta.status_code == 201
    assert Leitura.objects.get().data_leitura == instante


def test_numero_e_texto_valem_o_mesmo_e_a_repeticao_responde_200(api, medidor):
    corpo = {"medidor_id": medidor.pk, "data_leitura": "2026-01-05T10:00:00"}

    primeira = api.post("/leitura/", corpo | {"leitura_kwh": 150.1})
    segunda = api.post("/leitura/", corpo | {"leitura_kwh": "150.100"})

    assert (primeira.status_code, segunda.status_code) == (201, 200)
    assert segunda.data == primeira.data
    assert Leitura.objects.get().leitura_kwh == Decimal("150.1")


def test_outro_valor_no_mesmo_instante_e_409(api, medidor):
    corpo = {"medidor_id": medidor.pk, "data_leitura": "2026-01-05T10:00:00"}
    api.post("/leitura/", corpo | {"leitura_kwh": 150})

    resposta = api.post("/leitura/", corpo | {"leitura_kwh": 151})

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "CONFLITO")


def test_a_estranha_entra_retida(api):
    medidor = criar_unidade_com_leituras(("1000", "1150"))

    resposta = api.post(
        "/leitura/",
        {"medidor_id": medidor.pk, "leitura_kwh": 900, "data_leitura": "2026-02-05T09:00:00"},
    )

    assert (resposta.status_code, resposta.data["situacao"]) == (201, "RETIDA")


@pytest.mark.parametrize(
    ("campo", "valor", "codigo", "trecho"),
    [
        pytest.param("leitura_kwh", -1, "VALOR_INVALIDO", "negativa", id="negativa"),
        pytest.param("leitura_kwh", 100000, "DIGITOS_EXCEDIDOS", "5 dígitos", id="não cabe"),
        pytest.param(
            "data_leitura", "2024-12-31T23:59:59", "ANTES_DA_INSTALACAO", "31/12/2024", id="antes"
        ),
        pytest.param("data_leitura", "2150-01-01T00:00:00", "DATA_FUTURA", "futuro", id="futura"),
    ],
)
def test_a_impossivel_e_recusada_no_campo_com_o_codigo_no_cabecalho(
    api, medidor, campo, valor, codigo, trecho
):
    bom = {"medidor_id": medidor.pk, "leitura_kwh": 10, "data_leitura": "2026-01-05T09:00:00"}

    resposta = api.post("/leitura/", bom | {campo: valor})

    assert resposta.status_code == 400
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]
    assert resposta["X-Codigo"] == codigo
    assert not Leitura.objects.exists()


@pytest.mark.parametrize(
    ("campo", "valor", "trecho"),
    [
        pytest.param("medidor_id", 999999, "Medidor 999999 não encontrado", id="desconhecido"),
        pytest.param("medidor_id", 10**30, "máximo", id="30 dígitos"),
        pytest.param("medidor_id", 0, "mínimo", id="zero"),
        pytest.param("medidor_id", None, "obrigatório", id="nulo é ausente"),
        pytest.param("leitura_kwh", None, "obrigatório", id="leitura nula"),
        pytest.param("leitura_kwh", True, "Envie um número", id="booleano"),
        pytest.param("leitura_kwh", "12,5", "ponto decimal", id="vírgula"),
        pytest.param("leitura_kwh", "1_000", "ponto decimal", id="sublinhado"),
        pytest.param("leitura_kwh", "١٢", "ponto decimal", id="dígitos árabes"),
        pytest.param("leitura_kwh", "NaN", "ponto decimal", id="NaN como texto"),
        pytest.param("leitura_kwh", "1e999", "demais", id="imenso"),
        pytest.param("leitura_kwh", 0.1234, "casas decimais", id="casas demais"),
        pytest.param("leitura_kwh", [1], "Envie um número", id="lista"),
        pytest.param("leitura_kwh", "1" * 1_000_000, "Envie um número", id="um megabyte"),
        pytest.param("data_leitura", "ontem", "AAAA-MM-DDThh:mm:ss", id="data por extenso"),
        pytest.param("data_leitura", 1767600000, "AAAA-MM-DDThh:mm:ss", id="data como número"),
        pytest.param("data_leitura", "0001-01-01T00:00:00+14:00", "calendário", id="ano 1"),
        pytest.param("data_leitura", "9999-12-31T23:59:59-12:00", "calendário", id="ano 9999"),
        pytest.param("registrador", "REATIVA", "ATIVA_PONTA", id="registrador desconhecido"),
        pytest.param("registrador", {"a": 1}, "ATIVA_PONTA", id="registrador objeto"),
    ],
)
def test_valor_ruim_e_400_no_seu_campo(api, medidor, campo, valor, trecho):
    bom = {"medidor_id": medidor.pk, "leitura_kwh": 10}

    resposta = api.post("/leitura/", bom | {campo: valor})

    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]


def test_o_codigo_do_registrador_vem_em_qualquer_caixa(api, medidor):
    resposta = api.post(
        "/leitura/", {"medidor_id": medidor.pk, "leitura_kwh": 1, "registrador": "injetada"}
    )

    assert resposta.data["registrador"] == "INJETADA"


def test_alterar_muda_so_o_valor(api):
    leitura = LeituraFactory()
    outro = MedidorFactory()

    resposta = api.put(
        f"/leitura/{leitura.pk}",
        {
            "medidor_id": outro.pk,
            "leitura_kwh": 1001,
            "data_leitura": "2020-01-01",
            "origem": "CAMPO",
        },
    )

    assert resposta.status_code == 200
    leitura.refresh_from_db()
    assert leitura.leitura_kwh == 1001
    assert leitura.valor_informado == 1000
    assert leitura.medidor_id != outro.pk


def test_alterar_sem_nada_nao_muda_nada(api):
    leitura = LeituraFactory()

    resposta = api.patch(f"/leitura/{leitura.pk}/", {})

    assert (resposta.status_code, resposta.data["leitura_kwh"]) == (200, "1000.000")


@pytest.mark.parametrize("metodo", ["put", "delete"])
def test_a_faturada_nao_muda_nem_se_exclui(api, metodo):
    medidor = criar_unidade_com_leituras()
    FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente)
    leitura = medidor.leituras.latest("data_leitura")

    resposta = getattr(api, metodo)(f"/leitura/{leitura.pk}/", {"leitura_kwh": 1149})

    assert (resposta.status_code, resposta.data["codigo"]) == (409, "PERIODO_FATURADO")
    assert "refature" in resposta.data["detail"]


def test_a_nao_faturada_se_exclui(api):
    leitura = LeituraFactory()

    assert api.delete(f"/leitura/{leitura.pk}/").status_code == 204
    assert not Leitura.objects.exists()


def test_filtros_por_dia_civil_de_sao_paulo(api, medidor):
    dia_5 = datetime(2026, 1, 5, 3, tzinfo=UTC)  # midnight in São Paulo
    quase = LeituraFactory(medidor=medidor, data_leitura=dia_5 - timedelta(seconds=1))
    inicio = LeituraFactory(medidor=medidor, data_leitura=dia_5)
    fim = LeituraFactory(medidor=medidor, data_leitura=dia_5 + timedelta(hours=23, minutes=59))
    depois = LeituraFactory(data_leitura=dia_5 + timedelta(days=1), situacao="RETIDA")

    def ids(filtro):
        return [leitura["id_leitura"] for leitura in api.get(f"/leitura/?{filtro}").data]

    assert ids("data_de=2026-01-05&data_ate=2026-01-05") == [inicio.pk, fim.pk]
    assert ids("data_ate=2026-01-04") == [quase.pk]
    assert ids("data_de=2026-01-06") == [depois.pk]
    assert ids(f"medidor_id={medidor.pk}") == [quase.pk, inicio.pk, fim.pk]
    assert ids("situacao=RETIDA") == [depois.pk]
    assert ids("registrador=INJETADA") == []
