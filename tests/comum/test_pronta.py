"""Queries whose SQL is written once: the same rows as the ORM's, for other values too."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.test.utils import CaptureQueriesContext

from auditoria.models import EventoAuditoria
from comum.django_base.pronta import ConsultaPronta
from medidores.models import Leitura
from tests.factories import LeituraFactory

pytestmark = [pytest.mark.django_db, pytest.mark.banco]


def ate(medidor_id, registrador, instante):
    return (
        Leitura.objects.filter(
            medidor=medidor_id, registrador=registrador, data_leitura__lte=instante
        )
        .order_by("pk")
        .values_list("pk", "data_leitura", "leitura_kwh")[:2]
    )


def test_da_o_mesmo_que_a_consulta_para_cada_valor():
    consulta = ConsultaPronta(ate, medidor_id=int, registrador=str, instante=datetime)
    uma, outra = LeituraFactory(), LeituraFactory()
    for leitura in (uma, outra, uma):
        for instante in (leitura.data_leitura, leitura.data_leitura - timedelta(microseconds=1)):
            valores = (leitura.medidor_id, leitura.registrador, instante)
            pronta = consulta.linhas(
                medidor_id=valores[0], registrador=valores[1], instante=valores[2]
            )
            assert pronta == list(ate(*valores))


def test_um_texto_hostil_continua_sendo_um_valor():
    consulta = ConsultaPronta(ate, medidor_id=int, registrador=str, instante=datetime)
    leitura = LeituraFactory()
    hostil = "' OR 1=1 -- %s"
    agora = datetime(2030, 1, 1, tzinfo=UTC)
    assert consulta.linhas(medidor_id=leitura.medidor_id, registrador=hostil, instante=agora) == []


def test_sem_um_dos_valores_nada_e_perguntado():
    consulta = ConsultaPronta(lambda chave: Leitura.objects.filter(pk=chave), chave=int)
    with CaptureQueriesContext(connection) as consultas, pytest.raises((KeyError, TypeError)):
        consulta.linhas()
    assert len(consultas) == 0


preparadas = pytest.mark.skipif(connection.vendor != "postgresql", reason="só no PostgreSQL")


def quantas_preparadas(tabela):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{tabela}%"]
        )
        return cursor.fetchone()[0]


@preparadas
@pytest.mark.parametrize("limiar", [1, None], ids=["ligada", "controle desligada"])
def test_o_banco_a_planeja_uma_vez(limiar, monkeypatch):
    consulta = ConsultaPronta(
        lambda chave: Leitura.objects.filter(pk=chave, origem="CAMPO").values_list("pk"), chave=int
    )
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", limiar)
    antes = quantas_preparadas("origem")
    leituras = LeituraFactory.create_batch(5)
    for leitura in leituras:
        assert consulta.linhas(chave=leitura.pk) == [(leitura.pk,)]
    assert (quantas_preparadas("origem") > antes) == (limiar is not None)


@pytest.mark.parametrize(
    ("coluna", "escrita"),
    [("leitura_kwh", True), ("medidor_id", True), ("data_leitura", True)],
)
def test_o_numero_de_uma_subconsulta_vem_como_numero(coluna, escrita):
    """Also where the SQL is kept, which on PostgreSQL it is for these."""
    da_mesma = Leitura.objects.filter(pk=OuterRef("pk")).values(coluna)
    todas = Leitura.objects.annotate(valor=Subquery(da_mesma)).values_list("valor")
    consulta = ConsultaPronta(lambda chave: todas.filter(pk=chave), chave=int)
    leitura = LeituraFactory()
    [(valor,)] = consulta.linhas(chave=leitura.pk)
    assert (type(valor), valor) == (type(getattr(leitura, coluna)), getattr(leitura, coluna))
    if connection.vendor == "postgresql":
        assert (consulta._escrita is not None) is escrita


@preparadas
def test_o_que_o_django_converte_nao_e_guardado():
    """JSON comes as text from the driver: there the queryset itself runs."""
    EventoAuditoria.objects.create(
        instante=datetime(2026, 1, 5, tzinfo=UTC),
        origem="API",
        acao="X",
        resumo="x",
        dados={"a": 1},
    )
    consulta = ConsultaPronta(
        lambda chave: EventoAuditoria.objects.filter(pk__gte=chave).values_list("dados"), chave=int
    )
    assert consulta.linhas(chave=0) == [({"a": 1},)]
    assert consulta._escrita is None


def test_ela_e_contada_entre_as_consultas():
    consulta = ConsultaPronta(
        lambda chave: Leitura.objects.filter(pk=chave).values_list("pk"), chave=int
    )
    with CaptureQueriesContext(connection) as consultas:
        consulta.linhas(chave=1)
    assert len(consultas) == 1
    assert "medidores_leitura" in consultas[0]["sql"]
