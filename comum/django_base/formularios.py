"""Forms of the admin: what a service refuses, said on the field where it belongs."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from unfold.widgets import UnfoldAdminTextInputWidget

from comum.django_base.banco import traduzir_erro_do_banco
from comum.django_base.busca import SEPARADORES
from comum.erros import DominioError
from comum.texto import limpar_colado

RECUSAS = (DominioError, ValidationError, IntegrityError)
ANOS = range(1900, 2200)
UNIDADES = re.compile(r"^R\$ ?| ?kWh$", re.IGNORECASE)
# With thousands where they end, or with a single dot for a comma, as calculators write it.
NUMERO_DIGITADO = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*)(?:,\d*)?|[+-]?\d+\.\d+")


def frases_por_campo(erro: Exception) -> dict[str, list[str]]:
    """The sentences of a refusal, by field; under "" those of the whole form."""
    if isinstance(erro, IntegrityError):
        erro = traduzir_erro_do_banco(erro)
    if isinstance(erro, ValidationError):
        return erro.message_dict if hasattr(erro, "error_dict") else {"": erro.messages}
    return {getattr(erro, "campo", ""): [str(erro)]}


def frase_unica(erro: Exception) -> str:
    """All the sentences of a refusal, in one line."""
    return " ".join(frase for frases in frases_por_campo(erro).values() for frase in frases)


def anexar_recusas(formulario: forms.BaseForm, frases: dict[str, list[str]]) -> None:
    """Adds the sentences to their fields; those of absent fields, to the form."""
    for campo, textos in frases.items():
        alvo = campo if campo in formulario.fields else None
        ja_ditas = list(formulario.errors.get(alvo or NON_FIELD_ERRORS, []))
        for texto in textos:
            if texto not in ja_ditas:
                formulario.add_error(alvo, texto)


class FormularioRecusado:
    """Mixed into a form that is shown again: it knows what the service said."""

    recusas: dict[str, list[str]]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        anexar_recusas(self, self.recusas)  # type: ignore[arg-type]


class FormularioDeUmaFrase(forms.ModelForm):
    """A field that was refused keeps its own sentence: the model's would say it once more."""

    def add_error(self, field: str | None, error: Any) -> None:
        if field is None and hasattr(error, "error_dict"):
            novas = {c: e for c, e in error.error_dict.items() if c not in self.errors}
            if not novas:
                return
            error = ValidationError(novas)
        super().add_error(field, error)


class FormularioDoServico(FormularioDeUmaFrase):
    """Checks each field; the rules that join fields are the service's to judge."""

    def _post_clean(self) -> None:
        self.instance.validate_constraints = lambda exclude=None: None
        super()._post_clean()  # type: ignore[misc]


class CampoDeDocumento(forms.CharField):
    """CPF or CNPJ as it is pasted: the mask goes before the length is judged.

    A browser that knew the stored length would cut the last digits of a masked one.
    """

    def to_python(self, value: Any) -> Any:
        return super().to_python(SEPARADORES.sub("", limpar_colado(str(value or ""))))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {k: v for k, v in super().widget_attrs(widget).items() if k != "maxlength"}


class CampoDecimal(forms.DecimalField):
    """A number as it is typed or copied from our own pages: “R$ 1.234,56”, “1.234,567 kWh”.

    Dots that stand where no thousand ends are refused: “1.2.3” would be read as 123.
    """

    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    default_error_messages = {"invalid": "Informe um número, como 1.234,56."}

    def __init__(self, **opcoes: Any) -> None:
        super().__init__(**{"localize": True, **opcoes})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = UNIDADES.sub("", limpar_colado(value))
            if value and not NUMERO_DIGITADO.fullmatch(value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


def sem_zeros_a_mais(valor: Any) -> Any:
    """The number as a form shows it: at least two places, and no zeros after them.

    >>> sem_zeros_a_mais(Decimal("472.42000000")), sem_zeros_a_mais(Decimal("0.07877100"))
    (Decimal('472.42'), Decimal('0.078771'))
    """
    if not isinstance(valor, Decimal) or not valor.is_finite():
        return valor
    curto = valor.normalize()
    casas: Any = curto.as_tuple().exponent
    return curto if casas < -2 else valor.quantize(Decimal("0.01"))


def recusar_data_absurda(valor: Any) -> None:
    """Validator of every date: far years overflow calendars and time zones."""
    if valor.year not in ANOS:
        raise ValidationError(
            f"Ano fora do calendário: {valor.year}. Use de {ANOS[0]} a {ANOS[-1]}."
        )


def e_chave(texto: object) -> bool:
    """Whether the text can be a primary key: forged ones overflow or are not numbers.

    >>> e_chave("12"), e_chave("abc"), e_chave("9" * 30)
    (True, False, False)
    """
    return str(texto).isascii() and str(texto).isdecimal() and len(str(texto)) < 19


class AutocompleteSeguro(AutocompleteSelect):
    """Django's own looks a forged `?cliente=abc` up and fails."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [v for v in value if e_chave(v)], attr)
