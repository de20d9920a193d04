"""P3: every issued invoice, recomputed from its own demonstrativo, says the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from comum.erros import DominioError
from faturamento.calculo.caso import ler_caso
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.documento import demonstrativo_para_json
from faturamento.models import Fatura
from faturamento.servicos.apuracao import VERSAO_DO_DEMONSTRATIVO
from faturamento.servicos.insumos import hash_dos_insumos

# Wording may change with the version of the document; numbers, rules and dates may not.
TEXTOS = {"descricao", "formula", "fonte", "mensagem"}
COLUNAS_E_TOTAIS = {
    "valor_icms": "icms",
    "valor_pis": "pis",
    "valor_cofins": "cofins",
    "valor_cip": "cip",
    "valor_lancamentos": "lancamentos",
}


@dataclass(frozen=True, slots=True)
class Desvio:
    """One place where the stored invoice and its recomputation differ."""

    fatura_id: int
    fatura: str
    onde: str
    gravado: str
    recalculado: str


def faturas_a_verificar(mes_referencia: date | None = None) -> "QuerySet[Any]":
    """Issued and cancelled invoices of cycles, of one month or of all."""
    faturas = Fatura.objects.de_ciclo().exclude(situacao=Fatura.Situacao.RASCUNHO)
    if mes_referencia is not None:
        faturas = faturas.do_mes(mes_referencia)
    return faturas.order_by("pk")


def verificar_fatura(fatura: Fatura) -> Iterator[Desvio]:
    """Every drift of one invoice; none where it can be redone to the letter."""

    def desvio(onde: str, gravado: object, recalculado: object) -> Desvio:
        return Desvio(fatura.pk, str(fatura), onde, str(gravado), str(recalculado))

    documento = fatura.demonstrativo
    try:
        refeito = demonstrativo_para_json(calcular_demonstrativo(ler_caso(documento["entrada"])))
    except (DominioError, KeyError, TypeError) as erro:
        yield desvio("entrada", "demonstrativo", f"não recalcula: {erro}")
        return
    alheios = set() if documento.get("versao") == VERSAO_DO_DEMONSTRATIVO else TEXTOS
    for chave, valor in refeito.items():
        if chave not in ("linhas", "ocorrencias") and documento.get(chave) != valor:
            yield desvio(chave, documento.get(chave), valor)
    for lista in ("linhas", "ocorrencias"):
        for achado in _comparar(lista, documento.get(lista, []), refeito[lista], alheios):
            yield desvio(*achado)
    if fatura.valor != Decimal(refeito["valor"] or 0):
        yield desvio("coluna valor", fatura.valor, refeito["valor"])
    for coluna, total in COLUNAS_E_TOTAIS.items():
        recalculado = refeito["totais"].get(total, "0.00")
        if getattr(fatura, coluna) != Decimal(recalculado):
            yield desvio(f"coluna {coluna}", getattr(fatura, coluna), recalculado)
    if fatura.insumos_hash != hash_dos_insumos(documento):
        yield desvio("coluna insumos_hash", fatura.insumos_hash, hash_dos_insumos(documento))


def _comparar(
    lista: str, gravados: list[dict[str, Any]], refeitos: list[dict[str, Any]], alheios: set[str]
) -> Iterator[tuple[str, object, object]]:
    """Where two lists of the document differ, but for the keys in `alheios`."""
    if len(gravados) != len(refeitos):
        yield lista, len(gravados), len(refeitos)
    for posicao, (gravado, refeito) in enumerate(zip(gravados, refeitos, strict=False)):
        for chave in refeito.keys() - alheios:
            if gravado.get(chave) != refeito[chave]:
                onde = f"{lista}[{posicao}] {refeito['codigo']} {chave}"
                yield onde, gravado.get(chave), refeito[chave]
