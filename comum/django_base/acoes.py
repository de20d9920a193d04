"""Actions of the admin: pages that ask before they act. Those on many rows are in em_lote.py."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from comum.django_base.exibicao import endereco_da_lista, endereco_do_objeto, pode_ver
from comum.django_base.formularios import RECUSAS, anexar_recusas, frases_por_campo


@dataclass(frozen=True, slots=True)
class PaginaDeAcao:
    """What a page of confirmation says; `resultado` replaces the form by what was done."""

    titulo: str
    botao: str = "Confirmar"
    explicacao: str = ""
    perigo: bool = False


@dataclass(frozen=True, slots=True)
class Resultado:
    """Counts, by label, and the refused rows, as a page shows them.

    `modelo` is the template of what comes under the counts, and `tabela` its rows.
    """

    frase: str
    contagens: dict[str, str]
    recusas: Iterable[Any] = ()
    total_de_recusas: int = 0
    modelo: str = ""
    tabela: Iterable[Any] = ()


class PerguntaAntesDeAgir(ModelAdmin):
    """An action is a page: GET asks, POST makes one service call."""

    def abrir(self, request: HttpRequest, object_id: str) -> Any:
        """The object of an action.

        Raises:
            Http404: no such object.
            PermissionDenied: the user may not see it.
        """
        objeto = self.get_object(request, unquote(str(object_id)))
        if objeto is None:
            raise Http404
        if not self.has_view_permission(request, objeto):
            raise PermissionDenied
        return objeto

    def conduzir(
        self,
        request: HttpRequest,
        pagina: PaginaDeAcao,
        executar: Callable[[dict[str, Any]], HttpResponse | Resultado],
        *,
        formulario: type[forms.Form] = forms.Form,
        inicial: dict[str, Any] | None = None,
        objeto: Any = None,
    ) -> HttpResponse:
        """Asks by GET, acts by POST; what is refused is said on the form, still filled in."""
        enviado = request.method == "POST"
        preenchido = formulario(
            request.POST if enviado else None,
            request.FILES if enviado else None,
            initial=inicial,
        )
        resultado = None
        if enviado and preenchido.is_valid():
            try:
                resposta = executar(preenchido.cleaned_data)
            except RECUSAS as erro:
                anexar_recusas(preenchido, frases_por_campo(erro))
            else:
                if not isinstance(resposta, Resultado):
                    return resposta
                resultado = resposta
        return self.mostrar(request, pagina, preenchido, resultado=resultado, objeto=objeto)

    def mostrar(
        self,
        request: HttpRequest,
        pagina: PaginaDeAcao,
        formulario: forms.Form,
        *,
        resultado: Resultado | None = None,
        objeto: Any = None,
    ) -> HttpResponse:
        """The page itself: what came of the action so far, and the form that asks on."""
        contexto = {
            **self.admin_site.each_context(request),
            "title": pagina.titulo,
            "opts": self.opts,
            "original": objeto,
            "pagina": pagina,
            "form": formulario,
            "resultado": resultado,
            "media": self.media + formulario.media,
            "voltar": self._voltar(objeto),
        }
        return TemplateResponse(request, "admin/acao.html", contexto)

    def _voltar(self, objeto: Any) -> str:
        """Where the page leads back to, for who may open it; else to the painel."""
        if not pode_ver(self.model):
            return reverse("admin:index")
        return endereco_do_objeto(objeto) if objeto else endereco_da_lista(self.model)
