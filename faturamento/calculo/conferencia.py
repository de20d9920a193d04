"""What must fit together before a bill is calculated; the first misfit stops it."""

from decimal import Decimal

from comum.lembranca import lembrar_por_identidade
from faturamento.calculo.bandeiras import dividir_por_bandeira
from faturamento.calculo.erros import CasoInvalidoError
from faturamento.calculo.medicao import REGISTRADORES, conferir_registros
from faturamento.calculo.scee import calcular_transporte_brl_por_mwh, selecionar_creditos
from faturamento.calculo.social import exigir_regra_social
from faturamento.calculo.tarifas import dividir_por_vigencia
from faturamento.calculo.tipos import (
    BandeiraVigente,
    CorBandeira,
    EntradaFatura,
    FaixaIcms,
    Modalidade,
    TarifaVigente,
    Tributos,
)
from faturamento.calculo.tributos import preparar_tributacao
from medidores.calculo.consumo import DIGITOS_MAXIMOS, Registro
from medidores.calculo.estimativa import CICLOS_DA_MEDIA

ZERO = Decimal(0)
UM = Decimal(1)
CAPACIDADE = tuple(Decimal(10**digitos) for digitos in range(DIGITOS_MAXIMOS + 1))


def conferir_entrada(entrada: EntradaFatura) -> None:
    """Refuses an input whose parts do not fit together; computes nothing.

    Raises:
        CasoInvalidoError: names the first field that does not fit.
    """
    _conferir_medicao(entrada)
    # The tables are the same for many bills: each is looked at once.
    _conferir_tarifas(entrada.tarifas, entrada.unidade.modalidade)
    _conferir_bandeiras(entrada.bandeiras)
    _conferir_tributos(entrada.tributos, entrada.faixas_icms)


def conferir_regras(entrada: EntradaFatura) -> None:
    """Refuses what the calculation itself would refuse later: gaps, overlaps, no rule.

    The calculation makes these checks on its way; who only reads a case makes
    them here.

    Raises:
        CasoInvalidoError, RegraAusenteError: as the rules that are asked.
    """
    periodo, tributos = entrada.periodo, entrada.tributos
    for posto in REGISTRADORES[entrada.unidade.modalidade]:
        exigir_regra_social(entrada.unidade, dividir_por_vigencia(entrada.tarifas, posto, periodo))
    dividir_por_bandeira(entrada.bandeiras, periodo)
    for faixa in entrada.faixas_icms or (FaixaIcms(None, tributos.icms or ZERO),):
        preparar_tributacao(tributos, faixa.aliquota, entrada.arredondamento)
    if entrada.scee is not None:
        calcular_transporte_brl_por_mwh(entrada.scee, ano=periodo.ate.year)
        selecionar_creditos(entrada.scee.creditos, mes=periodo.ate)


def _conferir_medicao(entrada: EntradaFatura) -> None:
    estimativa = entrada.estimativa
    if estimativa is None:
        conferir_registros(entrada)
        for indice, registro in enumerate(entrada.registros):
            _conferir_registro(registro, f"registros[{indice}]")
        return
    if entrada.registros:
        raise CasoInvalidoError(
            "estimativa",
            "COMBINACAO_INVALIDA",
            "A estimativa vem no lugar das leituras. Informe registros ou estimativa, não os dois.",
        )
    for campo in ("ja_faturado_kwh", "ciclos_acertados"):
        if getattr(entrada, campo):
            raise CasoInvalidoError(
                campo,
                "COMBINACAO_INVALIDA",
                f"Só uma leitura real acerta ciclos estimados. Retire {campo} ou a estimativa.",
            )
    if len(estimativa.historico_kwh) > CICLOS_DA_MEDIA:
        raise CasoInvalidoError(
            "estimativa.historico_kwh",
            "HISTORICO_LONGO",
            f"O histórico tem {len(estimativa.historico_kwh)} ciclos; informe os últimos 12.",
        )


