"""What the database refused, said in the words of the rule it guards.

Constraints carry their own sentence (`violation_error_message`) and triggers
raise theirs. Whatever path a write took, the person reads the same text.
"""

import re
from functools import cache

from django.apps import apps
from django.db import IntegrityError, models

from comum.erros import DominioError

MARCA_DE_GATILHO = "ENERGIA"
# Constraints that no model declares (made by SQL in a migration): name -> (code, sentence).
FRASES_DE_MIGRACAO: dict[str, tuple[str, str]] = {}


class ConflitoError(DominioError):
    """The database refused what other data forbids."""

    codigo = "CONFLITO"


@cache
def _frases_por_nome() -> dict[str, str]:
    return {
        constraint.name: str(constraint.violation_error_message)
        for modelo in apps.get_models(include_auto_created=True)
        for constraint in modelo._meta.constraints
    }


def coluna(modelo: type[models.Model], campo: str) -> str:
    """The column of a concrete field.

    Raises:
        ValueError: the field has none of its own.
    """
    achado = modelo._meta.get_field(campo)
    if not isinstance(achado, models.Field):
        raise ValueError(f"{campo} não é coluna de {modelo.__name__}")
    return str(achado.column)


@cache
def _nomes_por_colunas() -> dict[str, str]:
    """SQLite names the columns of a broken UNIQUE, not the constraint."""
    return {
        ", ".join(
            f"{modelo._meta.db_table}.{coluna(modelo, campo)}" for campo in constraint.fields
        ): constraint.name
        for modelo in apps.get_models(include_auto_created=True)
        for constraint in modelo._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
    }


def nome_da_constraint(erro: IntegrityError) -> str:
    """The constraint that refused the write, or "" when the database does not tell."""
    diagnostico = getattr(erro.__cause__, "diag", None)
    if diagnostico is not None:
        return diagnostico.constraint_name or ""
    texto = str(erro)
    if achado := re.search(r"(?:CHECK constraint failed|index '?): ?'?(\w+)", texto):
        return achado[1]
    if achado := re.search(r"UNIQUE constraint failed: (.+)", texto):
        return _nomes_por_colunas().get(achado[1], "")
    return ""


def traduzir_erro_do_banco(erro: IntegrityError) -> DominioError:
    """The domain error that an IntegrityError stands for.

    A trigger's message is `ENERGIA:CODIGO:frase`; a constraint is looked up by
    its name. What cannot be told apart is still a sentence.
    """
    diagnostico = getattr(erro.__cause__, "diag", None)
    texto = (diagnostico.message_primary if diagnostico is not None else None) or str(erro)
    if achado := re.match(rf"{MARCA_DE_GATILHO}:(\w+):(.+)", texto, re.DOTALL):
        return ConflitoError(achado[2], codigo=achado[1])
    nome = nome_da_constraint(erro)
    if nome in FRASES_DE_MIGRACAO:
        codigo, frase = FRASES_DE_MIGRACAO[nome]
        return ConflitoError(frase, codigo=codigo)
    if da_constraint := _frases_por_nome().get(nome):
        return ConflitoError(da_constraint, codigo=nome.upper())
    if "foreign key" in texto.lower():
        return ConflitoError(
            "O registro é usado por outros, ou aponta para um que não existe mais. "
            "Recarregue a página e confira.",
            codigo="REFERENCIA_INVALIDA",
        )
    if "unique" in texto.lower() or "duplicate" in texto.lower():
        return ConflitoError(
            "Já existe um registro com este valor. Recarregue a página e confira.",
            codigo="VALOR_REPETIDO",
        )
    return ConflitoError(
        "O banco de dados recusou a gravação porque ela contraria uma regra. "
        "Recarregue a página e confira os valores.",
    )
