"""What the reader finds: the table, the meter's page, and the readings that it holds."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from comum.erros import NaoEncontradoError
from comum.vocabulario import Classe
from medidores.models import (
    Leitura,
    LimiteCritica,
    Medidor,
    OcorrenciaLeitura,
    OcorrenciaRegistrada,
)
from medidores.servicos.leituras import LeituraInformada
from medidores.servicos.ocorrencias import (
    registrar_leitura_com_ocorrencia,
    registrar_ocorrencia,
)
from tests.factories import MedidorFactory
from tests.paginas import entrar_como, enviar

pytestmark = pytest.mark.django_db

DIA = date(2026, 1, 5)
INSTANTE = datetime(2026, 1, 5, 12, tzinfo=UTC)


def criar(codigo: str = "VIDRO", **campos) -> OcorrenciaLeitura:
    return OcorrenciaLeitura.objects.create(codigo=codigo, descricao="vidro quebrado", **campos)


def registrar(medidor: Medidor, ocorrencia: OcorrenciaLeitura, agora, data=DIA):
    return registrar_ocorrencia(
        medidor_id=medidor.pk, ocorrencia=ocorrencia, data=data, usuario_id=None, agora=agora
    )


def informada(medidor: Medidor, valor: str = "1000") -> LeituraInformada:
    return LeituraInformada(
        medidor_id=medidor.pk,
        registrador="ATIVA_TOTAL",
        data_leitura=INSTANTE,
        leitura_kwh=Decimal(valor),
        origem="CAMPO",
    )


@pytest.mark.parametrize(
    ("data", "campo", "frase"),
    [
        (date(2026, 2, 11), "data", "no futuro"),
        (date(2024, 12, 31), "data", "foi instalado em 01/01/2025"),
    ],
)
def test_dia_que_nao_pode_ser_e_recusado(agora, data, campo, frase):
    with pytest.raises(ValidationError) as erro:
        registrar(MedidorFactory(), criar(), agora, data)
    assert frase in erro.value.message_dict[campo][0]
    assert not OcorrenciaRegistrada.objects.exists()


def test_depois_da_retirada_fora_de_uso_repetida_e_medidor_que_nao_ha(agora):
    retirado = MedidorFactory(data_retirada=date(2025, 6, 1))
    with pytest.raises(ValidationError, match="foi retirado em 01/06/2025"):
        registrar(retirado, criar(), agora)
    medidor = MedidorFactory()
    with pytest.raises(ValidationError, match="não está mais em uso"):
        registrar(medidor, criar("VELHA", ativa=False), agora)
    ocorrencia = criar("CAO")
    registrar(medidor, ocorrencia, agora)
    with pytest.raises(ValidationError, match="já foi registrada neste medidor e dia"):
        registrar(medidor, ocorrencia, agora)
    with pytest.raises(NaoEncontradoError):
        registrar(Medidor(pk=42), ocorrencia, agora)
    assert OcorrenciaRegistrada.objects.count() == 1


@pytest.mark.parametrize(
    ("com_leitura", "situacao", "codigo"),
    [("RETER", "RETIDA", "OCORRENCIA_DE_CAMPO"), ("LEITURA", "VALIDA", "")],
)
def test_a_leitura_com_ocorrencia_e_retida_so_se_ela_retem(agora, com_leitura, situacao, codigo):
    medidor, ocorrencia = MedidorFactory(), criar(com_leitura=com_leitura)
    registrada = registrar_leitura_com_ocorrencia(
        informada(medidor), ocorrencia=ocorrencia, usuario_id=None, agora=agora
    )
    leitura = Leitura.objects.get()
    assert (leitura.situacao, leitura.ocorrencia) == (situacao, codigo)
    assert registrada.julgamento.codigo == codigo
    achada = OcorrenciaRegistrada.objects.get()
    assert (achada.medidor, achada.data, achada.ocorrencia) == (medidor, DIA, ocorrencia)


def test_vale_a_que_ja_estava_registrada_no_dia(agora):
    medidor, ocorrencia = MedidorFactory(), criar(com_leitura="RETER")
    registrar(medidor, ocorrencia, agora)
    registrada = registrar_leitura_com_ocorrencia(
        informada(medidor), ocorrencia=ocorrencia, usuario_id=None, agora=agora
    )
    assert registrada.leitura.situacao == "RETIDA"
    assert "vidro quebrado" in registrada.leitura.explicacao
    assert OcorrenciaRegistrada.objects.count() == 1


def test_recusada_a_leitura_a_ocorrencia_tambem_nao_fica(agora):
    with pytest.raises(Exception, match="não cabe no mostrador"):
        registrar_leitura_com_ocorrencia(
            informada(MedidorFactory(), "100000"), ocorrencia=criar(), usuario_id=None, agora=agora
        )
    assert not OcorrenciaRegistrada.objects.exists()


def test_registra_na_pagina_do_medidor(admin_client, admin_user):
    medidor, ocorrencia = MedidorFactory(), criar()
    caminho = reverse("admin:medidores_medidor_registrar_ocorrencia", args=[medidor.pk])
    resposta = enviar(admin_client, caminho, ocorrencia=ocorrencia.pk, data="05/01/2026")
    assert "Ocorrência registrada" in resposta.text
    assert OcorrenciaRegistrada.objects.get().registrada_por == admin_user
    pagina = admin_client.get(reverse("admin:medidores_medidor_change", args=[medidor.pk]))
    assert "vidro quebrado" in pagina.text
    resposta = enviar(admin_client, caminho, ocorrencia=ocorrencia.pk, data="05/01/2026")
    assert "já foi registrada neste medidor e dia" in resposta.text
    resposta = enviar(admin_client, caminho, ocorrencia=ocorrencia.pk, data="05/01/2099")
    assert "no futuro" in resposta.text
    assert OcorrenciaRegistrada.objects.count() == 1


def test_leitura_da_pagina_com_ocorrencia_fica_retida(admin_client):
    medidor, ocorrencia = MedidorFactory(), criar(com_leitura="RETER")
    resposta = enviar(
        admin_client,
        reverse("admin:medidores_leitura_add"),
        medidor=medidor.pk,
        data_leitura_0="05/01/2026",
        data_leitura_1="09:00:00",
        leitura_kwh="1.000",
        ocorrencia_de_campo=ocorrencia.pk,
    )
    assert "Leitura retida pela crítica: Neste dia foi registrada a ocorrência" in resposta.text
    assert Leitura.objects.get().ocorrencia == "OCORRENCIA_DE_CAMPO"


def test_sem_permissao_nao_se_registra(client):
    medidor = MedidorFactory()
    entrar_como(client, "medidores.view_medidor")
    caminho = reverse("admin:medidores_medidor_registrar_ocorrencia", args=[medidor.pk])
    assert client.get(caminho).status_code == 403
    assert client.post(caminho, {}).status_code == 403


def test_tabela_de_ocorrencias_tem_historico(admin_client):
    caminho = reverse("admin:medidores_ocorrencialeitura_add")
    enviar(admin_client, caminho, codigo="CAO", descricao="cão bravo", com_leitura="RETER")
    ocorrencia = OcorrenciaLeitura.objects.get(codigo="CAO")
    assert (ocorrencia.com_leitura, ocorrencia.history.count()) == ("RETER", 1)
    resposta = enviar(admin_client, caminho, codigo="CAO", descricao="outra")
    assert "Já existe uma ocorrência com este código" in resposta.text


def test_limites_da_critica_pela_pagina(admin_client):
    LimiteCritica.objects.all().delete()
    caminho = reverse("admin:medidores_limitecritica_add")
    enviar(admin_client, caminho, classe=Classe.RURAL, vezes_alto="3,5")
    limite = LimiteCritica.objects.get()
    assert (limite.vezes_alto, limite.history.count()) == (Decimal("3.5"), 1)
    assert "Esta classe já tem limites" in enviar(admin_client, caminho, classe=Classe.RURAL).text
    pagina = reverse("admin:medidores_limitecritica_change", args=[limite.pk])
    resposta = enviar(admin_client, pagina, vezes_alto="0,5", intervalo_minimo_dias="40")
    assert "Consumo alto é mais de uma vez a média." in resposta.text
    assert "O intervalo mínimo não pode passar do máximo." in resposta.text
    enviar(admin_client, pagina, vezes_alto="5")
    limite.refresh_from_db()
    assert (limite.vezes_alto, limite.history.count()) == (5, 2)
    assert (
        "acima de 5" in admin_client.get(reverse("admin:medidores_limitecritica_changelist")).text
    )
