"""Loads the demo: writes the plan, then lives its months one by one.

Readings come in by the import, bills by the run, payments at the end: what the
demo shows is what the system itself did. One transaction: killed half-way, it
leaves nothing behind.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import IO, Any

from django.db import connection
from django.db.models import Max, Min

from clientes.models import Cliente
from comum.django_base.gravacao import em_transacao
from comum.documentos import normalizar_documento
from comum.erros import DadoInvalidoError, DominioError
from comum.periodos import (
    FUSO,
    UM_DIA,
    meses_entre,
    primeiro_dia_do_mes,
    primeiro_instante,
    somar_meses,
)
from comum.texto import com_numero, sem_acentos
from comum.vocabulario import CorBandeira, Registrador
from faturamento.models import Bandeira, Distribuidora, Fatura, Pagamento
from faturamento.servicos.demonstracao.pagamentos import pagar_faturas
from faturamento.servicos.demonstracao.plano import (
    GRUPO_PEQUENO,
    ClientePlanejado,
    Papel,
    Plano,
    UnidadePlanejada,
    planejar,
)
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.importacao_parametros import importar_parametros
from medidores.models import Leitura, Medidor, UnidadeConsumidora
from medidores.servicos.importacao_leituras import importar_leituras
from medidores.servicos.instalacao import NovoMedidor, trocar_medidor

CLIENTES_MAXIMO = 50_000
MESES_MAXIMO = 120
LINHAS_POR_VEZ = 1_000
# The reading day of each group, moved off weekends; bills are issued a working day later.
DIA_DE_LEITURA = {"01": 3, "02": 10, "03": 17, "04": 20, "05": 24}
DIAS_ENTRE_TROCA_E_LEITURA = 12
FONTE_DA_BANDEIRA = "Valor de demonstração"
ADICIONAL_BRL_POR_MWH = {
    CorBandeira.VERDE: Decimal(0),
    CorBandeira.AMARELA: Decimal("18.85"),
    CorBandeira.VERMELHA_P1: Decimal("44.63"),
    CorBandeira.VERMELHA_P2: Decimal("78.77"),
}
# January to December, as the dry season usually goes.
COR_DO_MES = (
    *[CorBandeira.VERDE] * 4,
    CorBandeira.AMARELA,
    *[CorBandeira.VERMELHA_P1] * 2,
    *[CorBandeira.VERMELHA_P2] * 2,
    CorBandeira.VERMELHA_P1,
    *[CorBandeira.AMARELA] * 2,
)
Avisar = Callable[[int, int], None]


class BancoEmUsoError(DominioError):
    """The database already holds customers: a demo is never mixed with them."""

    codigo = "BANCO_EM_USO"


class DemonstracaoImpossivelError(DadoInvalidoError):
    """The demo that is asked for cannot be made."""

    codigo = "DEMONSTRACAO_IMPOSSIVEL"


@dataclass(slots=True)
class ResumoDemonstracao:
    """What was loaded; `de` and `ate` are the first and the last month billed, AAAA-MM."""

    de: str = ""
    ate: str = ""
    clientes: int = 0
    unidades: int = 0
    leituras: int = 0
    faturas: int = 0
    pendencias: int = 0
    pagamentos: int = 0

    def como_json(self) -> dict[str, Any]:
        return asdict(self)


def banco_vazio() -> bool:
    """Whether nobody's data is here: no customer and no supply point."""
    return not (Cliente.objects.exists() or UnidadeConsumidora.objects.exists())


