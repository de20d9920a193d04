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
