"""Payments. One row a fact; a reversal is a row of its own."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import (
    DinheiroField,
    TextoField,
    constraint_de_escolha,
    hoje,
)


class Pagamento(models.Model):
    """One credit to an invoice, or its reversal (`estorna`), which takes it back."""

    class Origem(models.TextChoices):
        MANUAL = "MANUAL", "manual"
        API = "API", "API"
        BANCO = "BANCO", "arquivo do banco"

    fatura = models.ForeignKey(
        "faturamento.Fatura",
        on_delete=models.PROTECT,
        related_name="pagamentos",
        verbose_name="fatura",
        db_index=False,  # the index with the value serves
    )
    identificador = TextoField(
        "identificador",
        max_length=120,
        unique=True,
        help_text="O que distingue este pagamento de qualquer outro; não se repete.",
        error_messages={"unique": "Este pagamento já foi registrado."},
    )
    valor = DinheiroField("valor (R$)", help_text="Negativo no estorno.")
    data_pagamento = models.DateField("data do pagamento", default=hoje)
    origem = TextoField("origem", max_length=10, choices=Origem.choices, default=Origem.MANUAL)
    estorna = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="estorno",
        verbose_name="estorna",
    )
    registrado_em = models.DateTimeField("registrado em", editable=False)
    registrado_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="registrado por",
    )

    history = HistoricalRecords(verbose_name="histórico de pagamento")

    class Meta:
        verbose_name = "pagamento"
        verbose_name_plural = "pagamentos"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(estorna__isnull=True, valor__gt=0)
                | models.Q(estorna__isnull=False, valor__lt=0),
                name="pagamento_positivo_ou_estorno_negativo",
                violation_error_message="O pagamento é positivo; o estorno, negativo.",
            ),
            models.CheckConstraint(
                condition=~models.Q(identificador=""),
                name="pagamento_com_identificador",
                violation_error_message="O pagamento precisa de um identificador.",
            ),
            constraint_de_escolha(
                "origem", ["MANUAL", "API", "BANCO"], "pagamento_origem_conhecida"
            ),
        ]
        # What came in a month, or for an invoice, is added up from an index alone.
        indexes = [
            models.Index(fields=["data_pagamento", "valor"], name="pagamento_data_valor"),
            models.Index(fields=["fatura", "valor"], name="pagamento_fatura_valor"),
        ]

    def __str__(self) -> str:
        nome = "estorno" if self.estorna_id else "pagamento"
        return f"{nome} {self.identificador}"
