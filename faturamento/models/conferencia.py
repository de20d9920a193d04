"""What a draft is checked by before it is issued, what was found, and who let it pass."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import (
    DinheiroField,
    EnergiaField,
    TextoField,
    constraint_de_escolha,
)
from comum.vocabulario import Classe
from faturamento.calculo.conferencia_de_rascunhos import LimitesDoRascunho
from faturamento.calculo.nomes import nome_do_alerta
from faturamento.querysets import AlertaQuerySet

PADRAO = LimitesDoRascunho()


class LimiteConferencia(models.Model):
    """The thresholds of the drafts of one class; a class without a row has the defaults."""

    classe = TextoField(
        "classe",
        max_length=20,
        choices=Classe.escolhas(),
        unique=True,
        error_messages={"unique": "Esta classe já tem limites. Altere os que existem."},
    )
    vezes_alto = models.DecimalField(
        "muito acima: vezes a média",
        max_digits=6,
        decimal_places=2,
        default=PADRAO.vezes_alto,
        help_text="Valor ou consumo acima deste múltiplo da média dos ciclos faturados espera.",
    )
    fracao_baixa = models.DecimalField(
        "muito abaixo: fração da média",
        max_digits=5,
        decimal_places=3,
        default=PADRAO.fracao_baixa,
        help_text="0,25 = um quarto da média.",
    )
    ciclos_minimos = models.PositiveSmallIntegerField(
        "ciclos de histórico",
        default=PADRAO.ciclos_minimos,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text="Com menos ciclos faturados, a média não serve de comparação.",
    )
    diferenca_minima_brl = DinheiroField(
        "diferença mínima (R$)",
        default=PADRAO.diferenca_minima_brl,
        help_text="Valor mais perto da média do que isto não espera.",
    )
    diferenca_minima_kwh = EnergiaField(
        "diferença mínima (kWh)",
        default=PADRAO.diferenca_minima_kwh,
        help_text="Consumo mais perto da média do que isto não espera.",
    )
    vezes_o_minimo = models.DecimalField(
        "mínimo após consumo alto: média em vezes o mínimo",
        max_digits=6,
        decimal_places=2,
        default=PADRAO.vezes_o_minimo,
        help_text="Fatura pelo mínimo espera quando a média passa deste múltiplo dele.",
    )

    history = HistoricalRecords(verbose_name="histórico de limites da conferência")

    class Meta:
        verbose_name = "limites da conferência"
        verbose_name_plural = "limites da conferência"
        constraints = [
            constraint_de_escolha("classe", Classe, "limiteconferencia_classe_conhecida"),
            models.CheckConstraint(
                condition=models.Q(vezes_alto__gt=1, vezes_o_minimo__gte=1)
                & models.Q(fracao_baixa__gte=0, fracao_baixa__lt=1),
                name="limiteconferencia_fatores_em_ordem",
                violation_error_message=(
                    "Muito acima é mais de 1 vez a média; muito abaixo, uma fração de 0 a menos "
                    "de 1; e o múltiplo do mínimo é ao menos 1."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(diferenca_minima_brl__gte=0, diferenca_minima_kwh__gte=0),
                name="limiteconferencia_diferencas_nao_negativas",
                violation_error_message="As diferenças mínimas não podem ser negativas.",
            ),
            models.CheckConstraint(
                condition=models.Q(ciclos_minimos__range=(1, 12)),
                name="limiteconferencia_ciclos_de_1_a_12",
                violation_error_message="Os ciclos de histórico vão de 1 a 12.",
            ),
        ]

    def __str__(self) -> str:
        return Classe(self.classe).rotulo if self.classe else "limites da conferência"

    def como_limites(self) -> LimitesDoRascunho:
        """The same, as the checks take them."""
        return LimitesDoRascunho(
            vezes_alto=self.vezes_alto,
            fracao_baixa=self.fracao_baixa,
            ciclos_minimos=self.ciclos_minimos,
            diferenca_minima_brl=self.diferenca_minima_brl,
            diferenca_minima_kwh=self.diferenca_minima_kwh,
            vezes_o_minimo=self.vezes_o_minimo,
        )


class LimiteDoGrupo(models.Model):
    """How many UCs of a reading group may be pending; the blank group stands for the others."""

    grupo_leitura = TextoField(
        "grupo de leitura",
        max_length=20,
        blank=True,
        unique=True,
        help_text="Em branco: todos os que não têm limite próprio.",
        error_messages={"unique": "Este grupo já tem limite. Altere o que existe."},
    )
    percentual_pendente = models.DecimalField(
        "pendentes (%)",
        max_digits=5,
        decimal_places=2,
        help_text="Acima disto, o grupo não se emite até alguém liberar. 100 nunca segura.",
    )

    unidades_minimas = models.PositiveSmallIntegerField(
        "só com ao menos (unidades)",
        default=20,
        help_text="Em grupo menor, o percentual diz pouco e não segura nada.",
    )

    history = HistoricalRecords(verbose_name="histórico de limite do grupo")

    class Meta:
        verbose_name = "limite de pendências do grupo"
        verbose_name_plural = "limites de pendências dos grupos"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percentual_pendente__range=(0, 100)),
                name="limitedogrupo_percentual_de_0_a_100",
                violation_error_message="O percentual vai de 0 a 100.",
            ),
        ]

    def __str__(self) -> str:
        return self.grupo_leitura or "demais grupos"


class Liberavel(models.Model):
    """Something that holds an issue back until a person, by name and reason, lets it go."""

    codigo = TextoField("código", max_length=40)
    mensagem = TextoField("o que se achou", max_length=500)
    registrado_em = models.DateTimeField("registrado em")
    liberado_em = models.DateTimeField("liberado em", null=True, blank=True)
    liberado_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="liberado por",
    )
    motivo = TextoField("motivo da liberação", max_length=300, blank=True)

    class Meta:
        abstract = True

    @property
    def aberto(self) -> bool:
        return self.liberado_em is None


def _liberado_com_motivo(nome: str) -> Any:
    return models.CheckConstraint(
        condition=models.Q(liberado_em__isnull=True, motivo="")
        | models.Q(liberado_em__isnull=False) & ~models.Q(motivo=""),
        name=nome,
        violation_error_message="A liberação tem data e motivo.",
    )


class AlertaDeRascunho(Liberavel):
    """Why one draft waits. It goes with the draft when that is thrown away."""

    fatura = models.ForeignKey(
        "faturamento.Fatura",
        on_delete=models.PROTECT,
        related_name="alertas",
        verbose_name="fatura",
        db_index=False,  # the constraint's own index serves
    )

    objects = AlertaQuerySet.as_manager()

    class Meta:
        verbose_name = "alerta da conferência"
        verbose_name_plural = "alertas da conferência"
        permissions = [("liberar_alertaderascunho", "Pode liberar rascunhos em conferência")]
        constraints = [
            models.UniqueConstraint(
                fields=["fatura", "codigo"],
                name="um_alerta_de_cada_codigo_por_fatura",
                violation_error_message="A fatura já tem este alerta.",
            ),
            _liberado_com_motivo("alerta_liberado_com_motivo"),
        ]

    def __str__(self) -> str:
        return f"{nome_do_alerta(self.codigo)}: {self.fatura}"


class AlertaDeGrupo(Liberavel):
    """Why the drafts of one reading group of one run wait."""

    execucao = models.ForeignKey(
        "faturamento.ExecucaoFaturamento",
        on_delete=models.PROTECT,
        related_name="alertas",
        verbose_name="execução",
        db_index=False,  # the constraint's own index serves
    )
    grupo_leitura = TextoField("grupo de leitura", max_length=20, blank=True)

    objects = AlertaQuerySet.as_manager()

    class Meta:
        verbose_name = "alerta de grupo"
        verbose_name_plural = "alertas de grupos"
        constraints = [
            models.UniqueConstraint(
                fields=["execucao", "grupo_leitura"],
                name="um_alerta_por_grupo_na_execucao",
                violation_error_message="O grupo já tem um alerta nesta execução.",
            ),
            _liberado_com_motivo("alertadegrupo_liberado_com_motivo"),
        ]

    def __str__(self) -> str:
        return f"grupo {self.grupo_leitura or 'sem nome'} da {self.execucao}"
