from django.apps import AppConfig


class EnergiaConfig(AppConfig):
    """The site: home page, API errors, checks."""

    name = "energia_project"
    verbose_name = "Energia"
