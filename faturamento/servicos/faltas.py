"""What a run will miss, said before it starts: tables and readings."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, Min, OuterRef

from comum.periodos import Periodo
from comum.texto import com_numero
from faturamento.calculo.nomes import nome_da_pendencia
from faturamento.servicos.escopo import Escopo
from faturamento.servicos.parametros import ParametroAusenteError, Parametros
from medidores.models import Leitura, UnidadeConsumidora

# What a tariff, a rate or a fee is looked up by.
PERFIL = (
    "distribuidora_id",
    "subgrupo",
    "modalidade",
    "classe",
    "subclasse",
    "uf",
    "municipio_ibge",
)


@dataclass(frozen=True, slots=True)
class Falta:
    """Something that is missing, and how many UCs it leaves pending at least."""

    codigo: str
    unidades: int
    frase: str

    def __str__(self) -> str:
        unidades = com_numero(self.unidades, "unidade")
        return f"{nome_da_pendencia(self.codigo)} ({unidades}): {self.frase}"


def prever_faltas(escopo: Escopo) -> list[Falta]:
    """What the eligible UCs of the scope lack on the days of the month itself.

    A cycle may begin before the month, and what it lacks there only the run says.
    The number of queries is fixed: UCs that are looked up alike are asked for once.
    """
    parametros = Parametros.carregar()
    faltas = list(_faltas_de_leitura(escopo))
    periodo = Periodo(escopo.janela.mes_referencia, escopo.janela.ate + timedelta(days=1))
    sem_bandeira = [dia for dia in _dias(periodo) if not _tem_bandeira(parametros, dia)]
    elegiveis = escopo.elegiveis().order_by()
    if sem_bandeira and (quantas := elegiveis.count()):
        frase = (
            f"não há bandeira em {com_numero(len(sem_bandeira), 'dia')} da competência, a começar "
            f"de {sem_bandeira[0]:%d/%m/%Y}."
        )
        faltas.append(Falta("SEM_BANDEIRA", quantas, frase))
    perfis = elegiveis.values(*PERFIL).annotate(quantas=Count("pk"), exemplo=Min("codigo"))
    unidades: defaultdict[tuple[str, str], int] = defaultdict(int)
    for perfil in perfis.order_by("exemplo"):
        quantas, exemplo = perfil.pop("quantas"), perfil.pop("exemplo")
        unidade = UnidadeConsumidora(codigo=exemplo, **perfil)
        for erro in _faltas_do_perfil(unidade, parametros, periodo):
            unidades[erro.codigo, str(erro)] += quantas
    faltas += [
        Falta(codigo, quantas, frase) for (codigo, frase), quantas in sorted(unidades.items())
    ]
    return faltas


def _faltas_do_perfil(
    unidade: UnidadeConsumidora, parametros: Parametros, periodo: Periodo
) -> Iterator[ParametroAusenteError]:
    try:
        distribuidora = parametros.distribuidora_de(unidade)
    except ParametroAusenteError as erro:
        yield erro
        return
    buscas = (
        lambda: parametros.tarifas_de(unidade, distribuidora, periodo),
        lambda: parametros.tributos_de(
            unidade, distribuidora, ultimo_dia=periodo.ultimo_dia, mes_referencia=periodo.de
        ),
        lambda: parametros.cip_de(
            unidade, distribuidora, ultimo_dia=periodo.ultimo_dia, consumo_kwh=Decimal(0)
        ),
    )
    for buscar in buscas:
        try:
            buscar()
        except ParametroAusenteError as erro:
            yield erro


def _faltas_de_leitura(escopo: Escopo) -> Iterator[Falta]:
    na_janela = Leitura.objects.filter(
        medidor__unidade=OuterRef("pk"),
        data_leitura__gte=escopo.janela.inicio,
        data_leitura__lt=escopo.janela.fim,
    )
    sem_valida = escopo.elegiveis().filter(~Exists(na_janela.validas()))
    retidas = sem_valida.filter(Exists(na_janela.retidas())).count()
    sem_leitura = sem_valida.filter(~Exists(na_janela.retidas())).count()
    if sem_leitura:
        yield Falta("SEM_LEITURA", sem_leitura, "não há leitura na competência.")
    if retidas:
        yield Falta("LEITURA_RETIDA", retidas, "a leitura da competência espera decisão.")


def _dias(periodo: Periodo) -> Iterator[date]:
    dia = periodo.de
    while dia < periodo.ate:
        yield dia
        dia += timedelta(days=1)


def _tem_bandeira(parametros: Parametros, dia: date) -> bool:
    return bool(parametros.bandeiras_de(Periodo(dia, dia + timedelta(days=1))))
