"""CPF and CNPJ, numeric and alphanumeric: one stored form, one masked form."""

import re

from validate_docbr import CNPJ, CPF

from comum.erros import DadoInvalidoError

_CPF = CPF()
_CNPJ = CNPJ()


def normalizar_documento(texto: str) -> str:
    """Returns the bare, upper-case CPF (11) or CNPJ (14 characters).

    Masks, spaces and lower-case letters are accepted.

    Raises:
        DadoInvalidoError: wrong length, stray characters or wrong check digits.

    >>> normalizar_documento(" 529.982.247-25 ")
    '52998224725'
    >>> normalizar_documento("12.abc.345/01de-35")
    '12ABC34501DE35'
    """
    limpo = re.sub(r"[\s./-]", "", texto).upper()
    if re.fullmatch(r"[0-9]{11}", limpo) and _CPF.validate(limpo):
        return limpo
    if re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", limpo) and _CNPJ.validate(limpo):
        return limpo
    raise DadoInvalidoError(
        f"CPF ou CNPJ inválido: {texto[:40]!r}. Confira os dígitos; "
        "o CPF tem 11 números e o CNPJ 14 caracteres.",
        campo="documento",
        codigo="DOCUMENTO_INVALIDO",
    )


def formatar_documento(documento: str) -> str:
    """The document with its mask, as printed.

    >>> formatar_documento("52998224725")
    '529.982.247-25'
    >>> formatar_documento("12ABC34501DE35")
    '12.ABC.345/01DE-35'
    """
    return (_CPF if len(documento) == 11 else _CNPJ).mask(documento) if documento else ""


_MASCARADO = re.compile(
    r"\*{3}\.[0-9]{3}\.[0-9]{3}-\*{2}|\*{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-\*{2}", re.ASCII
)


def mascarar_documento(documento: str) -> str:
    """The document as it is shown to who may not see it whole.

    >>> mascarar_documento("52998224725")
    '***.982.247-**'
    >>> mascarar_documento("12ABC34501DE35")
    '**.ABC.345/01DE-**'
    """
    formatado = formatar_documento(documento)
    if not formatado:
        return ""
    escondidos = 3 if len(documento) == 11 else 2
    return "*" * escondidos + formatado[escondidos:-2] + "**"


def e_mascarado(texto: str) -> bool:
    """Whether this is what `mascarar_documento` writes.

    >>> e_mascarado("***.982.247-**"), e_mascarado("529.982.247-25"), e_mascarado("***")
    (True, False, False)
    """
    return _MASCARADO.fullmatch(texto) is not None
