"""From what the database holds to one calculated bill, or one reason why not, for each UC."""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

from django.db import DatabaseError

from clientes.models import Cliente
from comum.dinheiro import Arredondamento
from comum.django_base.instancias import montar
from comum.erros import DominioError
from comum.lembranca import lembrar_por_identidade
from comum.periodos import Periodo, dia_civil
from comum.vocabulario import Classe, Ligacao, Modalidade, Registrador, Subclasse, Subgrupo
from faturamento.calculo.demonstrativo import Demonstrativo, calcular_demonstrativo
from faturamento.calculo.medicao import apurar_consumo
from faturamento.calculo.texto_do_documento import (
    caso_em_texto,
    codificar,
    demonstrativo_em_texto,
)
from faturamento.calculo.tipos import EntradaFatura, Lancamento, TipoCiclo, Unidade
from faturamento.models import Distribuidora, Fatura
from faturamento.servicos.documento_escrito import DocumentoEscrito
from faturamento.servicos.lancamentos import LancamentosAbertos, lancamentos_abertos
from faturamento.servicos.medicao import (
    ApuracaoImpossivelError,
    Ciclo,
    Janela,
    Medicao,
    Mostrada,
    TrechoMedido,
    carregar_medicao,
)
from faturamento.servicos.parametros import Parametros
from medidores.calculo.consumo import ConsumoInconsistenteError, Registro
from medidores.calculo.estimativa import AcertoNegativoError, SemHistoricoError
from medidores.models import Leitura, UnidadeConsumidora
from medidores.servicos.estimadas import descartar_estimadas, gravar_estimadas
from medidores.servicos.faturado import travar_unidades

registro = logging.getLogger(__name__)

VERSAO_DO_DEMONSTRATIVO = 1
# Once a bill, the enum itself costs more to ask.
ARREDONDAMENTOS = {str(modo): modo for modo in Arredondamento}
REGISTRADORES = {str(registrador): registrador for registrador in Registrador}
INSUMOS = ("cliente", "unidade", "leituras", "entrada")
# The core speaks of what is missing in its input; a run, of what is missing in the tables.
CODIGO_DA_PENDENCIA = {"TARIFA_AUSENTE": "SEM_TARIFA", "BANDEIRA_AUSENTE": "SEM_BANDEIRA"}


@dataclass(frozen=True, slots=True)
class Apurada:
    """A UC that can be billed: everything its invoice will say."""

    unidade: UnidadeConsumidora
    cliente: Cliente
    distribuidora: Distribuidora
    ciclo: Ciclo
    entrada: EntradaFatura
    demonstrativo: Demonstrativo

    @property
    def leituras_estimadas(self) -> tuple[Leitura, ...]:
        """Those that end the cycle without having been measured; they may not be saved yet."""
        return tuple(
            trecho.atual for trecho in self.ciclo.trechos if isinstance(trecho.atual, Leitura)
        )


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
        titular = cliente or medicao.titular(unidade)
        abertos = lancamentos.get((unidade.id, titular.pk), ())
        return _apurar_unidade(unidade, titular, abertos, medicao, medicao.janela, parametros)
    except DominioError as erro:
        return NaoApurada(unidade, _codigo_da_pendencia(erro), str(erro))
    except Exception as erro:
        return recusar_por_erro(unidade, erro)


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


def _apurar_unidade(
    unidade: UnidadeConsumidora,
    cliente: Cliente,
    lancamentos: tuple[Lancamento, ...],
    medicao: Medicao,
    janela: Janela,
    parametros: Parametros,
) -> Apurada:
    ciclo = medicao.ciclo(unidade)
    if dia_civil(ciclo.ate) <= dia_civil(ciclo.de):
        raise ApuracaoImpossivelError(
            f"As duas leituras da unidade {unidade} são de {dia_civil(ciclo.ate):%d/%m/%Y}; "
            "o ciclo precisa de ao menos um dia. Registre a leitura que falta.",
            codigo="SEM_LEITURA",
        )
    periodo = _periodo(dia_civil(ciclo.de), dia_civil(ciclo.ate))
    distribuidora = parametros.distribuidora_de(unidade)
    tributos, faixas_icms = parametros.tributos_de(
        unidade,
        distribuidora,
        ultimo_dia=periodo.ultimo_dia,
        mes_referencia=janela.mes_referencia,
    )
    dados: dict[str, Any] = {
        "unidade": _unidade_do_calculo(
            unidade.subgrupo,
            unidade.modalidade,
            unidade.classe,
            unidade.subclasse,
            unidade.ligacao,
            unidade.uf,
        ),
        "periodo": periodo,
        "registros": () if ciclo.estimativa else tuple(map(_registro, ciclo.trechos)),
        "estimativa": ciclo.estimativa,
        "ja_faturado_kwh": ciclo.ja_faturado_kwh,
        "ciclos_acertados": ciclo.ciclos_acertados,
        "media_12_ciclos_kwh": medicao.media_kwh(unidade),
        "tarifas": parametros.tarifas_de(unidade, distribuidora, periodo),
        "bandeiras": parametros.bandeiras_de(periodo),
        "tributos": tributos,
        "faixas_icms": faixas_icms,
        "lancamentos": lancamentos,
        "arredondamento": ARREDONDAMENTOS[distribuidora.arredondamento],
        "ciclo": TipoCiclo.NORMAL if medicao.ja_faturada(unidade) else TipoCiclo.PRIMEIRO,
    }
    # The CIP goes by the consumption: that is asked first.
    consumo_kwh = apurar_consumo(EntradaFatura(**dados)).total_kwh
    cip_brl = parametros.cip_de(
        unidade, distribuidora, ultimo_dia=periodo.ultimo_dia, consumo_kwh=consumo_kwh
    )
    entrada = EntradaFatura(**dados, cip_brl=cip_brl)
    demonstrativo = calcular_demonstrativo(entrada)
    if demonstrativo.valor is None:
        raise ConsumoInconsistenteError(demonstrativo.ocorrencias[-1].mensagem)
    return Apurada(unidade, cliente, distribuidora, ciclo, entrada, demonstrativo)


