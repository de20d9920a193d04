"""Rows that hold for a time: `vigente_de` inclusive, `vigente_ate` exclusive or null."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import TextoField
from faturamento.querysets import VigenciaQuerySet


class Vigencia(models.Model):
    """A dated row. Two rows with the same `CHAVE` never share a day.

    The database says so too: exclusion constraints on PostgreSQL (migration
    `0003`), triggers on SQLite (`faturamento/gatilhos.py`).
    """

    CHAVE: ClassVar[tuple[str, ...]]

    vigente_de = models.DateField("vigente de")
    vigente_ate = models.DateField(
        "vigente até",
        null=True,
        blank=True,
        help_text="Primeiro dia em que já não vale; em branco, vale até segunda ordem.",
    )
    fonte = TextoField("fonte", max_length=300, help_text="Norma, resolução ou lei de origem.")

    history = HistoricalRecords(inherit=True)
    objects = VigenciaQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(vigente_ate__isnull=True)
                | models.Q(vigente_ate__gt=models.F("vigente_de")),
                name="%(class)s_vigencia_tem_ao_menos_um_dia",
                violation_error_message="O fim da vigência deve ser depois do início.",
            ),
        ]

    @property
    def vigencia(self) -> str:
        fim = f"até antes de {self.vigente_ate:%d/%m/%Y}" if self.vigente_ate else "em diante"
        return f"de {self.vigente_de:%d/%m/%Y} {fim}"

    def validate_constraints(self, exclude: Any = None) -> None:
        super().validate_constraints(exclude=exclude)
        if {*self.CHAVE, "vigente_de", "vigente_ate"} & set(exclude or ()):
            return  # one of them has a fault of its own, said already
        outras = type(self)._default_manager.exclude(pk=self.pk)
        outras = outras.filter(**{campo: getattr(self, campo) for campo in self.CHAVE})
        choque = outras.no_periodo(self.vigente_de, self.vigente_ate).order_by("pk").first()
        if choque is not None:
            raise ValidationError(
                f"A vigência coincide com a de outro registro igual: {choque}, {choque.vigencia}. "
                "Encerre aquele, ou mude as datas deste.",
                code="VIGENCIA_SOBREPOSTA",
            )
