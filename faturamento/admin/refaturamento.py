"""Re-billing an invoice: new values of its readings, the difference, and only then the act."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action

from comum.django_base.acoes import PaginaDeAcao, Resultado
from comum.django_base.exibicao import VAZIO, brl, dia, endereco_do_objeto, numero
from comum.django_base.formularios import CampoDecimal
from comum.vocabulario import Registrador
from faturamento.admin.acoes_da_fatura import FormularioDeCancelamento
from faturamento.calculo.diferenca import LinhaDaDiferenca
from faturamento.models import Fatura
from faturamento.servicos.refaturamento import (
    LeituraDoCiclo,
    Previa,
    PreviaDesatualizadaError,
    frase_do_saldo,
    leituras_do_ciclo,
    previa_do_refaturamento,
    refaturar,
)

PREFIXO = "leitura_"


@dataclass(frozen=True, slots=True)
class LinhaMostrada:
    """One row of the difference, ready to print."""

    descricao: str
    codigo: str
    kwh_antes: str
    kwh_depois: str
    antes: str
    depois: str
    diferenca: str
    mudou: bool


def _campo(leitura: LeituraDoCiclo) -> CampoDecimal:
    registrador = Registrador[leitura.registrador].rotulo
    return CampoDecimal(
        label=f"Leitura do medidor {leitura.numero_medidor}, {registrador}",
        min_value=0,
        max_digits=15,
        decimal_places=3,
        initial=leitura.leitura_kwh,
        help_text=f"Lida em {dia(leitura.data_leitura)}: {numero(leitura.leitura_kwh, 3)}. "
        "Mude só se estiver errada.",
    )


def formulario_de_refaturamento(leituras: list[LeituraDoCiclo]) -> type[forms.Form]:
    """The form of one invoice: a field for each reading, the motive, and what was seen."""
    campos: dict[str, Any] = {
        f"{PREFIXO}{leitura.leitura_id}": _campo(leitura) for leitura in leituras
    }
    campos["field_order"] = list(campos)  # the readings before the motive
    campos["conferido"] = forms.DecimalField(required=False, widget=forms.HiddenInput())
    return type("FormularioDeRefaturamento", (FormularioDeCancelamento,), campos)


class RefaturamentoDaFatura:
    """Mixin of FaturaAdmin."""

    def has_refaturar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("faturamento.refaturar_fatura")

    @action(description="Refaturar", icon="autorenew", permissions=["refaturar"])
    def refaturar(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        fatura = self.abrir(request, object_id)
        formulario = formulario_de_refaturamento(leituras_do_ciclo(fatura))
        pagina = PaginaDeAcao(
            titulo=f"Refaturar a {fatura}",
            botao="Ver a diferença",
            explicacao=f"{fatura.cliente}, {brl(fatura.valor)}. O ciclo é recalculado com as "
            "leituras e as tarifas de agora. Nada muda antes de você ver a diferença e confirmar.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            correcoes = {
                int(nome.removeprefix(PREFIXO)): valor
                for nome, valor in dados.items()
                if nome.startswith(PREFIXO)
            }
            if dados["conferido"] is not None:
                try:
                    nova = refaturar(
                        fatura_id=fatura.pk,
                        motivo=dados["motivo"],
                        detalhe=dados["detalhe"],
                        leituras=correcoes,
                        valor_previsto=dados["conferido"],
                        agora=timezone.now(),
                        usuario_id=request.user.pk,
                    )
                except PreviaDesatualizadaError as erro:
                    self.message_user(request, str(erro), messages.WARNING)
                else:
                    return self._mostrar_nova(request, fatura, nova)
            previa = previa_do_refaturamento(
                fatura_id=fatura.pk, agora=timezone.now(), leituras=correcoes
            )
            return self.mostrar(
                request,
                replace(pagina, **_confirmacao(fatura)),
                formulario(initial={**dados, "conferido": previa.valor_novo}),
                resultado=mostrar_previa(previa),
                objeto=fatura,
            )

        return self.conduzir(request, pagina, executar, formulario=formulario, objeto=fatura)

    def _mostrar_nova(
        self: Any, request: HttpRequest, antiga: Fatura, nova: Fatura
    ) -> HttpResponse:
        self.log_change(request, antiga, f"Refaturada pela {nova}.")
        self.log_addition(request, nova, f"Refatura a {antiga}.")
        frase = f"A {nova} foi emitida no lugar da {antiga}. {frase_do_saldo(nova)}"
        self.message_user(request, frase, messages.SUCCESS)
        return HttpResponseRedirect(endereco_do_objeto(nova))


def _confirmacao(fatura: Fatura) -> dict[str, Any]:
    """The button that confirms, and what it says; nobody cancels what is cancelled."""
    if fatura.situacao == Fatura.Situacao.CANCELADA:
        return {
            "botao": "Emitir a nova",
            "explicacao": "Confira a diferença. Esta fatura já está cancelada; ao confirmar, a "
            "nova é emitida no lugar dela.",
        }
    return {
        "botao": "Cancelar esta e emitir a nova",
        "explicacao": "Confira a diferença. Ao confirmar, esta fatura é cancelada, com o "
        "número que tem, e a nova é emitida no lugar dela.",
        "perigo": True,
    }


def mostrar_previa(previa: Previa) -> Resultado:
    """The difference, as the page shows it."""
    diferenca = previa.diferenca
    rotulo_do_saldo = "ficaria de crédito" if previa.saldo < 0 else "ficaria em aberto"
    return Resultado(
        frase=f"A {previa.fatura}, como foi e como será.",
        contagens={
            "como foi": brl(diferenca.total.valor_antes),
            "como será": brl(diferenca.total.valor_depois),
            "diferença": brl(diferenca.total.diferenca),
            "já pago": brl(previa.pago),
            rotulo_do_saldo: brl(abs(previa.saldo)),
        },
        modelo="energia/refaturamento.html",
        tabela=[
            *map(_mostrar_linha, diferenca.linhas),
            _mostrar_linha(diferenca.total),
            *map(_mostrar_linha, diferenca.tributos),
        ],
    )


def _mostrar_linha(linha: LinhaDaDiferenca) -> LinhaMostrada:
    return LinhaMostrada(
        descricao=linha.descricao,
        codigo=linha.codigo,
        kwh_antes=_kwh(linha.quantidade_antes),
        kwh_depois=_kwh(linha.quantidade_depois),
        antes=brl(linha.valor_antes),
        depois=brl(linha.valor_depois),
        diferenca=brl(linha.diferenca),
        mudou=bool(linha.diferenca),
    )


def _kwh(valor: Decimal | None) -> str:
    return VAZIO if valor is None else numero(valor, 3)
