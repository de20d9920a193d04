"""Asking for a billing run, and reading what came of it."""

from datetime import date, datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comum.django_base.exibicao import brl
from faturamento.models import (
    CompetenciaFechada,
    ExecucaoFaturamento,
    Fatura,
    Pendencia,
    Tarifa,
    TentativaLote,
)
from faturamento.servicos.competencia import fechar_competencia
from faturamento.servicos.execucao import abrir_execucao, definir_escopo, faturar
from tests.aprovacao import aprovar_o_que_espera
from tests.factories import (
    DistribuidoraFactory,
    MedidorFactory,
    TarifaFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)
from tests.paginas import entrar_como, enviar

pytestmark = pytest.mark.django_db

FATURAR = "admin:faturamento_execucaofaturamento_faturar_competencia"


@pytest.fixture
def mes_pronto() -> None:
    criar_parametros()
    criar_unidade_com_leituras()
    MedidorFactory()


def test_fatura_emite_e_a_conta_fecha(admin_client, admin_user, mes_pronto):
    resposta = enviar(admin_client, reverse(FATURAR), competencia="01/2026", emitir="on")
    execucao = ExecucaoFaturamento.objects.get()
    assert execucao.solicitada_por == admin_user
    assert "A execução terminou" in resposta.text
    assert "Previsto: sem leitura no mês (1 unidade)" in resposta.text
    contagens = {c["rotulo"]: c["valor"] for c in resposta.context["contagens"]}
    assert contagens["elegíveis"] == "2"
    assert (contagens["= faturadas"], contagens["+ pendentes"]) == ("1", "1")
    assert Fatura.objects.get().situacao == "EMITIDA"
    assert Pendencia.objects.get().codigo == "SEM_LEITURA"
    [pendencia] = resposta.context["codigos"]
    assert (pendencia["nome"], pendencia["quantas"]) == ("sem leitura no mês", "1")
    assert "sem leitura no mês: 1</a>" in resposta.text
    Pendencia.objects.create(
        execucao=execucao,
        unidade=Fatura.objects.get().unidade,
        codigo="SEM_LEITURA_ANTERIOR",
        mensagem="falta uma anterior",
        registrada_em=execucao.iniciada_em,
    )
    filtrada = admin_client.get(pendencia["endereco"])
    assert filtrada.context["cl"].result_count == 1, "um código não leva os que começam igual"
    assert "sem leitura no mês</a>" in filtrada.text
    lista = reverse("admin:faturamento_fatura_changelist")
    filtrada = admin_client.get(f"{lista}?execucao__id__exact={execucao.pk}")
    assert filtrada.context["cl"].result_count == 1


def test_simular_nao_grava(admin_client, mes_pronto):
    resposta = enviar(admin_client, reverse(FATURAR), competencia="2026-01", simular="on")
    assert "nada foi gravado" in resposta.text
    assert "seriam faturadas" in resposta.text
    assert not ExecucaoFaturamento.objects.exists()
    assert not Fatura.objects.exists()


@pytest.mark.parametrize(
    ("campos", "frase"),
    [
        ({"competencia": "12/2199"}, "ainda não começou"),
        ({"competencia": "13/2026"}, "Competência inválida"),
        ({"competencia": "01-2026"}, "Competência inválida"),
        ({"competencia": ""}, "obrigatório"),
        ({"competencia": "01/2026\x00"}, "Competência inválida"),
        ({"grupo_leitura": "nenhum"}, "Não há unidade no grupo de leitura"),
        ({"grupo_leitura": "\x00"}, "nulo"),
        ({"ate": "01/03/2026"}, "01/2026"),
        ({"ate": "01/01/0001"}, "Ano fora do calendário"),
    ],
)
def test_pedido_ruim_e_uma_frase(admin_client, mes_pronto, campos, frase):
    resposta = enviar(admin_client, reverse(FATURAR), **{"competencia": "01/2026", **campos})
    assert resposta.status_code == 200
    assert frase in resposta.text
    assert not ExecucaoFaturamento.objects.exists()


def test_faturar_exige_permissao_e_emitir_exige_outra(client, mes_pronto):
    pessoa = entrar_como(client, "faturamento.view_execucaofaturamento")
    assert client.get(reverse(FATURAR)).status_code == 403
    assert client.post(reverse(FATURAR), {"competencia": "01/2026"}).status_code == 403
    inclui = Permission.objects.get(codename="add_execucaofaturamento")
    pessoa.user_permissions.add(inclui)
    emitindo = {"competencia": "01/2026", "emitir": "on"}
    assert client.post(reverse(FATURAR), emitindo).status_code == 403
    assert not Fatura.objects.exists()
    assert client.post(reverse(FATURAR), {"competencia": "01/2026"}).status_code == 302
    assert Fatura.objects.get().situacao == "RASCUNHO"


