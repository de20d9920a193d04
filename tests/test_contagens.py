"""How many rows each choice of a filter has, and what it costs to say so."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comum.django_base import contagens
from comum.periodos import dia_civil
from tests.factories import FaturaFactory, LeituraFactory

pytestmark = pytest.mark.django_db

FATURAS = "/admin/faturamento/fatura/"
CRITICA = "/admin/medidores/leituraemcritica/"


def escolhas(resposta, nome: str) -> dict[str, str]:
    """What the filter of this name offers: label by value."""
    [campo] = re.findall(rf'<select name="{nome}".*?</select>', resposta.text, re.DOTALL)
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>\s*([^<]*?)\s*</option>', campo))


@pytest.fixture
def faturas(db) -> None:
    hoje = dia_civil(timezone.now())
    for n in range(3):
        FaturaFactory(ciclo=True)
        FaturaFactory(emitida=True, numero=n + 1, data_vencimento=hoje + timedelta(days=n))
    FaturaFactory(emitida=True, numero=4, data_vencimento=hoje - timedelta(days=1))
    FaturaFactory(emitida=True, numero=5, status_pagamento="PAGA", cliente__nome="Maria")


def test_cada_escolha_diz_quantas_linhas_tem(admin_client, faturas):
    resposta = admin_client.get(FATURAS)
    assert escolhas(resposta, "situacao__exact") == {
        "": "Todos",
        "RASCUNHO": "rascunho (3)",
        "EMITIDA": "emitida (5)",
        "CANCELADA": "cancelada (0)",
    }
    assert escolhas(resposta, "vencidas") == {
        "": "Todos",
        "sim": "vencidas e não pagas (1)",
        "a_vencer": "a vencer e não pagas (3)",
    }


def test_conta_o_que_os_outros_filtros_e_a_busca_deixam(admin_client, faturas):
    resposta = admin_client.get(FATURAS, {"situacao__exact": "EMITIDA"})
    assert escolhas(resposta, "situacao__exact")["RASCUNHO"] == "rascunho (3)"
    assert escolhas(resposta, "status_pagamento__exact")["PENDENTE"] == "pendente (4)"
    resposta = admin_client.get(FATURAS, {"q": "maria"})
    assert escolhas(resposta, "situacao__exact")["EMITIDA"] == "emitida (1)"
    resposta = admin_client.get(FATURAS, {"q": "ninguém com este nome"})
    assert escolhas(resposta, "situacao__exact")["EMITIDA"] == "emitida (0)"
    assert escolhas(resposta, "vencidas")["sim"] == "vencidas e não pagas (0)"


def test_retidas_por_codigo(admin_client):
    LeituraFactory(situacao="RETIDA", ocorrencia="CONSUMO_ALTO")
    LeituraFactory(ocorrencia="CONSUMO_ALTO")
    por_codigo = escolhas(admin_client.get(CRITICA), "codigo")
    assert por_codigo["CONSUMO_ALTO"].endswith("(1)")


def test_uma_consulta_para_os_filtros_parados_e_uma_para_cada_em_uso(admin_client, faturas):
    def contagens_feitas(**filtros: str) -> int:
        with CaptureQueriesContext(connection) as feitas:
            admin_client.get(FATURAS, filtros)
        return sum("q GROUP BY" in c["sql"] or ") q)" in c["sql"] for c in feitas)

    assert contagens_feitas() == 2  # the columns, and what is overdue
    assert contagens_feitas(situacao__exact="EMITIDA") == 3
    assert contagens_feitas(situacao__exact="EMITIDA", vencidas="sim") == 3


@pytest.fixture
def lista_longa(faturas, monkeypatch) -> None:
    monkeypatch.setattr(contagens, "CONTAGEM_MAXIMA", 4)
    monkeypatch.setattr(contagens, "APARTADAS_MAXIMAS", 4)


def test_lista_longa_nao_se_conta_alem_do_limite(admin_client, lista_longa):
    with CaptureQueriesContext(connection) as feitas:
        resposta = admin_client.get(FATURAS, {"q": "cliente"})
    assert escolhas(resposta, "situacao__exact")["EMITIDA"] == "emitida"
    contadas = [c["sql"] for c in feitas if " q GROUP BY" in c["sql"] or ") q)" in c["sql"]]
    assert contadas
    assert all("LIMIT 5" in sql for sql in contadas)


def test_o_que_outros_filtros_deixam_so_se_conta_se_for_pouco(admin_client, faturas, monkeypatch):
    def vencidas(**filtros: str) -> str:
        return escolhas(admin_client.get(FATURAS, filtros), "vencidas")["a_vencer"]

    assert vencidas(situacao__exact="EMITIDA") == "a vencer e não pagas (3)"
    monkeypatch.setattr(contagens, "APARTADAS_MAXIMAS", 4)
    assert vencidas(situacao__exact="EMITIDA") == "a vencer e não pagas"
    assert vencidas(situacao__exact="RASCUNHO") == "a vencer e não pagas (0)"


def test_mais_do_que_se_conta_e_dito_assim(admin_client, faturas, monkeypatch):
    monkeypatch.setattr(contagens, "CONTAGEM_MAXIMA", 2)
    resposta = admin_client.get(FATURAS)
    assert escolhas(resposta, "vencidas")["a_vencer"] == "a vencer e não pagas (mais de 2)"


@pytest.mark.postgresql
def test_lista_longa_tem_a_estimativa_do_postgresql(admin_client, lista_longa):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE faturamento_fatura")
    resposta = admin_client.get(FATURAS)
    assert escolhas(resposta, "situacao__exact") == {
        "": "Todos",
        "RASCUNHO": "rascunho (cerca de 3)",
        "EMITIDA": "emitida (cerca de 5)",
        "CANCELADA": "cancelada",
    }
    # Of what somebody narrowed, statistics know nothing.
    resposta = admin_client.get(FATURAS, {"origem__exact": "CICLO"})
    assert escolhas(resposta, "situacao__exact")["EMITIDA"] == "emitida"


def test_as_facetas_do_django_ficam_desligadas(admin_client, faturas):
    """They would count each choice over the whole table."""
    assert "Mostrar contagem" not in admin_client.get(FATURAS).text
    with CaptureQueriesContext(connection) as feitas:
        admin_client.get(FATURAS, {"_facets": "1"}, follow=True)
    assert not [c["sql"] for c in feitas if "FILTER (WHERE" in c["sql"]]


def test_busca_com_demais_diz_uma_vez(admin_client, faturas, monkeypatch):
    monkeypatch.setattr("comum.django_base.busca.RELACIONADOS_MAXIMOS", 1)
    texto = admin_client.get(FATURAS, {"q": "cliente", "situacao__exact": "EMITIDA"}).text
    assert texto.count("Escreva mais") == 1
