"""Search in lists of readings: among the meters first, which are few and indexed."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from comum.django_base.admin import TERMO_MAXIMO
from medidores.models import Medidor

MEDIDORES_NA_BUSCA = 1_000


class BuscaPeloMedidor(ModelAdmin):
    """Mixin: a meter's number, a UC's code or a customer's name, at a million readings too.

    A whole meter number is looked up by its index; anything else is searched as in the
    list of meters, and the first thousand found give the readings.
    """

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        termo = search_term[:TERMO_MAXIMO].strip()
        if not termo:
            return queryset, False
        achados = list(Medidor.objects.filter(numero_medidor=termo).values_list("pk", flat=True))
        if not achados:
            dos_medidores = self.admin_site.get_model_admin(Medidor)
            medidores, _ = dos_medidores.get_search_results(
                request, Medidor.objects.order_by("pk"), termo
            )
            achados = list(medidores.values_list("pk", flat=True)[:MEDIDORES_NA_BUSCA])
        return queryset.filter(medidor__um_de=achados), False
