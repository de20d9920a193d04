"""Races: many workers on one thing. They prove something only on PostgreSQL.

Each has its control: the same race with its guard taken away, which must break.
"""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from comum.erros import DominioError
from faturamento.models import Fatura, Pendencia
from faturamento.servicos import calculo_do_lote, cancelamento, emissao, lotes, refaturamento
from faturamento.servicos.baixa import mudar_status_pagamento, registrar_pagamento, saldo_aberto
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.emissao import emitir_faturas
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.lancamentos import lancar
from faturamento.servicos.refaturamento import refaturar
from medidores.models import Leitura, UnidadeConsumidora
from medidores.servicos.leituras import LeituraInformada, registrar_leitura
from tests.factories import (
    FaturaFactory,
    MedidorFactory,
    MotivoFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("banco_real")]

TRABALHADORES = 8


def ao_mesmo_tempo(tarefa: Callable[[int], object], quantos: int = TRABALHADORES) -> list[Any]:
    """Runs the task in threads that start together; returns results and exceptions."""
    largada = threading.Barrier(quantos)
    resultados: list[Any] = [None] * quantos

    def correr(indice: int) -> None:
        try:
            largada.wait(10)
            resultados[indice] = tarefa(indice)
        except Exception as erro:
            resultados[indice] = erro
        finally:
            connection.close()

    linhas = [threading.Thread(target=correr, args=(i,)) for i in range(quantos)]
    for linha in linhas:
        linha.start()
    for linha in linhas:
        linha.join(60)
    return resultados


def test_oito_execucoes_da_mesma_competencia_faturam_cada_uc_uma_vez(agora, monkeypatch):
    monkeypatch.setattr(lotes, "UNIDADES_POR_LOTE", 5)
    criar_parametros()
    for _ in range(20):
        criar_unidade_com_leituras()

    def rodar(_: int) -> object:
        escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
        return faturar(escopo, emitir=True, agora=agora)

    resultados = ao_mesmo_tempo(rodar)

    assert not [r for r in resultados if isinstance(r, Exception)]
    assert Fatura.objects.count() == 20
    assert not Pendencia.objects.exists()
    assert sorted(Fatura.objects.values_list("numero", flat=True)) == list(range(1, 21))


@pytest.mark.parametrize("com_guarda", [True, False], ids=["com as guardas", "controle sem elas"])
def test_execucoes_de_escopos_que_se_cruzam(com_guarda, agora, monkeypatch):
    """P1: the UC's lock, and behind it the unique constraint, keep one invoice a month."""
    criar_parametros()
    unidades = [criar_unidade_com_leituras().unidade_id for _ in range(5)]
    UnidadeConsumidora.objects.filter(pk__in=unidades).update(grupo_leitura="05")
    if not com_guarda:
        encontro = threading.Barrier(2)
        monkeypatch.setattr(calculo_do_lote, "travar_unidades", lambda _: encontro.wait(10))
        apurar = calculo_do_lote.apurar

        def apurar_e_esperar(*args: Any) -> list[Any]:
            lista = list(apurar(*args))
            encontro.wait(10)
            return lista

        monkeypatch.setattr(calculo_do_lote, "apurar", apurar_e_esperar)
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX uma_fatura_de_ciclo_por_unidade_e_mes")

    def rodar(indice: int) -> object:
        escopo = definir_escopo(
            date(2026, 1, 1), ate=None, grupo_leitura="05" if indice else "", agora=agora
        )
        return faturar(escopo, emitir=False, agora=agora)

    resultados = ao_mesmo_tempo(rodar, quantos=2)

    faturas = Fatura.objects.count()
    if not com_guarda:
        Fatura.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX uma_fatura_de_ciclo_por_unidade_e_mes ON faturamento_fatura "
                "(unidade_id, mes_referencia) WHERE origem IN ('CICLO', 'REFATURAMENTO') "
                "AND NOT situacao = 'CANCELADA'"
            )
    assert not [r for r in resultados if isinstance(r, Exception)]
    assert faturas == (5 if com_guarda else 10)


def rascunhos(agora: datetime, quantos: int) -> list[int]:
    criar_parametros()
    for _ in range(quantos):
        criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    return list(Fatura.objects.order_by("pk").values_list("pk", flat=True))


def test_oito_emissoes_dos_mesmos_rascunhos_dao_numeros_sem_falha(agora):
    ids = rascunhos(agora, 16)

    resultados = ao_mesmo_tempo(lambda _: emitir_faturas(ids, agora=agora))

    assert not [r for r in resultados if isinstance(r, Exception)]
    assert sum(len(r.emitidas) for r in resultados) == 16
    assert sorted(Fatura.objects.values_list("numero", flat=True)) == list(range(1, 17))


