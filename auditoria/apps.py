from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditoriaConfig(AppConfig):
    name = "auditoria"
    verbose_name = "Auditoria"

    def ready(self) -> None:
        from auditoria import gatilhos, sinais  # noqa: F401 - they declare and connect themselves
        from comum.django_base.gatilhos import instalar_depois_de_migrar

        post_migrate.connect(instalar_depois_de_migrar, sender=self)
