"""The simulator over REST: a case in, its demonstrativo out; no table is touched."""

from collections.abc import Mapping
from typing import IO, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from comum.django_base.api.views import RotaDaApi
from comum.erros import DominioError
from faturamento.calculo.caso import CARACTERES_MAXIMOS
from faturamento.servicos.simulacao import simular_fatura

CASO_DE_EXEMPLO = {
    "unidade": {
        "classe": "RESIDENCIAL",
        "ligacao": "MONOFASICA",
        "modalidade": "CONVENCIONAL",
        "uf": "SP",
    },
    "periodo": {"de": "2025-12-05", "ate": "2026-01-05"},
    "registros": [
        {
            "registrador": "ATIVA_TOTAL",
            "anterior": "1000",
            "atual": "1150",
            "digitos": 5,
            "constante": "1",
        }
    ],
    "tarifas": [
        {
            "posto": "UNICO",
            "tusd_brl_por_mwh": "472.42",
            "te_brl_por_mwh": "316.96",
            "vigente_de": "2025-07-04",
            "vigente_ate": None,
        }
    ],
    "bandeiras": [
        {
            "vigente_de": "2025-12-01",
            "vigente_ate": None,
            "cor": "VERDE",
            "adicional_brl_por_mwh": "0",
        }
    ],
    "tributos": {"icms": "0.18", "pis": "0.0079", "cofins": "0.0365"},
    "cip_brl": "8.63",
}


class TextoDoCasoParser(BaseParser):
    """The body as it came: the core reads its own JSON, with exact decimals."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # One byte a character at least: what is longer the core refuses by its length.
        return stream.read(4 * CARACTERES_MAXIMOS + 1)


class SimulacaoView(RotaDaApi, APIView):
    """Calculates a bill from its case."""

    permission_classes = (IsAuthenticated,)
    parser_classes = (TextoDoCasoParser,)

    @extend_schema(
        operation_id="simulacao_create",
        summary="Simular uma fatura",
        description=(
            "Recebe um caso (unidade, período, registros, tarifas, bandeiras, tributos) e devolve "
            "o demonstrativo linha a linha. Não lê nem grava nenhuma tabela. O campo `entrada` do "
            "demonstrativo de uma fatura é um caso completo. `lancamentos` (opcional) "
            "é uma lista de `{descricao, valor, referencia}`: cobranças e créditos avulsos, que "
            "entram depois da CIP."
        ),
        request=OpenApiTypes.OBJECT,
        responses={
            200: OpenApiResponse(OpenApiTypes.OBJECT, description="O demonstrativo."),
            400: OpenApiResponse(
                OpenApiTypes.OBJECT,
                description="O caso não pode ser calculado: `campo`, `codigo` e `detail`.",
            ),
        },
        examples=[OpenApiExample("caso", value=CASO_DE_EXEMPLO, request_only=True)],
        tags=["simulacao"],
    )
    def post(self, request: Request) -> Response:
        corpo = request.data
        try:
            return Response(simular_fatura(corpo if isinstance(corpo, bytes) else b""))
        except DominioError as erro:
            recusa = {
                "campo": getattr(erro, "campo", ""),
                "codigo": erro.codigo,
                "detail": str(erro),
            }
            return Response(recusa, status=400)
