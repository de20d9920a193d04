"""From registers or estimates to the kWh of each posto in the cycle."""

from dataclasses import dataclass
from decimal import Decimal

from comum.dinheiro import numero_br
from comum.vocabulario import Modalidade, Posto
from faturamento.calculo.erros import CasoInvalidoError, RegraAusenteError
from faturamento.calculo.formatos import quantidade_exata
from faturamento.calculo.linhas import Ocorrencia
from faturamento.calculo.tipos import EntradaFatura
from medidores.calculo.consumo import INTERVALO_DIAS, intervalo_esperado, somar_registros_kwh
from medidores.calculo.estimativa import (
    AcertoNegativoError,
    SemHistoricoError,
    acertar_consumo_kwh,
    estimar_consumo_kwh,
)

ZERO_KWH = Decimal("0.000")

POSTOS = {
    Modalidade.CONVENCIONAL: (Posto.UNICO,),
    Modalidade.BRANCA: (Posto.PONTA, Posto.INTERMEDIARIO, Posto.FORA_PONTA),
}
# The register that measures each posto, by modalidade, in the order of the lines.
REGISTRADORES = {
    modalidade: dict(zip(postos, modalidade.registradores, strict=True))
    for modalidade, postos in POSTOS.items()
}
# Where what lacks to the minimum goes.
POSTO_DO_MINIMO = {
    Modalidade.CONVENCIONAL: Posto.UNICO,
    Modalidade.BRANCA: Posto.FORA_PONTA,
}


@dataclass(frozen=True, slots=True)
class ConsumoApurado:
    """The cycle's consumption by posto, before the minimum, and what to say of it."""

    por_posto_kwh: dict[Posto, Decimal]
    ocorrencias: tuple[Ocorrencia, ...] = ()

    @property
    def total_kwh(self) -> Decimal:
        return sum(self.por_posto_kwh.values(), ZERO_KWH)


def apurar_consumo(entrada: EntradaFatura) -> ConsumoApurado:
    """The kWh consumed in each posto, to 0.001, from readings or from an estimate.

    Source: REN ANEEL nº 1.000/2021, arts. 288–289 for the estimate (not read).

    Raises:
        ConsumoInconsistenteError: the readings give no credible number.
        LeituraExcedeDigitosError: a reading does not fit its register.
        RegraAusenteError: an estimate or a settlement that no rule splits among
            postos, or a mean of no cycle at all.
        CasoInvalidoError: the estimates billed more than was consumed.
    """
    if entrada.estimativa is not None:
        return _apurar_estimado(entrada)
    media_kwh = entrada.media_12_ciclos_kwh
    if media_kwh is not None:
        # The register counted over the estimated cycles too.
        media_kwh *= 1 + entrada.ciclos_acertados
    por_posto_kwh = {
        posto: somar_registros_kwh(
            (r for r in entrada.registros if r.registrador == registrador),
            media_kwh=media_kwh,
        )
        for posto, registrador in REGISTRADORES[entrada.unidade.modalidade].items()
    }
    acumulado_kwh = sum(por_posto_kwh.values(), ZERO_KWH)
    if not entrada.ja_faturado_kwh:
        return ConsumoApurado(por_posto_kwh, _avisar_acerto(entrada, acumulado_kwh))
    if len(por_posto_kwh) > 1:
        raise RegraAusenteError(
            "ja_faturado_kwh",
            "Não há regra para repartir entre postos o que os ciclos estimados já faturaram. "
            "Cancele e refature os ciclos estimados.",
        )
    try:
        acertado_kwh = {
            posto: acertar_consumo_kwh(acumulado_kwh=kwh, ja_faturado_kwh=entrada.ja_faturado_kwh)
            for posto, kwh in por_posto_kwh.items()
        }
    except AcertoNegativoError as erro:
        raise RegraAusenteError("ja_faturado_kwh", str(erro)) from erro
    return ConsumoApurado(acertado_kwh, _avisar_acerto(entrada, acumulado_kwh))


