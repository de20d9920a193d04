"""Payments over REST: told as facts, reversed by rows of their own, never changed."""

from datetime import date
from decimal import Decimal
from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from comum.dinheiro import CENTAVO
from comum.django_base.api.campos import DataField, DinheiroField, IdField, TextoField
from comum.django_base.api.filters import CodigoFilter, DiaFilter, IdFilter, TextoFilter
from comum.django_base.api.serializers import RecursoSerializer
from comum.django_base.api.views import RecursoViewSet
from comum.erros import DadoInvalidoError, NaoEncontradoError
from faturamento.models import Pagamento
from faturamento.servicos.baixa import estornar_pagamento
from faturamento.servicos.recebimento import receber_pagamento

IDENTIFICADOR = (
    "O que distingue este pagamento de qualquer outro, como o `txid` do Pix; não se repete."
)
VALOR_POSITIVO = "O pagamento é maior que zero. Para desfazer um, estorne-o."
REPETIDO = (
    "Repetir o mesmo pagamento responde 200 com o que já existe; o mesmo identificador em outro "
    "pagamento é 409."
)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "pagamento",
            request_only=True,
            value={
                "fatura_id": 1,
                "valor": "150.00",
                "identificador": "E1234567820260115120000000000001",
                "data_pagamento": "2026-01-15",
            },
        )
    ]
)
class PagamentoSerializer(RecursoSerializer):
    id_pagamento = serializers.IntegerField(source="pk", read_only=True)
    fatura_id = IdField(help_text="A fatura emitida que recebe o pagamento.")
    valor = DinheiroField(help_text="R$, com 2 casas; negativo no estorno.")
    identificador = TextoField(max_length=120, help_text=IDENTIFICADOR)
    data_pagamento = DataField(required=False, help_text="Padrão: hoje.")
    origem = serializers.ChoiceField(Pagamento.Origem.choices, read_only=True)
    estorna_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="O pagamento que este estorna."
    )
    estorno_id = serializers.IntegerField(
        source="estorno.pk", read_only=True, allow_null=True, help_text="O estorno deste, se há."
    )
    registrado_em = serializers.DateTimeField(read_only=True)

    def validate_valor(self, valor: Decimal) -> Decimal:
        # Not a `min_value`, which would hold for the reversals that are read, too.
        if valor <= 0:
            raise serializers.ValidationError(VALOR_POSITIVO, code="min_value")
        return valor


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "o que falta",
            request_only=True,
            value={"identificador": "E1234567820260115120000000000001"},
        ),
        OpenApiExample(
            "parte",
            request_only=True,
            value={
                "identificador": "E1234567820260115120000000000002",
                "valor": "50.00",
                "data_pagamento": "2026-01-15",
            },
        ),
    ]
)
class PagarSerializer(RecursoSerializer):
    """A payment of the invoice of the path."""

    identificador = TextoField(max_length=120, help_text=IDENTIFICADOR)
    valor = DinheiroField(
        required=False,
        min_value=CENTAVO,
        error_messages={"min_value": VALOR_POSITIVO},
        help_text="Padrão: o que está em aberto.",
    )
    data_pagamento = DataField(required=False, help_text="Padrão: hoje.")


class PagamentoFilter(django_filters.FilterSet):
    fatura_id = IdFilter(field_name="fatura_id", help_text="A fatura paga.")
    cliente_id = IdFilter(field_name="fatura__cliente_id", help_text="O cliente da fatura.")
    identificador = TextoFilter(help_text="O identificador inteiro.")
    origem = CodigoFilter(Pagamento.Origem.choices, help_text="De onde veio o pagamento.")
    data_de = DiaFilter(
        field_name="data_pagamento", lookup_expr="gte", help_text="Pagos deste dia em diante."
    )
    data_ate = DiaFilter(
        field_name="data_pagamento", lookup_expr="lte", help_text="Pagos até este dia."
    )


class RecebimentoMixin:
    """Tells the service a payment fact; 201 for a new one, 200 for one that was known."""

    def receber(self: Any, fatura_id: int, dados: dict[str, Any]) -> tuple[Pagamento, int]:
        valor: Any = dados.get("valor")
        dia: date | None = dados.get("data_pagamento")
        recebido = receber_pagamento(
            fatura_id=fatura_id,
            identificador=dados["identificador"],
            valor=valor,
            data_pagamento=dia,
            agora=timezone.now(),
            usuario_id=self.request.user.pk,
        )
        return recebido.pagamento, 200 if recebido.repetido else 201


class PagamentoViewSet(RecebimentoMixin, RecursoViewSet):
    """A credit to an invoice, or its reversal."""

    queryset = Pagamento.objects.select_related("estorno")
    serializer_class = PagamentoSerializer
    filterset_class = PagamentoFilter
    http_method_names = ["get", "post", "head", "options"]
    nao_encontrado = "Pagamento {} não encontrado."
    permissoes_dos_atos = {"estorno": ("faturamento.add_pagamento",)}
    textos = {
        "create": (
            "Credita um pagamento a uma fatura emitida; o `status_pagamento` dela o segue. O que "
            f"passa do valor fica à vista, como pago a mais. {REPETIDO}"
        ),
    }

    @extend_schema(
        responses={
            201: PagamentoSerializer,
            200: OpenApiResponse(PagamentoSerializer, "O pagamento já existia, igual."),
        }
    )
    def create(self, request: Request) -> Response:
        dados = self.ler_corpo()
        try:
            pagamento, codigo = self.receber(dados["fatura_id"], dados)
        except NaoEncontradoError as erro:
            raise DadoInvalidoError(str(erro), campo="fatura_id", codigo=erro.codigo) from erro
        return self.responder_criado(pagamento) if codigo == 201 else self.responder(pagamento)

    @extend_schema(
        summary="Estornar pagamento",
        description=(
            "Desfaz o pagamento por uma linha nova, negativa, que aponta para ele. Um pagamento "
            "se estorna uma vez; o estorno, nunca."
        ),
        request=None,
        responses={201: OpenApiResponse(PagamentoSerializer, "O estorno.")},
    )
    @action(detail=True, methods=["post"])
    def estorno(self, request: Request, pk: str) -> Response:
        estorno = estornar_pagamento(
            pagamento_id=self.get_object().pk,
            agora=timezone.now(),
            usuario_id=request.user.pk,
        )
        return self.responder_criado(estorno)
