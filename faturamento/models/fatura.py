"""Invoices. An issued one never changes; the triggers of `faturamento/gatilhos.py` see to it."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import (
    DinheiroField,
    EnergiaField,
    TextoField,
    constraint_de_escolha,
)
from faturamento.querysets import FaturaQuerySet


class Fatura(models.Model):
    """A bill. What it charges and why stands in `demonstrativo`, whole."""

    class StatusPagamento(models.TextChoices):
        PENDENTE = "PENDENTE", "pendente"
        PARCIAL = "PARCIAL", "paga em parte"
        PAGA = "PAGA", "paga"

    class Situacao(models.TextChoices):
        RASCUNHO = "RASCUNHO", "rascunho"
        EMITIDA = "EMITIDA", "emitida"
        CANCELADA = "CANCELADA", "cancelada"

    class Origem(models.TextChoices):
        CICLO = "CICLO", "ciclo"
        REFATURAMENTO = "REFATURAMENTO", "refaturamento"
        ENCERRAMENTO = "ENCERRAMENTO", "encerramento"
        AVULSA = "AVULSA", "avulsa"

    cliente = models.ForeignKey(
        "clientes.Cliente",
        on_delete=models.PROTECT,
        related_name="faturas",
        verbose_name="cliente",
    )
    unidade = models.ForeignKey(
        "medidores.UnidadeConsumidora",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="faturas",
        verbose_name="unidade consumidora",
    )
    execucao = models.ForeignKey(
        "faturamento.ExecucaoFaturamento",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="faturas",
        verbose_name="execução",
    )
    origem = TextoField(
        "origem", max_length=14, choices=Origem.choices, default=Origem.AVULSA, editable=False
    )
    situacao = TextoField(
        "situação",
        max_length=10,
        choices=Situacao.choices,
        default=Situacao.EMITIDA,
        editable=False,
    )
    status_pagamento = TextoField(
        "pagamento",
        max_length=10,
        choices=StatusPagamento.choices,
        default=StatusPagamento.PENDENTE,
        editable=False,
    )
    mes_referencia = models.DateField("mês de referência", help_text="Primeiro dia do mês.")
    serie = TextoField("série", max_length=10, blank=True, editable=False)
    numero = models.PositiveBigIntegerField("número", null=True, blank=True, editable=False)
    data_emissao = models.DateField("data de emissão", null=True, blank=True)
    data_vencimento = models.DateField("data de vencimento", null=True, blank=True)
    emitida_em = models.DateTimeField("emitida em", null=True, blank=True, editable=False)

    ciclo_de = models.DateTimeField("início do ciclo", null=True, blank=True, editable=False)
    ciclo_ate = models.DateTimeField("fim do ciclo", null=True, blank=True, editable=False)
    consumo_kwh = EnergiaField("consumo (kWh)", null=True, blank=True, editable=False)
    consumo_faturado_kwh = EnergiaField(
        "consumo faturado (kWh)", null=True, blank=True, editable=False
    )
    valor = DinheiroField(
        "valor (R$)",
        validators=[
            MinValueValidator(Decimal(0), message="O valor da fatura não pode ser negativo.")
        ],
    )
    valor_energia = DinheiroField("energia (R$)", default=0, editable=False)
    valor_bandeira = DinheiroField("bandeira (R$)", default=0, editable=False)
    valor_cip = DinheiroField("CIP (R$)", default=0, editable=False)
    # With a default of the database's own, for those who write rows by COPY.
    valor_lancamentos = DinheiroField(
        "lançamentos (R$)", default=0, db_default=Decimal(0), editable=False
    )
    valor_icms = DinheiroField("ICMS (R$)", default=0, editable=False)
    valor_pis = DinheiroField("PIS (R$)", default=0, editable=False)
    valor_cofins = DinheiroField("COFINS (R$)", default=0, editable=False)
    demonstrativo = models.JSONField("demonstrativo", default=dict, blank=True, editable=False)
    insumos_hash = TextoField("hash dos insumos", max_length=64, blank=True, editable=False)

    substitui = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="substituida_por",
        verbose_name="substitui",
    )
    cancelada_em = models.DateTimeField("cancelada em", null=True, blank=True, editable=False)
    cancelada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="cancelada por",
    )
    motivo = models.ForeignKey(
        "faturamento.MotivoCancelamento",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="faturas",
        verbose_name="motivo",
    )
    motivo_cancelamento = TextoField(
        "motivo do cancelamento", max_length=300, blank=True, editable=False
    )

    history = HistoricalRecords(
        excluded_fields=["demonstrativo"], verbose_name="histórico de fatura"
    )
    objects = FaturaQuerySet.as_manager()

    # Outside the freeze of an issued invoice: what payments and a cancellation write.
    COLUNAS_LIVRES = (
        "status_pagamento",
        "situacao",
        "cancelada_em",
        "cancelada_por",
        "motivo",
        "motivo_cancelamento",
    )

    class Meta:
        verbose_name = "fatura"
        verbose_name_plural = "faturas"
        permissions = [
            ("emitir_fatura", "Pode emitir faturas"),
            ("cancelar_fatura", "Pode cancelar faturas"),
            ("refaturar_fatura", "Pode refaturar"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unidade", "mes_referencia"],
                condition=models.Q(origem__in=["CICLO", "REFATURAMENTO"])
                & ~models.Q(situacao="CANCELADA"),
                name="uma_fatura_de_ciclo_por_unidade_e_mes",
                violation_error_message=(
                    "A unidade consumidora já tem fatura deste mês. "
                    "Para corrigi-la, cancele e refature."
                ),
            ),
            models.UniqueConstraint(
                fields=["serie", "numero"],
                condition=models.Q(numero__isnull=False),
                name="fatura_numero_unico_na_serie",
                violation_error_message="Já existe fatura com este número na série.",
            ),
            models.CheckConstraint(
                condition=models.Q(valor__gte=0),
                name="fatura_valor_nao_negativo",
                violation_error_message="O valor da fatura não pode ser negativo.",
            ),
            models.CheckConstraint(
                condition=models.Q(mes_referencia__day=1),
                name="fatura_mes_referencia_no_dia_1",
                violation_error_message="O mês de referência é guardado pelo seu primeiro dia.",
            ),
            models.CheckConstraint(
                condition=models.Q(origem="AVULSA", numero__isnull=True, situacao="EMITIDA")
                | models.Q(origem="AVULSA", numero__isnull=True, situacao="CANCELADA")
                | models.Q(~models.Q(origem="AVULSA"), situacao="RASCUNHO", numero__isnull=True)
                | models.Q(
                    ~models.Q(origem="AVULSA"),
                    ~models.Q(situacao="RASCUNHO"),
                    numero__isnull=False,
                ),
                name="fatura_numerada_quando_emitida",
                violation_error_message=(
                    "Só a fatura emitida tem número; rascunho e fatura avulsa não têm."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(situacao="RASCUNHO")
                | models.Q(data_emissao__isnull=False, data_vencimento__isnull=False),
                name="fatura_emitida_tem_datas",
                violation_error_message="A fatura emitida tem data de emissão e de vencimento.",
            ),
            models.CheckConstraint(
                condition=models.Q(data_vencimento__isnull=True)
                | models.Q(data_vencimento__gte=models.F("data_emissao")),
                name="fatura_vence_depois_de_emitida",
                violation_error_message="O vencimento não pode ser anterior à emissão.",
            ),
            models.CheckConstraint(
                condition=models.Q(situacao="CANCELADA", cancelada_em__isnull=False)
                & ~models.Q(motivo_cancelamento="")
                | ~models.Q(situacao="CANCELADA") & models.Q(cancelada_em__isnull=True),
                name="fatura_cancelada_tem_motivo",
                violation_error_message="O cancelamento tem data e motivo.",
            ),
            models.CheckConstraint(
                condition=models.Q(origem="AVULSA")
                | models.Q(unidade__isnull=False, ciclo_de__isnull=False, ciclo_ate__isnull=False),
                name="fatura_de_ciclo_tem_unidade_e_leituras",
                violation_error_message="A fatura de ciclo tem unidade e as datas das leituras.",
            ),
            constraint_de_escolha(
                "origem",
                ["CICLO", "REFATURAMENTO", "ENCERRAMENTO", "AVULSA"],
                "fatura_origem_conhecida",
            ),
            constraint_de_escolha(
                "situacao", ["RASCUNHO", "EMITIDA", "CANCELADA"], "fatura_situacao_conhecida"
            ),
            constraint_de_escolha(
                "status_pagamento",
                ["PENDENTE", "PARCIAL", "PAGA"],
                "fatura_status_pagamento_conhecido",
            ),
        ]
        indexes = [
            # The freeze of readings asks, at each write, how far a UC has been billed.
            models.Index(
                fields=["unidade", "-ciclo_ate"],
                condition=models.Q(situacao="EMITIDA") & ~models.Q(origem="AVULSA"),
                name="fatura_faturado_ate",
            ),
            # The painel adds up a month and what is owed from the index alone.
            models.Index(
                fields=["mes_referencia", "situacao", "valor", "consumo_kwh"],
                name="fatura_mes_somas",
            ),
            models.Index(
                fields=["data_vencimento", "status_pagamento", "valor", "id"],
                condition=models.Q(situacao="EMITIDA", valor__gt=0)
                & ~models.Q(status_pagamento="PAGA"),
                name="fatura_em_aberto",
            ),
            models.Index(fields=["status_pagamento", "data_vencimento"], name="fatura_vencimento"),
        ]

    def __str__(self) -> str:
        if self.numero is not None:
            return f"fatura {self.serie}-{self.numero}"
        nome = "rascunho" if self.situacao == self.Situacao.RASCUNHO else "fatura avulsa"
        return f"{nome} {self.pk}"

    @property
    def e_avulsa(self) -> bool:
        return self.origem == self.Origem.AVULSA

    @property
    def e_rascunho(self) -> bool:
        return self.situacao == self.Situacao.RASCUNHO
