"""The home page of the admin: how the month is going, what waits, what is owed.

Each number is a link to the list behind it. A fixed, small number of queries,
whatever the number of rows (`bench/admin.py`); a part shows to who may see its list.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from clientes.models import Cliente
from comum.django_base.exibicao import (
    brl,
    dia,
    endereco_da_lista,
    endereco_do_objeto,
    instante,
    mes,
    numero,
)
from comum.django_base.graficos import Grafico, Ponto, desenhar_barras
from comum.erros import DadoInvalidoError
from comum.periodos import UM_DIA, dia_civil, ler_competencia, mes_seguinte, somar_meses
from faturamento.admin.andamento import andamento_resumido
from faturamento.calculo.nomes import nome_da_pendencia
from faturamento.models import ExecucaoFaturamento, Fatura, Pagamento, Pendencia, ResumoMensal
from faturamento.servicos.andamento import ler_andamentos
from faturamento.servicos.painel import (
    FaixaDeDivida,
    MesFaturado,
    Soma,
    faturas_por_situacao,
    idade_da_divida,
    leituras_esperadas,
    ler_resumos,
    recebido_no_mes,
    serie_de_meses,
)
from medidores.models import Leitura, LeituraEmCritica, Medidor, UnidadeConsumidora

RETIDAS_NO_MENU = 999
EXECUCOES_AO_VIVO = 3


@dataclass(frozen=True, slots=True)
class Cartao:
    titulo: str
    valor: str
    endereco: str
    icone: str
    detalhe: str = ""
    cor: str = "primary"


@dataclass(frozen=True, slots=True)
class Secao:
    """Cards under one heading."""

    nome: str
    titulo: str
    cartoes: list[Cartao]


@dataclass(frozen=True, slots=True)
class FaixaMostrada:
    nome: str
    quantas: str
    valor: str
    endereco: str
    parte: int
    cor: str


def montar_painel(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the page's context what the user may see of the month in `?mes=`."""
    agora = timezone.now()
    hoje = dia_civil(agora)
    atual = hoje.replace(day=1)
    escolhido = _mes_escolhido(request, atual)
    ve_faturas = request.user.has_perm("faturamento.view_fatura")
    ve_leituras = request.user.has_perm("medidores.view_leitura")
    ve_execucoes = request.user.has_perm("faturamento.view_execucaofaturamento")
    resumos = {}
    if ve_faturas or ve_leituras:
        resumos = ler_resumos(escolhido, agora=agora, hoje=hoje)
    secoes = [_cadastro(request)]
    if ve_leituras:
        secoes.append(_leituras(escolhido, resumos.get(escolhido)))
    divida: list[FaixaDeDivida] = []
    if ve_faturas:
        divida = idade_da_divida(hoje)
        situacoes = faturas_por_situacao(escolhido)
        secoes.append(_faturas(escolhido, situacoes))
        secoes.append(_dinheiro(request, escolhido, situacoes, divida))
    context.update(
        secoes=[secao for secao in secoes if secao.cartoes],
        meses=_trocar_mes(escolhido, atual) if ve_faturas or ve_leituras else None,
        divida=_divida(divida),
        graficos=_graficos(serie_de_meses(resumos, escolhido)) if ve_faturas else [],
        calculado_em=_calculado_em(resumos),
        ao_vivo=_ao_vivo() if ve_execucoes else [],
        execucao=_ultima_execucao(escolhido) if ve_execucoes else None,
    )
    return context


def contar_retidas(request: HttpRequest) -> str:
    """The badge of the menu: how many wait, "" where none does or the user may not see them."""
    if not request.user.has_perm("medidores.view_leitura"):
        return ""
    retidas = _quantas_retidas()
    if retidas > RETIDAS_NO_MENU:
        return f"{numero(RETIDAS_NO_MENU)}+"
    return numero(retidas) if retidas else ""


def _quantas_retidas() -> int:
    return LeituraEmCritica.objects.order_by()[: RETIDAS_NO_MENU + 1].count()


def _mes_escolhido(request: HttpRequest, atual: date) -> date:
    """The month in the address; what cannot be read, or is off the calendar, is this one."""
    try:
        escolhido = ler_competencia(request.GET.get("mes", "")[:10])
    except DadoInvalidoError:
        return atual
    return escolhido if 1900 < escolhido.year < 2200 else atual


