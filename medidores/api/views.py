"""Meters and readings over REST."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from comum.django_base.api.campos import ler_id
from comum.django_base.api.views import RecursoViewSet, preencher, travado
from comum.django_base.gravacao import em_transacao, excluir
from comum.erros import DadoInvalidoError, NaoEncontradoError
from medidores.api.filters import LeituraFilter, MedidorFilter
from medidores.api.lote import ELEMENTOS_MAXIMOS, da_validada, ler_lote, ler_simples
from medidores.api.serializers import (
    LeituraAlteracaoSerializer,
    LeituraSerializer,
    LoteSerializer,
    MedidorAlteracaoSerializer,
    MedidorSerializer,
    RetiradaSerializer,
    TitularSerializer,
    TrocaSerializer,
)
from medidores.models import Leitura, Medidor
from medidores.servicos import ganchos
from medidores.servicos.faturado import travar_unidades
from medidores.servicos.instalacao import (
    NovoMedidor,
    alterar_medidor,
    instalar_medidor,
    mudar_titular,
    retirar_medidor,
    trocar_medidor,
)
from medidores.servicos.leituras import (
    LeituraInformada,
    Registrada,
    alterar_leitura,
    registrar_leitura,
    registrar_leituras,
)

DESLIGAR = "medidores.change_unidadeconsumidora"
RETENCAO = (
    "A leitura de que a crítica duvida não fica retida aqui: ela recusa o ato (409, com o código "
    "da crítica), e `confirmar` diz que ela foi conferida."
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
    serializers_dos_atos = {
        "troca": TrocaSerializer,
        "titular": TitularSerializer,
        "retirada": RetiradaSerializer,
    }
    permissoes_dos_atos = {
        "troca": ("medidores.change_medidor", "medidores.add_medidor", "medidores.add_leitura"),
        "titular": ("medidores.change_medidor", "medidores.add_leitura"),
        "retirada": ("medidores.change_medidor", "medidores.add_leitura"),
    }

    def get_serializer_class(self) -> Any:
        return self.serializers_dos_atos.get(self.action) or super().get_serializer_class()

    def criar(self, dados: dict[str, Any]) -> Medidor:
        return instalar_medidor(Medidor(**dados))

    def alterar(self, medidor: Medidor, dados: dict[str, Any]) -> Medidor:
        with em_transacao():
            return alterar_medidor(preencher(travado(medidor), dados))

    def apagar(self, medidor: Medidor) -> None:
        excluir(medidor)

    @extend_schema(
        summary="Trocar medidor",
        description=(
            "Encerra o medidor com a leitura final e instala outro, com a inicial, na mesma "
            f"unidade e cliente; a próxima fatura traz os dois. {RETENCAO}"
        ),
        request=TrocaSerializer,
        responses={201: OpenApiResponse(MedidorSerializer, "O medidor que entrou.")},
    )
    @action(detail=True, methods=["post"])
    def troca(self, request: Request, pk: str) -> Response:
        antigo, dados = self.get_object(), self.ler_corpo()
        nomes = {
            varios: um
            for um, varios in (
                ("leitura_final_kwh", "leituras_finais"),
                ("leitura_inicial_kwh", "leituras_iniciais"),
            )
            if um in dados
        }
        campos = ("numero_medidor", "tipo", "digitos", "constante")
        with _nomes_da_api(nomes):
            novo = trocar_medidor(
                antigo,
                NovoMedidor(**{campo: dados[campo] for campo in campos if campo in dados}),
                leituras_finais=dados["leituras_finais"],
                leituras_iniciais=dados.get("leituras_iniciais"),
                **self._do_ato(dados),
            )
        return self.responder_criado(novo)

    @extend_schema(
        summary="Mudar titular",
        description=(
            "A leitura encerra o consumo do cliente de antes, que recebe a fatura de encerramento; "
            f"daí em diante o medidor é do novo. {RETENCAO}"
        ),
        request=TitularSerializer,
        responses={200: OpenApiResponse(MedidorSerializer, "O medidor, já do novo titular.")},
    )
    @action(detail=True, methods=["post"])
    def titular(self, request: Request, pk: str) -> Response:
        medidor, dados = self.get_object(), self.ler_corpo()
        with _nomes_da_api({"cliente": "client_id", "leituras_finais": "leitura_kwh"}):
            medidor = mudar_titular(
                medidor,
                cliente=dados["cliente"],
                leituras=dados["leitura_kwh"],
                encerrar=ganchos.encerrar_ciclo,
                **self._do_ato(dados),
            )
        return self.responder(medidor)

    @extend_schema(
        summary="Retirar medidor",
        description=(
            "Encerra o fornecimento, sem outro medidor: a leitura final vai para a fatura de "
            f"encerramento. {RETENCAO}"
        ),
        request=RetiradaSerializer,
        responses={200: OpenApiResponse(MedidorSerializer, "O medidor, com a data de retirada.")},
    )
    @action(detail=True, methods=["post"])
    def retirada(self, request: Request, pk: str) -> Response:
        medidor, dados = self.get_object(), self.ler_corpo()
        desligar = dados.get("desligar", False)
        if desligar and not request.user.has_perm(DESLIGAR):
            raise PermissionDenied(
                "Seu usuário não tem permissão para desligar unidades. Envie sem `desligar`, ou "
                "peça acesso a um administrador."
            )
        with _nomes_da_api({"leituras_finais": "leitura_kwh"}):
            medidor = retirar_medidor(
                medidor,
                leituras=dados["leitura_kwh"],
                desligar=desligar,
                encerrar=ganchos.encerrar_ciclo,
                **self._do_ato(dados),
            )
        return self.responder(medidor)

    def _do_ato(self, dados: dict[str, Any]) -> dict[str, Any]:
        """When, by whom, and with whose word."""
        agora = timezone.now()
        return {
            "instante": dados.get("data", agora),
            "agora": agora,
            "confirmar": dados.get("confirmar", False),
            "usuario_id": self.request.user.pk,
        }


@contextmanager
def _nomes_da_api(nomes: dict[str, str]) -> Iterator[None]:
    """The service's fields by the names that the body gave them.

    Raises:
        DadoInvalidoError: the same, renamed.
    """
    try:
        yield
    except DadoInvalidoError as erro:
        campo = erro.campo.partition(".")[0]
        campo = nomes.get(campo, campo)
        raise DadoInvalidoError(str(erro), campo=campo, codigo=erro.codigo) from erro


class LeituraViewSet(RecursoViewSet):
    """A register's value at one instant, judged as it comes in."""

    queryset = Leitura.objects.all()
    serializer_class = LeituraSerializer
    alteracao_serializer_class = LeituraAlteracaoSerializer
    filterset_class = LeituraFilter
    nao_encontrado = "Leitura {} não encontrada."
    corpo_maximo_mb = settings.API_LOTE_MAXIMO_MB
    lista_maxima = ELEMENTOS_MAXIMOS
    textos = {
        "create": (
            "A crítica julga a leitura. A que não pode ser verdade é recusada (400); a que pode, "
            "mas é estranha, entra com `situacao` RETIDA. Repetir a mesma leitura responde 200 "
            "com a que já existe; outro valor no mesmo instante é 409.\n\n"
            f"Uma lista de até {ELEMENTOS_MAXIMOS} leituras responde 201 com as contagens e, pelo "
            "índice, cada recusada com seu código; as boas entram, e as recusadas não as impedem."
        ),
        "update": "Corrige o valor de uma leitura ainda não faturada; ela é julgada de novo.",
        "destroy": "A leitura em período já faturado não pode ser excluída.",
    }

    @extend_schema(
        responses={
            201: OpenApiResponse(
                PolymorphicProxySerializer(
                    component_name="LeituraCriada",
                    serializers=[LeituraSerializer, LoteSerializer],
                    resource_type_field_name=None,
                ),
                "A leitura, ou as contagens da lista.",
            ),
            200: OpenApiResponse(LeituraSerializer, "A leitura já existia, igual."),
        },
    )
    def create(self, request: Request) -> Response:
        if isinstance(request.data, list):
            return self.registrar_lista(request.data)
        agora = timezone.now()
        informada = ler_simples(request.data, agora=agora)
        if informada is None:
            informada = da_validada(self.ler_corpo(), agora=agora)
        registrada = self.registrar(informada, agora=agora)
        if registrada.repetida:
            return self.responder(registrada.leitura)
        return self.responder_criado(registrada.leitura)

    def registrar_lista(self, elementos: list[Any]) -> Response:
        agora = timezone.now()
        informadas, recusas = ler_lote(elementos, agora=agora)
        resultado = registrar_leituras(
            informadas, agora=agora, recusadas_antes=recusas, usuario_id=self.request.user.pk
        )
        return Response(LoteSerializer(resultado).data, status=status.HTTP_201_CREATED)

    def registrar(self, informada: LeituraInformada, *, agora: datetime) -> Registrada:
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

    def travar_item(self) -> None:
        """The UC before its reading, as everybody who writes readings does."""
        unidades = self.get_queryset().filter(pk=ler_id(self.kwargs["pk"]))
        travar_unidades(unidades.values_list("medidor__unidade", flat=True))
        super().travar_item()
