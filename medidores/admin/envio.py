"""The upload of a file, its form, and what an import answers."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from comum.django_base.acoes import PaginaDeAcao, Resultado
from comum.django_base.exibicao import endereco_do_objeto, numero
from medidores.servicos.envios import receber_envio
from medidores.tarefas import encaminhar

TAMANHO_MAXIMO_MB = 50
RECUSAS_MOSTRADAS = 200

ROTULOS = {
    "linhas": "linhas lidas",
    "aceitas": "aceitas",
    "retidas": "retidas pela crítica",
    "recusadas": "recusadas",
    "repetidas": "repetidas",
}


class FormularioDeArquivo(forms.Form):
    """One CSV, of any content type: browsers disagree on that, and the content decides."""

    arquivo = forms.FileField(
        label="Arquivo CSV",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.gz,text/csv"}),
        help_text="Separado por ponto e vírgula, vírgula ou tabulação; pode vir em .gz.",
    )

    def tamanho_maximo_mb(self) -> int:
        return TAMANHO_MAXIMO_MB

    def clean_arquivo(self) -> Any:
        arquivo, maximo = self.cleaned_data["arquivo"], self.tamanho_maximo_mb()
        if arquivo.size > maximo * 1024 * 1024:
            raise ValidationError(
                f"O arquivo tem {numero(arquivo.size / 1024 / 1024, 0)} MB; o máximo aqui é "
                f"{maximo} MB. Divida-o, comprima-o em .gz, ou use o comando de importação."
            )
        arquivo.seek(0)
        return arquivo


class FormularioDeLeituras(FormularioDeArquivo):
    def tamanho_maximo_mb(self) -> int:
        return int(settings.ENVIO_MAXIMO_MB)


class FormularioDeEnvio(FormularioDeArquivo):
    """A file that is imported in the request, or only tried."""

    simular = forms.BooleanField(
        label="Só simular",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Confere o arquivo inteiro e mostra o resultado, sem gravar nada.",
    )


class EnvioDeLeituras:
    """Mixin of LeituraAdmin: the upload of a file, which then has a page of its own."""

    actions_list = ["importar_leituras"]

    def has_importar_permission(self, request: HttpRequest) -> bool:
        """Whoever sends a file has to see what would come of it."""
        return request.user.has_perms(
            ["medidores.add_leitura", "medidores.view_importacaoleituras"]
        )

    @action(description="Importar leituras", icon="upload_file", permissions=["importar"])
    def importar_leituras(self: Any, request: HttpRequest) -> HttpResponse:
        pagina = PaginaDeAcao(
            titulo="Importar leituras",
            botao="Enviar e conferir",
            explicacao="Uma linha por leitura: numero_medidor, data_leitura e leitura_kwh. Nada é "
            "gravado antes de você conferir e confirmar. O mesmo arquivo pode ser enviado de "
            "novo: leituras já gravadas não se repetem.",
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            importacao = receber_envio(
                dados["arquivo"],
                nome=dados["arquivo"].name,
                agora=timezone.now(),
                usuario_id=request.user.pk,
            )
            encaminhar(importacao.pk)
            return HttpResponseRedirect(endereco_do_objeto(importacao))

        return self.conduzir(request, pagina, executar, formulario=FormularioDeLeituras)


def mostrar_importacao(resultado: Any, *, simular: bool) -> Resultado:
    """The counts and the first refused rows of an import."""
    resumo = resultado.resumo.como_json()
    return Resultado(
        frase=(
            "Simulação: nada foi gravado. Envie de novo sem a marca para gravar."
            if simular
            else "Importação terminada. As linhas recusadas podem ser corrigidas e enviadas de "
            "novo; as já gravadas não se repetem."
        ),
        contagens={ROTULOS[chave]: numero(valor) for chave, valor in resumo.items()},
        recusas=resultado.recusas[:RECUSAS_MOSTRADAS],
        total_de_recusas=resultado.resumo.recusadas,
    )
