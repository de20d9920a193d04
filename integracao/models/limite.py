"""How many requests each user has made in the current minute, over all workers."""

from django.conf import settings
from django.db import models


class ConsumoDePedidos(models.Model):
    """One row a user, for the minute it last asked in; the next minute takes its place."""

    usuario = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        verbose_name="usuário",
        related_name="+",
    )
    minuto = models.BigIntegerField("minuto, desde 1970")
    pedidos = models.PositiveIntegerField("pedidos no minuto")

    class Meta:
        verbose_name = "consumo de pedidos"
        verbose_name_plural = "consumos de pedidos"

    def __str__(self) -> str:
        return f"{self.usuario_id}: {self.pedidos}"
