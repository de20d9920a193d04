"""P4: what was billed stays, by whatever path; each guard with the control that goes red."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from comum.django_base.banco import traduzir_erro_do_banco
from faturamento import gatilhos
from faturamento.models import Fatura, Pagamento
from medidores.models import Leitura, Medidor
from tests.factories import (
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    PagamentoFactory,
    UnidadeFactory,
)

pytestmark = pytest.mark.django_db


def sql(comando: str, *parametros: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(comando, parametros)


def mudar_demonstrativo(fatura: Fatura) -> None:
    fatura.demonstrativo = {"a": 1}
    fatura.save()


def cenario() -> tuple[Fatura, Leitura]:
    """An issued invoice and the reading that ended its cycle."""
    leitura = LeituraFactory()
    fatura = FaturaFactory(emitida=True, unidade=leitura.medidor.unidade)
    return fatura, leitura


ATOS_PROIBIDOS = {
    "mudar o valor por update": (
        lambda f, _: Fatura.objects.filter(pk=f.pk).update(valor=1),
        "FATURA_CONGELADA",
    ),
    "mudar o demonstrativo por save": (
        lambda f, _: mudar_demonstrativo(f),
        "FATURA_CONGELADA",
    ),
    "mudar o cliente por SQL": (
        lambda f, _: sql("UPDATE faturamento_fatura SET cliente_id = cliente_id + 1 WHERE 1=1"),
        "FATURA_CONGELADA",
    ),
    "apagar por queryset": (
        lambda f, _: Fatura.objects.filter(pk=f.pk).delete(),
        "FATURA_CONGELADA",
    ),
    "apagar por SQL": (lambda f, _: sql("DELETE FROM faturamento_fatura"), "FATURA_CONGELADA"),
    "voltar a rascunho": (
        lambda f, _: Fatura.objects.filter(pk=f.pk).update(situacao="RASCUNHO", numero=None),
        "",
    ),
    "passar a avulsa para editar": (
        lambda f, _: Fatura.objects.filter(pk=f.pk).update(origem="AVULSA"),
        "",
    ),
    "escrever motivo sem cancelar": (
        lambda f, _: Fatura.objects.filter(pk=f.pk).update(motivo_cancelamento="x"),
        "TRANSICAO_INVALIDA",
    ),
    "mudar a leitura faturada": (
        lambda _, leitura: Leitura.objects.filter(pk=leitura.pk).update(leitura_kwh=1),
        "PERIODO_FATURADO",
    ),
    "mudar a data da leitura faturada por SQL": (
        lambda _, leitura: sql(
            "UPDATE medidores_leitura SET data_leitura = %s", datetime(2026, 6, 1, tzinfo=UTC)
        ),
        "PERIODO_FATURADO",
    ),
    "apagar a leitura faturada": (
        lambda _, leitura: leitura.delete(),
        "PERIODO_FATURADO",
    ),
    "pôr leitura válida no período faturado": (
        lambda _, leitura: Leitura.objects.bulk_create(
            [
                Leitura(
                    medidor=leitura.medidor,
                    data_leitura=datetime(2026, 1, 2, tzinfo=UTC),
                    leitura_kwh=Decimal(990),
                    valor_informado=Decimal(990),
                )
            ]
        ),
        "PERIODO_FATURADO",
    ),
    "mudar de unidade o medidor faturado": (
        lambda _, leitura: Medidor.objects.filter(pk=leitura.medidor_id).update(
            unidade=UnidadeFactory()
        ),
        "MEDIDOR_FATURADO",
    ),
}


@pytest.mark.parametrize("nome", ATOS_PROIBIDOS)
def test_ato_sobre_o_que_foi_faturado_e_recusado(nome):
    ato, codigo = ATOS_PROIBIDOS[nome]
    fatura, leitura = cenario()
    antes = Fatura.objects.filter(pk=fatura.pk).values().get()
    leitura_antes = Leitura.objects.filter(pk=leitura.pk).values().get()

    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        ato(fatura, leitura)

    if codigo:
        assert traduzir_erro_do_banco(erro.value).codigo == codigo
    assert Fatura.objects.filter(pk=fatura.pk).values().get() == antes
    assert Leitura.objects.filter(pk=leitura.pk).values().get() == leitura_antes


SO_OS_GATILHOS_GUARDAM = [
    nome
    for nome in ATOS_PROIBIDOS
    if nome not in {"voltar a rascunho", "passar a avulsa para editar"}
    and nome not in {"escrever motivo sem cancelar", "mudar o cliente por SQL"}
]


@pytest.mark.parametrize("nome", SO_OS_GATILHOS_GUARDAM)
def test_controle_sem_gatilho_o_mesmo_ato_passa(nome, sem_gatilhos):
    ato, _ = ATOS_PROIBIDOS[nome]
    fatura, leitura = cenario()
    antes = (
        Fatura.objects.filter(pk=fatura.pk).values().first(),
        list(Leitura.objects.order_by("pk").values()),
        list(Medidor.objects.values("unidade")),
    )

    ato(fatura, leitura)

    depois = (
        Fatura.objects.filter(pk=fatura.pk).values().first(),
        list(Leitura.objects.order_by("pk").values()),
        list(Medidor.objects.values("unidade")),
    )
    assert depois != antes


def test_pagamento_e_cancelamento_estao_fora_do_congelamento(agora):
    fatura, leitura = cenario()

    Fatura.objects.filter(pk=fatura.pk).update(status_pagamento="PAGA")
    Fatura.objects.filter(pk=fatura.pk).update(
        situacao="CANCELADA", cancelada_em=agora, motivo_cancelamento="leitura errada"
    )

    # Cancelled, it no longer freezes its readings.
    Leitura.objects.filter(pk=leitura.pk).update(leitura_kwh=Decimal(990))
    with pytest.raises(IntegrityError), transaction.atomic():
        Fatura.objects.filter(pk=fatura.pk).update(valor=1)


def test_leitura_retida_no_periodo_faturado_pode_entrar_e_ser_rejeitada():
    _, leitura = cenario()
    retida = LeituraFactory(
        medidor=leitura.medidor,
        data_leitura=datetime(2026, 1, 2, 12, tzinfo=UTC),
        situacao="RETIDA",
    )
    Leitura.objects.filter(pk=retida.pk).update(situacao="REJEITADA")

    with pytest.raises(IntegrityError), transaction.atomic():
        Leitura.objects.filter(pk=retida.pk).update(situacao="VALIDA")


def test_leitura_depois_do_ciclo_e_rascunho_ficam_livres():
    _, leitura = cenario()
    depois = LeituraFactory(
        medidor=leitura.medidor, data_leitura=datetime(2026, 2, 5, 12, tzinfo=UTC)
    )
    Leitura.objects.filter(pk=depois.pk).update(leitura_kwh=Decimal(1100))
    rascunho = FaturaFactory(ciclo=True)
    Fatura.objects.filter(pk=rascunho.pk).update(valor=1)
    Fatura.objects.filter(pk=rascunho.pk).delete()
    outra = LeituraFactory(medidor=MedidorFactory())
    outra.delete()


def test_avulsa_muda_ate_ter_pagamento():
    fatura = FaturaFactory()
    Fatura.objects.filter(pk=fatura.pk).update(valor=99)
    PagamentoFactory(fatura=fatura)

    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        Fatura.objects.filter(pk=fatura.pk).update(valor=1)

    assert traduzir_erro_do_banco(erro.value).codigo == "FATURA_COM_PAGAMENTO"


@pytest.mark.parametrize(
    "ato",
    [
        lambda p: Pagamento.objects.filter(pk=p.pk).update(valor=1),
        lambda p: Pagamento.objects.filter(pk=p.pk).delete(),
    ],
    ids=["mudar", "apagar"],
)
def test_pagamento_e_imutavel(ato):
    pagamento = PagamentoFactory()

    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        ato(pagamento)
    assert traduzir_erro_do_banco(erro.value).codigo == "PAGAMENTO_IMUTAVEL"

    gatilhos.remover(connection)
    ato(pagamento)
    gatilhos.instalar(connection)
    assert Pagamento.objects.filter(pk=pagamento.pk, valor=pagamento.valor).count() == 0


def test_regravar_por_upsert_e_recusado():
    fatura, leitura = cenario()
    fatura.valor = Decimal(1)
    leitura.leitura_kwh = Decimal(1)
    for objeto, campo in ((fatura, "valor"), (leitura, "leitura_kwh")):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(objeto).objects.bulk_create(
                [objeto], update_conflicts=True, unique_fields=["id"], update_fields=[campo]
            )


@pytest.mark.skipif(connection.vendor != "sqlite", reason="REPLACE só existe no SQLite")
def test_replace_do_sqlite_nao_contorna_o_congelamento():
    fatura, leitura = cenario()
    for tabela, pk in (("faturamento_fatura", fatura.pk), ("medidores_leitura", leitura.pk)):
        with pytest.raises(IntegrityError), transaction.atomic():
            sql(f"REPLACE INTO {tabela} SELECT * FROM {tabela} WHERE id = %s", pk)  # noqa: S608 - our tables
