"""Cases and bills as JSON documents: decimals as strings, enough to redo the bill."""

from datetime import date
from decimal import Decimal
from typing import Any

from faturamento.calculo.demonstrativo import Demonstrativo
from faturamento.calculo.linhas import Linha
from faturamento.calculo.tipos import EntradaFatura, Registro, Scee, TipoCiclo

Documento = dict[str, Any]


def caso_para_json(entrada: EntradaFatura) -> Documento:
    """The case as the simulator takes it: `ler_caso` gives back an equal input.

    What is absent is left out, but for the keys that the document always shows.
    """
    unidade, periodo, tributos = entrada.unidade, entrada.periodo, entrada.tributos
    caso: Documento = {
        "unidade": {
            "subgrupo": str(unidade.subgrupo),
            "modalidade": str(unidade.modalidade),
            "classe": str(unidade.classe),
            "subclasse": str(unidade.subclasse),
            "ligacao": str(unidade.ligacao),
            "uf": unidade.uf,
        },
        "periodo": {"de": periodo.de.isoformat(), "ate": periodo.ate.isoformat()},
        "registros": [registro_para_json(registro) for registro in entrada.registros],
        "media_12_ciclos_kwh": _texto(entrada.media_12_ciclos_kwh),
        "tarifas": [
            {
                "posto": str(tarifa.posto),
                "tusd_brl_por_mwh": _texto(tarifa.tusd_brl_por_mwh),
                "te_brl_por_mwh": _texto(tarifa.te_brl_por_mwh),
                "vigente_de": tarifa.vigente_de.isoformat(),
                "vigente_ate": _dia(tarifa.vigente_ate),
                "faixa_ate_kwh": _texto(tarifa.faixa_ate_kwh),
            }
            for tarifa in entrada.tarifas
        ],
        "bandeiras": [
            {
                "vigente_de": bandeira.vigente_de.isoformat(),
                "vigente_ate": _dia(bandeira.vigente_ate),
                "cor": str(bandeira.cor),
                "adicional_brl_por_mwh": _texto(bandeira.adicional_brl_por_mwh),
            }
            for bandeira in entrada.bandeiras
        ],
        "tributos": _sem_nulos(
            {
                "icms": _texto(tributos.icms),
                "pis": _texto(tributos.pis),
                "cofins": _texto(tributos.cofins),
                "regra": str(tributos.regra),
                "cbs": _texto(tributos.cbs),
                "ibs": _texto(tributos.ibs),
            }
        ),
        "cip_brl": _texto(entrada.cip_brl),
        "arredondamento": str(entrada.arredondamento),
        "scee": None if entrada.scee is None else _scee(entrada.scee),
    }
    if entrada.estimativa is not None:
        del caso["registros"]
        caso["estimativa"] = {
            "historico_kwh": [_texto(kwh) for kwh in entrada.estimativa.historico_kwh],
            "ciclos_estimados": entrada.estimativa.ciclos_estimados,
        }
        if entrada.estimativa.pela_disponibilidade:
            caso["estimativa"]["pela_disponibilidade"] = True
    if entrada.ja_faturado_kwh:
        caso["ja_faturado_kwh"] = _texto(entrada.ja_faturado_kwh)
    if entrada.ciclos_acertados:
        caso["ciclos_acertados"] = entrada.ciclos_acertados
    if entrada.faixas_icms is not None:
        caso["faixas_icms"] = [
            {"ate_kwh": _texto(faixa.ate_kwh), "aliquota": _texto(faixa.aliquota)}
            for faixa in entrada.faixas_icms
        ]
    if entrada.lancamentos:
        caso["lancamentos"] = [
            {
                "descricao": lancamento.descricao,
                "valor": _texto(lancamento.valor),
                "referencia": lancamento.referencia,
            }
            for lancamento in entrada.lancamentos
        ]
    if entrada.ciclo != TipoCiclo.NORMAL:
        caso["ciclo"] = str(entrada.ciclo)
    return caso


