"""The second copy of an invoice: a page made to be printed, and its PDF."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from unfold.decorators import action

from comum.django_base.exibicao import endereco_do_objeto
from comum.django_base.graficos import Ponto, desenhar_barras
from faturamento.servicos.impressao import ContaImpressa, gerar_pdf, montar_impressao


class ImpressaoDaFatura:
    """Mixin of FaturaAdmin: whoever may see an invoice may print it, whatever its state."""

    def has_imprimir_permission(self: Any, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request)

    @action(
        description="Imprimir",
        icon="print",
        permissions=["imprimir"],
        attrs={"target": "_blank"},
    )
    def imprimir(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        fatura = self.abrir(request, object_id)
        conta = montar_impressao(fatura)
        contexto = {
            "conta": conta,
            "grafico": _grafico(conta),
            "endereco_do_pdf": endereco_do_objeto(fatura, "pdf"),
            "voltar": endereco_do_objeto(fatura),
        }
        return never_cache(TemplateResponse)(request, "energia/conta.html", contexto)

    @action(
        description="PDF",
        icon="picture_as_pdf",
        permissions=["imprimir"],
        attrs={"target": "_blank"},
    )
    def pdf(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        fatura = self.abrir(request, object_id)
        nome = f"fatura-{fatura.serie}-{fatura.numero}" if fatura.numero else f"fatura-{fatura.pk}"
        resposta = HttpResponse(gerar_pdf(fatura), content_type="application/pdf")
        resposta.headers["Content-Disposition"] = f'inline; filename="{_so_ascii(nome)}.pdf"'
        resposta.headers["Cache-Control"] = "no-store"
        return resposta


def _so_ascii(nome: str) -> str:
    """A série is what somebody typed: only letters, digits and hyphens go into a header."""
    return "".join(letra if letra.isascii() and letra.isalnum() else "-" for letra in nome)


def _grafico(conta: ContaImpressa) -> Any:
    pontos = [
        Ponto(
            um.mes,
            um.consumo_kwh,
            "sem fatura"
            if um.consumo_kwh is None
            else f"{um.dias} dias" + (", estimado" if um.estimado else ""),
            "esta" if um.desta else "",
        )
        for um in conta.historico
    ]
    if not pontos:
        return None
    return desenhar_barras(
        pontos,
        nome="historico",
        titulo="Consumo dos últimos 13 meses",
        unidade="kWh",
        resumo="o mês desta fatura está destacado",
        coluna_da_nota="Dias",
    )
