"""The answer that an Idempotency-Key has got, kept for whoever sends it again."""

from django.conf import settings
from django.db import models

from comum.django_base.modelos import TextoField


class ChaveIdempotencia(models.Model):
    """One key of one user. It is written in the transaction of its effect, or not at all.

    `impressao` is the SHA-256 of method, path and body: the same key with
    another request is a mistake of the client.
    """

    usuario = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        verbose_name="usuário",
        related_name="+",
        db_index=False,  # the unique constraint begins with it
    )
    chave = TextoField("chave", max_length=255)
    impressao = TextoField("impressão do pedido", max_length=64)
    situacao_http = models.PositiveSmallIntegerField("código HTTP da resposta")
    corpo = models.TextField("corpo da resposta", blank=True)
    local = TextoField("endereço do que foi criado", max_length=300, blank=True)
    etag = TextoField("versão na resposta", max_length=40, blank=True)
    criada_em = models.DateTimeField("recebida em", db_index=True)

    class Meta:
        verbose_name = "chave de idempotência"
        verbose_name_plural = "chaves de idempotência"
        constraints = [
            models.UniqueConstraint(
                fields=["usuario", "chave"],
                name="chave_uma_por_usuario",
                violation_error_message="Esta chave de idempotência já foi usada.",
            ),
            models.CheckConstraint(
                condition=models.Q(situacao_http__gte=200, situacao_http__lt=300),
                name="chave_so_de_resposta_boa",
                violation_error_message="Só se guarda a resposta de um pedido que deu certo.",
            ),
        ]

    def __str__(self) -> str:
        return self.chave
