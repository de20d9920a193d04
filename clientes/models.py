"""Customers."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from clientes.querysets import ClienteQuerySet
from comum.django_base.modelos import TextoField, hoje, recusar_campo
from comum.documentos import formatar_documento, normalizar_documento
from comum.erros import DadoInvalidoError
from comum.texto import sem_acentos


class Cliente(models.Model):
    """A person or a company that is billed."""

    nome = TextoField("nome", max_length=200)
    nome_busca = TextoField("nome para busca", max_length=400, editable=False, db_index=True)
    documento = TextoField(
        "CPF ou CNPJ",
        max_length=14,
        unique=True,
        null=True,
        blank=True,
        help_text="Com ou sem pontuação; pode ficar em branco.",
        error_messages={"unique": "Já existe um cliente com este CPF ou CNPJ."},
    )
    endereco = TextoField("endereço", max_length=300, blank=True)
    telefone = TextoField("telefone", max_length=30, blank=True)
    email_cliente = models.EmailField("e-mail", blank=True)
    data_cadastro = models.DateField("data de cadastro", default=hoje, editable=False)

    history = HistoricalRecords(excluded_fields=["nome_busca"], verbose_name="histórico de cliente")
    objects = ClienteQuerySet.as_manager()

    class Meta:
        verbose_name = "cliente"
        verbose_name_plural = "clientes"
        permissions = [("ver_documento", "Pode ver CPF e CNPJ por inteiro")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(nome=""),
                name="cliente_com_nome",
                violation_error_message="O cliente precisa de um nome.",
            ),
            models.CheckConstraint(
                condition=models.Q(documento__isnull=True) | ~models.Q(documento=""),
                name="cliente_documento_nulo_ou_preenchido",
                violation_error_message="Sem documento, deixe o campo nulo, não vazio.",
            ),
        ]

    def __str__(self) -> str:
        return self.nome

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.nome_busca = sem_acentos(self.nome)
        campos = kwargs.get("update_fields")
        if campos is not None and "nome" in campos:
            kwargs["update_fields"] = {*campos, "nome_busca"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Brings name and document to the one stored form."""
        self.nome = " ".join((self.nome or "").split())
        if not self.nome:
            raise recusar_campo("nome", "Informe o nome do cliente.", "NOME_VAZIO")
        documento = (self.documento or "").strip()
        try:
            self.documento = normalizar_documento(documento) if documento else None
        except DadoInvalidoError as erro:
            raise recusar_campo("documento", str(erro), erro.codigo) from erro

    @property
    def documento_formatado(self) -> str:
        return formatar_documento(self.documento or "")
