"""What other systems lean on: keys of requests that are sent again, and how many each may send."""

from integracao.models.idempotencia import ChaveIdempotencia
from integracao.models.limite import ConsumoDePedidos

__all__ = ["ChaveIdempotencia", "ConsumoDePedidos"]