def _conferir_registro(registro: Registro, campo: str) -> None:
    if not 1 <= registro.digitos <= DIGITOS_MAXIMOS:
        raise CasoInvalidoError(
            f"{campo}.digitos",
            "VALOR_FORA_DO_LIMITE",
            f"O mostrador deve ter de 1 a {DIGITOS_MAXIMOS} dígitos; veio {registro.digitos}.",
        )
    if registro.constante <= 0:
        raise CasoInvalidoError(
            f"{campo}.constante",
            "VALOR_FORA_DO_LIMITE",
            f"A constante deve ser maior que zero; veio {registro.constante}.",
        )
    capacidade = CAPACIDADE[registro.digitos]
    for nome, leitura in (("anterior", registro.anterior), ("atual", registro.atual)):
        if not 0 <= leitura < capacidade:
            raise CasoInvalidoError(
                f"{campo}.{nome}",
                "LEITURA_EXCEDE_DIGITOS",
                f"A leitura {leitura} não cabe em um mostrador de {registro.digitos} dígitos. "
                "Confira a leitura e os dígitos do medidor.",
            )


@lembrar_por_identidade
def _conferir_tarifas(tarifas: tuple[TarifaVigente, ...], modalidade: Modalidade) -> None:
    postos = REGISTRADORES[modalidade]
    for indice, tarifa in enumerate(tarifas):
        if tarifa.posto not in postos:
            raise CasoInvalidoError(
                f"tarifas[{indice}].posto",
                "POSTO_INCOMPATIVEL",
                f"O posto {tarifa.posto} não existe na modalidade {modalidade}. "
                f"Use {', '.join(postos)}.",
            )
        for nome, valor in (
            ("tusd_brl_por_mwh", tarifa.tusd_brl_por_mwh),
            ("te_brl_por_mwh", tarifa.te_brl_por_mwh),
        ):
            if valor < 0:
                raise CasoInvalidoError(
                    f"tarifas[{indice}].{nome}",
                    "VALOR_NEGATIVO",
                    f"A tarifa não pode ser negativa; veio {valor}.",
                )


@lembrar_por_identidade
def _conferir_bandeiras(bandeiras: tuple[BandeiraVigente, ...]) -> None:
    for indice, bandeira in enumerate(bandeiras):
        campo = f"bandeiras[{indice}].adicional_brl_por_mwh"
        adicional = bandeira.adicional_brl_por_mwh
        if adicional < 0:
            raise CasoInvalidoError(
                campo, "VALOR_NEGATIVO", f"O adicional não pode ser negativo; veio {adicional}."
            )
        if adicional and bandeira.cor == CorBandeira.VERDE:
            raise CasoInvalidoError(
                campo,
                "COMBINACAO_INVALIDA",
                f"A bandeira VERDE não tem adicional; veio {adicional}. Confira a cor ou o valor.",
            )


@lembrar_por_identidade
def _conferir_tributos(tributos: Tributos, faixas: tuple[FaixaIcms, ...] | None) -> None:
    if tributos.icms is not None and faixas is not None:
        raise CasoInvalidoError(
            "faixas_icms",
            "COMBINACAO_INVALIDA",
            "As faixas vêm no lugar de tributos.icms. Informe um ou outro.",
        )
    if tributos.icms is None and faixas is None:
        raise CasoInvalidoError(
            "tributos.icms",
            "CAMPO_AUSENTE",
            "Falta a alíquota de ICMS. Informe tributos.icms ou faixas_icms.",
        )
    for nome, aliquota in (
        ("icms", tributos.icms),
        ("pis", tributos.pis),
        ("cofins", tributos.cofins),
        ("cbs", tributos.cbs),
        ("ibs", tributos.ibs),
    ):
        if aliquota is not None:
            _conferir_aliquota(aliquota, f"tributos.{nome}")
    if faixas is not None:
        _conferir_faixas_icms(faixas)


def _conferir_aliquota(aliquota: Decimal, campo: str) -> None:
    if not 0 <= aliquota < UM:
        raise CasoInvalidoError(
            campo,
            "ALIQUOTA_INVALIDA",
            f"A alíquota é uma fração de 0 a menos de 1 (18% = 0.18); veio {aliquota}.",
        )


def _conferir_faixas_icms(faixas: tuple[FaixaIcms, ...]) -> None:
    for indice, faixa in enumerate(faixas):
        _conferir_aliquota(faixa.aliquota, f"faixas_icms[{indice}].aliquota")
    limites = [faixa.ate_kwh for faixa in faixas]
    if limites.count(None) != 1 or len(set(limites)) < len(limites):
        raise CasoInvalidoError(
            "faixas_icms",
            "FAIXAS_INVALIDAS",
            "As faixas de ICMS devem ter limites diferentes e exatamente uma sem limite (null).",
        )
