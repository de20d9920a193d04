"""What comes out of a bill: lines that explain themselves, and their totals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from comum.lembranca import lembrar_por_identidade
from comum.vocabulario import Posto, Vocabulo
from faturamento.calculo.formatos import brl, numero_br, quantidade_exata, tarifa_por_kwh
from faturamento.calculo.tipos import Arredondamento
from faturamento.calculo.tributos import (
    ZERO_BRL,
    Tributacao,
    calcular_preco,
    calcular_valor,
    separar_tributos,
)


class CodigoLinha(Vocabulo):
    """The kinds of line, in the order in which they are printed."""

    TUSD = "TUSD", "Energia ativa fornecida – TUSD"
    TE = "TE", "Energia ativa fornecida – TE"
    BANDEIRA = "BANDEIRA", "Adicional bandeira"
    TSEE = "TSEE", "Desconto Tarifa Social"
    SCEE_TUSD = "SCEE_TUSD", "Energia compensada – TUSD"
    SCEE_TE = "SCEE_TE", "Energia compensada – TE"
    SCEE_TRANSPORTE = "SCEE_TRANSPORTE", "Transporte da energia compensada"
    CIP = "CIP", "Contribuição de iluminação pública (CIP)"
    LANCAMENTO = "LANCAMENTO", "Lançamento"


CREDITOS = frozenset({CodigoLinha.SCEE_TUSD, CodigoLinha.SCEE_TE})


@dataclass(frozen=True, slots=True)
class Linha:
    """One line of the bill. Money in R$ with 2 places; credits are negative.

    `quantidade_kwh` is never negative; `tarifa_brl_por_kwh` is without tax and
    `preco_brl_por_kwh` with it, 8 places. `de`, `ate` bound the sub-period,
    half-open. What does not apply is None.
    """

    codigo: CodigoLinha
    descricao: str
    posto: Posto | None
    de: date | None
    ate: date | None
    origem_credito: date | None
    quantidade_kwh: Decimal | None
    tarifa_brl_por_kwh: Decimal | None
    preco_brl_por_kwh: Decimal | None
    valor: Decimal
    base_icms: Decimal
    icms: Decimal
    base_pis_cofins: Decimal
    pis: Decimal
    cofins: Decimal
    regra: str
    formula: str
    fonte: str


@dataclass(frozen=True, slots=True)
class Ocorrencia:
    """Something that the operator should know about this bill."""

    codigo: str
    mensagem: str


@dataclass(frozen=True, slots=True)
class Totais:
    """Sums of the rounded lines, in R$; `cbs` and `ibs` are shown only."""

    icms: Decimal = ZERO_BRL
    pis: Decimal = ZERO_BRL
    cofins: Decimal = ZERO_BRL
    cip: Decimal = ZERO_BRL
    creditos: Decimal = ZERO_BRL
    valor_energia: Decimal = ZERO_BRL
    valor_bandeira: Decimal = ZERO_BRL
    lancamentos: Decimal = ZERO_BRL
    cbs: Decimal | None = None
    ibs: Decimal | None = None

    @property
    def valor(self) -> Decimal:
        """The total of the bill: the sum of its lines, exactly."""
        return self.valor_do_fornecimento + self.lancamentos

    @property
    def valor_do_fornecimento(self) -> Decimal:
        """What the cycle itself costs, before one-off lines."""
        return self.valor_energia + self.valor_bandeira + self.cip


def lancar(
    tributacao: Tributacao,
    codigo: CodigoLinha,
    *,
    kwh: Decimal,
    tarifa_brl_por_mwh: Decimal,
    regra: str,
    fonte: str,
    descricao: str = "",
    posto: Posto | None = None,
    de: date | None = None,
    ate: date | None = None,
    origem_credito: date | None = None,
    credito: bool = False,
    com_icms: bool = True,
    nota: str = "",
) -> Linha:
    """The line of `kwh` at a tariff without tax, its taxes inside its value.

    `credito` makes the value negative; `com_icms` false prices it without ICMS;
    `nota` goes into the formula, beside the quantity.
    """
    preco = _formar_preco(tributacao, tarifa_brl_por_mwh, com_icms)
    quantidade = quantidade_exata(kwh)
    valor = calcular_valor(
        quantidade, preco.tarifa_brl_por_kwh, preco.divisor, tributacao.arredondamento
    )
    conta = f"{numero_br(quantidade)} kWh{nota} × {preco.conta}"
    if credito:
        valor = -valor + ZERO_BRL
        conta = f"−({conta})"

    tributos = separar_tributos(valor, tributacao, com_icms=com_icms)
    return Linha(
        codigo=codigo,
        descricao=descricao or codigo.rotulo,
        posto=posto,
        de=de,
        ate=ate,
        origem_credito=origem_credito,
        quantidade_kwh=quantidade,
        tarifa_brl_por_kwh=preco.tarifa_brl_por_kwh,
        preco_brl_por_kwh=preco.preco_brl_por_kwh,
        valor=valor,
        base_icms=tributos.base_icms,
        icms=tributos.icms,
        base_pis_cofins=tributos.base_pis_cofins,
        pis=tributos.pis,
        cofins=tributos.cofins,
        regra=regra,
        formula=f"{conta} = {brl(valor)}",
        fonte=fonte,
    )


@dataclass(frozen=True, slots=True)
class _Preco:
    """A tariff with its taxes, and how a line's formula says it."""

    tarifa_brl_por_kwh: Decimal
    divisor: Decimal
    preco_brl_por_kwh: Decimal
    conta: str


@lembrar_por_identidade
def _formar_preco(tributacao: Tributacao, tarifa_brl_por_mwh: Decimal, com_icms: bool) -> _Preco:
    divisor = tributacao.divisor if com_icms else tributacao.divisor_sem_icms
    divisor_texto = tributacao.divisor_texto if com_icms else tributacao.divisor_sem_icms_texto
    tarifa = tarifa_por_kwh(tarifa_brl_por_mwh)
    preco = calcular_preco(tarifa, divisor, tributacao.arredondamento)
    conta = f"R$ {numero_br(tarifa)} ÷ {divisor_texto}"
    if tributacao.arredondamento == Arredondamento.TRUNCAR:
        conta = f"R$ {numero_br(preco)} (= {conta}, truncado)"
    return _Preco(tarifa, divisor, preco, conta)


def somar_linhas(linhas: Iterable[Linha]) -> Totais:
    """The totals of the lines, exact sums of their rounded values."""
    icms = pis = cofins = cip = creditos = energia = bandeira = lancamentos = ZERO_BRL
    for linha in linhas:
        valor = linha.valor
        icms += linha.icms
        pis += linha.pis
        cofins += linha.cofins
        if linha.codigo == CodigoLinha.CIP:
            cip += valor
        elif linha.codigo == CodigoLinha.BANDEIRA:
            bandeira += valor
        elif linha.codigo == CodigoLinha.LANCAMENTO:
            lancamentos += valor
        else:
            energia += valor
            if linha.codigo in CREDITOS:
                creditos += valor
    return Totais(icms, pis, cofins, cip, creditos, energia, bandeira, lancamentos)
