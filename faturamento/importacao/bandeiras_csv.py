"""ANEEL's file of monthly bandeiras (`bandeira-tarifaria-acionamento.csv`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO

from comum.csv_hostil import LinhaCsv, Recusa, ler_linhas
from comum.erros import DadoInvalidoError
from comum.periodos import mes_seguinte
from comum.texto import sem_acentos
from comum.vocabulario import CorBandeira
from faturamento.importacao.aneel import ler_dia_aneel, ler_numero_aneel

COLUNAS = ("datcompetencia", "nombandeiraacionada", "vlradicionalbandeira")
CORES = {
    "verde": CorBandeira.VERDE,
    "amarela": CorBandeira.AMARELA,
    "vermelha p1": CorBandeira.VERMELHA_P1,
    "vermelha p2": CorBandeira.VERMELHA_P2,
    "escassez hidrica": CorBandeira.ESCASSEZ_HIDRICA,
}


@dataclass(frozen=True, slots=True)
class LinhaBandeira:
    """The bandeira of one month, as published, in R$/MWh."""

    linha: int
    cor: CorBandeira
    adicional_brl_por_mwh: Decimal
    vigente_de: date
    vigente_ate: date


def ler_bandeiras(bruto: IO[bytes]) -> Iterator[LinhaBandeira | Recusa]:
    """Each month of the file, read or refused.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    return ler_linhas(bruto, _ler_linha, obrigatorias=COLUNAS)


def _ler_linha(linha: LinhaCsv) -> LinhaBandeira:
    mes = ler_dia_aneel(linha.celulas["datcompetencia"], campo="DatCompetencia")
    nome = linha.celulas["nombandeiraacionada"]
    cor = CORES.get(sem_acentos(nome))
    if cor is None:
        raise DadoInvalidoError(
            f"Bandeira desconhecida: {nome[:40]!r}. Conhecidas: {', '.join(CORES)}.",
            campo="NomBandeiraAcionada",
            codigo="VALOR_INVALIDO",
        )
    adicional = ler_numero_aneel(
        linha.celulas["vlradicionalbandeira"], campo="VlrAdicionalBandeira"
    )
    if adicional is None:
        raise DadoInvalidoError(
            "VlrAdicionalBandeira vazio. Confira o mês no arquivo da ANEEL.",
            campo="VlrAdicionalBandeira",
            codigo="VALOR_INVALIDO",
        )
    inicio = mes.replace(day=1)
    return LinhaBandeira(linha.numero, cor, adicional, inicio, mes_seguinte(inicio))