# One object for all UCs of a kind: what follows from it is remembered by it.
@lru_cache(maxsize=4_096)
def _unidade_do_calculo(
    subgrupo: str, modalidade: str, classe: str, subclasse: str, ligacao: str, uf: str
) -> Unidade:
    return Unidade(
        subgrupo=Subgrupo(subgrupo),
        modalidade=Modalidade(modalidade),
        classe=Classe(classe),
        subclasse=Subclasse(subclasse),
        ligacao=Ligacao(ligacao),
        uf=uf,
    )


@lru_cache(maxsize=4_096)
def _periodo(de: date, ate: date) -> Periodo:
    return Periodo(de, ate)


def _registro(trecho: TrechoMedido) -> Registro:
    return Registro(
        registrador=REGISTRADORES[trecho.atual.registrador],
        anterior=trecho.anterior.leitura_kwh,
        atual=trecho.atual.leitura_kwh,
        digitos=trecho.medidor.digitos,
        constante=trecho.medidor.constante,
        virada_confirmada=trecho.virada_confirmada,
    )


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
    documento, insumos_hash = escrever_demonstrativo(apurada, janela)
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
        "demonstrativo": documento,
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


def escrever_demonstrativo(apurada: Apurada, janela: Janela) -> tuple[DocumentoEscrito, str]:
    """The JSON that an invoice freezes, and the hash of what it was calculated from.

    Who, which readings, every input, every line. `entrada` is a case of the
    simulator: from it alone the bill can be redone.
    """
    cliente, unidade = apurada.cliente, apurada.unidade
    leituras = [
        {
            "medidor_id": trecho.medidor.id,
            "numero_medidor": trecho.medidor.numero_medidor,
            "registrador": trecho.atual.registrador,
            "constante": f"{trecho.medidor.constante.normalize():f}",
            "digitos": trecho.medidor.digitos,
            "anterior": _leitura_para_json(trecho.anterior),
            "atual": _leitura_para_json(trecho.atual),
        }
        for trecho in apurada.ciclo.trechos
    ]
    do_cliente = {
        "id_cliente": cliente.id,
        "nome": cliente.nome,
        "documento": cliente.documento,
        "endereco": cliente.endereco,
    }
    da_unidade = {
        "unidade_id": unidade.id,
        "codigo": unidade.codigo,
        "endereco": unidade.endereco,
        "municipio_ibge": unidade.municipio_ibge,
        "grupo_leitura": unidade.grupo_leitura,
    }
    # Keys in order, each part encoded once: these are the very bytes of `hash_dos_insumos`.
    insumos = (
        f'{{"cliente":{codificar(do_cliente)},"entrada":{caso_em_texto(apurada.entrada)},'
        f'"leituras":{codificar(leituras)},"unidade":{codificar(da_unidade)}}}'
    )
    cabecalho = _cabecalho(apurada.distribuidora, janela.mes_referencia)
    resultado = demonstrativo_em_texto(apurada.demonstrativo)
    texto = f"{insumos[:-1]},{cabecalho[1:-1]},{resultado[1:]}"
    return DocumentoEscrito(texto, leituras=leituras), _hash(insumos)


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


def hash_dos_insumos(documento: Mapping[str, Any]) -> str:
    """SHA-256 of everything that a bill was calculated from (not of what came out)."""
    return _hash(codificar({chave: documento[chave] for chave in INSUMOS}))


def _hash(insumos: str) -> str:
    return hashlib.sha256(insumos.encode()).hexdigest()


def _leitura_para_json(leitura: Mostrada) -> dict[str, Any]:
    return {
        "leitura_id": leitura.pk,
        "data_leitura": leitura.data_leitura.isoformat(),
        "leitura_kwh": f"{leitura.leitura_kwh:f}",
        "origem": leitura.origem,
    }
