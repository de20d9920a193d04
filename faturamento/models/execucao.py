"""A billing run, its lots, their attempts, why a UC was not billed, and closed months."""

from django.conf import settings
from django.db import models

from comum.django_base.modelos import TextoField, constraint_de_escolha
from comum.periodos import FUSO
from faturamento.calculo.nomes import nome_da_pendencia
from faturamento.querysets import CompetenciaFechadaQuerySet, PendenciaQuerySet


class ExecucaoFaturamento(models.Model):
    """One run over a competência: who asked for what, and what came of it."""

    class Situacao(models.TextChoices):
        ABERTA = "ABERTA", "em andamento"
        CONCLUIDA = "CONCLUIDA", "concluída"
        CANCELADA = "CANCELADA", "cancelada"
        INTERROMPIDA = "INTERROMPIDA", "interrompida"

    mes_referencia = models.DateField("competência", help_text="Primeiro dia do mês.")
    grupo_leitura = TextoField("grupo de leitura", max_length=20, blank=True)
    ate = models.DateField("leituras até", help_text="Último dia de leitura considerado.")
    emitir = models.BooleanField("emitir as faturas", default=False)
    situacao = TextoField(
        "situação", max_length=12, choices=Situacao.choices, default=Situacao.ABERTA
    )
    elegiveis = models.PositiveIntegerField("elegíveis", default=0)
    faturadas = models.PositiveIntegerField("faturadas", default=0)
    pendentes = models.PositiveIntegerField("pendentes", default=0)
    ja_faturadas = models.PositiveIntegerField("já faturadas", default=0)
    suspensas = models.PositiveIntegerField("suspensas", default=0)
    descartadas = models.PositiveIntegerField(
        "rascunhos descartados", default=0, help_text="Das faturadas, as que se jogaram fora."
    )
    valor_total = models.DecimalField(
        "valor total (R$)", max_digits=16, decimal_places=2, default=0
    )
    iniciada_em = models.DateTimeField("iniciada em")
    terminada_em = models.DateTimeField("terminada em", null=True, blank=True)
    solicitada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="solicitada por",
        help_text="Em branco: pela linha de comando.",
    )
    cancelada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="cancelada por",
    )
    motivo_cancelamento = TextoField("motivo do cancelamento", max_length=300, blank=True)
    desfeita_em = models.DateTimeField("desfeita em", null=True, blank=True)
    desfeita_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="desfeita por",
    )
    motivo_desfazimento = TextoField("motivo do desfazimento", max_length=300, blank=True)

    class Meta:
        permissions = [("desfazer_execucaofaturamento", "Pode desfazer execuções")]
        verbose_name = "execução de faturamento"
        verbose_name_plural = "execuções de faturamento"
        constraints = [
            constraint_de_escolha(
                "situacao",
                ["ABERTA", "CONCLUIDA", "CANCELADA", "INTERROMPIDA"],
                "execucao_situacao_conhecida",
            ),
            # Two calls that come at once work on one run, and not each on its own.
            models.UniqueConstraint(
                fields=["mes_referencia", "grupo_leitura", "ate", "emitir"],
                condition=models.Q(situacao="ABERTA"),
                name="uma_execucao_aberta_por_escopo",
                violation_error_message=(
                    "Já há uma execução em andamento com este escopo. Acompanhe-a, ou cancele-a."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(situacao="CANCELADA") & ~models.Q(motivo_cancelamento="")
                | ~models.Q(situacao="CANCELADA") & models.Q(motivo_cancelamento=""),
                name="execucao_cancelada_tem_motivo",
                violation_error_message="O cancelamento da execução tem um motivo.",
            ),
            models.CheckConstraint(
                condition=~models.Q(situacao="CONCLUIDA")
                | models.Q(elegiveis=models.F("faturadas") + models.F("pendentes")),
                name="execucao_concluida_fecha_a_conta",
                violation_error_message=(
                    "Faturadas mais pendentes devem somar as unidades elegíveis."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(desfeita_em__isnull=True, motivo_desfazimento="")
                | models.Q(desfeita_em__isnull=False) & ~models.Q(motivo_desfazimento=""),
                name="execucao_desfeita_tem_motivo",
                violation_error_message="O desfazimento tem data e motivo.",
            ),
        ]

    # Set by `abrir_execucao` on one that it found open, and did not make.
    ja_estava_aberta = False

    def __str__(self) -> str:
        return f"execução {self.pk} de {self.mes_referencia:%m/%Y}"

    @property
    def e_aberta(self) -> bool:
        return self.situacao == self.Situacao.ABERTA


class LoteFaturamento(models.Model):
    """A range of UC ids, computed and marked done in one transaction."""

    class Situacao(models.TextChoices):
        PENDENTE = "PENDENTE", "pendente"
        FEITO = "FEITO", "feito"
        DIVIDIDO = "DIVIDIDO", "dividido em dois"

    execucao = models.ForeignKey(
        ExecucaoFaturamento,
        on_delete=models.PROTECT,
        related_name="lotes",
        verbose_name="execução",
    )
    ordem = models.PositiveIntegerField("ordem")
    unidade_de = models.PositiveBigIntegerField("da UC (id)")
    unidade_ate = models.PositiveBigIntegerField("até a UC (id)")
    unidades = models.PositiveIntegerField(
        "unidades", default=0, help_text="Elegíveis quando a execução foi aberta."
    )
    situacao = TextoField(
        "situação", max_length=10, choices=Situacao.choices, default=Situacao.PENDENTE
    )
    elegiveis = models.PositiveIntegerField("elegíveis", default=0)
    faturadas = models.PositiveIntegerField("faturadas", default=0)
    pendentes = models.PositiveIntegerField("pendentes", default=0)
    valor_total = models.DecimalField(
        "valor total (R$)", max_digits=16, decimal_places=2, default=0
    )
    erro = TextoField("erro", max_length=500, blank=True)

    class Meta:
        verbose_name = "lote de faturamento"
        verbose_name_plural = "lotes de faturamento"
        constraints = [
            models.UniqueConstraint(
                fields=["execucao", "ordem"],
                name="lote_ordem_unica_na_execucao",
                violation_error_message="A execução já tem um lote com esta ordem.",
            ),
            constraint_de_escolha(
                "situacao",
                ["PENDENTE", "FEITO", "DIVIDIDO"],
                "lote_situacao_conhecida",
            ),
        ]
        indexes = [
            # Each claim of a worker looks for the next lot that is left.
            models.Index(
                fields=["execucao", "ordem"],
                condition=models.Q(situacao="PENDENTE"),
                name="lote_por_fazer",
            ),
        ]

    def __str__(self) -> str:
        return f"lote {self.ordem} da {self.execucao}"


class TentativaLote(models.Model):
    """One try at a lot, committed before the lot is locked: it shows who works on what."""

    lote = models.ForeignKey(
        LoteFaturamento, on_delete=models.PROTECT, related_name="tentativas", verbose_name="lote"
    )
    processo = TextoField("processo", max_length=120, help_text="Máquina e número do processo.")
    iniciada_em = models.DateTimeField("iniciada em")
    terminada_em = models.DateTimeField("terminada em", null=True, blank=True)
    erro = TextoField("erro", max_length=500, blank=True)

    class Meta:
        verbose_name = "tentativa de lote"
        verbose_name_plural = "tentativas de lotes"

    def __str__(self) -> str:
        return f"{self.processo} às {self.iniciada_em.astimezone(FUSO):%d/%m/%Y %H:%M:%S}"


class Pendencia(models.Model):
    """Why a run did not bill a UC: a stable code and a sentence."""

    execucao = models.ForeignKey(
        ExecucaoFaturamento,
        on_delete=models.PROTECT,
        related_name="pendencias",
        verbose_name="execução",
    )
    unidade = models.ForeignKey(
        "medidores.UnidadeConsumidora",
        on_delete=models.PROTECT,
        related_name="pendencias",
        verbose_name="unidade consumidora",
    )
    codigo = TextoField("código", max_length=40, db_index=True)
    mensagem = TextoField("motivo", max_length=500)
    registrada_em = models.DateTimeField("registrada em")

    objects = PendenciaQuerySet.as_manager()

    class Meta:
        verbose_name = "pendência"
        verbose_name_plural = "pendências"
        constraints = [
            models.UniqueConstraint(
                fields=["execucao", "unidade"],
                name="uma_pendencia_por_unidade_na_execucao",
                violation_error_message="A unidade já tem uma pendência nesta execução.",
            ),
        ]

    def __str__(self) -> str:
        return f"{nome_da_pendencia(self.codigo)}: {self.unidade}"


class CompetenciaFechada(models.Model):
    """A month that an administrator closed: nothing is billed in it until it is reopened."""

    mes_referencia = models.DateField("competência", help_text="Primeiro dia do mês.")
    fechada_em = models.DateTimeField("fechada em")
    fechada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="fechada por",
    )
    reaberta_em = models.DateTimeField("reaberta em", null=True, blank=True)
    reaberta_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="reaberta por",
    )
    motivo_reabertura = TextoField("motivo da reabertura", max_length=300, blank=True)

    objects = CompetenciaFechadaQuerySet.as_manager()

    class Meta:
        verbose_name = "competência fechada"
        verbose_name_plural = "competências fechadas"
        constraints = [
            models.UniqueConstraint(
                fields=["mes_referencia"],
                condition=models.Q(reaberta_em__isnull=True),
                name="competencia_fechada_uma_vez",
                violation_error_message="A competência já está fechada.",
            ),
            models.CheckConstraint(
                condition=models.Q(reaberta_em__isnull=True, motivo_reabertura="")
                | models.Q(reaberta_em__isnull=False) & ~models.Q(motivo_reabertura=""),
                name="competencia_reaberta_tem_motivo",
                violation_error_message="A reabertura da competência tem data e motivo.",
            ),
            models.CheckConstraint(
                condition=models.Q(mes_referencia__day=1),
                name="competencia_fechada_no_dia_1",
                violation_error_message="A competência é guardada pelo primeiro dia do mês.",
            ),
        ]

    def __str__(self) -> str:
        return f"competência {self.mes_referencia:%m/%Y}"
