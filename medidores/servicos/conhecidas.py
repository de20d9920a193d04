"""What the database knows of registers, around the readings that are to be judged."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import DateField, F, Func, TextField, Value, Window
from django.db.models.functions import Cast, RowNumber, TruncDate, TruncDay

from comum.django_base.copia import ler_instante_do_banco
from comum.django_base.de_cada import Resumo, contar_de_cada, ler_de_cada, sql_de_cada
from comum.periodos import FUSO, deslocamento_fixo, dia_civil
from medidores.calculo.historico import DIAS_DO_HISTORICO, Passado
from medidores.models import Leitura
from medidores.querysets import LeituraQuerySet

# What the last reading's history may reach back to, that reading itself within it.
JANELA_DO_HISTORICO = timedelta(days=2 * DIAS_DO_HISTORICO)
# After the readings of a month there is mostly nothing yet, or little.
POUCAS_POR_MEDIDOR = 2
# Two years of weeks. Whoever has more is read every day or every hour: only the last of each
# day is brought.
LEITURAS_EM_UMA_LINHA = 130

Chave = tuple[int, str]
# Registers that are read together, and the first and last instant to look between.
Janela = tuple[list[Chave], datetime, datetime]


class Conhecida(NamedTuple):
    """A reading that the database holds."""

    pk: int
    data_leitura: datetime
    leitura_kwh: Decimal
    valor_informado: Decimal
    situacao: str
    origem: str

    @property
    def medida(self) -> bool:
        """Whether the register really showed it: a neighbour to judge others by."""
        return self.situacao == "VALIDA" and self.origem != "ESTIMADA"

    @property
    def vigente(self) -> bool:
        return self.situacao in ("VALIDA", "RETIDA")


class Arredores(NamedTuple):
    """Of one register: its past before an instant, and what stands from there on."""

    passado: Passado | None = None
    conhecidas: Sequence[Conhecida] = ()
    de: datetime | None = None


NADA = Arredores()


def carregar_arredores(
    janelas: Iterable[Janela], *, ignorar_id: int | None = None, no_maximo: int | None = None
) -> dict[Chave, Arredores] | None:
    """What stands around these readings, by register; None where more than that stands between.

    All of it between the first and the last of each window, in order of instant, the next one
    after, and the last one of each day for the cycles before. Registers are read together with
    those that begin in the same month: one odd date does not bring everybody's past.
    """
    leituras = Leitura.objects.all()
    if ignorar_id is not None:
        leituras = leituras.exclude(pk=ignorar_id)
    arredores: dict[Chave, Arredores] = {}
    restam = no_maximo
    for chaves, de, ate in janelas:
        seguintes = _a_partir_de(leituras, chaves, de, ate, no_maximo=restam)
        if seguintes is None:
            return None
        if restam is not None:
            restam -= sum(map(len, seguintes.values()))
        passados = passados_ate(leituras, chaves, de)
        for chave in chaves:  # another register of the same meter may be read with others
            arredores[chave] = Arredores(passados.get(chave), seguintes.get(chave, ()), de)
    return arredores


def _a_partir_de(
    leituras: LeituraQuerySet,
    chaves: Sequence[Chave],
    de: datetime,
    ate: datetime,
    *,
    no_maximo: int | None,
) -> dict[Chave, list[Conhecida]] | None:
    medidores, poucas = _medidores(chaves), POUCAS_POR_MEDIDOR * len(chaves)
    achadas = list(_ler(leituras, medidores, maximo=poucas + 1, data_leitura__gte=de))
    if len(achadas) > poucas:
        entre: dict[str, Any] = {"data_leitura__gte": de, "data_leitura__lte": ate}
        if no_maximo is not None:
            quantas = contar_de_cada(leituras, "medidor", medidores, maximo=no_maximo + 1, **entre)
            if quantas > no_maximo:
                return None
        seguintes = _uma_por(leituras.medidas(), "data_leitura")
        achadas = [
            *_ler(leituras, medidores, **entre),
            *_ler(seguintes, medidores, data_leitura__gt=ate),
        ]
    achadas.sort(key=lambda achada: (achada[1].data_leitura, achada[1].pk))
    por_chave: defaultdict[Chave, list[Conhecida]] = defaultdict(list)
    for chave, conhecida in achadas:
        por_chave[chave].append(conhecida)
    return por_chave


def passados_ate(
    leituras: LeituraQuerySet, chaves: Collection[Chave], antes_de: datetime
) -> dict[Chave, Passado]:
    """The past of each register before an instant; of one long silent, its last reading."""
    inicio = antes_de - JANELA_DO_HISTORICO
    medidas = leituras.medidas()
    passados = _juntar(medidas, chaves, desde=inicio, antes_de=antes_de)
    if calados := _medidores(set(chaves) - passados.keys()):
        ultimas = _uma_por(medidas, "-data_leitura")
        passados = _por_registrador(_ler(ultimas, calados, data_leitura__lt=inicio)) | passados
    return passados


def passado_entre(chave: Chave, desde: datetime, antes_de: datetime) -> Passado | None:
    """The same for one register, from another instant on."""
    medidas = Leitura.objects.filter(registrador=chave[1]).medidas()
    return _juntar(medidas, [chave], desde=desde, antes_de=antes_de).get(chave)


def _medidores(chaves: Iterable[Chave]) -> set[int]:
    return {medidor_id for medidor_id, _ in chaves}


def _juntar(
    leituras: LeituraQuerySet, chaves: Iterable[Chave], *, desde: datetime, antes_de: datetime
) -> dict[Chave, Passado]:
    """These registers, in one row each where the database can: what costs is to bring many
    small ones here.
    """
    if connection.vendor != "postgresql":
        return _do_dia(leituras, _medidores(chaves), desde=desde, antes_de=antes_de)
    por_registrador: defaultdict[str, set[int]] = defaultdict(set)
    for medidor_id, registrador in chaves:
        por_registrador[registrador].add(medidor_id)
    passados: dict[Chave, Passado] = {}
    densos = set()
    for registrador, medidores in por_registrador.items():
        linhas = _em_uma_linha(
            leituras.filter(registrador=registrador), medidores, desde=desde, antes_de=antes_de
        )
        for medidor_id, instante, dias, valores in linhas:
            if dias is None:
                densos.add(medidor_id)
            else:
                quando = ler_instante_do_banco(instante)
                passados[medidor_id, registrador] = Passado(quando, dias, valores)
    if densos:
        passados |= _do_dia(leituras, densos, desde=desde, antes_de=antes_de)
    return passados


_EM_UMA_LINHA = """
SELECT dono.id, max(data_leitura)::text,
    CASE WHEN count(*) <= %s THEN string_agg((dia - DATE '0001-01-01' + 1)::text, ',') END,
    CASE WHEN count(*) <= %s THEN string_agg(leitura_kwh::text, ',') END