def _trocar_mes(escolhido: date, atual: date) -> dict[str, Any]:
    painel = reverse("admin:index")

    def ligacao(um: date) -> dict[str, str]:
        return {"nome": mes(um), "endereco": f"{painel}?mes={um:%Y-%m}"}

    return {
        "anterior": ligacao(somar_meses(escolhido, -1)),
        "escolhido": mes(escolhido),
        "seguinte": ligacao(somar_meses(escolhido, 1)),
        "atual": ligacao(atual) if escolhido != atual else None,
    }


def _cadastro(request: HttpRequest) -> Secao:
    cartoes = []
    if request.user.has_perm("clientes.view_cliente"):
        clientes = numero(Cliente.objects.count())
        cartoes.append(Cartao("Clientes", clientes, endereco_da_lista(Cliente), "group"))
    if request.user.has_perm("medidores.view_unidadeconsumidora"):
        ativas = numero(UnidadeConsumidora.objects.ativas().count())
        endereco = endereco_da_lista(UnidadeConsumidora, situacao__exact="ATIVA")
        cartoes.append(Cartao("Unidades ativas", ativas, endereco, "home_pin"))
    return Secao("cadastro", "Cadastro", cartoes)


def _dias_do_mes(campo: str, um: date) -> dict[str, str]:
    """The filter of a list by the days of a month."""
    return {f"{campo}_from": dia(um), f"{campo}_to": dia(mes_seguinte(um) - UM_DIA)}


def _leituras(escolhido: date, resumo: ResumoMensal | None) -> Secao:
    esperadas = leituras_esperadas()
    recebidas = resumo.leituras_recebidas if resumo is not None else 0
    faltam = max(esperadas - recebidas, 0)
    retidas = _quantas_retidas()
    retidas_texto = f"{numero(RETIDAS_NO_MENU)}+" if retidas > RETIDAS_NO_MENU else numero(retidas)
    do_mes = endereco_da_lista(Leitura, **_dias_do_mes("data_leitura", escolhido))
    return Secao(
        "leituras",
        f"Leituras de {mes(escolhido)}",
        [
            Cartao(
                "Esperadas",
                numero(esperadas),
                endereco_da_lista(Medidor),
                "electric_meter",
                "medidores instalados",
            ),
            Cartao(
                "Recebidas",
                numero(recebidas),
                do_mes,
                "download_done",
                f"faltam {numero(faltam)}" if faltam else "todas",
                "info" if faltam else "success",
            ),
            Cartao(
                "Leituras em crítica",
                retidas_texto,
                endereco_da_lista(LeituraEmCritica),
                "front_hand",
                "à espera de decisão" if retidas else "nada a decidir",
                "warning" if retidas else "success",
            ),
        ],
    )


def _faturas(escolhido: date, somas: dict[str, Soma]) -> Secao:
    def cartao(titulo: str, situacao: str, icone: str, cor: str) -> Cartao:
        soma = somas.get(situacao, Soma())
        filtros = {"mes": f"{escolhido:%Y-%m}", "situacao__exact": situacao}
        return Cartao(
            titulo,
            numero(soma.quantas),
            endereco_da_lista(Fatura, **filtros),
            icone,
            brl(soma.valor),
            cor,
        )

    return Secao(
        "faturas",
        f"Faturas de {mes(escolhido)}",
        [
            cartao("Rascunhos", "RASCUNHO", "draft", "warning"),
            cartao("Emitidas", "EMITIDA", "receipt_long", "success"),
            cartao("Canceladas", "CANCELADA", "cancel", "danger"),
        ],
    )


