"""One-off charges and credits that wait for the next bill."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from comum.dinheiro import numero_br
from comum.django_base.modelos import DinheiroField, TextoField
from faturamento.querysets import LancamentoQuerySet


class LancamentoAvulso(models.Model):
    """One line of a coming bill: a service, a credit (negative), one instalment.

    `fatura` is the issued invoice that took it; while it is set and not
    cancelled, the row is frozen (`faturamento/gatilhos.py`). A credit larger
    than its bill is split: what was used stays here, the rest is a new row
    with `saldo_de`.
    """

    unidade = models.ForeignKey(
        "medidores.UnidadeConsumidora",
        on_delete=models.PROTECT,
        related_name="lancamentos",
        verbose_name="unidade consumidora",
    )
    cliente = models.ForeignKey(
        "clientes.Cliente",
        on_delete=models.PROTECT,
        related_name="lancamentos",
        verbose_name="cliente",
        help_text="Entra na próxima fatura deste cliente na unidade.",
    )
    descricao = TextoField(
        "descrição", max_length=120, help_text="Como sai na fatura: Religação, Crédito de…"
    )
    valor = DinheiroField("valor (R$)", help_text="Negativo no crédito.")
    a_partir_de = models.DateField("a partir de", help_text="Primeiro dia do mês de referência.")
    parcela = models.PositiveSmallIntegerField("parcela", default=1)
    parcelas = models.PositiveSmallIntegerField("de", default=1)
    motivo = TextoField("motivo", max_length=300, help_text="Por que se lança; não sai na fatura.")
    fatura = models.ForeignKey(
        "faturamento.Fatura",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="lancamentos",
        verbose_name="faturado na",
    )
    saldo_de = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        related_name="saldos",
        verbose_name="saldo de",
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

    history = HistoricalRecords(verbose_name="histórico de lançamento")
    objects = LancamentoQuerySet.as_manager()

    class Meta:
        verbose_name = "lançamento avulso"
        verbose_name_plural = "lançamentos avulsos"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(valor=0),
                name="lancamento_com_valor",
                violation_error_message="O lançamento precisa de um valor diferente de zero.",
            ),
            models.CheckConstraint(
                condition=models.Q(parcela__gte=1, parcela__lte=models.F("parcelas")),
                name="lancamento_parcela_de_1_a_n",
                violation_error_message="A parcela vai de 1 até o número de parcelas.",
            ),
            models.CheckConstraint(
                condition=models.Q(a_partir_de__day=1),
                name="lancamento_a_partir_do_dia_1",
                violation_error_message="O mês é guardado pelo seu primeiro dia.",
            ),
            models.CheckConstraint(
                condition=~models.Q(descricao="") & ~models.Q(motivo=""),
                name="lancamento_com_descricao_e_motivo",
                violation_error_message="O lançamento precisa de descrição e de motivo.",
            ),
        ]
        indexes = [
            # The run asks for these at each lot; they are few beside the billed ones.
            models.Index(
                fields=["unidade", "a_partir_de"],
                condition=models.Q(fatura__isnull=True),
                name="lancamento_em_aberto",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.texto}: R$ {numero_br(self.valor)}"

    @property
    def texto(self) -> str:
        """The description as the bill prints it."""
        if self.parcelas == 1:
            return self.descricao
        return f"{self.descricao} ({self.parcela}/{self.parcelas})"[:120]
