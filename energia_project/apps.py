from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig as AdminDoDjango
from django.db.models.signals import post_migrate


class EnergiaConfig(AppConfig):
    """The site: home page, API errors, checks."""

    name = "energia_project"
    verbose_name = "Energia"

    def ready(self) -> None:
        """Names, as the breadcrumbs show them, of apps that bring only English ones."""
        apps.get_app_config("axes").verbose_name = "Acessos"
        from energia_project.indices import instalar_depois_de_migrar

        post_migrate.connect(instalar_depois_de_migrar, sender=self)


class AdminConfig(AdminDoDjango):
    """The admin with our own site: limited search, Portuguese labels."""

    default_site = "energia_project.site.SiteEnergia"
