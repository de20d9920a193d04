"""Readings in the admin: they come in by the same door as everywhere."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from comum.django_base.admin import AdminComHistorico
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.exibicao import endereco_do_objeto
from comum.django_base.filtros import FiltroDePeriodo
from comum.django_base.formularios import FormularioDoServico
from comum.periodos import dia_civil
from medidores.admin.colunas import ColunasDaLeitura
from medidores.admin.envio import EnvioDeLeituras
from medidores.calculo.critica import Destino
from medidores.models import Leitura, OcorrenciaLeitura
from medidores.servicos.faturado import faturado_ate_por_unidade
from medidores.servicos.leituras import LeituraInformada, alterar_leitura
from medidores.servicos.ocorrencias import registrar_leitura_com_ocorrencia

REPETIDA = "leitura_repetida"


class FormularioDeLeitura(FormularioDoServico):
    """A new reading may come with what the reader found at the meter."""

    ocorrencia_de_campo = forms.ModelChoiceField(
        OcorrenciaLeitura.objects.filter(ativa=True).order_by("codigo"),
        label="Ocorrência em campo",
        required=False,
        empty_label="Nenhuma",
        widget=UnfoldAdminSelectWidget(),
        help_text="O que o leiturista encontrou, se houver. Algumas retêm a leitura para decisão.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields.pop("ocorrencia_de_campo", None)


@admin.register(Leitura)
class LeituraAdmin(ColunasDaLeitura, EnvioDeLeituras, AdminComHistorico):
    form = FormularioDeLeitura
    list_display = [
        "data_leitura",
        "medidor_ligado",
        "unidade",
        "cliente",
        "registrador",
        "leitura",
        "origem",
        "situacao_colorida",
        "critica",
    ]
    list_filter = [
        ("situacao", FiltroDeEscolha),
        ("data_leitura", FiltroDePeriodo),
        ("origem", FiltroDeEscolha),
        ("registrador", FiltroDeEscolha),
    ]
    search_fields = [
        "medidor__numero_medidor",
        "medidor__unidade__codigo",
        "medidor__cliente__nome_busca__contains",
        "medidor__cliente__documento",
    ]
    search_help_text = "Número do medidor, unidade, nome ou documento do cliente"
    sortable_by = ["data_leitura"]
    ordering = ["-data_leitura", "-id"]
    autocomplete_fields = ["medidor"]
    add_fieldsets = [
        (
            None,
            {
                "fields": [
                    "medidor",
                    "data_leitura",
                    "leitura_kwh",
                    ("registrador", "origem"),
                    "ocorrencia_de_campo",
                    "observacao",
                ]
            },
        )
    ]
    fieldsets = [
        (None, {"fields": [("medidor", "registrador"), ("data_leitura", "leitura_kwh")]}),
        ("Crítica", {"fields": [("situacao", "critica"), ("valor_informado", "substitui")]}),
        ("Origem", {"fields": [("origem", "importacao"), ("registrada_em", "observacao")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).com_relacionados()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """After it is in, only the value can be corrected."""
        if obj is None:
            return []
        nomes = [campo.name for campo in self.opts.fields if campo.name != "id"]
        return [*(nome for nome in nomes if nome != "leitura_kwh"), "critica"]

    def motivo_somente_leitura(self, objeto: Leitura) -> str:
        unidade_id = objeto.medidor.unidade_id
        ate = faturado_ate_por_unidade([unidade_id]).get(unidade_id)
        if ate is None or objeto.data_leitura > ate or objeto.situacao == Leitura.Situacao.RETIDA:
            return ""
        return (
            f"A unidade está faturada até {dia_civil(ate):%d/%m/%Y}, e esta leitura não muda mais. "
            "Para corrigi-la, cancele a fatura, registre a leitura certa e fature de novo."
        )

    def gravar_objeto(self, request: HttpRequest, objeto: Any, dados: dict[str, Any]) -> None:
        agora = timezone.now()
        if not objeto._state.adding:
            alterar_leitura(objeto, leitura_kwh=dados["leitura_kwh"], agora=agora)
            objeto.refresh_from_db()
            return
        registrada = registrar_leitura_com_ocorrencia(
            LeituraInformada(
                medidor_id=dados["medidor"].pk,
                registrador=dados["registrador"],
                data_leitura=dados["data_leitura"],
                leitura_kwh=dados["leitura_kwh"],
                origem=dados["origem"],
                observacao=dados["observacao"],
            ),
            ocorrencia=dados["ocorrencia_de_campo"],
            usuario_id=request.user.pk,
            agora=agora,
        )
        objeto.pk = registrada.leitura.pk
        objeto.refresh_from_db()
        setattr(request, REPETIDA, registrada.repetida)
        if registrada.julgamento.destino is Destino.RETIDA:
            frase = f"Leitura retida pela crítica: {registrada.julgamento.mensagem}"
            self.message_user(request, frase, messages.WARNING)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return (
            None
            if getattr(request, REPETIDA, False)
            else super().log_addition(request, obj, message)
        )

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(request, REPETIDA, False):
            frase = "Esta leitura já estava registrada; nada mudou."
            self.message_user(request, frase, messages.INFO)
            return HttpResponseRedirect(endereco_do_objeto(obj))
        return super().response_add(request, obj, *args, **kwargs)
