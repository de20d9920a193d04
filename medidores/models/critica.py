"""What the crítica goes by, and what people decided about what it held."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import EnergiaField, TextoField, constraint_de_escolha, hoje
from comum.periodos import FUSO
from comum.vocabulario import Classe
from medidores.calculo.critica import Limites

PADRAO = Limites()


class LimiteCritica(models.Model):
    """The thresholds of one class; a class without a row has those of `Limites()`."""

    classe = TextoField(
        "classe",
        max_length=20,
        choices=Classe.escolhas(),
        unique=True,
        error_messages={"unique": "Esta classe já tem limites. Altere os que existem."},
    )
    vezes_alto = models.DecimalField(
        "consumo alto: vezes a média",
        max_digits=6,
        decimal_places=2,
        default=PADRAO.vezes_alto,
        help_text="Retém a leitura cujo consumo diário passa deste múltiplo da média.",
    )
    minimo_alto_kwh = EnergiaField(
        "consumo alto: só acima de (kWh)",
        default=PADRAO.minimo_alto_kwh,
        help_text="Até este consumo no período, nada é retido por consumo alto.",
    )
    fracao_baixo = models.DecimalField(
        "consumo baixo: fração da média",
        max_digits=5,
        decimal_places=3,
        default=PADRAO.fracao_baixo,
        help_text="Retém a leitura cujo consumo diário fica abaixo desta fração da média.",
    )
    media_minima_baixo_kwh = EnergiaField(
        "consumo baixo: só com média acima de (kWh por mês)",
        default=PADRAO.media_minima_baixo_kwh,
    )
    ciclos_minimos = models.PositiveSmallIntegerField(
        "ciclos de histórico",
        default=PADRAO.ciclos_minimos,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text="Com menos ciclos, só a leitura regressiva é retida.",
    )
    intervalo_minimo_dias = models.PositiveSmallIntegerField(
        "intervalo de leitura: mínimo (dias)", default=PADRAO.intervalo_minimo_dias
    )
    intervalo_maximo_dias = models.PositiveSmallIntegerField(
        "intervalo de leitura: máximo (dias)", default=PADRAO.intervalo_maximo_dias
    )

    history = HistoricalRecords(verbose_name="histórico de limites da crítica")

    class Meta:
        verbose_name = "limites da crítica"
        verbose_name_plural = "limites da crítica"
        constraints = [
            constraint_de_escolha("classe", Classe, "limite_classe_conhecida"),
            models.CheckConstraint(
                condition=models.Q(vezes_alto__gt=1),
                name="limite_vezes_alto_acima_de_1",
                violation_error_message="Consumo alto é mais de uma vez a média.",
            ),
            models.CheckConstraint(
                condition=models.Q(fracao_baixo__gte=0, fracao_baixo__lt=1),
                name="limite_fracao_baixo_de_0_a_1",
                violation_error_message="A fração do consumo baixo vai de 0 a menos de 1.",
            ),
            models.CheckConstraint(
                condition=models.Q(minimo_alto_kwh__gte=0, media_minima_baixo_kwh__gte=0),
                name="limite_kwh_nao_negativo",
                violation_error_message="Os limites em kWh não podem ser negativos.",
            ),
            models.CheckConstraint(
                condition=models.Q(ciclos_minimos__range=(1, 12)),
                name="limite_ciclos_de_1_a_12",
                violation_error_message="Os ciclos de histórico vão de 1 a 12.",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    intervalo_minimo_dias__gte=1,
                    intervalo_maximo_dias__gte=models.F("intervalo_minimo_dias"),
                ),
                name="limite_intervalo_em_ordem",
                violation_error_message="O intervalo mínimo não pode passar do máximo.",
            ),
        ]

    def __str__(self) -> str:
        return Classe(self.classe).rotulo if self.classe else "limites da crítica"

    def como_limites(self) -> Limites:
        """The same, as the crítica takes them."""
        return Limites(
            vezes_alto=self.vezes_alto,
            minimo_alto_kwh=self.minimo_alto_kwh,
            fracao_baixo=self.fracao_baixo,
            media_minima_baixo_kwh=self.media_minima_baixo_kwh,
            ciclos_minimos=self.ciclos_minimos,
            intervalo_minimo_dias=self.intervalo_minimo_dias,
            intervalo_maximo_dias=self.intervalo_maximo_dias,
        )


class OcorrenciaLeitura(models.Model):
    """What the reader may find at the meter, and what is billed then."""

    class ComLeitura(models.TextChoices):
        LEITURA = "LEITURA", "fatura pela leitura"
        RETER = "RETER", "retém a leitura para decisão"

    class SemLeitura(models.TextChoices):
        PENDENCIA = "PENDENCIA", "não fatura: pendência"
        ESTIMAR = "ESTIMAR", "fatura pela média"
        DISPONIBILIDADE = "DISPONIBILIDADE", "fatura o custo de disponibilidade"

    codigo = TextoField(
        "código",
        max_length=20,
        unique=True,
        error_messages={"unique": "Já existe uma ocorrência com este código."},
    )
    descricao = TextoField("descrição", max_length=120)
    com_leitura = TextoField(
        "com leitura", max_length=10, choices=ComLeitura.choices, default=ComLeitura.LEITURA
    )
    sem_leitura = TextoField(
        "sem leitura", max_length=16, choices=SemLeitura.choices, default=SemLeitura.PENDENCIA
    )
    ativa = models.BooleanField("em uso", default=True)

    history = HistoricalRecords(verbose_name="histórico de ocorrência de leitura")

    class Meta:
        verbose_name = "ocorrência de leitura"
        verbose_name_plural = "ocorrências de leitura"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(codigo="") & ~models.Q(descricao=""),
                name="ocorrencia_com_codigo_e_descricao",
                violation_error_message="A ocorrência precisa de código e descrição.",
            ),
            constraint_de_escolha(
                "com_leitura", ["LEITURA", "RETER"], "ocorrencia_com_leitura_conhecida"
            ),
            constraint_de_escolha(
                "sem_leitura",
                ["PENDENCIA", "ESTIMAR", "DISPONIBILIDADE"],
                "ocorrencia_sem_leitura_conhecida",
            ),
        ]

    def __str__(self) -> str:
        return self.descricao


class OcorrenciaRegistrada(models.Model):
    """One occurrence found at one meter on one day, with or without a reading."""

    medidor = models.ForeignKey(
        "medidores.Medidor",
        on_delete=models.PROTECT,
        related_name="ocorrencias",
        verbose_name="medidor",
    )
    ocorrencia = models.ForeignKey(
        OcorrenciaLeitura,
        on_delete=models.PROTECT,
        related_name="registros",
        verbose_name="ocorrência",
    )
    data = models.DateField("data", default=hoje)
    observacao = TextoField("observação", max_length=300, blank=True)
    registrada_em = models.DateTimeField("registrada em", auto_now_add=True)
    registrada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="registrada por",
    )

    class Meta:
        verbose_name = "ocorrência registrada"
        verbose_name_plural = "ocorrências registradas"
        constraints = [
            models.UniqueConstraint(
                fields=["medidor", "data", "ocorrencia"],
                name="ocorrencia_unica_por_medidor_e_dia",
                violation_error_message="Esta ocorrência já foi registrada neste medidor e dia.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ocorrencia} em {self.data:%d/%m/%Y}, medidor {self.medidor}"


class DecisaoLeitura(models.Model):
    """What a person decided about one held reading: who, when, why, and the value."""

    class Decisao(models.TextChoices):
        ACEITAR = "ACEITAR", "aceita como veio"
        VIRADA = "VIRADA", "aceita como virada do mostrador"
        CORRIGIR = "CORRIGIR", "corrigida"
        MEDIA = "MEDIA", "substituída pela média"
        REJEITAR = "REJEITAR", "rejeitada"

    leitura = models.ForeignKey(
        "medidores.Leitura",
        on_delete=models.PROTECT,
        related_name="decisoes",
        verbose_name="leitura",
    )
    decisao = TextoField("decisão", max_length=10, choices=Decisao.choices)
    codigo = TextoField("retida por", max_length=40)
    valor_kwh = EnergiaField("leitura aceita (kWh)", null=True, blank=True)
    motivo = TextoField("motivo", max_length=300)
    decidida_em = models.DateTimeField("decidida em")
    decidida_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="decidida por",
    )

    class Meta:
        verbose_name = "decisão sobre leitura"
        verbose_name_plural = "decisões sobre leituras"
        constraints = [
            constraint_de_escolha(
                "decisao",
                ["ACEITAR", "VIRADA", "CORRIGIR", "MEDIA", "REJEITAR"],
                "decisao_conhecida",
            ),
            models.CheckConstraint(
                condition=~models.Q(motivo=""),
                name="decisao_com_motivo",
                violation_error_message="A decisão precisa de um motivo.",
            ),
            models.CheckConstraint(
                condition=models.Q(decisao="REJEITAR") | models.Q(valor_kwh__isnull=False),
                name="decisao_com_valor",
                violation_error_message="A leitura aceita precisa de um valor.",
            ),
        ]

    def __str__(self) -> str:
        quando = self.decidida_em.astimezone(FUSO)
        return f"{self.get_decisao_display()} em {quando:%d/%m/%Y %H:%M}"
