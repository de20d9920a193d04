"""ANEEL's open-data files by upload: the diff first, then a pedido with what is new."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from comum.django_base.acoes import PaginaDeAcao, Resultado
from comum.django_base.exibicao import numero
from comum.django_base.modelos import sem_caractere_nulo
from faturamento.admin.aprovacoes import levar_ao_pedido
from faturamento.models import Distribuidora
from faturamento.servicos.aprovacoes import pedir_importacao
from faturamento.servicos.importacao_aneel import (
    ResultadoAneel,
    Situacao,
    importar_bandeiras,
    importar_tarifas,
)
from medidores.admin.envio import FormularioDeEnvio

DIFERENCAS_MOSTRADAS = 300
A_MOSTRAR = (Situacao.NOVA, Situacao.CONFLITO, Situacao.RECUSADA)


class FormularioDeBandeiras(FormularioDeEnvio):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["simular"].initial = True
        self.fields["simular"].help_text = (
            "Mostra a diferença sem gravar. Desmarque e envie de novo para pedir que outra pessoa "
            "aprove o que é novo."
        )


class FormularioDeTarifas(FormularioDeBandeiras):
    distribuidora = forms.ModelChoiceField(
        label="Distribuidora",
        queryset=Distribuidora.objects.order_by("nome"),
        widget=UnfoldAdminSelectWidget(),
    )
    agente = forms.CharField(
        label="Sigla no arquivo",
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget(),
        validators=[sem_caractere_nulo],
        help_text="Só se a sigla da ANEEL não for o nome cadastrado nem o CNPJ bater.",
    )


class ImportacaoDaAneel:
    """Mixin of the admin of a table that ANEEL publishes."""

    actions_list = ["importar_da_aneel"]
    formulario_da_aneel: type[forms.Form] = FormularioDeBandeiras
    importar: Callable[..., ResultadoAneel]

    def has_importar_permission(self: Any, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    @action(description="Importar da ANEEL", icon="upload_file", permissions=["importar"])
    def importar_da_aneel(self: Any, request: HttpRequest) -> HttpResponse:
        pagina = PaginaDeAcao(
            titulo=f"Importar {self.opts.verbose_name_plural} da ANEEL",
            botao="Enviar",
            explicacao="O arquivo de dados abertos, como a ANEEL o publica. O que já está "
            "cadastrado com outro valor fica como está e é apontado; o que é novo vira um pedido, "
            "e vale depois que outra pessoa o aprovar.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse | Resultado:
            resultado = self.importar(dados.pop("arquivo"), dados)
            if dados["simular"]:
                return mostrar_diferenca(resultado)
            pedido = pedir_importacao(
                resultado.novas, agora=timezone.now(), usuario_id=request.user.pk
            )
            return levar_ao_pedido(self, request, pedido)

        return self.conduzir(request, pagina, executar, formulario=self.formulario_da_aneel)


class ImportacaoDeBandeiras(ImportacaoDaAneel):
    def importar(self, arquivo: Any, dados: dict[str, Any]) -> ResultadoAneel:
        return importar_bandeiras(arquivo, agora=timezone.now(), simular=True)


class ImportacaoDeTarifas(ImportacaoDaAneel):
    formulario_da_aneel = FormularioDeTarifas

    def importar(self, arquivo: Any, dados: dict[str, Any]) -> ResultadoAneel:
        return importar_tarifas(
            arquivo,
            distribuidora_nome=dados["distribuidora"].nome,
            agente=dados["agente"],
            agora=timezone.now(),
            simular=True,
        )


def mostrar_diferenca(resultado: ResultadoAneel) -> Resultado:
    """The counts, and the rows that are new, in conflict or refused."""
    rotulos = {
        "linhas": "linhas lidas",
        "novas": "novas",
        "iguais": "iguais às nossas",
        "conflitos": "em conflito",
        "recusadas": "recusadas",
        "ignoradas": "que não se aplicam",
    }
    resumo = resultado.como_json()
    return Resultado(
        frase="Simulação: nada foi gravado.",
        contagens={rotulos[nome]: numero(valor) for nome, valor in resumo.items()},
        modelo="energia/diferenca.html",
        tabela=[d for d in resultado.diferencas if d.situacao in A_MOSTRAR][:DIFERENCAS_MOSTRADAS],
    )
