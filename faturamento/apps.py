from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FaturamentoConfig(AppConfig):
    name = "faturamento"
    verbose_name = "Faturamento"

    def ready(self) -> None:
        from faturamento import gatilhos
        from faturamento.servicos.encerramento import encerrar_ciclo
        from medidores.servicos import ganchos

        # SQLite drops triggers whenever Django remakes a table, so they are installed anew
        # after every migrate; not a business rule, but the floor that all rules stand on.
        post_migrate.connect(gatilhos.instalar_depois_de_migrar, sender=self)
        # A change of titular and the end of supply close the bill of who leaves.
        ganchos.encerrar_ciclo = encerrar_ciclo
