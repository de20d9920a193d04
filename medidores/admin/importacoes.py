"""Imported files of readings: seen, and undone; never edited."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminBase, SomenteConsulta
from comum.django_base.exibicao import endereco_da_lista, endereco_do_objeto, etiqueta, ligacao
from comum.django_base.filtros import FiltroDePeriodo
from medidores.models import ImportacaoLeituras, Leitura
from medidores.servicos.importacao_leituras import desfazer_importacao


@admin.register(ImportacaoLeituras)
class ImportacaoLeiturasAdmin(SomenteConsulta, AdminBase):
    list_display = [
        "arquivo_nome",
        "importada_em",
        "importada_por",
        "linhas",
        "aceitas",
        "retidas",
        "recusadas",
        "repetidas",
        "situacao_colorida",
    ]
    list_filter = [("situacao", ChoicesDropdownFilter), ("importada_em", FiltroDePeriodo)]
    list_select_related = ["importada_por"]
    search_fields = ["arquivo_nome", "sha256__istartswith"]
    search_help_text = "Nome do arquivo ou SHA-256"
    ordering = ["-id"]
    actions_detail = ["desfazer"]
    readonly_fields = ["leituras_dela"]
    fieldsets = [
        (None, {"fields": ["arquivo_nome", ("situacao", "desfeita_em"), "leituras_dela"]}),
        (
            "Linhas",
            {"fields": [("linhas", "aceitas", "retidas"), ("recusadas", "repetidas")]},
        ),
        ("Origem", {"fields": [("importada_em", "importada_por"), "sha256"]}),
    ]

    @display(description="situação", ordering="situacao")
    def situacao_colorida(self, importacao: ImportacaoLeituras) -> str:
        return etiqueta(importacao, "situacao", {"DESFEITA": "warning"})

    @display(description="leituras")
    def leituras_dela(self, importacao: ImportacaoLeituras) -> str:
        endereco = endereco_da_lista(Leitura, importacao__id__exact=importacao.pk)
        return ligacao(endereco, "ver as leituras desta importação")

    def has_desfazer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("medidores.delete_leitura")

    @action(
        description="Desfazer importação",
        icon="undo",
        permissions=["desfazer"],
        variant=ActionVariant.DANGER,
    )
    def desfazer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        importacao = self.abrir(request, object_id)
        pagina = PaginaDeAcao(
            titulo="Desfazer importação",
            botao="Desfazer",
            explicacao=f"Retira todas as leituras gravadas por {importacao}.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            retiradas = desfazer_importacao(importacao.pk, agora=timezone.now())
            frase = f"Importação desfeita: {retiradas} leitura(s) retirada(s)."
            self.message_user(request, frase, messages.SUCCESS)
            return HttpResponseRedirect(endereco_do_objeto(importacao))

        return self.conduzir(request, pagina, executar, objeto=importacao)
