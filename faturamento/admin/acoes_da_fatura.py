"""The buttons of an invoice's page; each asks on a page of its own, then calls one service."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.exibicao import brl, endereco_da_lista, endereco_do_objeto
from comum.django_base.formularios import CampoDecimal, recusar_data_absurda
from comum.django_base.modelos import hoje, sem_caractere_nulo
from faturamento.models import Fatura, MotivoCancelamento
from faturamento.servicos.baixa import (
    identificador_manual,
    registrar_pagamento,
    saldo_aberto,
)
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.conferencia_de_rascunhos import liberar_rascunho
from faturamento.servicos.emissao import emitir_fatura
from faturamento.servicos.execucao import descartar_rascunhos

SEMPRE_CABEM = ("imprimir", "pdf")


class FormularioDeCancelamento(forms.Form):
    motivo = forms.ModelChoiceField(
        label="Motivo",
        queryset=MotivoCancelamento.objects.filter(ativo=True).order_by("descricao", "pk"),
        to_field_name="codigo",
        empty_label="Escolha…",
        widget=UnfoldAdminSelectWidget(),
    )
    detalhe = forms.CharField(
        label="Detalhe",
        required=False,
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        validators=[sem_caractere_nulo],
        help_text="Fica gravado na fatura, com a data e o seu nome.",
    )

    def clean_motivo(self) -> str:
        return self.cleaned_data["motivo"].codigo


class FormularioDeLiberacao(forms.Form):
    motivo = forms.CharField(
        label="Motivo",
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        validators=[sem_caractere_nulo],
        help_text="Por que pode ser emitida como está. Fica gravado, com a data e o seu nome.",
    )


class FormularioDePagamento(forms.Form):
    valor = CampoDecimal(
        label="Valor (R$)",
        min_value=Decimal("0.01"),
        error_messages={"min_value": "O valor pago deve ser maior que zero."},
        max_digits=12,
        decimal_places=2,
    )
    data_pagamento = forms.DateField(
        label="Data do pagamento",
        initial=hoje,
        widget=UnfoldAdminDateWidget(),
        validators=[recusar_data_absurda],
    )
    identificador = forms.CharField(
        label="Identificador",
        max_length=120,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
        help_text="O que distingue este pagamento de qualquer outro; não se repete.",
    )


class AcoesDaFatura:
    """Mixin of FaturaAdmin: release, issue, cancel, record a payment."""

    actions_detail = [
        "liberar",
        "emitir",
        "registrar_pagamento",
        "simular",
        "refaturar",
        "descartar",
        "cancelar",
        "imprimir",
        "pdf",
    ]
    ACOES_DA_SITUACAO = {
        "RASCUNHO": ["liberar", "emitir", "simular", "descartar"],
        "EMITIDA": ["registrar_pagamento", "simular", "refaturar", "cancelar"],
        "CANCELADA": ["refaturar"],
    }

    def get_actions_detail(self: Any, request: HttpRequest, object_id: str) -> Any:
        """Only what the state of the invoice allows; the service has the last word."""
        fatura = self.get_object(request, object_id)
        cabem = self.ACOES_DA_SITUACAO[fatura.situacao] if fatura else []
        if fatura and fatura.e_avulsa:  # it has no cycle to start from
            cabem = [acao for acao in cabem if acao not in ("simular", "refaturar")]
        if fatura and fatura.e_rascunho and not fatura.alertas.em_aberto().exists():
            cabem = [acao for acao in cabem if acao != "liberar"]
        if fatura and hasattr(fatura, "substituida_por"):
            cabem = []
        cabem = [*cabem, *SEMPRE_CABEM] if fatura else []
        acoes = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return [a for a in acoes if a.action_name.removeprefix("faturamento_fatura_") in cabem]

    def has_emitir_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.emitir_fatura")

    def has_cancelar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.cancelar_fatura")

    def has_liberar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.liberar_alertaderascunho")

    def has_pagar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.add_pagamento")

    def has_descartar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.delete_fatura")

    @action(
        description="Emitir", icon="send", permissions=["emitir"], variant=ActionVariant.PRIMARY
    )
    def emitir(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        rascunho = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Emitir fatura",
            botao="Emitir",
            explicacao=f"{rascunho.cliente}, {brl(rascunho.valor)}. A fatura recebe número e data "
            "de vencimento, e daí em diante não muda mais.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            fatura = emitir_fatura(fatura_id=rascunho.pk, agora=timezone.now())
            return self._concluir(request, fatura, "Emitida.", f"A {fatura} foi emitida.")

        return self.conduzir(request, pagina, executar, objeto=rascunho)

    @action(description="Liberar", icon="task_alt", permissions=["liberar"])
    def liberar(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        rascunho = self.abrir(request, object_id)
        abertos = rascunho.alertas.em_aberto().order_by("pk")
        pagina = PaginaDeAcao(
            titulo="Liberar rascunho",
            botao="Liberar",
            explicacao=" ".join(abertos.values_list("mensagem", flat=True))
            or "Este rascunho não está em conferência.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            liberar_rascunho(
                fatura_id=rascunho.pk, agora=timezone.now(), usuario_id=request.user.pk, **dados
            )
            frase = f"O {rascunho} foi liberado e já pode ser emitido."
            return self._concluir(request, rascunho, f"Liberado: {dados['motivo']}", frase)

        formulario = FormularioDeLiberacao
        return self.conduzir(request, pagina, executar, formulario=formulario, objeto=rascunho)

    @action(
        description="Descartar",
        icon="delete",
        permissions=["descartar"],
        variant=ActionVariant.DANGER,
    )
    def descartar(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        rascunho = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Descartar rascunho",
            botao="Descartar",
            explicacao=f"O {rascunho} é de {rascunho.cliente}, {brl(rascunho.valor)}. Ele é "
            "apagado, e a unidade pode ser faturada de novo.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            if descartar_rascunhos([rascunho.pk], agora=timezone.now()):
                self.log_deletions(request, [rascunho])
                frase = f"O {rascunho} foi descartado."
                self.message_user(request, frase, messages.SUCCESS)
                return HttpResponseRedirect(endereco_da_lista(Fatura))
            frase = "Só se descarta rascunho, e esta fatura já não é um. Nada foi feito."
            self.message_user(request, frase, messages.WARNING)
            return HttpResponseRedirect(endereco_do_objeto(rascunho))

        return self.conduzir(request, pagina, executar, objeto=rascunho)

    @action(
        description="Cancelar",
        icon="cancel",
        permissions=["cancelar"],
        variant=ActionVariant.DANGER,
    )
    def cancelar(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        fatura = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Cancelar fatura",
            botao="Cancelar a fatura",
            explicacao=f"A {fatura} é de {fatura.cliente}, {brl(fatura.valor)}. O número e o "
            "demonstrativo ficam; as leituras voltam a poder ser corrigidas e faturadas.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            cancelada = cancelar_fatura(
                fatura_id=fatura.pk, agora=timezone.now(), usuario_id=request.user.pk, **dados
            )
            frase = f"A {cancelada} foi cancelada. Para cobrar de novo, refature-a."
            registro = f"Cancelada: {cancelada.motivo_cancelamento}"
            return self._concluir(request, cancelada, registro, frase)

        formulario = FormularioDeCancelamento
        return self.conduzir(request, pagina, executar, formulario=formulario, objeto=fatura)

    @action(description="Registrar pagamento", icon="payments", permissions=["pagar"])
    def registrar_pagamento(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        fatura = self.abrir(request, object_id)
        aberto = saldo_aberto(fatura)
        pagina = PaginaDeAcao(
            titulo="Registrar pagamento",
            botao="Registrar",
            explicacao=f"A {fatura} é de {fatura.cliente}. Em aberto: {brl(aberto)}.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            pagamento = registrar_pagamento(
                fatura_id=fatura.pk, agora=timezone.now(), usuario_id=request.user.pk, **dados
            )
            frase = f"Pagamento de {brl(pagamento.valor)} registrado."
            if (resta := saldo_aberto(fatura)) > 0:
                aviso = f"{frase} Ainda faltam {brl(resta)}."
            elif resta < 0:
                aviso = (
                    f"{frase} Ficaram pagos a mais {brl(-resta)}: confira, e estorne se foi engano."
                )
            else:
                aviso = frase
            return self._concluir(request, fatura, frase, aviso)

        inicial = {"valor": max(aberto, 0), "identificador": identificador_manual(fatura)}
        return self.conduzir(
            request,
            pagina,
            executar,
            formulario=FormularioDePagamento,
            inicial=inicial,
            objeto=fatura,
        )

    def _concluir(
        self: Any, request: HttpRequest, fatura: Fatura, registro: str, frase: str
    ) -> HttpResponse:
        self.log_change(request, fatura, registro)
        self.message_user(request, frase, messages.SUCCESS)
        return HttpResponseRedirect(endereco_do_objeto(fatura))
