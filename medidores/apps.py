from django.apps import AppConfig


class MedidoresConfig(AppConfig):
    name = "medidores"
    verbose_name = "Medição"
