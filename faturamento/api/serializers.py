"""Invoices, as the API reads and writes them."""

from collections.abc import Callable, Mapping
from typing import Any

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
    SaidaPorUsuario,
)
from comum.django_base.api.serializers import AlteracaoMixin, RecursoSerializer
from comum.documentos import mascarar_documento
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


class DemonstrativoField(serializers.DictField, SaidaPorUsuario):
    """The frozen document; the customer's own is masked for who may not see it whole."""

    permissao = "clientes.ver_documento"

    def saida_para(self, contexto: Mapping[str, Any]) -> Callable[[Any], Any]:
        return dict if self.ve_inteiro(contexto) else _com_documento_mascarado

    def to_representation(self, value: Any) -> Any:
        return self.saida_para(self.context)(value)


def _com_documento_mascarado(demonstrativo: Mapping[str, Any]) -> dict[str, Any]:
    cliente = demonstrativo.get("cliente")
    if not isinstance(cliente, Mapping) or not cliente.get("documento"):
        return dict(demonstrativo)
    mascarado = mascarar_documento(cliente["documento"])
    return {**demonstrativo, "cliente": {**cliente, "documento": mascarado}}


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

    demonstrativo = DemonstrativoField(
        read_only=True,
        help_text="Cada linha, insumo, regra e fórmula da fatura; vazio na avulsa.",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("pagamento", request_only=True, value={"status_pagamento": "PAGA"})]
)
class FaturaAlteracaoSerializer(AlteracaoMixin, FaturaSerializer):
    so_na_criacao = ("cliente_id", "mes_referencia", "data_emissao", "data_vencimento")
