"""The five operations of a resource, once for all.

Edge translates, service decides: a subclass names its serializers and its
filters, and says which service creates, changes and deletes.
"""

from collections.abc import Generator
from contextlib import closing
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from django.db import models
from rest_framework import status
from rest_framework.exceptions import NotAcceptable, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from comum.django_base.api.campos import citar, juntar, ler_id
from comum.django_base.api.fluxo import FORMATOS, ler_aos_poucos, transmitir
from comum.django_base.api.linhas import LeitorDeLinhas, leitor_de_linhas
from comum.django_base.api.rota import (
    RespostaDeItem,
    RotaDaApi,
    SemCacheMixin,
    com_etag,
    em_json,
    etag_de,
)
from comum.django_base.pronta import ConsultaPronta
from comum.erros import NaoEncontradoError

M = TypeVar("M", bound=models.Model)

__all__ = ["RecursoViewSet", "RotaDaApi", "SemCacheMixin", "preencher", "travado"]


class RecursoViewSet(RotaDaApi, GenericViewSet):
    """List, create, retrieve, update and delete, as the schema at /docs tells.

    PUT and PATCH are the same: absent and null keep what there is.
    """

    lookup_value_regex = "[^/]+"
    # What the schema says of an action, in Portuguese, after its summary.
    textos: dict[str, str] = {}
    nao_encontrado = "Registro {} não encontrado."
    alteracao_serializer_class: type[BaseSerializer]
    lista_serializer_class: type[BaseSerializer] | None = None
    # How many a POST may bring in an array; 0: only one object.
    lista_maxima = 0

    @property
    def modelo(self) -> Any:
        """Of the resource; `get_queryset` would make a copy of the query to tell it."""
        return cast(Any, self).queryset.model

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

    def list(self, request: Request) -> Any:
        todos, paginas = self.get_queryset(), cast(Any, self.paginator)
        registros = self.filter_queryset(todos)
        formato = request.query_params.get("formato", "json")
        if formato != "json":
            return self.transmitir(formato, registros)
        leitor = self._leitor()
        if leitor is not None:
            # Unfiltered, the page is one query of a known shape.
            pronta = registros is todos and _consulta_da_pagina(
                cast(Any, todos.model), tuple(leitor.colunas), paginas.linhas_pedidas(request)
            )
            tuplas: Any = paginas.paginate_queryset(
                pronta or registros.values_list("pk", *leitor.colunas), request, view=self
            )
            return self.get_paginated_response([leitor.linha(tupla[1:]) for tupla in tuplas])
        pagina = self.paginate_queryset(registros)
        return self.get_paginated_response(self.get_serializer(pagina, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        leitor = self._leitor()
        if leitor is None:
            return self.responder(self.get_object())
        consulta = _consulta_do_item(self.modelo, tuple(leitor.colunas))
        chave = ler_id(pk)
        linhas = consulta.linhas(chave=chave) if chave is not None else []
        if not linhas:
            raise self._nao_encontrado(pk)
        return RespostaDeItem(leitor.linha(linhas[0]))

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
        objeto = self._achar(self.get_queryset())
        self.check_object_permissions(self.request, objeto)
        return objeto

    def _achar(self, registros: "models.QuerySet[Any, Any]") -> Any:
        texto = self.kwargs["pk"]
        chave = ler_id(texto)
        achado = None if chave is None else registros.filter(pk=chave).first()
        if achado is None:
            raise self._nao_encontrado(texto)
        return achado

    def _nao_encontrado(self, texto: str) -> NaoEncontradoError:
        nome = citar(texto) if ler_id(texto) is None else texto
        return NaoEncontradoError(self.nao_encontrado.format(nome))

    def _leitor(self) -> LeitorDeLinhas | None:
        """Rows without model instances, where the serializer is made of columns."""
        return leitor_de_linhas(
            self.get_serializer_class(), self.modelo, self.get_serializer_context()
        )

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
        classe, contexto = cast(Any, self.serializer_class), self.get_serializer_context()
        leitor = leitor_de_linhas(classe, type(objeto), contexto)
        if leitor is not None:  # without a serializer, which is made of copies of its fields
            return RespostaDeItem(leitor.do_objeto(objeto), status=codigo)
        return RespostaDeItem(classe(objeto, context=contexto).data, status=codigo)

    def responder_criado(self, objeto: Any) -> Response:
        resposta = self.responder(objeto, codigo=status.HTTP_201_CREATED)
        resposta["Location"] = self.reverse_action("detail", args=[objeto.pk])
        return resposta

    # Versions

    def travar_item(self) -> None:
        """Locks what a writing on the item locks first, until the transaction ends."""
        chave = ler_id(self.kwargs["pk"])
        travados = self.modelo._default_manager.select_for_update().filter(pk=chave)
        list(travados.order_by().values_list("pk"))

    def versao_atual(self) -> str:
        """The ETag that a GET would give now.

        Raises:
            NaoEncontradoError: there is no such item.
        """
        acao, self.action = self.action, "retrieve"
        try:
            return etag_de(em_json(self.retrieve(self.request, **self.kwargs).data))
        finally:
            self.action = acao

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(response, RespostaDeItem):
            try:
                com_versao = com_etag(request, response)
            except ParseError as erro:
                com_versao = self.handle_exception(erro)
            if com_versao is not response:
                response = super().finalize_response(request, com_versao, *args, **kwargs)
        return response

    # Streams

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """`Accept: text/csv` is as good as */* where the address asks for CSV."""
        if request.META.get("HTTP_ACCEPT", "*/*") == "*/*":  # there is nothing to weigh
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type
        try:
            return super().perform_content_negotiation(request, force)
        except NotAcceptable:
            tipo, _ = FORMATOS.get(request.query_params.get("formato", ""), ("", None))
            if not tipo or tipo not in request.headers.get("Accept", ""):
                raise
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type

    def transmitir(self, formato: str, registros: Any) -> Any:
        """The whole list; what it may hold in memory does not grow with it.

        Raises:
            ValidationError: an unknown format, or one that has pages.
        """
        if formato not in FORMATOS:
            conhecidos = juntar(["json", *FORMATOS])
            raise ValidationError({"formato": [f"Use um de: {conhecidos}; veio {citar(formato)}."]})
        paginas: Any = self.paginator
        for nome in paginas.parametros:
            if nome != "formato" and nome in self.request.query_params:
                frase = f"Não se usa com formato={formato}, que traz a lista inteira. Tire-o."
                raise ValidationError({nome: [frase]})
        leitor = self._leitor()
        serializer: Any = self.get_serializer()
        nomes = leitor.nomes if leitor else list(serializer.fields)
        linhas = self._todas_as_linhas(registros.order_by("pk"), leitor)
        return transmitir(formato, linhas, nomes=nomes, arquivo=self.basename)

    def _todas_as_linhas(
        self, registros: Any, leitor: LeitorDeLinhas | None
    ) -> Generator[dict[str, Any], None, None]:
        escrever: Any = leitor.linha if leitor else self.get_serializer().to_representation
        if leitor is not None:
            registros = registros.values_list(*leitor.colunas)
        with closing(ler_aos_poucos(registros)) as fonte:
            yield from map(escrever, fonte)


@cache
def _consulta_do_item(modelo: Any, colunas: tuple[Any, ...]) -> ConsultaPronta:
    """One row by its key. What a user may not see of a model is a field, never a row."""
    todos = modelo._default_manager.values_list(*colunas)
    return ConsultaPronta(lambda chave: todos.filter(pk=chave), chave=int)


@lru_cache
def _consulta_da_pagina(modelo: Any, colunas: tuple[Any, ...], quantas: int) -> ConsultaPronta:
    """So many rows after a key, in order of key, the key first."""
    todos = modelo._default_manager.values_list("pk", *colunas).order_by("pk")
    return ConsultaPronta(lambda depois_de: todos.filter(pk__gt=depois_de)[:quantas], depois_de=int)


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
