"""Tariffs, flags, taxes and street-lighting fees: always dated rows, never constants."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from comum.dinheiro import numero_br
from comum.django_base.modelos import (
    DinheiroField,
    EnergiaField,
    TarifaField,
    TextoField,
    constraint_de_escolha,
)
from comum.vocabulario import UFS, Classe, CorBandeira, Modalidade, Posto, Subclasse, Subgrupo
from faturamento.calculo.tipos import RegraTributos
from faturamento.models.vigencia import Vigencia

NAO_NEGATIVO = [MinValueValidator(Decimal(0))]


def constraint_nao_negativa(campo: str, nome: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(**{f"{campo}__gte": 0}),
        name=nome,
        violation_error_message="O valor não pode ser negativo.",
    )


def _ate(faixa_kwh: Decimal) -> str:
    return f"até {numero_br(faixa_kwh.normalize() + 0)} kWh"


class Tarifa(Vigencia):
    """Homologated tariff without tax, TUSD and TE apart, in R$/MWh.

    Blank `classe` or `subclasse` holds for all; the most specific row wins.
    """

    CHAVE = (
        "distribuidora",
        "subgrupo",
        "modalidade",
        "classe",
        "subclasse",
        "posto",
        "faixa_ate_kwh",
    )

    distribuidora = models.ForeignKey(
        "faturamento.Distribuidora",
        on_delete=models.PROTECT,
        related_name="tarifas",
        verbose_name="distribuidora",
    )
    subgrupo = TextoField("subgrupo", max_length=3, choices=Subgrupo.escolhas())
    modalidade = TextoField(
        "modalidade tarifária",
        max_length=12,
        choices=Modalidade.escolhas(),
        default=Modalidade.CONVENCIONAL,
    )
    classe = TextoField("classe", max_length=20, choices=Classe.escolhas(), blank=True)
    subclasse = TextoField("subclasse", max_length=20, choices=Subclasse.escolhas(), blank=True)
    posto = TextoField(
        "posto tarifário", max_length=13, choices=Posto.escolhas(), default=Posto.UNICO
    )
    faixa_ate_kwh = EnergiaField(
        "faixa até (kWh)",
        null=True,
        blank=True,
        validators=NAO_NEGATIVO,
        help_text="Fim da faixa de consumo a que a linha se aplica; em branco, sem fim.",
    )
    tusd_brl_por_mwh = TarifaField("TUSD (R$/MWh)", validators=NAO_NEGATIVO)
    te_brl_por_mwh = TarifaField("TE (R$/MWh)", validators=NAO_NEGATIVO)

    class Meta(Vigencia.Meta):
        verbose_name = "tarifa"
        verbose_name_plural = "tarifas"
        constraints = [
            *Vigencia.Meta.constraints,
            constraint_de_escolha("subgrupo", Subgrupo, "tarifa_subgrupo_conhecido"),
            constraint_de_escolha("modalidade", Modalidade, "tarifa_modalidade_conhecida"),
            constraint_de_escolha("classe", ["", *Classe], "tarifa_classe_conhecida"),
            constraint_de_escolha("subclasse", ["", *Subclasse], "tarifa_subclasse_conhecida"),
            constraint_de_escolha("posto", Posto, "tarifa_posto_conhecido"),
            constraint_nao_negativa("tusd_brl_por_mwh", "tarifa_tusd_nao_negativa"),
            constraint_nao_negativa("te_brl_por_mwh", "tarifa_te_nao_negativa"),
        ]

    def __str__(self) -> str:
        partes = [
            self.subgrupo,
            self.get_modalidade_display(),
            self.get_subclasse_display() or self.get_classe_display(),
        ]
        if self.posto != Posto.UNICO:
            partes.append(self.get_posto_display())
        if self.faixa_ate_kwh is not None:
            partes.append(_ate(self.faixa_ate_kwh))
        return " ".join(parte for parte in partes if parte)


class Bandeira(Vigencia):
    """The national tariff flag and its addition, in R$/MWh without tax."""

    CHAVE = ()

    cor = TextoField("cor", max_length=18, choices=CorBandeira.escolhas())
    adicional_brl_por_mwh = TarifaField("adicional (R$/MWh)", validators=NAO_NEGATIVO)

    class Meta(Vigencia.Meta):
        verbose_name = "bandeira tarifária"
        verbose_name_plural = "bandeiras tarifárias"
        constraints = [
            *Vigencia.Meta.constraints,
            constraint_de_escolha("cor", CorBandeira, "bandeira_cor_conhecida"),
            constraint_nao_negativa("adicional_brl_por_mwh", "bandeira_adicional_nao_negativo"),
        ]

    def __str__(self) -> str:
        return CorBandeira(self.cor).rotulo


class AliquotaTributo(Vigencia):
    """A tax rate as a fraction of 1.

    ICMS by UF, class and consumption band (a band holds for the whole bill);
    PIS and COFINS by distributor and month; CBS and IBS are shown only.
    """

    CHAVE = ("tributo", "distribuidora", "uf", "classe", "faixa_ate_kwh")

    class Tributo(models.TextChoices):
        ICMS = "ICMS", "ICMS"
        PIS = "PIS", "PIS"
        COFINS = "COFINS", "COFINS"
        CBS = "CBS", "CBS"
        IBS = "IBS", "IBS"

    tributo = TextoField("tributo", max_length=6, choices=Tributo.choices)
    distribuidora = models.ForeignKey(
        "faturamento.Distribuidora",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="aliquotas",
        verbose_name="distribuidora",
        help_text="Em branco: todas.",
    )
    uf = TextoField(
        "UF",
        max_length=2,
        choices=[(uf, uf) for uf in UFS],
        blank=True,
        help_text="Em branco: todas.",
    )
    classe = TextoField(
        "classe",
        max_length=20,
        choices=Classe.escolhas(),
        blank=True,
        help_text="Em branco: todas.",
    )
    faixa_ate_kwh = EnergiaField(
        "faixa até (kWh)",
        null=True,
        blank=True,
        validators=NAO_NEGATIVO,
        help_text="A alíquota vale para a fatura inteira de quem consome até aqui.",
    )
    aliquota = models.DecimalField(
        "alíquota",
        max_digits=8,
        decimal_places=6,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal("0.999999"))],
        help_text="0,18 = 18 %.",
    )
    regra = TextoField(
        "regra do ICMS",
        max_length=8,
        choices=RegraTributos.escolhas(),
        default=RegraTributos.TEMA_69,
        help_text="Só para o ICMS: como o imposto entra no preço.",
    )

    class Meta(Vigencia.Meta):
        verbose_name = "alíquota de tributo"
        verbose_name_plural = "alíquotas de tributos"
        constraints = [
            *Vigencia.Meta.constraints,
            constraint_de_escolha(
                "tributo", ["ICMS", "PIS", "COFINS", "CBS", "IBS"], "aliquota_tributo_conhecido"
            ),
            constraint_de_escolha("regra", RegraTributos, "aliquota_regra_conhecida"),
            constraint_de_escolha("classe", ["", *Classe], "aliquota_classe_conhecida"),
            models.CheckConstraint(
                condition=models.Q(aliquota__gte=0) & models.Q(aliquota__lt=1),
                name="aliquota_de_0_a_menos_de_1",
                violation_error_message=(
                    "A alíquota é uma fração de 0 a menos de 1; 18 % escreve-se 0,18."
                ),
            ),
        ]

    def __str__(self) -> str:
        partes = [self.tributo, self.uf, self.get_classe_display()]
        if self.faixa_ate_kwh is not None:
            partes.append(_ate(self.faixa_ate_kwh))
        return " ".join(parte for parte in partes if parte)


class FaixaCip(Vigencia):
    """Street-lighting fee (CIP/COSIP) of a municipality by class and band, in R$."""

    CHAVE = ("distribuidora", "municipio_ibge", "classe", "faixa_ate_kwh")

    distribuidora = models.ForeignKey(
        "faturamento.Distribuidora",
        on_delete=models.PROTECT,
        related_name="faixas_cip",
        verbose_name="distribuidora",
    )
    municipio_ibge = TextoField("município (código IBGE)", max_length=7)
    classe = TextoField(
        "classe",
        max_length=20,
        choices=Classe.escolhas(),
        blank=True,
        help_text="Em branco: todas.",
    )
    faixa_ate_kwh = EnergiaField("faixa até (kWh)", null=True, blank=True, validators=NAO_NEGATIVO)
    valor_cip = DinheiroField("valor (R$)", validators=NAO_NEGATIVO)

    class Meta(Vigencia.Meta):
        verbose_name = "faixa de CIP"
        verbose_name_plural = "faixas de CIP"
        constraints = [
            *Vigencia.Meta.constraints,
            constraint_de_escolha("classe", ["", *Classe], "faixacip_classe_conhecida"),
            constraint_nao_negativa("valor_cip", "faixacip_valor_nao_negativo"),
        ]

    def __str__(self) -> str:
        faixa = _ate(self.faixa_ate_kwh) if self.faixa_ate_kwh else "sem fim"
        partes = (self.municipio_ibge, self.get_classe_display(), faixa)
        return " ".join(parte for parte in partes if parte)
