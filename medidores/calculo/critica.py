"""The crítica: what becomes of one reading, with a code and a sentence.

Refused: it cannot be true. Held: it may be true, and a person decides.
Accepted, with or without a note. Pure: the caller brings the neighbours.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from comum.dinheiro import numero_br
from comum.periodos import dia_civil
from medidores.calculo.consumo import consumo_na_virada, virada_plausivel


class Destino(StrEnum):
    ACEITA = "ACEITA"
    RETIDA = "RETIDA"
    RECUSADA = "RECUSADA"


@dataclass(frozen=True, slots=True)
class Mostrador:
    """The meter, as far as a reading can contradict it."""

    digitos: int
    constante: Decimal
    data_instalacao: date
    data_retirada: date | None


@dataclass(frozen=True, slots=True)
class Julgamento:
    """The outcome; `codigo` and `mensagem` are "" for a plain acceptance."""

    destino: Destino
    codigo: str = ""
    mensagem: str = ""
    campo: str = ""


ACEITA = Julgamento(Destino.ACEITA)


def julgar_leitura(
    *,
    leitura_kwh: Decimal,
    data_leitura: datetime,
    mostrador: Mostrador,
    anterior_kwh: Decimal | None,
    posterior_kwh: Decimal | None,
    media_kwh: Decimal | None,
    faturado_ate: datetime | None,
    agora: datetime,
) -> Julgamento:
    """Judges one reading against its meter, its neighbours and what was billed.

    `anterior_kwh` and `posterior_kwh` are the valid readings of the register
    just before and just after it; `media_kwh` is the mean of its last cycles.
    Instants are aware.
    """
    return (
        _recusar(leitura_kwh, data_leitura, mostrador, agora)
        or _reter(data_leitura, faturado_ate)
        or _comparar(leitura_kwh, anterior_kwh, posterior_kwh, mostrador, media_kwh)
    )


def _recusar(
    leitura_kwh: Decimal, data_leitura: datetime, mostrador: Mostrador, agora: datetime
) -> Julgamento | None:
    dia = dia_civil(data_leitura)
    if leitura_kwh < 0:
        return _recusa(
            "VALOR_INVALIDO",
            "leitura_kwh",
            f"A leitura não pode ser negativa; veio {numero_br(leitura_kwh)}. Confira o mostrador.",
        )
    if leitura_kwh >= 10**mostrador.digitos:
        return _recusa(
            "DIGITOS_EXCEDIDOS",
            "leitura_kwh",
            f"A leitura {numero_br(leitura_kwh)} não cabe no mostrador de {mostrador.digitos} "
            "dígitos. Confira o valor, ou os dígitos no cadastro do medidor.",
        )
    if data_leitura > agora:
        return _recusa(
            "DATA_FUTURA",
            "data_leitura",
            f"A leitura é de {dia:%d/%m/%Y}, no futuro. Confira a data e a hora.",
        )
    if dia < mostrador.data_instalacao:
        return _recusa(
            "ANTES_DA_INSTALACAO",
            "data_leitura",
            f"A leitura é de {dia:%d/%m/%Y} e o medidor foi instalado em "
            f"{mostrador.data_instalacao:%d/%m/%Y}. Confira a data ou o medidor.",
        )
    if mostrador.data_retirada is not None and dia > mostrador.data_retirada:
        return _recusa(
            "DEPOIS_DA_RETIRADA",
            "data_leitura",
            f"A leitura é de {dia:%d/%m/%Y} e o medidor foi retirado em "
            f"{mostrador.data_retirada:%d/%m/%Y}. Confira a data ou o medidor.",
        )
    return None


def _reter(data_leitura: datetime, faturado_ate: datetime | None) -> Julgamento | None:
    if faturado_ate is not None and data_leitura <= faturado_ate:
        return Julgamento(
            Destino.RETIDA,
            "PERIODO_FATURADO",
            f"O período até {dia_civil(faturado_ate):%d/%m/%Y} já foi faturado. Para usar esta "
            "leitura, cancele a fatura, substitua a leitura e refature.",
        )
    return None


def _comparar(
    leitura_kwh: Decimal,
    anterior_kwh: Decimal | None,
    posterior_kwh: Decimal | None,
    mostrador: Mostrador,
    media_kwh: Decimal | None,
) -> Julgamento:
    julgamento = ACEITA
    if anterior_kwh is not None:
        julgamento = _subida(anterior_kwh, leitura_kwh, mostrador, media_kwh)
    if julgamento.destino is Destino.ACEITA and posterior_kwh is not None:
        depois = _subida(leitura_kwh, posterior_kwh, mostrador, media_kwh)
        if depois.destino is Destino.RETIDA:
            return depois
    return julgamento


def _subida(
    menor_kwh: Decimal, maior_kwh: Decimal, mostrador: Mostrador, media_kwh: Decimal | None
) -> Julgamento:
    """Judges a register going from the one value to the other."""
    antes, depois = numero_br(menor_kwh.normalize()), numero_br(maior_kwh.normalize())
    if maior_kwh == menor_kwh:
        return Julgamento(
            Destino.ACEITA, "LEITURA_IGUAL", f"A leitura repete a anterior ({antes})."
        )
    if maior_kwh > menor_kwh:
        return ACEITA
    virada_kwh = consumo_na_virada(
        anterior=menor_kwh,
        atual=maior_kwh,
        digitos=mostrador.digitos,
        constante=mostrador.constante,
    )
    virada = numero_br(virada_kwh.normalize())
    if virada_plausivel(consumo_kwh=virada_kwh, media_kwh=media_kwh):
        return Julgamento(
            Destino.ACEITA,
            "VIRADA_PROVAVEL",
            f"O mostrador passou de {antes} a {depois}: virada, {virada} kWh.",
        )
    return Julgamento(
        Destino.RETIDA,
        "LEITURA_REGRESSIVA",
        f"O mostrador iria de {antes} a {depois}; uma virada daria {virada} kWh, "
        "acima do plausível. Confira a leitura e o medidor.",
    )


def _recusa(codigo: str, campo: str, mensagem: str) -> Julgamento:
    return Julgamento(Destino.RECUSADA, codigo, mensagem, campo)
