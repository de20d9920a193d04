"""How many requests each user has made in the current minute, over all workers."""

from django.db import models


class ConsumoDePedidos(models.Model):
    """One row a user, for the minute it last asked in; the next minute takes its place.

    No foreign key: a count must neither keep its user nor cost the check.
    """

    usuario_id = models.BigIntegerField("usuário", primary_key=True)
    minuto = models.BigIntegerField("minuto, desde 1970")
    pedidos = models.PositiveIntegerField("pedidos no minuto")

    class Meta:
        verbose_name = "consumo de pedidos"
        verbose_name_plural = "consumos de pedidos"

    def __str__(self) -> str:
        return f"{self.usuario_id}: {self.pedidos}"
