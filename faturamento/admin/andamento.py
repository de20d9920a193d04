"""The live part of a run's page: how far it is, who works, what came of it so far."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.cache import never_cache

from comum.django_base.exibicao import (
    brl,
    endereco_da_lista,
    endereco_do_objeto,
    instante,
    numero,
)
from comum.django_base.segundo_plano import Andamento
from comum.vocabulario import Classe
from faturamento.calculo.nomes import nome_da_pendencia
from faturamento.models import ExecucaoFaturamento, Fatura, LoteFaturamento, Pendencia
from faturamento.servicos.andamento import Andamento as Feito
from faturamento.servicos.andamento import (
    comparar_com_o_mes_anterior,
    contar,
    em_trabalho,
    ler_andamento,
    ler_emissao,
)
from faturamento.servicos.lotes import alguem_emite, lotes_em_maos

R = TypeVar("R")

TENTATIVAS_MOSTRADAS = 20
OLHADAS = 3
ENTRE_OLHADAS_S = 0.05
FRASES = {
    "CONCLUIDA": "A execução terminou: cada unidade elegível tem fatura ou pendência.",
    "CANCELADA": "A execução foi cancelada. O que foi feito fica; o resto espera que seja "
    "retomada, ou um novo faturamento.",
    "INTERROMPIDA": "A execução foi interrompida. Retome-a, ou fature a competência de novo.",
}
FRASE_PARADA = (
    "Ninguém está trabalhando nesta execução. Ela pode estar na fila, ou quem trabalhava caiu: "
    "nada ficou pela metade. Com um trabalhador no ar (manage.py db_worker), use Retomar."
)
FRASE_DA_EMISSAO = (
    "As unidades estão calculadas; as faturas que esperavam pelo grupo de leitura estão sendo "
    "emitidas. Você pode sair desta página; o trabalho continua."
)
FRASE_DA_EMISSAO_PARADA = (
    "As unidades estão calculadas, mas ninguém está emitindo as faturas que faltam: quem "
    "trabalhava caiu, e nada ficou pela metade. Com um trabalhador no ar (manage.py db_worker), "
    "use Retomar."
)
FRASE_ABERTA = "Execução em andamento. Você pode sair desta página; o trabalho continua."


class PaginaAoVivo:
    """Mixin of ExecucaoFaturamentoAdmin: its page follows the run by energia/andamento.js."""

    class Media:
        js = ["energia/andamento.js"]

    def get_urls(self: Any) -> Any:
        rota = path(
            "<path:object_id>/andamento/",
            self.admin_site.admin_view(self.andamento),
            name="faturamento_execucaofaturamento_andamento",
        )
        barra = path(
            "<path:object_id>/barra/",
            self.admin_site.admin_view(self.barra),
            name="faturamento_execucaofaturamento_barra",
        )
        return [rota, barra, *super().get_urls()]  # type: ignore[misc]

    def barra(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """The bar alone, as the painel shows it."""
        contexto = {"andamento": andamento_resumido(self.abrir(request, object_id))}
        return never_cache(TemplateResponse)(request, "energia/andamento.html", contexto)

    def andamento(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """The live part of the page, alone."""
        contexto = contexto_da_execucao(self.abrir(request, object_id))
        return never_cache(TemplateResponse)(request, "energia/andamento.html", contexto)

    def render_change_form(
        self: Any, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context |= contexto_da_execucao(kwargs["obj"])
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class AndamentoResumido(Andamento):
    """A bar with what is pending so far, by the name of its code."""

    pendencias: tuple[tuple[str, str], ...] = ()


def andamento_resumido(
    execucao: ExecucaoFaturamento, feito: Feito | None = None
) -> AndamentoResumido:
    """How far a run is, without looking for who works on it; `feito` where it was read before."""
    feito = feito or ler_andamento(execucao.pk)
    # Asked only once the lots are done: what is left of the run then is to issue.
    na_emissao = execucao.e_aberta and feito.feitas == feito.total
    emissao = ler_emissao(execucao) if na_emissao else None
    barra = emissao or feito
    em_curso = "Emitindo as faturas calculadas." if emissao else "Execução em andamento."
    return AndamentoResumido(
        endereco=endereco_do_objeto(execucao, "barra"),
        modelo="energia/andamento_resumido.html",
        frase=FRASES.get(execucao.situacao, em_curso),
        terminou=not execucao.e_aberta,
        correndo=execucao.e_aberta,
        feitas=barra.feitas,
        total=barra.total,
        unidade="faturas emitidas" if emissao else "unidades",
        pendencias=tuple(
            (nome_da_pendencia(codigo), numero(n)) for codigo, n in feito.pendencias.items()
        ),
    )


def contexto_da_execucao(execucao: ExecucaoFaturamento) -> dict[str, Any]:
    contar(execucao)
    feito = ler_andamento(execucao.pk)
    emissao = ler_emissao(execucao) if execucao.e_aberta else None
    em_maos = _em_maos(execucao) if emissao is None else set()
    if emissao is not None:
        parada = not _insistir(lambda: alguem_emite(execucao.pk))
        frase = FRASE_DA_EMISSAO_PARADA if parada else FRASE_DA_EMISSAO
    else:
        parada = execucao.e_aberta and em_maos == set() and feito.feitas < feito.total
        frase = FRASE_PARADA if parada else FRASE_ABERTA
    barra = emissao or feito
    return {
        "andamento": Andamento(
            endereco=endereco_do_objeto(execucao, "andamento"),
            modelo="admin/faturamento/execucaofaturamento/andamento.html",
            frase=FRASES.get(execucao.situacao, frase),
            terminou=not execucao.e_aberta,
            correndo=execucao.e_aberta and not parada,
            feitas=barra.feitas,
            total=barra.total,
            unidade="faturas emitidas" if emissao else "unidades",
        ),
        "contagens": _contagens(execucao),
        "codigos": [
            {
                "codigo": codigo,
                "nome": nome_da_pendencia(codigo),
                "quantas": numero(quantas),
                "endereco": endereco_da_lista(
                    Pendencia, execucao__id__exact=execucao.pk, codigo=codigo
                ),
            }
            for codigo, quantas in feito.pendencias.items()
        ],
        "tentativas": list(_tentativas(execucao, em_maos)),
        "lotes_com_erro": _lotes_com_erro(execucao),
        "classes": [] if execucao.e_aberta else list(_classes(execucao)),
    }


def _em_maos(execucao: ExecucaoFaturamento) -> set[int] | None:
    """The lots in somebody's hands."""
    if not execucao.e_aberta:
        return set()
    return _insistir(lambda: lotes_em_maos(execucao.pk))


