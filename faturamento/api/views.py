"""Invoices over REST."""

from typing import Any

from django.utils import timezone

from comum.django_base.api.views import RecursoViewSet
from comum.django_base.gravacao import em_transacao
from comum.periodos import dia_civil
from faturamento.api.atos_da_fatura import AtosDaFatura
from faturamento.api.filters import FaturaFilter
from faturamento.api.serializers import (
    FaturaAlteracaoSerializer,
    FaturaResumoSerializer,
    FaturaSerializer,
)
from faturamento.models import Fatura
from faturamento.servicos.avulsas import (
    alterar_fatura_avulsa,
    criar_fatura_avulsa,
    excluir_fatura,
)
from faturamento.servicos.baixa import mudar_status_pagamento


class FaturaViewSet(AtosDaFatura, RecursoViewSet):
    """An invoice. What a run issued is read here; what is written here is AVULSA."""

    queryset = Fatura.objects.all()
    serializer_class = FaturaSerializer
    lista_serializer_class = FaturaResumoSerializer
    alteracao_serializer_class = FaturaAlteracaoSerializer
    filterset_class = FaturaFilter
    nao_encontrado = "Fatura {} não encontrada."
    textos = {
        "list": "O `demonstrativo` vem só na consulta de uma fatura.",
        "create": "Cria uma fatura AVULSA, emitida na hora e sem número.",
        "update": (
            "O `status_pagamento` muda em qualquer fatura emitida: PAGA registra um pagamento "
            "manual do que falta, PENDENTE estorna os manuais. O `valor` só muda na fatura avulsa "
            "sem pagamento; na que veio do faturamento é 409: cancele e refature."
        ),
        "destroy": "Só se exclui rascunho, ou fatura avulsa sem pagamento.",
    }

    def get_queryset(self) -> Any:
        faturas = super().get_queryset()
        return faturas.defer("demonstrativo") if self.action == "list" else faturas

    def criar(self, dados: dict[str, Any]) -> Fatura:
        agora = timezone.now()
        hoje = dia_civil(agora)
        with em_transacao():
            fatura = criar_fatura_avulsa(
                cliente=dados["cliente"],
                valor=dados["valor"],
                mes_referencia=dados.get("mes_referencia", hoje),
                data_emissao=dados.get("data_emissao", hoje),
                data_vencimento=dados.get("data_vencimento"),
                agora=agora,
            )
            return self.mudar_status(fatura, dados)

    def alterar(self, fatura: Fatura, dados: dict[str, Any]) -> Fatura:
        with em_transacao():
            if "valor" in dados:
                fatura = alterar_fatura_avulsa(fatura_id=fatura.pk, valor=dados["valor"])
            return self.mudar_status(fatura, dados)

    def mudar_status(self, fatura: Fatura, dados: dict[str, Any]) -> Fatura:
        if "status_pagamento" not in dados:
            return fatura
        agora = timezone.now()
        return mudar_status_pagamento(
            fatura_id=fatura.pk,
            status=dados["status_pagamento"],
            hoje=dia_civil(agora),
            agora=agora,
            usuario_id=self.request.user.pk,
        )

    def apagar(self, fatura: Fatura) -> None:
        excluir_fatura(fatura, agora=timezone.now())
