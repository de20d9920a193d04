"""What one bill is calculated from: gathered from what was measured and the tables, and hashed.

The hash is what a draft is held against when it is issued. To take it again costs no bill.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from json.encoder import encode_basestring as aspas
from typing import Any

from clientes.models import Cliente
from comum.dinheiro import Arredondamento
from comum.periodos import Periodo, dia_civil
from comum.vocabulario import Classe, Ligacao, Modalidade, Registrador, Subclasse, Subgrupo
from faturamento.calculo.medicao import apurar_consumo
from faturamento.calculo.texto_do_documento import caso_em_texto, codificar, marcar, moldar
from faturamento.calculo.tipos import EntradaFatura, Lancamento, TipoCiclo, Unidade
from faturamento.models import Distribuidora
from faturamento.servicos.medicao import (
    ApuracaoImpossivelError,
    Ciclo,
    Medicao,
    TrechoMedido,
)
from faturamento.servicos.parametros import Parametros
from medidores.calculo.consumo import Registro
from medidores.models import Leitura, UnidadeConsumidora

# Once a bill, the enum itself costs more to ask.
ARREDONDAMENTOS = {str(modo): modo for modo in Arredondamento}
REGISTRADORES = {str(registrador): registrador for registrador in Registrador}
CHAVES = ("cliente", "unidade", "leituras", "entrada")


@dataclass(frozen=True, slots=True)
class Insumos:
    """A UC whose bill can be calculated, and everything that it depends on."""

    unidade: UnidadeConsumidora
    cliente: Cliente
    distribuidora: Distribuidora
    ciclo: Ciclo
    entrada: EntradaFatura

    @property
    def leituras_estimadas(self) -> tuple[Leitura, ...]:
        """Those that end the cycle without having been measured; they may not be saved yet."""
        return tuple(
            trecho.atual for trecho in self.ciclo.trechos if isinstance(trecho.atual, Leitura)
        )


def reunir_insumos(
    unidade: UnidadeConsumidora,
    cliente: Cliente,
    lancamentos: tuple[Lancamento, ...],
    medicao: Medicao,
    parametros: Parametros,
) -> Insumos:
    """
    Raises:
        DominioError: something is missing, or does not fit; the code becomes a Pendencia's.
    """
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
        mes_referencia=medicao.janela.mes_referencia,
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
    return Insumos(unidade, cliente, distribuidora, ciclo, EntradaFatura(**dados, cip_brl=cip_brl))


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


def _vaos(*chaves: str, de: str = "") -> dict[str, str]:
    return {chave: marcar(de + chave) for chave in chaves}


# Who and which readings, each part with gaps for what differs from bill to bill.
DA_LEITURA = ("leitura_id", "data_leitura", "leitura_kwh", "origem")
MOLDE_DO_CLIENTE = moldar(_vaos("id_cliente", "nome", "documento", "endereco"))
MOLDE_DA_UNIDADE = moldar(
    _vaos("unidade_id", "codigo", "endereco", "municipio_ibge", "grupo_leitura")
)
MOLDE_DO_TRECHO = moldar(
    {
        **_vaos("medidor_id", "numero_medidor", "registrador", "constante", "digitos"),
        "anterior": _vaos(*DA_LEITURA, de="anterior_"),
        "atual": _vaos(*DA_LEITURA, de="atual_"),
    }
)


def escrever_insumos(insumos: Insumos) -> tuple[str, str]:
    """The JSON of who, which readings and every input, and its hash.

    `entrada` is a case of the simulator: from it alone the bill can be redone. The keys are
    in order: these are the very bytes of `hash_dos_insumos`.
    """
    cliente, unidade = insumos.cliente, insumos.unidade
    documento = cliente.documento
    do_cliente = MOLDE_DO_CLIENTE % {
        "id_cliente": cliente.id,
        "nome": aspas(cliente.nome),
        "documento": "null" if documento is None else aspas(documento),
        "endereco": aspas(cliente.endereco),
    }
    da_unidade = MOLDE_DA_UNIDADE % {
        "unidade_id": unidade.id,
        "codigo": aspas(unidade.codigo),
        "endereco": aspas(unidade.endereco),
        "municipio_ibge": aspas(unidade.municipio_ibge),
        "grupo_leitura": aspas(unidade.grupo_leitura),
    }
    texto = (
        f'{{"cliente":{do_cliente},"entrada":{caso_em_texto(insumos.entrada)},'
        f'"leituras":[{",".join(map(_escrever_trecho, insumos.ciclo.trechos))}],'
        f'"unidade":{da_unidade}}}'
    )
    return texto, _hash(texto)


def _escrever_trecho(trecho: TrechoMedido) -> str:
    medidor, anterior, atual = trecho.medidor, trecho.anterior, trecho.atual
    return MOLDE_DO_TRECHO % {
        "medidor_id": medidor.id,
        "numero_medidor": aspas(medidor.numero_medidor),
        "registrador": aspas(atual.registrador),
        "constante": f'"{medidor.constante.normalize():f}"',
        "digitos": medidor.digitos,
        "anterior_leitura_id": anterior.pk,
        "anterior_data_leitura": f'"{anterior.data_leitura.isoformat()}"',
        "anterior_leitura_kwh": f'"{anterior.leitura_kwh:f}"',
        "anterior_origem": aspas(anterior.origem),
        "atual_leitura_id": atual.pk,
        "atual_data_leitura": f'"{atual.data_leitura.isoformat()}"',
        "atual_leitura_kwh": f'"{atual.leitura_kwh:f}"',
        "atual_origem": aspas(atual.origem),
    }


def hash_dos_insumos(documento: Mapping[str, Any]) -> str:
    """SHA-256 of everything that a bill was calculated from (not of what came out)."""
    return _hash(codificar({chave: documento[chave] for chave in CHAVES}))


def _hash(insumos: str) -> str:
    return hashlib.sha256(insumos.encode()).hexdigest()
