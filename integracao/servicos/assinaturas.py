"""What is done to a subscription beside editing it."""

from django.db import transaction

from comum.erros import NaoEncontradoError
from integracao.models import Assinatura
from integracao.models.webhook import novo_segredo


def trocar_segredo(assinatura_id: int) -> Assinatura:
    """Gives it another secret; what is sent from now on is signed with that.

    Raises:
        NaoEncontradoError: no such subscription.
    """
    with transaction.atomic():
        assinatura = Assinatura.objects.select_for_update().filter(pk=assinatura_id).first()
        if assinatura is None:
            raise NaoEncontradoError(f"Assinatura {assinatura_id} não encontrada.")
        assinatura.segredo = novo_segredo()
        assinatura.save()
    return assinatura
