"""The device that counts."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import TextoField, hoje
from medidores.calculo.consumo import DIGITOS_MAXIMOS
from medidores.querysets import MedidorQuerySet


class Medidor(models.Model):
    """A meter, from its installation to its removal, at one UC for one customer."""

    cliente = models.ForeignKey(
        "clientes.Cliente",
        on_delete=models.PROTECT,
        related_name="medidores",
        verbose_name="cliente",
    )
    unidade = models.ForeignKey(
        "medidores.UnidadeConsumidora",
        on_delete=models.PROTECT,
        related_name="medidores",
        verbose_name="unidade consumidora",
    )
    numero_medidor = TextoField(
        "número do medidor",
        max_length=50,
        unique=True,
        error_messages={"unique": "Já existe um medidor com este número."},
    )
    tipo = TextoField("tipo", max_length=60, blank=True)
    digitos = models.PositiveSmallIntegerField(
        "dígitos do mostrador",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(DIGITOS_MAXIMOS)],
        help_text="Com 5 dígitos o mostrador vai de 0 a 99999 e volta a zero.",
    )
    constante = models.DecimalField(
        "constante de multiplicação",
        max_digits=10,
        decimal_places=4,
        default=Decimal(1),
        validators=[
            MinValueValidator(
                Decimal("0.0001"), message="A constante deve ser maior que zero, até 4 casas."
            )
        ],
        help_text="kWh por unidade do mostrador.",
    )
    data_instalacao = models.DateField("data de instalação", default=hoje)
    data_retirada = models.DateField("data de retirada", null=True, blank=True)

    history = HistoricalRecords(verbose_name="histórico de medidor")
    objects = MedidorQuerySet.as_manager()

    class Meta:
        verbose_name = "medidor"
        verbose_name_plural = "medidores"
        constraints = [
            models.UniqueConstraint(
                fields=["unidade"],
                condition=models.Q(data_retirada__isnull=True),
                name="um_medidor_ativo_por_unidade",
                violation_error_message=(
                    "A unidade consumidora já tem um medidor ativo. "
                    "Registre a retirada dele antes de instalar outro."
                ),
            ),
            models.CheckConstraint(
                condition=~models.Q(numero_medidor=""),
                name="medidor_com_numero",
                violation_error_message="O medidor precisa de um número.",
            ),
            models.CheckConstraint(
                condition=models.Q(digitos__range=(1, DIGITOS_MAXIMOS)),
                name="medidor_digitos_conhecidos",
                violation_error_message=f"O mostrador tem de 1 a {DIGITOS_MAXIMOS} dígitos.",
            ),
            models.CheckConstraint(
                condition=models.Q(constante__gt=0),
                name="medidor_constante_positiva",
                violation_error_message="A constante de multiplicação deve ser maior que zero.",
            ),
            models.CheckConstraint(
                condition=models.Q(data_retirada__isnull=True)
                | models.Q(data_retirada__gte=models.F("data_instalacao")),
                name="medidor_retirado_depois_de_instalado",
                violation_error_message="A retirada não pode ser anterior à instalação.",
            ),
        ]

    def __str__(self) -> str:
        return self.numero_medidor

    def clean(self) -> None:
        self.numero_medidor = (self.numero_medidor or "").strip()

    @property
    def ativo(self) -> bool:
        return self.data_retirada is None
