"""Webhooks: who wants to know, where they may be told, and what is on its way."""

import secrets
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from comum.django_base.modelos import TextoField, constraint_de_escolha, recusar_campo

TAMANHO_DO_SEGREDO = 32


def novo_segredo() -> str:
    return secrets.token_urlsafe(TAMANHO_DO_SEGREDO)


class HostPermitido(models.Model):
    """A host that an administrator allows webhooks to be sent to."""

    host = TextoField(
        "host",
        max_length=253,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
                "Escreva só o nome do servidor, em minúsculas, sem https:// nem caminho, como "
                "avisos.cooperativa.com.br.",
            )
        ],
    )
    interno = models.BooleanField(
        "rede interna",
        default=False,
        help_text="Deixa o nome levar a um endereço da rede interna, e aceita http sem TLS.",
    )
    permitido_em = models.DateTimeField("permitido em", auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "host permitido"
        verbose_name_plural = "hosts permitidos"

    def __str__(self) -> str:
        return self.host


class Assinatura(models.Model):
    """A system that wants to be told of some events, at an address of an allowed host."""

    class Evento(models.TextChoices):
        FATURA_EMITIDA = "fatura.emitida", "Fatura emitida"
        FATURA_PAGA = "fatura.paga", "Fatura paga"
        FATURA_CANCELADA = "fatura.cancelada", "Fatura cancelada"
        LEITURA_RETIDA = "leitura.retida", "Leitura retida pela crítica"

    nome = TextoField("nome", max_length=100, unique=True)
    url = TextoField("endereço", max_length=500, help_text="https://… de um host permitido.")
    segredo = TextoField(
        "segredo",
        max_length=100,
        default=novo_segredo,
        editable=False,
        help_text="Assina cada aviso (HMAC-SHA256); guarde-o no sistema que recebe.",
    )
    fatura_emitida = models.BooleanField("fatura emitida", default=False)
    fatura_paga = models.BooleanField("fatura paga", default=False)
    fatura_cancelada = models.BooleanField("fatura cancelada", default=False)
    leitura_retida = models.BooleanField("leitura retida", default=False)
    ativa = models.BooleanField("ativa", default=True)
    criada_em = models.DateTimeField("criada em", auto_now_add=True)

    history = HistoricalRecords(excluded_fields=["segredo"])

    class Meta:
        verbose_name = "assinatura de avisos"
        verbose_name_plural = "assinaturas de avisos"

    def __str__(self) -> str:
        return self.nome

    def clean(self) -> None:
        """The address is one that may be called.

        Raises:
            ValidationError: on `url`.
        """
        partes = _partes(self.url)
        if partes is None:
            raise recusar_campo(
                "url",
                "Endereço inválido. Escreva https://servidor/caminho, sem usuário nem senha.",
                "ENDERECO_INVALIDO",
            )
        permitido = HostPermitido.objects.filter(host=partes.hostname).first()
        if permitido is None:
            raise recusar_campo(
                "url",
                f"O host {partes.hostname} não está entre os permitidos. Um administrador o "
                "permite em Hosts permitidos.",
                "HOST_NAO_PERMITIDO",
            )
        if partes.scheme != "https" and not permitido.interno:
            raise recusar_campo(
                "url", "Use https://; só um host da rede interna aceita http.", "SEM_TLS"
            )


def _partes(url: str) -> Any:
    """The address taken apart, None when it is not one that we call."""
    try:
        partes = urlsplit(url)
        porta_valida = partes.port is None or partes.port > 0
    except ValueError:
        return None
    boa = (
        partes.scheme in ("http", "https")
        and partes.hostname
        and porta_valida
        and partes.username is None
        and partes.password is None
        and not partes.fragment
        and url.isascii()
        and url.isprintable()
        and " " not in url
    )
    return partes if boa else None


class Aviso(models.Model):
    """The outbox: one event for one subscriber, written in the transaction of the event."""

    class Situacao(models.TextChoices):
        PENDENTE = "PENDENTE", "Pendente"
        ENTREGUE = "ENTREGUE", "Entregue"
        FALHOU = "FALHOU", "Não entregue"

    identificador = models.UUIDField("identificador", default=uuid.uuid4, unique=True)
    assinatura = models.ForeignKey(
        Assinatura, on_delete=models.PROTECT, verbose_name="assinatura", related_name="avisos"
    )
    evento = TextoField("evento", max_length=30, choices=Assinatura.Evento)
    objeto_id = models.BigIntegerField("número do registro")
    dados = models.JSONField("dados")
    criado_em = models.DateTimeField("criado em")
    situacao = TextoField("situação", max_length=10, choices=Situacao, default=Situacao.PENDENTE)
    tentativas = models.PositiveSmallIntegerField("tentativas", default=0)
    proxima_em = models.DateTimeField("próxima tentativa", null=True, blank=True)
    entregue_em = models.DateTimeField("entregue em", null=True, blank=True)
    resposta = TextoField("última resposta", max_length=300, blank=True)
    pedido_por = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name="reenvio pedido por",
        related_name="+",
    )

    class Meta:
        verbose_name = "aviso"
        verbose_name_plural = "avisos"
        permissions = [("reenviar_aviso", "Pode reenviar avisos")]
        constraints = [
            constraint_de_escolha(
                "evento",
                ["fatura.emitida", "fatura.paga", "fatura.cancelada", "leitura.retida"],
                "aviso_evento_conhecido",
            ),
            constraint_de_escolha(
                "situacao", ["PENDENTE", "ENTREGUE", "FALHOU"], "aviso_situacao_conhecida"
            ),
            models.CheckConstraint(
                condition=models.Q(situacao="PENDENTE", proxima_em__isnull=False)
                | (~models.Q(situacao="PENDENTE") & models.Q(proxima_em__isnull=True)),
                name="aviso_pendente_tem_proxima_tentativa",
                violation_error_message="Só um aviso pendente tem próxima tentativa.",
            ),
        ]
        indexes = [
            # What is due: of millions delivered, the few that wait.
            models.Index(
                fields=["proxima_em", "id"],
                condition=models.Q(situacao="PENDENTE"),
                name="aviso_por_enviar",
            ),
            models.Index(fields=["evento", "objeto_id"], name="aviso_do_objeto"),
        ]

    def __str__(self) -> str:
        return f"{self.get_evento_display()} {self.objeto_id} para {self.assinatura}"
