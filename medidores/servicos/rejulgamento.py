"""Held readings judged again, when what stands before them has changed."""

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal

from medidores.calculo.critica import Destino, Mostrador, julgar_leitura
from medidores.calculo.decisao import OCORRENCIA_DE_CAMPO
from medidores.calculo.historico import Historico
from medidores.models import Leitura
from medidores.servicos.faturado import faturado_ate_por_unidade
from medidores.servicos.julgamento import historicos_ate, limites_por_classe


def rejulgar_seguintes(
    leitura: Leitura, *, agora: datetime, preservar: Collection[int] = ()
) -> list[Leitura]:
    """Judges the held readings of the register after this one; returns those set free.

    One pass, in order of instant: what is set free is a neighbour of the next.
    What is still held says the reason that holds now. Those of an occurrence in
    the field, and those in `preservar`, wait for a person. Runs in the caller's
    transaction, under the UC's lock.
    """
    do_registrador = Leitura.objects.filter(
        medidor=leitura.medidor_id, registrador=leitura.registrador
    )
    retidas = list(
        do_registrador.retidas()
        .filter(data_leitura__gt=leitura.data_leitura)
        .exclude(ocorrencia=OCORRENCIA_DE_CAMPO)
        .exclude(pk__in=preservar)
        .order_by("data_leitura", "pk")
    )
    if not retidas:
        return []
    primeira = retidas[0].data_leitura
    medidas = do_registrador.medidas().filter(data_leitura__gte=primeira)
    vizinhas = list(
        medidas.order_by("data_leitura", "pk").values_list("data_leitura", "leitura_kwh")
    )
    return list(_percorrer(leitura, retidas, vizinhas, agora))


def _percorrer(
    leitura: Leitura,
    retidas: list[Leitura],
    vizinhas: list[tuple[datetime, Decimal]],
    agora: datetime,
) -> Iterator[Leitura]:
    medidor = leitura.medidor
    unidade = medidor.unidade
    historicos = historicos_ate(
        [medidor], registrador=leitura.registrador, antes_de=retidas[0].data_leitura
    )
    historico = historicos.get(medidor.pk) or Historico(
        digitos=medidor.digitos, constante=medidor.constante
    )
    mostrador = Mostrador(
        medidor.digitos, medidor.constante, medidor.data_instalacao, medidor.data_retirada
    )
    faturado_ate = faturado_ate_por_unidade([unidade.pk]).get(unidade.pk)
    limites = limites_por_classe()[unidade.classe]
    posicao = 0
    for retida in retidas:
        while posicao < len(vizinhas) and vizinhas[posicao][0] < retida.data_leitura:
            historico.juntar(*vizinhas[posicao])
            posicao += 1
        julgamento = julgar_leitura(
            leitura_kwh=retida.leitura_kwh,
            data_leitura=retida.data_leitura,
            mostrador=mostrador,
            historico=historico,
            posterior_kwh=vizinhas[posicao][1] if posicao < len(vizinhas) else None,
            faturado_ate=faturado_ate,
            limites=limites,
            agora=agora,
        )
        if julgamento.destino is Destino.RECUSADA:
            continue
        livre = julgamento.destino is Destino.ACEITA
        if not livre and julgamento.explicacao == retida.explicacao:
            continue
        retida.situacao = Leitura.Situacao.VALIDA if livre else Leitura.Situacao.RETIDA
        retida.ocorrencia = julgamento.codigo
        retida.explicacao = julgamento.explicacao
        retida._change_reason = (  # type: ignore[attr-defined]
            f"Julgada de novo depois da leitura {leitura.pk}."
        )
        retida.save()
        if livre:
            historico.juntar(retida.data_leitura, retida.leitura_kwh)
            yield retida
