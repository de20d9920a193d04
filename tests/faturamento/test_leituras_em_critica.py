"""The work-list of held readings: its pages, its buttons, and the bill that comes of each."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comum.django_base.exibicao import brl, kwh
from faturamento.calculo.caso import ler_caso
from faturamento.calculo.documento import caso_para_json
from faturamento.models import Fatura, Pendencia
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.previsao import Previsao, prever_decisoes
from faturamento.servicos.verificacao import verificar_fatura
from medidores.models import DecisaoLeitura, Leitura, Medidor, OcorrenciaLeitura, UnidadeConsumidora
from medidores.servicos.decisoes import decidir_leitura, examinar
from medidores.servicos.leituras import LeituraInformada, registrar_leitura
from tests.factories import (
    LeituraFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)
from tests.paginas import entrar_como

pytestmark = pytest.mark.django_db

LISTA = "admin:medidores_leituraemcritica_changelist"
JANEIRO = date(2026, 1, 1)
# 150, 150 and 100 kWh before: 400 in 91 days, and 31 days more are 136.264 kWh.
HISTORICO = ("99550", "99700", "99850", "99950")


def retida(valor: str = "150") -> Leitura:
    """A reading of January that shows less than December's; by hand, held whatever it is."""
    medidor = criar_unidade_com_leituras((*HISTORICO, valor))
    leitura = medidor.leituras.latest("data_leitura")
    leitura.situacao, leitura.ocorrencia = "RETIDA", "LEITURA_REGRESSIVA"
    leitura.explicacao = "O mostrador iria de 99.950 a 150."
    leitura.save()
    return leitura


def pagina(leitura: Leitura) -> str:
    return reverse("admin:medidores_leituraemcritica_change", args=[leitura.pk])


def faturar_janeiro(agora: datetime) -> None:
    faturar(
        definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora), emitir=True, agora=agora
    )


def previsao_de(leitura: Leitura, decisao: str, agora: datetime, valor: str | None) -> Previsao:
    valor_kwh = None if valor is None else Decimal(valor)
    previsoes = prever_decisoes(examinar(leitura), valor_kwh=valor_kwh, agora=agora)
    [previsao] = [p for p in previsoes if p.decisao == decisao]
    return previsao


@pytest.mark.parametrize("ja_faturada", [False, True], ids=["primeira fatura", "com histórico"])
@pytest.mark.parametrize(
    ("decisao", "valor_da_leitura", "corrigido", "consumo"),
    [
        ("ACEITAR", "103000", None, "3050"),
        ("ACEITAR", "40", None, "90"),
        ("VIRADA", "600", None, "650"),
        ("CORRIGIR", "600", "99999.500", "49.5"),
        ("CORRIGIR", "600", "20", "70"),
        ("MEDIA", "600", None, "136.264"),
    ],
)
def test_a_decisao_fatura_o_que_a_previsao_mostrou(
    agora, ja_faturada, decisao, valor_da_leitura, corrigido, consumo
):
    criar_parametros()
    leitura = retida(valor_da_leitura)
    if valor_da_leitura == "103000":
        Medidor.objects.update(digitos=6)
    if ja_faturada:
        escopo = definir_escopo(date(2025, 12, 1), ate=None, grupo_leitura="", agora=agora)
        faturar(escopo, emitir=True, agora=agora)
        Leitura.objects.filter(pk=leitura.pk).update(registrada_em=agora)
    leitura = Leitura.objects.get(pk=leitura.pk)
    antes = list(Leitura.objects.order_by("pk").values())

    previsao = previsao_de(leitura, decisao, agora, corrigido)
    assert (previsao.impedimento, previsao.pendencia) == ("", "")
    assert previsao.consumo_kwh == Decimal(consumo)
    assert list(Leitura.objects.order_by("pk").values()) == antes, "prever não grava"

    decidir_leitura(
        leitura_id=leitura.pk,
        decisao=decisao,
        motivo="Conferida.",
        valor_kwh=None if corrigido is None else Decimal(corrigido),
        usuario_id=None,
        agora=agora,
    )
    faturar_janeiro(agora)

    fatura = Fatura.objects.get(mes_referencia=JANEIRO)
    assert (fatura.consumo_kwh, fatura.valor) == (previsao.consumo_kwh, previsao.valor)
    assert not list(verificar_fatura(fatura))


def test_virada_confirmada_no_meio_do_mes_tambem_se_fatura(agora):
    criar_parametros()
    leitura = retida("600")
    decidir_leitura(
        leitura_id=leitura.pk, decisao="VIRADA", motivo="Vista.", usuario_id=None, agora=agora
    )
    LeituraFactory(
        medidor=leitura.medidor,
        data_leitura=datetime(2026, 1, 28, 12, tzinfo=UTC),
        leitura_kwh=Decimal(700),
    )
    faturar_janeiro(agora)
    fatura = Fatura.objects.get()
    assert fatura.consumo_kwh == 750
    assert fatura.demonstrativo["entrada"]["registros"][0]["virada_confirmada"] is True


