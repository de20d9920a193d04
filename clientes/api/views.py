"""Customers over REST."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from auditoria.servicos.eventos import registrar_consulta
from clientes.api.filters import ClienteFilter
from clientes.api.serializers import ClienteAlteracaoSerializer, ClienteSerializer
from clientes.models import Cliente
from comum.django_base.api.views import RecursoViewSet, preencher, travado
from comum.django_base.gravacao import em_transacao, excluir, gravar


class ClienteViewSet(RecursoViewSet):
    """A customer: `nome` is all that is required."""

    queryset = Cliente.objects.all()
    serializer_class = ClienteSerializer
    alteracao_serializer_class = ClienteAlteracaoSerializer
    filterset_class = ClienteFilter
    nao_encontrado = "Cliente {} não encontrado."
    textos = {"destroy": "O cliente que tem medidores ou faturas não pode ser excluído."}

    def retrieve(self, request: Request, pk: str) -> Response:
        """One customer, to who may see whole documents, is a view of personal data."""
        cliente = self.get_object()
        if request.user.has_perm("clientes.ver_documento"):
            registrar_consulta(cliente, agora=timezone.now())
        return self.responder(cliente)

    def criar(self, dados: dict[str, Any]) -> Cliente:
        return gravar(Cliente(**dados))

    def alterar(self, cliente: Cliente, dados: dict[str, Any]) -> Cliente:
        with em_transacao():
            return gravar(preencher(travado(cliente), dados))

    def apagar(self, cliente: Cliente) -> None:
        excluir(cliente)
