"""What other systems need: webhooks."""

from integracao.models.webhook import Assinatura, Aviso, HostPermitido

__all__ = ["Assinatura", "Aviso", "HostPermitido"]
