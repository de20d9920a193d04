"""Strict readers of one JSON value: each returns it typed or names what is wrong.

`campo` is the value's path in the document (`registros[0].atual`), empty for
the document itself. Numbers come as decimal strings or as JSON numbers read
exactly (int or Decimal, never float).
"""

import re
from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal
from typing import NoReturn, TypeVar

from comum.vocabulario import Vocabulo
from faturamento.calculo.erros import CasoInvalidoError

ITENS_MAXIMOS = 1000
ANOS = range(1900, 2201)

T = TypeVar("T")
V = TypeVar("V", bound=Vocabulo)
Leitor = Callable[[object, str], T]


def recusar(campo: str, codigo: str, detail: str) -> NoReturn:
    """Raises the error of one field."""
    raise CasoInvalidoError(campo, codigo, detail)


def _mostrar(dado: object) -> str:
    """The value as it may stand in a message: short, one line, plain characters."""
    texto = ascii(dado) if isinstance(dado, str | int | Decimal) else type(dado).__name__
    return texto if len(texto) <= 42 else f"{texto[:40]}…"


def ler_objeto(
    dado: object, campo: str, *, obrigatorias: Collection[str], opcionais: Collection[str] = ()
) -> dict[str, object]:
    """An object with all of `obrigatorias`, none of them null, and no unknown key."""
    if not isinstance(dado, dict):
        recusar(campo, "TIPO_INVALIDO", f"Esperado um objeto; veio {_mostrar(dado)}.")
    prefixo = f"{campo}." if campo else ""
    for chave in dado:
        if chave not in obrigatorias and chave not in opcionais:
            nome = ascii(chave)[1:41].rstrip("'")
            recusar(
                f"{prefixo}{nome}",
                "CAMPO_DESCONHECIDO",
                f"Campo desconhecido: {nome}. Conhecidos: "
                f"{', '.join([*obrigatorias, *opcionais])}.",
            )
    for chave in obrigatorias:
        if dado.get(chave) is None:
            recusar(f"{prefixo}{chave}", "CAMPO_AUSENTE", f"Falta o campo {chave}. Informe-o.")
    return dado


def ler_lista(dado: object, campo: str, leitor: Leitor[T]) -> tuple[T, ...]:
    """A list, each item read by `leitor`."""
    if not isinstance(dado, list | tuple):
        recusar(campo, "TIPO_INVALIDO", f"Esperada uma lista; veio {_mostrar(dado)}.")
    if len(dado) > ITENS_MAXIMOS:
        recusar(campo, "LISTA_LONGA", f"A lista tem {len(dado)} itens; o máximo é {ITENS_MAXIMOS}.")
    return tuple(leitor(item, f"{campo}[{indice}]") for indice, item in enumerate(dado))


