"""Pages that join apps: meters, readings and invoices on the customer and on the UC.

Imports go down only, so an app's own admin cannot show what stands above it.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.datasets import BaseDataset
from unfold.decorators import action, display

from clientes.admin import ClienteAdmin
from clientes.models import Cliente
from comum.django_base.admin import LinhasSomenteConsulta, SomenteConsulta
from comum.django_base.exibicao import brl, ligacao_ao_objeto, mes
from comum.django_base.formularios import e_chave
from faturamento.admin.colunas import ColunasDaFatura
from faturamento.models import Fatura, LancamentoAvulso
from medidores.admin.acoes import LevaAoMedidor
from medidores.admin.leituras import LeituraAdmin
from medidores.admin.medidores import MedidorAdmin
from medidores.admin.unidades import UnidadeConsumidoraAdmin
from medidores.models import Leitura, Medidor, UnidadeConsumidora


class MedidoresDoCliente(LinhasSomenteConsulta):
    model = Medidor
    fields = readonly_fields = ["numero", "unidade", "tipo", "data_instalacao", "data_retirada"]
    ordering = ["-id"]

    @display(description="número")
    def numero(self, medidor: Medidor) -> str:
        return ligacao_ao_objeto(medidor)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).com_relacionados()


class MedidoresDaUnidade(MedidoresDoCliente):
    fields = readonly_fields = ["numero", "cliente", "tipo", "data_instalacao", "data_retirada"]


class FaturasDoCliente(ColunasDaFatura, LinhasSomenteConsulta):
    model = Fatura
    fields = readonly_fields = [
        "documento",
        "mes",
        "unidade_ligada",
        "consumo",
        "total",
        "vencimento",
        "situacao_colorida",
        "pagamento_colorido",
    ]
    ordering = ["-mes_referencia", "-id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).com_relacionados().defer("demonstrativo")


class FaturasDaUnidade(FaturasDoCliente):
    fields = readonly_fields = [
        "documento",
        "mes",
        "cliente_ligado",
        "consumo",
        "total",
        "vencimento",
        "situacao_colorida",
        "pagamento_colorido",
    ]

    @display(description="cliente")
    def cliente_ligado(self, fatura: Fatura) -> str:
        return ligacao_ao_objeto(fatura.cliente)


class LancamentosDoCliente(LinhasSomenteConsulta):
    model = LancamentoAvulso
    fields = readonly_fields = [
        "texto_ligado",
        "unidade",
        "valor_brl",
        "mes_inicial",
        "fatura",
    ]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("unidade", "cliente", "fatura")

    @display(description="descrição")
    def texto_ligado(self, lancamento: LancamentoAvulso) -> str:
        return ligacao_ao_objeto(lancamento, lancamento.texto)

    @display(description="valor")
    def valor_brl(self, lancamento: LancamentoAvulso) -> str:
        return brl(lancamento.valor)

    @display(description="a partir de")
    def mes_inicial(self, lancamento: LancamentoAvulso) -> str:
        return mes(lancamento.a_partir_de)


class LancamentosDaUnidade(LancamentosDoCliente):
    fields = readonly_fields = [
        "texto_ligado",
        "cliente",
        "valor_brl",
        "mes_inicial",
        "fatura",
    ]


class UltimasLeituras(SomenteConsulta, LeituraAdmin):
    """The list of readings, cut to one page of those of a customer or of a UC."""

    list_display = [
        "data_leitura",
        "medidor_ligado",
        "unidade",
        "registrador",
        "leitura",
        "situacao_colorida",
        "ocorrencia",
    ]
    search_fields: list[str] = []
    sortable_by: list[str] = []
    list_per_page = 13
    show_full_result_count = False
    ordering = ["-data_leitura", "-id"]
    pai = ""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_queryset(self, request: HttpRequest) -> Any:
        pai = self.extra_context.get("object")
        leituras = super().get_queryset(request)
        return leituras.filter(**{self.pai: pai}) if e_chave(pai) else leituras.none()


class LeiturasDoCliente(BaseDataset):
    model = Leitura
    title = "Últimas leituras"
    tab = True

    class model_admin(UltimasLeituras):  # noqa: N801 - the name that the theme reads
        pai = "medidor__cliente"


class LeiturasDaUnidade(LeiturasDoCliente):
    class model_admin(UltimasLeituras):  # noqa: N801 - the name that the theme reads
        pai = "medidor__unidade"


def leituras_visiveis(request: HttpRequest, leituras: type[BaseDataset]) -> list[Any]:
    """The tab of readings, for those who may see readings, on pages of what exists."""
    existe = request.resolver_match is not None and "object_id" in request.resolver_match.kwargs
    return [leituras] if existe and request.user.has_perm("medidores.view_leitura") else []


admin.site.unregister([Cliente, UnidadeConsumidora])


@admin.register(Cliente)
class FichaDoCliente(LevaAoMedidor, ClienteAdmin):
    inlines = [MedidoresDoCliente, FaturasDoCliente, LancamentosDoCliente]
    search_fields = [
        *ClienteAdmin.search_fields,
        "medidores__numero_medidor",
        "medidores__unidade__codigo",
        "=faturas__numero",
    ]
    search_help_text = "Nome, CPF ou CNPJ, e-mail, medidor, unidade ou número da fatura"
    actions_detail = ["novo_medidor", "nova_fatura", *LevaAoMedidor.actions_detail]
    actions_list = ["importar_cadastro"]

    def get_changeform_datasets(self, request: HttpRequest) -> list[Any]:
        return leituras_visiveis(request, LeiturasDoCliente)

    # Methods, not permission names: the theme's own check would look those up in a database
    # that may not be there yet.
    def has_instalar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("medidores.add_medidor")

    def has_faturar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.add_fatura")

    def has_importar_permission(self, request: HttpRequest) -> bool:
        return MedidorAdmin.has_importar_permission(self, request)

    @action(description="Novo medidor", icon="add", permissions=["instalar"])
    def novo_medidor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        cliente = self.abrir(request, object_id)
        endereco = reverse("admin:medidores_medidor_add")
        return HttpResponseRedirect(f"{endereco}?cliente={cliente.pk}")

    @action(description="Fatura avulsa", icon="add", permissions=["faturar"])
    def nova_fatura(self, request: HttpRequest, object_id: str) -> HttpResponse:
        cliente = self.abrir(request, object_id)
        endereco = reverse("admin:faturamento_fatura_add")
        return HttpResponseRedirect(f"{endereco}?cliente={cliente.pk}")

    @action(description="Importar cadastro", icon="upload_file", permissions=["importar"])
    def importar_cadastro(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:medidores_medidor_importar_cadastro"))


@admin.register(UnidadeConsumidora)
class FichaDaUnidade(LevaAoMedidor, UnidadeConsumidoraAdmin):
    inlines = [MedidoresDaUnidade, FaturasDaUnidade, LancamentosDaUnidade]

    def get_changeform_datasets(self, request: HttpRequest) -> list[Any]:
        return leituras_visiveis(request, LeiturasDaUnidade)
