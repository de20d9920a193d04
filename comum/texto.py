"""Text as people type it."""

import unicodedata


def sem_acentos(texto: str) -> str:
    """Lower case, no accents, single spaces: what searches compare.

    >>> sem_acentos("  José  da CONCEIÇÃO ")
    'jose da conceicao'
    """
    decomposto = unicodedata.normalize("NFKD", texto)
    simples = "".join(letra for letra in decomposto if not unicodedata.combining(letra))
    return " ".join(simples.casefold().split())


def limpar_colado(texto: str) -> str:
    """Text pasted from pages and spreadsheets: no invisible marks, single plain spaces.

    >>> limpar_colado("\ufeff 529.982.247-25\u00a0\u200b")
    '529.982.247-25'
    """
    return " ".join("".join(c for c in texto if unicodedata.category(c) != "Cf").split())
