"""Meters and supply points through the pages."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from medidores.models import Medidor, UnidadeConsumidora
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    UnidadeFactory,
)
from tests.paginas import entrar_como, enviar

pytestmark = pytest.mark.django_db

INCLUIR = "admin:medidores_medidor_add"
IMPORTAR = "admin:medidores_medidor_importar_cadastro"
CADASTRO = (
    "nome;documento;endereco;telefone;email_cliente;codigo_uc;municipio_ibge;uf;classe;subclasse;"
    "ligacao;grupo_leitura;dia_vencimento;numero_medidor;tipo;digitos;constante;data_instalacao\n"
    "Maria;52998224725;Rua 1;;;UC-9;3550308;SP;RESIDENCIAL;;MONOFASICA;01;10;M-9;;5;1;01/01/2025\n"
    "José;123;Rua 2;;;UC-8;3550308;SP;RESIDENCIAL;;MONOFASICA;01;10;M-8;;5;1;01/01/2025\n"
)


def pagina(medidor: Medidor, qual: str = "change") -> str:
    return reverse(f"admin:medidores_medidor_{qual}", args=[medidor.pk])


def test_sem_unidade_nasce_uma_no_endereco_do_cliente(admin_client):
    cliente = ClienteFactory(endereco="Rua do Cliente, 7")
    resposta = enviar(admin_client, reverse(INCLUIR), numero_medidor="N-1", cliente=cliente.pk)
    assert "Gravado: medidor" in resposta.text
    assert UnidadeConsumidora.objects.get().endereco == "Rua do Cliente, 7"


def test_numero_repetido_e_unidade_ocupada_sao_frases(admin_client):
    existente = MedidorFactory(numero_medidor="N-1")
    repetido = enviar(
        admin_client, reverse(INCLUIR), numero_medidor="N-1", cliente=existente.cliente_id
    )
    assert "Já existe um medidor com este número" in repetido.text
    ocupada = enviar(
        admin_client,
        reverse(INCLUIR),
        numero_medidor="N-2",
        cliente=existente.cliente_id,
        unidade=existente.unidade_id,
    )
    assert "já tem um medidor ativo" in ocupada.text
    assert 'value="N-2"' in ocupada.text
    assert Medidor.objects.count() == 1


@pytest.mark.parametrize(
    ("campos", "frase"),
    [
        ({"digitos": "0"}, "maior ou igual a 1"),
        ({"constante": "0"}, "deve ser maior que zero"),
        ({"constante": "abc"}, "Informe um número"),
        ({"data_instalacao": "01/01/0001"}, "Ano fora do calendário"),
        ({"data_instalacao": "31/02/2026"}, "data válida"),
        ({"cliente": "abc"}, "Faça uma escolha válida"),
        ({"cliente": "999999"}, "Faça uma escolha válida"),
        ({"numero_medidor": "x" * 1_000_000}, "no máximo 50 caracteres"),
        ({"data_retirada": "01/01/2020"}, "A retirada não pode ser anterior"),
    ],
)
def test_recusa_no_formulario(admin_client, campos, frase):
    cliente = ClienteFactory()
    dados = {"numero_medidor": "N-1", "cliente": cliente.pk, **campos}
    resposta = enviar(admin_client, reverse(INCLUIR), **dados)
    assert resposta.status_code == 200
    assert frase in resposta.text
    assert not Medidor.objects.exists()


def test_medidor_faturado_nao_muda_de_cliente(admin_client):
    medidor = MedidorFactory()
    LeituraFactory(medidor=medidor)
    FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente)
    resposta = enviar(admin_client, pagina(medidor), cliente=ClienteFactory().pk)
    assert "tem leituras faturadas" in resposta.text
    medidor.refresh_from_db()
    assert medidor.cliente_id != ClienteFactory().pk


def test_erro_do_servico_cai_no_campo(admin_client):
    medidor = MedidorFactory()
    LeituraFactory(medidor=medidor, leitura_kwh=99_000)
    resposta = enviar(admin_client, pagina(medidor), digitos="4")
    assert "digitos" in resposta.context["adminform"].form.errors
    assert "não cabe em 4 dígitos" in resposta.text


def test_constante_em_portugues(admin_client):
    medidor = MedidorFactory()
    enviar(admin_client, pagina(medidor), constante="40,5")
    medidor.refresh_from_db()
    assert medidor.constante == pytest.approx(40.5)


def test_excluir_medidor_com_leitura_e_unidade_com_medidor(admin_client):
    medidor = LeituraFactory().medidor
    resposta = admin_client.post(pagina(medidor, "delete"), {"post": "yes"}, follow=True)
    assert "(1 leitura)" in resposta.text
    caminho = reverse("admin:medidores_unidadeconsumidora_delete", args=[medidor.unidade_id])
    resposta = admin_client.post(caminho, {"post": "yes"}, follow=True)
    assert "(1 medidor)" in resposta.text


def test_unidade_recusa_subclasse_de_outra_classe(admin_client):
    unidade = UnidadeFactory()
    caminho = reverse("admin:medidores_unidadeconsumidora_change", args=[unidade.pk])
    resposta = enviar(admin_client, caminho, classe="RURAL", subclasse="BAIXA_RENDA")
    assert "subclasse" in resposta.context["adminform"].form.errors
    resposta = enviar(admin_client, caminho, codigo="", municipio_ibge="12")
    assert "Código IBGE inválido" in resposta.text


def test_lista_mostra_o_titular_de_hoje(admin_client):
    unidade = UnidadeFactory()
    MedidorFactory(
        unidade=unidade,
        cliente=ClienteFactory(nome="Titular antigo"),
        data_retirada=date(2025, 2, 1),
    )
    MedidorFactory(unidade=unidade, cliente=ClienteFactory(nome="Titular atual"))
    texto = admin_client.get(reverse("admin:medidores_unidadeconsumidora_changelist")).text
    assert "Titular atual" in texto
    assert "Titular antigo" not in texto


def test_importa_cadastro_pela_pagina(admin_client):
    arquivo = SimpleUploadedFile("cadastro.csv", CADASTRO.encode())
    simulado = enviar(admin_client, reverse(IMPORTAR), arquivo=arquivo, simular="on")
    assert "nada foi gravado" in simulado.text
    assert not Medidor.objects.exists()
    arquivo = SimpleUploadedFile("cadastro.csv", CADASTRO.encode())
    resposta = enviar(admin_client, reverse(IMPORTAR), arquivo=arquivo)
    assert Medidor.objects.get().numero_medidor == "M-9"
    assert "CPF ou CNPJ inválido" in resposta.text
    assert ">3<" in resposta.text  # the refused line


@pytest.mark.parametrize(
    ("conteudo", "frase"),
    [
        (b"PK\x03\x04" + b"x" * 100, "ZIP ou XLSX"),
        (b"%PDF-1.7 " + b"x" * 100, "é um PDF"),
        (b"", "vazio"),
        (b"\x00\x01" * 500, "binário"),
        (b"a;b;c\n1;2;3\n", "Falta no cabeçalho"),
        (CADASTRO.split("\n", maxsplit=1)[0].encode() + b"\n", "nenhuma linha de dados"),
        (b"x" * 200_000, "parece um CSV"),
    ],
)
def test_arquivo_hostil_e_uma_frase(admin_client, conteudo, frase):
    arquivo = SimpleUploadedFile("cadastro.csv", conteudo)
    resposta = enviar(admin_client, reverse(IMPORTAR), arquivo=arquivo)
    assert resposta.status_code == 200
    assert frase in resposta.text


def test_arquivo_grande_demais(admin_client, monkeypatch):
    monkeypatch.setattr("medidores.admin.envio.TAMANHO_MAXIMO_MB", 0)
    arquivo = SimpleUploadedFile("cadastro.csv", CADASTRO.encode())
    resposta = enviar(admin_client, reverse(IMPORTAR), arquivo=arquivo)
    assert "o máximo aqui é" in resposta.text


def test_importar_exige_as_tres_permissoes(client):
    entrar_como(client, "medidores.add_medidor", "medidores.view_medidor")
    assert client.get(reverse(IMPORTAR)).status_code == 403
    assert client.post(reverse(IMPORTAR)).status_code == 403


def test_data_de_retirada_nao_se_digita(admin_client):
    """Sent all the same, it is not taken: what the meter counted would never be billed."""
    medidor = MedidorFactory()
    texto = admin_client.get(pagina(medidor)).text
    assert 'name="data_retirada"' not in texto
    assert "sai por Trocar medidor ou Retirar medidor" in texto
    enviar(admin_client, pagina(medidor), tipo="eletrônico", data_retirada="05/01/2026")
    medidor.refresh_from_db()
    assert (medidor.tipo, medidor.data_retirada) == ("eletrônico", None)


def test_da_pagina_do_medidor_a_leitura_dele(admin_client):
    medidor = MedidorFactory()
    assert pagina(medidor, "registrar_leitura") in admin_client.get(pagina(medidor)).text
    resposta = admin_client.get(pagina(medidor, "registrar_leitura"), follow=True)
    assert resposta.context["adminform"].form.initial["medidor"] == str(medidor.pk)
    medidor.data_retirada = date(2026, 1, 5)
    medidor.save()
    assert pagina(medidor, "registrar_leitura") not in admin_client.get(pagina(medidor)).text
