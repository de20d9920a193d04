"""The run: exactly one outcome for every eligible UC."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from faturamento.models import AliquotaTributo, Bandeira, FaixaCip, Fatura, Pendencia, Tarifa
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.execucao import (
    CompetenciaFuturaError,
    GrupoDesconhecidoError,
    ResumoExecucao,
    definir_escopo,
    faturar,
    simular_faturamento,
)
from faturamento.servicos.medicao import ApuracaoImpossivelError
from medidores.models import Leitura, Medidor, UnidadeConsumidora
from medidores.servicos.instalacao import NovoMedidor, trocar_medidor
from tests.factories import (
    LeituraFactory,
    MedidorFactory,
    UnidadeFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

JANEIRO = date(2026, 1, 1)


def rodar(
    agora: datetime, *, mes: date = JANEIRO, ate: date | None = None, grupo: str = "", emitir=True
) -> ResumoExecucao:
    escopo = definir_escopo(mes, ate=ate, grupo_leitura=grupo, agora=agora)
    return faturar(escopo, emitir=emitir, agora=agora)


def pendencia_de(medidor: Medidor) -> str:
    return Pendencia.objects.filter(unidade=medidor.unidade).order_by("-pk")[0].codigo


def test_unidade_com_leituras_recebe_fatura_emitida(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000", "1150"))

    resumo = rodar(agora)

    assert (resumo.elegiveis, resumo.faturadas, resumo.pendentes) == (1, 1, 0)
    fatura = Fatura.objects.get()
    assert (fatura.situacao, fatura.serie, fatura.numero) == ("EMITIDA", "1", 1)
    assert (fatura.unidade, fatura.cliente) == (medidor.unidade, medidor.cliente)
    assert fatura.consumo_kwh == 150
    # 150 kWh: TUSD 0,47242 and TE 0,31696, over (1 - 0,18) x (1 - 0,0444) = 0,783592; CIP 8,63.
    tusd = (Decimal("0.47242") * 150 / Decimal("0.783592")).quantize(Decimal("0.01"))
    te = (Decimal("0.31696") * 150 / Decimal("0.783592")).quantize(Decimal("0.01"))
    assert (tusd, te) == (Decimal("90.43"), Decimal("60.67"))
    assert fatura.valor == tusd + te + Decimal("8.63") == Decimal("159.73")
    assert (fatura.valor_energia, fatura.valor_cip) == (tusd + te, Decimal("8.63"))
    assert resumo.valor_total == fatura.valor
    # Issued on 10/02: 5 business days after skips carnival (16 and 17/02) and is past the 10th.
    assert (fatura.data_emissao, fatura.data_vencimento) == (date(2026, 2, 10), date(2026, 3, 10))


def test_demonstrativo_nomeia_as_leituras_e_soma_o_valor(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras()
    rodar(agora)

    fatura = Fatura.objects.get()
    documento = fatura.demonstrativo
    anterior, atual = medidor.leituras.order_by("data_leitura")
    [leitura] = documento["leituras"]
    assert leitura["anterior"]["leitura_id"] == anterior.pk
    assert leitura["atual"]["leitura_id"] == atual.pk
    assert sum(Decimal(linha["valor"]) for linha in documento["linhas"]) == fatura.valor
    assert (fatura.ciclo_de, fatura.ciclo_ate) == (anterior.data_leitura, atual.data_leitura)
    assert all(linha["formula"] and linha["fonte"] for linha in documento["linhas"])


def test_rascunho_nao_tem_numero_nem_datas(agora):
    criar_parametros()
    criar_unidade_com_leituras()
    rodar(agora, emitir=False)
    fatura = Fatura.objects.get()
    assert (fatura.situacao, fatura.numero, fatura.data_emissao) == ("RASCUNHO", None, None)


def test_emitir_leva_tambem_os_rascunhos_que_havia(agora):
    criar_parametros()
    criar_unidade_com_leituras()
    rodar(agora, emitir=False)

    resumo = rodar(agora, emitir=True)

    assert (resumo.elegiveis, resumo.ja_faturadas) == (0, 1)
    assert Fatura.objects.get().situacao == "EMITIDA"


def test_rodar_de_novo_nao_fatura_duas_vezes(agora):
    criar_parametros()
    criar_unidade_com_leituras()
    rodar(agora)
    resumo = rodar(agora)
    assert (resumo.elegiveis, resumo.faturadas, resumo.ja_faturadas) == (0, 0, 1)
    assert Fatura.objects.count() == 1


def test_cada_mes_parte_de_onde_o_ultimo_acabou(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000", "1100", "1250"))
    # A later reading of December, after what was billed up to the 20th.
    LeituraFactory(
        medidor=medidor,
        data_leitura=datetime(2025, 12, 28, 12, tzinfo=UTC),
        leitura_kwh=Decimal(1200),
    )
    rodar(agora, mes=date(2025, 12, 1), ate=date(2025, 12, 20))
    rodar(agora)

    dezembro, janeiro = Fatura.objects.order_by("mes_referencia")
    assert (dezembro.consumo_kwh, janeiro.consumo_kwh) == (100, 150)
    assert dezembro.ciclo_ate == janeiro.ciclo_de


def test_quem_nao_e_elegivel_e_contado_a_parte(agora):
    criar_parametros()
    suspensa = criar_unidade_com_leituras()
    UnidadeConsumidora.objects.filter(pk=suspensa.unidade_id).update(situacao="SUSPENSA")
    desligada = criar_unidade_com_leituras()
    UnidadeConsumidora.objects.filter(pk=desligada.unidade_id).update(situacao="DESLIGADA")
    UnidadeFactory()  # without meter

    resumo = rodar(agora)

    assert (resumo.elegiveis, resumo.suspensas, resumo.pendentes) == (0, 1, 0)


def sem_leitura_do_mes(medidor: Medidor) -> None:
    Leitura.objects.filter(medidor=medidor, data_leitura__month=1).delete()


def so_a_primeira_leitura(medidor: Medidor) -> None:
    Leitura.objects.filter(medidor=medidor, data_leitura__month=12).delete()


def leitura_do_mes_retida(medidor: Medidor) -> None:
    Leitura.objects.filter(medidor=medidor, data_leitura__month=1).update(situacao="RETIDA")


def leitura_regressiva(medidor: Medidor) -> None:
    Leitura.objects.filter(medidor=medidor, data_leitura__month=1).update(leitura_kwh=500)


def sem_uf(medidor: Medidor) -> None:
    UnidadeConsumidora.objects.filter(pk=medidor.unidade_id).update(uf="")


def com_energia_injetada(medidor: Medidor) -> None:
    LeituraFactory(medidor=medidor, registrador="INJETADA", leitura_kwh=Decimal(300))


PENDENCIAS = [
    pytest.param(com_energia_injetada, "GERACAO_SEM_CREDITOS"),
    pytest.param(sem_leitura_do_mes, "SEM_LEITURA"),
    pytest.param(so_a_primeira_leitura, "SEM_LEITURA_ANTERIOR"),
    pytest.param(leitura_do_mes_retida, "LEITURA_RETIDA"),
    pytest.param(leitura_regressiva, "CONSUMO_INCONSISTENTE"),
    pytest.param(sem_uf, "SEM_ALIQUOTA"),
    pytest.param(lambda _: Tarifa.objects.all().delete(), "SEM_TARIFA"),
    pytest.param(
        lambda _: Tarifa.objects.update(vigente_ate=date(2025, 12, 20)),
        "SEM_TARIFA",
        id="tarifa acaba no meio do ciclo",
    ),
    pytest.param(lambda _: Bandeira.objects.all().delete(), "SEM_BANDEIRA"),
    pytest.param(lambda _: AliquotaTributo.objects.filter(tributo="PIS").delete(), "SEM_ALIQUOTA"),
    pytest.param(lambda _: FaixaCip.objects.all().delete(), "SEM_CIP"),
]


@pytest.mark.parametrize(("estragar", "codigo"), PENDENCIAS)
def test_o_que_falta_e_pendencia_com_codigo_e_o_resto_segue(estragar, codigo, agora):
    criar_parametros()
    boa = criar_unidade_com_leituras()
    ruim = criar_unidade_com_leituras(("2000", "2150"))
    estragar(ruim)

    resumo = rodar(agora)

    assert resumo.elegiveis == 2 == resumo.faturadas + resumo.pendentes
    assert codigo in resumo.pendencias
    assert pendencia_de(ruim) == codigo
    if resumo.faturadas:
        assert Fatura.objects.get().unidade == boa.unidade


def test_refaturar_a_competencia_fatura_so_o_que_foi_consertado(agora):
    criar_parametros()
    criar_unidade_com_leituras()
    sem = criar_unidade_com_leituras()
    sem_leitura_do_mes(sem)
    rodar(agora)
    LeituraFactory(medidor=sem, leitura_kwh=Decimal(1200))

    resumo = rodar(agora)

    assert (resumo.elegiveis, resumo.faturadas, resumo.ja_faturadas) == (1, 1, 1)
    assert sorted(Fatura.objects.values_list("numero", flat=True)) == [1, 2]


def test_troca_de_medidor_soma_os_dois(agora):
    criar_parametros()
    antigo = criar_unidade_com_leituras(("4400", "4521", "4600"))
    sem_leitura_do_mes(antigo)
    rodar(agora, mes=date(2025, 12, 1))
    novo = trocar_medidor(
        antigo,
        NovoMedidor("NOVO"),
        leituras_finais={"ATIVA_TOTAL": Decimal(4587)},
        leituras_iniciais={"ATIVA_TOTAL": Decimal(3)},
        instante=datetime(2025, 12, 20, 13, tzinfo=UTC),
        agora=agora,
    )
    LeituraFactory(medidor=novo, leitura_kwh=Decimal(52))

    rodar(agora)

    fatura = Fatura.objects.get(mes_referencia=JANEIRO)
    assert fatura.consumo_kwh == 115
    numeros = [leitura["numero_medidor"] for leitura in fatura.demonstrativo["leituras"]]
    assert numeros == [antigo.numero_medidor, "NOVO"]


def test_troca_depois_da_janela_ainda_fatura_pelo_antigo(agora):
    criar_parametros()
    antigo = criar_unidade_com_leituras()
    trocar_medidor(
        antigo,
        NovoMedidor("NOVO"),
        leituras_finais={"ATIVA_TOTAL": Decimal(1200)},
        leituras_iniciais={"ATIVA_TOTAL": Decimal(0)},
        instante=datetime(2026, 2, 8, 13, tzinfo=UTC),
        agora=agora,
    )
    rodar(agora)
    assert Fatura.objects.get().consumo_kwh == 150


def test_mes_anterior_ao_ja_faturado_e_pendencia(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000", "1100", "1250"))
    rodar(agora)
    resumo = rodar(agora, mes=date(2025, 12, 1))
    assert resumo.pendencias == {"CICLO_JA_FATURADO": 1}
    assert "Fature os meses em ordem" in medidor.unidade.pendencias.get().mensagem


def test_leitura_de_31_a_noite_em_sao_paulo_e_do_mes(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000",), data_instalacao=date(2025, 1, 1))
    LeituraFactory(  # 31/01 23:30 in São Paulo, 01/02 in UTC
        medidor=medidor,
        data_leitura=datetime(2026, 2, 1, 2, 30, tzinfo=UTC),
        leitura_kwh=Decimal(1150),
    )
    resumo = rodar(agora)
    assert resumo.faturadas == 1
    assert Fatura.objects.get().demonstrativo["entrada"]["periodo"]["ate"] == "2026-01-31"


def test_grupo_limita_o_escopo(agora):
    criar_parametros()
    um, outro = criar_unidade_com_leituras(), criar_unidade_com_leituras()
    UnidadeConsumidora.objects.filter(pk=um.unidade_id).update(grupo_leitura="05")
    assert rodar(agora, grupo="05").elegiveis == 1
    assert Fatura.objects.get().unidade == um.unidade
    assert rodar(agora).elegiveis == 1
    assert Fatura.objects.filter(unidade=outro.unidade).exists()


def test_escopo_sem_sentido_e_recusado(agora):
    with pytest.raises(CompetenciaFuturaError, match="03/2026 ainda não começou"):
        definir_escopo(date(2026, 3, 1), ate=None, grupo_leitura="", agora=agora)
    with pytest.raises(GrupoDesconhecidoError, match="nenhum"):
        definir_escopo(JANEIRO, ate=None, grupo_leitura="99", agora=agora)
    with pytest.raises(ApuracaoImpossivelError, match=r"05/02/2026 não é de 01/2026"):
        definir_escopo(JANEIRO, ate=date(2026, 2, 5), grupo_leitura="", agora=agora)


def test_simulacao_conta_o_mesmo_e_nao_grava(agora):
    criar_parametros()
    criar_unidade_com_leituras()
    sem_leitura_do_mes(criar_unidade_com_leituras())
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)

    simulado = simular_faturamento(escopo)
    assert not Fatura.objects.exists()

    feito = faturar(escopo, emitir=True, agora=agora)
    assert simulado.como_json() == feito.como_json() | {"execucao": None}


def test_fatura_cancelada_libera_o_mes(agora):
    criar_parametros()
    criar_unidade_com_leituras()
    rodar(agora)
    cancelar_fatura(fatura_id=Fatura.objects.get().pk, motivo="LEITURA_ERRADA", agora=agora)

    resumo = rodar(agora)

    assert resumo.faturadas == 1
    assert list(Fatura.objects.order_by("numero").values_list("numero", "situacao")) == [
        (1, "CANCELADA"),
        (2, "EMITIDA"),
    ]


def test_execucao_interrompida_e_retomada(agora, monkeypatch):
    """P10: a worker that dies between lots leaves an open run; the next call finishes it."""
    monkeypatch.setattr("faturamento.servicos.lotes.UNIDADES_POR_LOTE", 1)
    criar_parametros()
    for _ in range(3):
        criar_unidade_com_leituras()
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)

    def morrer(andamento) -> None:
        if andamento.feitas == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        faturar(escopo, emitir=True, agora=agora, avisar=morrer)
    assert Fatura.objects.count() == 2

    resumo = faturar(escopo, emitir=True, agora=agora)

    assert (resumo.elegiveis, resumo.faturadas) == (3, 3)
    assert sorted(Fatura.objects.values_list("numero", flat=True)) == [1, 2, 3]


def test_o_numero_de_consultas_nao_depende_do_lote(agora):
    criar_parametros()
    criar_unidade_com_leituras(("1000", "1100", "1250"))
    rodar(agora, mes=date(2025, 12, 1))
    with CaptureQueriesContext(connection) as com_uma:
        rodar(agora)
    for _ in range(20):
        criar_unidade_com_leituras(("1000", "1100", "1250"))
    rodar(agora, mes=date(2025, 12, 1))
    with CaptureQueriesContext(connection) as com_vinte:
        rodar(agora)

    assert len(com_vinte) == len(com_uma)
    assert Fatura.objects.count() == 42


def test_medidor_instalado_no_mes_parte_da_instalacao(agora):
    criar_parametros()
    medidor = MedidorFactory(data_instalacao=date(2026, 1, 3))
    LeituraFactory(
        medidor=medidor,
        origem="INSTALACAO",
        data_leitura=datetime(2026, 1, 3, 12, tzinfo=UTC),
        leitura_kwh=Decimal(7),
    )
    LeituraFactory(
        medidor=medidor,
        data_leitura=datetime(2026, 1, 28, 12, tzinfo=UTC),
        leitura_kwh=Decimal(127),
    )
    rodar(agora)
    fatura = Fatura.objects.get()
    assert fatura.consumo_kwh == 120
    assert fatura.demonstrativo["ocorrencias"] == []  # 25 days are fine for a first bill


def test_virada_antes_da_primeira_fatura_e_crida_pela_media_das_leituras(agora):
    """The crítica and billing judge a rollover alike, also before any cycle was billed."""
    criar_parametros()
    criar_unidade_com_leituras(("99310", "99561", "99820", "88"))
    resumo = rodar(agora)
    assert resumo.pendencias == {}
    assert Fatura.objects.get().consumo_kwh == 268


def test_troca_depois_da_leitura_do_mes_fecha_o_ciclo_na_troca(agora):
    criar_parametros()
    antigo = criar_unidade_com_leituras(("1000", "1200", "1400"))
    rodar(agora, mes=date(2025, 12, 1))
    novo = trocar_medidor(
        antigo,
        NovoMedidor("NOVO"),
        leituras_finais={"ATIVA_TOTAL": Decimal(1500)},
        leituras_iniciais={"ATIVA_TOTAL": Decimal(0)},
        instante=datetime(2026, 1, 25, 13, tzinfo=UTC),
        agora=agora,
    )
    rodar(agora)
    LeituraFactory(
        medidor=novo, data_leitura=datetime(2026, 2, 5, 12, tzinfo=UTC), leitura_kwh=Decimal(50)
    )
    rodar(agora, mes=date(2026, 2, 1))

    consumos = Fatura.objects.order_by("mes_referencia").values_list("consumo_kwh", flat=True)
    assert list(consumos) == [200, 300, 50]
