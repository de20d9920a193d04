"""Files of readings: checked, confirmed, followed while they are imported, and undone."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from comum.django_base.acoes import PaginaDeAcao
from comum.django_base.admin import AdminBase, SomenteConsulta
from comum.django_base.contagens import FiltroDeEscolha
from comum.django_base.exibicao import (
    endereco_da_lista,
    endereco_do_objeto,
    etiqueta,
    instante,
    kwh,
    numero,
)
from comum.django_base.filtros import FiltroDePeriodo
from comum.django_base.segundo_plano import Andamento
from comum.erros import DominioError
from comum.texto import com_numero
from medidores.admin.envio import ROTULOS
from medidores.models import ImportacaoLeituras, Leitura
from medidores.servicos.envios import (
    confirmar_envio,
    descartar_envio,
    esta_parado,
    retomar_envio,
)
from medidores.servicos.importacao_leituras import desfazer_importacao
from medidores.tarefas import encaminhar

Situacao = ImportacaoLeituras.Situacao
CORES = {
    "RECEBIDA": "info",
    "CONFERIDA": "warning",
    "CONFIRMADA": "info",
    "CONCLUIDA": "success",
    "FALHOU": "danger",
}
FRASES = {
    "CONFERIDA": "O arquivo foi conferido, e nada foi gravado ainda. Veja o que entraria, e "
    "confirme.",
    "CONCLUIDA": "A importação terminou. As linhas recusadas podem ser corrigidas e enviadas de "
    "novo; as já gravadas não se repetem.",
    "FALHOU": "O arquivo não pôde ser importado, e nada dele foi gravado.",
    "DESCARTADA": "O arquivo foi descartado, e nada dele foi gravado.",
    "DESFEITA": "A importação foi desfeita: as leituras dela foram retiradas.",
}
FRASES_DE_NADA = {
    "recusadas": "O arquivo foi conferido, e todas as linhas foram recusadas: não há o que "
    "importar. Corrija o que está dito abaixo e envie o arquivo de novo.",
    "repetidas": "O arquivo foi conferido, e todas as linhas já estavam gravadas: não há o que "
    "importar.",
    "": "O arquivo foi conferido, e nenhuma linha entraria: cada uma foi recusada ou já estava "
    "gravada. Corrija as recusadas e envie o arquivo de novo.",
}
REGISTRADORES = dict(Leitura._meta.get_field("registrador").flatchoices)
ORIGENS = dict(Leitura._meta.get_field("origem").flatchoices)
FRASE_PARADA = (
    "Ninguém está cuidando deste arquivo. Ele pode estar na fila atrás de outros, ou o processo "
    "que o tratava parou. Nada ficou pela metade."
)


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
    list_filter = [("situacao", FiltroDeEscolha), ("importada_em", FiltroDePeriodo)]
    list_select_related = ["importada_por"]
    search_fields = ["arquivo_nome", "sha256__istartswith"]
    search_help_text = "Nome do arquivo ou SHA-256"
    ordering = ["-id"]
    actions_list = ["importar_leituras"]
    actions_detail = ["desfazer"]
    readonly_fields = ["sha256_inteiro"]

    class Media:
        js = ["energia/andamento.js"]

    @display(description="situação", ordering="situacao")
    def situacao_colorida(self, importacao: ImportacaoLeituras) -> str:
        return etiqueta(importacao, "situacao", CORES)

    @display(description="SHA-256")
    def sha256_inteiro(self, importacao: ImportacaoLeituras) -> str:
        return format_html('<span class="en-original">{}</span>', importacao.sha256)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        campos: list[Any] = ["arquivo_nome", ("importada_em", "importada_por")]
        if obj is not None and obj.situacao == Situacao.DESFEITA:
            campos.append(("desfeita_em", "desfeita_por"))
        return [("Arquivo", {"fields": [*campos, "situacao", "sha256_inteiro"]})]

    def get_urls(self) -> Any:
        rotas = [
            ("confirmar", self.confirmar),
            ("descartar", self.descartar),
            ("retomar", self.retomar),
            ("andamento", self.andamento),
            ("recusas", self.recusas),
        ]
        return [
            path(
                f"<path:object_id>/{nome}/",
                self.admin_site.admin_view(vista),
                name=f"medidores_importacaoleituras_{nome}",
            )
            for nome, vista in rotas
        ] + super().get_urls()

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> Any:
        """Only what is imported can be undone; the service has the last word."""
        importacao = self.get_object(request, str(object_id))
        if importacao is None or importacao.situacao != Situacao.CONCLUIDA:
            return []
        return super().get_actions_detail(request, object_id)

    def has_importar_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perms(
            ["medidores.add_leitura", "medidores.view_importacaoleituras"]
        )

    def has_desfazer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("medidores.delete_leitura")

    @action(description="Importar leituras", icon="upload_file", permissions=["importar"])
    def importar_leituras(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:medidores_leitura_importar_leituras"))

    @action(
        description="Desfazer importação",
        icon="undo",
        permissions=["desfazer"],
        variant=ActionVariant.DANGER,
    )
    def desfazer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        importacao = self.abrir(request, object_id)
        quantas = com_numero(importacao.leituras.count(), "leitura gravada")
        pagina = PaginaDeAcao(
            titulo="Desfazer importação",
            botao="Desfazer",
            explicacao=f"Retira {quantas} por {importacao}, com as decisões já tomadas.",
            perigo=True,
        )

        def executar(dados: dict[str, Any]) -> HttpResponse:
            retiradas = desfazer_importacao(
                importacao.pk, agora=timezone.now(), usuario_id=request.user.pk
            )
            frase = f"Importação desfeita: {com_numero(retiradas, 'leitura retirada')}."
            self.message_user(request, frase, messages.SUCCESS)
            return HttpResponseRedirect(endereco_do_objeto(importacao))

        return self.conduzir(request, pagina, executar, objeto=importacao)

    def confirmar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._avancar(
            request,
            object_id,
            lambda pk: confirmar_envio(pk, agora=timezone.now(), usuario_id=request.user.pk),
        )

    def descartar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._avancar(request, object_id, descartar_envio)

    def retomar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._avancar(request, object_id, lambda pk: retomar_envio(pk, agora=timezone.now()))

    def _avancar(
        self, request: HttpRequest, object_id: str, passo: Callable[[int], bool]
    ) -> HttpResponse:
        """One step of the file by POST; what follows from it is started once."""
        importacao = self.abrir(request, object_id)
        if not self.has_importar_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            frase = "Nada mudou: use os botões desta página."
            self.message_user(request, frase, messages.INFO)
            return HttpResponseRedirect(endereco_do_objeto(importacao))
        try:
            if passo(importacao.pk):
                encaminhar(importacao.pk)
        except DominioError as erro:
            self.message_user(request, str(erro), messages.ERROR)
        return HttpResponseRedirect(endereco_do_objeto(importacao))

    def andamento(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The live part of the page, alone: energia/andamento.js asks for it every second."""
        contexto = self._contexto(request, self.abrir(request, object_id))
        return never_cache(TemplateResponse)(request, "energia/andamento.html", contexto)

    def recusas(self, request: HttpRequest, object_id: str) -> HttpResponse | FileResponse:
        """Every refused row, streamed, as a CSV to be saved and never shown in place."""
        importacao = self.abrir(request, object_id)
        if not importacao.arquivo_de_recusas:
            raise Http404
        try:
            arquivo = importacao.arquivo_de_recusas.open("rb")
        except OSError:
            frase = "O arquivo das linhas recusadas não está mais guardado. Importe de novo."
            self.message_user(request, frase, messages.ERROR)
            return HttpResponseRedirect(endereco_do_objeto(importacao))
        return FileResponse(
            arquivo,
            as_attachment=True,
            filename=f"recusadas-{importacao.pk}.csv",
            content_type="text/csv; charset=utf-8",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context |= self._contexto(request, kwargs["obj"])
        return super().render_change_form(request, context, *args, **kwargs)

    def _contexto(self, request: HttpRequest, importacao: ImportacaoLeituras) -> dict[str, Any]:
        parada = esta_parado(importacao, agora=timezone.now())
        pode_importar = self.has_importar_permission(request)
        # While it imports, what the check said is old and the result is not there yet.
        esperando = importacao.situacao in (Situacao.RECEBIDA, Situacao.CONFIRMADA)
        conferencia = {} if esperando else importacao.conferencia
        conferida = importacao.situacao == Situacao.CONFERIDA
        return {
            "andamento": _andamento(importacao, parada=parada),
            "importacao": importacao,
            "contagens": _contagens(importacao),
            "avisos": conferencia.get("avisos", []),
            "colunas": conferencia.get("colunas", []),
            "amostra": [_mostrar_linha(linha) for linha in conferencia.get("amostra", [])],
            "recusadas": conferencia.get("recusas", []),
            "total_recusadas": conferencia.get("resumo", {}).get("recusadas", 0),
            "pode_confirmar": pode_importar and conferida and not _frase_de_nada(importacao),
            "pode_descartar": pode_importar and conferida,
            "pode_enviar_outro": pode_importar
            and (importacao.situacao == Situacao.FALHOU or bool(_frase_de_nada(importacao))),
            "parada": parada,
            "pode_retomar": parada and pode_importar,
        }


def _andamento(importacao: ImportacaoLeituras, *, parada: bool) -> Andamento:
    correndo = importacao.situacao in (Situacao.RECEBIDA, Situacao.CONFIRMADA) and bool(
        importacao.arquivo
    )
    return Andamento(
        endereco=endereco_do_objeto(importacao, "andamento"),
        modelo="admin/medidores/importacaoleituras/envio.html",
        frase=_frase(importacao, parada=parada),
        terminou=not correndo,
        correndo=correndo and not parada,
        feitas=importacao.lidas,
        total=importacao.conferencia.get("total", 0),
    )


def _frase(importacao: ImportacaoLeituras, *, parada: bool) -> str:
    if parada:
        return FRASE_PARADA
    if frase := _frase_de_nada(importacao) or FRASES.get(importacao.situacao):
        return frase
    if importacao.situacao == Situacao.RECEBIDA:
        return "Conferindo o arquivo; nada é gravado antes da sua confirmação."
    return "Importação em andamento. Você pode sair desta página; o trabalho continua."


def _frase_de_nada(importacao: ImportacaoLeituras) -> str:
    """Why a checked file has nothing to confirm; "" when some row of it would be written."""
    resumo = importacao.conferencia.get("resumo", {})
    if importacao.situacao != Situacao.CONFERIDA or not resumo:
        return ""
    if resumo["aceitas"] or resumo["retidas"]:
        return ""
    sozinha = (nome for nome in ("recusadas", "repetidas") if resumo[nome] == resumo["linhas"])
    return FRASES_DE_NADA[next(sozinha, "")]


def _contagens(importacao: ImportacaoLeituras) -> list[dict[str, str]]:
    """The outcomes of the rows; once imported, each with a link to what it counts."""
    if importacao.situacao == Situacao.CONFERIDA:
        resumo = importacao.conferencia.get("resumo", {})
        return [{"rotulo": ROTULOS[nome], "valor": numero(resumo[nome])} for nome in resumo]
    if importacao.situacao not in (Situacao.CONCLUIDA, Situacao.DESFEITA):
        return []
    ligacoes = {}
    if importacao.situacao == Situacao.CONCLUIDA:
        ligacoes = {
            "aceitas": _leituras(importacao, situacao__exact="VALIDA"),
            "retidas": _leituras(importacao, situacao__exact="RETIDA"),
        }
        if importacao.arquivo_de_recusas:
            ligacoes["recusadas"] = endereco_do_objeto(importacao, "recusas")
    return [
        {
            "rotulo": rotulo,
            "valor": numero(getattr(importacao, nome)),
            "endereco": ligacoes.get(nome, "") if getattr(importacao, nome) else "",
        }
        for nome, rotulo in ROTULOS.items()
    ]


def _leituras(importacao: ImportacaoLeituras, **filtros: str) -> str:
    return endereco_da_lista(Leitura, importacao__id__exact=importacao.pk, **filtros)


def _mostrar_linha(linha: dict[str, Any]) -> dict[str, Any]:
    """A row of the sample, its values as the staff reads them."""
    if "numero_medidor" not in linha:
        return linha
    return linha | {
        "registrador": REGISTRADORES.get(linha["registrador"], linha["registrador"]),
        "origem": ORIGENS.get(linha["origem"], linha["origem"]),
        "data_leitura": instante(datetime.fromisoformat(linha["data_leitura"])),
        "leitura_kwh": kwh(Decimal(linha["leitura_kwh"])),
    }