def _dinheiro(
    request: HttpRequest, escolhido: date, somas: dict[str, Soma], divida: list[FaixaDeDivida]
) -> Secao:
    emitidas = somas.get("EMITIDA", Soma())
    vencidas = [faixa.soma for faixa in divida if faixa.vencida]
    quantas = sum(soma.quantas for soma in vencidas)
    cartoes = [
        Cartao(
            "Faturado",
            brl(emitidas.valor),
            endereco_da_lista(Fatura, mes=f"{escolhido:%Y-%m}", situacao__exact="EMITIDA"),
            "request_quote",
            f"{numero(emitidas.quantas)} faturas emitidas",
        )
    ]
    if request.user.has_perm("faturamento.view_pagamento"):
        recebido = recebido_no_mes(escolhido)
        cartoes.append(
            Cartao(
                "Recebido no mês",
                brl(recebido.valor),
                endereco_da_lista(Pagamento, **_dias_do_mes("data_pagamento", escolhido)),
                "payments",
                f"{numero(recebido.quantas)} pagamentos e estornos",
                "success",
            )
        )
    cartoes.append(
        Cartao(
            "Faturas vencidas",
            brl(sum((soma.valor for soma in vencidas), Decimal(0))),
            endereco_da_lista(Fatura, vencidas="sim"),
            "event_busy",
            f"{numero(quantas)} em atraso hoje",
            "danger" if quantas else "success",
        )
    )
    return Secao("dinheiro", f"Dinheiro em {mes(escolhido)}", cartoes)


def _divida(faixas: list[FaixaDeDivida]) -> list[FaixaMostrada]:
    total = sum((faixa.soma.valor for faixa in faixas), Decimal(0))
    mostradas = []
    for faixa in faixas:
        filtros = {"vencidas": "sim" if faixa.vencida else "a_vencer"}
        if faixa.vencida and faixa.de is not None:
            filtros["data_vencimento_from"] = dia(faixa.de)
        if faixa.ate is not None:
            filtros["data_vencimento_to"] = dia(faixa.ate)
        mostradas.append(
            FaixaMostrada(
                nome=faixa.nome,
                quantas=numero(faixa.soma.quantas),
                valor=brl(faixa.soma.valor),
                endereco=endereco_da_lista(Fatura, **filtros),
                parte=int(100 * faixa.soma.valor / total) if total > 0 else 0,
                cor="danger" if faixa.vencida else "success",
            )
        )
    return mostradas


def _graficos(serie: list[MesFaturado]) -> list[Grafico]:
    def pontos(campo: str) -> list[Ponto]:
        return [
            Ponto(
                f"{um.mes:%m/%y}",
                getattr(um, campo),
                endereco=endereco_da_lista(
                    Fatura, mes=f"{um.mes:%Y-%m}", situacao__exact="EMITIDA"
                ),
            )
            for um in serie
        ]

    meses = f"{mes(serie[0].mes)} a {mes(serie[-1].mes)}, faturas emitidas"
    return [
        desenhar_barras(
            pontos("consumo_kwh"),
            nome="consumo",
            titulo="Consumo faturado em 13 meses",
            unidade="kWh",
            resumo=meses,
        ),
        desenhar_barras(
            pontos("valor"),
            nome="receita",
            titulo="Faturamento em 13 meses",
            unidade="R$",
            resumo=meses,
            casas=2,
        ),
    ]


def _calculado_em(resumos: dict[date, ResumoMensal]) -> str:
    momentos: list[datetime] = [resumo.calculado_em for resumo in resumos.values()]
    return instante(min(momentos)) if momentos else ""


def _ao_vivo() -> list[dict[str, Any]]:
    """Runs that are open, newest first, each with its live bar."""
    abertas = ExecucaoFaturamento.objects.filter(situacao=ExecucaoFaturamento.Situacao.ABERTA)
    mostradas = list(abertas.order_by("-pk")[:EXECUCOES_AO_VIVO])
    feitos = ler_andamentos([execucao.pk for execucao in mostradas])
    return [
        {
            "titulo": f"Execução {execucao.pk}, de {mes(execucao.mes_referencia)}",
            "endereco": endereco_do_objeto(execucao),
            "andamento": andamento_resumido(execucao, feitos[execucao.pk]),
        }
        for execucao in mostradas
    ]


def _ultima_execucao(escolhido: date) -> dict[str, Any] | None:
    """The last run of the month and its pendências by code."""
    execucoes = ExecucaoFaturamento.objects.filter(mes_referencia=escolhido)
    execucao = execucoes.order_by("-pk").first()
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
            (
                nome_da_pendencia(codigo),
                numero(n),
                endereco_da_lista(Pendencia, codigo=codigo, **desta),
            )
            for codigo, n in execucao.pendencias.por_codigo().items()
        ],
    }
