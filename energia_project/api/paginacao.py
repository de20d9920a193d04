"""Pages of a list: by key, never by offset, and never counted."""

from collections.abc import Mapping
from typing import Any

from django.core.signing import BadSignature, Signer
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from comum.django_base.api.campos import citar, ler_id
from comum.django_base.api.fluxo import FORMATOS
from comum.django_base.pronta import ConsultaPronta

LIMITE_PADRAO = 100
LIMITE_MAXIMO = 1000


class PaginacaoPorCursor(BasePagination):
    """An array in order of id; `Link: <…>; rel="next"` while there is more.

    The cursor holds the last id of the page, signed: no page costs more than
    the first, and rows that come or go do not shift the others.
    """

    parametros = ("limit", "cursor", "formato")
    proxima = ""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        quantas = self.linhas_pedidas(request)
        depois_de = self._cursor(request)
        if isinstance(queryset, ConsultaPronta):
            linhas = queryset.linhas(depois_de=depois_de or 0)  # no key is below 1
        else:
            if depois_de is not None:
                queryset = queryset.filter(pk__gt=depois_de)
            linhas = list(queryset.order_by("pk")[:quantas])
        if len(linhas) == quantas:
            linhas.pop()
            ultima = linhas[-1]  # an object, or its columns, the key first
            cursor = _assinador().sign(ultima[0] if isinstance(ultima, tuple) else ultima.pk)
            self.proxima = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
        return linhas

    def get_paginated_response(self, data: Any) -> Response:
        cabecalhos = {"Link": f'<{self.proxima}>; rel="next"'} if self.proxima else None
        return Response(data, headers=cabecalhos)

    def linhas_pedidas(self, request: Request) -> int:
        """Those of the page, and one more, which tells whether there is another page."""
        return self._limite(request) + 1

    def _limite(self, request: Request) -> int:
        texto = request.query_params.get("limit", str(LIMITE_PADRAO))
        limite = ler_id(texto)
        if limite is None or not 1 <= limite <= LIMITE_MAXIMO:
            raise ValidationError(
                {"limit": [f"Use um número de 1 a {LIMITE_MAXIMO}; veio {citar(texto)}."]}
            )
        return limite

    def _cursor(self, request: Request) -> int | None:
        texto = request.query_params.get("cursor")
        if texto is None:
            return None
        try:
            return int(_assinador().unsign(texto))
        except BadSignature as erro:
            raise ValidationError(
                {"cursor": ["Cursor inválido. Use o endereço do cabeçalho Link, como veio."]}
            ) from erro

    # Schema

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "Quantas linhas, no máximo.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": LIMITE_MAXIMO,
                    "default": LIMITE_PADRAO,
                },
            },
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "O que vem no cabeçalho Link; não se monta à mão.",
                "schema": {"type": "string", "minLength": 1},
            },
            {
                "name": "formato",
                "in": "query",
                "required": False,
                "description": (
                    "csv e ndjson trazem a lista inteira, numa resposta contínua, sem limit nem "
                    "cursor. No CSV: UTF-8, `;` entre as colunas, ponto decimal, e um apóstrofo "
                    "antes do texto que uma planilha executaria como fórmula."
                ),
                "schema": {"type": "string", "enum": ["json", *FORMATOS], "default": "json"},
            },
        ]

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> Any:
        return schema


def _assinador() -> Signer:
    return Signer(salt="energia.api.cursor", sep=".")
