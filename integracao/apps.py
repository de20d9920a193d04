from django.apps import AppConfig


class IntegracaoConfig(AppConfig):
    name = "integracao"
    verbose_name = "Integração"
