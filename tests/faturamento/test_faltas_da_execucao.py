"""What goes wrong around a run: poison UCs, two calls at once, the database that fails.

After each, every eligible UC has its one outcome and the promises hold.
"""

import multiprocessing
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from comum.django_base.banco import ConflitoError
from comum.erros import DominioError
from comum.vocabulario import Registrador
from faturamento.models import ExecucaoFaturamento, Fatura, LoteFaturamento, Pendencia, Tarifa
from faturamento.servicos import apuracao, calculo_do_lote, lotes, processos, trabalhador
from faturamento.servicos.andamento import Andamento
from faturamento.servicos.competencia import (
    CompetenciaFechadaError,
    ExecucaoEmAndamentoError,
    fechar_competencia,
    reabrir_competencia,
)
from faturamento.servicos.execucao import (
    ExecucaoNaoAbertaError,
    abrir_execucao,
    cancelar_execucao,
    continuar_execucao,
    definir_escopo,
    faturar,
    retomar_execucao,
    simular_faturamento,
)
from faturamento.servicos.integridade import verificar_integridade
from faturamento.servicos.processos import ProcessosInvalidosError
from faturamento.servicos.trabalhador import trabalhar
from medidores.models import Leitura, Medidor
from medidores.servicos.instalacao import NovoMedidor, trocar_medidor
from tests.factories import LeituraFactory, criar_parametros, criar_unidade_com_leituras
from tests.faturamento.test_corridas import ao_mesmo_tempo
from tests.faturamento.test_execucao import (
    com_energia_injetada,
    leitura_do_mes_retida,
    leitura_regressiva,
    sem_leitura_do_mes,
    sem_uf,
    so_a_primeira_leitura,
)

JANEIRO = date(2026, 1, 1)


@pytest.fixture
def lotes_pequenos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lotes, "UNIDADES_POR_LOTE", 10)
    monkeypatch.setattr(trabalhador, "PAUSA_S", 0.02)


def criar(quantas: int) -> list[Medidor]:
    criar_parametros()
    return [criar_unidade_com_leituras() for _ in range(quantas)]


def abrir(agora: datetime, *, emitir: bool = True) -> ExecucaoFaturamento:
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)
    return abrir_execucao(escopo, emitir=emitir, agora=agora)


def rodar(agora: datetime, **opcoes: Any) -> Any:
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)
    return faturar(escopo, emitir=True, agora=agora, **opcoes)


# --- Poison ----------------------------------------------------------------------------------


def valor_que_nao_cabe(medidor: Medidor) -> None:
    Medidor.objects.filter(pk=medidor.pk).update(digitos=9, constante=Decimal(999_999))
    Leitura.objects.filter(medidor=medidor, data_leitura__month=1).update(
        leitura_kwh=Decimal(999_999_999)
    )


def instalado_depois_do_mes(medidor: Medidor) -> None:
    Medidor.objects.filter(pk=medidor.pk).update(data_instalacao=date(2026, 2, 5))


def municipio_sem_cip(medidor: Medidor) -> None:
    type(medidor.unidade).objects.filter(pk=medidor.unidade_id).update(municipio_ibge="1234567")


def subgrupo_sem_tarifa(medidor: Medidor) -> None:
    type(medidor.unidade).objects.filter(pk=medidor.unidade_id).update(
        classe="RURAL", subclasse="RURAL", subgrupo="B2"
    )


VENENOS = [
    com_energia_injetada,
    sem_leitura_do_mes,
    so_a_primeira_leitura,
    leitura_do_mes_retida,
    leitura_regressiva,
    sem_uf,
    instalado_depois_do_mes,
    municipio_sem_cip,
    subgrupo_sem_tarifa,
    valor_que_nao_cabe,
]


CODIGOS_DOS_VENENOS = {
    "GERACAO_SEM_CREDITOS",
    "SEM_LEITURA",
    "SEM_LEITURA_ANTERIOR",
    "SEM_MEDIDOR",
    "LEITURA_RETIDA",
    "CONSUMO_INCONSISTENTE",
    "SEM_ALIQUOTA",
    "SEM_CIP",
    "SEM_TARIFA",
    "VALOR_EXCESSIVO",
}


