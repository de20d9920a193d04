"""Asking for a billing run, and reading what came of it."""

from datetime import date

import pytest
from django.urls import reverse

from faturamento.models import ExecucaoFaturamento, Fatura, Pendencia, Tarifa
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
    assert "Falta SEM_LEITURA (1 unidade(s))" in resposta.text
    contagens = {c["rotulo"]: c["valor"] for c in resposta.context["contagens"]}
    assert contagens["elegíveis"] == "2"
    assert (contagens["= faturadas"], contagens["+ pendentes"]) == ("1", "1")
    assert Fatura.objects.get().situacao == "EMITIDA"
    codigo = Pendencia.objects.get().codigo
    assert codigo in resposta.text
    lista = reverse("admin:faturamento_pendencia_changelist")
    filtrada = admin_client.get(f"{lista}?execucao__id__exact={execucao.pk}")
    assert codigo in filtrada.text
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
    pessoa.delete()
    entrar_como(
        client, "faturamento.view_execucaofaturamento", "faturamento.add_execucaofaturamento"
    )
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
    assert Tarifa.objects.count() == 2


def test_distribuidora_com_cnpj_ruim_e_em_uso(admin_client):
    distribuidora = DistribuidoraFactory()
    TarifaFactory(distribuidora=distribuidora)
    caminho = reverse("admin:faturamento_distribuidora_change", args=[distribuidora.pk])
    assert "inválido" in enviar(admin_client, caminho, cnpj="11").text
    excluir = reverse("admin:faturamento_distribuidora_delete", args=[distribuidora.pk])
    resposta = admin_client.post(excluir, {"post": "yes"}, follow=True)
    assert "(1 tarifa)" in resposta.text
