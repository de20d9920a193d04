"""Exchange, change of titular and removal through the pages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from faturamento.models import Fatura
from medidores.models import Leitura, Medidor, UnidadeConsumidora
from medidores.servicos import ganchos
from tests.factories import (
    ClienteFactory,
    LeituraFactory,
    MedidorFactory,
    UnidadeFactory,
    criar_unidade_com_leituras,
)
from tests.medidores.test_troca import faturar_ate
from tests.paginas import entrar_como, enviar, ler_formulario

pytestmark = pytest.mark.django_db

FINAL, INICIAL = "leituras_finais.ATIVA_TOTAL", "leituras_iniciais.ATIVA_TOTAL"
DIA = {"data_0": "20/01/2026", "data_1": "10:00"}
TROCA = {**DIA, FINAL: "1.200,5", "numero_medidor": "NOVO"}
CINCO_MESES = ("400", "550", "700", "850", "1000")
ATOS = ["trocar", "mudar_titular", "retirar"]


@pytest.fixture(autouse=True)
def encerrados(monkeypatch) -> list[dict[str, Any]]:
    """What was handed to the closing invoice, which `faturamento` makes."""
    chamadas: list[dict[str, Any]] = []

    def encerrar(**dados: Any) -> None:
        chamadas.append(dados)
        faturar_ate(**dados)

    monkeypatch.setattr(ganchos, "encerrar_ciclo", encerrar)
    return chamadas


def pagina(objeto: Any, qual: str = "change") -> str:
    opcoes = objeto._meta
    return reverse(f"admin:{opcoes.app_label}_{opcoes.model_name}_{qual}", args=[objeto.pk])


def ler_valor(resposta: Any, nome: str) -> str:
    """What a field of the page that came back holds."""
    return str(resposta.context["form"][nome].value() or "")


def test_trocar_mostra_o_que_ha_e_leva_ao_medidor_novo(admin_client):
    antigo = criar_unidade_com_leituras(CINCO_MESES, constante=40, digitos=6)
    texto = admin_client.get(pagina(antigo, "trocar")).text
    assert "Última: 1.000,000, em 05/01/2026 09:00" in texto
    assert "Esperada hoje: de 1." in texto
    formulario = ler_formulario(admin_client, pagina(antigo, "trocar"))
    assert (formulario["digitos"], formulario[INICIAL]) == ("6", "0")
    assert formulario["constante"].rstrip("0").rstrip(",") == "40"

    resposta = enviar(
        admin_client, pagina(antigo, "trocar"), **TROCA, confirmar="on", **{INICIAL: "3,25"}
    )

    novo = Medidor.objects.get(numero_medidor="NOVO")
    assert resposta.redirect_chain[-1][0] == pagina(novo)
    assert f"O medidor {antigo} saiu e o NOVO entrou em seu lugar." in resposta.text
    assert (novo.constante, novo.digitos, novo.unidade) == (40, 6, antigo.unidade)
    assert antigo.leituras.get(origem="RETIRADA").leitura_kwh == Decimal("1200.5")
    assert novo.leituras.get().leitura_kwh == Decimal("3.25")
    assert novo.leituras.get().data_leitura == datetime(2026, 1, 20, 13, tzinfo=UTC)
    quem = admin_client.get(pagina(antigo)).wsgi_request.user
    assert antigo.history.first().history_user == quem
    entradas = LogEntry.objects.order_by("pk").values_list("object_id", "change_message")
    assert [pk for pk, _ in entradas] == [str(novo.pk), str(antigo.pk)]


@pytest.mark.parametrize(
    ("mudanca", "frase"),
    [
        ({FINAL: ""}, "obrigatório"),
        ({FINAL: "abc"}, "Informe um número"),
        ({FINAL: "-1"}, "maior ou igual a 0"),
        ({FINAL: "1200,0005"}, "casa"),
        ({FINAL: "NaN"}, "Informe um número"),
        ({FINAL: "100.000"}, "não cabe no mostrador de 5 dígitos"),
        ({FINAL: "900"}, "O mostrador iria de 1.000 a 900"),
        ({FINAL: "900", "confirmar": "on"}, "O mostrador iria de 1.000 a 900"),
        ({FINAL: "2.500"}, "1.500 kWh em 15 dias"),
        ({"numero_medidor": ""}, "obrigatório"),
        ({"numero_medidor": "REPETIDO"}, "Já existe um medidor com este número"),
        ({"numero_medidor": "x" * 51}, "no máximo 50"),
        ({"digitos": "0"}, "maior ou igual a 1"),
        ({"constante": "0"}, "maior que zero"),
        ({"data_0": "04/01/2026"}, "tem leitura de 05/01/2026 09:00"),
        ({"data_0": "01/01/2100"}, "no futuro"),
        ({"data_0": "01/01/0001"}, "Ano fora do calendário"),
        ({"data_0": "31/02/2026"}, "data válida"),
        ({"data_1": "99:99"}, "hora válida"),
        ({"data_0": ""}, "data"),
    ],
)
def test_o_que_nao_serve_volta_com_a_frase_e_o_que_se_digitou(admin_client, mudanca, frase):
    MedidorFactory(numero_medidor="REPETIDO")
    antigo = criar_unidade_com_leituras(CINCO_MESES)
    antes = (Leitura.objects.count(), Medidor.objects.count())

    resposta = enviar(admin_client, pagina(antigo, "trocar"), **{**TROCA, **mudanca})

    assert resposta.status_code == 200
    assert frase in resposta.text
    assert "en-formulario" in resposta.text
    for nome in ("numero_medidor", FINAL):
        assert ler_valor(resposta, nome) == {**TROCA, **mudanca}[nome]
    assert (Leitura.objects.count(), Medidor.objects.count()) == antes


def test_a_frase_da_critica_esta_no_campo_do_registrador(admin_client):
    antigo = criar_unidade_com_leituras(CINCO_MESES)
    resposta = enviar(admin_client, pagina(antigo, "trocar"), **{**TROCA, FINAL: "2500"})
    assert list(resposta.context["form"].errors) == [FINAL]
    resposta = enviar(
        admin_client, pagina(antigo, "trocar"), **{**TROCA, FINAL: "2500", "confirmar": "on"}
    )
    assert "entrou em seu lugar" in resposta.text


@pytest.mark.parametrize(("digitado", "gravado"), [("1150,5", "1150.5"), ("1150.5", "1150.5")])
def test_virgula_e_ponto(admin_client, digitado, gravado):
    antigo = criar_unidade_com_leituras()
    enviar(admin_client, pagina(antigo, "trocar"), **{**TROCA, FINAL: digitado})
    assert antigo.leituras.get(origem="RETIRADA").leitura_kwh == Decimal(gravado)


def test_na_branca_ha_um_campo_para_cada_registrador(admin_client):
    medidor = MedidorFactory(unidade__modalidade="BRANCA")
    registradores = ("ATIVA_PONTA", "ATIVA_INTERMEDIARIO", "ATIVA_FORA_PONTA")
    for registrador in registradores:
        LeituraFactory(medidor=medidor, registrador=registrador, leitura_kwh=Decimal(5))
    finais = {f"leituras_finais.{r}": "10,5" for r in registradores}
    enviar(admin_client, pagina(medidor, "trocar"), **DIA, numero_medidor="N", **finais)
    assert medidor.leituras.filter(origem="RETIRADA").count() == 3
    assert Medidor.objects.get(numero_medidor="N").leituras.count() == 3


def test_mudar_titular(admin_client, encerrados):
    medidor = criar_unidade_com_leituras()
    antes, depois = medidor.cliente, ClienteFactory(nome="Maria Nova")
    caminho = pagina(medidor, "mudar_titular")
    assert str(antes) in admin_client.get(caminho).text

    resposta = enviar(admin_client, caminho, **DIA, **{FINAL: "1200"}, cliente=depois.pk)

    assert "agora é Maria Nova" in resposta.text
    assert resposta.redirect_chain[-1][0] == pagina(medidor)
    medidor.refresh_from_db()
    assert medidor.cliente == depois
    assert encerrados[0]["cliente_id"] == antes.pk


@pytest.mark.parametrize(
    ("cliente", "frase"),
    [("", "obrigatório"), ("abc", "escolha válida"), ("99999", "escolha válida")],
)
def test_titular_que_nao_serve(admin_client, encerrados, cliente, frase):
    medidor = criar_unidade_com_leituras()
    caminho = pagina(medidor, "mudar_titular")
    resposta = enviar(admin_client, caminho, **DIA, **{FINAL: "1200"}, cliente=cliente)
    assert frase in resposta.text
    mesmo = enviar(admin_client, caminho, **DIA, **{FINAL: "1200"}, cliente=medidor.cliente_id)
    assert list(mesmo.context["form"].errors) == ["cliente"]
    assert "já é o titular" in mesmo.text
    assert not encerrados


def test_pagina_velha_nao_muda_o_titular_de_novo(admin_client):
    """Somebody else changed it after this page was opened."""
    medidor = criar_unidade_com_leituras()
    aberta = ler_formulario(admin_client, pagina(medidor, "mudar_titular"))
    outro, terceiro = ClienteFactory(nome="Outro"), ClienteFactory()
    enviar(
        admin_client,
        pagina(medidor, "mudar_titular"),
        **DIA,
        **{FINAL: "1160"},
        cliente=outro.pk,
    )

    resposta = admin_client.post(
        pagina(medidor, "mudar_titular"),
        {
            **aberta,
            "data_0": "21/01/2026",
            "data_1": "10:00",
            FINAL: "1170",
            "cliente": terceiro.pk,
        },
    )

    assert "já mudou: agora é Outro" in resposta.text
    medidor.refresh_from_db()
    assert medidor.cliente == outro


def test_pagina_velha_de_medidor_ja_trocado(admin_client):
    medidor = criar_unidade_com_leituras()
    aberta = ler_formulario(admin_client, pagina(medidor, "retirar"))
    enviar(admin_client, pagina(medidor, "trocar"), **TROCA)
    resposta = admin_client.post(pagina(medidor, "retirar"), {**aberta, **DIA, FINAL: "1300"})
    assert "foi retirado em 20/01/2026" in resposta.text


@pytest.mark.parametrize(("desligar", "situacao"), [("on", "DESLIGADA"), ("", "ATIVA")])
def test_retirar(admin_client, encerrados, desligar, situacao):
    medidor = criar_unidade_com_leituras()
    dados = {**DIA, FINAL: "1200", **({"desligar": desligar} if desligar else {})}
    resposta = enviar(admin_client, pagina(medidor, "retirar"), **dados)
    assert "foi retirado da unidade" in resposta.text
    medidor.refresh_from_db()
    assert medidor.data_retirada == date(2026, 1, 20)
    assert UnidadeConsumidora.objects.get().situacao == situacao
    assert len(encerrados) == 1


def test_quem_nao_altera_unidades_nao_desliga(client):
    entrar_como(
        client, "medidores.change_medidor", "medidores.add_leitura", "medidores.view_medidor"
    )
    medidor = criar_unidade_com_leituras()
    assert "desligar" not in ler_formulario(client, pagina(medidor, "retirar"))
    enviar(client, pagina(medidor, "retirar"), **DIA, **{FINAL: "1200"}, desligar="on")
    medidor.refresh_from_db()
    assert medidor.data_retirada is not None
    assert UnidadeConsumidora.objects.get().situacao == "ATIVA"


@pytest.mark.parametrize("ato", ATOS)
def test_sem_a_permissao_nao_ha_botao_nem_pagina(client, ato):
    entrar_como(client, "medidores.view_medidor", "medidores.change_medidor")
    medidor = criar_unidade_com_leituras()
    assert pagina(medidor, ato) not in client.get(pagina(medidor)).text
    assert client.get(pagina(medidor, ato)).status_code == 403
    dados = {**TROCA, "cliente": ClienteFactory().pk, "titular_visto_id": medidor.cliente_id}
    assert client.post(pagina(medidor, ato), dados).status_code == 403
    medidor.refresh_from_db()
    assert medidor.ativo


def test_os_botoes_sao_do_medidor_em_servico(admin_client):
    ativo, retirado = MedidorFactory(), MedidorFactory(data_retirada=date(2025, 6, 1))
    for ato in ATOS:
        assert pagina(ativo, ato) in admin_client.get(pagina(ativo)).text
        assert pagina(retirado, ato) not in admin_client.get(pagina(retirado)).text


DE_CIMA = {
    "trocar_medidor": "trocar",
    "mudar_titular_do_medidor": "mudar_titular",
    "retirar_medidor": "retirar",
}


@pytest.mark.parametrize(("botao", "ato"), DE_CIMA.items())
def test_da_unidade_e_do_cliente_chega_se_ao_medidor(admin_client, botao, ato):
    medidor = MedidorFactory()
    for objeto in (medidor.unidade, medidor.cliente):
        assert pagina(objeto, botao) in admin_client.get(pagina(objeto)).text
        resposta = admin_client.get(pagina(objeto, botao))
        assert (resposta.status_code, resposta["Location"]) == (302, pagina(medidor, ato))


def test_sem_medidor_em_servico_a_unidade_e_o_cliente_nao_tem_os_botoes(admin_client):
    """The control is the meter in service, whose unit has them."""
    retirado = MedidorFactory(data_retirada=date(2025, 6, 1))
    em_servico = MedidorFactory()
    for botao in DE_CIMA:
        for medidor, tem in ((retirado, False), (em_servico, True)):
            for objeto in (medidor.unidade, medidor.cliente):
                assert (pagina(objeto, botao) in admin_client.get(pagina(objeto)).text) is tem


@pytest.mark.parametrize("ato", ["mudar_titular", "retirar"])
def test_a_frase_leva_a_fatura_de_encerramento(admin_client, monkeypatch, ato):
    medidor = criar_unidade_com_leituras()
    feitas = []

    def encerrar(**dados: Any) -> Fatura:
        faturar_ate(**dados)
        feitas.append(Fatura.objects.get())
        return feitas[0]

    monkeypatch.setattr(ganchos, "encerrar_ciclo", encerrar)
    novo = {"cliente": ClienteFactory().pk} if ato == "mudar_titular" else {}
    resposta = enviar(admin_client, pagina(medidor, ato), **DIA, **{FINAL: "1200"}, **novo)
    _, _, depois = resposta.text.partition("Fatura de encerramento: ")
    [fatura] = feitas
    assert depois.startswith(f'<a href="{pagina(fatura)}"')
    registro = LogEntry.objects.filter(object_id=str(medidor.pk)).latest("pk")
    assert f"Fatura de encerramento: {fatura}." in registro.get_change_message()


def test_sem_medidor_ou_com_varios(admin_client):
    unidade, cliente = UnidadeFactory(), ClienteFactory()
    vazia = admin_client.get(pagina(unidade, "trocar_medidor"), follow=True)
    assert "não tem medidor ativo" in vazia.text
    um, outro = MedidorFactory(cliente=cliente), MedidorFactory(cliente=cliente)
    MedidorFactory(cliente=cliente, numero_medidor="RETIRADO", data_retirada=date(2025, 6, 1))
    lista = admin_client.get(pagina(cliente, "trocar_medidor"), follow=True)
    assert "Escolha um" in lista.text
    assert pagina(um) in lista.text
    assert pagina(outro) in lista.text
    assert "RETIRADO" not in lista.text


@pytest.mark.parametrize("botao", DE_CIMA)
def test_sem_permissao_nem_de_cima(client, botao):
    entrar_como(client, "medidores.view_unidadeconsumidora", "clientes.view_cliente")
    medidor = MedidorFactory()
    for objeto in (medidor.unidade, medidor.cliente):
        assert pagina(objeto, botao) not in client.get(pagina(objeto)).text
        assert client.get(pagina(objeto, botao)).status_code == 403


@pytest.mark.parametrize("ato", ATOS)
def test_consultas_da_pagina_nao_crescem_com_as_leituras(admin_client, ato):
    def contar(medidor: Medidor) -> int:
        with CaptureQueriesContext(connection) as consultas:
            assert admin_client.get(pagina(medidor, ato)).status_code == 200
        return len(consultas)

    pouco, muito = criar_unidade_com_leituras(), criar_unidade_com_leituras(CINCO_MESES)
    for dia in range(6, 26):
        LeituraFactory(
            medidor=muito,
            data_leitura=datetime(2026, 1, dia, tzinfo=UTC),
            leitura_kwh=Decimal(1100),
        )
    contar(pouco)  # fills the caches
    assert contar(pouco) == contar(muito)
