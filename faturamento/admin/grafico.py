"""Charts of monthly consumption: of a register up to a held reading, and of what was billed."""

from collections.abc import Sequence
from decimal import Decimal

from comum.django_base.exibicao import brl, kwh
from comum.django_base.graficos import Grafico, Ponto, desenhar_barras
from comum.periodos import dia_civil
from comum.texto import com_numero
from faturamento.servicos.consumo import ConsumoDoMes as ConsumoFaturado
from medidores.models import Leitura
from medidores.servicos.serie import ConsumoDoMes

TITULO = "Consumo mês a mês"


def montar_grafico(
    meses: list[ConsumoDoMes], leitura: Leitura, passo_kwh: Decimal | None
) -> Grafico:
    """The months before a held reading, and that reading as it came beside them."""
    conhecidos = [m.consumo_kwh for m in meses if m.consumo_kwh is not None]
    pontos = [Ponto(f"{m.mes:%m/%y}", m.consumo_kwh, _nota(m)) for m in meses]
    dia = dia_civil(leitura.data_leitura)
    pontos.append(Ponto(f"{dia:%m/%y}", passo_kwh, "esta leitura", "duvida"))
    desta = f"esta leitura, como veio: {kwh(passo_kwh)}" if passo_kwh is not None else ""
    return _desenhar(pontos, [*_resumo(conhecidos), desta])


def montar_grafico_faturado(
    meses: Sequence[ConsumoFaturado], *, nome: str = "consumo", destaque: int | None = None
) -> Grafico | None:
    """Months of bills, that of the invoice `destaque` in another colour; None without any."""
    conhecidos = [m.consumo_kwh for m in meses if m.consumo_kwh is not None]
    if not conhecidos:
        return None
    pontos = [
        Ponto(
            f"{m.mes:%m/%y}",
            m.consumo_kwh,
            _nota_faturada(m),
            "esta" if destaque in m.fatura_ids else "estimado" if m.estimado else "",
        )
        for m in meses
    ]
    return _desenhar(pontos, _resumo(conhecidos), nome, "Fatura")


def _desenhar(
    pontos: list[Ponto], resumo: list[str], nome: str = "consumo", coluna: str = "Leitura"
) -> Grafico:
    return desenhar_barras(
        pontos,
        nome=nome,
        titulo=TITULO,
        unidade="kWh",
        resumo="; ".join(filter(None, resumo)),
        coluna_da_nota=coluna,
    )


def _resumo(conhecidos: list[Decimal]) -> list[str]:
    if not conhecidos:
        return ["0 meses conhecidos"]
    media = (sum(conhecidos, Decimal(0)) / len(conhecidos)).quantize(Decimal("0.001"))
    quantos = com_numero(len(conhecidos), "mês conhecido", "meses conhecidos")
    return [quantos, f"média de {kwh(media)}"]


def _nota(do_mes: ConsumoDoMes) -> str:
    if do_mes.consumo_kwh is None:
        return "sem leitura"
    return f"{do_mes.dias} dias" + (", estimado" if do_mes.estimado else "")


def _nota_faturada(do_mes: ConsumoFaturado) -> str:
    if do_mes.consumo_kwh is None:
        return "sem fatura"
    return f"{do_mes.dias} dias, {brl(do_mes.valor)}" + (", estimado" if do_mes.estimado else "")
