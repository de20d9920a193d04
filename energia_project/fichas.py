"""Pages that join apps: meters, readings and invoices on the customer and on the UC.

Imports go down only, so an app's own admin cannot show what stands above it.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.datasets import BaseDataset
from unfold.decorators import action, display

from clientes.admin import ClienteAdmin
from clientes.models import Cliente
from comum.django_base.admin import LinhasSomenteConsulta, SomenteConsulta
from comum.django_base.exibicao import brl, endereco_do_objeto, ligacao_ao_objeto, mes
from comum.django_base.formularios import e_chave
from comum.periodos import dia_civil
from energia_project.situacao_do_cliente import montar_situacao
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
        "critica",
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
    actions_detail: list[Any] = [
        "segunda_via",
        "simular",
        {
            "title": "Medidor",
            "icon": "electric_meter",
            "items": ["novo_medidor", *LevaAoMedidor.actions_detail],
        },
        {"title": "Cobrar", "icon": "add_card", "items": ["lancar", "nova_fatura"]},
    ]
    actions_list = ["importar_cadastro"]

    def get_changeform_datasets(self, request: HttpRequest) -> list[Any]:
        return leituras_visiveis(request, LeiturasDoCliente)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if cliente := kwargs.get("obj"):
            hoje = dia_civil(timezone.now())
            context["situacao"] = montar_situacao(request, cliente, hoje=hoje)
        return super().render_change_form(request, context, *args, **kwargs)

    # Methods, not permission names: the theme's own check would look those up in a database
    # that may not be there yet.
    def has_instalar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("medidores.add_medidor")

    def has_faturar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.add_fatura")

    def has_ver_faturas_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.view_fatura")

    def has_lancar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.add_lancamentoavulso")

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

    @action(description="Segunda via", icon="print", permissions=["ver_faturas"])
    def segunda_via(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The newest invoice that stands, ready to print; older ones are on the page itself."""
        cliente = self.abrir(request, object_id)
        emitidas = Fatura.objects.filter(cliente=cliente, situacao=Fatura.Situacao.EMITIDA)
        fatura = emitidas.order_by("-mes_referencia", "-pk").only("pk").first()
        if fatura is None:
            self.message_user(request, f"{cliente} não tem fatura emitida.", messages.WARNING)
            return HttpResponseRedirect(endereco_do_objeto(cliente))
        return HttpResponseRedirect(endereco_do_objeto(fatura, "imprimir"))

    @action(description="Simular", icon="calculate", permissions=["ver_faturas"])
    def simular(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The simulator, at the UC of the customer's newest bill."""
        cliente = self.abrir(request, object_id)
        contas = Fatura.objects.de_ciclo().nao_canceladas().filter(cliente=cliente)
        codigo = contas.order_by("-ciclo_ate", "-pk").values_list("unidade__codigo", flat=True)
        endereco = reverse("admin:faturamento_fatura_simular_fatura")
        return HttpResponseRedirect(f"{endereco}?{urlencode({'unidade': codigo.first() or ''})}")

    @action(description="Lançamento avulso", icon="playlist_add", permissions=["lancar"])
    def lancar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A one-off line for the customer; where there is one UC, for it."""
        cliente = self.abrir(request, object_id)
        unidades = set(cliente.medidores.ativos().values_list("unidade", flat=True)[:2])
        dados = {"cliente": cliente.pk}
        if len(unidades) == 1:
            dados["unidade"] = unidades.pop()
        endereco = reverse("admin:faturamento_lancamentoavulso_add")
        return HttpResponseRedirect(f"{endereco}?{urlencode(dados)}")

    @action(description="Importar cadastro", icon="upload_file", permissions=["importar"])
    def importar_cadastro(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:medidores_medidor_importar_cadastro"))


@admin.register(UnidadeConsumidora)
class FichaDaUnidade(LevaAoMedidor, UnidadeConsumidoraAdmin):
    inlines = [MedidoresDaUnidade, FaturasDaUnidade, LancamentosDaUnidade]

    def get_changeform_datasets(self, request: HttpRequest) -> list[Any]:
        return leituras_visiveis(request, LeiturasDaUnidade)
