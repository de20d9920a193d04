"""The buttons of a list that take it away as a file, and the view behind them."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connections
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.text import slugify
from unfold.admin import ModelAdmin

from comum.django_base.exibicao import numero
from comum.django_base.exportacao import (
    LINHAS_DO_XLSX,
    colunas_de,
    escrever_csv,
    escrever_xlsx,
    linhas_de,
    tem_mais_que,
)
from comum.django_base.modelos import hoje

TIPO_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATOS = ("csv", "xlsx")
FILTROS_QUE_NAO_SERVEM = (
    IncorrectLookupParameters,
    DisallowedModelAdminLookup,
    ValueError,
    OverflowError,
    DatabaseError,
)


class ListaQueSeExporta(ModelAdmin):
    """Mixin of a list: CSV and XLSX of what it shows, for who may see it."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        if request.method == "GET" and self.has_view_or_change_permission(request):
            consulta = f"?{request.GET.urlencode()}" if request.GET else ""
            ferramentas = {
                "colunas_em": self._endereco("colunas"),
                "colunas": self.colunas_a_escolher(request),
                "consulta": consulta,
                **{f: f"{self._endereco(f'exportar_{f}')}{consulta}" for f in FORMATOS},
            }
            extra_context = {**(extra_context or {}), "ferramentas": ferramentas}
        return super().changelist_view(request, extra_context)

    def _endereco(self, nome: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{nome}")

    def get_urls(self) -> Any:
        prefixo = f"{self.opts.app_label}_{self.opts.model_name}_exportar"
        ver = self.admin_site.admin_view(self.exportar)
        rotas = [
            path(f"exportar/{f}/", ver, {"formato": f}, name=f"{prefixo}_{f}") for f in FORMATOS
        ]
        return [*rotas, *super().get_urls()]

    def exportar(self, request: HttpRequest, formato: str) -> HttpResponseBase:
        """The file; or the list again, with the sentence that says why not."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        try:
            if any("\x00" in valor for _, valores in request.GET.lists() for valor in valores):
                raise ValueError("caractere nulo")
            lista = self.get_changelist_instance(request)
            queryset = lista.queryset
            demais = formato == "xlsx" and tem_mais_que(queryset, LINHAS_DO_XLSX - 1)
        except FILTROS_QUE_NAO_SERVEM:
            return self._recusar_exportacao(
                request, "O filtro do endereço não pôde ser usado, e nada foi exportado."
            )
        if demais:
            return self._recusar_exportacao(
                request,
                f"Uma planilha tem no máximo {numero(LINHAS_DO_XLSX)} linhas, e esta lista passa "
                "disso. Filtre a lista ou exporte em CSV.",
            )
        colunas = colunas_de(self, self.get_list_display(request))
        linhas = _Contadas(linhas_de(queryset, colunas), queryset.db)
        arquivo = f"{slugify(str(self.opts.verbose_name_plural))}-{hoje():%Y-%m-%d}.{formato}"

        def registrar(*, inteira: bool) -> None:
            dados = {
                "formato": formato,
                "linhas": linhas.quantas,
                "inteira": inteira,
                "colunas": len(colunas),
                "filtros": sorted(set(request.GET) - {"o", "p", "e"}),
            }
            self.admin_site.registrar_exportacao(request, self.model, dados)

        resposta: HttpResponse | StreamingHttpResponse | FileResponse
        if formato == "csv":
            resposta = StreamingHttpResponse(
                _ate_o_fim(escrever_csv(colunas, linhas), linhas, registrar),
                content_type="text/csv; charset=utf-8",
            )
            resposta["Content-Disposition"] = f'attachment; filename="{arquivo}"'
        else:
            pronto = escrever_xlsx(colunas, linhas)
            registrar(inteira=True)
            resposta = FileResponse(
                pronto, as_attachment=True, filename=arquivo, content_type=TIPO_XLSX
            )
        resposta["Cache-Control"] = "no-store"
        return resposta

    def _recusar_exportacao(self, request: HttpRequest, frase: str) -> HttpResponse:
        self.message_user(request, frase, messages.ERROR)
        return HttpResponseRedirect(self._endereco("changelist"))


class _Contadas:
    """Rows on their way from the database `banco`, counted."""

    def __init__(self, linhas: Iterator[list[Any]], banco: str) -> None:
        self.linhas = linhas
        self.banco = banco
        self.quantas = 0

    def __iter__(self) -> Iterator[list[Any]]:
        for linha in self.linhas:
            self.quantas += 1
            yield linha

    def fechar(self) -> None:
        """Lets go of the cursor on the server, and of a connection that broke meanwhile.

        Left to the garbage collector, the cursor would be closed when its connection is
        already closed, or back in the pool and another request's.
        """
        with suppress(DatabaseError):
            self.linhas.close()  # type: ignore[attr-defined]
        conexao = connections[self.banco]
        if not conexao.in_atomic_block:
            conexao.close_if_unusable_or_obsolete()


def _ate_o_fim(pedacos: Iterator[str], linhas: Any, registrar: Any) -> Iterator[str]:
    """The pieces; what left is written down even when the other side hangs up."""
    inteira = False
    try:
        yield from pedacos
        inteira = True
    finally:
        linhas.fechar()
        registrar(inteira=inteira)
