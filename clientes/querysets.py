"""Chainable queries over customers."""

from typing import Any, Self

from django.db import models

from comum.texto import sem_acentos


class ClienteQuerySet(models.QuerySet[Any]):
    def com_nome(self, trecho: str) -> Self:
        """Names that contain `trecho`, whatever the case and the accents."""
        return self.filter(nome_busca__contains=sem_acentos(trecho))
