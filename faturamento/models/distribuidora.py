"""The utility that bills."""

import re
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from comum.dinheiro import Arredondamento
from comum.django_base.modelos import TextoField, constraint_de_escolha, recusar_campo
from comum.documentos import normalizar_documento
from comum.erros import DadoInvalidoError
from comum.vocabulario import UFS


class Distribuidora(models.Model):
    """Who issues the invoices; one row in most installations."""

    ARREDONDAMENTOS = [
        (Arredondamento.MEIO_PARA_CIMA.value, "meio para cima"),
        (Arredondamento.TRUNCAR.value, "truncar"),
    ]

    nome = TextoField("nome", max_length=120, unique=True)
    cnpj = TextoField("CNPJ", max_length=14, unique=True)
    uf = TextoField(
        "UF",
        max_length=2,
        choices=[(uf, uf) for uf in UFS],
        help_text="Vale para unidades novas que não informam a sua.",
    )
    municipio_ibge = TextoField("município (código IBGE)", max_length=7, blank=True)
    endereco = TextoField("endereço", max_length=300, blank=True)
    contato = TextoField("contato impresso na fatura", max_length=200, blank=True)
    telefone = TextoField(
        "telefone de atendimento",
        max_length=60,
        blank=True,
        help_text="Impresso na fatura, como os outros meios de contato.",
    )
    ouvidoria = TextoField("ouvidoria", max_length=200, blank=True)
    arredondamento = TextoField(
        "arredondamento",
        max_length=14,
        choices=ARREDONDAMENTOS,
        default=Arredondamento.MEIO_PARA_CIMA.value,
    )
    serie = TextoField(
        "série das faturas", max_length=10, unique=True, default="1", help_text="Única no sistema."
    )
    cobra_cip = models.BooleanField(
        "cobra contribuição de iluminação pública",
        default=True,
        help_text="Desmarque onde não se arrecada CIP, como na medição de condomínios.",
    )
    multa = models.DecimalField(
        "multa por atraso",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.02"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="0,02 = 2 %.",
    )
    juros_ao_mes = models.DecimalField(
        "juros ao mês",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.01"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="0,01 = 1 % ao mês, por dia de atraso.",
    )

    history = HistoricalRecords(verbose_name="histórico de distribuidora")

    class Meta:
        verbose_name = "distribuidora"
        verbose_name_plural = "distribuidoras"
        constraints = [
            constraint_de_escolha(
                "arredondamento", Arredondamento, "distribuidora_arredondamento_conhecido"
            ),
            models.CheckConstraint(
                condition=~models.Q(serie=""),
                name="distribuidora_com_serie",
                violation_error_message="A distribuidora precisa de uma série de faturas.",
            ),
        ]

    def __str__(self) -> str:
        return self.nome

    def clean(self) -> None:
        try:
            self.cnpj = normalizar_documento(self.cnpj or "")
        except DadoInvalidoError as erro:
            raise recusar_campo("cnpj", str(erro), erro.codigo) from erro
        if self.municipio_ibge and not re.fullmatch(r"[0-9]{7}", self.municipio_ibge):
            raise recusar_campo(
                "municipio_ibge",
                f"Código IBGE inválido: {self.municipio_ibge!r}. Use os 7 dígitos do município.",
                "MUNICIPIO_INVALIDO",
            )


class SequenciaFatura(models.Model):
    """The last invoice number of a série; its row lock is what makes numbers gapless.

    Kept apart from Distribuidora so that saving a form there can never set it back.
    """

    serie = TextoField("série", max_length=10, unique=True)
    ultimo_numero = models.PositiveBigIntegerField("último número", default=0)

    class Meta:
        verbose_name = "sequência de faturas"
        verbose_name_plural = "sequências de faturas"

    def __str__(self) -> str:
        return f"série {self.serie}: {self.ultimo_numero}"
