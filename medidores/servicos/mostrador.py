"""What the dials last showed, and what they may show now: for the field, and for who types."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from comum.erros import NaoEncontradoError
from comum.vocabulario import Modalidade, Registrador
from medidores.calculo.critica import Limites, Mostrador, faixa_esperada
from medidores.calculo.historico import Historico
from medidores.models import Medidor, UnidadeConsumidora
from medidores.servicos.julgamento import historicos_ate, limites_por_classe

MEDIDORES_POR_VEZ = 1_000


class NoMostrador(NamedTuple):
    """What a register last showed, and what it may show at an instant without a doubt."""

    registrador: Registrador
    ultima_kwh: Decimal | None = None
    ultima_em: datetime | None = None
    menor_kwh: Decimal | None = None
    maior_kwh: Decimal | None = None


class ALer(NamedTuple):
    """A register to be read in the field."""

    medidor: Medidor
    no_mostrador: NoMostrador


def ver_mostrador(
    medidor: Medidor, *, registradores: Iterable[Registrador], instante: datetime
) -> list[NoMostrador]:
    """What each register last showed, and the range that the crítica lets pass."""
    limites = limites_por_classe()[medidor.unidade.classe]
    vistos = []
    for registrador in registradores:
        historico = historicos_ate([medidor], registrador=registrador, antes_de=instante)
        vistos.append(_ver(medidor, registrador, historico.get(medidor.pk), limites, instante))
    return vistos


def _ver(
    medidor: Medidor,
    registrador: Registrador,
    historico: Historico | None,
    limites: Limites,
    instante: datetime,
) -> NoMostrador:
    if historico is None:
        return NoMostrador(registrador)
    mostrador = Mostrador(
        medidor.digitos, medidor.constante, medidor.data_instalacao, medidor.data_retirada
    )
    faixa = faixa_esperada(historico, instante=instante, limites=limites, mostrador=mostrador)
    return NoMostrador(
        registrador, historico.leitura_kwh, historico.instante, *(faixa or (None, None))
    )


def listar_para_leitura(*, grupo_leitura: str, instante: datetime) -> Iterator[ALer]:
    """Each register of the active meters of a reading group, in order of address and UC.

    Memory does not grow with the group.

    Raises:
        NaoEncontradoError: no UC is in the group.
    """
    if not UnidadeConsumidora.objects.filter(grupo_leitura=grupo_leitura).exists():
        raise NaoEncontradoError(
            f"Não há unidade no grupo de leitura {grupo_leitura[:40]!r}. Confira o grupo no "
            "cadastro das unidades.",
            codigo="GRUPO_DESCONHECIDO",
        )
    medidores = (
        Medidor.objects.ativos()
        .filter(unidade__grupo_leitura=grupo_leitura)
        .exclude(unidade__situacao=UnidadeConsumidora.Situacao.DESLIGADA)
        .select_related("unidade")
        .order_by("unidade__endereco", "unidade__codigo", "pk")
        .iterator(MEDIDORES_POR_VEZ)
    )
    limites = limites_por_classe()
    while lote := list(islice(medidores, MEDIDORES_POR_VEZ)):
        yield from _listar_lote(lote, limites, instante)


def _listar_lote(
    lote: Sequence[Medidor], limites: dict[str, Limites], instante: datetime
) -> Iterator[ALer]:
    a_ler = {m.pk: Modalidade(m.unidade.modalidade).registradores for m in lote}
    historicos = {
        registrador: historicos_ate(
            [m for m in lote if registrador in a_ler[m.pk]],
            registrador=registrador,
            antes_de=instante,
        )
        for registrador in sorted({r for registradores in a_ler.values() for r in registradores})
    }
    for medidor in lote:
        for registrador in a_ler[medidor.pk]:
            historico = historicos[registrador].get(medidor.pk)
            limite = limites[medidor.unidade.classe]
            yield ALer(medidor, _ver(medidor, registrador, historico, limite, instante))
