"""Meters and readings, as the API reads and writes them."""

from decimal import Decimal

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from clientes.models import Cliente
from comum.django_base.api.campos import (
    CodigoField,
    DataField,
    DecimalField,
    EnergiaField,
    IdField,
    InstanteField,
    InteiroField,
    ReferenciaField,
    TextoField,
)
from comum.django_base.api.serializers import AlteracaoMixin, RecursoSerializer
from comum.vocabulario import Registrador
from medidores.calculo.consumo import DIGITOS_MAXIMOS
from medidores.models import Leitura, UnidadeConsumidora


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "medidor",
            request_only=True,
            value={"client_id": 1, "numero_medidor": "MD-000123", "tipo": "eletrônico"},
        )
    ]
)
class MedidorSerializer(RecursoSerializer):
    medidor_id = serializers.IntegerField(source="pk", read_only=True)
    client_id = ReferenciaField(
        source="cliente",
        queryset=Cliente.objects.all(),
        nao_encontrado="Cliente {} não encontrado.",
        help_text="O cliente do medidor. Não muda por aqui depois de faturado.",
    )
    numero_medidor = TextoField(max_length=50, help_text="Não se repete.")
    tipo = TextoField(max_length=60, required=False, allow_blank=True)
    unidade_id = ReferenciaField(
        source="unidade",
        queryset=UnidadeConsumidora.objects.all(),
        required=False,
        nao_encontrado="Unidade consumidora {} não encontrada.",
        help_text="Sem ela, cria-se uma B1 residencial convencional no endereço do cliente.",
    )
    digitos = InteiroField(
        required=False,
        min_value=1,
        max_value=DIGITOS_MAXIMOS,
        help_text="Dígitos do mostrador: com 5, ele vai de 0 a 99999.",
    )
    constante = DecimalField(
        required=False,
        max_digits=10,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        help_text="kWh por unidade do mostrador.",
    )
    data_instalacao = DataField(required=False, help_text="Padrão: hoje. Só na criação.")
    data_retirada = serializers.DateField(read_only=True, allow_null=True)


@extend_schema_serializer(
    examples=[OpenApiExample("tipo", request_only=True, value={"tipo": "telemedido"})]
)
class MedidorAlteracaoSerializer(AlteracaoMixin, MedidorSerializer):
    so_na_criacao = ("data_instalacao",)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "leitura",
            request_only=True,
            value={
                "medidor_id": 1,
                "leitura_kwh": "1520.500",
                "data_leitura": "2026-01-05T08:30:00-03:00",
            },
        )
    ]
)
class LeituraSerializer(RecursoSerializer):
    id_leitura = serializers.IntegerField(source="pk", read_only=True)
    medidor_id = IdField(help_text="Só na criação.")
    leitura_kwh = EnergiaField(help_text="O que o mostrador acumula, em kWh.")
    data_leitura = InstanteField(
        required=False, help_text="Padrão: agora. Sem fuso, é de São Paulo. Só na criação."
    )
    registrador = CodigoField(
        Registrador.escolhas(), required=False, help_text="Padrão: ATIVA_TOTAL. Só na criação."
    )
    origem = serializers.ChoiceField(Leitura.Origem.choices, read_only=True)
    situacao = serializers.ChoiceField(
        Leitura.Situacao.choices,
        read_only=True,
        help_text="RETIDA: a crítica guardou a leitura, mas espera a decisão de uma pessoa.",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("valor", request_only=True, value={"leitura_kwh": "1521.000"})]
)
class LeituraAlteracaoSerializer(AlteracaoMixin, LeituraSerializer):
    so_na_criacao = ("medidor_id", "data_leitura", "registrador")
