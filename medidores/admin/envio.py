"""The form of an uploaded file, and what an import answers."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from comum.django_base.acoes import Resultado
from comum.django_base.exibicao import numero

TAMANHO_MAXIMO_MB = 50
RECUSAS_MOSTRADAS = 200

ROTULOS = {
    "linhas": "linhas lidas",
    "aceitas": "aceitas",
    "retidas": "retidas pela crítica",
    "recusadas": "recusadas",
    "repetidas": "repetidas",
}


class FormularioDeEnvio(forms.Form):
    arquivo = forms.FileField(
        label="Arquivo CSV",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.gz,text/csv"}),
        help_text="Separado por ponto e vírgula, vírgula ou tabulação; pode vir em .gz.",
    )
    simular = forms.BooleanField(
        label="Só simular",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Confere o arquivo inteiro e mostra o resultado, sem gravar nada.",
    )

    def clean_arquivo(self) -> Any:
        arquivo = self.cleaned_data["arquivo"]
        if arquivo.size > TAMANHO_MAXIMO_MB * 1024 * 1024:
            raise ValidationError(
                f"O arquivo tem {numero(arquivo.size / 1024 / 1024, 0)} MB; o máximo aqui é "
                f"{TAMANHO_MAXIMO_MB} MB. Divida-o, ou use o comando de importação."
            )
        arquivo.seek(0)
        return arquivo


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
