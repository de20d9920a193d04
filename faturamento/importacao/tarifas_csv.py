"""ANEEL's file of homologated tariffs, to the letter of its header.

Taken: application tariffs of grupo B in MWh, without detail and without
accessing agent. Left: economic base, SCEE, APE, demand in kW, grupo A.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, TypeVar

from comum.csv_hostil import LinhaCsv, Recusa, ler_linhas
from comum.erros import DadoInvalidoError
from comum.periodos import UM_DIA
from comum.texto import sem_acentos
from comum.vocabulario import Classe, Modalidade, Posto, Subclasse, Subgrupo
from faturamento.importacao.aneel import ler_dia_aneel, ler_numero_aneel

COLUNAS = tuple(
    coluna.lower()
    for coluna in (
        "DscREH",
        "SigAgente",
        "NumCNPJDistribuidora",
        "DatInicioVigencia",
        "DatFimVigencia",
        "DscBaseTarifaria",
        "DscSubGrupo",
        "DscModalidadeTarifaria",
        "DscClasse",
        "DscSubClasse",
        "DscDetalhe",
        "NomPostoTarifario",
        "DscUnidadeTerciaria",
        "SigAgenteAcessante",
        "VlrTUSD",
        "VlrTE",
    )
)
NADA = "nao se aplica"
T = TypeVar("T")
SUBGRUPOS = {subgrupo.value.lower(): subgrupo for subgrupo in Subgrupo}
MODALIDADES = {"convencional": Modalidade.CONVENCIONAL, "branca": Modalidade.BRANCA}
POSTOS = {
    NADA: Posto.UNICO,
    "ponta": Posto.PONTA,
    "intermediario": Posto.INTERMEDIARIO,
    "fora ponta": Posto.FORA_PONTA,
}
CLASSES = {NADA: "", "": ""} | {sem_acentos(classe.rotulo): classe.value for classe in Classe}
# Subclass and, for the rows that ANEEL publishes by band since 2026, where the band ends.
FIM_TARIFA_SOCIAL_KWH = Decimal(80)
FIM_DESCONTO_SOCIAL_KWH = Decimal(120)
SUBCLASSES: dict[str, tuple[str, Decimal | None]] = {
    NADA: ("", None),
    "": ("", None),
    "residencial": (Subclasse.RESIDENCIAL, None),
    "baixa renda": (Subclasse.BAIXA_RENDA, None),
    "residencial tarifa social - faixa 01": (Subclasse.BAIXA_RENDA, FIM_TARIFA_SOCIAL_KWH),
    "residencial tarifa social - faixa 02": (Subclasse.BAIXA_RENDA, None),
    "residencial desconto social - faixa 01": (Subclasse.DESCONTO_SOCIAL, FIM_DESCONTO_SOCIAL_KWH),
    "residencial desconto social - faixa 02": (Subclasse.DESCONTO_SOCIAL, None),
}


@dataclass(frozen=True, slots=True)
class LinhaTarifa:
    """One application tariff of grupo B, in R$/MWh; `vigente_ate` is exclusive."""

    linha: int
    agente: str
    cnpj: str
    subgrupo: Subgrupo
    modalidade: Modalidade
    classe: str
    subclasse: str
    posto: Posto
    faixa_ate_kwh: Decimal | None
    tusd_brl_por_mwh: Decimal
    te_brl_por_mwh: Decimal
    vigente_de: date
    vigente_ate: date
    fonte: str


@dataclass(frozen=True, slots=True)
class LinhaAlheia:
    """A row that is not ours to take, and why."""

    linha: int
    motivo: str


def ler_tarifas(bruto: IO[bytes]) -> Iterator[LinhaTarifa | LinhaAlheia | Recusa]:
    """Each row of the file: taken, left, or refused.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    return ler_linhas(bruto, _ler_ou_deixar, obrigatorias=COLUNAS)


def _ler_ou_deixar(linha: LinhaCsv) -> LinhaTarifa | LinhaAlheia:
    motivo = _motivo_para_deixar(linha)
    return LinhaAlheia(linha.numero, motivo) if motivo else _ler_linha(linha)


def _motivo_para_deixar(linha: LinhaCsv) -> str:
    celula = {nome: sem_acentos(texto) for nome, texto in linha.celulas.items()}
    if celula["dscbasetarifaria"] != "tarifa de aplicacao":
        return f"base tarifária {linha.celulas['dscbasetarifaria']}"
    if celula["dscsubgrupo"] not in SUBGRUPOS:
        return f"subgrupo {linha.celulas['dscsubgrupo']}"
    if celula["dscunidadeterciaria"] != "mwh":
        return f"unidade {linha.celulas['dscunidadeterciaria']}"
    if celula["dscdetalhe"] != NADA:
        return f"detalhe {linha.celulas['dscdetalhe']}"
    if celula["sigagenteacessante"] not in (NADA, ""):
        return f"acessante {linha.celulas['sigagenteacessante']}"
    return ""


def _ler_linha(linha: LinhaCsv) -> LinhaTarifa:
    celulas = linha.celulas
    subclasse, faixa_ate_kwh = _traduzir(SUBCLASSES, celulas["dscsubclasse"], "DscSubClasse")
    return LinhaTarifa(
        linha=linha.numero,
        agente=celulas["sigagente"],
        cnpj=celulas["numcnpjdistribuidora"],
        subgrupo=SUBGRUPOS[sem_acentos(celulas["dscsubgrupo"])],
        modalidade=_traduzir(
            MODALIDADES, celulas["dscmodalidadetarifaria"], "DscModalidadeTarifaria"
        ),
        classe=_traduzir(CLASSES, celulas["dscclasse"], "DscClasse"),
        subclasse=subclasse,
        posto=_traduzir(POSTOS, celulas["nompostotarifario"], "NomPostoTarifario"),
        faixa_ate_kwh=faixa_ate_kwh,
        tusd_brl_por_mwh=_ler_valor(celulas["vlrtusd"], "VlrTUSD"),
        te_brl_por_mwh=_ler_valor(celulas["vlrte"], "VlrTE"),
        vigente_de=ler_dia_aneel(celulas["datiniciovigencia"], campo="DatInicioVigencia"),
        # The file's last day is inclusive; ours is the first day without validity.
        vigente_ate=ler_dia_aneel(celulas["datfimvigencia"], campo="DatFimVigencia") + UM_DIA,
        fonte=f"ANEEL, {celulas['dscreh']}"[:300],
    )


def _ler_valor(texto: str, campo: str) -> Decimal:
    valor = ler_numero_aneel(texto, campo=campo)
    if valor is None:
        raise DadoInvalidoError(
            f"{campo} vazio em uma tarifa de aplicação. Confira a linha no arquivo da ANEEL.",
            campo=campo,
            codigo="VALOR_INVALIDO",
        )
    return valor


def _traduzir(tabela: dict[str, T], texto: str, campo: str) -> T:
    try:
        return tabela[sem_acentos(texto)]
    except KeyError:
        raise DadoInvalidoError(
            f"{campo} desconhecido: {texto[:60]!r}. Conhecidos: {', '.join(filter(None, tabela))}.",
            campo=campo,
            codigo="VALOR_INVALIDO",
        ) from None
