"""Dated rows of one key never share a day: the form says so, and so does the database."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from comum.django_base.banco import traduzir_erro_do_banco
from faturamento import gatilhos
from faturamento.models import Bandeira, Tarifa
from tests.factories import AliquotaFactory, BandeiraFactory, FaixaCipFactory, TarifaFactory

pytestmark = pytest.mark.django_db

FABRICAS = [TarifaFactory, BandeiraFactory, AliquotaFactory, FaixaCipFactory]


@pytest.mark.parametrize("fabrica", FABRICAS, ids=lambda f: f._meta.model.__name__)
@pytest.mark.parametrize(
    ("de", "ate", "coincide"),
    [
        pytest.param(date(2026, 1, 1), date(2026, 2, 1), True, id="igual"),
        pytest.param(date(2026, 1, 31), None, True, id="começa no último dia"),
        pytest.param(date(2025, 1, 1), None, True, id="contém"),
        pytest.param(date(2026, 2, 1), None, False, id="começa no fim exclusivo"),
        pytest.param(date(2025, 1, 1), date(2026, 1, 1), False, id="acaba no início"),
    ],
)
def test_duas_vigencias_da_mesma_chave(fabrica, de, ate, coincide):
    fabrica(vigente_de=date(2026, 1, 1), vigente_ate=date(2026, 2, 1))
    nova = fabrica.build(vigente_de=de, vigente_ate=ate)
    if hasattr(nova, "distribuidora_id") and nova.distribuidora:
        nova.distribuidora.pk = fabrica._meta.model.objects.get().distribuidora_id
        nova.distribuidora_id = nova.distribuidora.pk
    if not coincide:
        nova.save()
        return

    with pytest.raises(ValidationError, match="A vigência coincide com a de outro registro"):
        nova.full_clean()
    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        type(nova).objects.bulk_create([nova])
    assert traduzir_erro_do_banco(erro.value).codigo == "VIGENCIA_SOBREPOSTA"


def test_mudar_a_data_para_cima_de_outra_e_recusado():
    BandeiraFactory(vigente_de=date(2026, 1, 1), vigente_ate=date(2026, 2, 1))
    outra = BandeiraFactory(vigente_de=date(2026, 2, 1), vigente_ate=date(2026, 3, 1))

    with pytest.raises(IntegrityError), transaction.atomic():
        Bandeira.objects.filter(pk=outra.pk).update(vigente_de=date(2026, 1, 31))


def test_chaves_diferentes_convivem():
    TarifaFactory(classe="RESIDENCIAL")
    TarifaFactory(classe="")
    TarifaFactory(classe="RESIDENCIAL", faixa_ate_kwh=Decimal(80))
    assert Tarifa.objects.count() == 3


def test_controle_sem_a_guarda_a_sobreposicao_entra():
    BandeiraFactory()
    if connection.vendor == "sqlite":
        gatilhos.remover(connection)
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE faturamento_bandeira DROP CONSTRAINT bandeira_sem_sobreposicao"
            )
    BandeiraFactory()
    assert Bandeira.objects.count() == 2


def test_vigencia_vazia_e_recusada():
    with pytest.raises(ValidationError, match="O fim da vigência deve ser depois do início"):
        BandeiraFactory.build(
            vigente_de=date(2026, 1, 1), vigente_ate=date(2026, 1, 1)
        ).full_clean()