def test_controle_sem_a_confirmacao_a_mesma_virada_e_pendencia(agora):
    criar_parametros()
    leitura = retida("600")
    Leitura.objects.filter(pk=leitura.pk).update(situacao="VALIDA", ocorrencia="VIRADA_PROVAVEL")
    faturar_janeiro(agora)
    assert Pendencia.objects.get().codigo == "CONSUMO_INCONSISTENTE"
    assert not Fatura.objects.exists()


def test_demonstrativo_sem_virada_confirmada_e_o_de_antes(agora):
    criar_parametros()
    criar_unidade_com_leituras()
    faturar_janeiro(agora)
    caso = Fatura.objects.get().demonstrativo["entrada"]
    assert "virada_confirmada" not in caso["registros"][0]
    caso["registros"][0]["virada_confirmada"] = True
    assert caso_para_json(ler_caso(caso))["registros"] == caso["registros"]


def test_onde_nao_ha_fatura_a_previsao_diz_a_pendencia(agora):
    leitura = retida("600")  # no tariff at all
    assert "distribuidora" in previsao_de(leitura, "VIRADA", agora, None).pendencia
    criar_parametros()
    rejeitada = previsao_de(leitura, "REJEITAR", agora, None)
    assert "não tem leitura ativa total válida" in rejeitada.pendencia
    aceita = previsao_de(leitura, "ACEITAR", agora, None)
    assert "uma virada não é plausível" in aceita.impedimento


def test_mes_ja_emitido_a_previsao_manda_cancelar(agora):
    criar_parametros()
    leitura = retida("600")
    LeituraFactory(
        medidor=leitura.medidor,
        data_leitura=datetime(2026, 1, 3, 12, tzinfo=UTC),
        leitura_kwh=Decimal(99960),
    )
    faturar_janeiro(agora)
    assert "cancelada e refaturada" in previsao_de(leitura, "VIRADA", agora, None).pendencia


def test_a_lista_diz_por_que_e_a_pagina_mostra_o_que_cada_decisao_fatura(admin_client, agora):
    criar_parametros()
    leitura = retida("600")
    texto = admin_client.get(reverse(LISTA)).text
    assert "leitura menor que a anterior" in texto
    assert "LEITURA_REGRESSIVA" not in texto[texto.index("result_list") : texto.index("</table>")]
    assert leitura.explicacao in texto

    texto = admin_client.get(pagina(leitura)).text
    virada = previsao_de(leitura, "VIRADA", agora, None)
    assert kwh(virada.consumo_kwh) in texto
    assert brl(virada.valor) in texto
    assert texto.count("<rect") == 3, "três meses conhecidos"
    assert "Ver em tabela" in texto
    assert "style=" not in texto[texto.index("<svg viewBox") : texto.index("</svg>")]


def test_filtros_e_busca(admin_client, agora):
    leitura = retida()
    UnidadeConsumidora.objects.update(grupo_leitura="07")
    numero = leitura.medidor.numero_medidor
    for consulta, aparece in [
        ("codigo=LEITURA_REGRESSIVA", True),
        ("codigo=CONSUMO_ALTO", False),
        ("medidor__unidade__grupo_leitura__icontains=07", True),
        ("medidor__unidade__grupo_leitura__icontains=ZZ", False),
        ("data_leitura_from=01/01/2026&data_leitura_to=05/01/2026", True),
        ("data_leitura_from=06/01/2026", False),
        (f"q={numero}", True),
        ("q=nada-disso", False),
    ]:
        resposta = admin_client.get(f"{reverse(LISTA)}?{consulta}")
        assert (leitura in resposta.context["cl"].result_list) is aparece, consulta


def test_um_clique_decide_com_motivo(admin_client, admin_user, agora):
    leitura = retida("600")
    dados = {"decisao": "VIRADA", "motivo": "Foto do medidor mostra a virada."}
    resposta = admin_client.post(pagina(leitura), dados, follow=True)
    assert resposta.redirect_chain[-1][0] == reverse(LISTA)
    assert "aceita como virada do mostrador" in resposta.text
    decidida = DecisaoLeitura.objects.get()
    assert (decidida.decidida_por, decidida.motivo) == (admin_user, dados["motivo"])
    leitura.refresh_from_db()
    assert leitura.situacao == "VALIDA"
    assert leitura.history.first().history_user == admin_user


