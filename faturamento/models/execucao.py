"""A billing run, its lots, their attempts, and why a UC was not billed."""

from django.conf import settings
from django.db import models

from comum.django_base.modelos import TextoField, constraint_de_escolha
from comum.periodos import FUSO
from faturamento.querysets import PendenciaQuerySet


class ExecucaoFaturamento(models.Model):
    """One run over a competência: who asked for what, and what came of it."""

    class Situacao(models.TextChoices):
        ABERTA = "ABERTA", "em andamento"
        CONCLUIDA = "CONCLUIDA", "concluída"
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
                ["ABERTA", "CONCLUIDA", "INTERROMPIDA"],
                "execucao_situacao_conhecida",
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

    def __str__(self) -> str:
        return f"execução {self.pk} de {self.mes_referencia:%m/%Y}"


class LoteFaturamento(models.Model):
    """A range of UC ids, computed and marked done in one transaction."""

    class Situacao(models.TextChoices):
        PENDENTE = "PENDENTE", "pendente"
        FEITO = "FEITO", "feito"
        FALHOU = "FALHOU", "falhou"

    execucao = models.ForeignKey(
        ExecucaoFaturamento,
        on_delete=models.PROTECT,
        related_name="lotes",
        verbose_name="execução",
    )
    ordem = models.PositiveIntegerField("ordem")
    unidade_de = models.PositiveBigIntegerField("da UC (id)")
    unidade_ate = models.PositiveBigIntegerField("até a UC (id)")
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
                "situacao", ["PENDENTE", "FEITO", "FALHOU"], "lote_situacao_conhecida"
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
        return f"{self.codigo}: {self.unidade}"
