"""Billing runs over REST: asked for, and followed until they end."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from comum.django_base.api.campos import DataField, DinheiroField, MesField, TextoField
from comum.django_base.api.serializers import RecursoSerializer
from comum.django_base.api.views import RecursoViewSet
from faturamento.models import ExecucaoFaturamento
from faturamento.servicos.andamento import contar
from faturamento.servicos.execucao import (
    abrir_execucao,
    cancelar_execucao,
    definir_escopo,
    retomar_execucao,
)
from faturamento.tarefas import executar_faturamento


class ExecucaoResumoSerializer(RecursoSerializer):
    """A run as a row of a list."""

    id_execucao = serializers.IntegerField(source="pk", read_only=True)
    competencia = MesField(source="mes_referencia", help_text="AAAA-MM.")
    grupo_leitura = TextoField(
        required=False, allow_blank=True, max_length=20, help_text="Em branco: todas as unidades."
    )
    ate = DataField(
        required=False, allow_null=True, help_text="Último dia de leitura. Padrão: o do mês."
    )
    emitir = serializers.BooleanField(
        required=False, help_text="Emite e numera as faturas; sem isso ficam em rascunho."
    )
    situacao = serializers.ChoiceField(ExecucaoFaturamento.Situacao.choices, read_only=True)
    elegiveis = serializers.IntegerField(read_only=True)
    faturadas = serializers.IntegerField(read_only=True)
    pendentes = serializers.IntegerField(read_only=True)
    ja_faturadas = serializers.IntegerField(read_only=True)
    suspensas = serializers.IntegerField(read_only=True)
    valor_total = DinheiroField(max_digits=16, read_only=True)
    iniciada_em = serializers.DateTimeField(read_only=True)
    terminada_em = serializers.DateTimeField(read_only=True, allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "faturar um mês", request_only=True, value={"competencia": "2026-01", "emitir": False}
        )
    ]
)
class ExecucaoSerializer(ExecucaoResumoSerializer):
    """A run whole, with what it left pending."""

    pendencias = serializers.DictField(
        source="pendencias.por_codigo",
        child=serializers.IntegerField(),
        read_only=True,
        help_text="Quantas unidades ficaram pendentes, por código.",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "cancelamento", request_only=True, value={"motivo": "Faltam as leituras do grupo 2."}
        )
    ]
)
class CancelamentoDaExecucaoSerializer(RecursoSerializer):
    motivo = TextoField(max_length=300, help_text="Por que se interrompe.")


class ExecucaoViewSet(RecursoViewSet):
    """A billing run. It is done by the workers of the queue (`manage.py db_worker`)."""

    queryset = ExecucaoFaturamento.objects.all()
    serializer_class = ExecucaoSerializer
    lista_serializer_class = ExecucaoResumoSerializer
    http_method_names = ["get", "post", "head", "options"]
    nao_encontrado = "Execução {} não encontrada."
    permissoes_dos_atos = {
        "cancelar": ("faturamento.add_execucaofaturamento",),
        "retomar": ("faturamento.add_execucaofaturamento",),
    }
    textos = {
        "create": (
            "Abre a execução e a põe na fila; consulte-a até que a situação deixe de ser ABERTA. "
            "Se já há uma aberta com o mesmo escopo, é ela que vem, com 200, e ganha mais um "
            "trabalhador."
        ),
        "retrieve": "Enquanto está ABERTA, as contagens são as dos lotes já feitos.",
    }

    @extend_schema(
        responses={
            200: OpenApiResponse(ExecucaoSerializer, "A que já estava aberta com este escopo."),
            201: OpenApiResponse(ExecucaoSerializer, "A execução, na fila."),
        }
    )
    def create(self, request: Request) -> Response:
        execucao = self.criar(self.ler_corpo())
        if execucao.ja_estava_aberta:
            return self.responder(execucao)
        return self.responder_criado(execucao)

    def criar(self, dados: dict[str, Any]) -> ExecucaoFaturamento:
        emitir = dados.get("emitir", False)
        self._exigir_emissao(emitir)
        agora = timezone.now()
        escopo = definir_escopo(
            dados["mes_referencia"],
            ate=dados.get("ate"),
            grupo_leitura=dados.get("grupo_leitura", ""),
            agora=agora,
        )
        execucao = abrir_execucao(
            escopo, emitir=emitir, agora=agora, usuario_id=self.request.user.pk
        )
        executar_faturamento.enqueue(execucao.pk)
        execucao.refresh_from_db()
        return execucao

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.responder(contar(self.get_object()))

    @extend_schema(
        summary="Cancelar execução",
        description=(
            "O que já foi faturado fica, os lotes em mãos terminam e nenhum outro começa. Pode ser "
            "retomada."
        ),
        request=CancelamentoDaExecucaoSerializer,
        responses={200: OpenApiResponse(ExecucaoSerializer, "A execução cancelada.")},
    )
    @action(detail=True, methods=["post"])
    def cancelar(self, request: Request, pk: str) -> Response:
        execucao, dados = self.get_object(), self.ler_corpo()
        cancelada = cancelar_execucao(
            execucao_id=execucao.pk,
            motivo=dados["motivo"],
            agora=timezone.now(),
            usuario_id=request.user.pk,
        )
        return self.responder(cancelada)

    @extend_schema(
        summary="Retomar execução",
        description=(
            "Põe de novo na fila a que foi cancelada ou interrompida; a que está ABERTA ganha mais "
            "um trabalhador. A que emite pede também a permissão de emitir faturas."
        ),
        request=None,
        responses={200: OpenApiResponse(ExecucaoSerializer, "A execução, de novo na fila.")},
    )
    @action(detail=True, methods=["post"])
    def retomar(self, request: Request, pk: str) -> Response:
        execucao = self.get_object()
        self._exigir_emissao(execucao.emitir)
        execucao = retomar_execucao(execucao_id=execucao.pk)
        executar_faturamento.enqueue(execucao.pk)
        execucao.refresh_from_db()
        return self.responder(contar(execucao))

    def get_serializer_class(self) -> Any:
        if self.action == "cancelar":
            return CancelamentoDaExecucaoSerializer
        return super().get_serializer_class()

    def _exigir_emissao(self, emitir: bool) -> None:
        """Whoever has a run issue invoices may issue them."""
        if emitir and not self.request.user.has_perm("faturamento.emitir_fatura"):
            raise PermissionDenied("Seu usuário não tem permissão para emitir faturas.")
