"""The place that is supplied."""

import re

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import TextoField, constraint_de_escolha, recusar_campo
from comum.vocabulario import UFS, Classe, Ligacao, Modalidade, Subclasse, Subgrupo
from medidores.querysets import UnidadeConsumidoraQuerySet


class UnidadeConsumidora(models.Model):
    """A supply point (UC). Its customer is that of its one active meter."""

    class Situacao(models.TextChoices):
        ATIVA = "ATIVA", "ativa"
        SUSPENSA = "SUSPENSA", "suspensa"
        DESLIGADA = "DESLIGADA", "desligada"

    class SemLeitura(models.TextChoices):
        PENDENCIA = "PENDENCIA", "não fatura: pendência"
        ESTIMAR = "ESTIMAR", "fatura pela média"

    codigo = TextoField(
        "código",
        max_length=40,
        unique=True,
        error_messages={"unique": "Já existe uma unidade consumidora com este código."},
    )
    distribuidora = models.ForeignKey(
        "faturamento.Distribuidora",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="unidades",
        verbose_name="distribuidora",
        help_text="Em branco: a única cadastrada.",
    )
    endereco = TextoField("endereço", max_length=300, blank=True)
    municipio_ibge = TextoField(
        "município (código IBGE)",
        max_length=7,
        blank=True,
        help_text="7 dígitos; define a contribuição de iluminação pública.",
    )
    uf = TextoField("UF", max_length=2, blank=True, choices=[(uf, uf) for uf in UFS])
    classe = TextoField(
        "classe", max_length=20, choices=Classe.escolhas(), default=Classe.RESIDENCIAL
    )
    subclasse = TextoField(
        "subclasse",
        max_length=20,
        choices=Subclasse.escolhas(),
        blank=True,
        help_text="Em branco: a própria classe.",
    )
    subgrupo = TextoField(
        "subgrupo",
        max_length=3,
        choices=Subgrupo.escolhas(),
        blank=True,
        help_text="Em branco: o da classe.",
    )
    modalidade = TextoField(
        "modalidade tarifária",
        max_length=12,
        choices=Modalidade.escolhas(),
        default=Modalidade.CONVENCIONAL,
    )
    ligacao = TextoField(
        "tipo de ligação", max_length=22, choices=Ligacao.escolhas(), default=Ligacao.MONOFASICA
    )
    grupo_leitura = TextoField("grupo de leitura", max_length=20, blank=True, db_index=True)
    dia_vencimento = models.PositiveSmallIntegerField(
        "dia do vencimento",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
    )
    sem_leitura = TextoField(
        "sem leitura no mês",
        max_length=10,
        choices=SemLeitura.choices,
        default=SemLeitura.PENDENCIA,
        help_text="Pela média, no máximo três ciclos seguidos; a próxima leitura acerta a "
        "diferença. Uma ocorrência de leitura registrada no mês vale mais do que isto.",
    )
    situacao = TextoField(
        "situação", max_length=10, choices=Situacao.choices, default=Situacao.ATIVA
    )

    history = HistoricalRecords(verbose_name="histórico de unidade consumidora")
    objects = UnidadeConsumidoraQuerySet.as_manager()

    class Meta:
        verbose_name = "unidade consumidora"
        verbose_name_plural = "unidades consumidoras"
        constraints = [
            constraint_de_escolha("classe", Classe, "uc_classe_conhecida"),
            constraint_de_escolha("subclasse", Subclasse, "uc_subclasse_conhecida"),
            constraint_de_escolha("subgrupo", Subgrupo, "uc_subgrupo_conhecido"),
            constraint_de_escolha("modalidade", Modalidade, "uc_modalidade_conhecida"),
            constraint_de_escolha("ligacao", Ligacao, "uc_ligacao_conhecida"),
            constraint_de_escolha(
                "situacao", ["ATIVA", "SUSPENSA", "DESLIGADA"], "uc_situacao_conhecida"
            ),
            constraint_de_escolha(
                "sem_leitura", ["PENDENCIA", "ESTIMAR"], "uc_sem_leitura_conhecida"
            ),
            models.CheckConstraint(
                condition=models.Q(dia_vencimento__range=(1, 31)),
                name="uc_dia_vencimento_de_1_a_31",
                violation_error_message="O dia do vencimento vai de 1 a 31.",
            ),
            models.CheckConstraint(
                condition=~models.Q(codigo=""),
                name="uc_com_codigo",
                violation_error_message="A unidade consumidora precisa de um código.",
            ),
        ]
        # The painel counts the active ones at each look, from the index alone.
        indexes = [models.Index(fields=["situacao"], name="uc_situacao")]

    def __str__(self) -> str:
        return self.codigo

    def clean(self) -> None:
        """Fills what the class implies and refuses what it forbids."""
        self.codigo = (self.codigo or "").strip()
        if self.municipio_ibge and not re.fullmatch(r"[0-9]{7}", self.municipio_ibge):
            raise recusar_campo(
                "municipio_ibge",
                f"Código IBGE inválido: {self.municipio_ibge!r}. Use os 7 dígitos do município.",
                "MUNICIPIO_INVALIDO",
            )
        if self.classe not in list(Classe):
            return  # the field's own choices say so
        classe = Classe(self.classe)
        self.subclasse = self.subclasse or classe.subclasses[0]
        self.subgrupo = self.subgrupo or classe.subgrupo
        if self.subclasse not in classe.subclasses:
            raise recusar_campo(
                "subclasse",
                f"A classe {classe.rotulo} não tem a subclasse {self.subclasse}. "
                f"Use: {', '.join(classe.subclasses)}.",
                "SUBCLASSE_DE_OUTRA_CLASSE",
            )
