"""The five operations of a resource, once for all.

Edge translates, service decides: a subclass names its serializers and its
filters, and says which service creates, changes and deletes.
"""

from typing import Any, TypeVar

from django.db import models
from django.utils.cache import patch_cache_control
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from comum.django_base.api.campos import citar, ler_id
from comum.erros import NaoEncontradoError

M = TypeVar("M", bound=models.Model)


class SemCacheMixin:
    """Answers carry personal data: nobody on the way may keep them."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(  # type: ignore[misc]
            request, response, *args, **kwargs
        )
        patch_cache_control(response, private=True, no_store=True)
        return response


class RecursoViewSet(SemCacheMixin, GenericViewSet):
    """List, create, retrieve, update and delete, as the schema at /docs tells.

    PUT and PATCH are the same: absent and null keep what there is.
    """

    lookup_value_regex = "[^/]+"
    # What the schema says of an action, in Portuguese, after its summary.
    textos: dict[str, str] = {}
    nao_encontrado = "Registro {} não encontrado."
    alteracao_serializer_class: type[BaseSerializer]
    lista_serializer_class: type[BaseSerializer] | None = None

    # What subclasses say

    def criar(self, dados: dict[str, Any]) -> Any:
        """Creates by the service; returns the object."""
        raise NotImplementedError

    def alterar(self, objeto: Any, dados: dict[str, Any]) -> Any:
        """Changes by the service; returns the object as it now is."""
        raise NotImplementedError

    def apagar(self, objeto: Any) -> None:
        """Deletes by the service."""
        raise NotImplementedError

    # The operations

    def list(self, request: Request) -> Response:
        pagina = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(pagina, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.responder(self.get_object())

    def create(self, request: Request) -> Response:
        return self.responder_criado(self.criar(self.ler_corpo()))

    def update(self, request: Request, pk: str) -> Response:
        objeto = self.get_object()
        return self.responder(self.alterar(objeto, self.ler_corpo()))

    def partial_update(self, request: Request, pk: str) -> Response:
        return self.update(request, pk)

    def destroy(self, request: Request, pk: str) -> Response:
        self.apagar(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    # Translation

    def get_serializer_class(self) -> type[BaseSerializer]:
        if self.action in ("update", "partial_update"):
            return self.alteracao_serializer_class
        if self.action == "list" and self.lista_serializer_class is not None:
            return self.lista_serializer_class
        return self.serializer_class  # type: ignore[return-value]

    def get_object(self) -> Any:
        """The object of the path, whatever the filters of the address.

        Raises:
            NaoEncontradoError: naming it.
        """
        texto = self.kwargs["pk"]
        chave = ler_id(texto)
        objeto = None if chave is None else self.get_queryset().filter(pk=chave).first()
        if objeto is None:
            nome = texto if chave is not None else citar(texto)
            raise NaoEncontradoError(self.nao_encontrado.format(nome))
        self.check_object_permissions(self.request, objeto)
        return objeto

    def ler_corpo(self) -> dict[str, Any]:
        if "chunked" in self.request.headers.get("Transfer-Encoding", "").lower():
            # DRF takes a body without Content-Length for none: a PUT would change nothing.
            raise ParseError(
                "Envie o corpo inteiro, com Content-Length; em partes (chunked) ele não é lido.",
                code="CORPO_EM_PARTES",
            )
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def responder(self, objeto: Any, *, codigo: int = status.HTTP_200_OK) -> Response:
        serializer = self.serializer_class(  # type: ignore[misc]
            objeto, context=self.get_serializer_context()
        )
        return Response(serializer.data, status=codigo)

    def responder_criado(self, objeto: Any) -> Response:
        resposta = self.responder(objeto, codigo=status.HTTP_201_CREATED)
        resposta["Location"] = self.reverse_action("detail", args=[objeto.pk])
        return resposta


def travado(objeto: M) -> M:
    """The same row as it is now, locked until the end of the transaction.

    Raises:
        NaoEncontradoError: it was deleted meanwhile.
    """
    atual = type(objeto)._default_manager.select_for_update().filter(pk=objeto.pk).first()
    if atual is None:
        raise NaoEncontradoError(f"O registro {objeto.pk} foi excluído por outra pessoa.")
    return atual


def preencher(objeto: M, dados: dict[str, Any]) -> M:
    """Sets the attributes; saves nothing."""
    for nome, valor in dados.items():
        setattr(objeto, nome, valor)
    return objeto
