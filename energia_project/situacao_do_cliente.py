"""Where a customer stands, in one look: the strip on top of its page, and its account."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.http import HttpRequest

from clientes.models import Cliente
from comum.django_base.exibicao import (
    brl,
    dia,
    endereco_da_lista,
    endereco_do_objeto,
    mes,
    numero,
)
from comum.django_base.graficos import Grafico
from faturamento.admin.grafico import montar_grafico_faturado
from faturamento.models import Fatura
from faturamento.servicos.consumo import consumo_do_cliente
from faturamento.servicos.extrato import Extrato, FaturaDoExtrato, Movimento, extrato_do_cliente
from medidores.models import LeituraEmCritica

MOVIMENTOS = 15
ABERTAS = 12


@dataclass(frozen=True, slots=True)
class Dado:
    """One figure of the strip, and the list behind it ("" where there is none)."""

    rotulo: str
    valor: str
    detalhe: str = ""
    endereco: str = ""
    cor: str = "primary"


@dataclass(frozen=True, slots=True)
class LinhaDoExtrato:
    """A movement ready to print; the newest come first."""

    dia: str
    descricao: str
    endereco: str
    debito: str
    credito: str
    saldo: str


@dataclass(frozen=True, slots=True)
class FaturaAberta:
    """An invoice that is owed, with its second copy."""

    rotulo: str
    endereco: str
    pdf: str
    mes: str
    vencimento: str
    atraso: str
    aberto: str
    cor: str


@dataclass(frozen=True, slots=True)
class SituacaoDoCliente:
    """What of it the user may see."""

    dados: list[Dado]
    grafico: Grafico | None
    abertas: list[FaturaAberta]
    abertas_restantes: int
    extrato: list[LinhaDoExtrato]
    extrato_restante: int


def montar_situacao(request: HttpRequest, cliente: Cliente, *, hoje: date) -> SituacaoDoCliente:
    """The strip, the chart of 13 months and the account; a fixed number of queries."""
    dados: list[Dado] = []
    grafico = None
    abertas: list[FaturaDoExtrato] = []
    movimentos: list[Movimento] = []
    if request.user.has_perm("faturamento.view_fatura"):
        extrato = extrato_do_cliente(cliente.pk, em=hoje)
        ve_pagamentos = request.user.has_perm("faturamento.view_pagamento")
        dados += _dinheiro(cliente, extrato, ve_pagamentos=ve_pagamentos)
        grafico = montar_grafico_faturado(consumo_do_cliente(cliente.pk, ate=hoje).total)
        abertas = sorted(
            (fatura for fatura in extrato.faturas if fatura.aberto),
            key=lambda fatura: (fatura.vencimento, fatura.fatura_id),
        )
        movimentos = list(reversed(extrato.movimentos)) if ve_pagamentos else []
    if request.user.has_perm("medidores.view_leitura"):
        dados.append(_retidas(cliente))
    return SituacaoDoCliente(
        dados=dados,
        grafico=grafico,
        abertas=[_aberta(fatura) for fatura in abertas[:ABERTAS]],
        abertas_restantes=max(len(abertas) - ABERTAS, 0),
        extrato=[_linha(movimento) for movimento in movimentos[:MOVIMENTOS]],
        extrato_restante=max(len(movimentos) - MOVIMENTOS, 0),
    )


def _dinheiro(cliente: Cliente, extrato: Extrato, *, ve_pagamentos: bool) -> list[Dado]:
    deste = {"cliente__id__exact": cliente.pk}
    vencidas = extrato.faturas_vencidas
    atraso = max((fatura.dias_de_atraso for fatura in vencidas), default=0)
    a_vencer = sum(1 for fatura in extrato.faturas if fatura.aberto and not fatura.vencida)
    dados = [
        Dado(
            "Em aberto",
            brl(extrato.aberto),
            _contar(a_vencer + len(vencidas), "fatura", "faturas") if extrato.aberto else "em dia",
            endereco_da_lista(Fatura, **deste),
            "primary" if extrato.aberto else "success",
        ),
        Dado(
            "Vencido",
            brl(extrato.vencido),
            f"{_contar(len(vencidas), 'fatura', 'faturas')}, há {_contar(atraso, 'dia', 'dias')}"
            if vencidas
            else "nada em atraso",
            endereco_da_lista(Fatura, vencidas="sim", **deste),
            "danger" if vencidas else "success",
        ),
    ]
    if extrato.credito:
        dados.append(
            Dado("Crédito", brl(extrato.credito), "pago a mais, a devolver ou usar", cor="info")
        )
    if ve_pagamentos:
        ultimo = extrato.ultimo_pagamento
        dados.append(
            Dado(
                "Último pagamento",
                brl(-ultimo.valor) if ultimo else "nenhum",
                f"em {dia(ultimo.dia)}" if ultimo else "",
                endereco_do_objeto(Fatura(pk=ultimo.fatura_id)) if ultimo else "",
            )
        )
    return dados


def _retidas(cliente: Cliente) -> Dado:
    retidas = LeituraEmCritica.objects.filter(medidor__cliente=cliente).order_by().count()
    return Dado(
        "Leituras em crítica",
        numero(retidas),
        "à espera de decisão" if retidas else "nenhuma",
        endereco_da_lista(LeituraEmCritica, q=cliente.nome) if retidas else "",
        "warning" if retidas else "success",
    )


def _contar(quantos: int, um: str, varios: str) -> str:
    return f"{numero(quantos)} {um if quantos == 1 else varios}"


def _aberta(fatura: FaturaDoExtrato) -> FaturaAberta:
    objeto = Fatura(pk=fatura.fatura_id)
    return FaturaAberta(
        rotulo=fatura.rotulo,
        endereco=endereco_do_objeto(objeto),
        pdf=endereco_do_objeto(objeto, "pdf"),
        mes=mes(fatura.mes),
        vencimento=dia(fatura.vencimento),
        atraso=f"há {_contar(fatura.dias_de_atraso, 'dia', 'dias')}" if fatura.vencida else "",
        aberto=brl(fatura.aberto),
        cor="danger" if fatura.vencida else "info",
    )


def _linha(movimento: Movimento) -> LinhaDoExtrato:
    debito = movimento.valor if movimento.valor > 0 else None
    credito = -movimento.valor if movimento.valor < 0 else None
    return LinhaDoExtrato(
        dia=dia(movimento.dia),
        descricao=movimento.descricao[:1].upper() + movimento.descricao[1:],
        endereco=endereco_do_objeto(Fatura(pk=movimento.fatura_id)),
        debito=_ou_nada(debito),
        credito=_ou_nada(credito),
        saldo=brl(movimento.saldo),
    )


def _ou_nada(valor: Decimal | None) -> str:
    return "" if valor is None else brl(valor)
