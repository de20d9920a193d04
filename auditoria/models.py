"""The audit trail: one row for each act, whatever the path it came by."""

from django.conf import settings
from django.db import models

from auditoria.vocabulario import ACOES
from comum.django_base.modelos import TextoField, constraint_de_escolha


class EventoAuditoria(models.Model):
    """Who did what, when, to what; a file or a lot is one event with its counts.

    What a row looked like before and after stands in its history; an event says
    what history cannot: logins, exports, views of personal data, and bulk writes.
    """

    class Origem(models.TextChoices):
        ADMIN = "ADMIN", "Admin"
        API = "API", "API"
        COMANDO = "COMANDO", "Comando"
        SISTEMA = "SISTEMA", "Sistema"

    instante = models.DateTimeField("instante", db_index=True)
    usuario = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # the index with the id serves it
        verbose_name="usuário",
        related_name="+",
    )
    origem = TextoField("origem", max_length=10, choices=Origem)
    acao = TextoField("ação", max_length=40, help_text="Código do ato, por exemplo FATURA_EMITIDA.")
    modelo = TextoField("tipo do registro", max_length=60, blank=True)
    objeto_id = models.BigIntegerField("número do registro", null=True, blank=True)
    resumo = TextoField("resumo", max_length=500)
    dados = models.JSONField("contagens e valores", default=dict, blank=True)

    class Meta:
        verbose_name = "evento de auditoria"
        verbose_name_plural = "eventos de auditoria"
        constraints = [
            constraint_de_escolha(
                "origem", ["ADMIN", "API", "COMANDO", "SISTEMA"], "evento_origem_conhecida"
            )
        ]
        indexes = [
            models.Index(fields=["modelo", "objeto_id"], name="evento_do_objeto"),
            models.Index(fields=["acao", "id"], name="evento_por_acao"),
            models.Index(fields=["usuario", "id"], name="evento_por_usuario"),
            # Most events come by the admin, and are found without an index.
            models.Index(
                fields=["origem", "id"],
                condition=~models.Q(origem="ADMIN"),
                name="evento_por_origem",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nome_da_acao}: {self.resumo}"

    @property
    def quem(self) -> str:
        """The user; of a command, the account of the operating system; else "sistema"."""
        if self.usuario is not None:
            return self.usuario.get_username()
        return str(self.dados.get("conta_do_sistema") or "sistema")

    @property
    def nome_da_acao(self) -> str:
        """The act in words; of an unknown code, the code itself made readable."""
        return ACOES.get(self.acao) or self.acao.replace("_", " ").capitalize()
