"""The one family of errors that a person is meant to read."""


class DominioError(Exception):
    """A rule of the domain refused the request.

    `str(erro)` is a Portuguese sentence for the operator: what happened, the
    value, the way out. `codigo` is stable and UPPER_SNAKE; edges show both.
    A programming mistake is a `ValueError`, never this.
    """

    codigo = "REGRA_DO_DOMINIO"

    def __init__(self, mensagem: str, *, codigo: str | None = None) -> None:
        super().__init__(mensagem)
        if codigo is not None:
            self.codigo = codigo


class NaoEncontradoError(DominioError):
    """What the request names does not exist."""

    codigo = "NAO_ENCONTRADO"


class DadoInvalidoError(DominioError):
    """A value that cannot be used; `campo` says which one."""

    codigo = "DADO_INVALIDO"

    def __init__(self, mensagem: str, *, campo: str, codigo: str | None = None) -> None:
        super().__init__(mensagem, codigo=codigo)
        self.campo = campo


class ArquivoIlegivelError(DominioError):
    """The file as a whole cannot be used: missing, no header, not text, empty."""

    codigo = "ARQUIVO_ILEGIVEL"
