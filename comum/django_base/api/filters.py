"""Filters of lists: each refuses what it cannot read, none is silent."""

from datetime import date
from typing import Any

import django_filters
from django import forms
from drf_spectacular.utils import extend_schema_field

from comum.django_base.api.campos import PADRAO_MES, citar, conferir_ano, juntar, ler_data, ler_id
from comum.documentos import normalizar_documento
from comum.erros import DadoInvalidoError
from comum.periodos import ler_competencia

TEXTO_MAXIMO = 200
BOOLEANOS = {"true": True, "1": True, "sim": True, "false": False, "0": False, "nao": False}


class _CampoDoFiltro(forms.CharField):
    """Text of the address, turned into a value by `ler`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", TEXTO_MAXIMO)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        texto = super().clean(value)
        if texto in self.empty_values:
            return None
        try:
            return self.ler(texto)
        except (ValueError, DadoInvalidoError) as erro:
            # The sentence as a value: what was sent stands in it, and may hold a %.
            raise forms.ValidationError(
                "%(frase)s", code="invalid", params={"frase": str(erro)}
            ) from erro

    def ler(self, texto: str) -> Any:
        return texto


class _CampoId(_CampoDoFiltro):
    def ler(self, texto: str) -> int:
        chave = ler_id(texto)
        if chave is None:
            raise ValueError(f"Envie o id, um número inteiro; veio {citar(texto)}.")
        return chave


class _CampoDia(_CampoDoFiltro):
    def ler(self, texto: str) -> date:
        return ler_data(texto)


class _CampoMes(_CampoDoFiltro):
    def ler(self, texto: str) -> date:
        mes = ler_competencia(texto)
        conferir_ano(mes)
        return mes


class _CampoBooleano(_CampoDoFiltro):
    def ler(self, texto: str) -> bool:
        try:
            return BOOLEANOS[texto.lower().replace("ã", "a")]
        except KeyError:
            raise ValueError(f"Use true ou false; veio {citar(texto)}.") from None


class _CampoDocumento(_CampoDoFiltro):
    def ler(self, texto: str) -> str:
        return normalizar_documento(texto)


class _CampoCodigo(_CampoDoFiltro):
    def __init__(self, *, choices: Any, sinonimos: dict[str, str], **kwargs: Any) -> None:
        self.codigos = [codigo for codigo, _ in choices]
        self.sinonimos = sinonimos
        super().__init__(**kwargs)

    def ler(self, texto: str) -> str:
        codigo = self.sinonimos.get(texto.upper(), texto.upper())
        if codigo not in self.codigos:
            raise ValueError(
                f"Valor desconhecido: {citar(texto)}. Use um de: {juntar(self.codigos)}."
            )
        return codigo


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": TEXTO_MAXIMO})
class TextoFilter(django_filters.CharFilter):
    field_class = _CampoDoFiltro


@extend_schema_field({"type": "string", "description": "CPF ou CNPJ, com ou sem pontuação."})
class DocumentoFilter(django_filters.CharFilter):
    field_class = _CampoDocumento


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 10**18 - 1})
class IdFilter(django_filters.Filter):
    field_class = _CampoId


@extend_schema_field({"type": "string", "format": "date"})
class DiaFilter(django_filters.Filter):
    field_class = _CampoDia


@extend_schema_field({"type": "string", "pattern": PADRAO_MES})
class MesFilter(django_filters.Filter):
    """A month, AAAA-MM, by a column that holds its first day."""

    field_class = _CampoMes


@extend_schema_field({"type": "boolean"})
class BooleanoFilter(django_filters.Filter):
    field_class = _CampoBooleano


class CodigoFilter(django_filters.Filter):
    """A code of a closed list; any case, as in the body."""

    field_class = _CampoCodigo

    def __init__(self, choices: Any, sinonimos: dict[str, str] | None = None, **kw: Any) -> None:
        super().__init__(choices=choices, sinonimos=sinonimos or {}, **kw)
        codigos = [codigo for codigo, _ in choices]
        extend_schema_field({"type": "string", "enum": codigos})(self)
