"""Errors of the calculation: each names the field that stops the bill."""

from comum.erros import DadoInvalidoError


class CasoInvalidoError(DadoInvalidoError):
    """The case cannot be calculated as it stands; nothing was computed.

    `campo` is the path of the bad field (`registros[0].atual`), `codigo` the
    stable reason, `str(erro)` the Portuguese sentence for the operator.
    """

    codigo = "CASO_INVALIDO"

    def __init__(self, campo: str, codigo: str, detail: str) -> None:
        super().__init__(detail, campo=campo, codigo=codigo)


class RegraAusenteError(CasoInvalidoError):
    """No rule is known for this combination: no number is better than a wrong one."""

    codigo = "REGRA_AUSENTE"

    def __init__(self, campo: str, detail: str) -> None:
        super().__init__(campo, self.codigo, detail)
