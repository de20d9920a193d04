"""What other systems need: webhooks, requests that may be sent again, and their limits."""

from integracao.models.idempotencia import ChaveIdempotencia
from integracao.models.limite import ConsumoDePedidos
from integracao.models.webhook import Assinatura, Aviso, HostPermitido

__all__ = ["Assinatura", "Aviso", "ChaveIdempotencia", "ConsumoDePedidos", "HostPermitido"]
