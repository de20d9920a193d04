"""Meters and readings, as the API reads and writes them."""

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
        help_text="kWh por unidade do mostrador.",
    )
    data_instalacao = DataField(required=False, help_text="Padrão: hoje. Só na criação.")
    data_retirada = serializers.DateField(read_only=True, allow_null=True)


class MedidorAlteracaoSerializer(AlteracaoMixin, MedidorSerializer):
    so_na_criacao = ("data_instalacao",)


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


class LeituraAlteracaoSerializer(AlteracaoMixin, LeituraSerializer):
    so_na_criacao = ("medidor_id", "data_leitura", "registrador")