def registro_para_json(registro: Registro) -> Documento:
    """One register of the case."""
    return {
        "registrador": str(registro.registrador),
        "anterior": _texto(registro.anterior),
        "atual": _texto(registro.atual),
        "digitos": registro.digitos,
        "constante": _texto(registro.constante),
        # Said only where it is so: documents of before keep their hash.
        **({"virada_confirmada": True} if registro.virada_confirmada else {}),
    }


def _scee(scee: Scee) -> Documento:
    return {
        "regime": str(scee.regime),
        "icms_compensa_te": scee.icms_compensa_te,
        "icms_compensa_tusd": scee.icms_compensa_tusd,
        "fio_b_brl_por_mwh": _texto(scee.fio_b_brl_por_mwh),
        "fio_a_brl_por_mwh": _texto(scee.fio_a_brl_por_mwh),
        "encargos_brl_por_mwh": _texto(scee.encargos_brl_por_mwh),
        "creditos": [
            _sem_nulos(
                {
                    "origem": _mes(credito.origem),
                    "kwh": _texto(credito.kwh),
                    "posto": None if credito.posto is None else str(credito.posto),
                }
            )
            for credito in scee.creditos
        ],
    }


def demonstrativo_para_json(demonstrativo: Demonstrativo) -> Documento:
    """The bill as the simulator answers it and as an invoice keeps it."""
    totais = demonstrativo.totais
    return {
        "consumo_kwh": _texto(demonstrativo.consumo_kwh),
        "consumo_faturado_kwh": _texto(demonstrativo.consumo_faturado_kwh),
        "compensado_kwh": _texto(demonstrativo.compensado_kwh),
        "linhas": [linha_para_json(linha) for linha in demonstrativo.linhas],
        "totais": {
            "icms": _texto(totais.icms),
            "pis": _texto(totais.pis),
            "cofins": _texto(totais.cofins),
            "cip": _texto(totais.cip),
            "creditos": _texto(totais.creditos),
            **({"lancamentos": _texto(totais.lancamentos)} if totais.lancamentos else {}),
            **_sem_nulos({"cbs": _texto(totais.cbs), "ibs": _texto(totais.ibs)}),
        },
        "valor": _texto(demonstrativo.valor),
        "ocorrencias": [
            {"codigo": ocorrencia.codigo, "mensagem": ocorrencia.mensagem}
            for ocorrencia in demonstrativo.ocorrencias
        ],
    }


def linha_para_json(linha: Linha) -> Documento:
    """One line of the bill."""
    return {
        "codigo": str(linha.codigo),
        "descricao": linha.descricao,
        "posto": None if linha.posto is None else str(linha.posto),
        "de": _dia(linha.de),
        "ate": _dia(linha.ate),
        "origem_credito": None if linha.origem_credito is None else _mes(linha.origem_credito),
        "quantidade_kwh": _texto(linha.quantidade_kwh),
        "tarifa_brl_por_kwh": _texto(linha.tarifa_brl_por_kwh),
        "preco_brl_por_kwh": _texto(linha.preco_brl_por_kwh),
        "valor": _texto(linha.valor),
        "base_icms": _texto(linha.base_icms),
        "icms": _texto(linha.icms),
        "base_pis_cofins": _texto(linha.base_pis_cofins),
        "pis": _texto(linha.pis),
        "cofins": _texto(linha.cofins),
        "regra": linha.regra,
        "formula": linha.formula,
        "fonte": linha.fonte,
    }


def _texto(valor: Decimal | None) -> str | None:
    return None if valor is None else format(valor, "f")


def _dia(dia: date | None) -> str | None:
    return None if dia is None else dia.isoformat()


def _mes(mes: date) -> str:
    return f"{mes:%Y-%m}"


def _sem_nulos(documento: Documento) -> Documento:
    return {chave: valor for chave, valor in documento.items() if valor is not None}
