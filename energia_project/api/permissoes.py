"""Who may do what over REST: the permissions of the admin, reading included."""

from typing import Any

from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request

VER = ["%(app_label)s.view_%(model_name)s"]
ATOS = {
    "GET": "ver",
    "HEAD": "ver",
    "OPTIONS": "ver",
    "POST": "criar",
    "PUT": "alterar",
    "PATCH": "alterar",
    "DELETE": "excluir",
}


class PermissoesDeModelo(DjangoModelPermissions):
    """DRF's own default lets any logged-in user read everything.

    A view may say, by action, what an act beyond the five operations asks for:
    `permissoes_dos_atos`.
    """

    perms_map = DjangoModelPermissions.perms_map | {"GET": VER, "HEAD": VER, "OPTIONS": VER}

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_active:
            return False
        plural = self._queryset(view).model._meta.verbose_name_plural
        ato = ATOS.get(request.method or "", "usar")
        self.message = (
            f"Seu usuário não tem permissão para {ato} {plural}. Peça acesso a um administrador."
        )
        exigidas = getattr(view, "permissoes_dos_atos", {}).get(getattr(view, "action", None))
        if exigidas is not None:
            self.message = (
                "Seu usuário não tem todas as permissões que este ato pede. "
                "Peça acesso a um administrador."
            )
            return request.user.has_perms(exigidas)
        return super().has_permission(request, view)

    def _queryset(self, view: Any) -> Any:
        """Only its model is asked for, and that is the view's, whoever looks."""
        declarado = getattr(view, "queryset", None)
        return super()._queryset(view) if declarado is None else declarado
