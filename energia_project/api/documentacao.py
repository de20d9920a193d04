"""The schema and its page; both ask for a login, neither needs the internet."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from comum.django_base.api.views import SemCacheMixin
from energia_project.api.autenticacao import SessaoAuthentication


class EsquemaView(SemCacheMixin, SpectacularJSONAPIView):
    """OpenAPI 3.1, as JSON."""


class PaginaView(SemCacheMixin, SpectacularSwaggerSplitView):
    """Swagger UI, from our own files; who has no session goes to the login and comes back."""

    authentication_classes = [SessaoAuthentication]
    url_name = "openapi"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)
