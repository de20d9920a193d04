"""Factories: fixed, readable values; nothing random, nothing from the clock."""

from datetime import UTC, date, datetime
from decimal import Decimal

import factory

from clientes.models import Cliente
from faturamento.models import (
    AliquotaTributo,
    Bandeira,
    Distribuidora,
    FaixaCip,
    Fatura,
    LancamentoAvulso,
    MotivoCancelamento,
    Pagamento,
    Tarifa,
)
from medidores.models import Leitura, Medidor, UnidadeConsumidora


class ClienteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Cliente

    nome = factory.Sequence(lambda n: f"Cliente {n}")
    endereco = factory.Sequence(lambda n: f"Rua {n}, 10")
    data_cadastro = date(2025, 1, 1)


class DistribuidoraFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Distribuidora
        django_get_or_create = ("cnpj",)

    nome = "Energia Exemplo"
    cnpj = "11222333000181"
    uf = "SP"
    municipio_ibge = "3550308"
    serie = "1"


class UnidadeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UnidadeConsumidora

    codigo = factory.Sequence(lambda n: f"UC-{n}")
    municipio_ibge = "3550308"
    uf = "SP"
    classe = "RESIDENCIAL"
    subclasse = "RESIDENCIAL"
    subgrupo = "B1"
    ligacao = "MONOFASICA"
    dia_vencimento = 10


class MedidorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Medidor

    cliente = factory.SubFactory(ClienteFactory)
    unidade = factory.SubFactory(UnidadeFactory)
    numero_medidor = factory.Sequence(lambda n: f"M-{n:05d}")
    data_instalacao = date(2025, 1, 1)


class LeituraFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Leitura

    medidor = factory.SubFactory(MedidorFactory)
    data_leitura = datetime(2026, 1, 5, 12, tzinfo=UTC)
    leitura_kwh = Decimal("1000.000")
    valor_informado = factory.SelfAttribute("leitura_kwh")


class TarifaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tarifa

    distribuidora = factory.SubFactory(DistribuidoraFactory)
    subgrupo = "B1"
    classe = "RESIDENCIAL"
    tusd_brl_por_mwh = Decimal("472.42")
    te_brl_por_mwh = Decimal("316.96")
    vigente_de = date(2024, 1, 1)
    fonte = "tarifa de teste"


class BandeiraFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Bandeira

    cor = "VERDE"
    adicional_brl_por_mwh = Decimal(0)
    vigente_de = date(2024, 1, 1)
    fonte = "bandeira de teste"


class AliquotaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = AliquotaTributo

    tributo = "ICMS"
    aliquota = Decimal("0.18")
    vigente_de = date(2024, 1, 1)
    fonte = "alíquota de teste"


class FaixaCipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FaixaCip

    distribuidora = factory.SubFactory(DistribuidoraFactory)
    municipio_ibge = "3550308"
    valor_cip = Decimal("8.63")
    vigente_de = date(2024, 1, 1)
    fonte = "CIP de teste"


class FaturaFactory(factory.django.DjangoModelFactory):
    """An AVULSA, as made by hand; `FaturaFactory(emitida=True)` is one of a cycle."""

    class Meta:
        model = Fatura

    class Params:
        ciclo = factory.Trait(
            origem="CICLO",
            situacao="RASCUNHO",
            unidade=factory.SubFactory(UnidadeFactory),
            ciclo_de=datetime(2025, 12, 5, 12, tzinfo=UTC),
            ciclo_ate=datetime(2026, 1, 5, 12, tzinfo=UTC),
            consumo_kwh=Decimal("150.000"),
            consumo_faturado_kwh=Decimal("150.000"),
        )
        emitida = factory.Trait(
            ciclo=True,
            situacao="EMITIDA",
            serie="1",
            numero=factory.Sequence(lambda n: n + 1),
            emitida_em=datetime(2026, 1, 6, 12, tzinfo=UTC),
        )

    cliente = factory.SubFactory(ClienteFactory)
    mes_referencia = date(2026, 1, 1)
    data_emissao = date(2026, 1, 6)
    data_vencimento = date(2026, 1, 20)
    valor = Decimal("150.00")


class MotivoFactory(factory.django.DjangoModelFactory):
    """The migration's own row, or, where a test emptied the tables, a new one."""

    class Meta:
        model = MotivoCancelamento
        django_get_or_create = ("codigo",)

    codigo = "LEITURA_ERRADA"
    descricao = "Leitura errada"


class LancamentoFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LancamentoAvulso

    unidade = factory.SubFactory(UnidadeFactory)
    cliente = factory.SubFactory(ClienteFactory)
    descricao = "Religação"
    valor = Decimal("25.50")
    a_partir_de = date(2026, 1, 1)
    motivo = "pedido do cliente"
    registrado_em = datetime(2026, 1, 2, 12, tzinfo=UTC)


class PagamentoFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pagamento

    fatura = factory.SubFactory(FaturaFactory)
    identificador = factory.Sequence(lambda n: f"pagamento-{n}")
    valor = Decimal("150.00")
    data_pagamento = date(2026, 1, 15)
    registrado_em = datetime(2026, 1, 15, 12, tzinfo=UTC)


def criar_parametros() -> None:
    """The tables that a B1 bill of São Paulo needs, from 2024 on."""
    distribuidora = DistribuidoraFactory()
    TarifaFactory(distribuidora=distribuidora)
    BandeiraFactory()
    AliquotaFactory(tributo="ICMS", uf="SP")
    AliquotaFactory(tributo="PIS", aliquota=Decimal("0.0079"))
    AliquotaFactory(tributo="COFINS", aliquota=Decimal("0.0365"))
    FaixaCipFactory(distribuidora=distribuidora)


def criar_unidade_com_leituras(
    leituras: tuple[str, ...] = ("1000", "1150"), **campos_do_medidor: object
) -> Medidor:
    """A metered UC with monthly readings that end on 5 January 2026; returns the meter."""
    medidor = MedidorFactory(**campos_do_medidor)
    meses = [(2025, 9), (2025, 10), (2025, 11), (2025, 12), (2026, 1)][-len(leituras) :]
    for (ano, mes), valor in zip(meses, leituras, strict=True):
        LeituraFactory(
            medidor=medidor,
            data_leitura=datetime(ano, mes, 5, 12, tzinfo=UTC),
            leitura_kwh=Decimal(valor),
        )
    return medidor
