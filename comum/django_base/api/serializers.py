"""Serializers of a resource: strict about names, lenient about what is absent."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError

from comum.django_base.api.campos import citar, juntar

DESCONHECIDOS_MOSTRADOS = 10


class RecursoSerializer(serializers.Serializer):
    """One resource, as it is read and created.

    A field that the resource does not have is refused by its name; one that it
    has but that cannot be written is ignored; null is the same as absent.
    """

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ParseError(
                f"Envie um objeto JSON com os campos; veio {citar(data)}. "
                f"Campos: {juntar(self.fields)}.",
                code="CORPO_INVALIDO",
            )
        desconhecidos = [nome for nome in data if nome not in self.fields]
        if desconhecidos:
            frase = f"Este campo não existe. Campos: {juntar(self.fields)}."
            raise serializers.ValidationError(
                {nome[:60]: [frase] for nome in desconhecidos[:DESCONHECIDOS_MOSTRADOS]},
                code="CAMPO_DESCONHECIDO",
            )
        return super().to_internal_value({n: v for n, v in data.items() if v is not None})


class AlteracaoMixin:
    """The same resource under PUT and PATCH: what is absent keeps its value.

    `so_na_criacao` names the fields that are written once.
    """

    so_na_criacao: tuple[str, ...] = ()
    altera = True

    def get_fields(self) -> dict[str, serializers.Field]:
        campos = super().get_fields()  # type: ignore[misc]
        for nome, campo in campos.items():
            campo.required = False
            campo.read_only = campo.read_only or nome in self.so_na_criacao
        return campos
