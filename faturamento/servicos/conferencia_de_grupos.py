"""Reading groups with too many UCs pending: none of their drafts is issued until a person says so.

The share of a group is known when its last lot is done, so with `--emitir` the lots of a run leave
drafts of the groups that a limit may hold, and these are issued at the run's end
(`emissao_da_execucao`). A run of one lot knows it in that lot.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, F

from faturamento.calculo.conferencia_de_rascunhos import CEM, Achado, conferir_grupo
from faturamento.models import (
    AlertaDeGrupo,
    ExecucaoFaturamento,
    Fatura,
    LimiteDoGrupo,
    LoteFaturamento,
)
from medidores.models import UnidadeConsumidora

GRUPO = F("unidade__grupo_leitura")


def conferir_grupos(execucao: ExecucaoFaturamento, *, agora: datetime) -> list[AlertaDeGrupo]:
    """Holds the groups of a run of which too many UCs are pending; called when its lots are done.

    The share is of the month: pending in this run, of those and whoever has an invoice of the
    month, whichever run made it. So the run that bills what was mended lets go of a group that
    an earlier one holds. UCs without a group are not held together by anything and are left
    out. Again is harmless.
    """
    pendentes = _por_grupo(execucao.pendencias.all())
    limites = _limites()
    abertos = _alertas_de_outras(execucao)
    if not abertos and not any(_limite(limites, nome) for nome in pendentes):
        return []
    faturadas = _faturadas_no_mes(execucao, None)
    achados = {
        nome: achado
        for nome in sorted({*pendentes, *abertos})
        if (achado := _conferir(nome, pendentes, faturadas, limites))
    }
    if em_ordem := [nome for nome in abertos if nome not in achados]:
        AlertaDeGrupo.objects.em_aberto().filter(
            execucao__mes_referencia=execucao.mes_referencia, grupo_leitura__in=em_ordem
        ).exclude(execucao=execucao).update(
            liberado_em=agora, motivo=f"Pendentes dentro do limite na {execucao}."
        )
    return AlertaDeGrupo.objects.bulk_create(
        (
            AlertaDeGrupo(
                execucao=execucao,
                grupo_leitura=nome,
                codigo=achado.codigo,
                mensagem=achado.mensagem,
                registrado_em=agora,
            )
            for nome, achado in achados.items()
            if pendentes.get(nome)
        ),
        ignore_conflicts=True,
    )


def separar_por_grupo(
    lote: LoteFaturamento,
    em_ordem: Sequence[Fatura],
    *,
    faturas: Iterable[Fatura],
    pendentes: Iterable[UnidadeConsumidora],
) -> list[Fatura]:
    """Of the drafts of a lot that are in order, those that no group can hold any more.

    `faturas` and `pendentes` are all of the lot, not yet written: where it is the run's only
    lot, they say the share.
    """
    limites = _limites()
    seguraveis = {nome for f in em_ordem if _limite(limites, nome := _grupo_de(f.unidade))}
    if not seguraveis:
        return list(em_ordem)
    if not lote.execucao.lotes.exclude(pk=lote.pk).exists():
        por_fatura = Counter(_grupo_de(fatura.unidade) for fatura in faturas)
        faturadas = por_fatura + Counter(_faturadas_no_mes(lote.execucao, seguraveis))
        contadas = Counter(_grupo_de(unidade) for unidade in pendentes)
        seguraveis = {nome for nome in seguraveis if _conferir(nome, contadas, faturadas, limites)}
    return [fatura for fatura in em_ordem if _grupo_de(fatura.unidade) not in seguraveis]


def _grupo_de(unidade: UnidadeConsumidora | None) -> str:
    return unidade.grupo_leitura if unidade else ""


def _limites() -> dict[str, LimiteDoGrupo]:
    return {limite.grupo_leitura: limite for limite in LimiteDoGrupo.objects.all()}


def _limite(limites: Mapping[str, LimiteDoGrupo], nome: str) -> LimiteDoGrupo | None:
    """What may hold the group; 100 % never holds."""
    if not nome:
        return None
    limite = limites.get(nome) or limites.get("")
    return limite if limite and limite.percentual_pendente < CEM else None


def _conferir(
    nome: str,
    pendentes: Mapping[str, int],
    faturadas: Mapping[str, int],
    limites: Mapping[str, LimiteDoGrupo],
) -> Achado | None:
    quantas = pendentes.get(nome, 0)
    total = quantas + faturadas.get(nome, 0)
    limite = _limite(limites, nome)
    if limite is None or total < limite.unidades_minimas:
        return None
    return conferir_grupo(
        nome, pendentes=quantas, total=total, percentual_maximo=limite.percentual_pendente
    )


def _alertas_de_outras(execucao: ExecucaoFaturamento) -> set[str]:
    """The groups in this run's scope that another run of the month holds."""
    alertas = AlertaDeGrupo.objects.em_aberto().filter(
        execucao__mes_referencia=execucao.mes_referencia
    )
    if execucao.grupo_leitura:
        alertas = alertas.filter(grupo_leitura=execucao.grupo_leitura)
    return set(alertas.exclude(execucao=execucao).values_list("grupo_leitura", flat=True))


def _faturadas_no_mes(execucao: ExecucaoFaturamento, nomes: Iterable[str] | None) -> dict[str, int]:
    faturas = Fatura.objects.do_mes_da_unidade().do_mes(execucao.mes_referencia)
    if nomes is not None:
        faturas = faturas.filter(unidade__grupo_leitura__in=list(nomes))
    return _por_grupo(faturas)


def _por_grupo(linhas: Any) -> dict[str, int]:
    com_grupo: Iterator[tuple[str, int]] = (
        linhas.exclude(unidade__grupo_leitura="")
        .order_by()
        .values_list(GRUPO)
        .annotate(n=Count("pk"))
    )
    return dict(com_grupo)
