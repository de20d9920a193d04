"""Two demonstrativos side by side, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ZERO_BRL = Decimal("0.00")
ZERO_KWH = Decimal("0.000")
TOTAIS = ("icms", "pis", "cofins")

Documento = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LinhaDaDiferenca:
    """One kind of line before and after; quantities in kWh, None where it has none."""

    codigo: str
    descricao: str
    quantidade_antes: Decimal | None
    quantidade_depois: Decimal | None
    valor_antes: Decimal
    valor_depois: Decimal

    @property
    def diferenca(self) -> Decimal:
        return self.valor_depois - self.valor_antes


@dataclass(frozen=True, slots=True)
class Diferenca:
    """All the lines, in the order of the bills, then the total and the taxes inside it."""

    linhas: tuple[LinhaDaDiferenca, ...]
    total: LinhaDaDiferenca
    tributos: tuple[LinhaDaDiferenca, ...]


def comparar_demonstrativos(antes: Documento, depois: Documento) -> Diferenca:
    """What changes from one document to the other; sub-periods of a line are added up.

    The lines' differences add up to that of the total, exactly.
    """
    velhas, novas = _por_linha(antes), _por_linha(depois)
    linhas = []
    for chave in dict.fromkeys([*velhas, *novas]):
        codigo, descricao, _ = chave
        kwh_antes, valor_antes = velhas.get(chave, (None, ZERO_BRL))
        kwh_depois, valor_depois = novas.get(chave, (None, ZERO_BRL))
        linhas.append(
            LinhaDaDiferenca(codigo, descricao, kwh_antes, kwh_depois, valor_antes, valor_depois)
        )
    total = LinhaDaDiferenca(
        "TOTAL",
        "Total da fatura",
        _decimal(antes.get("consumo_faturado_kwh")),
        _decimal(depois.get("consumo_faturado_kwh")),
        _decimal(antes.get("valor")) or ZERO_BRL,
        _decimal(depois.get("valor")) or ZERO_BRL,
    )
    tributos = tuple(
        LinhaDaDiferenca(
            nome.upper(), nome.upper(), None, None, _tributo(antes, nome), _tributo(depois, nome)
        )
        for nome in TOTAIS
    )
    return Diferenca(tuple(linhas), total, tributos)


def _por_linha(
    documento: Documento,
) -> dict[tuple[str, str, str | None], tuple[Decimal | None, Decimal]]:
    somas: dict[tuple[str, str, str | None], tuple[Decimal | None, Decimal]] = {}
    for linha in documento.get("linhas") or ():
        chave = (linha["codigo"], linha["descricao"], linha.get("posto"))
        kwh, valor = somas.get(chave, (None, ZERO_BRL))
        quantidade = _decimal(linha.get("quantidade_kwh"))
        if quantidade is not None:
            kwh = (kwh or ZERO_KWH) + quantidade
        somas[chave] = (kwh, valor + Decimal(linha["valor"]))
    return somas


def _tributo(documento: Documento, nome: str) -> Decimal:
    return _decimal((documento.get("totais") or {}).get(nome)) or ZERO_BRL


def _decimal(texto: Any) -> Decimal | None:
    return None if texto is None else Decimal(str(texto))
