"""Demo data: invented customers with a history billed by the real services."""

from faturamento.servicos.demonstracao.carga import (
    BancoEmUsoError,
    DemonstracaoImpossivelError,
    ResumoDemonstracao,
    banco_vazio,
    carregar_demonstracao,
)

__all__ = [
    "BancoEmUsoError",
    "DemonstracaoImpossivelError",
    "ResumoDemonstracao",
    "banco_vazio",
    "carregar_demonstracao",
]
