"""The home page of the admin: what is there, what waits, what is owed; each number a link.

A fixed, small number of queries, whatever the number of rows.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.utils import timezone

from clientes.models import Cliente
from comum.django_base.exibicao import brl, endereco_da_lista, endereco_do_objeto, mes, numero
from comum.periodos import dia_civil, primeiro_dia_do_mes, somar_meses
from faturamento.models import ExecucaoFaturamento, Fatura, Pendencia
from medidores.models import LeituraEmCritica, UnidadeConsumidora

RETIDAS_NO_MENU = 999


@dataclass(frozen=True, slots=True)
class Cartao:
    titulo: str
    valor: str
    endereco: str
    icone: str
    detalhe: str = ""
    cor: str = "primary"


@dataclass(frozen=True, slots=True)
class MesDoPainel:
    """The invoices of one month."""

    nome: str
    rascunhos: Cartao
    emitidas: Cartao


def montar_painel(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the cards that the user may see to the page's context."""
    hoje = dia_civil(timezone.now())
    cartoes: list[Cartao] = []
    usuario = request.user
    if usuario.has_perm("clientes.view_cliente"):
        clientes = numero(Cliente.objects.count())
        cartoes.append(Cartao("Clientes", clientes, endereco_da_lista(Cliente), "group"))
    if usuario.has_perm("medidores.view_unidadeconsumidora"):
        cartoes.append(_unidades_ativas())
    if usuario.has_perm("medidores.view_leitura"):
        cartoes.append(_leituras_retidas())
    context["meses"], context["execucao"] = [], None
    if usuario.has_perm("faturamento.view_fatura"):
        cartoes.append(_vencidas(hoje))
        atual = primeiro_dia_do_mes(hoje)
        context["meses"] = _meses([atual, somar_meses(atual, -1)])
    if usuario.has_perm("faturamento.view_execucaofaturamento"):
        context["execucao"] = _ultima_execucao()
    context["cartoes"] = cartoes
    return context


def _unidades_ativas() -> Cartao:
    ativas = UnidadeConsumidora.objects.ativas().count()
    endereco = endereco_da_lista(UnidadeConsumidora, situacao__exact="ATIVA")
    return Cartao("Unidades ativas", numero(ativas), endereco, "home_pin")


def _leituras_retidas() -> Cartao:
    retidas = LeituraEmCritica.objects.count()
    endereco = endereco_da_lista(LeituraEmCritica)
    detalhe = "à espera de decisão" if retidas else "nada a decidir"
    cor = "warning" if retidas else "success"
    return Cartao("Leituras em crítica", numero(retidas), endereco, "front_hand", detalhe, cor)


def contar_retidas(request: HttpRequest) -> str:
    """The badge of the menu: how many wait, "" where none does or the user may not see them."""
    if not request.user.has_perm("medidores.view_leitura"):
        return ""
    retidas = LeituraEmCritica.objects.order_by()[: RETIDAS_NO_MENU + 1].count()
    if retidas > RETIDAS_NO_MENU:
        return f"{numero(RETIDAS_NO_MENU)}+"
    return numero(retidas) if retidas else ""


def _vencidas(hoje: date) -> Cartao:
    soma = Fatura.objects.vencidas(em=hoje).aggregate(quantas=Count("pk"), valor=Sum("valor"))
    endereco = endereco_da_lista(Fatura, vencidas="sim")
    detalhe = brl(soma["valor"] or Decimal(0))
    cor = "danger" if soma["quantas"] else "success"
    return Cartao("Faturas vencidas", numero(soma["quantas"]), endereco, "event_busy", detalhe, cor)


def _meses(meses: list[date]) -> list[MesDoPainel]:
    """Drafts and issued invoices of these months, in one query."""
    situacoes = {"rascunhos": "RASCUNHO", "emitidas": "EMITIDA"}
    somas = {
        f"{nome}_{indice}_{medida}": agregado(
            campo, filter=Q(mes_referencia=mes_referencia, situacao=situacao)
        )
        for indice, mes_referencia in enumerate(meses)
        for nome, situacao in situacoes.items()
        for medida, agregado, campo in (("quantas", Count, "pk"), ("valor", Sum, "valor"))
    }
    soma = Fatura.objects.filter(mes_referencia__in=meses).aggregate(**somas)

    def cartao(titulo: str, nome: str, indice: int, icone: str) -> Cartao:
        filtros = {"mes": f"{meses[indice]:%Y-%m}", "situacao__exact": situacoes[nome]}
        return Cartao(
            titulo,
            numero(soma[f"{nome}_{indice}_quantas"]),
            endereco_da_lista(Fatura, **filtros),
            icone,
            brl(soma[f"{nome}_{indice}_valor"] or Decimal(0)),
        )

    return [
        MesDoPainel(
            mes(mes_referencia),
            cartao("Rascunhos", "rascunhos", indice, "draft"),
            cartao("Emitidas", "emitidas", indice, "receipt_long"),
        )
        for indice, mes_referencia in enumerate(meses)
    ]


def _ultima_execucao() -> dict[str, Any] | None:
    """The last run and its pendências by code."""
    execucao = ExecucaoFaturamento.objects.order_by("-pk").first()
    if execucao is None:
        return None
    desta = {"execucao__id__exact": execucao.pk}
    return {
        "objeto": execucao,
        "mes": mes(execucao.mes_referencia),
        "endereco": endereco_do_objeto(execucao),
        "faturas": endereco_da_lista(Fatura, **desta),
        "lista_de_pendencias": endereco_da_lista(Pendencia, **desta),
        "elegiveis": numero(execucao.elegiveis),
        "faturadas": numero(execucao.faturadas),
        "pendentes": numero(execucao.pendentes),
        "valor": brl(execucao.valor_total),
        "pendencias": [
            (codigo, numero(n), endereco_da_lista(Pendencia, codigo__icontains=codigo, **desta))
            for codigo, n in execucao.pendencias.por_codigo().items()
        ],
    }
