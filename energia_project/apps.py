from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as AdminDoDjango


class EnergiaConfig(AppConfig):
    """The site: home page, API errors, checks."""

    name = "energia_project"
    verbose_name = "Energia"


class AdminConfig(AdminDoDjango):
    """The admin with our own site: limited search, Portuguese labels."""

    default_site = "energia_project.site.SiteEnergia"
