"""What one person asks for and another one decides: changes of dated tables, runs undone."""

from django.conf import settings
from django.db import models

from comum.django_base.modelos import TextoField, constraint_de_escolha


class PedidoDeAprovacao(models.Model):
    """A change that waits for a second person; the row it is about is untouched until then.

    `linhas` holds one entry for each row: `{"id", "antes", "depois"}`, the
    values by field as text. `antes` is null where the row is to be made,
    `depois` where it is to be deleted. A run to be undone is one entry.

    Nobody decides what they asked for, and a decision is never taken back: the
    constraints below and the triggers of `faturamento/gatilhos.py` say so.
    """

    class Tipo(models.TextChoices):
        INCLUSAO = "INCLUSAO", "Inclusão"
        ALTERACAO = "ALTERACAO", "Alteração"
        EXCLUSAO = "EXCLUSAO", "Exclusão"
        IMPORTACAO = "IMPORTACAO", "Importação"
        DESFAZIMENTO = "DESFAZIMENTO", "Desfazimento"

    class Situacao(models.TextChoices):
        PENDENTE = "PENDENTE", "Pendente"
        APROVADO = "APROVADO", "Aprovado"
        RECUSADO = "RECUSADO", "Recusado"

    tipo = TextoField("tipo", max_length=12, choices=Tipo)
    modelo = TextoField("tipo do registro", max_length=60, help_text="Por exemplo tarifa.")
    objeto_id = models.BigIntegerField("número do registro", null=True, blank=True)
    resumo = TextoField("pedido", max_length=300)
    linhas = models.JSONField("antes e depois")
    pedido_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="pedido por",
    )
    pedido_em = models.DateTimeField("pedido em")
    situacao = TextoField(
        "situação", max_length=8, choices=Situacao, default=Situacao.PENDENTE, db_index=True
    )
    decidido_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="decidido por",
    )
    decidido_em = models.DateTimeField("decidido em", null=True, blank=True)
    motivo = TextoField("motivo da decisão", max_length=300, blank=True)

    # What a decision writes; the rest never changes.
    COLUNAS_DA_DECISAO = ("situacao", "decidido_por", "decidido_em", "motivo")

    class Meta:
        verbose_name = "pedido de aprovação"
        verbose_name_plural = "pedidos de aprovação"
        # Pedidos are made by the acts that need them, each by its own permission.
        default_permissions = ("view",)
        permissions = [
            ("aprovar_pedidodeaprovacao", "Pode aprovar ou recusar o que outra pessoa pediu"),
        ]
        constraints = [
            constraint_de_escolha(
                "tipo",
                ["INCLUSAO", "ALTERACAO", "EXCLUSAO", "IMPORTACAO", "DESFAZIMENTO"],
                "pedido_tipo_conhecido",
            ),
            constraint_de_escolha(
                "situacao", ["PENDENTE", "APROVADO", "RECUSADO"], "pedido_situacao_conhecida"
            ),
            models.CheckConstraint(
                condition=models.Q(decidido_por__isnull=True)
                | ~models.Q(decidido_por=models.F("pedido_por")),
                name="pedido_decidido_por_outra_pessoa",
                violation_error_message="Quem pede não decide: outra pessoa precisa aprovar.",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    situacao="PENDENTE", decidido_por__isnull=True, decidido_em__isnull=True
                )
                | models.Q(
                    ~models.Q(situacao="PENDENTE"),
                    decidido_por__isnull=False,
                    decidido_em__isnull=False,
                ),
                name="pedido_decidido_tem_quem_e_quando",
                violation_error_message="Uma decisão tem quem decidiu e quando.",
            ),
            models.CheckConstraint(
                condition=~models.Q(situacao="RECUSADO") | ~models.Q(motivo=""),
                name="pedido_recusado_tem_motivo",
                violation_error_message="Informe o motivo da recusa.",
            ),
            models.UniqueConstraint(
                fields=["modelo", "objeto_id"],
                condition=models.Q(situacao="PENDENTE", objeto_id__isnull=False),
                name="pedido_pendente_unico_por_registro",
                violation_error_message="Este registro já tem um pedido à espera de decisão.",
            ),
        ]

    def __str__(self) -> str:
        return f"pedido {self.pk}"

    @property
    def pendente(self) -> bool:
        return self.situacao == self.Situacao.PENDENTE
