"""OPTIONS: which methods a route takes. The schema says the rest."""

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request


class Metadados(BaseMetadata):
    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        return {"metodos": view.allowed_methods, "esquema": "/openapi.json"}
