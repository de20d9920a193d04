"""What a month comes to, kept so that the painel need not add up a million rows."""

from django.db import models

from comum.django_base.modelos import EnergiaField


class ResumoMensal(models.Model):
    """Issued invoices of a month and the readings that came in it, as of `calculado_em`.

    For looking at only: nothing decides by it, and it can be emptied at any time.
    """

    mes = models.DateField("mês", primary_key=True)
    faturas = models.PositiveIntegerField("faturas emitidas")
    # A month of a whole distributor: wider than one bill.
    valor = models.DecimalField("valor emitido (R$)", max_digits=18, decimal_places=2)
    consumo_kwh = EnergiaField("consumo (kWh)", max_digits=18, decimal_places=3)
    leituras_recebidas = models.PositiveIntegerField("medidores com leitura")
    calculado_em = models.DateTimeField("calculado em")

    class Meta:
        verbose_name = "resumo do mês"
        verbose_name_plural = "resumos dos meses"

    def __str__(self) -> str:
        return f"{self.mes:%m/%Y}"
