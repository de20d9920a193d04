"""What a register showed."""

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from comum.dinheiro import numero_br
from comum.django_base.modelos import EnergiaField, TextoField, constraint_de_escolha
from comum.periodos import FUSO
from comum.vocabulario import Registrador
from medidores.calculo.critica import EXPLICACAO_MAXIMA
from medidores.querysets import LeituraQuerySet, RetidasManager


class Leitura(models.Model):
    """The cumulative value of one register at one instant."""

    class Origem(models.TextChoices):
        CAMPO = "CAMPO", "leitura em campo"
        TELEMEDIDA = "TELEMEDIDA", "telemedida"
        AUTOLEITURA = "AUTOLEITURA", "autoleitura"
        ESTIMADA = "ESTIMADA", "estimada"
        INSTALACAO = "INSTALACAO", "instalação do medidor"
        RETIRADA = "RETIRADA", "retirada do medidor"
        API = "API", "API"

    class Situacao(models.TextChoices):
        VALIDA = "VALIDA", "válida"
        RETIDA = "RETIDA", "retida pela crítica"
        REJEITADA = "REJEITADA", "rejeitada"
        SUBSTITUIDA = "SUBSTITUIDA", "substituída"

    medidor = models.ForeignKey(
        "medidores.Medidor",
        on_delete=models.PROTECT,
        related_name="leituras",
        verbose_name="medidor",
        db_index=False,  # the index by meter and date serves
    )
    registrador = TextoField(
        "registrador",
        max_length=22,
        choices=Registrador.escolhas(),
        default=Registrador.ATIVA_TOTAL,
    )
    data_leitura = models.DateTimeField("data da leitura", default=timezone.now)
    leitura_kwh = EnergiaField("leitura", help_text="O que o mostrador acumula, em kWh.")
    valor_informado = EnergiaField("valor informado", editable=False)
    origem = TextoField("origem", max_length=12, choices=Origem.choices, default=Origem.CAMPO)
    situacao = TextoField(
        "situação",
        max_length=12,
        choices=Situacao.choices,
        default=Situacao.VALIDA,
        editable=False,
    )
    ocorrencia = TextoField("ocorrência", max_length=40, blank=True, editable=False)
    explicacao = TextoField(
        "por que foi retida", max_length=EXPLICACAO_MAXIMA, blank=True, editable=False
    )
    observacao = TextoField("observação", max_length=300, blank=True)
    # One to one by the constraint below: a plain unique index would hold a null for each row.
    substitui = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        related_name="substitutas",
        verbose_name="substitui",
    )
    importacao = models.ForeignKey(
        "medidores.ImportacaoLeituras",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="leituras",
        verbose_name="importação",
    )
    registrada_em = models.DateTimeField("registrada em", auto_now_add=True)

    history = HistoricalRecords(verbose_name="histórico de leitura")
    objects = LeituraQuerySet.as_manager()

    class Meta:
        verbose_name = "leitura"
        verbose_name_plural = "leituras"
        permissions = [("decidir_leitura", "Pode decidir leitura retida pela crítica")]
        constraints = [
            models.UniqueConstraint(
                fields=["medidor", "registrador", "data_leitura"],
                condition=models.Q(situacao__in=["VALIDA", "RETIDA"]),
                name="leitura_unica_por_registrador_e_instante",
                violation_error_message=(
                    "Já existe uma leitura deste registrador do medidor neste instante."
                ),
            ),
            models.UniqueConstraint(
                fields=["substitui"],
                condition=models.Q(substitui__isnull=False),
                name="leitura_substituida_uma_vez",
                violation_error_message="A leitura já foi substituída por outra.",
            ),
            models.CheckConstraint(
                condition=models.Q(leitura_kwh__gte=0) & models.Q(valor_informado__gte=0),
                name="leitura_nao_negativa",
                violation_error_message="A leitura não pode ser negativa.",
            ),
            constraint_de_escolha("registrador", Registrador, "leitura_registrador_conhecido"),
            constraint_de_escolha(
                "origem",
                ["CAMPO", "TELEMEDIDA", "AUTOLEITURA", "ESTIMADA", "INSTALACAO", "RETIRADA", "API"],
                "leitura_origem_conhecida",
            ),
            constraint_de_escolha(
                "situacao",
                ["VALIDA", "RETIDA", "REJEITADA", "SUBSTITUIDA"],
                "leitura_situacao_conhecida",
            ),
        ]
        indexes = [
            # What a hot table carries is paid for at each row: these serve the meter's page and
            # the run, the list by date, and the work-list of held readings.
            models.Index(fields=["medidor", "data_leitura"], name="leitura_medidor_data"),
            models.Index(fields=["data_leitura", "id"], name="leitura_data"),
            models.Index(
                fields=["data_leitura"],
                condition=models.Q(situacao="RETIDA"),
                name="leitura_retida_data",
            ),
        ]

    def __str__(self) -> str:
        quando = self.data_leitura.astimezone(FUSO)
        return f"{self.medidor} em {quando:%d/%m/%Y %H:%M}: {numero_br(self.leitura_kwh)} kWh"


class LeituraEmCritica(Leitura):
    """The held readings alone: a work-list for people, never written through."""

    objects = RetidasManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        verbose_name = "leitura em crítica"
        verbose_name_plural = "leituras em crítica"
        default_permissions = ()  # those of Leitura