def test_controle_sem_a_trava_da_sequencia_os_numeros_se_repetem(agora, monkeypatch):
    ids = rascunhos(agora, 8)
    emissao.SequenciaFatura.objects.create(serie="1")
    encontro = threading.Barrier(2)

    def tomar_sem_trava(serie: str, quantos: int) -> int:
        sequencia = emissao.SequenciaFatura.objects.get(serie=serie)
        encontro.wait(10)
        sequencia.ultimo_numero += quantos
        sequencia.save()
        return sequencia.ultimo_numero - quantos + 1

    monkeypatch.setattr(emissao, "_tomar_numeros", tomar_sem_trava)

    resultados = ao_mesmo_tempo(
        lambda i: emitir_faturas(ids[i * 4 : i * 4 + 4], agora=agora), quantos=2
    )

    # The unique constraint is the last guard: one of the two fails instead of repeating.
    assert [type(r).__name__ for r in resultados].count("ConflitoError") == 1


def test_leitura_editada_durante_a_emissao_nunca_deixa_fatura_meio_velha(agora):
    """P6: whoever comes second waits, and then sees the other."""
    [fatura_id] = rascunhos(agora, 1)
    leitura = Leitura.objects.order_by("-data_leitura")[0]

    def agir(indice: int) -> object:
        if indice == 0:
            return emitir_faturas([fatura_id], agora=agora)
        with transaction.atomic():
            return Leitura.objects.filter(pk=leitura.pk).update(leitura_kwh=Decimal(1160))

    emitida, editada = ao_mesmo_tempo(agir, quantos=2)

    fatura = Fatura.objects.get()
    leitura.refresh_from_db()
    if fatura.situacao == "EMITIDA":
        assert isinstance(editada, Exception)
        assert leitura.leitura_kwh == 1150
    else:
        assert emitida.recusas[0].codigo == "RASCUNHO_DESATUALIZADO"
        assert leitura.leitura_kwh == 1160


def test_gatilho_espera_quem_esta_faturando(agora):
    """A raw update waits for the open issue, and is refused once that commits."""
    [fatura_id] = rascunhos(agora, 1)
    leitura = Leitura.objects.order_by("-data_leitura")[0]
    emitiu, acabou = threading.Event(), threading.Event()

    def agir(indice: int) -> object:
        if indice == 0:
            with transaction.atomic():
                emitir_faturas([fatura_id], agora=agora)
                emitiu.set()
                acabou.wait(1)
            return None
        emitiu.wait(10)
        return Leitura.objects.filter(pk=leitura.pk).update(leitura_kwh=Decimal(1))

    _, editada = ao_mesmo_tempo(agir, quantos=2)

    assert isinstance(editada, Exception)
    assert "PERIODO_FATURADO" in str(editada)
    leitura.refresh_from_db()
    assert leitura.leitura_kwh == 1150


def test_oito_registros_da_mesma_leitura_dao_uma_linha(agora):
    medidor = MedidorFactory()
    informada = LeituraInformada(
        medidor_id=medidor.pk,
        registrador="ATIVA_TOTAL",
        data_leitura=datetime(2026, 1, 5, 12, tzinfo=UTC),
        leitura_kwh=Decimal(1000),
        origem="API",
    )

    resultados = ao_mesmo_tempo(lambda _: registrar_leitura(informada, agora=agora))

    assert not [r for r in resultados if isinstance(r, Exception)]
    assert [r.repetida for r in resultados].count(False) == 1
    assert Leitura.objects.count() == 1


def test_oito_baixas_da_mesma_fatura_pagam_uma_vez(agora):
    fatura = FaturaFactory()

    resultados = ao_mesmo_tempo(
        lambda _: mudar_status_pagamento(
            fatura_id=fatura.pk, status="PAGA", hoje=date(2026, 2, 10), agora=agora
        )
    )

    assert not [r for r in resultados if isinstance(r, Exception | DominioError)]
    assert saldo_aberto(fatura) == 0
    assert fatura.pagamentos.count() == 1


@pytest.fixture
def emitida(agora) -> Fatura:
    MotivoFactory()
    [fatura_id] = rascunhos(agora, 1)
    emitir_faturas([fatura_id], agora=agora)
    return Fatura.objects.get()


