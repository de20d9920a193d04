"""What readers may find at a meter, as a table; and what they found, on the meter's page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminComHistorico, LinhasSomenteConsulta
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.exibicao import endereco_do_objeto
from comum.django_base.formularios import recusar_data_absurda
from comum.django_base.modelos import hoje, sem_caractere_nulo
from medidores.models import OcorrenciaLeitura, OcorrenciaRegistrada
from medidores.servicos.ocorrencias import registrar_ocorrencia


@admin.register(OcorrenciaLeitura)
class OcorrenciaLeituraAdmin(AdminComHistorico):
    list_display = ["codigo", "descricao", "com_leitura", "sem_leitura", "ativa"]
    list_filter = [
        "ativa",
        ("com_leitura", FiltroDeEscolha),
        ("sem_leitura", FiltroDeEscolha),
    ]
    search_fields = ["codigo", "descricao"]
    search_help_text = "Código ou descrição da ocorrência"
    ordering = ["codigo", "id"]
    fieldsets = [
        (None, {"fields": [("codigo", "ativa"), "descricao"]}),
        ("O que se fatura", {"fields": [("com_leitura", "sem_leitura")]}),
    ]


class FormularioDeOcorrencia(forms.Form):
    ocorrencia = forms.ModelChoiceField(
        OcorrenciaLeitura.objects.filter(ativa=True).order_by("codigo"),
        label="Ocorrência",
        empty_label="Escolha…",
        widget=UnfoldAdminSelectWidget(),
    )
    data = forms.DateField(  # type: ignore[assignment]  # a field named as the form's own data
        label="Data",
        initial=hoje,
        widget=UnfoldAdminDateWidget(),
        validators=[recusar_data_absurda],
    )
    observacao = forms.CharField(
        label="Observação",
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
    )


class RegistroDeOcorrencia:
    """Mixin of MedidorAdmin: the button that writes an occurrence down."""

    def has_ocorrencia_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("medidores.add_ocorrenciaregistrada")

    @action(description="Registrar ocorrência", icon="report", permissions=["ocorrencia"])
    def registrar_ocorrencia(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        medidor = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Registrar ocorrência",
            botao="Registrar",
            explicacao=f"Medidor {medidor}, da unidade {medidor.unidade}.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            registrada = registrar_ocorrencia(
                medidor_id=medidor.pk,
                **dados,
                usuario_id=request.user.pk,
                agora=timezone.now(),
            )
            frase = f"Ocorrência registrada: {registrada}."
            self.log_change(request, medidor, frase)
            self.message_user(request, frase, messages.SUCCESS)
            return HttpResponseRedirect(endereco_do_objeto(medidor))

        return self.conduzir(
            request, pagina, executar, formulario=FormularioDeOcorrencia, objeto=medidor
        )


class OcorrenciasDoMedidor(LinhasSomenteConsulta):
    model = OcorrenciaRegistrada
    fields = readonly_fields = ["data", "ocorrencia", "observacao", "registrada_por"]
    ordering = ["-data", "-id"]
    verbose_name_plural = "ocorrências"
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("ocorrencia", "registrada_por")
