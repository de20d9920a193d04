"""What `make run` does before it serves: folder, tables, demo data, demo users.

    DEBUG=1 python manage.py preparar_demo

For one's own machine only: in DEBUG, answering to loopback names. Safe to
repeat: data, users and passwords that are there stay as they are. Interrupted,
it goes on the next time from where it was.
"""

import os
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, transaction

from comum.django_base.comandos import CODIGO_DE_USO, ComandoBase
from energia_project.papeis import PAPEIS
from faturamento.servicos.demonstracao import BancoEmUsoError, banco_vazio

PORTA = "8000"
INTERROMPIDO = 130  # what a shell gives after Ctrl-C


class Command(ComandoBase):
    help = "Prepara pasta, banco, dados e usuários de demonstração; só em DEBUG e nesta máquina."
    requires_system_checks = []  # `runserver`, which comes next, makes them

    def handle(self, *, verbosity: int, **_: Any) -> None:
        _conferir_ambiente()
        try:
            self._preparar(verbosity)
        except KeyboardInterrupt:
            raise CommandError(
                "Interrompido. Nada ficou pela metade: execute de novo para continuar.",
                returncode=INTERROMPIDO,
            ) from None
        except (OSError, OperationalError) as erro:
            raise CommandError(
                f"Não foi possível preparar o banco de dados ({erro}). Confira a pasta "
                f"{settings.VAR_DIR} ou DATABASE_URL e execute de novo.",
                returncode=CODIGO_DE_USO,
            ) from erro
        self._apresentar()

    def _preparar(self, verbosity: int) -> None:
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        # Always: it also installs what follows the tables (triggers, permissions), which a
        # first run killed in between has not.
        call_command("migrate", interactive=False, verbosity=verbosity - 1 if verbosity else 0)
        if banco_vazio():
            self.stdout.write("Carregando os dados de demonstração (leva uns segundos)…")
            try:
                call_command("carregar_demo", stdout=self.stdout, stderr=self.stderr)
            except CommandError as erro:
                # Somebody else may have just done it; anything else is told as it is.
                if not isinstance(erro.__cause__, BancoEmUsoError):
                    raise
        criar_usuarios(settings.DEMO_PASSWORD)

    def _apresentar(self) -> None:
        porta = os.environ.get("PORT") or PORTA
        admin = User.objects.filter(username="admin").first()
        da_demonstracao = admin is not None and admin.check_password(settings.DEMO_PASSWORD)
        outros = [p.usuario_de_demonstracao for p in PAPEIS.values()][1:]
        senha = f"senha {settings.DEMO_PASSWORD}" if da_demonstracao else "com a senha que já tinha"
        self.stdout.write(
            f"\n  Administração  http://127.0.0.1:{porta}/admin/\n"
            f"  API            http://127.0.0.1:{porta}/docs\n"
            f"  Entre como     admin (ou atendente), {senha}\n"
            f"  Outros papéis  {', '.join(outros)}\n"
        )


def _conferir_ambiente() -> None:
    """Refuses to make users of a known password where others could reach them.

    Raises:
        CommandError: not in DEBUG, or answering to more than this machine.
    """
    if not settings.DEBUG:
        raise CommandError(
            "A demonstração cria usuários de senha conhecida e só funciona com DEBUG=1, nesta "
            "máquina. Em produção, use migrate e createsuperuser.",
            returncode=CODIGO_DE_USO,
        )
    outros = sorted(set(settings.ALLOWED_HOSTS) - set(settings.ENDERECOS_LOCAIS))
    if outros:
        raise CommandError(
            "A demonstração cria usuários de senha conhecida e só atende nesta máquina; "
            f"ALLOWED_HOSTS tem também {', '.join(outros)}. Retire-os e execute de novo.",
            returncode=CODIGO_DE_USO,
        )
    if not settings.DEMO_PASSWORD:
        raise CommandError(
            "DEMO_PASSWORD está vazia. Informe uma senha, ou retire a variável do ambiente.",
            returncode=CODIGO_DE_USO,
        )


@transaction.atomic
def criar_usuarios(senha: str) -> None:
    """`admin` is a superuser; beside it, one person for each role."""
    if not User.objects.filter(username="admin").exists():
        User.objects.create_superuser("admin", password=senha)
    for nome, papel in PAPEIS.items():
        grupo = Group.objects.filter(name=nome).first()
        usuario = papel.usuario_de_demonstracao
        if grupo is not None and not User.objects.filter(username=usuario).exists():
            pessoa = User.objects.create_user(usuario, password=senha, is_staff=True)
            pessoa.groups.add(grupo)
