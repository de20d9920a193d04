"""The bill of one cycle: every rule in its order, every line explained."""

from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext

from faturamento.calculo.bandeiras import cobrar_bandeiras, dividir_por_bandeira
from faturamento.calculo.cip import cobrar_cip
from faturamento.calculo.conferencia import conferir_entrada
from faturamento.calculo.disponibilidade import calcular_consumo_faturado_kwh, minimo_faturavel_kwh
from faturamento.calculo.lancamentos import cobrar_lancamentos
from faturamento.calculo.linhas import Linha, Ocorrencia, Totais, somar_linhas
from faturamento.calculo.medicao import (
    POSTO_DO_MINIMO,
    ConsumoApurado,
    apurar_consumo,
    avisar_intervalo,
    completar_minimo,
)
from faturamento.calculo.scee import Compensacao, compensar, creditar_compensacao
from faturamento.calculo.social import (
    calcular_desconto_social,
    calcular_gratuito_kwh,
    descontar_tarifa_social,
    exigir_regra_social,
)
from faturamento.calculo.tarifas import (
    Parcela,
    cobrar_energia,
    dividir_por_vigencia,
    ratear_consumo,
)
from faturamento.calculo.tipos import EntradaFatura
from faturamento.calculo.tributos import (
    Tributacao,
    calcular_informativo,
    preparar_tributacao,
    selecionar_aliquota_icms,
)
from medidores.calculo.consumo import ConsumoInconsistenteError

__all__ = [
    "Demonstrativo",
    "EntradaFatura",
    "Linha",
    "Ocorrencia",
    "Totais",
    "calcular_demonstrativo",
]

# Wide enough that no product of legal inputs is ever rounded on the way.
PRECISAO = Context(prec=60)
ZERO_KWH = Decimal("0.000")
# Bills of one month: same tables, same days, and the same few hundred consumptions.
FEITAS_LEMBRADAS = 2_048
_feitas: dict[tuple[object, ...], tuple[EntradaFatura, "Demonstrativo"]] = {}
SEM_COMPENSACAO = Compensacao()


@dataclass(frozen=True, slots=True)
class Demonstrativo:
    """A calculated bill. Energy in kWh with 3 places, money in R$ with 2.

    `valor` is the sum of the lines, exactly. Where the readings give no
    credible consumption there are no lines, and the consumptions and `valor`
    are None.
    """

    consumo_kwh: Decimal | None
    consumo_faturado_kwh: Decimal | None
    compensado_kwh: Decimal | None
    linhas: tuple[Linha, ...]
    totais: Totais
    valor: Decimal | None
    ocorrencias: tuple[Ocorrencia, ...]


def calcular_demonstrativo(entrada: EntradaFatura) -> Demonstrativo:
    """The bill of one cycle of grupo B.

    Lines stand in the order of their codes, then posto, sub-period and credit
    origin. Each value is rounded once, by `entrada.arredondamento`.

    Raises:
        CasoInvalidoError: the input cannot be billed; names the field.
        RegraAusenteError: no rule is known for this combination.
    """
    with localcontext(PRECISAO):
        conferir_entrada(entrada)
        avisos = avisar_intervalo(entrada)
        try:
            apurado = apurar_consumo(entrada)
        except ConsumoInconsistenteError as erro:
            avisos.append(Ocorrencia(erro.codigo, str(erro)))
            return Demonstrativo(None, None, None, (), Totais(), None, tuple(avisos))
        if avisos or apurado.ocorrencias or entrada.scee is not None or entrada.lancamentos:
            return _faturar(entrada, apurado, avisos)
        return _faturar_como_outra(entrada, apurado)


def _faturar_como_outra(entrada: EntradaFatura, apurado: ConsumoApurado) -> Demonstrativo:
    """The bill itself, where one with the same tables, days, kWh and CIP was not made before.

    Tables and days are told by identity, as the run shares them; the rest by what is printed.
    """
    chave = (
        id(entrada.unidade),
        id(entrada.periodo),
        id(entrada.tarifas),
        id(entrada.bandeiras),
        id(entrada.tributos),
        id(entrada.faixas_icms),
        entrada.arredondamento,
        str(entrada.cip_brl),
        *map(str, apurado.por_posto_kwh.values()),
    )
    feita = _feitas.get(chave)
    if feita is None:
        if len(_feitas) >= FEITAS_LEMBRADAS:
            _feitas.clear()
        # The input is kept with its bill: no other object can take the id of one alive.
        feita = _feitas[chave] = (entrada, _faturar(entrada, apurado, []))
    return feita[1]


