"""A customer's consumption and statement over REST: what billing adds to /cliente/."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clientes.api.views import ClienteViewSet
from comum.django_base.api.campos import DinheiroField, EnergiaField, MesField
from comum.periodos import dia_civil
from faturamento.models import Fatura
from faturamento.servicos.consumo import MESES, consumo_do_cliente
from faturamento.servicos.extrato import TipoDeMovimento, extrato_do_cliente


class ConsumoDoMesSerializer(serializers.Serializer):
    mes = MesField(read_only=True, help_text="AAAA-MM.")
    consumo_kwh = EnergiaField(
        read_only=True, allow_null=True, help_text="Medido; nulo sem fatura."
    )
    faturado_kwh = EnergiaField(
        read_only=True, allow_null=True, help_text="Com o mínimo; nulo sem fatura."
    )
    valor = DinheiroField(
        max_digits=16, read_only=True, allow_null=True, help_text="R$; nulo sem fatura."
    )
    dias = serializers.IntegerField(read_only=True, help_text="Dias faturados.")
    estimado = serializers.BooleanField(read_only=True, help_text="Alguma fatura foi estimada.")
    fatura_ids = serializers.ListField(child=serializers.IntegerField(), read_only=True)


class ConsumoDaUnidadeSerializer(serializers.Serializer):
    unidade_id = serializers.IntegerField(read_only=True)
    codigo = serializers.CharField(read_only=True)
    meses = ConsumoDoMesSerializer(many=True, read_only=True)


class ConsumoSerializer(serializers.Serializer):
    cliente_id = serializers.IntegerField(read_only=True)
    unidades = ConsumoDaUnidadeSerializer(many=True, read_only=True)
    total = ConsumoDoMesSerializer(many=True, read_only=True, help_text="Todas as unidades.")


class FaturaDoExtratoSerializer(serializers.Serializer):
    fatura_id = serializers.IntegerField(read_only=True)
    rotulo = serializers.CharField(read_only=True)
    mes_referencia = MesField(source="mes", read_only=True, help_text="AAAA-MM.")
    unidade = serializers.CharField(read_only=True, help_text="Código; em branco na avulsa.")
    situacao = serializers.ChoiceField(Fatura.Situacao.choices, read_only=True)
    valor = DinheiroField(read_only=True)
    pago = DinheiroField(max_digits=16, read_only=True)
    aberto = DinheiroField(max_digits=16, read_only=True, help_text="R$ que faltam pagar.")
    credito = DinheiroField(max_digits=16, read_only=True, help_text="R$ pagos a mais.")
    data_emissao = serializers.DateField(source="emissao", read_only=True)
    data_vencimento = serializers.DateField(source="vencimento", read_only=True)
    dias_de_atraso = serializers.IntegerField(read_only=True)


class MovimentoSerializer(serializers.Serializer):
    dia = serializers.DateField(read_only=True)
    tipo = serializers.ChoiceField([tipo.value for tipo in TipoDeMovimento], read_only=True)
    descricao = serializers.CharField(read_only=True)
    valor = DinheiroField(
        max_digits=16, read_only=True, help_text="R$; positivo: aumenta o que se deve."
    )
    saldo = DinheiroField(max_digits=16, read_only=True, help_text="R$ devidos depois dele.")
    fatura_id = serializers.IntegerField(read_only=True)
    pagamento_id = serializers.IntegerField(read_only=True, allow_null=True)


class ExtratoSerializer(serializers.Serializer):
    cliente_id = serializers.IntegerField(read_only=True)
    em = serializers.DateField(read_only=True, help_text="O dia de hoje, que diz o que venceu.")
    aberto = DinheiroField(max_digits=16, read_only=True, help_text="R$: vencido mais a vencer.")
    vencido = DinheiroField(max_digits=16, read_only=True)
    a_vencer = DinheiroField(max_digits=16, read_only=True)
    credito = DinheiroField(max_digits=16, read_only=True, help_text="R$ pagos a mais.")
    saldo = DinheiroField(max_digits=16, read_only=True, help_text="R$: aberto menos crédito.")
    faturas = FaturaDoExtratoSerializer(many=True, read_only=True)
    movimentos = MovimentoSerializer(many=True, read_only=True)


class ClienteComFaturasViewSet(ClienteViewSet):
    """The customer's viewset, with what only this app knows of the customer."""

    permissoes_dos_atos = {
        "consumo": ("clientes.view_cliente", "faturamento.view_fatura"),
        "extrato": (
            "clientes.view_cliente",
            "faturamento.view_fatura",
            "faturamento.view_pagamento",
        ),
    }

    @extend_schema(
        summary="Consumo do cliente",
        description=(
            f"Os últimos {MESES} meses, até o atual, de cada unidade e de todas, pelas faturas "
            "emitidas ao cliente."
        ),
        responses={200: OpenApiResponse(ConsumoSerializer, "Os meses, do mais antigo ao atual.")},
    )
    @action(detail=True, methods=["get"])
    def consumo(self, request: Request, pk: str) -> Response:
        consumo = consumo_do_cliente(self.get_object().pk, ate=_hoje())
        return Response(ConsumoSerializer(consumo).data)

    @extend_schema(
        summary="Extrato do cliente",
        description=(
            "Faturas, pagamentos e estornos do cliente, em ordem de dia, com o saldo depois de "
            "cada um, e o que está aberto hoje."
        ),
        responses={200: OpenApiResponse(ExtratoSerializer, "O extrato.")},
    )
    @action(detail=True, methods=["get"])
    def extrato(self, request: Request, pk: str) -> Response:
        extrato = extrato_do_cliente(self.get_object().pk, em=_hoje())
        return Response(ExtratoSerializer(extrato).data)


def _hoje() -> Any:
    return dia_civil(timezone.now())
