"""Drafts that wait for a person: why, how they are let go, and what undoes a run."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comum.erros import DadoInvalidoError, NaoEncontradoError
from faturamento.calculo.conferencia_de_rascunhos import (
    CicloFaturado,
    LimitesDoRascunho,
    Rascunho,
    conferir_rascunho,
)
from faturamento.models import (
    AlertaDeGrupo,
    AlertaDeRascunho,
    ExecucaoFaturamento,
    Fatura,
    LimiteConferencia,
    LimiteDoGrupo,
    LoteFaturamento,
)
from faturamento.servicos import emissao
from faturamento.servicos.avulsas import excluir_fatura
from faturamento.servicos.conferencia_de_rascunhos import (
    NadaALiberarError,
    conferir_rascunhos,
    liberar_grupo,
    liberar_rascunho,
)
from faturamento.servicos.desfazimento import ExecucaoNaoDesfeitaError, desfazer_execucao
from faturamento.servicos.emissao import emitir_fatura, emitir_faturas
from faturamento.servicos.execucao import definir_escopo, descartar_rascunhos, faturar
from medidores.models import Medidor, UnidadeConsumidora
from tests.factories import (
    ClienteFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

JANEIRO = date(2026, 1, 1)
MESES = [date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1)]
HISTORICO = [CicloFaturado(Decimal(300), Decimal(300))] * 3


def rascunho(kwh: str, valor: str, **mudancas: Any) -> Rascunho:
    dados: dict[str, Any] = {
        "consumo_kwh": Decimal(kwh),
        "consumo_faturado_kwh": max(Decimal(kwh), Decimal(30)),
        "valor_brl": Decimal(valor),
        "total_brl": Decimal(valor),
        "historico": HISTORICO,
    }
    return Rascunho(**dados | mudancas)


@pytest.mark.parametrize(
    ("o_que", "codigos"),
    [
        (rascunho("300", "300"), []),
        (rascunho("900", "900"), []),
        (rascunho("901", "300"), ["CONSUMO_FORA_DA_MEDIA"]),
        (rascunho("300", "901"), ["VALOR_FORA_DA_MEDIA"]),
        (rascunho("74", "300"), ["CONSUMO_FORA_DA_MEDIA"]),
        (rascunho("10", "300"), ["MINIMO_APOS_CONSUMO_ALTO"]),
        (rascunho("10", "300", historico=[CicloFaturado(Decimal(89), Decimal(300))] * 3), []),
        (rascunho("901", "901", historico=HISTORICO[:2]), []),
        (rascunho("300", "0.00"), ["FATURA_ZERADA", "VALOR_FORA_DA_MEDIA"]),
        (rascunho("99", "5", historico=[CicloFaturado(Decimal(1), Decimal(1))] * 3), []),
        (rascunho("300", "300", titular="Ana", titular_anterior="Rui"), ["TITULAR_MUDOU_NO_CICLO"]),
    ],
)
def test_cada_motivo_tem_o_seu_limite(o_que, codigos):
    achados = conferir_rascunho(o_que, LimitesDoRascunho())
    assert [achado.codigo for achado in achados] == codigos


def rodar(agora, mes=JANEIRO, *, emitir=False, grupo=""):
    escopo = definir_escopo(mes, ate=None, grupo_leitura=grupo, agora=agora)
    return faturar(escopo, emitir=emitir, agora=agora)


@pytest.fixture
def com_historia(db, agora) -> Medidor:
    """Three cycles of 150 kWh billed, and January at 2000."""
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000", "1150", "1300", "1450", "3450"))
    for mes in MESES:
        rodar(agora, mes, emitir=True)
    assert Fatura.objects.filter(situacao="EMITIDA").count() == 3
    return medidor


def do_mes() -> Fatura:
    return Fatura.objects.get(mes_referencia=JANEIRO)


@pytest.mark.parametrize("emitir", [False, True])
def test_o_que_foge_da_media_espera_ainda_que_se_peca_para_emitir(emitir, agora, com_historia):
    rodar(agora, emitir=emitir)
    fatura = do_mes()
    assert (fatura.situacao, fatura.numero) == ("RASCUNHO", None)
    codigos = set(fatura.alertas.values_list("codigo", flat=True))
    assert codigos == {"VALOR_FORA_DA_MEDIA", "CONSUMO_FORA_DA_MEDIA"}
    assert list(Fatura.objects.em_conferencia()) == [fatura]
    [recusa] = emitir_faturas([fatura.pk], agora=agora).recusas
    assert recusa.codigo == "RASCUNHO_EM_CONFERENCIA"
    assert "2.000,000 kWh" in recusa.mensagem


def test_controle_sem_a_conferencia_sairia_emitida(agora, com_historia, monkeypatch):
    rodar(agora)
    monkeypatch.setattr(emissao, "motivos_da_espera", lambda _: {})
    assert emitir_faturas([do_mes().pk], agora=agora).emitidas == [do_mes().pk]


def test_liberada_com_motivo_e_nome_sai(agora, com_historia, admin_user):
    rodar(agora)
    fatura = do_mes()
    with pytest.raises(DadoInvalidoError, match="motivo da liberação"):
        liberar_rascunho(fatura_id=fatura.pk, motivo=" ", agora=agora)

    quantos = liberar_rascunho(
        fatura_id=fatura.pk, motivo="obra na casa", agora=agora, usuario_id=admin_user.pk
    )

    assert quantos == 2
    alerta = fatura.alertas.first()
    assert (alerta.liberado_por, alerta.motivo) == (admin_user, "obra na casa")
    assert emitir_fatura(fatura_id=fatura.pk, agora=agora).situacao == "EMITIDA"
    with pytest.raises(NadaALiberarError):
        liberar_rascunho(fatura_id=fatura.pk, motivo="x", agora=agora)
    with pytest.raises(NaoEncontradoError):
        liberar_rascunho(fatura_id=10**9, motivo="x", agora=agora)


def test_conferir_de_novo_nao_desfaz_a_liberacao(agora, com_historia):
    rodar(agora)
    liberar_rascunho(fatura_id=do_mes().pk, motivo="x", agora=agora)
    conferir_rascunhos([do_mes()], agora=agora).gravar()
    assert not AlertaDeRascunho.objects.em_aberto().exists()


def test_limite_e_dado(agora, com_historia):
    LimiteConferencia.objects.filter(classe="RESIDENCIAL").update(vezes_alto=20)
    rodar(agora, emitir=True)
    assert do_mes().situacao == "EMITIDA"
    LimiteConferencia.objects.all().delete()
    assert conferir_rascunhos([do_mes()], agora=agora).em_espera


def test_titular_que_mudou_sem_encerramento_espera(agora, com_historia):
    LimiteConferencia.objects.update(vezes_alto=20)
    Medidor.objects.filter(pk=com_historia.pk).update(cliente=ClienteFactory(nome="Rui Novo"))
    rodar(agora, emitir=True)
    [alerta] = do_mes().alertas.all()
    assert alerta.codigo == "TITULAR_MUDOU_NO_CICLO"
    assert "Rui Novo" in alerta.mensagem


def test_descartar_leva_os_alertas(agora, com_historia):
    rodar(agora)
    assert descartar_rascunhos([do_mes().pk]) == 1
    rodar(agora)
    excluir_fatura(do_mes())
    assert not AlertaDeRascunho.objects.exists()
    assert Fatura.objects.count() == 3


def test_antes_de_gravado_acha_o_rascunho_pelo_mes(agora, com_historia):
    """As after a COPY, which gives no ids back."""
    rodar(agora)
    AlertaDeRascunho.objects.all().delete()
    fatura = do_mes()
    fatura.pk = None
    conferir_rascunhos([fatura], agora=agora).gravar()
    assert do_mes().alertas.count() == 2


@pytest.fixture
def grupo_pela_metade(db, agora) -> ExecucaoFaturamento:
    """Group 05: one draft and one UC without reading; group 06 whole."""
    LimiteDoGrupo.objects.update(unidades_minimas=2, percentual_pendente=40)
    criar_parametros()
    lida, sem_leitura, outra = criar_unidade_com_leituras(), MedidorFactory(), None
    outra = criar_unidade_com_leituras()
    for medidor, grupo in ((lida, "05"), (sem_leitura, "05"), (outra, "06")):
        UnidadeConsumidora.objects.filter(pk=medidor.unidade_id).update(grupo_leitura=grupo)
    rodar(agora)
    return ExecucaoFaturamento.objects.get()


def test_grupo_com_pendencias_demais_espera_inteiro(agora, grupo_pela_metade):
    [alerta] = AlertaDeGrupo.objects.all()
    assert (alerta.grupo_leitura, alerta.codigo) == ("05", "GRUPO_COM_PENDENCIAS")
    assert "1 de 2" in alerta.mensagem
    assert "50,0 %" in alerta.mensagem
    ids = list(Fatura.objects.values_list("pk", flat=True))
    resultado = emitir_faturas(ids, agora=agora)
    assert [recusa.codigo for recusa in resultado.recusas] == ["RASCUNHO_EM_CONFERENCIA"]
    assert len(resultado.emitidas) == 1

    liberar_grupo(
        execucao_id=grupo_pela_metade.pk, grupo_leitura="05", motivo="rua interditada", agora=agora
    )
    assert len(emitir_faturas(ids, agora=agora).emitidas) == 1
    with pytest.raises(NadaALiberarError):
        liberar_grupo(execucao_id=grupo_pela_metade.pk, grupo_leitura="06", motivo="x", agora=agora)


@pytest.mark.parametrize("mudanca", [{"percentual_pendente": 50}, {"unidades_minimas": 3}])
def test_grupo_dentro_do_limite_nao_espera(agora, grupo_pela_metade, mudanca):
    LimiteDoGrupo.objects.update(**mudanca)
    AlertaDeGrupo.objects.all().delete()
    descartar_rascunhos(list(Fatura.objects.values_list("pk", flat=True)))
    rodar(agora, grupo="05")
    assert not AlertaDeGrupo.objects.exists()


def test_consultas_nao_crescem_com_os_rascunhos(agora, com_historia):
    rodar(agora)
    poucos = list(Fatura.objects.em_rascunho().select_related("cliente", "unidade"))

    def consultas(faturas) -> int:
        with CaptureQueriesContext(connection) as capturadas:
            conferir_rascunhos(faturas, agora=agora).gravar()
        return len(capturadas)

    com_um = consultas(poucos)
    assert consultas(poucos * 10) == com_um <= 4
    assert consultas([]) == 0


def test_desfazer_apaga_os_rascunhos_e_guarda_quem_e_por_que(agora, com_historia, admin_user):
    outra = criar_unidade_com_leituras()
    rodar(agora)
    execucao = ExecucaoFaturamento.objects.latest("pk")
    emitida = Fatura.objects.get(unidade=outra.unidade_id)
    emitir_fatura(fatura_id=emitida.pk, agora=agora)

    apagados = desfazer_execucao(
        execucao_id=execucao.pk, motivo="tarifa velha", agora=agora, usuario_id=admin_user.pk
    )

    execucao.refresh_from_db()
    assert apagados == 1
    assert (execucao.desfeita_em, execucao.desfeita_por) == (agora, admin_user)
    assert execucao.motivo_desfazimento == "tarifa velha"
    assert list(execucao.faturas.all()) == [emitida]
    assert not AlertaDeRascunho.objects.exists()
    assert rodar(agora).faturadas == 1
    with pytest.raises(ExecucaoNaoDesfeitaError, match="tarifa velha"):
        desfazer_execucao(execucao_id=execucao.pk, motivo="x", agora=agora)


def test_execucao_em_andamento_ou_sem_motivo_nao_se_desfaz(agora, com_historia):
    rodar(agora)
    execucao = ExecucaoFaturamento.objects.latest("pk")
    with pytest.raises(DadoInvalidoError):
        desfazer_execucao(execucao_id=execucao.pk, motivo=" ", agora=agora)
    with pytest.raises(NaoEncontradoError):
        desfazer_execucao(execucao_id=10**9, motivo="x", agora=agora)
    LoteFaturamento.objects.filter(execucao=execucao).update(situacao="PENDENTE")
    ExecucaoFaturamento.objects.filter(pk=execucao.pk).update(situacao="ABERTA")
    with pytest.raises(ExecucaoNaoDesfeitaError, match="não terminou"):
        desfazer_execucao(execucao_id=execucao.pk, motivo="x", agora=agora)
    assert do_mes()
