"""Routes: the admin, the API at the root, its schema, and the health check."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

# A page for browsers, the shape of the API for programs.
handler404 = "energia_project.api.erros.responder_404"
handler500 = "energia_project.api.erros.responder_500"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="raiz"),
    path("admin/", admin.site.urls),
    path("", include("energia_project.api.rotas")),
]
