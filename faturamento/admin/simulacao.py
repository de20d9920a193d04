"""A bill tried out: choose a UC, change something, see old and new side by side."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from comum.django_base.acoes import PaginaDeAcao, Resultado
from comum.django_base.exibicao import brl, kwh
from comum.django_base.formularios import CampoDecimal
from comum.django_base.modelos import sem_caractere_nulo
from comum.vocabulario import CorBandeira
from faturamento.models import Fatura
from faturamento.servicos.simulacao import Mudanca, simular_mudanca


@dataclass(frozen=True, slots=True)
class LinhaComparada:
    """One row of the comparison, ready to print."""

    descricao: str
    antes: str
    depois: str
    diferenca: str


def _decimal(rotulo: str, ajuda: str, casas: int) -> CampoDecimal:
    return CampoDecimal(
        label=rotulo,
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=casas,
        help_text=ajuda,
    )


class FormularioDeSimulacao(forms.Form):
    unidade = forms.CharField(
        label="Unidade consumidora",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
        help_text="O código da unidade; parte-se da última fatura de ciclo dela.",
    )
    consumo_kwh = _decimal("Consumo (kWh)", "Em branco: o da fatura.", 3)
    tusd_brl_por_mwh = _decimal("TUSD (R$/MWh)", "Sem tributos. Em branco: a da fatura.", 8)
    te_brl_por_mwh = _decimal("TE (R$/MWh)", "Sem tributos. Em branco: a da fatura.", 8)
    bandeira = forms.ChoiceField(
        label="Bandeira",
        required=False,
        choices=[("", "a da fatura"), *CorBandeira.escolhas()],
        widget=UnfoldAdminSelectWidget(),
    )
    adicional_brl_por_mwh = _decimal(
        "Adicional da bandeira (R$/MWh)", "Sem tributos; só com a bandeira escolhida.", 8
    )

    def clean_unidade(self) -> str:
        codigo = self.cleaned_data["unidade"].strip()
        faturas = Fatura.objects.de_ciclo().nao_canceladas().filter(unidade__codigo=codigo)
        self.fatura = faturas.order_by("-ciclo_ate", "-id").first()
        if self.fatura is None:
            raise ValidationError(
                f"A unidade {codigo!r} não tem fatura de ciclo de que partir. Confira o código."
            )
        self.cleaned_data["fatura"] = self.fatura
        return codigo


class SimulacaoDaFatura:
    """Mixin of FaturaAdmin: the page, and the button that opens it for an invoice's UC."""

    actions_list = ["simular_fatura"]

    def has_simular_permission(self: Any, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request)

    @action(description="Simular fatura", icon="calculate", permissions=["simular"])
    def simular_fatura(self: Any, request: HttpRequest) -> HttpResponse:
        pagina = PaginaDeAcao(
            titulo="Simular fatura",
            botao="Simular",
            explicacao="Calcula a última fatura da unidade com o que você mudar. Nada é gravado.",
        )

        def executar(dados: dict[str, Any]) -> Resultado:
            fatura = dados["fatura"]
            mudanca = Mudanca(
                consumo_kwh=dados["consumo_kwh"],
                tusd_brl_por_mwh=dados["tusd_brl_por_mwh"],
                te_brl_por_mwh=dados["te_brl_por_mwh"],
                bandeira=CorBandeira(dados["bandeira"]) if dados["bandeira"] else None,
                adicional_brl_por_mwh=dados["adicional_brl_por_mwh"],
            )
            novo = simular_mudanca(fatura, mudanca)
            return Resultado(
                frase=f"A {fatura}, da unidade {dados['unidade']}, como foi e como seria.",
                contagens={
                    "como foi": brl(fatura.valor),
                    "como seria": brl(Decimal(novo["valor"])),
                },
                modelo="energia/comparacao.html",
                tabela=comparar(fatura.demonstrativo, novo),
            )

        inicial = {"unidade": request.GET.get("unidade", "")[:40].replace("\x00", "")}
        return self.conduzir(
            request, pagina, executar, formulario=FormularioDeSimulacao, inicial=inicial
        )

    @action(description="Simular", icon="calculate", permissions=["simular"])
    def simular(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        fatura = self.abrir(request, object_id)
        endereco = reverse("admin:faturamento_fatura_simular_fatura")
        return HttpResponseRedirect(f"{endereco}?{urlencode({'unidade': fatura.unidade})}")


def comparar(antes: dict[str, Any], depois: dict[str, Any]) -> list[LinhaComparada]:
    """Two documents, kind of line by kind of line, and their totals."""
    somas_antes, somas_depois = _somar(antes), _somar(depois)
    consumos = [Decimal(documento["consumo_faturado_kwh"] or 0) for documento in (antes, depois)]
    linhas = [LinhaComparada("Consumo faturado", *map(kwh, (*consumos, consumos[1] - consumos[0])))]
    for chave in dict.fromkeys([*somas_antes, *somas_depois]):
        valores = somas_antes.get(chave, Decimal(0)), somas_depois.get(chave, Decimal(0))
        linhas.append(LinhaComparada(chave[1], *map(brl, (*valores, valores[1] - valores[0]))))
    totais = [Decimal(documento["valor"] or 0) for documento in (antes, depois)]
    linhas.append(LinhaComparada("Total", *map(brl, (*totais, totais[1] - totais[0]))))
    return linhas


def _somar(documento: dict[str, Any]) -> dict[tuple[str, str], Decimal]:
    """The value of each kind of line, by code and description."""
    somas: dict[tuple[str, str], Decimal] = {}
    for linha in documento["linhas"]:
        chave = linha["codigo"], linha["descricao"]
        somas[chave] = somas.get(chave, Decimal(0)) + Decimal(linha["valor"])
    return somas
