"""Invoices, as the API reads and writes them."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from clientes.models import Cliente
from comum.django_base.api.campos import (
    CodigoField,
    DataField,
    DinheiroField,
    EnergiaField,
    MesField,
    ReferenciaField,
)
from comum.django_base.api.serializers import AlteracaoMixin, RecursoSerializer
from faturamento.models import Fatura

SINONIMOS_DE_STATUS = {"PAGO": "PAGA"}


class FaturaResumoSerializer(RecursoSerializer):
    """An invoice as a row of a list."""

    id_fatura = serializers.IntegerField(source="pk", read_only=True)
    cliente_id = ReferenciaField(
        source="cliente",
        queryset=Cliente.objects.all(),
        nao_encontrado="Cliente {} não encontrado.",
        help_text="Só na criação.",
    )
    valor = DinheiroField(
        min_value=0,
        error_messages={"min_value": "O valor da fatura não pode ser negativo."},
        help_text="R$, com 2 casas. Só muda na fatura avulsa sem pagamento.",
    )
    status_pagamento = CodigoField(
        Fatura.StatusPagamento.choices,
        required=False,
        sinonimos=SINONIMOS_DE_STATUS,
        help_text=(
            "PAGA registra um pagamento manual do que falta; PENDENTE estorna os manuais; "
            "PARCIAL resulta dos pagamentos e não se escreve."
        ),
    )
    mes_referencia = MesField(
        required=False, help_text="AAAA-MM. Padrão: o mês atual. Só na criação."
    )
    data_emissao = DataField(
        required=False, allow_null=True, help_text="Padrão: hoje. Só na criação."
    )
    data_vencimento = DataField(
        required=False,
        allow_null=True,
        help_text="Padrão: pela regra de vencimento. Só na criação.",
    )
    unidade_id = serializers.IntegerField(read_only=True, allow_null=True)
    numero = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Nulo no rascunho e na fatura avulsa."
    )
    situacao = serializers.ChoiceField(Fatura.Situacao.choices, read_only=True)
    origem = serializers.ChoiceField(Fatura.Origem.choices, read_only=True)
    consumo_kwh = EnergiaField(read_only=True, allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "fatura avulsa",
            request_only=True,
            value={"cliente_id": 1, "valor": "150.00", "mes_referencia": "2026-01"},
        )
    ]
)
class FaturaSerializer(FaturaResumoSerializer):
    """An invoice whole."""

    demonstrativo = serializers.DictField(
        read_only=True,
        help_text="Cada linha, insumo, regra e fórmula da fatura; vazio na avulsa.",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("pagamento", request_only=True, value={"status_pagamento": "PAGA"})]
)
class FaturaAlteracaoSerializer(AlteracaoMixin, FaturaSerializer):
    so_na_criacao = ("cliente_id", "mes_referencia", "data_emissao", "data_vencimento")
