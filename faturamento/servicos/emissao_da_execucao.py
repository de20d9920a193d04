"""The issue that a run leaves for its end: what waited for its group, and the drafts there were.

Every worker that finds no lot left takes part, lot by lot; whoever closes the run goes over the
scope once more. A block of drafts is issued in one transaction, so whoever dies leaves the rest
as drafts, and the next one takes them up.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from faturamento.models import ExecucaoFaturamento, LoteFaturamento
from faturamento.servicos.conferencia_de_grupos import conferir_grupos
from faturamento.servicos.emissao import em_blocos, emitir_faturas
from faturamento.servicos.escopo import Escopo
from faturamento.servicos.lotes import CHAVE_DO_LOTE, vez
from faturamento.servicos.parametros import Parametros

Relogio = Callable[[], datetime]
Contar = Callable[[], object]


def emitir_por_lotes(
    execucao: ExecucaoFaturamento, parametros: Parametros, *, relogio: Relogio, contar: Contar
) -> None:
    """Checks the groups of a run whose lots are done, and issues what no group holds.

    Workers share the lots: one that another is at is left to it. `contar` is called before
    the first and after each.
    """
    conferir_grupos(execucao, agora=relogio())
    if not execucao.emitir:
        return
    rascunhos = execucao.faturas.fora_de_conferencia()
    # Nothing more once it is cancelled.
    rascunhos = rascunhos.filter(execucao__situacao=ExecucaoFaturamento.Situacao.ABERTA)
    if not rascunhos.exists():
        return
    feitos = execucao.lotes.filter(situacao=LoteFaturamento.Situacao.FEITO, faturadas__gt=0)
    faixas = list(feitos.order_by("ordem").values_list("pk", "unidade_de", "unidade_ate"))
    contar()
    for lote_id, de, ate in faixas:
        with vez(CHAVE_DO_LOTE + lote_id) as minha:
            if minha:
                do_lote = rascunhos.filter(unidade__gte=de, unidade__lte=ate).values_list(
                    "pk", flat=True
                )
                emitir_faturas(do_lote, agora=relogio(), parametros=parametros)
        contar()


def emitir_o_resto(escopo: Escopo, parametros: Parametros, *, relogio: Relogio) -> None:
    """Issues every draft of the scope that waits for nobody, whichever run made it."""
    rascunhos: Any = escopo.rascunhos()
    for bloco in em_blocos(rascunhos.fora_de_conferencia()):
        emitir_faturas(bloco, agora=relogio(), parametros=parametros)
