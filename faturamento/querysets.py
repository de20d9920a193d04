"""Chainable queries over invoices, runs and dated rows. None reads the clock."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q


class VigenciaQuerySet(models.QuerySet[Any]):
    def em(self, dia: date) -> Self:
        """Rows that hold on `dia`."""
        return self.filter(
            Q(vigente_ate__isnull=True) | Q(vigente_ate__gt=dia), vigente_de__lte=dia
        )

    def no_periodo(self, de: date, ate: date | None) -> Self:
        """Rows that hold on some day of `[de, ate)`; `ate` None means for ever."""
        linhas = self.filter(Q(vigente_ate__isnull=True) | Q(vigente_ate__gt=de))
        return linhas if ate is None else linhas.filter(vigente_de__lt=ate)


class FaturaQuerySet(models.QuerySet[Any]):
    def do_mes(self, mes_referencia: date) -> Self:
        """Invoices of a month, named by its first day."""
        return self.filter(mes_referencia=mes_referencia)

    def nao_canceladas(self) -> Self:
        return self.exclude(situacao=self.model.Situacao.CANCELADA)

    def em_rascunho(self) -> Self:
        return self.filter(situacao=self.model.Situacao.RASCUNHO)

    def de_ciclo(self) -> Self:
        """Invoices that billed readings: everything but AVULSA."""
        return self.exclude(origem=self.model.Origem.AVULSA)

    def do_mes_da_unidade(self) -> Self:
        """Those of which a UC has one a month: CICLO and REFATURAMENTO, not cancelled."""
        return self.nao_canceladas().filter(
            origem__in=[self.model.Origem.CICLO, self.model.Origem.REFATURAMENTO]
        )

    def antes_do_mes(self, mes_referencia: date) -> Self:
        """What may stand before a UC's invoice of a month: not that one, nor later drafts.

        The month's own invoice may be a draft being checked again, which is not its own
        predecessor. A draft of a later month waits for this one, and is calculated anew
        after it; an issued one is in the way.
        """
        return self.exclude(
            mes_referencia=mes_referencia,
            origem__in=[self.model.Origem.CICLO, self.model.Origem.REFATURAMENTO],
        ).exclude(mes_referencia__gt=mes_referencia, situacao=self.model.Situacao.RASCUNHO)

    def vencidas(self, *, em: date) -> Self:
        """Issued, not fully paid, due before `em`; a bill of zero is never overdue."""
        return self.filter(
            situacao=self.model.Situacao.EMITIDA, data_vencimento__lt=em, valor__gt=0
        ).exclude(status_pagamento=self.model.StatusPagamento.PAGA)

    def a_vencer(self, *, em: date) -> Self:
        """Issued, not fully paid, due on `em` or later."""
        return self.filter(
            situacao=self.model.Situacao.EMITIDA, data_vencimento__gte=em, valor__gt=0
        ).exclude(status_pagamento=self.model.StatusPagamento.PAGA)

    def a_vencer_ou_pagas(self, *, em: date) -> Self:
        """The complement of `vencidas`."""
        return self.exclude(pk__in=self.model.objects.vencidas(em=em).values("pk"))

    def com_relacionados(self) -> Self:
        return self.select_related("cliente", "unidade")

    def em_conferencia(self) -> Self:
        """Drafts that wait: by an alert of their own, or by that of their group in the run."""
        return self.em_rascunho().filter(self._espera())

    def fora_de_conferencia(self) -> Self:
        """Drafts that wait for nobody."""
        return self.em_rascunho().filter(~self._espera())

    def com_espera(self) -> Self:
        """Each with `espera`: whether an open alert holds it, while it is a draft."""
        return self.annotate(espera=self._espera())

    def _espera(self) -> Any:
        alertas: Any = self.model._meta.get_field("alertas").related_model
        execucoes: Any = self.model._meta.get_field("execucao").related_model
        de_grupo: Any = execucoes._meta.get_field("alertas").related_model
        proprios = alertas.objects.em_aberto().filter(fatura=OuterRef("pk"))
        do_grupo = de_grupo.objects.em_aberto().filter(
            execucao=OuterRef("execucao"), grupo_leitura=OuterRef("unidade__grupo_leitura")
        )
        return Exists(proprios) | Exists(do_grupo)


class LancamentoQuerySet(models.QuerySet[Any]):
    def em_aberto(self) -> Self:
        """Those that no standing invoice took."""
        return self.filter(fatura__isnull=True)

    def ate_o_mes(self, mes_referencia: date) -> Self:
        return self.filter(a_partir_de__lte=mes_referencia)


class AlertaQuerySet(models.QuerySet[Any]):
    def em_aberto(self) -> Self:
        """Those that nobody released."""
        return self.filter(liberado_em__isnull=True)


class PendenciaQuerySet(models.QuerySet[Any]):
    def por_codigo(self) -> dict[str, int]:
        """How many of each code."""
        linhas = self.order_by("codigo").values_list("codigo").annotate(n=Count("pk"))
        return dict(linhas)


class CompetenciaFechadaQuerySet(models.QuerySet[Any]):
    def fechadas(self) -> Self:
        """Those not reopened."""
        return self.filter(reaberta_em__isnull=True)
