"""Routes of the API, at the root: singular, with and without the last slash."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from clientes.api.views import ClienteViewSet
from energia_project.api.acesso import SaidaView, TokenView
from energia_project.api.documentacao import EsquemaView, PaginaView
from energia_project.api.saude import saude
from faturamento.api.execucoes import ExecucaoViewSet
from faturamento.api.pagamentos import PagamentoViewSet
from faturamento.api.parametros import BandeiraViewSet, TarifaViewSet
from faturamento.api.simulacao import SimulacaoView
from faturamento.api.views import FaturaViewSet
from medidores.api.unidades import UnidadeViewSet
from medidores.api.views import LeituraViewSet, MedidorViewSet


class RotasRouter(SimpleRouter):
    """SimpleRouter: the default one also serves `/cliente.json`."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


rotas = RotasRouter()
rotas.register("cliente", ClienteViewSet)
rotas.register("unidade", UnidadeViewSet)
rotas.register("medidor", MedidorViewSet)
rotas.register("leitura", LeituraViewSet)
rotas.register("fatura", FaturaViewSet)
rotas.register("pagamento", PagamentoViewSet)
rotas.register("execucao", ExecucaoViewSet)
rotas.register("tarifa", TarifaViewSet)
rotas.register("bandeira", BandeiraViewSet)

urlpatterns: list[URLPattern | URLResolver] = [
    *rotas.urls,
    re_path(r"^auth/token/?$", TokenView.as_view(), name="token"),
    re_path(r"^auth/logout/?$", SaidaView.as_view(), name="sair"),
    re_path(r"^simulacao/?$", SimulacaoView.as_view(), name="simulacao"),
    path("openapi.json", EsquemaView.as_view(), name="openapi"),
    re_path(r"^docs/?$", PaginaView.as_view(), name="docs"),
    re_path(r"^saude/?$", saude, name="saude"),
]
