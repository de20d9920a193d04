"""From what the database holds to one calculated bill, or one reason why not, for each UC."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db import DatabaseError

from clientes.models import Cliente
from comum.django_base.instancias import montar
from comum.erros import DominioError
from comum.lembranca import lembrar_por_identidade
from faturamento.calculo.demonstrativo import Demonstrativo, calcular_demonstrativo
from faturamento.calculo.texto_do_documento import (
    codificar,
    demonstrativo_em_texto,
)
from faturamento.models import Distribuidora, Fatura
from faturamento.servicos.documento_escrito import DocumentoEscrito
from faturamento.servicos.insumos import Insumos, escrever_insumos, reunir_insumos
from faturamento.servicos.lancamentos import LancamentosAbertos, lancamentos_abertos
from faturamento.servicos.medicao import (
    Janela,
    Medicao,
    carregar_medicao,
)
from faturamento.servicos.parametros import Parametros
from medidores.calculo.consumo import ConsumoInconsistenteError
from medidores.calculo.estimativa import AcertoNegativoError, SemHistoricoError
from medidores.models import UnidadeConsumidora
from medidores.servicos.estimadas import descartar_estimadas, gravar_estimadas
from medidores.servicos.faturado import travar_unidades

registro = logging.getLogger(__name__)

VERSAO_DO_DEMONSTRATIVO = 1
# The core speaks of what is missing in its input; a run, of what is missing in the tables.
CODIGO_DA_PENDENCIA = {"TARIFA_AUSENTE": "SEM_TARIFA", "BANDEIRA_AUSENTE": "SEM_BANDEIRA"}


@dataclass(frozen=True, slots=True)
class Apurada(Insumos):
    """A UC that can be billed: everything its invoice will say."""

    demonstrativo: Demonstrativo


@dataclass(frozen=True, slots=True)
class NaoApurada:
    """A UC that cannot be billed now, and why."""

    unidade: UnidadeConsumidora
    codigo: str
    mensagem: str


def apurar(
    unidades: Sequence[UnidadeConsumidora],
    janela: Janela,
    parametros: Parametros,
    *,
    titulares: Mapping[int, Cliente] | None = None,
    lancamentos: LancamentosAbertos | None = None,
) -> Iterator[Apurada | NaoApurada]:
    """Calculates the bill of each UC; the number of queries does not depend on theirs.

    Each UC gives exactly one outcome: no bad UC stops another. `titulares`, by
    id of UC, says who is billed in place of the meter's customer; without
    `lancamentos`, the open ones of the month are taken.
    """
    medicao = carregar_medicao(unidades, janela)
    if lancamentos is None:
        lancamentos = lancamentos_abertos(unidades, ate_o_mes=janela.mes_referencia)
    for unidade in unidades:
        cliente = (titulares or {}).get(unidade.id)
        yield apurar_medida(unidade, medicao, parametros, cliente=cliente, lancamentos=lancamentos)


def apurar_medida(
    unidade: UnidadeConsumidora,
    medicao: Medicao,
    parametros: Parametros,
    *,
    lancamentos: LancamentosAbertos,
    cliente: Cliente | None = None,
) -> Apurada | NaoApurada:
    """Calculates the bill of one UC from what was measured, or from what is supposed so."""
    try:
        return _calcular(_reunir(unidade, medicao, parametros, lancamentos, cliente))
    except DominioError as erro:
        return NaoApurada(unidade, _codigo_da_pendencia(erro), str(erro))
    except Exception as erro:
        return recusar_por_erro(unidade, erro)


def _reunir(
    unidade: UnidadeConsumidora,
    medicao: Medicao,
    parametros: Parametros,
    lancamentos: LancamentosAbertos,
    cliente: Cliente | None = None,
) -> Insumos:
    titular = cliente or medicao.titular(unidade)
    abertos = lancamentos.get((unidade.id, titular.pk), ())
    return reunir_insumos(unidade, titular, abertos, medicao, parametros)


def _calcular(insumos: Insumos) -> Apurada:
    demonstrativo = calcular_demonstrativo(insumos.entrada)
    if demonstrativo.valor is None:
        raise ConsumoInconsistenteError(demonstrativo.ocorrencias[-1].mensagem)
    return Apurada(
        insumos.unidade,
        insumos.cliente,
        insumos.distribuidora,
        insumos.ciclo,
        insumos.entrada,
        demonstrativo,
    )


def _codigo_da_pendencia(erro: DominioError) -> str:
    # The core names the field of its input that it refuses; a run, the rule behind it.
    causa = erro.__cause__
    if isinstance(causa, AcertoNegativoError | SemHistoricoError):
        return causa.codigo
    return CODIGO_DA_PENDENCIA.get(erro.codigo, erro.codigo)


def recusar_por_erro(unidade: UnidadeConsumidora, erro: Exception) -> NaoApurada:
    """A mistake of ours, met on one UC: it is logged, and the others go on.

    Raises:
        django.db.DatabaseError: it was the database, which no other UC would get past.
    """
    if isinstance(erro, DatabaseError):
        raise erro
    registro.exception("erro ao calcular a unidade %s", unidade.id, exc_info=erro)
    return NaoApurada(
        unidade,
        "ERRO_INTERNO",
        f"O cálculo da unidade {unidade} parou em um erro do sistema "
        f"({type(erro).__name__}: {erro}). As outras seguiram; avise o suporte.",
    )


def apurar_hashes(
    unidades: Sequence[UnidadeConsumidora], janela: Janela, parametros: Parametros
) -> dict[int, str]:
    """What the inputs of each UC's bill hash to now, by id of UC; nothing is calculated of them.

    A UC that cannot be billed any more has none.
    """
    medicao = carregar_medicao(unidades, janela)
    lancamentos = lancamentos_abertos(unidades, ate_o_mes=janela.mes_referencia)
    hashes: dict[int, str] = {}
    for unidade in unidades:
        try:
            _, hashes[unidade.id] = escrever_insumos(
                _reunir(unidade, medicao, parametros, lancamentos)
            )
        except DominioError:
            continue
        except Exception as erro:
            recusar_por_erro(unidade, erro)
    return hashes


def montar_fatura(apurada: Apurada, janela: Janela) -> Fatura:
    """The draft of a calculated bill, not saved."""
    fatura = rascunhar_fatura(apurada, janela)
    fatura.demonstrativo = fatura.demonstrativo.ler()
    return fatura


def rascunhar_fatura(apurada: Apurada, janela: Janela) -> Fatura:
    """The same, its document still text (`DocumentoEscrito`): for `gravar_faturas`."""
    demonstrativo = apurada.demonstrativo
    totais = demonstrativo.totais
    if demonstrativo.valor is None:
        raise ValueError(f"a apuração da unidade {apurada.unidade} não tem valor")
    insumos, insumos_hash = escrever_insumos(apurada)
    cabecalho = _cabecalho(apurada.distribuidora, janela.mes_referencia)
    resultado = demonstrativo_em_texto(demonstrativo)
    texto = f"{insumos[:-1]},{cabecalho[1:-1]},{resultado[1:]}"
    colunas = _padroes() | {
        "cliente_id": apurada.cliente.id,
        "unidade_id": apurada.unidade.id,
        "mes_referencia": janela.mes_referencia,
        "ciclo_de": apurada.ciclo.de,
        "ciclo_ate": apurada.ciclo.ate,
        "consumo_kwh": demonstrativo.consumo_kwh,
        "consumo_faturado_kwh": demonstrativo.consumo_faturado_kwh,
        "valor": demonstrativo.valor,
        "valor_energia": totais.valor_energia,
        "valor_bandeira": totais.valor_bandeira,
        "valor_cip": totais.cip,
        "valor_lancamentos": totais.lancamentos,
        "valor_icms": totais.icms,
        "valor_pis": totais.pis,
        "valor_cofins": totais.cofins,
        "demonstrativo": DocumentoEscrito(texto),
        "insumos_hash": insumos_hash,
    }
    return montar(Fatura, colunas, cliente=apurada.cliente, unidade=apurada.unidade)


@cache
def _padroes() -> dict[str, Any]:
    """The columns of a draft of a cycle."""
    rascunho = Fatura(origem=Fatura.Origem.CICLO, situacao=Fatura.Situacao.RASCUNHO)
    return {
        campo.attname: getattr(rascunho, campo.attname)
        for campo in Fatura._meta.local_concrete_fields
    }


@lembrar_por_identidade
def _cabecalho(distribuidora: Distribuidora, mes_referencia: date) -> str:
    return codificar(
        {
            "versao": VERSAO_DO_DEMONSTRATIVO,
            "competencia": f"{mes_referencia:%Y-%m}",
            "distribuidora": {
                "nome": distribuidora.nome,
                "cnpj": distribuidora.cnpj,
                "contato": distribuidora.contato,
            },
        }
    )


def gravar_estimativas(apuradas: Iterable[Apurada]) -> None:
    """Saves the readings that stand for missing ones, before the invoices that name them."""
    gravar_estimadas(leitura for apurada in apuradas for leitura in apurada.leituras_estimadas)


def descartar_estimativas(fatura_ids: Sequence[int]) -> None:
    """Removes the readings that billing made for these drafts; locks their UCs first."""
    rascunhos = Fatura.objects.em_rascunho().filter(pk__in=fatura_ids, unidade__isnull=False)
    travar_unidades(rascunhos.values_list("unidade", flat=True))
    leituras = rascunhos.values_list("demonstrativo__leituras", flat=True)
    descartar_estimadas(
        trecho["atual"]["leitura_id"] for lista in leituras for trecho in lista or ()
    )
