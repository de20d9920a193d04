"""The frozen demonstrativo of an invoice, as rows that a clerk can read out.

Reads the JSON with tolerance: an older or a partial document shows what it has.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from comum.django_base.exibicao import VAZIO, brl, dia, instante, kwh, numero
from comum.periodos import FUSO
from comum.vocabulario import (
    Classe,
    Ligacao,
    Modalidade,
    Posto,
    Registrador,
    Subclasse,
    Subgrupo,
    Vocabulo,
)
from faturamento.models import Fatura
from medidores.models import Leitura

TRIBUTOS = (("icms", "ICMS"), ("pis", "PIS"), ("cofins", "COFINS"), ("cip", "CIP"))


@dataclass(frozen=True, slots=True)
class LinhaDoQuadro:
    descricao: str
    detalhe: str
    quantidade: str
    tarifa: str
    preco: str
    valor: str
    icms: str
    pis: str
    cofins: str
    formula: str
    fonte: str
    bases: str


@dataclass(frozen=True, slots=True)
class LeituraDoQuadro:
    medidor: str
    registrador: str
    anterior: str
    anterior_em: str
    atual: str
    atual_em: str
    constante: str
    origem: str


@dataclass(frozen=True, slots=True)
class Quadro:
    """All of it, ready to print."""

    resumo: tuple[tuple[str, str], ...]
    linhas: tuple[LinhaDoQuadro, ...]
    leituras: tuple[LeituraDoQuadro, ...]
    totais: tuple[tuple[str, str], ...]
    parametros: tuple[tuple[str, str], ...]
    ocorrencias: tuple[str, ...]
    valor: str


def montar_quadro(fatura: Fatura) -> Quadro | None:
    """The tables of an invoice's page; None for one without demonstrativo."""
    documento = fatura.demonstrativo
    if not isinstance(documento, dict) or not documento.get("linhas"):
        return None
    entrada = documento.get("entrada") or {}
    totais = documento.get("totais") or {}
    return Quadro(
        resumo=_resumo(documento, entrada),
        linhas=tuple(_linha(linha) for linha in documento["linhas"]),
        leituras=tuple(_leitura(leitura) for leitura in documento.get("leituras") or ()),
        totais=tuple((rotulo, brl(_decimal(totais.get(nome)))) for nome, rotulo in TRIBUTOS),
        parametros=_parametros(entrada),
        ocorrencias=tuple(o.get("mensagem", "") for o in documento.get("ocorrencias") or ()),
        valor=brl(_decimal(documento.get("valor"))),
    )


