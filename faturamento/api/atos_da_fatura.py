"""What is done to an invoice over REST, beyond its five operations: one service call each."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from comum.django_base.api.campos import (
    OBRIGATORIO,
    BooleanoField,
    DinheiroField,
    EnergiaField,
    IdField,
    TextoField,
)
from comum.django_base.api.rota import RespostaDeItem
from comum.django_base.api.serializers import RecursoSerializer
from faturamento.api.pagamentos import (
    REPETIDO,
    PagamentoSerializer,
    PagarSerializer,
    RecebimentoMixin,
)
from faturamento.api.serializers import FaturaSerializer
from faturamento.models import Fatura
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.emissao import emitir_fatura
from faturamento.servicos.impressao import gerar_pdf
from faturamento.servicos.refaturamento import Previa, previa_do_refaturamento, refaturar

MOTIVO = "O código de um motivo de cancelamento em uso, como LEITURA_ERRADA."
LEITURAS_MAXIMAS = 20


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "cancelamento",
            request_only=True,
            value={"motivo": "LEITURA_ERRADA", "detalhe": "Dígitos trocados."},
        )
    ]
)
class CancelamentoSerializer(RecursoSerializer):
    motivo = TextoField(max_length=40, help_text=MOTIVO)
    detalhe = TextoField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="O que houve. Alguns motivos o exigem.",
    )


class LeituraCorrigidaSerializer(RecursoSerializer):
    id_leitura = IdField(help_text="Uma leitura que encerra o ciclo da fatura.")
    leitura_kwh = EnergiaField(min_value=0, help_text="O valor certo, em kWh.")


@extend_schema_field(LeituraCorrigidaSerializer(many=True))
class CorrecoesField(serializers.Field):
    """Readings to correct; inside, Decimals by the id of the reading."""

    default_error_messages = OBRIGATORIO | {
        "invalid": "Envie uma lista de leituras, cada uma com id_leitura e leitura_kwh.",
        "muitas": f"São leituras demais: o máximo é de {LEITURAS_MAXIMAS}.",
        "repetida": "A leitura {id_leitura} aparece mais de uma vez. Deixe uma só.",
    }

    def to_internal_value(self, data: Any) -> dict[int, Decimal]:
        if not isinstance(data, list):
            self.fail("invalid")
        if len(data) > LEITURAS_MAXIMAS:
            self.fail("muitas")
        correcoes: dict[int, Decimal] = {}
        for indice, item in enumerate(data):
            linha = self._ler(indice, item)
            if linha["id_leitura"] in correcoes:
                self.fail("repetida", id_leitura=linha["id_leitura"])
            correcoes[linha["id_leitura"]] = linha["leitura_kwh"]
        return correcoes

    def _ler(self, indice: int, item: Any) -> dict[str, Any]:
        if not isinstance(item, Mapping):
            self.fail("invalid")
        serializer = LeituraCorrigidaSerializer(data=item)
        if not serializer.is_valid():
            # The contract's errors are flat: where it was goes into the sentence.
            erros: Any = serializer.errors
            raise serializers.ValidationError(
                [f"[{indice}] {campo}: {f}" for campo, frases in erros.items() for f in frases]
            )
        return serializer.validated_data


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "ver a diferença",
            request_only=True,
            value={
                "confirmar": False,
                "leituras": [{"id_leitura": 1, "leitura_kwh": "1140.000"}],
            },
        ),
        OpenApiExample(
            "refaturar",
            request_only=True,
            value={
                "confirmar": True,
                "motivo": "LEITURA_ERRADA",
                "leituras": [{"id_leitura": 1, "leitura_kwh": "1140.000"}],
                "valor_previsto": "149.65",
            },
        ),
    ]
)
class RefaturamentoSerializer(RecursoSerializer):
    confirmar = BooleanoField(
        help_text="false: só mostra a diferença, e nada muda. true: cancela e emite a nova."
    )
    motivo = TextoField(
        max_length=40, required=False, help_text=f"{MOTIVO} Obrigatório para confirmar."
    )
    detalhe = TextoField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="O que houve. Alguns motivos o exigem.",
    )
    leituras = CorrecoesField(
        required=False,
        help_text="Leituras do ciclo a corrigir; sem elas, recalcula com as que há.",
    )
    valor_previsto = DinheiroField(
        required=False,
        min_value=0,
        help_text="O `valor_novo` que se viu: se já não é ele, nada se faz (409).",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["confirmar"] and "motivo" not in attrs:
            raise serializers.ValidationError({"motivo": ["Para confirmar, envie o motivo."]})
        return attrs


class LinhaDaDiferencaSerializer(serializers.Serializer):
    codigo = serializers.CharField(read_only=True)
    descricao = serializers.CharField(read_only=True)
    quantidade_antes = EnergiaField(read_only=True, allow_null=True, help_text="kWh.")
    quantidade_depois = EnergiaField(read_only=True, allow_null=True, help_text="kWh.")
    valor_antes = DinheiroField(read_only=True, help_text="R$.")
    valor_depois = DinheiroField(read_only=True, help_text="R$.")
    diferenca = DinheiroField(read_only=True, help_text="R$; positiva: a nova cobra mais.")


class PreviaSerializer(serializers.Serializer):
    """What re-billing would change."""

    fatura_id = serializers.IntegerField(source="fatura.pk", read_only=True)
    linhas = LinhaDaDiferencaSerializer(source="diferenca.linhas", many=True, read_only=True)
    total = LinhaDaDiferencaSerializer(source="diferenca.total", read_only=True)
    tributos = LinhaDaDiferencaSerializer(source="diferenca.tributos", many=True, read_only=True)
    valor_novo = DinheiroField(read_only=True, help_text="R$ da nova fatura.")
    pago = DinheiroField(read_only=True, help_text="R$ já pagos, que passam para a nova.")
    saldo = DinheiroField(
        read_only=True, help_text="R$ que ficariam em aberto; negativo: pago a mais."
    )


def resposta_da_previa(previa: Previa) -> Response:
    return Response(PreviaSerializer(previa).data)


class PdfRenderer(BaseRenderer):
    """Lets `Accept: application/pdf` pass; the view itself gives the bytes."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        raise ValueError("o PDF não passa por aqui")  # errors go out as JSON


