"""Closed months in the admin: closed and reopened here, never edited."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminBase, SomenteConsulta
from comum.django_base.exibicao import endereco_da_lista, mes
from comum.django_base.filtros import FiltroDeMes
from faturamento.admin.execucoes import FormularioDeMotivo
from faturamento.admin.exibicao import CampoDeCompetencia
from faturamento.models import CompetenciaFechada
from faturamento.servicos.competencia import fechar_competencia, reabrir_competencia


class FormularioDeFechamento(forms.Form):
    competencia = CampoDeCompetencia(label="Competência")


@admin.register(CompetenciaFechada)
class CompetenciaFechadaAdmin(SomenteConsulta, AdminBase):
    list_display = [
        "mes",
        "fechada_em",
        "fechada_por",
        "reaberta_em",
        "reaberta_por",
        "motivo_reabertura",
    ]
    list_select_related = ["fechada_por", "reaberta_por"]
    list_filter = [FiltroDeMes]
    ordering = ["-mes_referencia", "-id"]
    actions_list = ["fechar"]
    actions_detail = ["reabrir"]
    readonly_fields = ["mes"]
    fieldsets = [
        (None, {"fields": ["mes", ("fechada_em", "fechada_por")]}),
        ("Reabertura", {"fields": [("reaberta_em", "reaberta_por"), "motivo_reabertura"]}),
    ]

    @display(description="competência", ordering="mes_referencia")
    def mes(self, fechada: CompetenciaFechada) -> str:
        return mes(fechada.mes_referencia)

    def has_fechar_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("faturamento.add_competenciafechada")

    def has_reabrir_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.change_competenciafechada")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        """Only what is still closed can be reopened."""
        fechada = self.get_object(request, str(object_id))
        if fechada is None or fechada.reaberta_em is not None:
            return []
        return super().get_actions_detail(request, object_id)

    @action(description="Fechar competência", icon="lock", permissions=["fechar"])
    def fechar(self, request: HttpRequest) -> HttpResponse:
        pagina = PaginaDeAcao(
            titulo="Fechar competência",
            botao="Fechar",
            explicacao="Com a competência fechada, nada mais se fatura nela até que "
            "alguém a reabra, com o motivo. O que já foi emitido continua a valer.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            fechada = fechar_competencia(
                mes_referencia=dados["competencia"],
                agora=timezone.now(),
                usuario_id=request.user.pk,
            )
            self.message_user(request, f"A {fechada} está fechada.", messages.SUCCESS)
            return HttpResponseRedirect(endereco_da_lista(CompetenciaFechada))

        return self.conduzir(request, pagina, executar, formulario=FormularioDeFechamento)

    @action(
        description="Reabrir",
        icon="lock_open",
        permissions=["reabrir"],
        variant=ActionVariant.DANGER,
    )
    def reabrir(self, request: HttpRequest, object_id: str) -> HttpResponse:
        fechada = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Reabrir competência",
            botao="Reabrir",
            explicacao=f"A {fechada} volta a ser faturada.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            reabrir_competencia(
                fechada_id=fechada.pk,
                motivo=dados["motivo"],
                agora=timezone.now(),
                usuario_id=request.user.pk,
            )
            self.message_user(request, f"A {fechada} foi reaberta.", messages.SUCCESS)
            return HttpResponseRedirect(endereco_da_lista(CompetenciaFechada))

        return self.conduzir(
            request, pagina, executar, formulario=FormularioDeMotivo, objeto=fechada
        )
