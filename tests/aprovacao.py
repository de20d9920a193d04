"""The second person of the tests."""

from datetime import UTC, datetime

from django.contrib.auth.models import User

from faturamento.models import PedidoDeAprovacao
from faturamento.servicos.aprovacoes import aprovar

DECISAO_EM = datetime(2026, 2, 11, 12, tzinfo=UTC)


def segunda_pessoa() -> User:
    pessoa, _ = User.objects.get_or_create(
        username="segunda", defaults={"is_staff": True, "is_superuser": True}
    )
    return pessoa


def aprovar_o_que_espera() -> PedidoDeAprovacao:
    """Another superuser approves the one pedido that waits; returns it."""
    pedido = PedidoDeAprovacao.objects.get(situacao="PENDENTE")
    return aprovar(pedido_id=pedido.pk, agora=DECISAO_EM, usuario_id=segunda_pessoa().pk)
