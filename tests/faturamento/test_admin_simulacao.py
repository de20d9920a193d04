"""The simulator and ANEEL's files as pages of the admin."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from faturamento.models import Bandeira, Fatura, PedidoDeAprovacao, Tarifa
from faturamento.servicos.execucao import definir_escopo, faturar
from tests.aprovacao import aprovar_o_que_espera
from tests.factories import DistribuidoraFactory, criar_parametros, criar_unidade_com_leituras
from tests.faturamento.test_importar_aneel import (
    CABECALHO_BANDEIRAS,
    CABECALHO_TARIFAS,
    linha_de_tarifa,
)

pytestmark = pytest.mark.django_db

SIMULAR = "admin:faturamento_fatura_simular_fatura"


@pytest.fixture
def fatura(agora) -> Fatura:
    criar_parametros()
    criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=True, agora=agora)
    return Fatura.objects.select_related("unidade").get()


def test_mudar_o_consumo_mostra_as_duas_faturas(fatura, admin_client):
    resposta = admin_client.post(
        reverse(SIMULAR), {"unidade": fatura.unidade.codigo, "consumo_kwh": "300"}
    )
    texto = resposta.content.decode().replace("\xa0", " ")
    assert "R$ 159,73" in texto
    assert "R$ 310,85" in texto
    assert "R$ 151,12" in texto  # the difference
    assert Fatura.objects.count() == 1


def test_o_botao_da_fatura_leva_a_simulacao_da_unidade(fatura, admin_client):
    resposta = admin_client.get(
        reverse("admin:faturamento_fatura_simular", args=[fatura.pk]), follow=True
    )
    assert fatura.unidade.codigo in resposta.content.decode()


@pytest.mark.parametrize(
    ("dados", "frase"),
    [
        ({"unidade": "NADA"}, "não tem fatura de ciclo de que partir"),
        ({"unidade": "a\x00"}, "caractere nulo"),
        ({"unidade": "UC", "consumo_kwh": "-1"}, "maior ou igual a 0"),
        ({"unidade": "UC", "bandeira": "ROXA"}, "ROXA"),
    ],
)
def test_simulacao_mal_pedida_e_uma_frase(dados, frase, fatura, admin_client):
    if dados["unidade"] == "UC":
        dados = dados | {"unidade": fatura.unidade.codigo}
    resposta = admin_client.post(reverse(SIMULAR), dados)
    assert resposta.status_code == 200
    assert frase in resposta.content.decode()


def enviar(cliente, modelo: str, texto: str, **dados):
    arquivo = SimpleUploadedFile("aneel.csv", texto.encode("latin-1"))
    endereco = reverse(f"admin:faturamento_{modelo}_importar_da_aneel")
    return cliente.post(endereco, {"arquivo": arquivo, **dados}, follow=True).content.decode()


def test_bandeiras_primeiro_a_diferenca_depois_o_que_e_novo(admin_client):
    texto = f"{CABECALHO_BANDEIRAS}\r\nx;2026-01-01;Amarela;18,85\r\n"

    pagina = enviar(admin_client, "bandeira", texto, simular="on")
    assert "amarela adicional (R$/MWh) 18,85" in pagina
    assert not Bandeira.objects.exists()

    pagina = enviar(admin_client, "bandeira", texto)
    assert "espera a aprovação de outra pessoa" in pagina
    assert not Bandeira.objects.exists()
    aprovar_o_que_espera()
    assert Bandeira.objects.get().cor == "AMARELA"
    assert "não traz nada de novo" in enviar(admin_client, "bandeira", texto)


HOSTIS = {
    "pdf": (b"%PDF-1.7\n1 0 obj\n", "O arquivo é um PDF, não um CSV."),
    "png": (b"\x89PNG\r\n\x1a\n\0\0", "O arquivo é uma imagem PNG, não um CSV."),
    "xlsx": (b"PK\x03\x04\0\0", "O arquivo é um ZIP ou XLSX, não um CSV."),
    "vazio": (b"", "O arquivo enviado está vazio."),
    "só a marca de UTF-16": (b"\xff\xfe", "O arquivo está vazio."),
    "outro, em UTF-16": ("nome;valor\na;1\n".encode("utf-16"), "Falta no cabeçalho: "),
    "binário": (b"\0\x01" * 500, "O arquivo é binário, não um CSV."),
}


@pytest.mark.parametrize("simular", [{"simular": "on"}, {}], ids=["simula", "pede"])
@pytest.mark.parametrize("modelo", ["bandeira", "tarifa"])
@pytest.mark.parametrize(("conteudo", "frase"), HOSTIS.values(), ids=HOSTIS)
def test_arquivo_da_aneel_que_nao_e_um_volta_com_uma_frase(
    admin_client, modelo, simular, conteudo, frase
):
    endereco = reverse(f"admin:faturamento_{modelo}_importar_da_aneel")
    arquivo = SimpleUploadedFile("aneel.csv", conteudo, "text/csv")
    dados = {"arquivo": arquivo, "distribuidora": DistribuidoraFactory().pk, **simular}
    resposta = admin_client.post(endereco, dados)
    assert resposta.status_code == 200
    assert frase in resposta.text
    assert 'name="arquivo"' in resposta.text, "o formulário volta, para outro arquivo"
    assert not PedidoDeAprovacao.objects.exists()


@pytest.mark.parametrize("codificacao", ["utf-8", "utf-16", "utf-16-le", "latin-1"])
def test_arquivo_da_aneel_em_cada_codificacao(admin_client, codificacao):
    texto = f"{CABECALHO_TARIFAS}\r\n{linha_de_tarifa()}\r\n".encode(codificacao)
    endereco = reverse("admin:faturamento_tarifa_importar_da_aneel")
    dados = {
        "arquivo": SimpleUploadedFile("aneel.csv", texto),
        "distribuidora": DistribuidoraFactory().pk,
        "simular": "on",
    }
    assert "472,42" in admin_client.post(endereco, dados).text


def test_tarifas_de_outra_dizem_que_siglas_ha_e_onde_escrever_a_sua(admin_client):
    texto = f"{CABECALHO_TARIFAS}\r\n{linha_de_tarifa()}\r\n"
    outra = DistribuidoraFactory(nome="Outra", cnpj="11222333000181")
    pagina = enviar(admin_client, "tarifa", texto, distribuidora=outra.pk, simular="on")
    assert "Tem de: ENERGIA EXEMPLO" in pagina
    assert "na tela, Sigla no arquivo" in pagina


def test_tarifas_da_distribuidora_escolhida(admin_client):
    distribuidora = DistribuidoraFactory()
    texto = f"{CABECALHO_TARIFAS}\r\n{linha_de_tarifa()}\r\n"
    pagina = enviar(admin_client, "tarifa", texto, distribuidora=distribuidora.pk)
    assert "472,42" in pagina
    assert not Tarifa.objects.exists()
    aprovar_o_que_espera()
    assert Tarifa.objects.count() == 1


def test_arquivo_que_nao_serve_e_uma_frase(admin_client):
    assert "Falta no cabeçalho" in enviar(admin_client, "bandeira", "a;b\r\n1;2\r\n")
