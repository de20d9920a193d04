"""Text as people type it."""

import unicodedata
from decimal import Decimal

from comum.dinheiro import numero_br


def sem_acentos(texto: str) -> str:
    """Lower case, no accents, single spaces: what searches compare.

    >>> sem_acentos("  José  da CONCEIÇÃO ")
    'jose da conceicao'
    """
    decomposto = unicodedata.normalize("NFKD", texto)
    simples = "".join(letra for letra in decomposto if not unicodedata.combining(letra))
    return " ".join(simples.casefold().split())


def com_numero(n: int, um: str, varios: str = "") -> str:
    """The count with its noun, in singular or plural; without `varios`, each word gets an s.

    >>> com_numero(1, "fatura emitida"), com_numero(2, "fatura emitida"), com_numero(0, "fatura")
    ('1 fatura emitida', '2 faturas emitidas', '0 faturas')
    >>> com_numero(1200, "mês", "meses")
    '1.200 meses'
    """
    quantos = numero_br(Decimal(n))
    if n == 1:
        return f"{quantos} {um}"
    return f"{quantos} {varios or ' '.join(f'{palavra}s' for palavra in um.split())}"


def limpar_colado(texto: str) -> str:
    """Text pasted from pages and spreadsheets: no invisible marks, single plain spaces.

    >>> limpar_colado("\ufeff 529.982.247-25\u00a0\u200b")
    '529.982.247-25'
    """
    return " ".join("".join(c for c in texto if unicodedata.category(c) != "Cf").split())