def test_recalcular_mostra_o_valor_e_nao_grava(admin_client, agora):
    criar_parametros()
    leitura = retida("600")
    dados = {"decisao": "CORRIGIR", "valor_kwh": "99.999,5", "motivo": "x", "recalcular": "1"}
    resposta = admin_client.post(pagina(leitura), dados)
    assert kwh(Decimal("49.5")) in resposta.text
    assert 'value="99.999,5"' in resposta.text
    assert not DecisaoLeitura.objects.exists()


@pytest.mark.parametrize(
    ("dados", "frase"),
    [
        ({"decisao": "ACEITAR", "motivo": "x"}, "uma virada não é plausível"),
        ({"decisao": "VIRADA", "motivo": " "}, "obrigatório"),
        ({"decisao": "VIRADA", "motivo": "a\x00b"}, "caractere nulo"),
        ({"decisao": "CORRIGIR", "motivo": "x", "valor_kwh": ""}, "Informe o valor corrigido"),
        ({"decisao": "CORRIGIR", "motivo": "x", "valor_kwh": "abc"}, "Informe um número"),
        ({"decisao": "CORRIGIR", "motivo": "x", "valor_kwh": "-5"}, "não pode ser negativa"),
        ({"decisao": "CORRIGIR", "motivo": "x", "valor_kwh": "500000"}, "não cabe no mostrador"),
    ],
)
def test_o_que_e_recusado_volta_com_a_frase_e_o_que_foi_digitado(admin_client, agora, dados, frase):
    leitura = retida("600")
    resposta = admin_client.post(pagina(leitura), dados)
    assert resposta.status_code == 200
    assert frase in resposta.text
    leitura.refresh_from_db()
    assert leitura.situacao == "RETIDA"


def test_salto_de_casa_vem_com_a_sugestao(admin_client, agora):
    medidor = criar_unidade_com_leituras(("1000", "1150", "1300", "1450"))
    registrada = registrar_leitura(
        LeituraInformada(
            medidor_id=medidor.pk,
            registrador="ATIVA_TOTAL",
            data_leitura=datetime(2026, 2, 5, 12, tzinfo=UTC),
            leitura_kwh=Decimal(16550),
            origem="CAMPO",
        ),
        agora=agora,
    )
    assert registrada.leitura.ocorrencia == "SALTO_DE_CASA"
    assert 'value="1.650,000"' in admin_client.get(pagina(registrada.leitura)).text


def test_decidida_por_outra_pessoa_vira_frase_e_nada_se_perde(admin_client, agora):
    leitura = retida("600")
    decidir_leitura(
        leitura_id=leitura.pk, decisao="REJEITAR", motivo="Errada.", usuario_id=None, agora=agora
    )
    for resposta in (
        admin_client.get(pagina(leitura), follow=True),
        admin_client.post(pagina(leitura), {"decisao": "VIRADA", "motivo": "x"}, follow=True),
    ):
        assert "já foi decidida" in resposta.text
        assert "rejeitada (Errada.)" in resposta.text
    leitura.refresh_from_db()
    assert leitura.situacao == "REJEITADA"
    assert DecisaoLeitura.objects.count() == 1


def test_sem_permissao_ve_e_nao_decide(client, agora):
    leitura = retida("600")
    entrar_como(client, "medidores.view_leitura")
    texto = client.get(pagina(leitura)).text
    assert "en-decidir-" not in texto
    assert client.post(pagina(leitura), {"decisao": "VIRADA", "motivo": "x"}).status_code == 403
    assert "decidir_aceitar" not in client.get(reverse(LISTA)).text
    lote(client, "decidir_virada", [leitura.pk], motivo="x")
    leitura.refresh_from_db()
    assert leitura.situacao == "RETIDA"


def test_sem_permissao_de_ver_nao_ha_menu_nem_pagina(client, agora):
    leitura = retida()
    entrar_como(client, "clientes.view_cliente")
    assert "Leituras em crítica" not in client.get(reverse("admin:index")).text
    assert client.get(reverse(LISTA)).status_code == 403
    assert client.get(pagina(leitura)).status_code in (302, 403)


def lote(client, acao: str, ids: list[int], **mais: Any) -> Any:
    dados = {"action": acao, "_selected_action": ids, **mais}
    return client.post(reverse(LISTA), dados, follow=True)


def test_em_lote_pergunta_mostra_e_decide(admin_client, agora):
    leituras = [retida("600") for _ in range(12)]
    ids = [leitura.pk for leitura in leituras]
    pergunta = lote(admin_client, "decidir_virada", ids)
    assert "12 leituras" in pergunta.text
    assert "As 10 primeiras, e mais 2" in pergunta.text
    assert not DecisaoLeitura.objects.exists(), "a primeira página só pergunta"

    resposta = lote(admin_client, "decidir_virada", ids, motivo="Vistas no medidor.")
    assert "12 leituras decididas" in resposta.text
    assert DecisaoLeitura.objects.filter(motivo="Vistas no medidor.").count() == 12


