"""The work-list of held readings: why, what each decision would bill, and the decision."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from comum.django_base.acoes import PaginaDeAcao, Resultado
from comum.django_base.admin import AdminBase, SomenteConsulta
from comum.django_base.contagens import FiltroDeColuna
from comum.django_base.exibicao import (
    endereco_da_lista,
    endereco_do_objeto,
    instante,
    ligacao_ao_objeto,
    numero,
)
from comum.django_base.filtros import FiltroDePeriodo
from comum.django_base.formularios import (
    RECUSAS,
    CampoDecimal,
    anexar_recusas,
    e_chave,
    frases_por_campo,
)
from comum.django_base.modelos import sem_caractere_nulo
from comum.periodos import dia_civil
from comum.texto import com_numero
from faturamento.admin.grafico import montar_grafico
from faturamento.servicos.previsao import Previsao, prever_decisoes
from medidores.admin.colunas import ColunasDaLeitura
from medidores.calculo.decisao import NOMES_DOS_CODIGOS, nome_do_codigo
from medidores.models import Leitura, LeituraEmCritica, OcorrenciaRegistrada
from medidores.servicos.decisoes import (
    MOTIVO_MAXIMO,
    Decisao,
    decidir_leitura,
    decidir_leituras,
    examinar,
    frase_da_decisao,
)
from medidores.servicos.serie import consumo_por_mes, leituras_ao_redor

LOTE_MAXIMO = 500
AMOSTRA = 10
RECUSAS_MOSTRADAS = 200
OCORRENCIAS_MOSTRADAS = 10

ACOES = {
    Decisao.ACEITAR: "Aceitar",
    Decisao.VIRADA: "Aceitar como virada",
    Decisao.CORRIGIR: "Corrigir",
    Decisao.MEDIA: "Substituir pela média",
    Decisao.REJEITAR: "Rejeitar",
}
# The first one stands in the field already.
MOTIVOS = {
    Decisao.ACEITAR: [
        "Leitura conferida no medidor.",
        "Consumo confirmado com o cliente.",
        "Mudança de uso da unidade confirmada.",
    ],
    Decisao.VIRADA: [
        "Virada do mostrador conferida no medidor.",
        "Foto do medidor mostra a virada.",
    ],
    Decisao.CORRIGIR: [
        "Erro de digitação.",
        "Valor conferido na foto do medidor.",
        "Releitura em campo.",
    ],
    Decisao.MEDIA: [
        "Leitura não confiável; sem acesso para nova leitura.",
        "Medidor com defeito, à espera de troca.",
    ],
    Decisao.REJEITAR: [
        "Leitura errada; nova leitura solicitada.",
        "Leitura de outro medidor.",
        "Leitura em duplicidade.",
    ],
}


class FiltroDeCodigo(FiltroDeColuna):
    title = "retida por"
    parameter_name = "codigo"
    coluna = "ocorrencia"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(NOMES_DOS_CODIGOS.items())


class FormularioDoMotivo(forms.Form):
    motivo = forms.CharField(
        label="Motivo",
        max_length=MOTIVO_MAXIMO,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
        help_text="Fica gravado em cada leitura, com a data e o seu nome.",
    )


class FormularioDeDecisao(forms.Form):
    """The form of one decision; only a correction has a value."""

    valor_kwh = CampoDecimal(
        label="Leitura corrigida (kWh)",
        required=False,
        max_digits=15,
        decimal_places=3,
    )
    motivo = forms.CharField(
        label="Motivo",
        max_length=MOTIVO_MAXIMO,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
    )

    def __init__(self, decisao: Decisao, dados: Any = None, **iniciais: Any) -> None:
        super().__init__(
            dados,
            auto_id=f"id_{decisao.lower()}_%s",
            initial={"motivo": MOTIVOS[decisao][0], **iniciais},
        )
        self.decisao = decisao
        self.fields["motivo"].widget.attrs["list"] = self.lista_de_motivos
        if decisao != Decisao.CORRIGIR:
            del self.fields["valor_kwh"]

    @property
    def lista_de_motivos(self) -> str:
        return f"en-motivos-{self.decisao.lower()}"

    @property
    def motivos(self) -> list[str]:
        return MOTIVOS[self.decisao]


@dataclass(frozen=True, slots=True)
class LinhaDeDecisao:
    """One decision on the page: what it would bill, and its form."""

    previsao: Previsao
    form: FormularioDeDecisao

    @property
    def acao(self) -> str:
        return ACOES[self.previsao.decisao]


def _acao_em_lote(decisao: Decisao) -> Callable[..., Any]:
    @admin.action(permissions=["decidir"], description=f"{ACOES[decisao]} as selecionadas")
    def acao(modeladmin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return modeladmin.decidir_em_lote(request, queryset, decisao)

    acao.__name__ = f"decidir_{decisao.lower()}"
    return acao


class DecisaoEmLote(AdminBase):
    """Many held readings decided alike, after a page that shows some of them."""

    actions = [_acao_em_lote(decisao) for decisao in Decisao if decisao != Decisao.CORRIGIR]

    def has_decidir_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("medidores.decidir_leitura")

    def decidir_em_lote(
        self, request: HttpRequest, selecionadas: Any, decisao: Decisao
    ) -> HttpResponse | None:
        confirmado = "motivo" in request.POST
        if confirmado:  # what was decided meanwhile is no more in the list, and is named
            ids = [int(pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        else:
            em_ordem = selecionadas.order_by("data_leitura", "pk")
            ids = list(em_ordem.values_list("pk", flat=True)[: LOTE_MAXIMO + 1])
        if not ids or len(ids) > LOTE_MAXIMO:
            frase = (
                f"A seleção passa de {LOTE_MAXIMO} leituras. Filtre a lista e decida por partes."
                if ids
                else "As leituras selecionadas já foram decididas por outra pessoa."
            )
            self.message_user(request, frase, messages.ERROR)
            return None
        form = FormularioDoMotivo(
            request.POST if confirmado else None, initial={"motivo": MOTIVOS[decisao][0]}
        )
        if not form.is_valid():
            return self._pagina_do_lote(request, decisao, ids, form)
        resultado = decidir_leituras(
            leitura_ids=ids,
            decisao=decisao,
            motivo=form.cleaned_data["motivo"],
            usuario_id=request.user.pk,
            agora=timezone.now(),
        )
        frase = f"{com_numero(resultado.decididas, 'leitura decidida')}: {decisao.label}."
        if resultado.liberadas:
            frase += (
                f" {com_numero(resultado.liberadas, 'leitura seguinte liberada')} pela crítica."
            )
        if not resultado.recusas:
            self.message_user(request, frase, messages.SUCCESS)
            return None
        mostradas = resultado.recusas[:RECUSAS_MOSTRADAS]
        leituras = Leitura.objects.com_relacionados().in_bulk([r.leitura_id for r in mostradas])
        return self._pagina_do_lote(
            request,
            decisao,
            [],
            forms.Form(),
            Resultado(
                frase=frase,
                contagens={
                    "decididas": numero(resultado.decididas),
                    "recusadas": numero(len(resultado.recusas)),
                    "seguintes liberadas": numero(resultado.liberadas),
                },
                modelo="energia/decisoes_recusadas.html",
                tabela=[
                    (leituras.get(r.leitura_id), r, self._pagina_da_leitura(r.leitura_id))
                    for r in mostradas
                ],
            ),
        )

    def _pagina_da_leitura(self, leitura_id: int) -> str:
        """The page of a held reading; it leads on to that of one decided meanwhile."""
        return endereco_do_objeto(self.model(pk=leitura_id))

    def _pagina_do_lote(
        self,
        request: HttpRequest,
        decisao: Decisao,
        ids: list[int],
        form: forms.Form,
        resultado: Resultado | None = None,
    ) -> HttpResponse:
        amostra = Leitura.objects.com_relacionados().filter(pk__in=ids[:AMOSTRA])
        contexto = {
            **self.admin_site.each_context(request),
            "title": ACOES[decisao],
            "opts": self.opts,
            "pagina": PaginaDeAcao(
                titulo=f"{ACOES[decisao]}: {com_numero(len(ids), 'leitura')}"
                if ids
                else ACOES[decisao],
                botao=ACOES[decisao],
                explicacao="Cada leitura é decidida por si; a que não puder ser fica como está, "
                "e a página diz por quê."
                if ids
                else "",
                perigo=decisao == Decisao.REJEITAR,
            ),
            "form": form,
            "resultado": resultado,
            "media": self.media + form.media,
            "voltar": endereco_da_lista(self.model),
            "acao": f"decidir_{decisao.lower()}",
            "ids": ids,
            "amostra": amostra.order_by("data_leitura", "pk"),
            "restantes": max(0, len(ids) - AMOSTRA),
            "nome_da_selecao": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/decisao_em_lote.html", contexto)


@admin.register(LeituraEmCritica)
class LeituraEmCriticaAdmin(SomenteConsulta, ColunasDaLeitura, DecisaoEmLote):
    list_display = [
        "data_leitura",
        "medidor_ligado",
        "unidade",
        "cliente",
        "leitura",
        "por_que",
        "idade",
    ]
    list_filter = [
        FiltroDeCodigo,
        ("medidor__unidade__grupo_leitura", FieldTextFilter),
        ("data_leitura", FiltroDePeriodo),
    ]
    search_fields = [
        "medidor__numero_medidor",
        "medidor__unidade__codigo",
        "medidor__cliente__nome_busca__contains",
        "medidor__cliente__documento",
    ]
    search_help_text = "Número do medidor, unidade, nome ou documento do cliente"
    sortable_by = ["data_leitura"]
    ordering = ["data_leitura", "id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).com_relacionados()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("medidores.view_leitura")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @display(description="por que foi retida", ordering="ocorrencia")
    def por_que(self, leitura: Leitura) -> str:
        nome = nome_do_codigo(leitura.ocorrencia)
        return format_html("<p><strong>{}</strong><br>{}</p>", nome, leitura.explicacao)

    @display(description="espera", ordering="registrada_em")
    def idade(self, leitura: Leitura) -> str:
        return _espera(leitura)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Why one reading is held and what each decision would bill; a POST decides."""
        if decidida := self._decidida(request, object_id):
            self.message_user(request, frase_da_decisao(decidida), messages.WARNING)
            return HttpResponseRedirect(endereco_do_objeto(decidida))
        leitura = self.abrir(request, object_id)
        pode = self.has_decidir_permission(request)
        enviado = None
        if request.method == "POST":
            decisao = request.POST.get("decisao")
            if not pode or decisao not in Decisao.values:
                raise PermissionDenied
            enviado = FormularioDeDecisao(Decisao(decisao), request.POST)
            if enviado.is_valid() and "recalcular" not in request.POST:
                try:
                    return self._decidir(request, leitura, enviado)
                except RECUSAS as erro:
                    if agora_decidida := self._decidida(request, object_id):
                        self.message_user(request, str(erro), messages.WARNING)
                        return HttpResponseRedirect(endereco_do_objeto(agora_decidida))
                    anexar_recusas(enviado, frases_por_campo(erro))
        contexto = {
            **self.admin_site.each_context(request),
            **montar_pagina(leitura, enviado, pode=pode),
            "title": str(leitura),
            "opts": self.opts,
            "original": leitura,
            "media": self.media,
            "voltar": endereco_da_lista(self.model),
        }
        return TemplateResponse(request, "admin/leitura_em_critica.html", contexto)

    def _decidida(self, request: HttpRequest, object_id: str) -> Leitura | None:
        """The reading where it exists and is held no more."""
        pk = unquote(str(object_id))
        if not e_chave(pk) or not self.has_view_permission(request):
            return None
        leituras = Leitura.objects.exclude(situacao=Leitura.Situacao.RETIDA)
        return leituras.select_related("medidor").filter(pk=pk).first()

    def _decidir(
        self, request: HttpRequest, leitura: Leitura, form: FormularioDeDecisao
    ) -> HttpResponse:
        liberadas: list[Leitura] = []
        vigente = decidir_leitura(
            leitura_id=leitura.pk,
            decisao=form.decisao,
            **form.cleaned_data,
            usuario_id=request.user.pk,
            agora=timezone.now(),
            ao_liberar=liberadas.append,
        )
        frase = f"Leitura {form.decisao.label}. {vigente}."
        if liberadas:
            frase += f" {com_numero(len(liberadas), 'leitura seguinte liberada')} pela crítica."
        decidida = Leitura.objects.select_related("medidor").get(pk=leitura.pk)
        motivo = form.cleaned_data["motivo"]
        self.log_change(request, decidida, f"{form.decisao.label}: {motivo}"[:1000])
        self.message_user(request, frase, messages.SUCCESS)
        return HttpResponseRedirect(endereco_da_lista(self.model))


