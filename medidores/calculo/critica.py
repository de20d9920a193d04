"""The crítica: what becomes of one reading, with a code and a sentence.

Refused: it cannot be true. Held: it may be true, and a person decides.
Accepted, with or without a note. Pure: the caller brings the register's
history, its next reading and the limits of its class.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import combinations

from comum.dinheiro import MILESIMO, numero_br
from comum.periodos import UM_DIA, dia_civil, primeiro_instante
from medidores.calculo.consumo import (
    INTERVALO_DIAS,
    TipoCiclo,
    consumo_na_virada,
    intervalo_esperado,
    virada_plausivel,
)
from medidores.calculo.historico import DIAS_DO_HISTORICO, DIAS_DO_MES, Historico

# Readings of one day and the next are an automatic meter's: they end no cycle.
DIAS_ENTRE_CICLOS = 2
# From here on equal readings are a cycle without use; below, a reading that was repeated.
DIAS_DO_CONSUMO_ZERO = INTERVALO_DIAS[TipoCiclo.PRIMEIRO][0]
# A typing error is an explanation when what was meant lies this near to the mean.
FAIXA_DO_SALTO = (Decimal("0.5"), Decimal(2))


# As long as the column that keeps the sentence of a held reading.
EXPLICACAO_MAXIMA = 400


class Destino(StrEnum):
    ACEITA = "ACEITA"
    RETIDA = "RETIDA"
    RECUSADA = "RECUSADA"


@dataclass(frozen=True, slots=True)
class Limites:
    """When a reading is held, and which interval is expected. Per class, as data.

    `vezes_alto`: times the mean daily use; `minimo_alto_kwh`: in all;
    `fracao_baixo`: of the mean daily use; `media_minima_baixo_kwh`: a month.
    """

    vezes_alto: Decimal = Decimal(4)
    minimo_alto_kwh: Decimal = Decimal(100)
    fracao_baixo: Decimal = Decimal("0.1")
    media_minima_baixo_kwh: Decimal = Decimal(100)
    ciclos_minimos: int = 3
    intervalo_minimo_dias: int = INTERVALO_DIAS[TipoCiclo.NORMAL][0]
    intervalo_maximo_dias: int = INTERVALO_DIAS[TipoCiclo.NORMAL][1]


@dataclass(frozen=True)
class Mostrador:
    """The meter, as far as a reading can contradict it."""

    digitos: int
    constante: Decimal
    data_instalacao: date
    data_retirada: date | None

    @cached_property
    def capacidade(self) -> Decimal:
        """The first value that the dials cannot show."""
        return Decimal(10**self.digitos)

    @cached_property
    def em_servico_de(self) -> datetime:
        return primeiro_instante(self.data_instalacao)

    @cached_property
    def em_servico_ate(self) -> datetime | None:
        """Exclusive: the first instant of the day after the removal."""
        if self.data_retirada is None:
            return None
        return primeiro_instante(self.data_retirada + UM_DIA)


@dataclass(frozen=True, slots=True)
class Julgamento:
    """The outcome; `codigo` and `mensagem` are "" for a plain acceptance."""

    destino: Destino
    codigo: str = ""
    mensagem: str = ""
    campo: str = ""

    @property
    def explicacao(self) -> str:
        """What a held reading keeps of the sentence; "" for any other."""
        return self.mensagem[:EXPLICACAO_MAXIMA] if self.destino is Destino.RETIDA else ""


ACEITA = Julgamento(Destino.ACEITA)


def julgar_leitura(
    *,
    leitura_kwh: Decimal,
    data_leitura: datetime,
    mostrador: Mostrador,
    historico: Historico,
    posterior_kwh: Decimal | None,
    faturado_ate: datetime | None,
    limites: Limites,
    agora: datetime,
) -> Julgamento:
    """Judges one reading against its meter, its neighbours, its history and what was billed.

    `historico` holds the register's valid readings before this one, and
    `posterior_kwh` the next one after it. Instants are aware.
    """
    if (
        leitura_kwh < 0
        or leitura_kwh >= mostrador.capacidade
        or data_leitura > agora
        or data_leitura < mostrador.em_servico_de
        or (mostrador.em_servico_ate is not None and data_leitura >= mostrador.em_servico_ate)
    ):
        return _recusar(leitura_kwh, data_leitura, mostrador, agora)
    if faturado_ate is not None and data_leitura <= faturado_ate:
        return _reter(
            "PERIODO_FATURADO",
            f"O período até {dia_civil(faturado_ate):%d/%m/%Y} já foi faturado. Para usar esta "
            "leitura, cancele a fatura, substitua a leitura e refature.",
        )
    julgamento = ACEITA
    if historico.leitura_kwh is not None:
        julgamento = _comparar(leitura_kwh, data_leitura, mostrador, historico, limites)
    if (
        posterior_kwh is not None
        and posterior_kwh < leitura_kwh
        and julgamento.destino is Destino.ACEITA
    ):
        depois = _descida(leitura_kwh, posterior_kwh, mostrador, historico.media_mensal_kwh)
        if depois.destino is Destino.RETIDA:
            return depois
    return julgamento


def _recusar(
    leitura_kwh: Decimal, data_leitura: datetime, mostrador: Mostrador, agora: datetime
) -> Julgamento:
    dia = dia_civil(data_leitura)
    if leitura_kwh < 0:
        return _recusa(
            "VALOR_INVALIDO",
            "leitura_kwh",
            f"A leitura não pode ser negativa; veio {numero_br(leitura_kwh)}. Confira o mostrador.",
        )
    if leitura_kwh >= mostrador.capacidade:
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
    if data_leitura < mostrador.em_servico_de:
        return _recusa(
            "ANTES_DA_INSTALACAO",
            "data_leitura",
            f"A leitura é de {dia:%d/%m/%Y} e o medidor foi instalado em "
            f"{mostrador.data_instalacao:%d/%m/%Y}. Confira a data ou o medidor.",
        )
    return _recusa(
        "DEPOIS_DA_RETIRADA",
        "data_leitura",
        f"A leitura é de {dia:%d/%m/%Y} e o medidor foi retirado em "
        f"{mostrador.data_retirada:%d/%m/%Y}. Confira a data ou o medidor.",
    )


def _comparar(
    leitura_kwh: Decimal,
    data_leitura: datetime,
    mostrador: Mostrador,
    historico: Historico,
    limites: Limites,
) -> Julgamento:
    """Judges the step from the last reading of the history to this one."""
    anterior_kwh, anterior_em = historico.leitura_kwh, historico.instante
    if anterior_kwh is None or anterior_em is None:
        raise ValueError("não há leitura anterior")
    dias = (dia_civil(data_leitura) - dia_civil(anterior_em)).days
    if leitura_kwh < anterior_kwh:
        # After months without a reading a rollover may have counted as many of them.
        media_kwh = _pela_media(historico, max(dias, DIAS_DO_MES), ciclos_minimos=1)
        descida = _descida(anterior_kwh, leitura_kwh, mostrador, media_kwh)
        esperado_kwh = _pela_media(historico, dias, ciclos_minimos=limites.ciclos_minimos)
        if descida.destino is Destino.RETIDA and esperado_kwh is not None:
            return _explicar(leitura_kwh, anterior_kwh, mostrador, esperado_kwh) or descida
        return descida
    consumo_kwh = (leitura_kwh - anterior_kwh) * mostrador.constante
    # The mean is asked for only where it can decide: an hourly meter's rows are many.
    if dias >= DIAS_ENTRE_CICLOS or consumo_kwh > limites.minimo_alto_kwh:
        esperado_kwh = _pela_media(historico, dias, ciclos_minimos=limites.ciclos_minimos)
        fora = esperado_kwh is not None and _fora_da_media(
            consumo_kwh, esperado_kwh, dias, historico, limites
        )
        if esperado_kwh is not None and fora:
            alto = consumo_kwh > esperado_kwh
            explicado = alto and _explicar(leitura_kwh, anterior_kwh, mostrador, esperado_kwh)
            return explicado or fora
    if not consumo_kwh:
        codigo = "CONSUMO_ZERO" if dias >= DIAS_DO_CONSUMO_ZERO else "LEITURA_IGUAL"
        return _nota(codigo, f"A leitura repete a de {dias} dias antes ({_kwh(anterior_kwh)}).")
    if dias >= DIAS_ENTRE_CICLOS and not _no_intervalo(dias, historico, limites):
        return _nota("FORA_DO_INTERVALO", f"São {dias} dias desde a leitura anterior.")
    return ACEITA


def _pela_media(historico: Historico, dias: int, *, ciclos_minimos: int) -> Decimal | None:
    """The kWh that the mean lets expect in so many days.

    None where fewer cycles are known than that, or all of it is long past: then there
    is no mean to judge by, and nothing but a regression is held.
    """
    ciclos, media_diaria = historico.medir()
    if media_diaria is None or ciclos < ciclos_minimos or dias > DIAS_DO_HISTORICO:
        return None
    return media_diaria * max(dias, 1)


def _fora_da_media(
    consumo_kwh: Decimal, esperado_kwh: Decimal, dias: int, historico: Historico, limites: Limites
) -> Julgamento | None:
    """The holding of a consumption far above or below what the mean lets expect."""
    if consumo_kwh > limites.minimo_alto_kwh and consumo_kwh > limites.vezes_alto * esperado_kwh:
        codigo = "CONSUMO_ALTO"
    elif (
        dias >= DIAS_ENTRE_CICLOS
        and consumo_kwh < limites.fracao_baixo * esperado_kwh
        and esperado_kwh * DIAS_DO_MES > limites.media_minima_baixo_kwh * dias
    ):
        codigo = "CONSUMO_BAIXO"
    else:
        return None
    return _reter(
        codigo,
        f"{_kwh(consumo_kwh)} kWh em {dias} dias; pela média dos últimos {historico.ciclos} ciclos "
        f"seriam {_kwh(esperado_kwh)}. Confira a leitura e o medidor.",
    )


def _no_intervalo(dias: int, historico: Historico, limites: Limites) -> bool:
    """Whether the days are those of a cycle; the first one may be shorter or longer."""
    if limites.intervalo_minimo_dias <= dias <= limites.intervalo_maximo_dias:
        return True
    return historico.comecou_agora and intervalo_esperado(dias, TipoCiclo.PRIMEIRO)


def _descida(
    antes_kwh: Decimal, depois_kwh: Decimal, mostrador: Mostrador, media_kwh: Decimal | None
) -> Julgamento:
    """Judges a register that shows less than before: a rollover, or a wrong reading."""
    antes, depois = _kwh(antes_kwh), _kwh(depois_kwh)
    virada_kwh = consumo_na_virada(
        anterior=antes_kwh,
        atual=depois_kwh,
        digitos=mostrador.digitos,
        constante=mostrador.constante,
    )
    if virada_plausivel(consumo_kwh=virada_kwh, media_kwh=media_kwh):
        return _nota(
            "VIRADA_PROVAVEL",
            f"O mostrador passou de {antes} a {depois}: virada, {_kwh(virada_kwh)} kWh.",
        )
    return _reter(
        "LEITURA_REGRESSIVA",
        f"O mostrador iria de {antes} a {depois}; uma virada daria {_kwh(virada_kwh)} kWh, "
        "acima do plausível. Confira a leitura e o medidor.",
    )


def _explicar(
    leitura_kwh: Decimal, anterior_kwh: Decimal, mostrador: Mostrador, esperado_kwh: Decimal
) -> Julgamento | None:
    """The judgement of a reading that a slip of the keyboard explains, if one does."""
    achado = achar_salto_de_casa(
        leitura_kwh,
        anterior_kwh=anterior_kwh,
        constante=mostrador.constante,
        esperado_kwh=esperado_kwh,
    )
    if achado is None:
        return None
    correta_kwh, motivo = achado
    consumo_kwh = (correta_kwh - anterior_kwh) * mostrador.constante
    return _reter(
        "SALTO_DE_CASA",
        f"{_kwh(leitura_kwh)} não é plausível depois de {_kwh(anterior_kwh)}; "
        f"{_kwh(correta_kwh)} ({motivo}) daria {_kwh(consumo_kwh)} kWh, perto da média de "
        f"{_kwh(esperado_kwh)}. Confira o mostrador.",
    )


def achar_salto_de_casa(
    leitura_kwh: Decimal, *, anterior_kwh: Decimal, constante: Decimal, esperado_kwh: Decimal
) -> tuple[Decimal, str] | None:
    """What was meant, if one digit too many or two swapped explain the reading; and which.

    Of those whose consumption is from half to twice `esperado_kwh`, the nearest to it.

    >>> media = {"constante": Decimal(1), "esperado_kwh": Decimal(150)}
    >>> achar_salto_de_casa(Decimal(11150), anterior_kwh=Decimal(1000), **media)
    (Decimal('1150'), 'um dígito a mais')
    >>> achar_salto_de_casa(Decimal(8213), anterior_kwh=Decimal(2650), **media)
    (Decimal('2813'), 'dois dígitos trocados')
    >>> achar_salto_de_casa(Decimal(7000), anterior_kwh=Decimal(1000), **media) is None
    True
    """
    texto = f"{leitura_kwh:f}"
    inteiro, _, fracao = texto.partition(".")
    ponto_e_fracao = f".{fracao}" if fracao else ""
    candidatas = {
        inteiro[:i] + inteiro[i + 1 :]: "um dígito a mais"
        for i in range(len(inteiro))
        if len(inteiro) > 1
    }
    for i, j in combinations(range(len(inteiro)), 2):
        trocado = list(inteiro)
        trocado[i], trocado[j] = trocado[j], trocado[i]
        candidatas.setdefault("".join(trocado), "dois dígitos trocados")
    menor_kwh, maior_kwh = (vezes * esperado_kwh for vezes in FAIXA_DO_SALTO)
    melhor: tuple[Decimal, Decimal, str] | None = None
    for candidata, motivo in candidatas.items():
        correta_kwh = Decimal(candidata + ponto_e_fracao)
        consumo_kwh = (correta_kwh - anterior_kwh) * constante
        if correta_kwh != leitura_kwh and menor_kwh <= consumo_kwh <= maior_kwh:
            distancia = abs(consumo_kwh - esperado_kwh)
            if melhor is None or distancia < melhor[0]:
                melhor = (distancia, correta_kwh, motivo)
    return melhor and melhor[1:]


def faixa_esperada(
    historico: Historico, *, instante: datetime, limites: Limites, mostrador: Mostrador
) -> tuple[Decimal, Decimal] | None:
    """The lowest and the highest value that a reading at `instante` may show without a doubt.

    On the dials, to 0.001: past their end they begin again. None while there is
    too little history to tell.
    """
    media_diaria = historico.media_diaria_kwh
    anterior_kwh, anterior_em = historico.leitura_kwh, historico.instante
    if (
        historico.ciclos < limites.ciclos_minimos
        or media_diaria is None
        or anterior_kwh is None
        or anterior_em is None
    ):
        return None
    dias = max((dia_civil(instante) - dia_civil(anterior_em)).days, 1)
    esperado_kwh = media_diaria * dias
    maior_kwh = max(limites.vezes_alto * esperado_kwh, limites.minimo_alto_kwh)
    menor = anterior_kwh + limites.fracao_baixo * esperado_kwh / mostrador.constante
    maior = anterior_kwh + maior_kwh / mostrador.constante
    return (
        menor.quantize(MILESIMO, ROUND_CEILING) % mostrador.capacidade,
        maior.quantize(MILESIMO, ROUND_FLOOR) % mostrador.capacidade,
    )


def _kwh(valor: Decimal) -> str:
    """The number as people write it: no trailing zeros, at most 3 places.

    >>> _kwh(Decimal("1000.000")), _kwh(Decimal("12.5"))
    ('1.000', '12,5')
    """
    return numero_br(round(valor, 3).normalize() + 0)


@lru_cache(maxsize=1_024)  # most say the days since the last reading, which are few
def _nota(codigo: str, mensagem: str) -> Julgamento:
    return Julgamento(Destino.ACEITA, codigo, mensagem)


def _reter(codigo: str, mensagem: str) -> Julgamento:
    return Julgamento(Destino.RETIDA, codigo, mensagem)


def _recusa(codigo: str, campo: str, mensagem: str) -> Julgamento:
    return Julgamento(Destino.RECUSADA, codigo, mensagem, campo)