FROM ({linhas}) em_ordem HAVING count(*) > 0
"""


def _em_uma_linha(
    leituras: LeituraQuerySet, medidores: set[int], *, desde: datetime, antes_de: datetime
) -> list[tuple[Any, ...]]:
    """Of each meter, for one register: its last instant, its days and what it showed, as `Passado`.

    Days and values are None for a register that is read every day or every hour. They come
    in the order of the index: nothing is sorted.
    """
    dia = _dia_civil("data_leitura", desde, antes_de)
    linhas = leituras.order_by("data_leitura").values("data_leitura", "leitura_kwh", dia=dia)
    sql, parametros = sql_de_cada(
        linhas,
        "medidor",
        medidores,
        resumo=Resumo(_EM_UMA_LINHA, (LEITURAS_EM_UMA_LINHA, LEITURAS_EM_UMA_LINHA)),
        data_leitura__gte=desde,
        data_leitura__lt=antes_de,
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, parametros)
        return cursor.fetchall()


def _dia_civil(instante: str, desde: datetime, ate: datetime) -> Func:
    """The São Paulo day of instants between these two, in PostgreSQL.

    By its name, a zone is looked up for each row: a fourth of the time that the past takes.
    """
    deslocamento = deslocamento_fixo(desde, ate)
    if deslocamento is None:
        return TruncDate(instante, tzinfo=FUSO)
    segundos = Value(f"{deslocamento.total_seconds():.0f} seconds")
    return Func(
        instante,
        segundos,
        template="(%(expressions)s::interval)::date",
        arg_joiner=" AT TIME ZONE ",
        output_field=DateField(),
    )


def _do_dia(
    leituras: LeituraQuerySet, medidores: set[int], *, desde: datetime, antes_de: datetime
) -> dict[Chave, Passado]:
    """The last reading of each day of each register, brought here one by one."""
    por_dia = _uma_por(leituras, "-data_leitura", TruncDay("data_leitura", tzinfo=FUSO))
    lidas = _ler(
        por_dia.order_by("data_leitura"),
        medidores,
        data_leitura__gte=desde,
        data_leitura__lt=antes_de,
    )
    return _por_registrador(lidas)


def _por_registrador(lidas: Iterable[tuple[Chave, Conhecida]]) -> dict[Chave, Passado]:
    linhas: defaultdict[Chave, list[Conhecida]] = defaultdict(list)
    for chave, conhecida in lidas:
        linhas[chave].append(conhecida)
    return {
        chave: Passado(
            conhecidas[-1].data_leitura,
            ",".join(str(dia_civil(c.data_leitura).toordinal()) for c in conhecidas),
            ",".join(str(c.leitura_kwh) for c in conhecidas),
        )
        for chave, conhecidas in linhas.items()
    }


def _uma_por(leituras: LeituraQuerySet, ordem: str, *grupo: Any) -> LeituraQuerySet:
    """The first of each register, or of each register and `grupo`."""
    posicao = Window(
        RowNumber(),
        partition_by=[F("medidor"), F("registrador"), *grupo],
        order_by=[ordem, "-pk"],
    )
    return leituras.annotate(posicao=posicao).filter(posicao=1)


def _ler(
    leituras: LeituraQuerySet,
    medidores: set[int],
    *,
    maximo: int | None = None,
    **datas: Any,
) -> Iterator[tuple[Chave, Conhecida]]:
    """Those of these meters in these dates.

    Instants come as text: many rows have few of them, and each is read once.
    """
    linhas = leituras.annotate(quando=Cast("data_leitura", TextField())).values_list(
        "medidor_id", "registrador", *_CAMPOS_LIDOS
    )
    lidas = ler_de_cada(linhas, "medidor", medidores, maximo=maximo, **datas)
    for medidor_id, registrador, pk, quando, *dados in lidas:
        yield (medidor_id, registrador), Conhecida(pk, ler_instante_do_banco(quando), *dados)


_CAMPOS_LIDOS = ["pk", "quando", *Conhecida._fields[2:]]
