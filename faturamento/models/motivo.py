"""Why an invoice may be cancelled."""

from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import TextoField


class MotivoCancelamento(models.Model):
    """One reason for a cancellation; what is no longer in use stays for the old ones."""

    codigo = TextoField(
        "código",
        max_length=40,
        unique=True,
        help_text="Em maiúsculas, sem espaços: LEITURA_ERRADA.",
        validators=[
            RegexValidator(
                r"^[A-Z0-9_]+\Z", "Use letras maiúsculas, algarismos e sublinhado: LEITURA_ERRADA."
            )
        ],
        error_messages={"unique": "Já existe um motivo com este código."},
    )
    descricao = TextoField("descrição", max_length=120)
    exige_detalhe = models.BooleanField(
        "exige detalhe", default=False, help_text="Quem cancela tem de escrever o que houve."
    )
    ativo = models.BooleanField("em uso", default=True)

    history = HistoricalRecords(verbose_name="histórico de motivo de cancelamento")

    class Meta:
        verbose_name = "motivo de cancelamento"
        verbose_name_plural = "motivos de cancelamento"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(codigo="") & ~models.Q(descricao=""),
                name="motivo_com_codigo_e_descricao",
                violation_error_message="O motivo precisa de código e descrição.",
            ),
        ]

    def __str__(self) -> str:
        return self.descricao