@pytest.mark.django_db
@pytest.mark.parametrize("quantas", [100, pytest.param(1000, marks=pytest.mark.longo)])
def test_dez_tipos_de_veneno_param_so_a_si_mesmos(quantas, agora, lotes_pequenos):
    """Each kind at 1 % of the UCs; in the long one, 1 % of ten kinds together."""
    medidores = criar(quantas)
    sem_veneno = simular_faturamento(
        definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)
    )
    assert (sem_veneno.faturadas, sem_veneno.pendentes) == (quantas, 0)
    for posicao, estragar in enumerate(VENENOS):
        estragar(medidores[posicao * quantas // 10 + posicao % 7])

    resumo = rodar(agora)

    assert (resumo.elegiveis, resumo.pendentes) == (quantas, len(VENENOS))
    assert Pendencia.objects.count() == len(VENENOS)
    assert set(resumo.pendencias) == CODIGOS_DOS_VENENOS
    assert len(CODIGOS_DOS_VENENOS) == 10
    assert resumo.faturadas == Fatura.objects.count() == quantas - len(VENENOS)
    # Every UC is alike: what the sound ones are billed is what they were without the others.
    assert resumo.valor_total * quantas == sem_veneno.valor_total * resumo.faturadas
    numeros = Fatura.objects.values_list("numero", flat=True)
    assert sorted(numeros) == list(range(1, resumo.faturadas + 1))
    assert verificar_integridade() == []


@pytest.mark.django_db
@pytest.mark.parametrize("erro", [ZeroDivisionError("x"), MemoryError(), KeyError("grupo")])
def test_erro_de_programa_em_uma_unidade_e_pendencia_dela(erro, agora, monkeypatch, caplog):
    criar(3)
    veneno = criar_unidade_com_leituras(("3000", "3333")).unidade
    calcular = apuracao.calcular_demonstrativo

    def errar(entrada: Any) -> Any:
        if entrada.registros[0].atual == 3333:
            raise erro
        return calcular(entrada)

    monkeypatch.setattr(apuracao, "calcular_demonstrativo", errar)

    resumo = rodar(agora)

    assert (resumo.faturadas, resumo.pendencias) == (3, {"ERRO_INTERNO": 1})
    pendencia = Pendencia.objects.get()
    assert pendencia.unidade == veneno
    assert type(erro).__name__ in pendencia.mensagem
    assert "erro ao calcular" in caplog.text  # and the log has what to mend it by


@pytest.mark.django_db
def test_lote_que_falha_inteiro_e_dividido_ate_a_unidade(agora, monkeypatch):
    criar(6)
    veneno = Medidor.objects.order_by("pk")[4].unidade
    gravar = calculo_do_lote.gravar_faturas

    def falhar(faturas: list[Fatura]) -> None:
        if veneno.pk in [f.unidade_id for f in faturas]:
            raise ConflitoError("recusada")
        gravar(faturas)

    monkeypatch.setattr(calculo_do_lote, "gravar_faturas", falhar)

    resumo = rodar(agora)

    assert (resumo.elegiveis, resumo.faturadas) == (6, 5)
    assert Pendencia.objects.get().unidade == veneno
    assert Pendencia.objects.get().codigo == "FALHA_NO_CALCULO"
    assert LoteFaturamento.objects.filter(situacao="DIVIDIDO").count() == 3
    assert verificar_integridade() == []


# --- Cancelled, resumed, closed --------------------------------------------------------------


@pytest.mark.django_db
def test_cancelada_para_no_lote_e_retomada_termina(agora, lotes_pequenos):
    criar(30)
    execucao = abrir(agora)

    def cancelar(andamento: Andamento) -> None:
        if andamento.feitas:
            cancelar_execucao(execucao_id=execucao.pk, motivo="tarifa errada", agora=agora)

    resumo = continuar_execucao(execucao.pk, relogio=lambda: agora, avisar=cancelar)

    assert (resumo.concluida, resumo.faturadas) == (False, 10)
    assert Fatura.objects.count() == 10
    with pytest.raises(ExecucaoNaoAbertaError, match="cancelada"):
        cancelar_execucao(execucao_id=execucao.pk, motivo="de novo", agora=agora)

    retomar_execucao(execucao_id=execucao.pk)
    resumo = continuar_execucao(execucao.pk, relogio=lambda: agora)

    assert (resumo.concluida, resumo.elegiveis, resumo.faturadas) == (True, 30, 30)
    assert verificar_integridade() == []
    with pytest.raises(ExecucaoNaoAbertaError, match="concluída"):
        retomar_execucao(execucao_id=execucao.pk)


@pytest.mark.django_db
def test_retomar_nao_abre_duas_do_mesmo_escopo(agora):
    criar(1)
    primeira = abrir(agora)
    cancelar_execucao(execucao_id=primeira.pk, motivo="teste", agora=agora)
    segunda = abrir(agora)
    assert segunda.pk != primeira.pk
    with pytest.raises(ConflitoError, match="Já há uma execução em andamento"):
        retomar_execucao(execucao_id=primeira.pk)


@pytest.mark.django_db
def test_competencia_fechada_recusa_e_reaberta_fatura(agora):
    criar(1)
    execucao = abrir(agora)
    with pytest.raises(ExecucaoEmAndamentoError, match="em andamento"):
        fechar_competencia(mes_referencia=JANEIRO, agora=agora)
    cancelar_execucao(execucao_id=execucao.pk, motivo="fechamento", agora=agora)
    fechada = fechar_competencia(mes_referencia=JANEIRO, agora=agora)
    with pytest.raises(CompetenciaFechadaError, match="01/2026 está fechada"):
        rodar(agora)
    with pytest.raises(CompetenciaFechadaError):
        retomar_execucao(execucao_id=execucao.pk)
    with pytest.raises(DominioError, match="motivo"):
        reabrir_competencia(fechada_id=fechada.pk, motivo=" ", agora=agora)

    reabrir_competencia(fechada_id=fechada.pk, motivo="faltou um grupo", agora=agora)

    assert rodar(agora).faturadas == 1


# --- Time and tables -------------------------------------------------------------------------


@pytest.mark.django_db
def test_relogio_que_anda_para_tras_nao_muda_o_resultado(agora, lotes_pequenos):
    criar(30)
    instantes = iter(agora - timedelta(hours=n) for n in range(1000))
    resumo = rodar(agora, relogio=lambda: next(instantes))
    assert (resumo.elegiveis, resumo.faturadas) == (30, 30)
    assert verificar_integridade() == []


@pytest.mark.django_db
def test_tarifa_que_muda_durante_a_execucao_vale_para_a_proxima(agora, lotes_pequenos):
    """The tables are read once: one run bills by one table, and each bill says which."""
    criar(20)
    rodar(agora, avisar=lambda _: Tarifa.objects.update(te_brl_por_mwh=Decimal(1)))
    assert Fatura.objects.values("valor").distinct().count() == 1
    assert verificar_integridade() == []
    call_command("verificar_faturas")


# --- The database --------------------------------------------------------------------------


@pytest.mark.django_db
def test_processos_demais_ou_no_sqlite_sao_uma_frase(agora):
    criar(1)
    with pytest.raises(ProcessosInvalidosError, match="de 1 a"):
        rodar(agora, processos=0)
    if connection.vendor == "sqlite":
        with pytest.raises(ProcessosInvalidosError, match="um escritor por vez"):
            rodar(agora, processos=2)


@pytest.mark.postgresql
@pytest.mark.usefixtures("banco_real", "lotes_pequenos")
class TestNoPostgresql:
    def conferir(self, quantas: int) -> None:
        assert Fatura.objects.filter(situacao="EMITIDA").count() == quantas
        numeros = Fatura.objects.order_by("numero").values_list("numero", flat=True)
        assert list(numeros) == list(range(1, quantas + 1))
        execucao = ExecucaoFaturamento.objects.get()
        assert (execucao.situacao, execucao.faturadas) == ("CONCLUIDA", quantas)
        assert verificar_integridade() == []

    def test_oito_trabalhadores_e_uma_execucao_pedida_duas_vezes(self, agora):
        criar(60)
        assert abrir(agora).pk == abrir(agora).pk

        def trabalho(_: int) -> None:
            trabalhar(abrir(agora).pk, relogio=lambda: agora)

        resultados = ao_mesmo_tempo(trabalho)

        assert [r for r in resultados if r is not None] == []
        self.conferir(60)
        assert LoteFaturamento.objects.count() == 6

    def test_controle_sem_as_travas_dois_trabalhadores_faturam_o_mesmo(self, agora, monkeypatch):
        criar(5)
        execucao = abrir(agora, emitir=False)
        encontro = threading.Barrier(2)
        monkeypatch.setattr(lotes, "vez", lambda _: _sem_vez())
        monkeypatch.setattr(
            trabalhador, "travar_lote", lambda pk: LoteFaturamento.objects.get(pk=pk)
        )
        monkeypatch.setattr(calculo_do_lote, "travar_unidades", lambda _: encontro.wait(10))
        apurar = calculo_do_lote.apurar
        monkeypatch.setattr(
            calculo_do_lote, "apurar", lambda *a: (list(apurar(*a)), encontro.wait(10))[0]
        )
        resultados = ao_mesmo_tempo(
            lambda _: trabalhar(execucao.pk, relogio=lambda: agora), quantos=2
        )
        # The unique constraint, the last guard, refuses one of the two: its lot fails as a whole.
        falhou = [r for r in resultados if r is not None]
        com_erro = LoteFaturamento.objects.exclude(erro="").count()
        assert falhou or com_erro or lotes.TentativaLote.objects.exclude(erro="").exists()
        assert Fatura.objects.count() == 5

    def test_processos_de_verdade_dividem_o_trabalho(self, agora):
        criar(40)
        resumo = rodar(agora, processos=2)
        assert (resumo.concluida, resumo.faturadas) == (True, 40)
        self.conferir(40)

    def test_processo_morto_e_substituido(self, agora):
        criar(120)
        mortos: list[int] = []

        def matar_um(_: object) -> None:
            vivos = multiprocessing.active_children()
            if not mortos and vivos and lotes.TentativaLote.objects.exists():
                vivos[0].kill()
                mortos.append(vivos[0].pid or 0)

        resumo = rodar(agora, processos=2, avisar=matar_um)

        assert mortos
        assert (resumo.concluida, resumo.faturadas) == (True, 120)
        self.conferir(120)

    def test_processos_que_saem_com_erro_param_a_execucao_com_uma_frase(self, agora, monkeypatch):
        criar(5)
        monkeypatch.setattr(processos, "partir", sair_com_erro)
        with pytest.raises(processos.TrabalhadoresCaidosError, match="continua aberta"):
            rodar(agora, processos=2)
        monkeypatch.undo()
        rodar(agora)
        self.conferir(5)

    def perturbar(self, monkeypatch: pytest.MonkeyPatch, ato: Callable[[], object]) -> None:
        """Does the act once, in the middle of a lot, by whoever calculates it."""
        gravar = calculo_do_lote.gravar_pendencias
        feito: list[bool] = []

        def gravar_e_perturbar(*args: Any, **opcoes: Any) -> None:
            if not feito:
                feito.append(True)
                ato()
            gravar(*args, **opcoes)

        monkeypatch.setattr(calculo_do_lote, "gravar_pendencias", gravar_e_perturbar)

    def em_outra_conexao(self, tarefa: Callable[[], object]) -> tuple[threading.Thread, list[Any]]:
        saida: list[Any] = []

        def correr() -> None:
            try:
                saida.append(tarefa())
            except Exception as erro:
                saida.append(erro)
            finally:
                connection.close()

        linha = threading.Thread(target=correr)
        linha.start()
        return linha, saida

    def test_conexao_cortada_no_meio_de_um_lote(self, agora, monkeypatch):
        criar(30)

        def cortar() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        self.perturbar(monkeypatch, cortar)
        rodar(agora)
        self.conferir(30)

    def test_banco_que_nao_volta_para_a_execucao_com_o_erro(self, agora, monkeypatch):
        criar(5)
        monkeypatch.setattr(trabalhador, "PAUSA_S", 0.001)

        def faltar(*_: Any, **__: Any) -> None:
            raise OperationalError("o servidor fechou a conexão")

        monkeypatch.setattr(trabalhador, "faturar_lote", faltar)
        with pytest.raises(OperationalError):
            rodar(agora)
        monkeypatch.undo()
        assert not Fatura.objects.exists()
        rodar(agora)
        self.conferir(5)

    @pytest.mark.parametrize("com_guarda", [True, False], ids=["com a guarda", "controle sem ela"])
    def test_espera_de_trava_que_estoura_tenta_de_novo(self, com_guarda, agora, monkeypatch):
        if not com_guarda:
            monkeypatch.setattr(trabalhador, "FALHAS_SEGUIDAS", 1)
        medidores = criar(10)
        solto = threading.Event()

        def segurar() -> None:
            with transaction.atomic():
                type(medidores[0].unidade).objects.select_for_update().get(
                    pk=medidores[5].unidade_id
                )
                preso.set()
                solto.wait(10)

        preso = threading.Event()
        linha, _ = self.em_outra_conexao(segurar)
        preso.wait(10)
        threading.Timer(0.6, solto.set).start()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '150ms'")
        if com_guarda:
            rodar(agora)
        else:
            with pytest.raises(OperationalError, match="lock timeout"):
                rodar(agora)
        linha.join(10)
        erros = lotes.TentativaLote.objects.exclude(erro="").values_list("erro", flat=True)
        assert any("lock timeout" in erro for erro in erros)
        if not com_guarda:
            assert not Fatura.objects.exists()
            rodar(agora)
        self.conferir(10)

    @pytest.mark.parametrize("com_guarda", [True, False], ids=["com a guarda", "controle sem ela"])
    def test_abraco_da_morte_se_desfaz_e_o_lote_e_refeito(self, com_guarda, agora, monkeypatch):
        """A real deadlock, of which the run is always the victim: it looks for one far sooner."""
        if not com_guarda:
            monkeypatch.setattr(trabalhador, "FALHAS_SEGUIDAS", 1)
        medidores = criar(10)
        ultima = medidores[-1].unidade
        presa, continua = threading.Event(), threading.Event()

        def segurar_ao_contrario() -> str:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL deadlock_timeout = '20s'")
                unidades = type(ultima).objects.select_for_update()
                unidades.get(pk=ultima.pk)
                presa.set()
                continua.wait(10)
                unidades.get(pk=medidores[0].unidade_id)
            return "passou"

        travar = calculo_do_lote.travar_unidades

        def travar_aos_poucos(ids: list[int]) -> None:
            travar(ids[:1])
            continua.set()
            travar(ids)

        monkeypatch.setattr(calculo_do_lote, "travar_unidades", travar_aos_poucos)
        linha, saida = self.em_outra_conexao(segurar_ao_contrario)
        presa.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '300ms'")
        if com_guarda:
            rodar(agora)
        else:
            with pytest.raises(OperationalError, match="deadlock detected"):
                rodar(agora)
            assert not Fatura.objects.exists()
        linha.join(10)
        assert saida == ["passou"]
        [erro] = lotes.TentativaLote.objects.exclude(erro="").values_list("erro", flat=True)
        assert "deadlock detected" in erro
        if not com_guarda:
            rodar(agora)
        self.conferir(10)

    @pytest.mark.parametrize("com_guarda", [True, False], ids=["com a guarda", "controle sem ela"])
    def test_leitura_editada_enquanto_o_lote_calcula(self, com_guarda, agora, monkeypatch):
        """P6: the editor waits for the lot, and is then refused."""
        criar(3)
        leitura = Leitura.objects.order_by("data_leitura", "pk").last()
        outras: list[Any] = []

        def editar() -> None:
            linha, saida = self.em_outra_conexao(
                lambda: Leitura.objects.filter(pk=leitura.pk).update(leitura_kwh=Decimal(1160))
            )
            linha.join(0.5 if com_guarda else 10)
            outras.append((linha, saida))

        if not com_guarda:
            monkeypatch.setattr(calculo_do_lote, "travar_unidades", lambda _: None)
        self.perturbar(monkeypatch, editar)
        rodar(agora)
        [(linha, saida)] = outras
        linha.join(10)
        quebradas = {v.promessa for v in verificar_integridade()}
        if com_guarda:
            assert "PERIODO_FATURADO" in str(saida[0])
            assert quebradas == set()
        else:
            assert quebradas == {"P6"}

    def test_medidor_trocado_enquanto_o_lote_calcula(self, agora, monkeypatch):
        medidores = criar(3)
        outras: list[Any] = []

        def trocar() -> object:
            return trocar_medidor(
                Medidor.objects.get(pk=medidores[0].pk),
                NovoMedidor("NOVO"),
                leituras_finais={Registrador.ATIVA_TOTAL: Decimal(1200)},
                instante=datetime(2026, 1, 20, 13, tzinfo=UTC),
                agora=agora,
            )

        def no_meio() -> None:
            linha, saida = self.em_outra_conexao(trocar)
            linha.join(0.5)
            outras.append((linha, saida))

        self.perturbar(monkeypatch, no_meio)
        rodar(agora)
        [(linha, saida)] = outras
        linha.join(10)
        assert isinstance(saida[0], Medidor)  # after the cycle that the lot closed
        LeituraFactory(
            medidor=saida[0],
            data_leitura=datetime(2026, 2, 5, 12, tzinfo=UTC),
            leitura_kwh=Decimal(40),
        )
        escopo = definir_escopo(date(2026, 2, 1), ate=None, grupo_leitura="", agora=agora)
        faturar(escopo, emitir=True, agora=agora)
        da_unidade = Fatura.objects.filter(unidade=medidores[0].unidade).order_by("mes_referencia")
        assert list(da_unidade.values_list("consumo_kwh", flat=True)) == [150, 90]
        assert verificar_integridade() == []


def sair_com_erro(*_: object) -> None:
    raise SystemExit(1)


class _sem_vez:  # noqa: N801 - stands in for a context manager
    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        return None
