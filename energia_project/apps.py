from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig as AdminDoDjango
from django.db.models.signals import post_migrate


class EnergiaConfig(AppConfig):
    """The site: home page, API errors, checks."""

    name = "energia_project"
    verbose_name = "Energia"

    def ready(self) -> None:
        """Portuguese names for apps that bring none, and what ends the memory of tokens."""
        from energia_project.seguranca import sinais  # noqa: F401 - it connects itself

        apps.get_app_config("axes").verbose_name = "Acessos"
        from comum.django_base.ligacoes import ligar_so_o_que_abre

        ligar_so_o_que_abre()
        from energia_project.indices import instalar_depois_de_migrar

        # Django sends post_migrate only for apps that have models, and this one has none.
        com_modelos = apps.get_app_config("faturamento")
        post_migrate.connect(instalar_depois_de_migrar, sender=com_modelos)
        self._esquecer_tokens_quando_mudam()

    def _esquecer_tokens_quando_mudam(self) -> None:
        from django.contrib.auth.models import Group, Permission, User
        from django.db.models.signals import m2m_changed, post_delete, post_save
        from knox.models import AuthToken

        from energia_project.api.autenticacao import esquecer_tokens

        for modelo in (User, AuthToken):
            post_save.connect(esquecer_tokens, sender=modelo)
            post_delete.connect(esquecer_tokens, sender=modelo)
        for relacao in (User.groups, User.user_permissions, Group.permissions):
            m2m_changed.connect(esquecer_tokens, sender=relacao.through)
        for modelo in (Group, Permission):  # with it go its rows of the relations, in silence
            post_delete.connect(esquecer_tokens, sender=modelo)


class AdminConfig(AdminDoDjango):
    """The admin with our own site: limited search, Portuguese labels."""

    default_site = "energia_project.site.SiteEnergia"