class AtosDaFatura(RecebimentoMixin):
    """Mixin of FaturaViewSet."""

    serializers_dos_atos: dict[str, Any] = {
        "cancelar": CancelamentoSerializer,
        "refaturar": RefaturamentoSerializer,
        "pagar": PagarSerializer,
    }
    permissoes_dos_atos: dict[str, Iterable[str]] = {
        "emitir": ("faturamento.view_fatura", "faturamento.emitir_fatura"),
        "cancelar": ("faturamento.view_fatura", "faturamento.cancelar_fatura"),
        "refaturar": ("faturamento.view_fatura", "faturamento.refaturar_fatura"),
        "pagar": ("faturamento.add_pagamento",),
    }

    def finalize_response(self: Any, request: Request, response: Any, *a: Any, **kw: Any) -> Any:
        """An error is JSON, even to whoever asked for a PDF."""
        if isinstance(getattr(request, "accepted_renderer", None), PdfRenderer):
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().finalize_response(request, response, *a, **kw)  # type: ignore[misc]

    def get_serializer_class(self: Any) -> Any:
        do_ato = self.serializers_dos_atos.get(self.action)
        return do_ato or super().get_serializer_class()  # type: ignore[misc]

    @extend_schema(
        summary="Emitir fatura",
        description=(
            "Dá número e datas ao rascunho, que daí em diante não muda. O rascunho cujas leituras, "
            "tarifas ou cadastro mudaram é recusado: descarte-o e fature de novo."
        ),
        request=None,
        responses={200: OpenApiResponse(FaturaSerializer, "A fatura emitida.")},
    )
    @action(detail=True, methods=["post"])
    def emitir(self: Any, request: Request, pk: str) -> Response:
        fatura = self.get_object()
        return self.responder(emitir_fatura(fatura_id=fatura.pk, agora=timezone.now()))

    @extend_schema(
        summary="Cancelar fatura",
        description=(
            "Cancela a fatura emitida que não tem pagamento; número e documento ficam. Para cobrar "
            "de novo, refature-a: `POST /fatura/{id}/refaturar/`."
        ),
        request=CancelamentoSerializer,
        responses={200: OpenApiResponse(FaturaSerializer, "A fatura cancelada.")},
    )
    @action(detail=True, methods=["post"])
    def cancelar(self: Any, request: Request, pk: str) -> Response:
        fatura, dados = self.get_object(), self.ler_corpo()
        cancelada = cancelar_fatura(
            fatura_id=fatura.pk,
            motivo=dados["motivo"],
            detalhe=dados.get("detalhe", ""),
            agora=timezone.now(),
            usuario_id=request.user.pk,
        )
        return self.responder(cancelada)

    @extend_schema(
        summary="Refaturar",
        description=(
            "Com `confirmar: false`, mostra linha a linha o que mudaria, e nada muda. Com "
            "`confirmar: true`, cancela esta fatura e emite a nova, ligada a ela, com as leituras "
            "e tarifas de agora; o que foi pago passa para a nova. Só a última do ciclo da unidade "
            "se refatura."
        ),
        request=RefaturamentoSerializer,
        responses={
            200: OpenApiResponse(PreviaSerializer, "A diferença; nada mudou."),
            201: OpenApiResponse(FaturaSerializer, "A nova fatura."),
        },
    )
    @action(detail=True, methods=["post"])
    def refaturar(self: Any, request: Request, pk: str) -> Response:
        fatura, dados = self.get_object(), self.ler_corpo()
        agora = timezone.now()
        leituras = dados.get("leituras", {})
        if not dados["confirmar"]:
            return resposta_da_previa(
                previa_do_refaturamento(fatura_id=fatura.pk, agora=agora, leituras=leituras)
            )
        nova = refaturar(
            fatura_id=fatura.pk,
            motivo=dados["motivo"],
            detalhe=dados.get("detalhe", ""),
            leituras=leituras,
            valor_previsto=dados.get("valor_previsto"),
            agora=agora,
            usuario_id=request.user.pk,
        )
        return self.responder_criado(nova)

    @extend_schema(
        summary="Pagar fatura",
        description=(
            f"Credita um pagamento a esta fatura; sem valor, o que está em aberto. {REPETIDO}"
        ),
        request=PagarSerializer,
        responses={
            201: OpenApiResponse(PagamentoSerializer, "O pagamento."),
            200: OpenApiResponse(PagamentoSerializer, "O pagamento já existia, igual."),
        },
    )
    @action(detail=True, methods=["post"])
    def pagar(self: Any, request: Request, pk: str) -> Response:
        fatura: Fatura = self.get_object()
        pagamento, codigo = self.receber(fatura.pk, self.ler_corpo())
        resposta = RespostaDeItem(PagamentoSerializer(pagamento).data, status=codigo)
        if codigo == 201:
            resposta["Location"] = reverse("pagamento-detail", args=[pagamento.pk], request=request)
        return resposta

    @extend_schema(
        summary="Fatura em PDF",
        description="A fatura como o cliente a recebe; rascunho e cancelada dizem que o são.",
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, "O PDF.")},
    )
    @action(detail=True, methods=["get"], renderer_classes=[PdfRenderer, JSONRenderer])
    def pdf(self: Any, request: Request, pk: str) -> HttpResponse:
        fatura = self.get_object()
        nome = str(fatura).replace(" ", "-")
        return HttpResponse(
            gerar_pdf(fatura),
            content_type=PdfRenderer.media_type,
            headers={"Content-Disposition": f'inline; filename="{nome}.pdf"'},
        )