def pagar(fatura: Fatura, agora: datetime, nome: str = "pix") -> object:
    return registrar_pagamento(
        fatura_id=fatura.pk,
        valor=fatura.valor,
        identificador=nome,
        data_pagamento=date(2026, 2, 9),
        agora=agora,
    )


def test_oito_pessoas_refaturam_a_mesma_fatura_e_uma_consegue(agora, emitida):
    pagar(emitida, agora)

    resultados = ao_mesmo_tempo(
        lambda _: refaturar(fatura_id=emitida.pk, motivo="LEITURA_ERRADA", agora=agora)
    )

    recusas = [r.codigo for r in resultados if isinstance(r, DominioError)]
    assert recusas == ["JA_REFATURADA"] * 7
    [nova] = [r for r in resultados if isinstance(r, Fatura)]
    assert Fatura.objects.filter(situacao="EMITIDA").get() == nova
    assert (nova.numero, saldo_aberto(nova)) == (2, 0)
    assert nova.pagamentos.count() == 1


def test_controle_sem_a_trava_os_dois_passam_e_so_o_banco_segura(agora, emitida, monkeypatch):
    """Both see the invoice as re-billable; the unique constraints are the last guard."""
    encontro = threading.Barrier(2)
    monkeypatch.setattr(cancelamento, "travar_unidades", lambda _: None)

    def ler_sem_trava(fatura_id: int) -> Fatura:
        fatura = Fatura.objects.get(pk=fatura_id)
        encontro.wait(10)
        return fatura

    monkeypatch.setattr(refaturamento, "travar_fatura", ler_sem_trava)

    resultados = ao_mesmo_tempo(
        lambda _: refaturar(fatura_id=emitida.pk, motivo="LEITURA_ERRADA", agora=agora), quantos=2
    )

    codigos = [r.codigo for r in resultados if isinstance(r, DominioError)]
    assert len(codigos) == 1
    assert codigos != ["JA_REFATURADA"]
    assert Fatura.objects.filter(situacao="EMITIDA").count() == 1


def test_cancelar_enquanto_se_paga_nunca_deixa_paga_e_cancelada(agora, emitida):
    def agir(indice: int) -> object:
        if indice % 2:
            return pagar(emitida, agora, f"pix-{indice}")
        return cancelar_fatura(fatura_id=emitida.pk, motivo="LEITURA_ERRADA", agora=agora)

    resultados = ao_mesmo_tempo(agir)

    emitida.refresh_from_db()
    erros = {r.codigo for r in resultados if isinstance(r, Exception)}
    if emitida.situacao == "CANCELADA":
        assert emitida.pagamentos.count() == 0
        assert erros == {"FATURA_NAO_PAGAVEL", "FATURA_NAO_CANCELAVEL"}
    else:
        assert emitida.pagamentos.count() == 4
        assert erros == {"FATURA_NAO_CANCELAVEL"}


def test_controle_sem_a_trava_cancela_o_que_acaba_de_ser_pago(agora, emitida, monkeypatch):
    leu, pagou = threading.Event(), threading.Event()

    def ler_sem_trava(fatura_id: int) -> Fatura:
        return Fatura.objects.get(pk=fatura_id)

    def esperar_o_pagamento(fatura: Fatura) -> list[Any]:
        leu.set()
        pagou.wait(10)
        return []

    monkeypatch.setattr(cancelamento, "travar_fatura", ler_sem_trava)
    monkeypatch.setattr(cancelamento, "pagamentos_vivos", esperar_o_pagamento)

    def agir(indice: int) -> object:
        if indice:
            leu.wait(10)
            try:
                return pagar(emitida, agora)
            finally:
                pagou.set()
        return cancelar_fatura(fatura_id=emitida.pk, motivo="LEITURA_ERRADA", agora=agora)

    ao_mesmo_tempo(agir, quantos=2)

    emitida.refresh_from_db()
    assert (emitida.situacao, emitida.pagamentos.count()) == ("CANCELADA", 1)


def test_oito_emissoes_com_lancamento_cobram_uma_vez(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras()
    [lancamento] = lancar(
        unidade_id=medidor.unidade_id,
        cliente_id=medidor.cliente_id,
        descricao="Religação",
        valor=Decimal("25.50"),
        a_partir_de=date(2026, 1, 1),
        motivo="pedido",
        agora=agora,
    )
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)

    resultados = ao_mesmo_tempo(lambda _: faturar(escopo, emitir=True, agora=agora))

    assert not [r for r in resultados if isinstance(r, Exception)]
    lancamento.refresh_from_db()
    assert lancamento.fatura == Fatura.objects.get()
