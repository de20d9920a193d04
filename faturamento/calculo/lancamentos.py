"""One-off charges and credits: lines of their own, after the CIP, outside every tax base."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from comum.dinheiro import CENTAVO
from faturamento.calculo.formatos import brl
from faturamento.calculo.linhas import CodigoLinha, Linha
from faturamento.calculo.tipos import Lancamento
from faturamento.calculo.tributos import ZERO_BRL

FONTE = "lançamento da distribuidora"


@dataclass(frozen=True, slots=True)
class LancamentoAplicado:
    """What of one entry a bill takes; `resto` is the credit left for the next, 0 or negative."""

    lancamento: Lancamento
    usado: Decimal

    @property
    def resto(self) -> Decimal:
        return self.lancamento.valor - self.usado


def aplicar_lancamentos(
    lancamentos: Iterable[Lancamento], *, fornecimento_brl: Decimal
) -> list[LancamentoAplicado]:
    """Charges whole, then credits, the oldest first, until the bill is zero; never below.

    Age is the `referencia`. The order in which they come changes nothing.

    >>> lancamentos = [Lancamento("crédito", Decimal(-100)), Lancamento("serviço", Decimal(20))]
    >>> partes = aplicar_lancamentos(lancamentos, fornecimento_brl=Decimal(50))
    >>> [(parte.usado, parte.resto) for parte in partes]
    [(Decimal('20'), Decimal('0')), (Decimal('-70'), Decimal('-30'))]
    """
    aplicados = []
    aberto = max(fornecimento_brl, ZERO_BRL)
    for lancamento in sorted(lancamentos, key=_ordem):
        usado = max(lancamento.valor, -aberto)
        aberto += usado
        aplicados.append(LancamentoAplicado(lancamento, usado))
    return aplicados


def _ordem(lancamento: Lancamento) -> tuple[bool, int, str, Decimal]:
    return (
        lancamento.valor < 0,
        lancamento.referencia,
        lancamento.descricao,
        lancamento.valor,
    )


def cobrar_lancamentos(
    lancamentos: Iterable[Lancamento], *, fornecimento_brl: Decimal
) -> list[Linha]:
    """The lines of what the bill takes; a credit that finds nothing to pay has none."""
    return [
        _linha(aplicado)
        for aplicado in aplicar_lancamentos(lancamentos, fornecimento_brl=fornecimento_brl)
        if aplicado.usado
    ]


def _linha(aplicado: LancamentoAplicado) -> Linha:
    lancamento, valor = aplicado.lancamento, aplicado.usado.quantize(CENTAVO)
    conta = f"valor do lançamento = {brl(valor)}"
    if aplicado.resto:
        conta = f"parte do crédito de {brl(-lancamento.valor)} que zera a fatura = {brl(valor)}"
    return Linha(
        codigo=CodigoLinha.LANCAMENTO,
        descricao=lancamento.descricao,
        posto=None,
        de=None,
        ate=None,
        origem_credito=None,
        quantidade_kwh=None,
        tarifa_brl_por_kwh=None,
        preco_brl_por_kwh=None,
        valor=valor,
        base_icms=ZERO_BRL,
        icms=ZERO_BRL,
        base_pis_cofins=ZERO_BRL,
        pis=ZERO_BRL,
        cofins=ZERO_BRL,
        regra="lancamentos.cobrar_lancamentos",
        formula=conta,
        fonte=FONTE,
    )
