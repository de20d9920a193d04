"""Dated rows over a cycle: each day has one row, no day has two or none."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

from comum.periodos import Periodo
from faturamento.calculo.erros import CasoInvalidoError


class Vigente(Protocol):
    """A row that holds from `vigente_de` to before `vigente_ate`, or for ever."""

    @property
    def vigente_de(self) -> date: ...
    @property
    def vigente_ate(self) -> date | None: ...


Linha = TypeVar("Linha", bound=Vigente)


def recortar_vigencias(
    linhas: Iterable[Linha], periodo: Periodo, *, campo: str, nome: str
) -> list[tuple[Periodo, Linha]]:
    """The rows that touch the cycle, in order of date, each with its part of it.

    Rows outside the cycle are left out.

    Raises:
        CasoInvalidoError: a day of the cycle has no row (`…_AUSENTE`) or more
            than one (`…_SOBREPOSTA`).
    """
    recortes = [
        (parte, linha)
        for linha in linhas
        if (parte := periodo.intersecao(linha.vigente_de, linha.vigente_ate))
    ]
    recortes.sort(key=_inicio)
    dia = periodo.de
    for parte, _ in recortes:
        if parte.de > dia:
            break
        if parte.de < dia:
            raise CasoInvalidoError(
                campo,
                f"{nome.upper()}_SOBREPOSTA",
                f"Há mais de uma {nome} vigente em {parte.de:%d/%m/%Y}. Encerre uma das vigências.",
            )
        dia = parte.ate
    if dia < periodo.ate:
        raise CasoInvalidoError(
            campo,
            f"{nome.upper()}_AUSENTE",
            f"Não há {nome} vigente em {dia:%d/%m/%Y}, dentro do ciclo. Cadastre a que falta.",
        )
    return recortes


def _inicio(recorte: tuple[Periodo, Vigente]) -> date:
    return recorte[0].de
