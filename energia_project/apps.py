from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig as AdminDoDjango


class EnergiaConfig(AppConfig):
    """The site: home page, API errors, checks."""

    name = "energia_project"
    verbose_name = "Energia"

    def ready(self) -> None:
        """Names, as the breadcrumbs show them, of apps that bring only English ones."""
        from energia_project.seguranca import sinais  # noqa: F401 - it connects itself

        apps.get_app_config("axes").verbose_name = "Acessos"


class AdminConfig(AdminDoDjango):
    """The admin with our own site: limited search, Portuguese labels."""

    default_site = "energia_project.site.SiteEnergia"
