"""Chainable queries over supply points, meters and readings. None reads the clock."""

from datetime import date, datetime
from typing import Any, Self

from django.db import models
from django.db.models import OuterRef, Prefetch, Subquery

import comum.django_base.listas  # noqa: F401 - registers `um_de`
from comum.periodos import primeiro_instante


class UnidadeConsumidoraQuerySet(models.QuerySet[Any]):
    def ativas(self) -> Self:
        return self.filter(situacao=self.model.Situacao.ATIVA)

    def com_titular(self) -> Self:
        """Brings the active meter and its customer as `medidor_ativo_lista`."""
        medidores = self.model._meta.get_field("medidores").related_model.objects
        return self.prefetch_related(
            Prefetch(
                "medidores",
                queryset=medidores.ativos().select_related("cliente"),
                to_attr="medidor_ativo_lista",
            )
        )

    def com_titular_id(self) -> Self:
        """Each with `titular_id`: the customer of its active meter, or None."""
        medidores = self.model._meta.get_field("medidores").related_model.objects
        ativo = medidores.ativos().filter(unidade=OuterRef("pk"))
        return self.annotate(titular_id=Subquery(ativo.values("cliente_id")[:1]))


class MedidorQuerySet(models.QuerySet[Any]):
    def ativos(self) -> Self:
        return self.filter(data_retirada__isnull=True)

    def com_relacionados(self) -> Self:
        return self.select_related("cliente", "unidade")


class LeituraQuerySet(models.QuerySet[Any]):
    def validas(self) -> Self:
        return self.filter(situacao=self.model.Situacao.VALIDA)

    def retidas(self) -> Self:
        return self.filter(situacao=self.model.Situacao.RETIDA)

    def medidas(self) -> Self:
        """Valid ones that a register really showed: an estimate is no neighbour to judge by."""
        return self.validas().exclude(origem=self.model.Origem.ESTIMADA)

    def vigentes(self) -> Self:
        """Those that occupy their instant: valid or held."""
        return self.filter(situacao__in=[self.model.Situacao.VALIDA, self.model.Situacao.RETIDA])

    def nos_dias(self, de: date, ate: date) -> Self:
        """Readings whose São Paulo day is in `[de, ate)`."""
        return self.filter(
            data_leitura__gte=primeiro_instante(de), data_leitura__lt=primeiro_instante(ate)
        )

    def ate_o_instante(self, instante: datetime) -> Self:
        return self.filter(data_leitura__lte=instante)

    def com_relacionados(self) -> Self:
        return self.select_related("medidor", "medidor__cliente", "medidor__unidade")


class RetidasManager(models.Manager.from_queryset(LeituraQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        return super().get_queryset().retidas()