def _resumo(documento: dict[str, Any], entrada: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    periodo = entrada.get("periodo") or {}
    de, ate = _dia(periodo.get("de")), _dia(periodo.get("ate"))
    ciclo = f"{dia(de)} a {dia(ate)} ({(ate - de).days} dias)" if de and ate else VAZIO
    return (
        ("Ciclo", ciclo),
        ("Consumo medido", kwh(_decimal(documento.get("consumo_kwh")))),
        ("Consumo faturado", kwh(_decimal(documento.get("consumo_faturado_kwh")))),
        ("Unidade", _unidade(entrada.get("unidade") or {})),
    )


def _unidade(unidade: dict[str, Any]) -> str:
    classe, subclasse = unidade.get("classe"), unidade.get("subclasse")
    partes = [
        unidade.get("subgrupo") or "",
        _rotulo(Modalidade, unidade.get("modalidade")),
        _rotulo(Classe, classe),
        _rotulo(Subclasse, subclasse) if subclasse != classe else "",
        _rotulo(Ligacao, unidade.get("ligacao")),
        unidade.get("uf") or "",
    ]
    return ", ".join(parte for parte in partes if parte) or VAZIO


def _linha(linha: dict[str, Any]) -> LinhaDoQuadro:
    def dinheiro(nome: str) -> str:
        return brl(_decimal(linha.get(nome)))

    def preco(nome: str) -> str:
        return _preco(linha.get(nome))

    bases = [
        f"{rotulo} {dinheiro(nome)}"
        for nome, rotulo in (("base_icms", "ICMS"), ("base_pis_cofins", "PIS e COFINS"))
        if _decimal(linha.get(nome))
    ]
    partes = []
    if linha.get("posto") and linha["posto"] != Posto.UNICO:
        partes.append(f"posto {_rotulo(Posto, linha['posto'])}")
    if linha.get("de") and linha.get("ate"):
        partes.append(f"{dia(_dia(linha['de']))} a {dia(_dia(linha['ate']))}")
    if linha.get("origem_credito"):
        partes.append(f"crédito de {linha['origem_credito']}")
    return LinhaDoQuadro(
        descricao=linha.get("descricao") or linha.get("codigo") or VAZIO,
        detalhe=", ".join(partes),
        quantidade=numero(_decimal(linha.get("quantidade_kwh")), 3),
        tarifa=preco("tarifa_brl_por_kwh"),
        preco=preco("preco_brl_por_kwh"),
        valor=dinheiro("valor"),
        icms=dinheiro("icms"),
        pis=dinheiro("pis"),
        cofins=dinheiro("cofins"),
        formula=linha.get("formula") or "",
        fonte=linha.get("fonte") or "",
        bases=", ".join(bases),
    )


def _leitura(leitura: dict[str, Any]) -> LeituraDoQuadro:
    anterior, atual = leitura.get("anterior") or {}, leitura.get("atual") or {}
    origens = dict(Leitura.Origem.choices)
    return LeituraDoQuadro(
        medidor=leitura.get("numero_medidor") or VAZIO,
        registrador=_rotulo(Registrador, leitura.get("registrador")),
        anterior=numero(_decimal(anterior.get("leitura_kwh")), 3),
        anterior_em=instante(_instante(anterior.get("data_leitura"))),
        atual=numero(_decimal(atual.get("leitura_kwh")), 3),
        atual_em=instante(_instante(atual.get("data_leitura"))),
        constante=numero(_decimal(leitura.get("constante"))),
        origem=origens.get(atual.get("origem") or "", atual.get("origem") or VAZIO),
    )


def _parametros(entrada: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Tariffs, flags and rates that the bill was calculated with."""
    itens = []
    for tarifa in entrada.get("tarifas") or ():
        desde = dia(_dia(tarifa.get("vigente_de")))
        tusd, te = (_preco(tarifa.get(f"{nome}_brl_por_mwh")) for nome in ("tusd", "te"))
        texto = f"TUSD {tusd} e TE {te} R$/MWh, sem tributos, desde {desde}"
        posto = tarifa.get("posto")
        rotulo = "Tarifa" if posto == Posto.UNICO else f"Tarifa, posto {_rotulo(Posto, posto)}"
        itens.append((rotulo, texto))
    for bandeira in entrada.get("bandeiras") or ():
        adicional = _preco(bandeira.get("adicional_brl_por_mwh"))
        cor = str(bandeira.get("cor") or "").replace("_", " ").lower()
        desde = dia(_dia(bandeira.get("vigente_de")))
        itens.append(("Bandeira", f"{cor}, {adicional} R$/MWh, desde {desde}"))
    tributos = entrada.get("tributos") or {}
    aliquotas = [
        f"{nome.upper()} {_percentual(tributos.get(nome))}"
        for nome in ("icms", "pis", "cofins", "cbs", "ibs")
        if tributos.get(nome) is not None
    ]
    for faixa in entrada.get("faixas_icms") or ():
        ate = _decimal(faixa.get("ate_kwh"))
        alcance = "acima" if ate is None else f"até {numero(ate.normalize())} kWh"
        aliquotas.append(f"ICMS {_percentual(faixa.get('aliquota'))} {alcance}")
    if aliquotas:
        itens.append(("Tributos", ", ".join(aliquotas)))
    return tuple(itens)


def _preco(texto: Any) -> str:
    """A price with the places that it needs, at least 2."""
    valor = _decimal(texto)
    if valor is None:
        return VAZIO
    expoente = valor.normalize().as_tuple().exponent
    return numero(valor, max(2, -expoente if isinstance(expoente, int) else 2))


def _percentual(valor: Any) -> str:
    fracao = _decimal(valor)
    return VAZIO if fracao is None else f"{numero((fracao * 100).normalize())} %"


def _rotulo(vocabulario: type[Vocabulo], codigo: Any) -> str:
    membro = vocabulario.__members__.get(str(codigo))
    if membro is None:
        return str(codigo or "")
    return membro.value if vocabulario is Subgrupo else membro.rotulo


def _decimal(texto: Any) -> Decimal | None:
    try:
        return None if texto is None else Decimal(str(texto))
    except InvalidOperation:
        return None


def _dia(texto: Any) -> date | None:
    try:
        return date.fromisoformat(str(texto))
    except ValueError:
        return None


def _instante(texto: Any) -> datetime | None:
    try:
        lido = datetime.fromisoformat(str(texto))
    except ValueError:
        return None
    return lido if lido.tzinfo else lido.replace(tzinfo=FUSO)
