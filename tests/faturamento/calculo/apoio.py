"""Cases for the tests of the core: one legal case, and how to change it."""

import copy
from decimal import Decimal
from typing import Any

from faturamento.calculo.caso import ler_caso
from faturamento.calculo.demonstrativo import Demonstrativo, calcular_demonstrativo

Caso = dict[str, Any]

# A published bill: CPFL, October 2023, with solar credits of GD I.
EXEMPLO: Caso = {
    "unidade": {
        "subgrupo": "B1",
        "modalidade": "CONVENCIONAL",
        "classe": "RESIDENCIAL",
        "subclasse": "RESIDENCIAL",
        "ligacao": "BIFASICA_3_CONDUTORES",
        "uf": "SP",
    },
    "periodo": {"de": "2023-09-01", "ate": "2023-10-01"},
    "registros": [
        {
            "registrador": "ATIVA_TOTAL",
            "anterior": "15242",
            "atual": "17242",
            "digitos": 5,
            "constante": "1",
        }
    ],
    "media_12_ciclos_kwh": "1950",
    "tarifas": [
        {
            "posto": "UNICO",
            "tusd_brl_por_mwh": "371.62",
            "te_brl_por_mwh": "318.84",
            "vigente_de": "2023-04-08",
            "vigente_ate": None,
        }
    ],
    "bandeiras": [
        {
            "vigente_de": "2023-09-01",
            "vigente_ate": "2023-11-01",
            "cor": "VERDE",
            "adicional_brl_por_mwh": "0",
        }
    ],
    "tributos": {"icms": "0.18", "pis": "0.0079", "cofins": "0.0365", "regra": "TEMA_69"},
    "cip_brl": "8.63",
    "arredondamento": "MEIO_PARA_CIMA",
    "scee": {
        "regime": "GD_I",
        "icms_compensa_te": True,
        "icms_compensa_tusd": False,
        "fio_b_brl_por_mwh": None,
        "creditos": [
            {"origem": "2023-08", "kwh": "1165.120"},
            {"origem": "2023-09", "kwh": "784.880"},
        ],
    },
}


def exemplo() -> Caso:
    """A copy of the published case, free to be changed."""
    return copy.deepcopy(EXEMPLO)


def caso(*, kwh: str = "200", sem_tributos: bool = False, **mudancas: Any) -> Caso:
    """A plain case of `kwh`, no solar credits, no CIP; `mudancas` replaces whole keys.

    `unidade` and `tributos` are merged instead of replaced.
    """
    base = exemplo()
    base["scee"] = None
    base["cip_brl"] = "0"
    base["registros"] = [registro(atual=kwh)]
    if sem_tributos:
        base["tributos"] |= {"icms": "0", "pis": "0", "cofins": "0"}
    for chave in ("unidade", "tributos"):
        base[chave] |= mudancas.pop(chave, {})
    return base | mudancas


def registro(
    registrador: str = "ATIVA_TOTAL",
    anterior: str = "0",
    atual: str = "200",
    digitos: int = 5,
    constante: str = "1",
) -> Caso:
    return {
        "registrador": registrador,
        "anterior": anterior,
        "atual": atual,
        "digitos": digitos,
        "constante": constante,
    }


def tarifa(
    tusd: str,
    te: str,
    *,
    posto: str = "UNICO",
    de: str = "2015-01-01",
    ate: str | None = None,
    faixa: str | None = None,
) -> Caso:
    return {
        "posto": posto,
        "tusd_brl_por_mwh": tusd,
        "te_brl_por_mwh": te,
        "vigente_de": de,
        "vigente_ate": ate,
        "faixa_ate_kwh": faixa,
    }


def bandeira(
    cor: str = "VERDE",
    adicional: str = "0",
    *,
    de: str = "2015-01-01",
    ate: str | None = None,
) -> Caso:
    return {
        "vigente_de": de,
        "vigente_ate": ate,
        "cor": cor,
        "adicional_brl_por_mwh": adicional,
    }


def periodo(de: str, ate: str) -> Caso:
    return {"de": de, "ate": ate}


def calcular(dado: Caso) -> Demonstrativo:
    return calcular_demonstrativo(ler_caso(dado))


def valores(demonstrativo: Demonstrativo, codigo: str) -> list[str]:
    """The values of the lines of one code, as text."""
    return [str(linha.valor) for linha in demonstrativo.linhas if linha.codigo == codigo]


def quantidades(demonstrativo: Demonstrativo, codigo: str) -> list[str]:
    """The kWh of the lines of one code, as text."""
    return [str(linha.quantidade_kwh) for linha in demonstrativo.linhas if linha.codigo == codigo]


def codigos(demonstrativo: Demonstrativo) -> list[str]:
    return [str(linha.codigo) for linha in demonstrativo.linhas]


def texto(valor: Decimal | None) -> str | None:
    return None if valor is None else str(valor)
