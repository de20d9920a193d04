"""The documents of `documento`, written straight as JSON text.

`documento` says what a document holds; nothing here says it again. Bills of one run share
nearly all of their text: tariffs, rates, the wording of each line. So each part is made once
with gaps in place of what differs, encoded once, and the gaps are filled for each bill. The
text is to the letter that of `codificar`: keys in order, no blanks, UTF-8.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import Any, NamedTuple, Self

from comum.lembranca import lembrar_por_identidade
from comum.vocabulario import Posto, Registrador
from faturamento.calculo.demonstrativo import Demonstrativo
from faturamento.calculo.documento import (
    caso_para_json,
    demonstrativo_para_json,
    linha_para_json,
    registro_para_json,
)
from faturamento.calculo.linhas import CodigoLinha, Linha, Totais
from faturamento.calculo.tipos import EntradaFatura, Registro

codificar: Callable[[Any], str] = JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":")
).encode

# No text of ours has it (PostgreSQL keeps none), and JSON escapes it: a gap is found again.
_MARCA = "\x00"
_VAO = re.compile(r'"\\u0000(\w+)\\u0000"')


class Vao(Decimal):
    """The place of a number to come: it formats as its own name, marked."""

    nome: str

    def __new__(cls, nome: str) -> Self:
        vao = super().__new__(cls, 1)
        vao.nome = nome
        return vao

    def __format__(self, *_: Any) -> str:
        return marcar(self.nome)


def marcar(nome: str) -> str:
    """The gap of this name, where a text or a whole part is to come."""
    return f"{_MARCA}{nome}{_MARCA}"


def moldar(documento: Any) -> str:
    """The text of a document, its gaps ready for `%` with a dict of JSON texts by name."""
    return _VAO.sub(r"%(\1)s", codificar(documento).replace("%", "%%"))


def _numero(valor: Decimal) -> str:
    return f'"{valor:f}"'


def caso_em_texto(entrada: EntradaFatura) -> str:
    """`codificar(caso_para_json(entrada))`."""
    if (
        entrada.scee is not None
        or entrada.estimativa is not None
        or entrada.lancamentos
        or entrada.ja_faturado_kwh
        or entrada.ciclos_acertados
    ):
        return codificar(caso_para_json(entrada))
    media_kwh = entrada.media_12_ciclos_kwh
    molde = _molde_do_caso(
        entrada.unidade,
        entrada.periodo,
        entrada.tarifas,
        entrada.bandeiras,
        entrada.tributos,
        entrada.faixas_icms,
        entrada.arredondamento,
        entrada.ciclo,
    )
    return molde % {
        "registros": f"[{','.join(map(_registro_em_texto, entrada.registros))}]",
        "media": "null" if media_kwh is None else _numero(media_kwh),
        "cip": _numero(entrada.cip_brl),
    }


@lembrar_por_identidade
def _molde_do_caso(
    unidade: Any,
    periodo: Any,
    tarifas: Any,
    bandeiras: Any,
    tributos: Any,
    faixas_icms: Any,
    arredondamento: Any,
    ciclo: Any,
) -> str:
    caso = caso_para_json(
        EntradaFatura(
            unidade=unidade,
            periodo=periodo,
            tarifas=tarifas,
            bandeiras=bandeiras,
            tributos=tributos,
            faixas_icms=faixas_icms,
            arredondamento=arredondamento,
            ciclo=ciclo,
            media_12_ciclos_kwh=Vao("media"),
            cip_brl=Vao("cip"),
        )
    )
    return moldar({**caso, "registros": marcar("registros")})


def _registro_em_texto(registro: Registro) -> str:
    molde = _molde_do_registro(registro.registrador, registro.digitos, registro.virada_confirmada)
    return molde % {
        "anterior": _numero(registro.anterior),
        "atual": _numero(registro.atual),
        "constante": _numero(registro.constante),
    }


@lru_cache(maxsize=512)
def _molde_do_registro(registrador: Registrador, digitos: int, virada_confirmada: bool) -> str:
    registro = Registro(
        registrador, Vao("anterior"), Vao("atual"), digitos, Vao("constante"), virada_confirmada
    )
    return moldar(registro_para_json(registro))


@lembrar_por_identidade
def demonstrativo_em_texto(demonstrativo: Demonstrativo) -> str:
    """`codificar(demonstrativo_para_json(demonstrativo))`."""
    totais, valor = demonstrativo.totais, demonstrativo.valor
    if valor is None or totais.lancamentos or demonstrativo.ocorrencias:
        return codificar(demonstrativo_para_json(demonstrativo))
    molde = _molde_do_demonstrativo(totais.cbs is None, totais.ibs is None)
    return molde % {
        "consumo": _numero_ou_nulo(demonstrativo.consumo_kwh),
        "faturado": _numero_ou_nulo(demonstrativo.consumo_faturado_kwh),
        "compensado": _numero_ou_nulo(demonstrativo.compensado_kwh),
        "linhas": f"[{','.join(map(_linha_em_texto, demonstrativo.linhas))}]",
        "valor": _numero(valor),
        "icms": _numero(totais.icms),
        "pis": _numero(totais.pis),
        "cofins": _numero(totais.cofins),
        "cip": _numero(totais.cip),
        "creditos": _numero(totais.creditos),
        "cbs": _numero_ou_nulo(totais.cbs),
        "ibs": _numero_ou_nulo(totais.ibs),
    }


@lru_cache(maxsize=4)
def _molde_do_demonstrativo(sem_cbs: bool, sem_ibs: bool) -> str:
    documento = demonstrativo_para_json(
        Demonstrativo(
            consumo_kwh=Vao("consumo"),
            consumo_faturado_kwh=Vao("faturado"),
            compensado_kwh=Vao("compensado"),
            linhas=(),
            totais=Totais(
                icms=Vao("icms"),
                pis=Vao("pis"),
                cofins=Vao("cofins"),
                cip=Vao("cip"),
                creditos=Vao("creditos"),
                cbs=None if sem_cbs else Vao("cbs"),
                ibs=None if sem_ibs else Vao("ibs"),
            ),
            valor=Vao("valor"),
            ocorrencias=(),
        )
    )
    return moldar({**documento, "linhas": marcar("linhas")})


class _ParteFixa(NamedTuple):
    """What the lines of many bills share.

    Tariff and price have their places by their value alone: equal ones are written alike.
    """

    codigo: CodigoLinha
    descricao: str
    posto: Posto | None
    de: date | None
    ate: date | None
    origem_credito: date | None
    tarifa_brl_por_kwh: Decimal | None
    preco_brl_por_kwh: Decimal | None
    regra: str
    fonte: str


def _linha_em_texto(linha: Linha) -> str:
    quantidade_kwh = linha.quantidade_kwh
    molde = _molde_da_linha(
        _ParteFixa(
            linha.codigo,
            linha.descricao,
            linha.posto,
            linha.de,
            linha.ate,
            linha.origem_credito,
            linha.tarifa_brl_por_kwh,
            linha.preco_brl_por_kwh,
            linha.regra,
            linha.fonte,
        ),
        quantidade_kwh is None,
    )
    return molde % {
        "quantidade": _numero_ou_nulo(quantidade_kwh),
        "valor": _numero(linha.valor),
        "base_icms": _numero(linha.base_icms),
        "icms": _numero(linha.icms),
        "base_pis_cofins": _numero(linha.base_pis_cofins),
        "pis": _numero(linha.pis),
        "cofins": _numero(linha.cofins),
        "formula": encode_basestring(linha.formula),
    }


@lru_cache(maxsize=4_096)
def _molde_da_linha(fixa: _ParteFixa, sem_quantidade: bool) -> str:
    return moldar(
        linha_para_json(
            Linha(
                **fixa._asdict(),
                quantidade_kwh=None if sem_quantidade else Vao("quantidade"),
                valor=Vao("valor"),
                base_icms=Vao("base_icms"),
                icms=Vao("icms"),
                base_pis_cofins=Vao("base_pis_cofins"),
                pis=Vao("pis"),
                cofins=Vao("cofins"),
                formula=marcar("formula"),
            )
        )
    )


def _numero_ou_nulo(valor: Decimal | None) -> str:
    return "null" if valor is None else f'"{valor:f}"'
