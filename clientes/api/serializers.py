"""Customers, as the API reads and writes them."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from comum.django_base.api.campos import DocumentoField, EmailField, TextoField
from comum.django_base.api.serializers import AlteracaoMixin, RecursoSerializer


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "cliente",
            request_only=True,
            value={
                "nome": "Maria da Conceição",
                "endereco": "Rua das Acácias, 10",
                "telefone": "(11) 99999-0000",
                "email_cliente": "maria@exemplo.com.br",
                "documento": "529.982.247-25",
            },
        )
    ]
)
class ClienteSerializer(RecursoSerializer):
    id_cliente = serializers.IntegerField(source="pk", read_only=True)
    nome = TextoField(max_length=200, help_text="Nome da pessoa ou razão social.")
    endereco = TextoField(max_length=300, required=False, allow_blank=True)
    telefone = TextoField(max_length=30, required=False, allow_blank=True)
    email_cliente = EmailField(max_length=254, required=False, allow_blank=True)
    documento = DocumentoField(
        permissao="clientes.ver_documento",
        max_length=40,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text=(
            "CPF ou CNPJ, com ou sem pontuação. Sai sem pontuação a quem pode vê-lo; aos outros, "
            "com asteriscos (***.456.789-**), e assim devolvido numa alteração não muda nada."
        ),
    )
    data_cadastro = serializers.DateField(read_only=True)


@extend_schema_serializer(
    examples=[OpenApiExample("telefone", request_only=True, value={"telefone": "(11) 98888-0000"})]
)
class ClienteAlteracaoSerializer(AlteracaoMixin, ClienteSerializer):
    pass
