"""Field and constraint helpers that every app's models share."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils import timezone

from comum.periodos import dia_civil

sem_caractere_nulo = ProhibitNullCharactersValidator(
    message="O texto tem um caractere nulo, que não pode ser gravado. Apague-o e tente de novo."
)


class TextoField(models.CharField):
    """A CharField that refuses NUL, which PostgreSQL cannot store."""

    default_validators = [*models.CharField.default_validators, sem_caractere_nulo]


class DinheiroField(models.DecimalField):
    """R$ with 2 places, up to 9,999,999,999.99."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 12, "decimal_places": 2, **kwargs})


class EnergiaField(models.DecimalField):
    """kWh with 3 places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 15, "decimal_places": 3, **kwargs})


class TarifaField(models.DecimalField):
    """R$/MWh without tax, with up to 8 places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 16, "decimal_places": 8, **kwargs})


def hoje() -> Any:
    """Today's civil date in São Paulo; the default of date columns."""
    return dia_civil(timezone.now())


def constraint_de_escolha(campo: str, codigos: Iterable[str], nome: str) -> models.CheckConstraint:
    """The database's own check that `campo` holds one of the codes.

    tests/test_higiene.py keeps them equal to the field's choices.
    """
    codigos = [str(codigo) for codigo in codigos]
    return models.CheckConstraint(
        condition=models.Q(**{f"{campo}__in": codigos}),
        name=nome,
        violation_error_message=f"Valor desconhecido em {campo}. Use um de: {', '.join(codigos)}.",
    )


def recusar_campo(campo: str, mensagem: str, codigo: str) -> ValidationError:
    """A ValidationError on one field, ready to raise."""
    return ValidationError({campo: ValidationError(mensagem, code=codigo)})
