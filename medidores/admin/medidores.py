"""Meters in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter
from unfold.decorators import action, display

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminComHistorico, LinhasSomenteConsulta
from comum.django_base.exibicao import ligacao_ao_objeto
from comum.django_base.filtros import FiltroDePeriodo
from comum.django_base.formularios import FormularioDeUmaFrase
from medidores.admin.acoes import AtosNoMedidor
from medidores.admin.colunas import ColunasDaLeitura
from medidores.admin.envio import FormularioDeEnvio, mostrar_importacao
from medidores.admin.ocorrencias import OcorrenciasDoMedidor, RegistroDeOcorrencia
from medidores.models import Leitura, Medidor
from medidores.servicos.importacao_cadastro import importar_cadastro
from medidores.servicos.instalacao import alterar_medidor, instalar_medidor

COMO_SAI = (
    "A data de retirada não se digita: o medidor sai por Trocar medidor ou Retirar medidor, no "
    "alto desta página (ou em Mais), com a leitura final dele."
)


class FiltroDeAtividade(DropdownFilter):
    title = "em serviço"
    parameter_name = "ativo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("sim", "ativos"), ("nao", "retirados")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in ("sim", "nao"):
            return queryset.filter(data_retirada__isnull=self.value() == "sim")
        return queryset


class FormularioDeInstalacao(FormularioDeUmaFrase):
    """Without a UC, the service makes one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if campo := self.fields.get("unidade"):
            campo.required = False
            campo.help_text = "Em branco: cria uma unidade residencial no endereço do cliente."
        if campo := self.fields.get("data_retirada"):
            campo.help_text = "Só de um medidor que já saiu; em branco, ele está em serviço."


class LeiturasDoMedidor(ColunasDaLeitura, LinhasSomenteConsulta):
    model = Leitura
    fields = readonly_fields = [
        "quando",
        "registrador",
        "leitura",
        "origem",
        "situacao_colorida",
        "critica",
    ]
    ordering = ["-data_leitura", "-id"]
    verbose_name_plural = "últimas leituras"


@admin.register(Medidor)
class MedidorAdmin(AtosNoMedidor, RegistroDeOcorrencia, AdminComHistorico):
    list_display = [
        "numero_medidor",
        "cliente_ligado",
        "unidade_ligada",
        "tipo",
        "data_instalacao",
        "data_retirada",
    ]
    list_filter = [
        FiltroDeAtividade,
        ("data_instalacao", FiltroDePeriodo),
        ("unidade__grupo_leitura", FieldTextFilter),
    ]
    search_fields = [
        "numero_medidor",
        "unidade__codigo",
        "cliente__nome_busca__contains",
        "cliente__documento",
    ]
    search_help_text = "Número do medidor, unidade, nome ou documento do cliente"
    sortable_by = ["numero_medidor"]
    ordering = ["numero_medidor", "id"]
    autocomplete_fields = ["cliente", "unidade"]
    inlines = [LeiturasDoMedidor, OcorrenciasDoMedidor]
    actions_detail: list[Any] = [
        "registrar_leitura",
        "trocar",
        "mudar_titular",
        {"title": "Mais", "icon": "more_horiz", "items": ["registrar_ocorrencia", "retirar"]},
    ]
    actions_list = ["importar_cadastro"]
    fieldsets = [
        (None, {"fields": [("numero_medidor", "tipo"), ("cliente", "unidade")]}),
        ("Mostrador", {"fields": [("digitos", "constante")]}),
        ("Serviço", {"fields": [("data_instalacao", "data_retirada")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).com_relacionados()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A meter leaves by an act, with its last reading; never by a date that is typed."""
        lidos = super().get_readonly_fields(request, obj)
        return lidos if obj is None else [*lidos, "data_retirada"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        secoes = super().get_fieldsets(request, obj)
        if obj is None or not obj.ativo or not self.has_change_permission(request, obj):
            return secoes
        *demais, (titulo, servico) = secoes
        return [*demais, (titulo, {**servico, "description": COMO_SAI})]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = FormularioDeInstalacao
        return super().get_form(request, obj, change=change, **kwargs)

    def gravar_objeto(self, request: HttpRequest, objeto: Any, dados: dict[str, Any]) -> None:
        (instalar_medidor if objeto._state.adding else alterar_medidor)(objeto)

    @display(description="cliente", ordering="cliente__nome_busca")
    def cliente_ligado(self, medidor: Medidor) -> str:
        return ligacao_ao_objeto(medidor.cliente)

    @display(description="unidade", ordering="unidade__codigo")
    def unidade_ligada(self, medidor: Medidor) -> str:
        return ligacao_ao_objeto(medidor.unidade)

    @staticmethod
    def rotulo(medidor: Medidor) -> str:
        return f"{medidor.numero_medidor} · {medidor.cliente} · {medidor.unidade}"

    def has_importar_permission(self, request: HttpRequest) -> bool:
        modelos = ("clientes.add_cliente", "medidores.add_medidor")
        return request.user.has_perms((*modelos, "medidores.add_unidadeconsumidora"))

    def has_ler_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("medidores.add_leitura")

    @action(description="Registrar leitura", icon="speed", permissions=["ler"])
    def registrar_leitura(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To a new reading, with this meter chosen: one step for who stands in front of it."""
        medidor = self.abrir(request, object_id)
        endereco = reverse("admin:medidores_leitura_add")
        return HttpResponseRedirect(f"{endereco}?medidor={medidor.pk}")

    @action(description="Importar cadastro", icon="upload_file", permissions=["importar"])
    def importar_cadastro(self, request: HttpRequest) -> HttpResponse:
        pagina = PaginaDeAcao(
            titulo="Importar cadastro",
            botao="Enviar",
            explicacao="Uma linha por medidor, com o cliente e a unidade dele. O mesmo arquivo "
            "pode ser enviado de novo: o que já está cadastrado não se repete.",
        )

        def executar(dados: dict[str, Any]) -> Any:
            simular = dados["simular"]
            resultado = importar_cadastro(
                dados["arquivo"].file, agora=timezone.now(), simular=simular
            )
            return mostrar_importacao(resultado, simular=simular)

        return self.conduzir(request, pagina, executar, formulario=FormularioDeEnvio)