def _insistir(olhar: Callable[[], R]) -> R:
    """Looks again where nobody is seen at work: a worker holds nothing between two steps."""
    for _ in range(OLHADAS - 1):
        visto = olhar()
        if visto is None or visto:
            return visto
        time.sleep(ENTRE_OLHADAS_S)
    return olhar()


def _contagens(execucao: ExecucaoFaturamento) -> list[dict[str, str]]:
    """Eligible = billed + pending, each a link to its list, and what is counted apart."""
    desta = {"execucao__id__exact": execucao.pk}
    return [
        {"rotulo": "elegíveis", "valor": numero(execucao.elegiveis)},
        {
            "rotulo": "= faturadas",
            "valor": numero(execucao.faturadas),
            "endereco": endereco_da_lista(Fatura, **desta),
        },
        {
            "rotulo": "+ pendentes",
            "valor": numero(execucao.pendentes),
            "endereco": endereco_da_lista(Pendencia, **desta),
        },
        {"rotulo": "já faturadas", "valor": numero(execucao.ja_faturadas)},
        {"rotulo": "suspensas", "valor": numero(execucao.suspensas)},
        {"rotulo": "valor total", "valor": brl(execucao.valor_total)},
    ]


def _tentativas(execucao: ExecucaoFaturamento, em_maos: set[int] | None) -> Iterator[Any]:
    """Who works on what, and who died of it."""
    vistos: set[int] = set()
    if not execucao.e_aberta:
        return
    for tentativa in em_trabalho(execucao.pk).order_by("-pk")[:TENTATIVAS_MOSTRADAS]:
        # Of the open attempts on a held lot, the newest is its holder's.
        viva = em_maos is None or (tentativa.lote_id in em_maos - vistos)
        vistos.add(tentativa.lote_id)
        yield {
            "lote": tentativa.lote,
            "endereco": endereco_do_objeto(tentativa.lote),
            "processo": tentativa.processo,
            "desde": instante(tentativa.iniciada_em),
            "viva": viva,
        }


def _lotes_com_erro(execucao: ExecucaoFaturamento) -> dict[str, str] | None:
    quantos = execucao.lotes.exclude(erro="").count()
    if not quantos:
        return None
    endereco = endereco_da_lista(
        LoteFaturamento, execucao__id__exact=execucao.pk, situacao__exact="DIVIDIDO"
    )
    return {"quantos": numero(quantos), "endereco": endereco}


def _classes(execucao: ExecucaoFaturamento) -> Iterator[dict[str, str]]:
    rotulos = dict(Classe.escolhas())
    for linha in comparar_com_o_mes_anterior(execucao):
        diferenca = linha.valor - linha.valor_antes
        yield {
            "classe": str(rotulos.get(linha.classe, linha.classe)),
            "faturas": numero(linha.faturas),
            "consumo": numero(linha.consumo_kwh, 3),
            "valor": brl(linha.valor),
            "faturas_antes": numero(linha.faturas_antes),
            "valor_antes": brl(linha.valor_antes),
            "diferenca": brl(diferenca),
        }