def carregar_demonstracao(
    *,
    clientes: int,
    meses: int,
    ate: date | None,
    hoje: date,
    parametros: IO[bytes],
    avisar: Avisar = lambda *_: None,
) -> ResumoDemonstracao:
    """Fills an empty database with `clientes` customers and `meses` billed months.

    `ate` is the last month billed, by default the last complete one before
    `hoje`; `parametros` is the JSON of tariffs and taxes. The same arguments
    give the same data, but for the payments, of which only those before `hoje`
    have happened.

    Raises:
        BancoEmUsoError: there are customers or UCs.
        DemonstracaoImpossivelError: too few, too many, too early or too late.
        ArquivoIlegivelError: the parameters cannot be loaded.
    """
    ultimo_possivel = somar_meses(hoje, -1)
    ate = primeiro_dia_do_mes(ate or ultimo_possivel)
    _conferir_limites(clientes, meses, ate, ultimo_possivel)
    with em_transacao():
        if not banco_vazio():
            raise BancoEmUsoError(
                "O banco de dados já tem clientes ou unidades consumidoras, e a demonstração só se "
                "carrega em um banco vazio. Indique outro banco em DATABASE_URL."
            )
        importar_parametros(parametros, agora=primeiro_instante(hoje))
        distribuidora = _distribuidora(parametros)
        competencias = _competencias(meses, ate)
        _completar_bandeiras(somar_meses(ate, 1))
        plano = planejar(clientes, meses, primeiro_mes=competencias[0].month)
        medidores = _gravar_cadastro(plano, competencias[0], distribuidora)
        _Historia(plano, medidores, competencias).viver(avisar)
        pagamentos = pagar_faturas(plano.unidades, hoje=hoje)
    return ResumoDemonstracao(
        de=f"{competencias[0]:%Y-%m}",
        ate=f"{ate:%Y-%m}",
        clientes=clientes,
        unidades=len(plano.unidades),
        leituras=Leitura.objects.count(),
        faturas=Fatura.objects.count(),
        pendencias=UnidadeConsumidora.objects.filter(pendencias__isnull=False).distinct().count(),
        pagamentos=pagamentos,
    )


def _distribuidora(parametros: IO[bytes]) -> Distribuidora:
    """The distributor of the parameters: there may be others already."""
    parametros.seek(0)
    cnpj = json.load(parametros)["distribuidora"]["cnpj"]
    return Distribuidora.objects.get(cnpj=normalizar_documento(cnpj))


def _conferir_limites(clientes: int, meses: int, ate: date, ultimo_possivel: date) -> None:
    for campo, valor, maximo in (
        ("clientes", clientes, CLIENTES_MAXIMO),
        ("meses", meses, MESES_MAXIMO),
    ):
        if not 1 <= valor <= maximo:
            raise DemonstracaoImpossivelError(
                f"O número de {campo} vai de 1 a {maximo}; veio {valor}.", campo=campo
            )
    if ate > ultimo_possivel:
        raise DemonstracaoImpossivelError(
            f"A demonstração vai até o último mês completo, {ultimo_possivel:%Y-%m}; "
            f"veio {ate:%Y-%m}. Use um mês anterior em --ate.",
            campo="ate",
        )


def _competencias(meses: int, ate: date) -> list[date]:
    """The months to bill. The first readings are of the month before, which needs a flag too.

    Raises:
        DemonstracaoImpossivelError: the parameters begin later.
    """
    inicio = Bandeira.objects.aggregate(inicio=Min("vigente_de"))["inicio"] or ate
    cabem = max(0, (ate.year - inicio.year) * 12 + ate.month - inicio.month)
    if meses > cabem:
        raise DemonstracaoImpossivelError(
            f"As tarifas e bandeiras de exemplo só alcançam {com_numero(cabem, 'mês', 'meses')} "
            f"até {ate:%Y-%m}; foram pedidos {meses}. Use menos meses, ou outro mês em --ate.",
            campo="meses",
        )
    return list(meses_entre(somar_meses(ate, 1 - meses), ate))


def _completar_bandeiras(ultimo_mes: date) -> None:
    """Invents the flag of each month up to `ultimo_mes` that the file does not reach."""
    fim = Bandeira.objects.aggregate(fim=Max("vigente_ate"))["fim"]
    if Bandeira.objects.filter(vigente_ate__isnull=True).exists():
        return
    Bandeira.objects.bulk_create(
        Bandeira(
            cor=COR_DO_MES[mes.month - 1],
            adicional_brl_por_mwh=ADICIONAL_BRL_POR_MWH[COR_DO_MES[mes.month - 1]],
            vigente_de=mes,
            vigente_ate=somar_meses(mes, 1),
            fonte=FONTE_DA_BANDEIRA,
        )
        for mes in meses_entre(fim, ultimo_mes)
    )