def test_em_lote_as_recusadas_sao_nomeadas(admin_client, agora):
    virada, outra = retida("600"), retida("700")
    decidir_leitura(
        leitura_id=outra.pk, decisao="REJEITAR", motivo="Errada.", usuario_id=None, agora=agora
    )
    resposta = lote(admin_client, "decidir_virada", [virada.pk, outra.pk], motivo="Vistas.")
    assert "1 leitura decidida" in resposta.text
    assert "A leitura já foi decidida" in resposta.text
    assert outra.medidor.numero_medidor in resposta.text
    resposta = lote(admin_client, "decidir_aceitar", [virada.pk], motivo="Vistas.")
    assert "A leitura já foi decidida" in resposta.text


def test_em_lote_quinhentas_de_uma_vez_e_nao_mais(admin_client, agora):
    medidor = MedidorFactory()
    Leitura.objects.bulk_create(
        Leitura(
            medidor=medidor,
            data_leitura=datetime(2026, 1, 1, n // 60, n % 60, tzinfo=UTC),
            leitura_kwh=Decimal(1000),
            valor_informado=Decimal(1000),
            situacao="RETIDA",
            ocorrencia="CONSUMO_ALTO",
        )
        for n in range(501)
    )
    todas = {"index": "0", "select_across": "1"}
    um = Leitura.objects.order_by("pk")[0].pk
    assert "passa de 500" in lote(admin_client, "decidir_rejeitar", [um], **todas).text
    Leitura.objects.filter(pk=um).delete()
    outra = Leitura.objects.order_by("pk")[0].pk
    pergunta = lote(admin_client, "decidir_rejeitar", [outra], **todas)
    ids = pergunta.context["ids"]
    assert len(ids) == 500
    lote(admin_client, "decidir_rejeitar", ids, motivo="Arquivo errado.")
    assert DecisaoLeitura.objects.count() == 500


@pytest.mark.parametrize("qual", ["lista", "página"])
def test_consultas_nao_crescem_com_as_retidas(admin_client, agora, qual):
    criar_parametros()

    def medir() -> int:
        primeira = Leitura.objects.retidas().order_by("pk")[0]
        caminho = reverse(LISTA) if qual == "lista" else pagina(primeira)
        with CaptureQueriesContext(connection) as consultas:
            assert admin_client.get(caminho).status_code == 200
        return len(consultas)

    leitura = retida("600")
    medir()
    com_uma = medir()
    for n in range(1, 10):
        retida("600")
        LeituraFactory(
            medidor=leitura.medidor,
            data_leitura=datetime(2026, 1, 5, 12, n, tzinfo=UTC),
            leitura_kwh=Decimal(600 + n),
            situacao="RETIDA",
        )
    assert medir() == com_uma


def test_o_menu_conta_as_retidas(admin_client, agora):
    inicio = reverse("admin:index")

    def cartao() -> Any:
        secoes = admin_client.get(inicio).context["secoes"]
        [achado] = [c for s in secoes for c in s.cartoes if c.titulo == "Leituras em crítica"]
        return achado

    assert cartao().detalhe == "nada a decidir"
    retida()
    assert cartao().endereco == reverse(LISTA)
    assert cartao().valor == "1"


def test_o_indice_parcial_serve_a_contagem(admin_client, agora):
    medidor = retida().medidor
    comuns = (
        Leitura(
            medidor=medidor,
            data_leitura=agora - timedelta(hours=n, seconds=1),
            leitura_kwh=1,
            valor_informado=1,
        )
        for n in range(3000)
    )
    Leitura.objects.bulk_create(comuns)  # enough for the planner to mind
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE medidores_leitura")
    with CaptureQueriesContext(connection) as consultas:
        admin_client.get(reverse("admin:index"))
    contagens = [c["sql"] for c in consultas if "RETIDA" in c["sql"]]
    assert contagens
    with connection.cursor() as cursor:
        for sql in contagens:
            explicar = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
            cursor.execute(f"{explicar} {sql}")
            assert "leitura_retida_data" in str(cursor.fetchall())


def ocorrencia_que_retem() -> OcorrenciaLeitura:
    return OcorrenciaLeitura.objects.create(
        codigo="VIDRO", descricao="vidro quebrado", com_leitura="RETER"
    )


def test_pagina_mostra_as_ocorrencias_do_medidor(admin_client, agora):
    leitura = retida()
    leitura.medidor.ocorrencias.create(ocorrencia=ocorrencia_que_retem(), data=date(2026, 1, 5))
    assert "vidro quebrado" in admin_client.get(pagina(leitura)).text
