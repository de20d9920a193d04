"""The frozen demonstrativo of an invoice, as rows that a clerk can read out.

Reads the JSON with tolerance: an older or a partial document shows what it has.
"""

from dataclasses import dataclass
from typing import Any

from comum.django_base.exibicao import VAZIO, brl, dia, instante, kwh, numero
from comum.vocabulario import Posto, Registrador
from faturamento.models import Fatura
from faturamento.servicos.impressao.leitura import (
    descrever_unidade,
    escrever_percentual,
    escrever_preco,
    ler_decimal,
    ler_dia,
    ler_instante,
    ler_rotulo,
)
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
        totais=tuple((rotulo, brl(ler_decimal(totais.get(nome)))) for nome, rotulo in TRIBUTOS),
        parametros=_parametros(entrada),
        ocorrencias=tuple(o.get("mensagem", "") for o in documento.get("ocorrencias") or ()),
        valor=brl(ler_decimal(documento.get("valor"))),
    )


def _resumo(documento: dict[str, Any], entrada: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    periodo = entrada.get("periodo") or {}
    de, ate = ler_dia(periodo.get("de")), ler_dia(periodo.get("ate"))
    ciclo = f"{dia(de)} a {dia(ate)} ({(ate - de).days} dias)" if de and ate else VAZIO
    return (
        ("Ciclo", ciclo),
        ("Consumo medido", kwh(ler_decimal(documento.get("consumo_kwh")))),
        ("Consumo faturado", kwh(ler_decimal(documento.get("consumo_faturado_kwh")))),
        ("Unidade", descrever_unidade(entrada.get("unidade") or {})),
    )


def _linha(linha: dict[str, Any]) -> LinhaDoQuadro:
    def dinheiro(nome: str) -> str:
        return brl(ler_decimal(linha.get(nome)))

    bases = [
        f"{rotulo} {dinheiro(nome)}"
        for nome, rotulo in (("base_icms", "ICMS"), ("base_pis_cofins", "PIS e COFINS"))
        if ler_decimal(linha.get(nome))
    ]
    partes = []
    if linha.get("posto") and linha["posto"] != Posto.UNICO:
        partes.append(f"posto {ler_rotulo(Posto, linha['posto'])}")
    if linha.get("de") and linha.get("ate"):
        partes.append(f"{dia(ler_dia(linha['de']))} a {dia(ler_dia(linha['ate']))}")
    if linha.get("origem_credito"):
        partes.append(f"crédito de {linha['origem_credito']}")
    return LinhaDoQuadro(
        descricao=linha.get("descricao") or linha.get("codigo") or VAZIO,
        detalhe=", ".join(partes),
        quantidade=numero(ler_decimal(linha.get("quantidade_kwh")), 3),
        tarifa=escrever_preco(linha.get("tarifa_brl_por_kwh")),
        preco=escrever_preco(linha.get("preco_brl_por_kwh")),
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
        registrador=ler_rotulo(Registrador, leitura.get("registrador")),
        anterior=numero(ler_decimal(anterior.get("leitura_kwh")), 3),
        anterior_em=instante(ler_instante(anterior.get("data_leitura"))),
        atual=numero(ler_decimal(atual.get("leitura_kwh")), 3),
        atual_em=instante(ler_instante(atual.get("data_leitura"))),
        constante=numero(ler_decimal(leitura.get("constante"))),
        origem=origens.get(atual.get("origem") or "", atual.get("origem") or VAZIO),
    )


def _parametros(entrada: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Tariffs, flags and rates that the bill was calculated with."""
    itens = []
    for tarifa in entrada.get("tarifas") or ():
        desde = dia(ler_dia(tarifa.get("vigente_de")))
        tusd, te = (escrever_preco(tarifa.get(f"{nome}_brl_por_mwh")) for nome in ("tusd", "te"))
        texto = f"TUSD {tusd} e TE {te} R$/MWh, sem tributos, desde {desde}"
        posto = tarifa.get("posto")
        rotulo = "Tarifa" if posto == Posto.UNICO else f"Tarifa, posto {ler_rotulo(Posto, posto)}"
        itens.append((rotulo, texto))
    for bandeira in entrada.get("bandeiras") or ():
        adicional = escrever_preco(bandeira.get("adicional_brl_por_mwh"))
        cor = str(bandeira.get("cor") or "").replace("_", " ").lower()
        desde = dia(ler_dia(bandeira.get("vigente_de")))
        itens.append(("Bandeira", f"{cor}, {adicional} R$/MWh, desde {desde}"))
    tributos = entrada.get("tributos") or {}
    aliquotas = [
        f"{nome.upper()} {escrever_percentual(tributos.get(nome))}"
        for nome in ("icms", "pis", "cofins", "cbs", "ibs")
        if tributos.get(nome) is not None
    ]
    for faixa in entrada.get("faixas_icms") or ():
        ate = ler_decimal(faixa.get("ate_kwh"))
        alcance = "acima" if ate is None else f"até {numero(ate.normalize())} kWh"
        aliquotas.append(f"ICMS {escrever_percentual(faixa.get('aliquota'))} {alcance}")
    if aliquotas:
        itens.append(("Tributos", ", ".join(aliquotas)))
    return tuple(itens)
