"""Events are only ever added; the old ones alone may go, by `limpar_auditoria`."""

from auditoria.models import EventoAuditoria
from comum.django_base.gatilhos import Gatilho, declarar

ANOS_DE_GUARDA = 5

_RECENTE = {
    "sqlite": f"OLD.instante > datetime('now', '-{ANOS_DE_GUARDA} years')",
    "postgresql": f"OLD.instante > now() - interval '{ANOS_DE_GUARDA} years'",
}


def _deste_app(vendor: str) -> tuple[Gatilho, ...]:
    return (
        Gatilho(
            "evento_de_auditoria_nao_muda",
            EventoAuditoria,
            ("UPDATE",),
            "1 = 1",
            "AUDITORIA_IMUTAVEL",
            "O evento de auditoria não muda.",
        ),
        Gatilho(
            "evento_de_auditoria_nao_some",
            EventoAuditoria,
            ("DELETE",),
            _RECENTE[vendor],
            "AUDITORIA_IMUTAVEL",
            f"O evento de auditoria não se apaga antes de {ANOS_DE_GUARDA} anos.",
        ),
    )


declarar(_deste_app)
