"""What a person may decide about a held reading, and what the mean puts in its place."""

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from comum.dinheiro import MILESIMO
from comum.periodos import dia_civil
from medidores.calculo.critica import Limites, Mostrador, achar_salto_de_casa
from medidores.calculo.estimativa import CICLOS_DA_MEDIA, SemHistoricoError
from medidores.calculo.historico import Historico

# A rollover that a person confirmed: billed as it is, however large.
VIRADA_CONFIRMADA = "VIRADA_CONFIRMADA"
# Held because of what the reader found at the meter, not because of the value.
OCORRENCIA_DE_CAMPO = "OCORRENCIA_DE_CAMPO"

# The codes by which a reading is held, as people say them.
NOMES_DOS_CODIGOS = {
    "LEITURA_REGRESSIVA": "leitura menor que a anterior",
    "CONSUMO_ALTO": "consumo alto",
    "CONSUMO_BAIXO": "consumo baixo",
    "SALTO_DE_CASA": "dígito a mais ou trocado",
    "PERIODO_FATURADO": "período já faturado",
    OCORRENCIA_DE_CAMPO: "ocorrência em campo",
}
# And those of the notes that an accepted one carries.
NOMES_DAS_NOTAS = {
    "VIRADA_PROVAVEL": "virada provável",
    VIRADA_CONFIRMADA: "virada confirmada",
    "CONSUMO_ZERO": "consumo zero",
    "LEITURA_IGUAL": "leitura igual à anterior",
    "FORA_DO_INTERVALO": "fora do intervalo",
}


def nome_do_codigo(codigo: str) -> str:
    """The code as people say it; one without a name, as it is.

    >>> nome_do_codigo("SALTO_DE_CASA"), nome_do_codigo("")
    ('dígito a mais ou trocado', '')
    """
    return NOMES_DOS_CODIGOS.get(codigo) or NOMES_DAS_NOTAS.get(codigo) or codigo


def so_regressao(limites: Limites) -> Limites:
    """The same thresholds without the mean, which a person's word overrules.

    No history has so many cycles: what is still held cannot be billed as it is.
    """
    return replace(limites, ciclos_minimos=CICLOS_DA_MEDIA + 1)


def estimar_leitura_kwh(
    historico: Historico, mostrador: Mostrador, data_leitura: datetime
) -> Decimal:
    """What the register would show by the mean use since its last reading.

    Rounded half up to 0.001; past its highest value it starts again from zero.

    Raises:
        SemHistoricoError: no cycle before gives a mean.
    """
    media_kwh = historico.media_diaria_kwh
    if media_kwh is None or historico.leitura_kwh is None or historico.instante is None:
        raise SemHistoricoError
    dias = (dia_civil(data_leitura) - dia_civil(historico.instante)).days
    avanco_kwh = media_kwh * dias / mostrador.constante
    soma_kwh = (historico.leitura_kwh + avanco_kwh).quantize(MILESIMO, ROUND_HALF_UP)
    return soma_kwh % mostrador.capacidade


def sugerir_correcao_kwh(
    leitura_kwh: Decimal, historico: Historico, mostrador: Mostrador, data_leitura: datetime
) -> Decimal | None:
    """What a slip of the keyboard would explain; None where none does."""
    media_kwh = historico.media_diaria_kwh
    if media_kwh is None or historico.leitura_kwh is None or historico.instante is None:
        return None
    dias = (dia_civil(data_leitura) - dia_civil(historico.instante)).days
    achado = achar_salto_de_casa(
        leitura_kwh,
        anterior_kwh=historico.leitura_kwh,
        constante=mostrador.constante,
        esperado_kwh=media_kwh * max(dias, 1),
    )
    return achado and achado[0]
