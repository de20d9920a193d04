"""Rows read owner by owner: the same rows as a plain filter, by the owner's index alone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comum.django_base.de_cada import contar_de_cada, ler_de_cada
from medidores.models import Leitura
from tests.factories import LeituraFactory, MedidorFactory

pytestmark = [pytest.mark.django_db, pytest.mark.banco]


@pytest.fixture
def leituras(agora):
    """Three meters of four readings each, some days apart."""
    medidores = MedidorFactory.create_batch(3)
    return [
        LeituraFactory(
            medidor=medidor,
            data_leitura=agora - timedelta(days=10 * (4 - ordem)),
            leitura_kwh=Decimal(100 * ordem),
        )
        for ordem in range(4)
        for medidor in medidores
    ]


def test_traz_as_linhas_de_cada_um_entre_as_datas_e_na_ordem(leituras, agora):
    donos = {leituras[0].medidor_id, leituras[2].medidor_id}
    limites = {
        "data_leitura__gt": agora - timedelta(days=40),
        "data_leitura__lte": agora - timedelta(days=20),
    }
    de_cada = Leitura.objects.order_by("data_leitura").values_list("medidor_id", "pk")
    lidas = list(ler_de_cada(de_cada, "medidor", donos, **limites))
    esperadas = de_cada.filter(medidor__in=donos, **limites).order_by("medidor_id", "data_leitura")
    assert sorted(lidas, key=lambda linha: linha[0]) == list(esperadas)
    assert len(lidas) == 4
    assert list(ler_de_cada(de_cada, "medidor", set(), **limites)) == []


@pytest.mark.parametrize(("maximo", "contadas"), [(3, 3), (8, 8), (100, 8)])
def test_conta_ate_o_maximo(leituras, agora, maximo, contadas):
    donos = {leituras[0].medidor_id, leituras[1].medidor_id}
    quantas = contar_de_cada(
        Leitura.objects.all(), "medidor", donos, maximo=maximo, data_leitura__lte=agora
    )
    assert quantas == contadas


@pytest.mark.postgresql
def test_so_o_indice_do_dono_serve(leituras, agora):
    """Control: with the owner's indexes gone, a plain filter goes by the date, this does not.

    By the date it would read every row of the month once for each slice of meters.
    """
    limites = {"data_leitura__gte": agora - timedelta(days=20), "data_leitura__lte": agora}
    donos = {leitura.medidor_id for leitura in leituras}
    colunas = Leitura.objects.values_list("pk", "medidor_id")
    with CaptureQueriesContext(connection) as consultas:
        assert len(list(ler_de_cada(colunas, "medidor", donos, **limites))) == 6
        assert len(list(colunas.filter(medidor__um_de=donos, **limites))) == 6
    por_dono, por_data = (consulta["sql"] for consulta in consultas)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "leitura_medidor_data" in _plano(cursor, por_dono)
        for indice in ("leitura_medidor_data", "leitura_unica_por_registrador_e_instante"):
            cursor.execute(f"DROP INDEX {indice}")
        assert "leitura_data" in _plano(cursor, por_data)
        assert "leitura_data" not in _plano(cursor, por_dono)


def _plano(cursor, sql):
    cursor.execute("EXPLAIN " + sql)
    return "\n".join(linha for (linha,) in cursor.fetchall())