def ler_decimal(
    dado: object, campo: str, *, inteiros: int = 9, casas: int = 9, negativo: bool = False
) -> Decimal:
    """A number, exact, with at most so many digits on each side; below zero by leave only.

    >>> ler_decimal("0.18", "tributos.icms")
    Decimal('0.18')
    >>> ler_decimal("1_000", "cip_brl")
    Traceback (most recent call last):
    faturamento.calculo.erros.CasoInvalidoError: Número inválido: '1_000'. Use dígitos e ponto \
decimal, por exemplo 1234.56.
    """
    if isinstance(dado, bool) or not isinstance(dado, str | int | Decimal):
        recusar(campo, "TIPO_INVALIDO", f"Esperado um número decimal; veio {_mostrar(dado)}.")
    if isinstance(dado, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", dado[:100]):
        recusar(
            campo,
            "NUMERO_INVALIDO",
            f"Número inválido: {_mostrar(dado)}. Use dígitos e ponto decimal, por exemplo 1234.56.",
        )
    if (isinstance(dado, str) and len(dado) > 30) or (isinstance(dado, int) and abs(dado) > 10**30):
        recusar(campo, "NUMERO_FORA_DO_LIMITE", "O número tem dígitos demais. Confira-o.")
    valor = Decimal(dado)
    if not valor.is_finite():
        recusar(campo, "NUMERO_INVALIDO", f"Número inválido: {_mostrar(dado)}.")
    if valor < 0 and not negativo:
        recusar(campo, "VALOR_NEGATIVO", f"O valor não pode ser negativo; veio {_mostrar(dado)}.")
    if not valor:
        return Decimal(0)
    if valor.adjusted() >= inteiros or not _cabe_em(valor, casas):
        recusar(
            campo,
            "NUMERO_FORA_DO_LIMITE",
            f"O número deve ter até {inteiros} dígitos inteiros e {casas} decimais; "
            f"veio {_mostrar(dado)}.",
        )
    return valor


def _cabe_em(valor: Decimal, casas: int) -> bool:
    _, digitos, expoente = valor.as_tuple()
    ociosos = 0
    for digito in reversed(digitos):
        if digito:
            break
        ociosos += 1
    return isinstance(expoente, int) and -expoente - ociosos <= casas


def ler_texto(dado: object, campo: str, *, maximo: int) -> str:
    """A text that is not blank, in one line, without control characters."""
    if not isinstance(dado, str):
        recusar(campo, "TIPO_INVALIDO", f"Esperado um texto; veio {_mostrar(dado)}.")
    if not dado.strip() or len(dado) > maximo or not dado.isprintable():
        recusar(
            campo,
            "TEXTO_INVALIDO",
            f"O texto deve ter de 1 a {maximo} caracteres, em uma linha; veio {_mostrar(dado)}.",
        )
    return dado


def ler_inteiro(dado: object, campo: str, *, minimo: int, maximo: int) -> int:
    """A whole number from `minimo` to `maximo`."""
    valor = ler_decimal(dado, campo)
    if valor != valor.to_integral_value() or not minimo <= valor <= maximo:
        recusar(
            campo,
            "VALOR_FORA_DO_LIMITE",
            f"Esperado um inteiro de {minimo} a {maximo}; veio {_mostrar(dado)}.",
        )
    return int(valor)


def ler_booleano(dado: object, campo: str) -> bool:
    """true or false, nothing else."""
    if not isinstance(dado, bool):
        recusar(campo, "TIPO_INVALIDO", f"Esperado true ou false; veio {_mostrar(dado)}.")
    return dado


def ler_codigo(dado: object, campo: str, vocabulario: type[V]) -> V:
    """A member of a closed vocabulary, by its code."""
    if not isinstance(dado, str):
        recusar(campo, "TIPO_INVALIDO", f"Esperado um código; veio {_mostrar(dado)}.")
    membro = vocabulario.__members__.get(dado)
    if membro is None:
        recusar(
            campo,
            "CODIGO_DESCONHECIDO",
            f"Código desconhecido: {_mostrar(dado)}. Use um de: {', '.join(vocabulario)}.",
        )
    return membro


def ler_data(dado: object, campo: str) -> date:
    """A civil day, AAAA-MM-DD."""
    if not isinstance(dado, str):
        recusar(campo, "TIPO_INVALIDO", f"Esperada uma data AAAA-MM-DD; veio {_mostrar(dado)}.")
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", dado) and int(dado[:4]) in ANOS:
            return date.fromisoformat(dado)
    except ValueError:
        pass
    recusar(campo, "DATA_INVALIDA", f"Data inválida: {_mostrar(dado)}. Use AAAA-MM-DD.")


def ler_mes(dado: object, campo: str) -> date:
    """A month, AAAA-MM; returns its first day."""
    if not isinstance(dado, str):
        recusar(campo, "TIPO_INVALIDO", f"Esperado um mês AAAA-MM; veio {_mostrar(dado)}.")
    if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", dado) and int(dado[:4]) in ANOS:
        return date.fromisoformat(f"{dado}-01")
    recusar(campo, "DATA_INVALIDA", f"Mês inválido: {_mostrar(dado)}. Use AAAA-MM.")
