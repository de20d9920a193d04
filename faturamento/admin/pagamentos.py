"""Payments in the admin: recorded and reversed; never edited, never deleted."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminComHistorico
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.exibicao import brl, endereco_do_objeto, ligacao_ao_objeto, pode_ver
from comum.django_base.filtros import FiltroDePeriodo
from comum.django_base.formularios import FormularioDoServico
from faturamento.models import Fatura, Pagamento
from faturamento.servicos.baixa import estornar_pagamento, registrar_pagamento


class FormularioDoPagamento(FormularioDoServico):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if campo := self.fields.get("valor"):
            campo.help_text = "Para desfazer um pagamento, use Estornar na página dele."


@admin.register(Pagamento)
class PagamentoAdmin(AdminComHistorico):
    form = FormularioDoPagamento
    list_display = [
        "identificador",
        "fatura_ligada",
        "cliente",
        "total",
        "data_pagamento",
        "origem",
        "registrado_em",
    ]
    list_filter = [("origem", FiltroDeEscolha), ("data_pagamento", FiltroDePeriodo)]
    search_fields = [
        "identificador",
        "=fatura__numero",
        "fatura__cliente__nome_busca__contains",
        "fatura__cliente__documento",
        "fatura__unidade__codigo",
    ]
    search_help_text = "Identificador, número da fatura, unidade, nome ou documento do cliente"
    sortable_by = ["identificador"]
    ordering = ["-id"]
    autocomplete_fields = ["fatura"]
    actions_detail = ["estornar"]
    exclui_em_lote = False
    add_fieldsets = [
        (None, {"fields": ["fatura", ("valor", "data_pagamento"), "identificador"]}),
    ]
    fieldsets = [
        (None, {"fields": ["fatura", ("valor", "data_pagamento"), "identificador"]}),
        ("Registro", {"fields": [("origem", "estorna"), ("registrado_em", "registrado_por")]}),
    ]
    readonly_fields = ["estorna", "registrado_em", "registrado_por"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("fatura__cliente", "estorno")

    def motivo_somente_leitura(self, objeto: Pagamento) -> str:
        return "O pagamento registrado não muda nem se apaga. Se estiver errado, estorne-o."

    def gravar_objeto(self, request: HttpRequest, objeto: Any, dados: dict[str, Any]) -> None:
        criado = registrar_pagamento(
            fatura_id=dados["fatura"].pk,
            valor=dados["valor"],
            identificador=dados["identificador"],
            data_pagamento=dados["data_pagamento"],
            agora=timezone.now(),
            usuario_id=request.user.pk,
        )
        objeto.pk = criado.pk
        objeto.refresh_from_db()

    def has_estornar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.add_pagamento")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        pagamento = self.get_object(request, object_id)
        if pagamento is None or pagamento.estorna_id or hasattr(pagamento, "estorno"):
            return []
        return super().get_actions_detail(request, object_id)

    @action(
        description="Estornar", icon="undo", permissions=["estornar"], variant=ActionVariant.DANGER
    )
    def estornar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        pagamento = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Estornar pagamento",
            botao="Estornar",
            explicacao=f"O {pagamento} é de {brl(pagamento.valor)}, da {pagamento.fatura}. "
            "O estorno é uma linha nova; o pagamento continua à vista.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            estorno = estornar_pagamento(
                pagamento_id=pagamento.pk, agora=timezone.now(), usuario_id=request.user.pk
            )
            self.log_addition(request, estorno, f"Estorno do {pagamento}.")
            frase = f"O {pagamento} foi estornado."
            self.message_user(request, frase, messages.SUCCESS)
            destino = pagamento.fatura if pode_ver(Fatura) else pagamento
            return HttpResponseRedirect(endereco_do_objeto(destino))

        return self.conduzir(request, pagina, executar, objeto=pagamento)

    @display(description="fatura", ordering="fatura__numero")
    def fatura_ligada(self, pagamento: Pagamento) -> str:
        return ligacao_ao_objeto(pagamento.fatura)

    @display(description="cliente", ordering="fatura__cliente__nome_busca")
    def cliente(self, pagamento: Pagamento) -> str:
        return ligacao_ao_objeto(pagamento.fatura.cliente)

    @display(description="valor", ordering="valor")
    def total(self, pagamento: Pagamento) -> str:
        return brl(pagamento.valor)