def _gravar_cadastro(plano: Plano, primeira: date, distribuidora: Distribuidora) -> list[Medidor]:
    """Customers, UCs and their first meters, in bulk: no history rows, on purpose."""
    clientes = Cliente.objects.bulk_create(
        [_cliente(planejado, primeira) for planejado in plano.clientes], LINHAS_POR_VEZ
    )
    unidades = UnidadeConsumidora.objects.bulk_create(
        [_unidade(planejada, distribuidora) for planejada in plano.unidades], LINHAS_POR_VEZ
    )
    return Medidor.objects.bulk_create(
        [
            Medidor(
                cliente=clientes[planejada.cliente],
                unidade=unidade,
                numero_medidor=planejada.numero_medidor,
                tipo=planejada.tipo,
                digitos=planejada.digitos,
                constante=Decimal(planejada.constante),
                data_instalacao=clientes[planejada.cliente].data_cadastro,
            )
            for planejada, unidade in zip(plano.unidades, unidades, strict=True)
        ],
        LINHAS_POR_VEZ,
    )


def _cliente(planejado: ClientePlanejado, primeira: date) -> Cliente:
    return Cliente(
        nome=planejado.nome,
        nome_busca=sem_acentos(planejado.nome),  # bulk_create does not pass by save()
        documento=planejado.documento,
        endereco=planejado.endereco,
        telefone=planejado.telefone,
        email_cliente=planejado.email,
        data_cadastro=somar_meses(primeira, -12 * planejado.anos_de_casa),
    )


def _unidade(planejada: UnidadePlanejada, distribuidora: Distribuidora) -> UnidadeConsumidora:
    return UnidadeConsumidora(
        codigo=planejada.codigo,
        distribuidora=distribuidora,
        endereco=planejada.endereco,
        municipio_ibge=distribuidora.municipio_ibge,
        uf=distribuidora.uf,
        classe=planejada.classe,
        subclasse=planejada.subclasse,
        subgrupo=planejada.classe.subgrupo,
        ligacao=planejada.ligacao,
        grupo_leitura=planejada.grupo,
        dia_vencimento=planejada.dia_vencimento,
    )


class _Historia:
    """The months of the demo, lived in order: read a group, bill it, go on to the next."""

    def __init__(
        self, plano: Plano, medidores: Sequence[Medidor], competencias: Sequence[date]
    ) -> None:
        self.medidores = medidores
        self.competencias = competencias
        self.grupos: dict[str, list[UnidadePlanejada]] = defaultdict(list)
        for unidade in plano.unidades:
            self.grupos[unidade.grupo].append(unidade)

    def viver(self, avisar: Avisar) -> None:
        calendario = sorted(self.grupos, key=DIA_DE_LEITURA.__getitem__)
        total = len(self.competencias) * len(calendario)
        for grupo in calendario:
            self._ler(grupo, somar_meses(self.competencias[0], -1), 0)
        avisar(0, total)
        feitas = 0
        for posicao, mes in enumerate(self.competencias):
            _atualizar_estatisticas()
            for grupo in calendario:
                self._faturar(grupo, mes, posicao)
                feitas += 1
                avisar(feitas, total)

    def _faturar(self, grupo: str, mes: date, posicao: int) -> None:
        do_mes = [u for u in self.grupos[grupo] if u.mes_do_papel == posicao]
        for unidade in do_mes:
            if unidade.papel is Papel.TROCA:
                self._trocar_medidor(unidade, mes, posicao)
        suspensas = [self._medidor(u).unidade_id for u in do_mes if u.papel is Papel.SUSPENSA]
        UnidadeConsumidora.objects.filter(pk__in=suspensas).update(situacao="SUSPENSA")

        dia = self._ler(grupo, mes, posicao + 1)
        emissao = _dia_de_semana(dia + UM_DIA)
        agora = _instante(emissao, time(10))
        escopo = definir_escopo(mes, ate=None, grupo_leitura=grupo, agora=agora)
        ultima = posicao == len(self.competencias) - 1
        faturar(escopo, emitir=not (ultima and grupo == GRUPO_PEQUENO), agora=agora)

        for unidade in do_mes:
            if unidade.papel is Papel.DESLIGADA:
                medidor = self._medidor(unidade)
                Medidor.objects.filter(pk=medidor.pk).update(data_retirada=dia)
                UnidadeConsumidora.objects.filter(pk=medidor.unidade_id).update(
                    situacao="DESLIGADA"
                )

    def _medidor(self, unidade: UnidadePlanejada) -> Medidor:
        return self.medidores[unidade.indice]

    def _ler(self, grupo: str, mes: date, meses_lidos: int) -> date:
        """Imports the month's readings of a group; returns the day they were taken."""
        dia = _dia_de_semana(mes.replace(day=DIA_DE_LEITURA[grupo]))
        linhas = list(_linhas_de_leitura(self.grupos[grupo], dia, meses_lidos))
        if not linhas:
            return dia
        agora = _instante(dia, time(18))
        resultado = importar_leituras(
            BytesIO("\n".join(["numero_medidor;data_leitura;leitura_kwh", *linhas]).encode()),
            nome=f"leituras-{mes:%Y-%m}-grupo-{grupo}.csv",
            agora=agora,
        )
        # The import stamps its rows with the clock; these came in on their day.
        Leitura.objects.filter(importacao=resultado.importacao).update(registrada_em=agora)
        return dia

    def _trocar_medidor(self, unidade: UnidadePlanejada, mes: date, posicao: int) -> None:
        """A new meter, twelve days before the month's reading."""
        leitura = mes.replace(day=DIA_DE_LEITURA[unidade.grupo])
        dia = _dia_de_semana(leitura - timedelta(days=DIAS_ENTRE_TROCA_E_LEITURA))
        instante = _instante(dia, time(14))
        antigo = self._medidor(unidade)
        final_kwh = Decimal(unidade.mostrador(posicao) + _passo_antes_da_troca(unidade))
        trocar_medidor(
            antigo,
            NovoMedidor(_numero_do_novo(unidade), tipo="eletrônico"),
            leituras_finais={Registrador.ATIVA_TOTAL: final_kwh},
            instante=instante,
            agora=instante,
        )
        Leitura.objects.filter(data_leitura=instante).update(registrada_em=instante)


