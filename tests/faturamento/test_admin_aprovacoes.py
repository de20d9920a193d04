"""Approvals as the staff sees them: who asks, who decides, what each page says."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from faturamento.models import Bandeira, PedidoDeAprovacao
from faturamento.servicos.aprovacoes import pedir_exclusao
from tests.factories import BandeiraFactory, DistribuidoraFactory, TarifaFactory
from tests.paginas import entrar_como, enviar

pytestmark = pytest.mark.django_db
LISTA = "admin:faturamento_pedidodeaprovacao_changelist"


def de(papel: str, nome: str) -> Client:
    """A browser of somebody of this role."""
    pessoa = User.objects.create_user(nome, is_staff=True)
    pessoa.groups.add(Group.objects.get(name=papel))
    client = Client()
    client.force_login(pessoa)
    return client


def pagina(objeto, qual: str = "change") -> str:
    return reverse(f"admin:faturamento_{objeto._meta.model_name}_{qual}", args=[objeto.pk])


@pytest.fixture
def ana() -> Client:
    return de("Faturamento", "ana")


@pytest.fixture
def bia() -> Client:
    return de("Faturamento", "bia")


def test_da_tarifa_ao_pedido_e_do_pedido_a_tarifa(ana, bia):
    tarifa = TarifaFactory()
    assert "vira um pedido" in ana.get(pagina(tarifa)).text
    resposta = enviar(ana, pagina(tarifa), te_brl_por_mwh="300,50")
    pedido = PedidoDeAprovacao.objects.get()
    assert resposta.redirect_chain[-1][0] == pagina(pedido)
    assert "espera a aprovação de outra pessoa" in resposta.text
    assert "O pedido é seu" in resposta.text
    assert pagina(pedido, "aprovar") not in resposta.text
    assert "pedido à espera de aprovação" in bia.get(pagina(tarifa)).text

    lista = bia.get(reverse(LISTA)).text
    assert "TE: R$\xa0316,96/MWh" in lista
    assert "TE: R$\xa0300,50/MWh" in lista
    detalhe = bia.get(pagina(pedido)).text
    assert pagina(pedido, "aprovar") in detalhe
    assert pagina(pedido, "recusar") in detalhe

    resposta = enviar(bia, pagina(pedido, "aprovar"), motivo="REH 1.234")
    assert f"O {pedido} foi aprovado" in resposta.text
    assert "REH 1.234" in resposta.text
    tarifa.refresh_from_db()
    assert tarifa.te_brl_por_mwh == Decimal("300.5")
    assert "já foi aprovado por bia" in enviar(ana, pagina(pedido, "recusar"), motivo="x").text


def test_o_proprio_pedido_mandado_a_forca(ana):
    tarifa = TarifaFactory()
    enviar(ana, pagina(tarifa), te_brl_por_mwh="300")
    pedido = PedidoDeAprovacao.objects.get()
    for ato in ("aprovar", "recusar"):
        resposta = ana.post(pagina(pedido, ato), {"motivo": "x"})
        assert "quem pede não decide" in resposta.text
    pedido.refresh_from_db()
    assert pedido.pendente


def test_recusa_pede_motivo_e_deixa_tudo_como_esta(ana, bia):
    tarifa = TarifaFactory()
    enviar(ana, pagina(tarifa), te_brl_por_mwh="300")
    pedido = PedidoDeAprovacao.objects.get()
    assert "obrigatório" in bia.post(pagina(pedido, "recusar"), {"motivo": ""}).text
    enviar(bia, pagina(pedido, "recusar"), motivo="valor de outra classe")
    assert "valor de outra classe" in ana.get(pagina(pedido)).text
    tarifa.refresh_from_db()
    assert tarifa.te_brl_por_mwh == Decimal("316.96")


def test_linha_nova_e_a_que_nao_serve(ana, bia):
    dados = {
        "cor": "AMARELA",
        "adicional_brl_por_mwh": "18,85",
        "vigente_de": "01/01/2026",
        "vigente_ate": "01/02/2026",
        "fonte": "despacho",
    }
    incluir = reverse("admin:faturamento_bandeira_add")
    enviar(ana, incluir, **dados)
    assert not Bandeira.objects.exists()
    pedido = PedidoDeAprovacao.objects.get()
    enviar(bia, pagina(pedido, "aprovar"))
    assert Bandeira.objects.get().adicional_brl_por_mwh == Decimal("18.85")

    resposta = enviar(ana, incluir, **dados)
    assert "A vigência coincide" in resposta.text
    assert "18,85" in resposta.text
    assert PedidoDeAprovacao.objects.count() == 1


def test_nada_alterado_e_pedido_repetido_sao_frases_no_formulario(ana, bia):
    tarifa = TarifaFactory()
    assert "não há o que aprovar" in enviar(ana, pagina(tarifa)).text
    enviar(ana, pagina(tarifa), te_brl_por_mwh="300")
    resposta = enviar(bia, pagina(tarifa), te_brl_por_mwh="301")
    assert "já tem um pedido à espera" in resposta.text
    assert "301" in resposta.text
    assert PedidoDeAprovacao.objects.count() == 1


def test_excluir_uma_e_varias(ana, bia):
    meses = [(date(2026, m, 1), date(2026, m + 1, 1)) for m in (1, 2, 3)]
    linhas = [BandeiraFactory(vigente_de=inicio, vigente_ate=fim) for inicio, fim in meses]
    assert "vira um pedido" in ana.get(pagina(linhas[0], "delete")).text
    ana.post(pagina(linhas[0], "delete"), {"post": "yes"})
    escolhidas = {
        "action": "pedir_exclusao_dos_selecionados",
        "_selected_action": [linhas[1].pk, linhas[2].pk],
    }
    resposta = ana.post(reverse("admin:faturamento_bandeira_changelist"), escolhidas, follow=True)
    assert "Excluir 2 bandeiras tarifárias" in resposta.text
    assert Bandeira.objects.count() == 3
    for pedido in PedidoDeAprovacao.objects.all():
        enviar(bia, pagina(pedido, "aprovar"))
    assert not Bandeira.objects.exists()

    repetida = BandeiraFactory()
    ana.post(pagina(repetida, "delete"), {"post": "yes"})
    escolhidas["_selected_action"] = [repetida.pk]
    resposta = ana.post(reverse("admin:faturamento_bandeira_changelist"), escolhidas, follow=True)
    assert "já tem um pedido à espera" in resposta.text
    assert "delete_selected" not in resposta.text


def test_o_menu_conta_os_que_esperam_por_mim(ana, bia):
    for indice in range(2):
        tarifa = TarifaFactory(subgrupo=f"B{indice + 2}")
        enviar(ana, pagina(tarifa), te_brl_por_mwh="300")
    minhas = reverse(LISTA)
    assert _selo(bia.get(minhas)) == "2"
    assert _selo(ana.get(minhas)) == ""
    assert "bg-orange-100 text-orange-700" not in _menu(ana.get(minhas))
    assert "bg-orange-100 text-orange-700" in _menu(bia.get(minhas))
    assert _selo(de("Auditoria", "caio").get(minhas)) == ""


def _menu(resposta) -> str:
    """The menu's own entry, up to the end of its link."""
    texto = resposta.text
    inicio = texto.index("how_to_reg")
    return texto[inicio : texto.index("</a>", inicio)]


