"""Imported files of readings."""

from django.conf import settings
from django.db import models

from comum.django_base.modelos import TextoField, constraint_de_escolha
from comum.periodos import FUSO


class ImportacaoLeituras(models.Model):
    """One file, its counts and who brought it: the audit event of all its rows."""

    class Situacao(models.TextChoices):
        RECEBIDA = "RECEBIDA", "recebida"
        CONFERIDA = "CONFERIDA", "conferida, à espera de confirmação"
        CONFIRMADA = "CONFIRMADA", "confirmada, a importar"
        CONCLUIDA = "CONCLUIDA", "concluída"
        FALHOU = "FALHOU", "não pôde ser importada"
        DESCARTADA = "DESCARTADA", "descartada sem importar"
        DESFEITA = "DESFEITA", "desfeita"

    arquivo_nome = TextoField("arquivo", max_length=255)
    sha256 = TextoField("SHA-256", max_length=64, db_index=True)
    arquivo = models.FileField(
        "arquivo enviado",
        upload_to="leituras/%Y/%m/",
        max_length=300,
        blank=True,
        editable=False,
        help_text="Em branco: importado pela linha de comando.",
    )
    arquivo_de_recusas = models.FileField(
        "linhas recusadas", upload_to="leituras/%Y/%m/", max_length=300, blank=True, editable=False
    )
    situacao = TextoField(
        "situação", max_length=12, choices=Situacao.choices, default=Situacao.RECEBIDA
    )
    lidas = models.PositiveBigIntegerField(
        "linhas já tratadas", default=0, help_text="Enquanto importa: para a barra de progresso."
    )
    conferencia = models.JSONField("conferência", default=dict, blank=True, editable=False)
    erro = TextoField("erro", max_length=500, blank=True)
    linhas = models.PositiveIntegerField("linhas", default=0)
    aceitas = models.PositiveIntegerField("aceitas", default=0)
    retidas = models.PositiveIntegerField("retidas", default=0)
    recusadas = models.PositiveIntegerField("recusadas", default=0)
    repetidas = models.PositiveIntegerField("repetidas", default=0)
    importada_em = models.DateTimeField("importada em")
    importada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="importada por",
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

    class Meta:
        verbose_name = "importação de leituras"
        verbose_name_plural = "importações de leituras"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    linhas=models.F("aceitas")
                    + models.F("retidas")
                    + models.F("recusadas")
                    + models.F("repetidas")
                ),
                name="importacao_cada_linha_tem_um_destino",
                violation_error_message="A soma dos destinos deve ser o número de linhas.",
            ),
            constraint_de_escolha(
                "situacao",
                [
                    "RECEBIDA",
                    "CONFERIDA",
                    "CONFIRMADA",
                    "CONCLUIDA",
                    "FALHOU",
                    "DESCARTADA",
                    "DESFEITA",
                ],
                "importacao_situacao_conhecida",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.arquivo_nome} ({self.importada_em.astimezone(FUSO):%d/%m/%Y %H:%M})"