def _faturar(
    entrada: EntradaFatura, apurado: ConsumoApurado, avisos: list[Ocorrencia]
) -> Demonstrativo:
    unidade, periodo, dias = entrada.unidade, entrada.periodo, entrada.periodo.dias
    consumo_kwh = apurado.total_kwh
    tributacao = _escolher_tributacao(entrada, consumo_kwh)

    minimo_kwh = minimo_faturavel_kwh(
        unidade, consumo_kwh=consumo_kwh, ultimo_dia=periodo.ultimo_dia
    )
    faturado_kwh = calcular_consumo_faturado_kwh(consumo_kwh, minimo_kwh) + ZERO_KWH
    parcelas = _ratear(entrada, apurado, faturado_kwh)

    compensacao = SEM_COMPENSACAO
    if entrada.scee is not None:
        compensacao = compensar(
            entrada.scee,
            parcelas,
            por_posto_kwh=apurado.por_posto_kwh,
            minimo_kwh=minimo_kwh,
            periodo=periodo,
        )
    compensado_kwh = compensacao.total_kwh
    liquido_kwh = faturado_kwh - compensado_kwh
    social = calcular_desconto_social(liquido_kwh, unidade.subclasse, ultimo_dia=periodo.ultimo_dia)
    gratuito_kwh = calcular_gratuito_kwh(social, parcelas, compensacao)

    linhas = cobrar_energia(
        parcelas,
        tributacao,
        dias_do_ciclo=dias,
        completado=POSTO_DO_MINIMO[unidade.modalidade] if faturado_kwh > consumo_kwh else None,
    )
    linhas += cobrar_bandeiras(
        liquido_kwh - gratuito_kwh,
        dividir_por_bandeira(entrada.bandeiras, periodo),
        tributacao,
        dias_do_ciclo=dias,
    )
    if social is not None and social.desconto_kwh:
        linhas += descontar_tarifa_social(social, parcelas, tributacao, dias_do_ciclo=dias)
    if entrada.scee is not None:
        linhas += creditar_compensacao(compensacao, entrada.scee, tributacao)
    linhas += cobrar_cip(entrada.cip_brl)
    linhas += cobrar_lancamentos(
        entrada.lancamentos, fornecimento_brl=somar_linhas(linhas).valor_do_fornecimento
    )

    totais = _totalizar(entrada, linhas)
    return Demonstrativo(
        consumo_kwh=consumo_kwh,
        consumo_faturado_kwh=faturado_kwh,
        compensado_kwh=compensado_kwh,
        linhas=tuple(linhas),
        totais=totais,
        valor=totais.valor,
        ocorrencias=(*avisos, *apurado.ocorrencias, *compensacao.ocorrencias),
    )


def _escolher_tributacao(entrada: EntradaFatura, consumo_kwh: Decimal) -> Tributacao:
    icms = entrada.tributos.icms
    if icms is None:
        icms = selecionar_aliquota_icms(entrada.faixas_icms or (), consumo_kwh)
    return preparar_tributacao(entrada.tributos, icms, entrada.arredondamento)


def _ratear(
    entrada: EntradaFatura, apurado: ConsumoApurado, faturado_kwh: Decimal
) -> list[Parcela]:
    por_posto_kwh = completar_minimo(
        apurado.por_posto_kwh, faturado_kwh=faturado_kwh, modalidade=entrada.unidade.modalidade
    )
    parcelas = []
    for posto, kwh in por_posto_kwh.items():
        trechos = dividir_por_vigencia(entrada.tarifas, posto, entrada.periodo)
        exigir_regra_social(entrada.unidade, trechos)
        parcelas += ratear_consumo(posto, kwh, trechos)
    return parcelas


def _totalizar(entrada: EntradaFatura, linhas: list[Linha]) -> Totais:
    totais = somar_linhas(linhas)
    tributos = entrada.tributos
    if tributos.cbs is None and tributos.ibs is None:
        return totais
    energia_brl = totais.valor_do_fornecimento - totais.cip
    base_brl = energia_brl - totais.icms - totais.pis - totais.cofins
    return replace(
        totais,
        cbs=calcular_informativo(base_brl, tributos.cbs, entrada.arredondamento),
        ibs=calcular_informativo(base_brl, tributos.ibs, entrada.arredondamento),
    )