def _selo(resposta) -> str:
    for grupo in resposta.context["sidebar_navigation"]:
        for item in grupo["items"]:
            if item["title"] == "Aprovações":
                return item["badge_callback"]
    raise AssertionError("sem Aprovações no menu")


def test_quem_so_pede_nao_precisa_ver_os_pedidos(client):
    entrar_como(client, "faturamento.add_bandeira")
    resposta = client.post(
        reverse("admin:faturamento_bandeira_add"),
        {
            "cor": "VERDE",
            "adicional_brl_por_mwh": "0",
            "vigente_de": "01/01/2026",
            "fonte": "despacho",
        },
        follow=True,
    )
    assert resposta.status_code == 200
    assert "espera a aprovação de outra pessoa" in resposta.text
    assert client.get(pagina(PedidoDeAprovacao.objects.get())).status_code == 403


def test_a_lista_diz_rotulos_e_valores_com_unidade(ana):
    linha = TarifaFactory(tusd_brl_por_mwh=Decimal("472.42"), te_brl_por_mwh=Decimal("0.078771"))
    enviar(ana, pagina(linha), tusd_brl_por_mwh="480,1")
    texto = ana.get(reverse(LISTA)).text.replace("\xa0", " ")
    assert "TUSD: R$ 472,42/MWh" in texto
    assert "TUSD: R$ 480,10/MWh" in texto
    assert f"Alterar tarifa {linha}" in texto
    assert "convencional" in str(linha)
    um = ana.get(pagina(PedidoDeAprovacao.objects.get())).text.replace("\xa0", " ")
    assert "R$ 0,078771/MWh" in um


def test_as_consultas_nao_crescem_com_as_linhas_do_pedido(ana, agora):
    quem = User.objects.get(username="ana")
    um = pedir_exclusao([TarifaFactory()], agora=agora, usuario_id=quem.pk)
    varias = [
        TarifaFactory(
            distribuidora=DistribuidoraFactory(nome=f"D{n}", cnpj=f"{n:014d}", serie=f"S{n}")
        )
        for n in range(10)
    ]
    dez = pedir_exclusao(varias, agora=agora, usuario_id=quem.pk)
    ana.get(pagina(um))
    contagens = []
    for pedido in (um, dez):
        with CaptureQueriesContext(connection) as consultas:
            texto = ana.get(pagina(pedido)).text
        contagens.append(len(consultas))
    assert "D9" in texto
    assert contagens[0] - 1 == contagens[1]  # of one row, also whether it is there still
