"""Customers, as the API reads and writes them."""

from rest_framework import serializers

from comum.django_base.api.campos import DocumentoField, EmailField, TextoField
from comum.django_base.api.serializers import AlteracaoMixin, RecursoSerializer


class ClienteSerializer(RecursoSerializer):
    id_cliente = serializers.IntegerField(source="pk", read_only=True)
    nome = TextoField(max_length=200, help_text="Nome da pessoa ou razão social.")
    endereco = TextoField(max_length=300, required=False, allow_blank=True)
    telefone = TextoField(max_length=30, required=False, allow_blank=True)
    email_cliente = EmailField(max_length=254, required=False, allow_blank=True)
    documento = DocumentoField(
        max_length=40,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="CPF ou CNPJ, com ou sem pontuação; sai sem.",
    )
    data_cadastro = serializers.DateField(read_only=True)


class ClienteAlteracaoSerializer(AlteracaoMixin, ClienteSerializer):
    pass
