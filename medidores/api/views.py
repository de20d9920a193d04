"""Meters and readings over REST."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from comum.django_base.api.views import RecursoViewSet, preencher, travado
from comum.django_base.gravacao import em_transacao, excluir
from comum.erros import DadoInvalidoError, NaoEncontradoError
from comum.vocabulario import Registrador
from medidores.api.filters import LeituraFilter, MedidorFilter
from medidores.api.serializers import (
    LeituraAlteracaoSerializer,
    LeituraSerializer,
    MedidorAlteracaoSerializer,
    MedidorSerializer,
)
from medidores.models import Leitura, Medidor
from medidores.servicos.instalacao import alterar_medidor, instalar_medidor
from medidores.servicos.leituras import (
    LeituraInformada,
    Registrada,
    alterar_leitura,
    registrar_leitura,
)


class MedidorViewSet(RecursoViewSet):
    """A meter, at one UC for one customer; without a UC, one is created."""

    queryset = Medidor.objects.all()
    serializer_class = MedidorSerializer
    alteracao_serializer_class = MedidorAlteracaoSerializer
    filterset_class = MedidorFilter
    nao_encontrado = "Medidor {} não encontrado."
    textos = {
        "create": (
            "Sem `unidade_id`, cria também a unidade consumidora: B1 residencial convencional, "
            "no endereço do cliente. Cada unidade tem um medidor ativo por vez."
        ),
        "destroy": "O medidor que tem leituras não pode ser excluído.",
    }

    def criar(self, dados: dict[str, Any]) -> Medidor:
        return instalar_medidor(Medidor(**dados))

    def alterar(self, medidor: Medidor, dados: dict[str, Any]) -> Medidor:
        with em_transacao():
            return alterar_medidor(preencher(travado(medidor), dados))

    def apagar(self, medidor: Medidor) -> None:
        excluir(medidor)


class LeituraViewSet(RecursoViewSet):
    """A register's value at one instant, judged as it comes in."""

    queryset = Leitura.objects.all()
    serializer_class = LeituraSerializer
    alteracao_serializer_class = LeituraAlteracaoSerializer
    filterset_class = LeituraFilter
    nao_encontrado = "Leitura {} não encontrada."
    textos = {
        "create": (
            "A crítica julga a leitura. A que não pode ser verdade é recusada (400); a que pode, "
            "mas é estranha, entra com `situacao` RETIDA. Repetir a mesma leitura responde 200 "
            "com a que já existe; outro valor no mesmo instante é 409."
        ),
        "update": "Corrige o valor de uma leitura ainda não faturada; ela é julgada de novo.",
        "destroy": "A leitura em período já faturado não pode ser excluída.",
    }

    @extend_schema(
        responses={
            201: LeituraSerializer,
            200: OpenApiResponse(LeituraSerializer, "A leitura já existia, igual."),
        }
    )
    def create(self, request: Request) -> Response:
        registrada = self.registrar(self.ler_corpo())
        if registrada.repetida:
            return self.responder(registrada.leitura)
        return self.responder_criado(registrada.leitura)

    def registrar(self, dados: dict[str, Any]) -> Registrada:
        agora = timezone.now()
        informada = LeituraInformada(
            medidor_id=dados["medidor_id"],
            registrador=dados.get("registrador", Registrador.ATIVA_TOTAL),
            data_leitura=dados.get("data_leitura", agora),
            leitura_kwh=dados["leitura_kwh"],
            origem=Leitura.Origem.API,
        )
        try:
            return registrar_leitura(informada, agora=agora)
        except NaoEncontradoError as erro:
            raise DadoInvalidoError(str(erro), campo="medidor_id", codigo=erro.codigo) from erro

    def alterar(self, leitura: Leitura, dados: dict[str, Any]) -> Leitura:
        if "leitura_kwh" not in dados:
            return leitura
        return alterar_leitura(leitura, leitura_kwh=dados["leitura_kwh"], agora=timezone.now())

    def apagar(self, leitura: Leitura) -> None:
        excluir(leitura)