def _espera(leitura: Leitura) -> str:
    dias = (dia_civil(timezone.now()) - dia_civil(leitura.registrada_em)).days
    return "hoje" if dias < 1 else f"{numero(dias)} dia{'s' if dias > 1 else ''}"


def montar_pagina(
    leitura: Leitura, enviado: FormularioDeDecisao | None, *, pode: bool
) -> dict[str, Any]:
    """All that the page of one held reading shows."""
    duvida = examinar(leitura)
    valor_kwh = duvida.correcao_sugerida_kwh
    if enviado is not None and enviado.decisao == Decisao.CORRIGIR:
        valor_kwh = getattr(enviado, "cleaned_data", {}).get("valor_kwh")
    previsoes = prever_decisoes(duvida, valor_kwh=valor_kwh, agora=timezone.now())
    ocorrencias = OcorrenciaRegistrada.objects.filter(medidor=leitura.medidor_id)
    return {
        "leitura": leitura,
        "retida_por": nome_do_codigo(leitura.ocorrencia),
        "espera": _espera(leitura),
        "grafico": montar_grafico(
            consumo_por_mes(leitura), leitura, _passo_kwh(duvida.historico.leitura_kwh, leitura)
        ),
        "vizinhas": [
            (
                vizinha,
                ligacao_ao_objeto(vizinha, instante(vizinha.data_leitura)),
                nome_do_codigo(vizinha.ocorrencia),
            )
            for vizinha in leituras_ao_redor(leitura)
        ],
        "ocorrencias": ocorrencias.select_related("ocorrencia").order_by("-data", "-pk")[
            :OCORRENCIAS_MOSTRADAS
        ],
        "linhas": [_linha(previsao, enviado, valor_kwh) for previsao in previsoes],
        "pode": pode,
    }


def _passo_kwh(anterior_kwh: Decimal | None, leitura: Leitura) -> Decimal | None:
    """What the held reading would add, where it shows more than the one before."""
    if anterior_kwh is None or leitura.leitura_kwh < anterior_kwh:
        return None
    return (leitura.leitura_kwh - anterior_kwh) * leitura.medidor.constante


def _linha(
    previsao: Previsao, enviado: FormularioDeDecisao | None, valor_kwh: Decimal | None
) -> LinhaDeDecisao:
    if enviado is not None and enviado.decisao == previsao.decisao:
        return LinhaDeDecisao(previsao, enviado)
    return LinhaDeDecisao(previsao, FormularioDeDecisao(previsao.decisao, valor_kwh=valor_kwh))
