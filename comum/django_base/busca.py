"""One box that finds a name, a document, a code or a number, at a million rows too.

Django's own search joins every table that it looks in and so reads them whole. Here the
related ones are asked first, each by its own indexes; what they find gives the rows.
"""

import re
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

import comum.django_base.listas  # noqa: F401 - registers `um_de`
from comum.texto import limpar_colado, sem_acentos

TERMO_MAXIMO = 100
PALAVRAS_MAXIMAS = 8
RELACIONADOS_MAXIMOS = 1_000
SEPARADORES = re.compile(r"[\s./-]")
DOCUMENTO = re.compile(r"[0-9A-Z]{3,14}")
# Fields that hold a document: stored bare, typed with or without its mask.
CAMPOS_DE_DOCUMENTO = ("documento", "cnpj")
NUMERO = re.compile(r"(?:[^\W\d_]+\s+)*(?:[0-9A-Za-z]+-)?0*([0-9][0-9.]{0,17})")


class Busca:
    """One search over `campos`, as an admin's `search_fields` writes them.

    `documento_parcial` says whether part of a document finds it: who may not see documents
    must know a whole one. `demais` tells afterwards that a related table had more matches
    than are looked at. `achados` keeps what related tables answered, for other searches of
    the same term by the same person.
    """

    def __init__(
        self,
        termo: str,
        campos: list[str],
        *,
        documento_parcial: bool = True,
        achados: dict[Any, list[Any]] | None = None,
    ) -> None:
        self.termo = limpar_colado(termo[:TERMO_MAXIMO])
        self.campos = campos
        self.documento_parcial = documento_parcial
        self.demais = False
        self.achados = {} if achados is None else achados

    def filtrar(self, queryset: Any) -> Any:
        """The rows that match; all of them when nothing was typed."""
        if not self.termo:
            return queryset
        return queryset.filter(self._condicao(queryset.model, self.campos))

    def _condicao(self, modelo: type[models.Model], campos: list[str]) -> Q:
        """Every word in fields of the row itself, or all of them in one related row."""
        proprios, por_relacao = self._separar(modelo, campos)
        condicao = self._das_palavras(proprios) | self._do_termo(proprios)
        for relacao, dela in por_relacao.items():
            campo: Any = modelo._meta.get_field(relacao)
            dos_seus = campo.one_to_many  # rows that point here: what they point at is found
            ids = self._ids(campo.related_model, dela, campo.field.attname if dos_seus else "pk")
            self.demais |= len(ids) > RELACIONADOS_MAXIMOS
            coluna = "pk" if dos_seus else relacao
            ids = [pk for pk in ids[:RELACIONADOS_MAXIMOS] if pk is not None]
            if len(ids) == 1:  # an index that goes on with the list's order gives it sorted
                condicao |= Q(**{coluna: ids[0]})
            elif ids:
                condicao |= Q(**{f"{coluna}__um_de": ids})
        return condicao if condicao else Q(pk__in=[])

    def _ids(self, modelo: Any, campos: list[str], coluna: str) -> list[Any]:
        """What `coluna` holds in the rows that match, and one more than are looked at."""
        chave = (modelo, *campos, coluna, self.termo, self.documento_parcial)
        if chave not in self.achados:
            linhas = modelo._base_manager.filter(self._condicao(modelo, campos))
            self.achados[chave] = list(
                linhas.values_list(coluna, flat=True)[: RELACIONADOS_MAXIMOS + 1]
            )
        return self.achados[chave]

    @staticmethod
    def _separar(
        modelo: type[models.Model], campos: list[str]
    ) -> tuple[list[str], dict[str, list[str]]]:
        proprios: list[str] = []
        por_relacao: dict[str, list[str]] = {}
        for campo in campos:
            primeiro, _, resto = campo.removeprefix("=").partition("__")
            try:
                e_relacao = resto and modelo._meta.get_field(primeiro).is_relation
            except FieldDoesNotExist:
                e_relacao = False
            if e_relacao:
                sinal = "=" if campo.startswith("=") else ""
                por_relacao.setdefault(primeiro, []).append(sinal + resto)
            else:
                proprios.append(campo)
        return proprios, por_relacao

    def _das_palavras(self, campos: list[str]) -> Q:
        """Each word in one of the fields that hold text."""
        de_texto = [c for c in campos if not c.startswith("=") and not _e_documento(c)]
        todas = Q()
        for palavra in self.termo.split()[:PALAVRAS_MAXIMAS] if de_texto else []:
            alguma = Q()
            for campo in de_texto:
                alguma |= _contem(campo, palavra)
            todas &= alguma
        return todas

    def _do_termo(self, campos: list[str]) -> Q:
        """The whole term as a document or as a number."""
        condicao = Q()
        nu = SEPARADORES.sub("", self.termo).upper()
        numero = NUMERO.fullmatch(self.termo)
        for campo in campos:
            if _e_documento(campo):
                if DOCUMENTO.fullmatch(nu) and any(letra.isdigit() for letra in nu):
                    como = "startswith" if self.documento_parcial else "exact"
                    condicao |= Q(**{f"{campo.partition('__')[0]}__{como}": nu})
            elif campo.startswith("=") and numero:
                condicao |= Q(**{campo.removeprefix("="): int(numero[1].replace(".", ""))})
        return condicao


def _contem(campo: str, palavra: str) -> Q:
    """The word in the field; only the columns kept for searches have lost their accents."""
    simples = sem_acentos(palavra)
    if campo.partition("__")[0].endswith("_busca"):
        return Q(**{campo: simples})
    consulta = campo if "__" in campo else f"{campo}__icontains"
    condicao = Q(**{consulta: palavra})
    return condicao if simples == palavra.lower() else condicao | Q(**{consulta: simples})


def _e_documento(campo: str) -> bool:
    return campo.partition("__")[0] in CAMPOS_DE_DOCUMENTO
