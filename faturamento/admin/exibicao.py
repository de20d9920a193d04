"""Colours of states, and small forms."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from comum.erros import DadoInvalidoError
from comum.periodos import ler_competencia

COR_DA_FATURA = {"RASCUNHO": "warning", "EMITIDA": "success", "CANCELADA": "danger"}
COR_DO_PAGAMENTO = {"PENDENTE": "warning", "PARCIAL": "info", "PAGA": "success"}
COR_DA_EXECUCAO = {
    "ABERTA": "info",
    "CONCLUIDA": "success",
    "CANCELADA": "warning",
    "INTERROMPIDA": "danger",
}


class CampoDeCompetencia(forms.CharField):
    """A month, typed as MM/AAAA or AAAA-MM; cleans to its first day."""

    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": "MM/AAAA", "inputmode": "numeric"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 10, "help_text": "Por exemplo, 01/2026.", **kwargs})

    def to_python(self, value: Any) -> Any:
        texto = super().to_python(value)
        if not texto:
            return None
        try:
            mes = ler_competencia(texto)
        except DadoInvalidoError as erro:
            raise ValidationError(str(erro), code=erro.codigo) from erro
        if not 1900 <= mes.year < 2200:
            raise ValidationError(f"Ano fora do calendário: {mes.year}. Use de 1900 a 2199.")
        return mes

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%m/%Y}" if isinstance(value, date) else value

    def run_validators(self, value: Any) -> None:
        """Those of the text have no say about a date."""
