"""Rows as a serializer would write them, straight from columns, without model instances.

The serializer stays the one place that names the fields; where one of them is more
than a column (a method, a nested object), there is no short way and None says so.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.functions import Cast
from rest_framework import serializers

from comum.django_base.api.campos import SaidaPorUsuario
from comum.django_base.copia import ler_instante_do_banco

Saida = Callable[[Any], Any]

# What these write is the column's value itself.
COMO_ESTAO = (
    serializers.IntegerField,
    serializers.CharField,
    serializers.ChoiceField,
    serializers.BooleanField,
    serializers.PrimaryKeyRelatedField,
)
INSTANTES_LEMBRADOS = 4096


class _Campo(NamedTuple):
    nome: str
    coluna: str | Cast
    campo: serializers.Field
    saida: Saida | None  # None: the value as it is
    atributo: str


class LeitorDeLinhas:
    """Turns tuples of columns into the rows of one request: what it shows may hang on its user."""

    def __init__(self, campos: Sequence[_Campo], contexto: Mapping[str, Any]) -> None:
        self.nomes = [campo.nome for campo in campos]
        self.colunas = [campo.coluna for campo in campos]
        saidas = [
            campo.campo.saida_para(contexto)
            if isinstance(campo.campo, SaidaPorUsuario)
            else campo.saida
            for campo in campos
        ]
        self._conversoes = [
            (nome, saida) for nome, saida in zip(self.nomes, saidas, strict=True) if saida
        ]
        self._do_objeto = [
            (campo.nome, campo.atributo, _escrita_do_valor(campo.campo, contexto))
            for campo in campos
        ]

    def linha(self, valores: Sequence[Any]) -> dict[str, Any]:
        """`valores` are those of `colunas`, in their order."""
        linha = dict(zip(self.nomes, valores, strict=True))
        for nome, saida in self._conversoes:
            valor = linha[nome]
            if valor is not None:
                linha[nome] = saida(valor)
        return linha

    def do_objeto(self, objeto: models.Model) -> dict[str, Any]:
        """The same row, of an instance: its values may not have been to the database yet."""
        return {
            nome: None if (valor := getattr(objeto, atributo)) is None else escrever(valor)
            for nome, atributo, escrever in self._do_objeto
        }


def leitor_de_linhas(
    serializer_class: type[serializers.BaseSerializer],
    modelo: type[models.Model],
    contexto: Mapping[str, Any],
) -> LeitorDeLinhas | None:
    """None when a field of the serializer is more than a column of the model."""
    campos = _campos(serializer_class, modelo)  # type: ignore[arg-type]  # a class is hashable
    return None if campos is None else LeitorDeLinhas(campos, contexto)


@cache
def _campos(serializer_class: type[Any], modelo: type[models.Model]) -> tuple[_Campo, ...] | None:
    if serializer_class.to_representation is not serializers.Serializer.to_representation:
        return None
    campos = []
    for nome, campo in serializer_class().fields.items():
        if campo.write_only:
            continue
        coluna = _coluna(campo, modelo)
        if coluna is None:
            return None
        # Instants as text: the driver reads each anew, and a page has few of them.
        lida = isinstance(campo, serializers.DateTimeField)
        expressao = Cast(coluna.attname, models.TextField()) if lida else coluna.attname
        campos.append(_Campo(nome, expressao, campo, _saida(campo, coluna), coluna.attname))
    return tuple(campos)


def _coluna(campo: serializers.Field, modelo: type[models.Model]) -> Any:
    """The model's field that this one shows, where that is all it does."""
    if campo.source == "pk":
        return modelo._meta.pk
    try:
        coluna = modelo._meta.get_field(campo.source or "")
    except FieldDoesNotExist:
        return None
    if not isinstance(coluna, models.Field) or isinstance(campo, serializers.BaseSerializer):
        return None
    so_o_id = isinstance(campo, serializers.PrimaryKeyRelatedField | serializers.IntegerField)
    return coluna if so_o_id or not coluna.is_relation else None


def _saida(campo: serializers.Field, coluna: models.Field) -> Saida | None:
    if isinstance(campo, COMO_ESTAO):
        return None
    if isinstance(campo, serializers.DecimalField):
        # The database keeps the places; only where they differ is there something to round.
        iguais = getattr(coluna, "decimal_places", None) == campo.decimal_places
        return _por_extenso if iguais else campo.to_representation
    if isinstance(campo, serializers.DateField):
        return date.isoformat
    if isinstance(campo, serializers.DateTimeField):
        return lru_cache(INSTANTES_LEMBRADOS)(
            lambda texto: campo.to_representation(ler_instante_do_banco(texto))
        )
    return campo.to_representation


def _escrita_do_valor(campo: serializers.Field, contexto: Mapping[str, Any]) -> Saida:
    if isinstance(campo, SaidaPorUsuario):
        return campo.saida_para(contexto)
    if isinstance(campo, serializers.PrimaryKeyRelatedField):
        return int  # the column is the key already
    return campo.to_representation


def _por_extenso(valor: Decimal) -> str:
    return f"{valor:f}"
