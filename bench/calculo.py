"""How many bills a second does the core calculate, and what does an explained bill cost?

    python bench/calculo.py

Beside it, in turns, runs the bare arithmetic of the same bill: the same Decimal
operations, no checks, no lines, no formulas. The last line is the ratio.
"""

import cProfile
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from comum.periodos import Periodo
from comum.vocabulario import (
    Classe,
    CorBandeira,
    Ligacao,
    Modalidade,
    Posto,
    Registrador,
    Subclasse,
    Subgrupo,
)
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.documento import caso_para_json, demonstrativo_para_json
from faturamento.calculo.tipos import (
    BandeiraVigente,
    EntradaFatura,
    TarifaVigente,
    Tributos,
    Unidade,
)
from medidores.calculo.consumo import Registro

CONTAS = 3_000
VOLTAS = 7
CENTAVO = Decimal("0.01")


def entrada(kwh: int) -> EntradaFatura:
    """A B1 bill over two bandeiras: what most of them are."""
    return EntradaFatura(
        unidade=Unidade(
            subgrupo=Subgrupo.B1,
            modalidade=Modalidade.CONVENCIONAL,
            classe=Classe.RESIDENCIAL,
            subclasse=Subclasse.RESIDENCIAL,
            ligacao=Ligacao.MONOFASICA,
            uf="SP",
        ),
        periodo=Periodo(date(2025, 12, 5), date(2026, 1, 5)),
        registros=(Registro(Registrador.ATIVA_TOTAL, Decimal(1000), Decimal(1000 + kwh), 5),),
        tarifas=(
            TarifaVigente(Posto.UNICO, Decimal("472.42"), Decimal("316.96"), date(2024, 1, 1)),
        ),
        bandeiras=(
            BandeiraVigente(
                date(2025, 12, 1), date(2026, 1, 1), CorBandeira.AMARELA, Decimal("18.85")
            ),
            BandeiraVigente(date(2026, 1, 1), None, CorBandeira.VERDE, Decimal(0)),
        ),
        tributos=Tributos(icms=Decimal("0.18"), pis=Decimal("0.0079"), cofins=Decimal("0.0365")),
        cip_brl=Decimal("8.63"),
    )


def arredondar(valor: Decimal) -> Decimal:
    return valor.quantize(CENTAVO, ROUND_HALF_UP)


def aritmetica_nua(e: EntradaFatura) -> Decimal:
    """The same bill as arithmetic alone; must give the same total."""
    kwh = (e.registros[0].atual - e.registros[0].anterior) * e.registros[0].constante
    icms, pis, cofins = e.tributos.icms, e.tributos.pis, e.tributos.cofins
    assert icms is not None
    divisor = (1 - icms) * (1 - pis - cofins)
    kwh_amarela = (kwh * 27 / 31).quantize(Decimal("0.001"))
    total = e.cip_brl
    for quantidade, tarifa in (
        (kwh, e.tarifas[0].tusd_brl_por_mwh),
        (kwh, e.tarifas[0].te_brl_por_mwh),
        (kwh_amarela, e.bandeiras[0].adicional_brl_por_mwh),
    ):
        valor = arredondar(quantidade * tarifa / 1000 / divisor)
        base = valor - arredondar(valor * icms)
        arredondar(base * pis)
        arredondar(base * cofins)
        total += valor
    return total


def medir(funcao: Callable[[EntradaFatura], object], entradas: list[EntradaFatura]) -> float:
    """Bills a second."""
    inicio = time.perf_counter()
    for e in entradas:
        funcao(e)
    return len(entradas) / (time.perf_counter() - inicio)


def main() -> None:
    entradas = [entrada(100 + n % 900) for n in range(CONTAS)]
    for e in entradas[::300]:
        assert calcular_demonstrativo(e).valor == aritmetica_nua(e), "os dois devem concordar"

    def com_documento(e: EntradaFatura) -> object:
        return caso_para_json(e), demonstrativo_para_json(calcular_demonstrativo(e))

    medidas: dict[str, list[float]] = {"nua": [], "nucleo": [], "com documento": []}
    for _ in range(VOLTAS):  # in turns: noise falls on all alike
        medidas["nua"].append(medir(aritmetica_nua, entradas))
        medidas["nucleo"].append(medir(calcular_demonstrativo, entradas))
        medidas["com documento"].append(medir(com_documento, entradas))
    nua, nucleo, documento = (statistics.median(medidas[nome]) for nome in medidas)

    perfil = cProfile.Profile()
    perfil.runcall(medir, calcular_demonstrativo, entradas)
    pstats.Stats(perfil).sort_stats("tottime").print_stats(12)

    print(f"aritmética nua            {nua:10.0f} contas/s")
    print(f"núcleo                    {nucleo:10.0f} contas/s")
    print(f"núcleo + demonstrativo    {documento:10.0f} contas/s")
    print(f"razão núcleo / aritmética nua: {nucleo / nua:.2f}")


if __name__ == "__main__":
    main()
