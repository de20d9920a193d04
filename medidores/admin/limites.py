"""The crítica's thresholds in the admin, a row for each class."""

from typing import Any

from django.contrib import admin
from unfold.decorators import display

from comum.django_base.admin import AdminComHistorico
from comum.django_base.exibicao import numero
from medidores.models import LimiteCritica


@admin.register(LimiteCritica)
class LimiteCriticaAdmin(AdminComHistorico):
    list_display = ["classe", "alto", "baixo", "ciclos_minimos", "intervalo"]
    ordering = ["classe", "id"]
    fieldsets = [
        (
            None,
            {
                "fields": ["classe"],
                "description": "Uma classe sem registro aqui usa os valores padrão.",
            },
        ),
        ("Consumo alto", {"fields": [("vezes_alto", "minimo_alto_kwh")]}),
        ("Consumo baixo", {"fields": [("fracao_baixo", "media_minima_baixo_kwh")]}),
        (
            "Histórico e intervalo",
            {"fields": ["ciclos_minimos", ("intervalo_minimo_dias", "intervalo_maximo_dias")]},
        ),
    ]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """The class names the row; another class is another row."""
        return ["classe"] if obj else []

    @display(description="consumo alto", ordering="vezes_alto")
    def alto(self, limite: LimiteCritica) -> str:
        vezes, minimo = numero(limite.vezes_alto), numero(limite.minimo_alto_kwh, 0)
        return f"acima de {vezes} × a média e de {minimo} kWh"

    @display(description="consumo baixo", ordering="fracao_baixo")
    def baixo(self, limite: LimiteCritica) -> str:
        fracao, media = numero(limite.fracao_baixo), numero(limite.media_minima_baixo_kwh, 0)
        return f"abaixo de {fracao} × a média, se ela passa de {media} kWh"

    @display(description="intervalo", ordering="intervalo_minimo_dias")
    def intervalo(self, limite: LimiteCritica) -> str:
        return f"{limite.intervalo_minimo_dias} a {limite.intervalo_maximo_dias} dias"