def _avisar_acerto(entrada: EntradaFatura, acumulado_kwh: Decimal) -> tuple[Ocorrencia, ...]:
    ciclos = entrada.ciclos_acertados
    if not ciclos:
        return ()
    acumulado, faturado = (
        f"{numero_br(quantidade_exata(kwh))} kWh"
        for kwh in (acumulado_kwh, entrada.ja_faturado_kwh)
    )
    quem = "um ciclo sem leitura faturou" if ciclos == 1 else f"{ciclos} ciclos sem ela faturaram"
    mensagem = f"{acumulado} acumulados desde a última leitura real, de que {quem} {faturado}."
    return (Ocorrencia("ACERTO_DE_ESTIMATIVA", mensagem),)


def _apurar_estimado(entrada: EntradaFatura) -> ConsumoApurado:
    estimativa, modalidade = entrada.estimativa, entrada.unidade.modalidade
    if estimativa is None:
        raise ValueError("não há estimativa")
    try:
        consumo_kwh = estimar_consumo_kwh(estimativa)
    except SemHistoricoError as erro:
        raise RegraAusenteError("estimativa.historico_kwh", str(erro)) from erro

    por_posto_kwh = dict.fromkeys(REGISTRADORES[modalidade], ZERO_KWH)
    if consumo_kwh is None:
        motivo = (
            "Sem leitura, por ocorrência no medidor"
            if estimativa.pela_disponibilidade
            else f"{estimativa.ciclos_estimados} ciclos seguidos sem leitura"
        )
        ocorrencia = Ocorrencia(
            "FATURADO_PELA_DISPONIBILIDADE",
            f"{motivo}: faturado o custo de disponibilidade. Providencie o acesso ao medidor.",
        )
        return ConsumoApurado(por_posto_kwh, (ocorrencia,))
    if len(por_posto_kwh) > 1:
        raise RegraAusenteError(
            "estimativa",
            "Não há regra para repartir entre postos um consumo estimado. Obtenha as leituras.",
        )
    por_posto_kwh[POSTO_DO_MINIMO[modalidade]] = consumo_kwh
    ocorrencia = Ocorrencia(
        "CONSUMO_ESTIMADO",
        f"Consumo estimado pela média de {len(estimativa.historico_kwh)} ciclos; "
        "a próxima leitura real acerta a diferença.",
    )
    return ConsumoApurado(por_posto_kwh, (ocorrencia,))


def completar_minimo(
    por_posto_kwh: dict[Posto, Decimal], *, faturado_kwh: Decimal, modalidade: Modalidade
) -> dict[Posto, Decimal]:
    """The kWh billed in each posto: what lacks to the minimum goes to fora ponta."""
    falta_kwh = faturado_kwh - sum(por_posto_kwh.values(), ZERO_KWH)
    if not falta_kwh:
        return por_posto_kwh
    posto = POSTO_DO_MINIMO[modalidade]
    return {**por_posto_kwh, posto: por_posto_kwh[posto] + falta_kwh}


def avisar_intervalo(entrada: EntradaFatura) -> list[Ocorrencia]:
    """A warning when the days between the readings are not those of such a cycle."""
    dias = entrada.periodo.dias
    if intervalo_esperado(dias, entrada.ciclo):
        return []
    menor, maior = INTERVALO_DIAS[entrada.ciclo]
    return [
        Ocorrencia(
            "FORA_DO_INTERVALO",
            f"Intervalo de leitura de {dias} dias, fora de {menor} a {maior}. "
            "Confira as datas das leituras.",
        )
    ]


def conferir_registros(entrada: EntradaFatura) -> None:
    """Refuses registers that the modalidade does not have, or lacks.

    Raises:
        CasoInvalidoError: `REGISTRADOR_INCOMPATIVEL` or `REGISTRADOR_AUSENTE`.
    """
    modalidade = entrada.unidade.modalidade
    exigidos = REGISTRADORES[modalidade].values()
    presentes = [registro.registrador for registro in entrada.registros]
    for indice, registrador in enumerate(presentes):
        if registrador not in exigidos and not registrador.startswith("INJETADA"):
            raise CasoInvalidoError(
                f"registros[{indice}].registrador",
                "REGISTRADOR_INCOMPATIVEL",
                f"O registrador {registrador} não se usa na modalidade {modalidade}. "
                f"Use {', '.join(exigidos)}.",
            )
    for registrador in exigidos:
        if registrador not in presentes:
            raise CasoInvalidoError(
                "registros",
                "REGISTRADOR_AUSENTE",
                f"Falta o registrador {registrador}, que a modalidade {modalidade} exige. "
                "Informe as leituras dele.",
            )
