"""One lot: computed, written and marked done inside its worker's transaction."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from comum.django_base.instancias import ler_instancias
from faturamento.calculo.formatos import brl
from faturamento.models import Fatura, LoteFaturamento, Pendencia, TentativaLote
from faturamento.servicos.apuracao import (
    Apurada,
    NaoApurada,
    apurar,
    gravar_estimativas,
    rascunhar_fatura,
    recusar_por_erro,
)
from faturamento.servicos.avisos import avisar_emissao
from faturamento.servicos.conferencia_de_grupos import separar_por_grupo
from faturamento.servicos.conferencia_de_rascunhos import Donos, conferir_rascunhos
from faturamento.servicos.emissao import preparar_emissao
from faturamento.servicos.escopo import Escopo
from faturamento.servicos.gravacao_de_faturas import gravar_faturas
from faturamento.servicos.lancamentos import marcar_faturados
from faturamento.servicos.parametros import Parametros
from faturamento.servicos.trilha import anotar_lote
from medidores.models import UnidadeConsumidora
from medidores.servicos.faturado import travar_unidades

VALOR_QUE_NAO_CABE = Decimal(10) ** 10


def faturar_lote(
    lote: LoteFaturamento,
    tentativa: TentativaLote,
    escopo: Escopo,
    parametros: Parametros,
    *,
    agora: datetime,
) -> None:
    """Gives every eligible UC of the lot its outcome; the caller holds the transaction."""
    do_lote = escopo.elegiveis(lote.unidade_de, lote.unidade_ate)
    travadas = list(do_lote.values_list("pk", flat=True))
    travar_unidades(travadas)
    # Asked again under the lock, of these alone: whoever held it may have billed them, and
    # one that became eligible meanwhile is not locked.
    unidades = list(ler_instancias(do_lote.filter(pk__um_de=set(travadas)).order_by("pk")))
    resultados = list(apurar(unidades, escopo.janela, parametros))
    pendentes = [r for r in resultados if isinstance(r, NaoApurada)]
    apuradas = [r for r in resultados if isinstance(r, Apurada)]
    # Estimated readings first: the invoices name them, and issuing freezes what came before.
    gravar_estimativas(apuradas)
    faturas: list[Fatura] = []
    com_lancamentos: set[int] = set()
    for apurada in apuradas:
        try:
            fatura = rascunhar_fatura(apurada, escopo.janela)
        except Exception as erro:
            pendentes.append(recusar_por_erro(apurada.unidade, erro))
            continue
        if fatura.valor >= VALOR_QUE_NAO_CABE:
            pendentes.append(_recusar_valor(apurada.unidade, fatura))
            continue
        fatura.execucao_id = lote.execucao_id
        faturas.append(fatura)
        if apurada.entrada.lancamentos:
            com_lancamentos.add(apurada.unidade.id)
    gravar_pendencias(lote.execucao_id, pendentes, agora=agora)
    lote.situacao = LoteFaturamento.Situacao.FEITO
    lote.elegiveis = len(unidades)
    lote.faturadas = len(faturas)
    lote.pendentes = len(pendentes)
    lote.valor_total = sum((fatura.valor for fatura in faturas), Decimal("0.00"))
    lote.erro = ""
    lote.save()
    tentativa.terminada_em = agora
    tentativa.save(update_fields=["terminada_em"])
    # What is odd stays a draft, for a person to look at.
    donos: Donos = {
        apurada.unidade.id: [trecho.medidor.cliente for trecho in apurada.ciclo.trechos]
        for apurada in apuradas
    }
    conferencia = conferir_rascunhos(faturas, agora=agora, donos=donos)
    a_emitir: list[Fatura] = []
    if lote.execucao.emitir:
        # A group that may be held is issued when its share of pending UCs is known.
        a_emitir = separar_por_grupo(
            lote,
            conferencia.em_ordem,
            faturas=faturas,
            pendentes=[pendente.unidade for pendente in pendentes],
        )
    # Numbers are the last thing asked for: the série's lock is held for the write alone.
    preparar_emissao(a_emitir, parametros, agora=agora)
    gravar_faturas(faturas)
    avisar_emissao(a_emitir, agora=agora)
    conferencia.gravar()
    marcar_faturados([f for f in a_emitir if f.unidade_id in com_lancamentos])
    anotar_lote(lote, a_emitir, agora=agora)


def _recusar_valor(unidade: UnidadeConsumidora, fatura: Fatura) -> NaoApurada:
    """SQLite would keep what its column cannot hold."""
    return NaoApurada(
        unidade,
        "VALOR_EXCESSIVO",
        f"A conta da unidade {unidade} daria {brl(fatura.valor)}, que não cabe em uma fatura. "
        "Confira as leituras, os dígitos e a constante do medidor.",
    )


def gravar_pendencias(
    execucao_id: int, pendentes: Sequence[NaoApurada], *, agora: datetime
) -> None:
    Pendencia.objects.bulk_create(
        Pendencia(
            execucao_id=execucao_id,
            unidade=pendente.unidade,
            codigo=pendente.codigo,
            mensagem=pendente.mensagem[:500],
            registrada_em=agora,
        )
        for pendente in pendentes
    )