def test_execucao_e_pendencia_so_se_leem(admin_client, mes_pronto):
    enviar(admin_client, reverse(FATURAR), competencia="01/2026")
    for modelo, objeto in (
        ("execucaofaturamento", ExecucaoFaturamento.objects.get()),
        ("pendencia", Pendencia.objects.get()),
    ):
        base = f"admin:faturamento_{modelo}"
        assert admin_client.get(reverse(f"{base}_add")).status_code == 403
        assert admin_client.post(reverse(f"{base}_change", args=[objeto.pk])).status_code == 403
        assert admin_client.post(reverse(f"{base}_delete", args=[objeto.pk])).status_code == 403


def test_tarifa_sobreposta_e_uma_frase(admin_client):
    tarifa = TarifaFactory(vigente_ate=date(2027, 1, 1))
    campos = {
        "distribuidora": tarifa.distribuidora_id,
        "subgrupo": "B1",
        "classe": "RESIDENCIAL",
        "tusd_brl_por_mwh": "472,42",
        "te_brl_por_mwh": "316,96",
        "vigente_de": "01/06/2026",
        "fonte": "outra",
    }
    resposta = enviar(admin_client, reverse("admin:faturamento_tarifa_add"), **campos)
    assert "A vigência coincide" in resposta.text
    campos["vigente_de"] = "01/01/2027"
    enviar(admin_client, reverse("admin:faturamento_tarifa_add"), **campos)
    assert Tarifa.objects.count() == 1
    aprovar_o_que_espera()
    assert Tarifa.objects.count() == 2


def test_distribuidora_com_cnpj_ruim_e_em_uso(admin_client):
    distribuidora = DistribuidoraFactory()
    TarifaFactory(distribuidora=distribuidora)
    caminho = reverse("admin:faturamento_distribuidora_change", args=[distribuidora.pk])
    assert "inválido" in enviar(admin_client, caminho, cnpj="11").text
    excluir = reverse("admin:faturamento_distribuidora_delete", args=[distribuidora.pk])
    resposta = admin_client.post(excluir, {"post": "yes"}, follow=True)
    assert "(1 tarifa)" in resposta.text


EXECUCAO = "admin:faturamento_execucaofaturamento"


@pytest.fixture
def aberta(mes_pronto: None, agora: datetime) -> ExecucaoFaturamento:
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    return abrir_execucao(escopo, emitir=True, agora=agora)


def test_pagina_da_execucao_aberta_acompanha_e_mostra_quem_trabalha(admin_client, aberta, agora):
    TentativaLote.objects.create(lote=aberta.lotes.get(), processo="maq:7", iniciada_em=agora)
    pagina = admin_client.get(reverse(f"{EXECUCAO}_change", args=[aberta.pk]))
    assert "energia/andamento.js" in pagina.text
    trecho = admin_client.get(reverse(f"{EXECUCAO}_andamento", args=[aberta.pk]))
    assert "data-andamento" in trecho.text
    assert "data-terminou" not in trecho.text
    assert "maq:7" in trecho.text
    assert "no-store" in trecho["Cache-Control"]
    if connection.vendor == "postgresql":  # where it can be told: nobody alive holds the lot
        assert "Ninguém está trabalhando" in trecho.text
        assert "caiu" in trecho.text


def test_faturar_o_escopo_que_ja_esta_aberto_leva_a_ele_e_o_diz(admin_client, aberta):
    resposta = enviar(admin_client, reverse(FATURAR), competencia="01/2026", emitir="on")
    assert f"A {aberta} deste mesmo escopo já estava em andamento" in resposta.text
    assert resposta.request["PATH_INFO"] == reverse(f"{EXECUCAO}_change", args=[aberta.pk])
    assert ExecucaoFaturamento.objects.get() == aberta


def test_cancelar_pede_motivo_e_retomar_termina(admin_client, admin_user, aberta):
    cancelar = reverse(f"{EXECUCAO}_cancelar", args=[aberta.pk])
    assert "obrigatório" in enviar(admin_client, cancelar, motivo="").text
    resposta = enviar(admin_client, cancelar, motivo="tarifa errada")
    assert "foi cancelada" in resposta.text
    aberta.refresh_from_db()
    assert (aberta.situacao, aberta.cancelada_por) == ("CANCELADA", admin_user)
    assert "só se cancela" in enviar(admin_client, cancelar, motivo="de novo").text

    resposta = enviar(admin_client, reverse(f"{EXECUCAO}_retomar", args=[aberta.pk]))

    assert "A execução terminou" in resposta.text
    aberta.refresh_from_db()
    assert (aberta.situacao, aberta.faturadas, aberta.pendentes) == ("CONCLUIDA", 1, 1)
    assert (
        "está concluída"
        in enviar(admin_client, reverse(f"{EXECUCAO}_retomar", args=[aberta.pk])).text
    )