def _linhas_de_leitura(
    unidades: Sequence[UnidadePlanejada], dia: date, meses_lidos: int
) -> Iterator[str]:
    """CSV rows: what each meter shows on `dia`, after that many billed months."""
    for unidade in unidades:
        posicao = meses_lidos - 1  # of the month being read; -1 before the first
        especial = posicao == unidade.mes_do_papel
        if unidade.papel is Papel.SUSPENSA and posicao >= unidade.mes_do_papel:
            continue
        if unidade.papel is Papel.DESLIGADA and posicao > unidade.mes_do_papel:
            continue
        if unidade.papel is Papel.SEM_LEITURA and especial:
            continue
        numero, valor = unidade.numero_medidor, unidade.mostrador(meses_lidos)
        if unidade.papel is Papel.RETIDA and especial:
            valor = unidade.mostrador(posicao) * 9 // 10  # a slip of the reader's
        if unidade.papel is Papel.TROCA and posicao >= unidade.mes_do_papel:
            numero = _numero_do_novo(unidade)
            do_novo = unidade.passos[unidade.mes_do_papel : meses_lidos]
            valor = sum(do_novo) - _passo_antes_da_troca(unidade)
        minutos = unidade.indice * 7 % 480  # the round goes from 8 to 16
        yield f"{numero};{dia:%Y-%m-%d}T{8 + minutos // 60:02d}:{minutos % 60:02d};{valor}"


def _numero_do_novo(unidade: UnidadePlanejada) -> str:
    return unidade.numero_medidor.replace("MD-", "MN-")


def _passo_antes_da_troca(unidade: UnidadePlanejada) -> int:
    return unidade.passos[unidade.mes_do_papel] * 3 // 5


def _dia_de_semana(dia: date) -> date:
    """`dia`, or the Monday after it."""
    return dia + timedelta(days=7 - dia.weekday()) if dia.weekday() > 4 else dia


def _instante(dia: date, hora: time) -> datetime:
    return datetime.combine(dia, hora, tzinfo=FUSO)


def _atualizar_estatisticas() -> None:
    """PostgreSQL plans by its statistics, and knows nothing of what this transaction wrote."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for modelo in (Cliente, UnidadeConsumidora, Medidor, Leitura, Fatura, Pagamento):
                cursor.execute(f'ANALYZE "{modelo._meta.db_table}"')
