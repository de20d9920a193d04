"""Bulk actions on invoices. Each only translates: the service decides."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from comum.django_base.em_lote import Confirmacao, acao_em_lote
from comum.texto import com_numero
from faturamento.servicos.emissao import emitir_faturas
from faturamento.servicos.execucao import descartar_rascunhos

RECUSAS_MOSTRADAS = 10


@acao_em_lote(
    Confirmacao(
        titulo="Emitir",
        botao="Emitir",
        explicacao="Cada fatura emitida recebe número e não se edita mais. O rascunho que não "
        "puder ser emitido fica como está, e a lista diz por quê.",
    ),
    permissoes=["emitir"],
    descricao="Emitir rascunhos selecionados",
)
def emitir_selecionadas(modeladmin: Any, request: HttpRequest, queryset: Any) -> None:
    ids = list(queryset.values_list("pk", flat=True))
    resultado = emitir_faturas(ids, agora=timezone.now())
    for recusa in resultado.recusas[:RECUSAS_MOSTRADAS]:
        modeladmin.message_user(request, recusa.mensagem, messages.WARNING)
    if (resto := len(resultado.recusas) - RECUSAS_MOSTRADAS) > 0:
        frase = f"E mais {com_numero(resto, 'não emitida', 'não emitidas')}."
        modeladmin.message_user(request, frase, messages.WARNING)
    for fatura in modeladmin.model.objects.filter(pk__in=resultado.emitidas).order_by("pk"):
        modeladmin.log_change(request, fatura, "Emitida pela ação em lote.")
    if resultado.emitidas:
        frase = f"{com_numero(len(resultado.emitidas), 'fatura emitida')}."
        modeladmin.message_user(request, frase, messages.SUCCESS)


@acao_em_lote(
    Confirmacao(
        titulo="Descartar rascunhos",
        botao="Descartar",
        explicacao="Os rascunhos são apagados, e as unidades podem ser faturadas de novo. Fatura "
        "já emitida fica como está.",
        perigo=True,
    ),
    permissoes=["descartar"],
    descricao="Descartar rascunhos selecionados",
)
def descartar_selecionados(modeladmin: Any, request: HttpRequest, queryset: Any) -> None:
    selecionadas = queryset.count()
    ids = list(queryset.em_rascunho().values_list("pk", flat=True))
    descartados = descartar_rascunhos(ids, agora=timezone.now())
    frase = f"{com_numero(descartados, 'rascunho descartado')}."
    if outras := selecionadas - descartados:
        eram = "não era rascunho e ficou como estava"
        frase += f" {com_numero(outras, eram, 'não eram rascunho e ficaram como estavam')}."
    nivel = messages.SUCCESS if descartados else messages.WARNING
    modeladmin.message_user(request, frase, nivel)
