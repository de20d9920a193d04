"""Readings through the pages: the crítica speaks, and what was billed stays."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from medidores.models import ImportacaoLeituras, Leitura, Medidor
from tests.factories import FaturaFactory, LeituraFactory, MedidorFactory
from tests.paginas import agir_em_lote, entrar_como, enviar

pytestmark = pytest.mark.django_db

INCLUIR = "admin:medidores_leitura_add"
IMPORTAR = "admin:medidores_leitura_importar_leituras"


@pytest.fixture
def medidor() -> Medidor:
    medidor = MedidorFactory(numero_medidor="M-1", data_instalacao=date(2025, 1, 1))
    LeituraFactory(
        medidor=medidor,
        data_leitura=datetime(2026, 1, 5, 12, tzinfo=UTC),
        leitura_kwh=Decimal(1000),
    )
    return medidor


def registrar(client, medidor, dia="05/02/2026", valor="1.150,5", hora="09:00:00"):
    return enviar(
        client,
        reverse(INCLUIR),
        medidor=medidor.pk,
        data_leitura_0=dia,
        data_leitura_1=hora,
        leitura_kwh=valor,
    )


def pagina(leitura: Leitura, qual: str = "change") -> str:
    return reverse(f"admin:medidores_leitura_{qual}", args=[leitura.pk])


def test_registra_com_virgula_e_hora_de_sao_paulo(admin_client, medidor):
    resposta = registrar(admin_client, medidor)
    leitura = Leitura.objects.latest("pk")
    assert leitura.leitura_kwh == Decimal("1150.5")
    assert leitura.data_leitura == datetime(2026, 2, 5, 12, tzinfo=UTC)
    assert leitura.situacao == "VALIDA"
    assert "Gravado: leitura" in resposta.text


@pytest.mark.parametrize(
    ("campos", "campo", "frase"),
    [
        ({"valor": "-5"}, "leitura_kwh", "não pode ser negativa"),
        ({"valor": "123456"}, "leitura_kwh", "não cabe no mostrador"),
        ({"valor": "1" * 40}, "leitura_kwh", "dígitos"),
        ({"valor": "NaN"}, "leitura_kwh", "Informe um número"),
        ({"dia": "05/02/2099"}, "data_leitura", "no futuro"),
        ({"dia": "05/02/2020"}, "data_leitura", "instala"),
        ({"dia": "99/99/9999"}, "data_leitura", "data válida"),
        ({"dia": "01/01/0001"}, "data_leitura", "Ano fora do calendário"),
    ],
)
def test_o_que_nao_pode_ser_verdade_e_recusado_no_campo(
    admin_client, medidor, campos, campo, frase
):
    resposta = registrar(admin_client, medidor, **campos)
    assert resposta.status_code == 200
    erros = resposta.context["adminform"].form.errors
    assert frase in " ".join(erros[campo])
    assert Leitura.objects.count() == 1


def test_o_que_pode_ser_verdade_fica_retido_com_aviso(admin_client, medidor):
    resposta = registrar(admin_client, medidor, valor="900")
    assert Leitura.objects.latest("pk").situacao == "RETIDA"
    assert "retida pela crítica" in resposta.text


def test_repetida_avisa_e_nao_duplica(admin_client, medidor):
    registrar(admin_client, medidor)
    resposta = registrar(admin_client, medidor)
    assert "já estava registrada" in resposta.text
    assert Leitura.objects.count() == 2


def test_mesmo_instante_com_outro_valor_e_conflito(admin_client, medidor):
    registrar(admin_client, medidor)
    resposta = registrar(admin_client, medidor, valor="1160")
    assert "já tem a leitura" in resposta.text
    assert 'value="1160"' in resposta.text
    assert Leitura.objects.count() == 2


def test_corrige_o_valor_e_guarda_o_que_veio(admin_client, medidor):
    leitura = medidor.leituras.get()
    enviar(admin_client, pagina(leitura), leitura_kwh="1.010,000")
    leitura.refresh_from_db()
    assert (leitura.leitura_kwh, leitura.valor_informado) == (Decimal(1010), Decimal(1000))


@pytest.fixture
def faturada(medidor) -> Leitura:
    FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente)
    return medidor.leituras.get()


def test_leitura_faturada_so_se_le_e_a_pagina_diz_por_que(admin_client, faturada):
    texto = admin_client.get(pagina(faturada)).text
    assert "esta leitura não muda mais" in texto
    assert 'name="leitura_kwh"' not in texto
    resposta = admin_client.post(pagina(faturada), {"leitura_kwh": "5"}, follow=True)
    assert resposta.status_code == 200
    assert "esta leitura não muda mais" in resposta.text
    resposta = admin_client.post(pagina(faturada, "delete"), {"post": "yes"}, follow=True)
    assert "esta leitura não muda mais" in resposta.text
    faturada.refresh_from_db()
    assert faturada.leitura_kwh == 1000


def test_apagar_em_lote_uma_faturada_e_uma_frase(admin_client, faturada):
    lista = reverse("admin:medidores_leitura_changelist")
    resposta = agir_em_lote(admin_client, lista, "delete_selected", faturada.pk)
    assert "período já faturado" in resposta.text
    assert Leitura.objects.filter(pk=faturada.pk).exists()


def test_formulario_velho_sobre_leitura_que_foi_faturada(admin_client, medidor):
    leitura = medidor.leituras.get()
    caminho = pagina(leitura)
    FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente)
    resposta = admin_client.post(caminho, {"leitura_kwh": "1010"}, follow=True)
    assert "faturada até" in resposta.text


def test_importacao_faturada_nao_se_desfaz(admin_client, medidor):
    importacao = ImportacaoLeituras.objects.create(
        arquivo_nome="x.csv",
        situacao="CONCLUIDA",
        importada_em=datetime(2026, 1, 6, tzinfo=UTC),
    )
    Leitura.objects.update(importacao=importacao)
    FaturaFactory(emitida=True, unidade=medidor.unidade, cliente=medidor.cliente)
    caminho = reverse("admin:medidores_importacaoleituras_desfazer", args=[importacao.pk])
    resposta = admin_client.post(caminho)
    assert resposta.status_code == 200
    assert "leituras já faturadas" in resposta.text


def test_sem_permissao_nada_se_faz(client, medidor):
    importacao = ImportacaoLeituras.objects.create(
        arquivo_nome="x.csv", importada_em=datetime(2026, 1, 6, tzinfo=UTC)
    )
    entrar_como(client, "medidores.view_leitura", "medidores.view_importacaoleituras")
    desfazer = reverse("admin:medidores_importacaoleituras_desfazer", args=[importacao.pk])
    for caminho in (reverse(INCLUIR), reverse(IMPORTAR), desfazer):
        assert client.get(caminho).status_code == 403
        assert client.post(caminho).status_code == 403
    leitura = medidor.leituras.get()
    assert client.post(pagina(leitura), {"leitura_kwh": "5"}).status_code == 403
    assert client.post(pagina(leitura, "delete"), {"post": "yes"}).status_code == 403
