"""Reading a frozen demonstrativo with tolerance: an older or a partial one says what it has."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from comum.django_base.exibicao import VAZIO, numero
from comum.periodos import FUSO
from comum.vocabulario import Classe, Ligacao, Modalidade, Subclasse, Subgrupo, Vocabulo


def descrever_unidade(unidade: dict[str, Any]) -> str:
    classe, subclasse = unidade.get("classe"), unidade.get("subclasse")
    partes = [
        unidade.get("subgrupo") or "",
        ler_rotulo(Modalidade, unidade.get("modalidade")),
        ler_rotulo(Classe, classe),
        ler_rotulo(Subclasse, subclasse) if subclasse != classe else "",
        ler_rotulo(Ligacao, unidade.get("ligacao")),
        unidade.get("uf") or "",
    ]
    return ", ".join(parte for parte in partes if parte) or VAZIO


def escrever_preco(texto: Any) -> str:
    """A price with the places that it needs, at least 2."""
    valor = ler_decimal(texto)
    if valor is None:
        return VAZIO
    expoente = valor.normalize().as_tuple().exponent
    return numero(valor, max(2, -expoente if isinstance(expoente, int) else 2))


def escrever_percentual(valor: Any) -> str:
    fracao = ler_decimal(valor)
    return VAZIO if fracao is None else f"{numero((fracao * 100).normalize())} %"


def ler_rotulo(vocabulario: type[Vocabulo], codigo: Any) -> str:
    membro = vocabulario.__members__.get(str(codigo))
    if membro is None:
        return str(codigo or "")
    return membro.value if vocabulario is Subgrupo else membro.rotulo


def ler_decimal(texto: Any) -> Decimal | None:
    try:
        return None if texto is None else Decimal(str(texto))
    except InvalidOperation:
        return None


def ler_dia(texto: Any) -> date | None:
    try:
        return date.fromisoformat(str(texto))
    except ValueError:
        return None


def ler_instante(texto: Any) -> datetime | None:
    try:
        lido = datetime.fromisoformat(str(texto))
    except ValueError:
        return None
    return lido if lido.tzinfo else lido.replace(tzinfo=FUSO)
