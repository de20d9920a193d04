"""Billing runs over REST: asked for, and followed until they end."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from comum.django_base.api.campos import DataField, DinheiroField, MesField, TextoField
from comum.django_base.api.serializers import RecursoSerializer
from comum.django_base.api.views import RecursoViewSet
from faturamento.models import ExecucaoFaturamento
from faturamento.servicos.andamento import contar
from faturamento.servicos.execucao import abrir_execucao, definir_escopo
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
    valor_total = DinheiroField(read_only=True)
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


class ExecucaoViewSet(RecursoViewSet):
    """A billing run. It is done by the workers of the queue (`manage.py db_worker`)."""

    queryset = ExecucaoFaturamento.objects.all()
    serializer_class = ExecucaoSerializer
    lista_serializer_class = ExecucaoResumoSerializer
    http_method_names = ["get", "post", "head", "options"]
    nao_encontrado = "Execução {} não encontrada."
    textos = {
        "create": (
            "Abre a execução e a põe na fila; consulte-a até que a situação deixe de ser ABERTA. "
            "Se já há uma aberta com o mesmo escopo, é ela que vem."
        ),
        "retrieve": "Enquanto está ABERTA, as contagens são as dos lotes já feitos.",
    }

    def criar(self, dados: dict[str, Any]) -> ExecucaoFaturamento:
        emitir = dados.get("emitir", False)
        if emitir and not self.request.user.has_perm("faturamento.emitir_fatura"):
            raise PermissionDenied("Seu usuário não tem permissão para emitir faturas.")
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