def test_execucao_concluida_se_desfaz_e_nao_se_cancela(admin_client, mes_pronto):
    resposta = enviar(admin_client, reverse(FATURAR), competencia="01/2026")
    pagina = f"/admin/faturamento/execucaofaturamento/{ExecucaoFaturamento.objects.get().pk}"
    assert f'href="{pagina}/desfazer' in resposta.text
    assert f"{pagina}/cancelar" not in resposta.text
    assert f"{pagina}/retomar" not in resposta.text


def test_execucao_aberta_mostra_cancelar_e_retomar_e_cancelada_retomar(admin_client, aberta):
    pagina = f"/admin/faturamento/execucaofaturamento/{aberta.pk}"

    def botoes() -> set[str]:
        texto = admin_client.get(f"{pagina}/change/").text
        return {
            nome
            for nome in ("cancelar", "retomar", "desfazer")
            if f'href="{pagina}/{nome}' in texto
        }

    assert botoes() == {"cancelar", "retomar"}
    cancelar = reverse(f"{EXECUCAO}_cancelar", args=[aberta.pk])
    enviar(admin_client, cancelar, motivo="tarifa errada")
    assert botoes() == {"retomar", "desfazer"}


def test_cancelar_e_retomar_exigem_permissao(client, aberta):
    entrar_como(client, "faturamento.view_execucaofaturamento")
    for nome in ("cancelar", "retomar"):
        caminho = reverse(f"{EXECUCAO}_{nome}", args=[aberta.pk])
        assert client.post(caminho, {"motivo": "x"}).status_code == 403
    aberta.refresh_from_db()
    assert aberta.situacao == "ABERTA"


def test_resumo_por_classe_ao_lado_do_mes_anterior(admin_client, agora):
    criar_parametros()
    criar_unidade_com_leituras(("1000", "1100", "1250"))
    for mes in (date(2025, 12, 1), date(2026, 1, 1)):
        escopo = definir_escopo(mes, ate=None, grupo_leitura="", agora=agora)
        resumo = faturar(escopo, emitir=True, agora=agora)
    pagina = admin_client.get(reverse(f"{EXECUCAO}_change", args=[resumo.execucao]))
    [linha] = pagina.context["classes"]
    antes, depois = Fatura.objects.order_by("mes_referencia").values_list("valor", flat=True)
    assert (linha["faturas"], linha["faturas_antes"]) == ("1", "1")
    assert (linha["valor"], linha["valor_antes"]) == (brl(depois), brl(antes))
    assert linha["diferenca"] == brl(depois - antes)


def test_consultas_da_pagina_nao_crescem_com_os_lotes(admin_client, aberta, agora):
    caminho = reverse(f"{EXECUCAO}_andamento", args=[aberta.pk])
    admin_client.get(caminho)
    with CaptureQueriesContext(connection) as com_um:
        admin_client.get(caminho)
    for ordem in range(2, 12):
        lote = aberta.lotes.create(ordem=ordem, unidade_de=1, unidade_ate=1, unidades=1)
        TentativaLote.objects.create(lote=lote, processo="maq:8", iniciada_em=agora)
    with CaptureQueriesContext(connection) as com_onze:
        admin_client.get(caminho)
    assert len(com_onze) == len(com_um)


FECHADA = "admin:faturamento_competenciafechada"


def test_fechar_recusa_faturamento_e_reabrir_pede_motivo(admin_client, admin_user, mes_pronto):
    resposta = enviar(admin_client, reverse(f"{FECHADA}_fechar"), competencia="01/2026")
    assert "está fechada" in resposta.text
    assert "está fechada" in enviar(admin_client, reverse(FATURAR), competencia="01/2026").text
    assert not ExecucaoFaturamento.objects.exists()
    fechada = CompetenciaFechada.objects.get()
    reabrir = reverse(f"{FECHADA}_reabrir", args=[fechada.pk])
    assert "obrigatório" in enviar(admin_client, reabrir, motivo="").text
    enviar(admin_client, reabrir, motivo="faltou um grupo")
    fechada.refresh_from_db()
    assert (fechada.reaberta_por, fechada.motivo_reabertura) == (admin_user, "faltou um grupo")
    enviar(admin_client, reverse(FATURAR), competencia="01/2026")
    assert Fatura.objects.count() == 1


def test_fechar_e_reabrir_exigem_permissoes_proprias(client, mes_pronto, agora):
    fechada = fechar_competencia(mes_referencia=date(2026, 1, 1), agora=agora)
    entrar_como(client, "faturamento.view_competenciafechada")
    assert client.post(reverse(f"{FECHADA}_fechar"), {"competencia": "12/2025"}).status_code == 403
    reabrir = reverse(f"{FECHADA}_reabrir", args=[fechada.pk])
    assert client.post(reabrir, {"motivo": "x"}).status_code == 403
    assert CompetenciaFechada.objects.fechadas().count() == 1
