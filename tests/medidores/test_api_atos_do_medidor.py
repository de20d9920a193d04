"""POST /medidor/{id}/troca/, /titular/ and /retirada/."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from medidores.models import Leitura, Medidor
from medidores.servicos import ganchos
from tests.apoio_api import api_de_administrador, com_token, criar_usuario
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    criar_unidade_com_leituras,
)
from tests.medidores.test_troca import faturar_ate

pytestmark = pytest.mark.django_db

QUANDO = "2026-01-20T10:00:00-03:00"
INSTANTE = datetime(2026, 1, 20, 13, tzinfo=UTC)
TROCA = {"numero_medidor": "NOVO", "leitura_final_kwh": "1200", "data": QUANDO}
TROCAR = ("medidores.change_medidor", "medidores.add_medidor", "medidores.add_leitura")
MUDAR = ("medidores.change_medidor", "medidores.add_leitura")


@pytest.fixture
def api():
    return api_de_administrador()


@pytest.fixture
def encerrados(monkeypatch) -> list[dict[str, Any]]:
    """What was handed to the closing invoice, which `faturamento` makes."""
    chamadas: list[dict[str, Any]] = []

    def encerrar(**dados: Any) -> None:
        chamadas.append(dados)
        faturar_ate(**dados)

    monkeypatch.setattr(ganchos, "encerrar_ciclo", encerrar)
    return chamadas


def test_troca_responde_com_o_medidor_novo(api):
    antigo = criar_unidade_com_leituras(constante=40)

    resposta = api.post(f"/medidor/{antigo.pk}/troca/", TROCA)

    assert resposta.status_code == 201, resposta.data
    novo = Medidor.objects.get(numero_medidor="NOVO")
    assert resposta["Location"].endswith(f"/medidor/{novo.pk}")
    assert resposta.data == api.get(f"/medidor/{novo.pk}").data
    assert resposta.data["unidade_id"] == antigo.unidade_id
    assert resposta.data["client_id"] == antigo.cliente_id
    assert resposta.data["constante"] == "40.0000"
    assert resposta.data["data_instalacao"] == "2026-01-20"
    assert api.get(f"/medidor/{antigo.pk}").data["data_retirada"] == "2026-01-20"
    lidas = Leitura.objects.filter(data_leitura=INSTANTE).order_by("pk")
    assert list(lidas.values_list("medidor", "leitura_kwh")) == [(antigo.pk, 1200), (novo.pk, 0)]


def test_sem_data_a_troca_e_agora_e_sem_barra_tambem(api):
    antigo = criar_unidade_com_leituras()
    resposta = api.post(
        f"/medidor/{antigo.pk}/troca",
        {
            "numero_medidor": "N",
            "leitura_final_kwh": 1200,
            "leitura_inicial_kwh": 3.5,
            "data": None,
        },
    )
    assert resposta.status_code == 201, resposta.data
    [inicial] = Medidor.objects.get(numero_medidor="N").leituras.all()
    assert inicial.leitura_kwh == Decimal("3.5")


def test_troca_na_branca_vai_por_registrador(api):
    antigo = MedidorFactory(unidade__modalidade="BRANCA")
    finais = {"ATIVA_PONTA": "10", "ATIVA_INTERMEDIARIO": 20, "ATIVA_FORA_PONTA": "30.5"}
    for registrador in finais:
        LeituraFactory(medidor=antigo, registrador=registrador, leitura_kwh=Decimal(5))
    caminho = f"/medidor/{antigo.pk}/troca/"

    um_so = api.post(caminho, TROCA)
    resposta = api.post(caminho, {"numero_medidor": "N", "leituras_finais": finais, "data": QUANDO})

    assert um_so.status_code == 400
    assert (
        "ativa ponta, ativa intermediário, ativa fora ponta" in um_so.data["leitura_final_kwh"][0]
    )
    assert um_so["X-Codigo"] == "REGISTRADOR_AUSENTE"
    assert resposta.status_code == 201, resposta.data
    fechadas = antigo.leituras.filter(origem="RETIRADA")
    assert sum(leitura.leitura_kwh for leitura in fechadas) == Decimal("60.5")


@pytest.mark.parametrize(
    ("mudanca", "campo", "trecho"),
    [
        ({"numero_medidor": None}, "numero_medidor", "obrigatório"),
        ({"numero_medidor": "REPETIDO"}, "numero_medidor", "Já existe um medidor"),
        ({"leitura_final_kwh": None}, "leitura_final_kwh", "obrigatório"),
        ({"leitura_final_kwh": "1200,5"}, "leitura_final_kwh", "ponto decimal"),
        ({"leitura_final_kwh": "1.200,5"}, "leitura_final_kwh", "ponto decimal"),
        ({"leitura_final_kwh": -1}, "leitura_final_kwh", "mínimo é 0"),
        ({"leitura_final_kwh": "NaN"}, "leitura_final_kwh", "ponto decimal"),
        ({"leitura_final_kwh": "1200.0005"}, "leitura_final_kwh", "casas decimais"),
        ({"leitura_final_kwh": True}, "leitura_final_kwh", "ponto decimal"),
        ({"leitura_final_kwh": 100000}, "leitura_final_kwh", "não cabe no mostrador"),
        ({"leitura_inicial_kwh": 5000, "digitos": 3}, "leitura_inicial_kwh", "não cabe"),
        ({"leituras_finais": {"ATIVA_TOTAL": 1}}, "leituras_finais", "não os dois"),
        ({"leituras_iniciais": []}, "leituras_iniciais", "Envie um objeto"),
        ({"leituras_iniciais": {}}, "leituras_iniciais", "Envie um objeto"),
        ({"leituras_iniciais": {"X": 1}}, "leituras_iniciais", "Registrador desconhecido: 'X'"),
        ({"leituras_iniciais": {"ATIVA_PONTA": "a"}}, "leituras_iniciais", "ATIVA_PONTA: Envie"),
        ({"leituras_iniciais": {"ATIVA_PONTA": None}}, "leituras_iniciais", "ATIVA_PONTA: Este"),
        ({"data": "20/01/2026"}, "data", "Data e hora inválidas"),
        ({"data": "2999-01-01T00:00:00"}, "data", "Ano fora"),
        ({"data": "2100-01-01T00:00:00"}, "data", "no futuro"),
        ({"data": "2026-01-01T00:00:00"}, "data", "tem leitura de 05/01/2026 09:00"),
        ({"data": "2024-12-31T00:00:00"}, "data", "tem leitura de"),
        ({"confirmar": "true"}, "confirmar", "Envie true ou false"),
        ({"confirmar": 1}, "confirmar", "Envie true ou false"),
        ({"digitos": 13}, "digitos", "máximo é 12"),
        ({"constante": 0}, "constante", "mínimo"),
        ({"unidade_id": 1}, "unidade_id", "Este campo não existe"),
    ],
)
def test_valor_ruim_e_400_no_campo_que_veio(api, mudanca, campo, trecho):
    MedidorFactory(numero_medidor="REPETIDO")
    antigo = criar_unidade_com_leituras()
    antes = (Leitura.objects.count(), Medidor.objects.count())

    resposta = api.post(f"/medidor/{antigo.pk}/troca/", TROCA | mudanca)

    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]
    assert (Leitura.objects.count(), Medidor.objects.count()) == antes


def test_a_duvida_da_critica_e_409_e_se_confirma(api):
    antigo = criar_unidade_com_leituras(("400", "550", "700", "850", "1000"))
    caminho = f"/medidor/{antigo.pk}/troca/"
    alta = TROCA | {"leitura_final_kwh": 2500}

    duvida = api.post(caminho, alta)
    regressiva = api.post(caminho, TROCA | {"leitura_final_kwh": 999, "confirmar": True})
    confirmada = api.post(caminho, alta | {"confirmar": True})

    assert (duvida.status_code, duvida.data["codigo"]) == (409, "CONSUMO_ALTO")
    assert "1.500 kWh em 15 dias" in duvida.data["detail"]
    assert (regressiva.status_code, regressiva.data["codigo"]) == (409, "LEITURA_REGRESSIVA")
    assert confirmada.status_code == 201
    assert antigo.leituras.get(data_leitura=INSTANTE).decisoes.get().decidida_por is not None


@pytest.mark.parametrize("ato", ["troca", "titular", "retirada"])
def test_medidor_retirado_e_409_e_desconhecido_404(api, ato):
    retirado = MedidorFactory(data_retirada=date(2026, 1, 1))
    corpo = {
        "troca": TROCA,
        "titular": {"client_id": ClienteFactory().pk, "leitura_kwh": 1},
        "retirada": {"leitura_kwh": 1},
    }[ato]
    resposta = api.post(f"/medidor/{retirado.pk}/{ato}/", corpo)
    assert (resposta.status_code, resposta.data["codigo"]) == (409, "MEDIDOR_RETIRADO")
    for pk in (999, "abc", "9" * 30):
        resposta = api.post(f"/medidor/{pk}/{ato}/", corpo)
        assert (resposta.status_code, resposta.data["codigo"]) == (404, "NAO_ENCONTRADO")
    assert api.get(f"/medidor/{retirado.pk}/{ato}/").status_code == 405


def test_titular_muda_e_o_encerramento_e_chamado(api, encerrados):
    medidor = criar_unidade_com_leituras()
    antes, depois = medidor.cliente, ClienteFactory()

    resposta = api.post(
        f"/medidor/{medidor.pk}/titular/",
        {"client_id": depois.pk, "leitura_kwh": "1200.5", "data": QUANDO},
    )

    assert resposta.status_code == 200, resposta.data
    assert resposta.data["client_id"] == depois.pk
    assert resposta.data == api.get(f"/medidor/{medidor.pk}").data
    [encerrado] = encerrados
    assert (encerrado["cliente_id"], encerrado["ate_instante"]) == (antes.pk, INSTANTE)
    assert encerrado["unidade_id"] == medidor.unidade_id


def test_titular_aceita_o_mapa_por_registrador(api, encerrados):
    medidor = MedidorFactory(unidade__modalidade="BRANCA")
    leituras = {"ATIVA_PONTA": 1, "ATIVA_INTERMEDIARIO": 2, "ATIVA_FORA_PONTA": 3}
    corpo = {"client_id": ClienteFactory().pk, "leitura_kwh": leituras, "data": QUANDO}
    assert api.post(f"/medidor/{medidor.pk}/titular/", corpo).status_code == 200
    assert medidor.leituras.count() == 3


@pytest.mark.parametrize(
    ("mudanca", "campo", "trecho"),
    [
        ({"client_id": 999}, "client_id", "Cliente 999 não encontrado"),
        ({"client_id": "1"}, "client_id", "sem aspas"),
        ({"client_id": None}, "client_id", "obrigatório"),
        ({"leitura_kwh": None}, "leitura_kwh", "obrigatório"),
        ({"leitura_kwh": "1200,5"}, "leitura_kwh", "ponto decimal"),
        ({"leitura_kwh": [1]}, "leitura_kwh", "ponto decimal"),
        ({"leitura_kwh": {}}, "leitura_kwh", "Envie um objeto"),
        ({"leitura_kwh": 100000}, "leitura_kwh", "não cabe"),
        ({"leitura_kwh": {"ATIVA_PONTA": 1}}, "leitura_kwh", "Falta a leitura de ativa total"),
        ({"data": "2100-01-01T00:00:00"}, "data", "no futuro"),
    ],
)
def test_titular_com_valor_ruim(api, encerrados, mudanca, campo, trecho):
    medidor = criar_unidade_com_leituras()
    corpo = {"client_id": ClienteFactory().pk, "leitura_kwh": "1200", "data": QUANDO} | mudanca
    resposta = api.post(f"/medidor/{medidor.pk}/titular/", corpo)
    assert resposta.status_code == 400, resposta.data
    assert list(resposta.data) == [campo]
    assert trecho in resposta.data[campo][0]
    assert not encerrados


def test_o_mesmo_titular_e_400_em_client_id(api, encerrados):
    medidor = criar_unidade_com_leituras()
    corpo = {"client_id": medidor.cliente_id, "leitura_kwh": "1200"}
    resposta = api.post(f"/medidor/{medidor.pk}/titular/", corpo)
    assert (resposta.status_code, resposta["X-Codigo"]) == (400, "TITULAR_IGUAL")
    assert "já é o titular" in resposta.data["client_id"][0]


def test_sem_quem_encerre_o_consumo_nao_se_perde(api, monkeypatch):
    monkeypatch.setattr(ganchos, "encerrar_ciclo", None)
    medidor = criar_unidade_com_leituras()
    FaturaFactory(emitida=True, unidade=medidor.unidade)
    corpo = {"client_id": ClienteFactory().pk, "leitura_kwh": "1200"}
    resposta = api.post(f"/medidor/{medidor.pk}/titular/", corpo)
    assert (resposta.status_code, resposta.data["codigo"]) == (409, "CONSUMO_A_FATURAR")
    corpo["leitura_kwh"] = "1150"
    assert api.post(f"/medidor/{medidor.pk}/titular/", corpo).status_code == 200


def test_a_edicao_recusada_diz_a_rota_do_titular(api):
    medidor = criar_unidade_com_leituras()
    FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente)
    resposta = api.patch(f"/medidor/{medidor.pk}/", {"client_id": ClienteFactory().pk})
    assert "/titular/" in resposta.data["detail"]


@pytest.mark.parametrize(("corpo", "situacao"), [({"desligar": True}, "DESLIGADA"), ({}, "ATIVA")])
def test_retirada(api, encerrados, corpo, situacao):
    medidor = criar_unidade_com_leituras()
    resposta = api.post(
        f"/medidor/{medidor.pk}/retirada/", {"leitura_kwh": "1200", "data": QUANDO, **corpo}
    )
    assert resposta.status_code == 200, resposta.data
    assert resposta.data["data_retirada"] == "2026-01-20"
    medidor.unidade.refresh_from_db()
    assert medidor.unidade.situacao == situacao
    assert len(encerrados) == 1


@pytest.mark.parametrize(
    ("ato", "permissoes"), [("troca", TROCAR), ("titular", MUDAR), ("retirada", MUDAR)]
)
def test_cada_permissao_faz_falta_e_bastam_elas(encerrados, ato, permissoes):
    corpo = {
        "troca": TROCA,
        "titular": {"client_id": ClienteFactory().pk, "leitura_kwh": 1200},
        "retirada": {"leitura_kwh": 1200},
    }[ato]
    medidor = criar_unidade_com_leituras()
    caminho = f"/medidor/{medidor.pk}/{ato}/"
    for falta in permissoes:
        usuario = criar_usuario(*(p for p in permissoes if p != falta))
        resposta = com_token(usuario).post(caminho, corpo)
        assert (resposta.status_code, resposta.data["codigo"]) == (403, "SEM_PERMISSAO"), falta
    assert Medidor.objects.filter(data_retirada=None, cliente=medidor.cliente).count() == 1
    assert com_token(criar_usuario(*permissoes)).post(caminho, corpo).status_code in (200, 201)


def test_desligar_pede_a_permissao_da_unidade(encerrados):
    medidor = criar_unidade_com_leituras()
    corpo = {"leitura_kwh": 1200, "desligar": True}
    caminho = f"/medidor/{medidor.pk}/retirada/"
    resposta = com_token(criar_usuario(*MUDAR)).post(caminho, corpo)
    assert resposta.status_code == 403
    assert "desligar unidades" in resposta.data["detail"]
    quem_pode = criar_usuario(*MUDAR, "medidores.change_unidadeconsumidora")
    assert com_token(quem_pode).post(caminho, corpo).status_code == 200


def test_o_historico_diz_quem_fez(encerrados):
    """P15: the acting user stands in the history of each row that the act wrote."""
    usuario = criar_usuario(*TROCAR, username="leiturista")
    antigo = criar_unidade_com_leituras()
    com_token(usuario).post(f"/medidor/{antigo.pk}/troca/", TROCA)
    novo = Medidor.objects.get(numero_medidor="NOVO")
    com_token(usuario).post(
        f"/medidor/{novo.pk}/titular/", {"client_id": ClienteFactory().pk, "leitura_kwh": 30}
    )

    versoes = [
        antigo.history.get(data_retirada=date(2026, 1, 20)),
        antigo.leituras.get(data_leitura=INSTANTE).history.get(),
        *novo.history.all(),
        *(leitura.history.get() for leitura in novo.leituras.all()),
    ]
    assert [versao.history_user for versao in versoes] == [usuario] * 6
