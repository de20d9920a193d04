"""Invoices and payments through the pages."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from auditoria.models import EventoAuditoria
from faturamento.models import Fatura, Pagamento
from faturamento.servicos.execucao import definir_escopo, faturar
from medidores.models import Leitura
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    PagamentoFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)
from tests.paginas import agir_em_lote, entrar_como, enviar, ler_formulario

pytestmark = pytest.mark.django_db

LISTA = "admin:faturamento_fatura_changelist"
INCLUIR = "admin:faturamento_fatura_add"


def pagina(fatura: Fatura, qual: str = "change") -> str:
    return reverse(f"admin:faturamento_fatura_{qual}", args=[fatura.pk])


@pytest.fixture
def rascunho(agora) -> Fatura:
    criar_parametros()
    criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    return Fatura.objects.get()


@pytest.fixture
def emitida(rascunho, admin_client) -> Fatura:
    admin_client.post(pagina(rascunho, "emitir"))
    rascunho.refresh_from_db()
    return rascunho


def texto_de(resposta) -> str:
    return resposta.text.replace("\N{NO-BREAK SPACE}", " ")


def test_pagina_mostra_o_demonstrativo_inteiro(admin_client, rascunho):
    texto = texto_de(admin_client.get(pagina(rascunho)))
    documento = rascunho.demonstrativo
    for linha in documento["linhas"]:
        assert linha["descricao"] in texto
        assert linha["formula"].split()[0] in texto
        assert linha["fonte"][:20] in texto
    assert "05/12/2025 a 05/01/2026 (31 dias)" in texto
    assert "150,000 kWh" in texto
    assert "Leituras usadas" in texto
    assert "1.150,000" in texto
    assert "R$ " in texto
    assert "O rascunho não se edita" in texto


@pytest.mark.parametrize(
    "documento",
    [
        {},
        [],
        {"linhas": []},
        {"linhas": [{}]},
        {"linhas": [{"valor": "x", "de": "y", "ate": 1}], "leituras": [{}], "entrada": None},
        {"linhas": [{"descricao": "<script>"}], "entrada": {"tarifas": [{}], "bandeiras": [{}]}},
    ],
    ids=str,
)
def test_demonstrativo_parcial_ou_estranho_nao_quebra(admin_client, documento):
    fatura = FaturaFactory(demonstrativo=documento)
    resposta = admin_client.get(pagina(fatura))
    assert resposta.status_code == 200
    assert "><script></th>" not in resposta.text


def test_emitir_pergunta_por_get_e_age_por_post(admin_client, rascunho):
    assert "recebe número" in admin_client.get(pagina(rascunho, "emitir")).text
    rascunho.refresh_from_db()
    assert rascunho.situacao == "RASCUNHO"
    resposta = admin_client.post(pagina(rascunho, "emitir"), follow=True)
    rascunho.refresh_from_db()
    assert (rascunho.situacao, rascunho.numero) == ("EMITIDA", 1)
    assert "A fatura 1-1 foi emitida" in resposta.text


def test_emitir_pede_o_token_da_pagina(rascunho, admin_user):
    navegador = Client(enforce_csrf_checks=True)
    navegador.force_login(admin_user)
    assert navegador.post(pagina(rascunho, "emitir")).status_code == 403
    rascunho.refresh_from_db()
    assert rascunho.situacao == "RASCUNHO"


def test_rascunho_velho_nao_se_emite(admin_client, rascunho):
    leitura = Leitura.objects.order_by("-data_leitura")[0]
    leitura.leitura_kwh = Decimal(1160)
    leitura.save()
    resposta = admin_client.post(pagina(rascunho, "emitir"))
    assert resposta.status_code == 200
    assert "Descarte-o e fature de novo" in resposta.text


def test_botoes_seguem_a_situacao(admin_client, emitida):
    texto = admin_client.get(pagina(emitida)).text
    assert pagina(emitida, "cancelar") in texto
    assert pagina(emitida, "registrar_pagamento") in texto
    assert pagina(emitida, "emitir") not in texto
    resposta = admin_client.post(pagina(emitida, "emitir"))
    assert "já foi emitida" in resposta.text


def test_cancelar_exige_motivo_e_guarda_quem(admin_client, admin_user, emitida):
    sem_motivo = admin_client.post(pagina(emitida, "cancelar"), {"motivo": ""})
    assert "obrigatório" in sem_motivo.text
    for motivo, frase in (("a\x00b", "nulo"), ("leitura errada", "Faça uma escolha válida")):
        recusado = admin_client.post(pagina(emitida, "cancelar"), {"motivo": motivo})
        assert frase in recusado.text
    dados = {"motivo": "LEITURA_ERRADA", "detalhe": "invertida"}
    assert (
        "nulo" in admin_client.post(pagina(emitida, "cancelar"), {**dados, "detalhe": "\x00"}).text
    )
    resposta = admin_client.post(pagina(emitida, "cancelar"), dados, follow=True)
    emitida.refresh_from_db()
    assert (emitida.situacao, emitida.cancelada_por) == ("CANCELADA", admin_user)
    assert "Leitura errada: invertida" in resposta.text
    de_novo = admin_client.post(pagina(emitida, "cancelar"), dados)
    assert "só se cancela fatura emitida" in de_novo.text


def test_emitida_nao_se_edita_nem_se_exclui(admin_client, emitida):
    assert "cancele e refature" in admin_client.get(pagina(emitida)).text
    for caminho, dados in (
        (pagina(emitida), {"valor": "1"}),
        (pagina(emitida, "delete"), {"post": "yes"}),
    ):
        resposta = admin_client.post(caminho, dados, follow=True)
        assert resposta.status_code == 200
        assert "cancele e refature" in resposta.text
    assert Fatura.objects.get() == emitida


def test_rascunho_se_descarta_e_de_outro_jeito_nao_sai(admin_client, rascunho):
    """One way out, with its event: neither the list's deletion nor the page's own."""
    lista = admin_client.get(reverse(LISTA)).text
    assert "Descartar rascunhos selecionados" in lista
    assert "delete_selected" not in lista
    assert pagina(rascunho, "delete") not in admin_client.get(pagina(rascunho)).text
    recusada = admin_client.post(pagina(rascunho, "delete"), {"post": "yes"}, follow=True)
    assert "Rascunho não se remove: descarte-o" in recusada.text
    assert "é apagado" in admin_client.get(pagina(rascunho, "descartar")).text
    assert Fatura.objects.exists()

    resposta = admin_client.post(pagina(rascunho, "descartar"), follow=True)
    assert f"O rascunho {rascunho.pk} foi descartado" in resposta.text
    assert not Fatura.objects.exists()
    assert EventoAuditoria.objects.get(acao="RASCUNHOS_DESCARTADOS").dados["rascunhos"] == 1


def test_emitida_nao_se_descarta(admin_client, emitida):
    resposta = admin_client.post(pagina(emitida, "descartar"), follow=True)
    assert "Só se descarta rascunho" in resposta.text
    assert Fatura.objects.get() == emitida


@pytest.mark.parametrize(
    ("pago", "frase"), [("10,00", "Ainda faltam R$"), ("9999,00", "Ficaram pagos a mais R$")]
)
def test_o_pagamento_diz_o_que_falta_ou_sobra(admin_client, emitida, pago, frase):
    resposta = enviar(admin_client, pagina(emitida, "registrar_pagamento"), valor=pago)
    assert frase in resposta.text


def test_pagamento_de_zero_e_recusado_no_campo(admin_client, emitida):
    resposta = enviar(admin_client, pagina(emitida, "registrar_pagamento"), valor="0")
    assert "deve ser maior que zero" in str(resposta.context["form"].errors["valor"])
    assert not Pagamento.objects.exists()


def test_paga_em_parte_estorna_e_paga_o_resto(admin_client, admin_user, emitida):
    caminho = pagina(emitida, "registrar_pagamento")
    aberto = ler_formulario(admin_client, caminho)["valor"]
    assert aberto == f"{emitida.valor:.2f}".replace(".", ",")
    resposta = enviar(admin_client, caminho, valor="10,00", identificador="pix-1")
    assert "Pagamento de R$" in resposta.text
    emitida.refresh_from_db()
    assert emitida.status_pagamento == "PARCIAL"
    pagamento = Pagamento.objects.get()
    assert pagamento.registrado_por == admin_user

    repetido = enviar(admin_client, caminho, identificador="pix-1")
    assert "já foi registrado" in repetido.text
    barrado = admin_client.post(pagina(emitida, "cancelar"), {"motivo": "LEITURA_ERRADA"})
    assert "estorne antes de cancelar" in barrado.text

    estornar = reverse("admin:faturamento_pagamento_estornar", args=[pagamento.pk])
    assert estornar in admin_client.get(pagina(emitida)).text
    assert "foi estornado" in admin_client.post(estornar, follow=True).text
    assert "já foi estornado" in admin_client.post(estornar).text
    emitida.refresh_from_db()
    assert emitida.status_pagamento == "PENDENTE"
    enviar(admin_client, caminho)
    emitida.refresh_from_db()
    assert emitida.status_pagamento == "PAGA"


@pytest.mark.parametrize("valor", ["0", "-1", "abc", "9" * 30, ""])
def test_pagamento_com_valor_ruim(admin_client, valor):
    fatura = FaturaFactory()
    resposta = enviar(admin_client, pagina(fatura, "registrar_pagamento"), valor=valor)
    assert resposta.status_code == 200
    assert not Pagamento.objects.exists()
    assert resposta.context["form"].errors


def test_pagamento_se_inclui_e_nao_se_edita(admin_client):
    fatura = FaturaFactory()
    enviar(
        admin_client,
        reverse("admin:faturamento_pagamento_add"),
        fatura=fatura.pk,
        valor="150,00",
        identificador="deposito-1",
    )
    pagamento = Pagamento.objects.get()
    fatura.refresh_from_db()
    assert fatura.status_pagamento == "PAGA"
    caminho = reverse("admin:faturamento_pagamento_change", args=[pagamento.pk])
    assert "estorne-o" in admin_client.get(caminho).text
    assert "estorne-o" in admin_client.post(caminho, {"valor": "1"}, follow=True).text
    excluir = reverse("admin:faturamento_pagamento_delete", args=[pagamento.pk])
    assert "estorne-o" in admin_client.post(excluir, {"post": "yes"}, follow=True).text
    assert Pagamento.objects.get().valor == 150


def test_pagar_rascunho_e_uma_frase(admin_client, rascunho):
    resposta = enviar(
        admin_client,
        reverse("admin:faturamento_pagamento_add"),
        fatura=rascunho.pk,
        valor="1",
        identificador="x",
    )
    assert "só fatura emitida recebe" in resposta.text


def test_avulsa_se_inclui_se_corrige_e_se_exclui(admin_client):
    cliente = ClienteFactory()
    resposta = enviar(
        admin_client,
        reverse(INCLUIR),
        cliente=cliente.pk,
        mes_referencia="01/2026",
        valor="1.234,56",
        data_emissao="06/01/2026",
    )
    fatura = Fatura.objects.get()
    assert "Gravado: fatura" in resposta.text
    assert (fatura.valor, fatura.mes_referencia) == (Decimal("1234.56"), date(2026, 1, 1))
    assert fatura.data_vencimento is not None
    enviar(admin_client, pagina(fatura), valor="100,00")
    fatura.refresh_from_db()
    assert fatura.valor == 100
    admin_client.post(pagina(fatura, "delete"), {"post": "yes"})
    assert not Fatura.objects.exists()


@pytest.mark.parametrize(
    ("campos", "frase"),
    [
        ({"valor": "-1"}, "não pode ser negativo"),
        ({"mes_referencia": "13/2026"}, "Competência inválida"),
        ({"mes_referencia": "x" * 1_000_000}, "Competência inválida"),
        ({"mes_referencia": "01/9999"}, "Ano fora do calendário"),
        ({"data_vencimento": "01/01/2026"}, "não pode ser anterior à emissão"),
        ({"data_emissao": ""}, "obrigatório"),
        ({"cliente": ""}, "obrigatório"),
    ],
)
def test_avulsa_recusada_com_frase(admin_client, campos, frase):
    dados = {
        "cliente": ClienteFactory().pk,
        "mes_referencia": "01/2026",
        "valor": "10",
        "data_emissao": "06/01/2026",
        **campos,
    }
    resposta = enviar(admin_client, reverse(INCLUIR), **dados)
    assert resposta.status_code == 200
    assert frase in resposta.text
    assert not Fatura.objects.exists()


def test_avulsa_paga_nao_muda(admin_client):
    fatura = PagamentoFactory().fatura
    assert "já tem pagamento" in admin_client.get(pagina(fatura)).text
    resposta = admin_client.post(pagina(fatura), {"valor": "1"}, follow=True)
    assert "já tem pagamento" in resposta.text


def test_acoes_em_lote(admin_client, rascunho):
    lista = reverse(LISTA)
    resposta = agir_em_lote(admin_client, lista, "emitir_selecionadas", rascunho.pk)
    assert "1 fatura emitida" in resposta.text
    resposta = agir_em_lote(admin_client, lista, "emitir_selecionadas", rascunho.pk)
    assert "já foi emitida" in resposta.text
    resposta = agir_em_lote(admin_client, lista, "descartar_selecionados", rascunho.pk)
    assert "0 rascunhos descartados" in resposta.text
    assert Fatura.objects.count() == 1


def test_descarta_rascunho(admin_client, rascunho):
    resposta = agir_em_lote(admin_client, reverse(LISTA), "descartar_selecionados", rascunho.pk)
    assert "1 rascunho descartado" in resposta.text
    assert not Fatura.objects.exists()


def test_quinhentas_de_uma_vez(admin_client):
    ids = [FaturaFactory().pk for _ in range(40)] + list(range(10**6, 10**6 + 500))
    resposta = agir_em_lote(admin_client, reverse(LISTA), "emitir_selecionadas", ids)
    assert "E mais 30 não emitidas" in resposta.text


@pytest.mark.parametrize("acao", ["emitir_selecionadas", "descartar_selecionados"])
def test_acao_em_lote_sem_permissao_nao_existe(client, rascunho, acao):
    entrar_como(client, "faturamento.view_fatura", "faturamento.change_fatura")
    assert acao not in client.get(reverse(LISTA)).text
    client.post(reverse(LISTA), {"action": acao, "_selected_action": rascunho.pk})
    rascunho.refresh_from_db()
    assert rascunho.situacao == "RASCUNHO"


@pytest.mark.parametrize(
    "acao", ["emitir", "cancelar", "registrar_pagamento", "refaturar", "liberar"]
)
def test_acao_da_pagina_sem_permissao_e_403(client, rascunho, acao):
    entrar_como(client, "faturamento.view_fatura", "faturamento.change_fatura")
    assert pagina(rascunho, acao) not in client.get(pagina(rascunho)).text
    assert client.get(pagina(rascunho, acao)).status_code == 403
    assert client.post(pagina(rascunho, acao)).status_code == 403


def test_quem_emite_sem_ver_nao_emite(client, rascunho):
    entrar_como(client, "faturamento.emitir_fatura")
    assert client.post(pagina(rascunho, "emitir")).status_code == 403


def test_estornar_sem_permissao_e_403(client):
    pagamento = PagamentoFactory()
    entrar_como(client, "faturamento.view_pagamento")
    caminho = reverse("admin:faturamento_pagamento_estornar", args=[pagamento.pk])
    assert client.post(caminho).status_code == 403
    assert Pagamento.objects.count() == 1


def test_painel_conta_vencidas_e_liga_para_a_lista(admin_client):
    FaturaFactory(data_vencimento=date(2026, 1, 20), valor=Decimal("1234.56"))
    FaturaFactory(mes_referencia=timezone.localdate().replace(day=1))
    texto = texto_de(admin_client.get(reverse("admin:index")))
    assert "R$ 1.234,56" in texto or "R$ 1.384,56" in texto
    assert "vencidas=sim" in texto
    vencidas = admin_client.get(reverse(LISTA), {"vencidas": "sim"})
    assert vencidas.context["cl"].result_count >= 1


def test_painel_mostra_so_o_que_a_pessoa_pode_ver(client):
    entrar_como(client, "clientes.view_cliente")
    texto = client.get(reverse("admin:index")).text
    assert "Clientes" in texto
    assert "Faturas vencidas" not in texto
    assert reverse(LISTA) not in texto
