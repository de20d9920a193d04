"""Corrections through the pages and the commands, as an operator makes them."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from faturamento.models import (
    AlertaDeGrupo,
    AlertaDeRascunho,
    ExecucaoFaturamento,
    Fatura,
    LancamentoAvulso,
    MotivoCancelamento,
    Tarifa,
)
from faturamento.servicos.baixa import registrar_pagamento
from faturamento.servicos.execucao import definir_escopo, faturar
from medidores.models import Leitura
from tests.aprovacao import aprovar_o_que_espera
from tests.factories import LancamentoFactory, criar_parametros, criar_unidade_com_leituras
from tests.paginas import entrar_como, enviar, ler_formulario

pytestmark = pytest.mark.django_db

EXECUCAO = "admin:faturamento_execucaofaturamento"


def pagina(objeto, qual: str = "change") -> str:
    opcoes = objeto._meta
    return reverse(f"admin:{opcoes.app_label}_{opcoes.model_name}_{qual}", args=[objeto.pk])


def rodar(agora, *, emitir: bool) -> None:
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=emitir, agora=agora)


def texto_de(resposta) -> str:
    return resposta.text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def rascunho(agora) -> Fatura:
    criar_parametros()
    criar_unidade_com_leituras()
    rodar(agora, emitir=False)
    return Fatura.objects.get()


@pytest.fixture
def emitida(agora) -> Fatura:
    criar_parametros()
    criar_unidade_com_leituras()
    rodar(agora, emitir=True)
    return Fatura.objects.get()


def campo_da_leitura() -> str:
    return f"leitura_{Leitura.objects.validas().order_by('-data_leitura')[0].pk}"


def test_refaturar_a_cancelada_nao_fala_em_cancelar(admin_client, agora, emitida):
    caminho = pagina(emitida, "refaturar")
    dados = {**ler_formulario(admin_client, caminho), "motivo": "LEITURA_ERRADA"}
    assert "Cancelar esta e emitir a nova" in texto_de(admin_client.post(caminho, dados))
    enviar(
        admin_client,
        pagina(emitida, "cancelar"),
        motivo="LEITURA_ERRADA",
        detalhe="Era do vizinho.",
    )
    cancelada = texto_de(admin_client.get(pagina(emitida)))
    assert "Leitura errada: Era do vizinho, por admin" in cancelada

    texto = texto_de(admin_client.post(caminho, dados))
    assert "Cancelar esta" not in texto
    assert "já está cancelada" in texto
    assert "Emitir a nova" in texto


def test_ve_a_diferenca_antes_e_so_entao_refatura(admin_client, agora, emitida):
    registrar_pagamento(
        fatura_id=emitida.pk,
        valor=Decimal(100),
        identificador="pix",
        data_pagamento=date(2026, 2, 9),
        agora=agora,
    )
    caminho = pagina(emitida, "refaturar")
    assert caminho in admin_client.get(pagina(emitida)).text
    dados = {
        **ler_formulario(admin_client, caminho),
        campo_da_leitura(): "1.120,000",
        "motivo": "LEITURA_ERRADA",
        "detalhe": "2 por 5",
    }
    assert dados["conferido"] == ""

    previa = admin_client.post(caminho, dados)

    texto = texto_de(previa)
    assert "A fatura 1-1, como foi e como será" in texto
    for trecho in ("R$ 159,73", "R$ 129,52", "-R$ 30,21", "R$ 29,52", "150,000", "120,000"):
        assert trecho in texto, trecho
    assert Fatura.objects.get().situacao == "EMITIDA"

    conferido = previa.context["form"].initial["conferido"]
    resposta = admin_client.post(caminho, {**dados, "conferido": conferido}, follow=True)

    nova = Fatura.objects.get(situacao="EMITIDA")
    assert (nova.numero, nova.consumo_kwh, nova.status_pagamento) == (2, 120, "PARCIAL")
    assert "foi emitida no lugar da fatura 1-1. Falta pagar R$ 29,52" in texto_de(resposta)
    velha = texto_de(admin_client.get(pagina(emitida)))
    assert "Leitura errada: 2 por 5" in velha
    assert "Substituída" in velha
    assert caminho not in velha
    assert "já foi refaturada" in admin_client.post(caminho, dados).text


def test_previa_que_envelheceu_e_mostrada_de_novo(admin_client, emitida):
    caminho = pagina(emitida, "refaturar")
    dados = {**ler_formulario(admin_client, caminho), "motivo": "TARIFA_ERRADA"}
    conferido = admin_client.post(caminho, dados).context["form"].initial["conferido"]
    Tarifa.objects.update(te_brl_por_mwh=100)
    de_novo = admin_client.post(caminho, {**dados, "conferido": conferido})
    assert "Confira a diferença de novo" in de_novo.text
    assert de_novo.context["form"].initial["conferido"] != conferido
    assert Fatura.objects.count() == 1


@pytest.mark.parametrize(
    ("campos", "frase"),
    [
        ({"leitura": "-1"}, "maior ou igual a 0"),
        ({"leitura": "999999"}, "dígitos"),
        ({"leitura": "abc"}, "número"),
        ({"motivo": "X"}, "escolha válida"),
        ({"motivo": "OUTRO"}, "pede um detalhe"),
    ],
)
def test_refaturamento_mal_pedido_e_uma_frase(admin_client, emitida, campos, frase):
    caminho = pagina(emitida, "refaturar")
    dados = {**ler_formulario(admin_client, caminho), "motivo": "LEITURA_ERRADA"}
    if "leitura" in campos:
        campos = {campo_da_leitura(): campos["leitura"]}
    if campos.get("motivo") == "OUTRO":
        campos["conferido"] = "159.73"
    resposta = admin_client.post(caminho, {**dados, **campos})
    assert resposta.status_code == 200
    assert frase in resposta.text
    assert Fatura.objects.get().situacao == "EMITIDA"


def test_liberar_pela_pagina(admin_client, admin_user, agora, rascunho):
    AlertaDeRascunho.objects.create(
        fatura=rascunho, codigo="FATURA_ZERADA", mensagem="Confira.", registrado_em=agora
    )
    lista = reverse("admin:faturamento_fatura_changelist")
    assert "em conferência" in admin_client.get(f"{lista}?conferencia=sim").text
    alertas = reverse("admin:faturamento_alertaderascunho_changelist")
    assert "FATURA_ZERADA" in admin_client.get(f"{alertas}?liberacao=esperam").text
    assert "O rascunho espera conferência. Confira." in admin_client.get(pagina(rascunho)).text
    barrada = admin_client.post(pagina(rascunho, "emitir"))
    assert "espera conferência: Confira." in barrada.text

    enviar(admin_client, pagina(rascunho, "liberar"), motivo="casa vazia")

    alerta = AlertaDeRascunho.objects.get()
    assert (alerta.liberado_por, alerta.motivo) == (admin_user, "casa vazia")
    assert pagina(rascunho, "liberar") not in admin_client.get(pagina(rascunho)).text
    assert "foi emitida" in admin_client.post(pagina(rascunho, "emitir"), follow=True).text


def test_grupo_se_libera_e_execucao_se_desfaz(admin_client, admin_user, agora, rascunho):
    execucao = ExecucaoFaturamento.objects.get()
    alerta = AlertaDeGrupo.objects.create(
        execucao=execucao, grupo_leitura="05", codigo="X", mensagem="Muitas.", registrado_em=agora
    )
    assert pagina(alerta, "liberar") in admin_client.get(pagina(execucao)).text
    enviar(admin_client, pagina(alerta, "liberar"), motivo="conferido")
    alerta.refresh_from_db()
    assert alerta.liberado_por == admin_user

    assert "1 rascunho da" in admin_client.get(pagina(execucao, "desfazer")).text
    resposta = enviar(admin_client, pagina(execucao, "desfazer"), motivo="tarifa velha")
    assert "espera a aprovação de outra pessoa" in resposta.text
    assert Fatura.objects.exists()
    aprovar_o_que_espera()
    assert not Fatura.objects.exists()
    assert "tarifa velha" in admin_client.get(pagina(execucao)).text
    assert (
        "já foi desfeita" in admin_client.post(pagina(execucao, "desfazer"), {"motivo": "x"}).text
    )


def test_lancamento_se_inclui_se_altera_e_se_congela(admin_client, agora, rascunho):
    medidor = Leitura.objects.first().medidor
    enviar(
        admin_client,
        reverse("admin:faturamento_lancamentoavulso_add"),
        unidade=medidor.unidade_id,
        descricao="Parcelamento",
        valor="90,00",
        parcelas="3",
        a_partir_de="01/2026",
        motivo="acordo",
    )
    parcelas = LancamentoAvulso.objects.order_by("pk")
    assert [(p.valor, p.parcela, p.cliente) for p in parcelas] == [
        (30, n, medidor.cliente) for n in (1, 2, 3)
    ]
    primeira = parcelas[0]
    enviar(admin_client, pagina(primeira), valor="31,00")
    primeira.refresh_from_db()
    assert primeira.valor == 31
    assert "Parcelamento (1/3)" in admin_client.get(pagina(medidor.unidade)).text

    rascunho.delete()
    rodar(agora, emitir=True)
    primeira.refresh_from_db()
    assert "não muda mais" in admin_client.get(pagina(primeira)).text
    assert "não muda mais" in admin_client.post(pagina(primeira), {"valor": "1"}, follow=True).text
    excluir = admin_client.post(pagina(primeira, "delete"), {"post": "yes"}, follow=True)
    assert "não muda mais" in excluir.text
    admin_client.post(pagina(parcelas[2], "delete"), {"post": "yes"})
    assert LancamentoAvulso.objects.count() == 2


def test_motivo_se_cadastra_e_o_que_saiu_de_uso_nao_se_oferece(admin_client, emitida):
    incluir = reverse("admin:faturamento_motivocancelamento_add")
    enviar(admin_client, incluir, codigo="ENCHENTE", descricao="Enchente na subestação", ativo="on")
    ruim = enviar(admin_client, incluir, codigo="com espaço", descricao="x")
    assert "letras maiúsculas" in ruim.text
    MotivoCancelamento.objects.filter(codigo="DUPLICIDADE").update(ativo=False)
    texto = admin_client.get(pagina(emitida, "cancelar")).text
    assert "Enchente na subestação" in texto
    assert "DUPLICIDADE" not in texto


def test_sem_permissao_e_403(client, agora, rascunho):
    alerta = AlertaDeGrupo.objects.create(
        execucao=rascunho.execucao,
        grupo_leitura="05",
        codigo="X",
        mensagem="x",
        registrado_em=agora,
    )
    entrar_como(
        client,
        "faturamento.view_fatura",
        "faturamento.view_execucaofaturamento",
        "faturamento.view_alertadegrupo",
        "faturamento.view_lancamentoavulso",
    )
    lancamento = LancamentoFactory()
    for caminho in (
        pagina(rascunho, "refaturar"),
        pagina(rascunho, "liberar"),
        pagina(rascunho.execucao, "desfazer"),
        pagina(alerta, "liberar"),
        pagina(lancamento, "delete"),
        reverse("admin:faturamento_lancamentoavulso_add"),
    ):
        assert client.post(caminho, {"motivo": "x"}).status_code == 403, caminho
    assert Fatura.objects.exists()


def comandar(*args: str) -> int:
    try:
        call_command(*args)
    except CommandError as erro:
        return erro.returncode
    return 0


def test_comando_cancelar_fatura(emitida, capsys):
    assert comandar("cancelar_fatura", "9-9", "--motivo", "LEITURA_ERRADA") == 2
    assert comandar("cancelar_fatura", "x" * 100, "--motivo", "LEITURA_ERRADA") == 2
    assert comandar("cancelar_fatura", "1-1", "--motivo", "NADA") == 2
    assert Fatura.objects.get().situacao == "EMITIDA"
    args = ("cancelar_fatura", "1-1", "--motivo", "leitura_errada", "--detalhe", "lido 1150")
    assert comandar(*args) == 0
    assert Fatura.objects.get().motivo_cancelamento == "Leitura errada: lido 1150"
    assert comandar(*args) == 2


def test_comando_refaturar_mostra_e_so_depois_faz(emitida, capsys):
    numero = Leitura.objects.first().medidor.numero_medidor
    args = ("refaturar", str(emitida.pk), "--leitura", f"{numero}=1120")
    assert comandar(*args, "--dry-run") == 0
    saida = capsys.readouterr().out
    for trecho in ("150,000", "120,000", "R$ 159,73", "R$ 129,52", "−R$ 30,21"):
        assert trecho in saida, trecho
    assert Fatura.objects.count() == 1

    assert comandar("refaturar", "1-1", "--leitura", "OUTRO=1") == 2
    assert comandar("refaturar", "1-1", "--motivo", "NADA") == 2
    assert comandar(*args) == 0
    assert "foi emitida no lugar da fatura 1-1" in capsys.readouterr().err
    assert Fatura.objects.get(situacao="EMITIDA").consumo_kwh == 120
    assert comandar(*args) == 2
    assert comandar("verificar_faturas") == 0
    for ruim in (f"{numero}=abc", "=1", f"{numero}=NaN"):
        with pytest.raises(CommandError, match="Use MEDIDOR=VALOR"):
            call_command("refaturar", "1-1", "--leitura", ruim)
