"""What holds for every page of the admin, with no list to keep."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin as TemaAdmin

from auditoria.models import EventoAuditoria
from clientes.models import Cliente
from comum.vocabulario import Classe
from faturamento.models import (
    AlertaDeGrupo,
    AlertaDeRascunho,
    CompetenciaFechada,
    ExecucaoFaturamento,
    Fatura,
    LimiteConferencia,
    LimiteDoGrupo,
    LoteFaturamento,
    MotivoCancelamento,
    PedidoDeAprovacao,
    Pendencia,
    SequenciaFatura,
    TentativaLote,
)
from faturamento.servicos import painel
from faturamento.servicos.aprovacoes import retratar
from integracao.models import Assinatura, Aviso, HostPermitido
from medidores.models import (
    ImportacaoLeituras,
    LimiteCritica,
    Medidor,
    OcorrenciaLeitura,
    OcorrenciaRegistrada,
)
from tests.factories import (
    AliquotaFactory,
    BandeiraFactory,
    ClienteFactory,
    DistribuidoraFactory,
    FaixaCipFactory,
    FaturaFactory,
    LancamentoFactory,
    LeituraFactory,
    MedidorFactory,
    PagamentoFactory,
    TarifaFactory,
    UnidadeFactory,
)

pytestmark = pytest.mark.django_db

AGORA = datetime(2026, 1, 10, 12, tzinfo=UTC)
NOSSOS_APPS = {"auditoria", "clientes", "integracao", "medidores", "faturamento"}
PAGINAS = sorted(admin.site._registry.values(), key=lambda a: a.model._meta.label)
NOSSAS_PAGINAS = [a for a in PAGINAS if a.model._meta.app_label in NOSSOS_APPS]
ACOES = [
    "emitir",
    "descartar",
    "cancelar",
    "registrar_pagamento",
    "estornar",
    "desfazer",
    "liberar",
    "refaturar",
    "aprovar",
    "recusar",
]
MESES = [date(2014 + n // 12, n % 12 + 1, 1) for n in range(100)]


def povoar(posicoes: range) -> None:
    """A row of every model for each position; whatever can, hangs on the first of its parents."""
    usuario = User.objects.get(username="admin")
    cliente: Any = Cliente.objects.order_by("pk").first() or ClienteFactory()
    medidor: Any = cliente.medidores.order_by("pk").first() or MedidorFactory(cliente=cliente)
    avulsas: Any = Fatura.objects.filter(origem="AVULSA")
    avulsa = avulsas.order_by("pk").first() or FaturaFactory()
    for posicao in posicoes:
        ExecucaoFaturamento.objects.create(
            mes_referencia=date(2026, 1, 1),
            grupo_leitura=f"G{posicao}",
            ate=date(2026, 1, 31),
            iniciada_em=AGORA,
            solicitada_por=usuario,
        )
        execucao = ExecucaoFaturamento.objects.order_by("pk")[0]
        CompetenciaFechada.objects.create(
            mes_referencia=MESES[posicao], fechada_em=AGORA, fechada_por=usuario
        )
        povoar_tabelas(posicao)
        importacao = ImportacaoLeituras.objects.create(
            arquivo_nome=f"{posicao}.csv", importada_em=AGORA, importada_por=usuario
        )
        outro = MedidorFactory(cliente=cliente)
        MedidorFactory(unidade=medidor.unidade, data_retirada=date(2025, 1, 2))
        for qual in (outro, medidor):
            LeituraFactory(
                medidor=qual,
                data_leitura=AGORA + timedelta(hours=posicao),
                leitura_kwh=Decimal(1000 + posicao),
                importacao=importacao,
            )
        povoar_critica(posicao, cliente)
        povoar_integracao(posicao, usuario)
        Pendencia.objects.create(
            execucao=execucao,
            unidade=outro.unidade,
            codigo=f"C{posicao}",
            mensagem="falta leitura",
            registrada_em=AGORA,
        )
        LoteFaturamento.objects.create(
            execucao=execucao, ordem=posicao, unidade_de=1, unidade_ate=2
        )
        lote = LoteFaturamento.objects.order_by("pk")[0]
        TentativaLote.objects.create(lote=lote, processo="m:1", iniciada_em=AGORA)
        FaturaFactory(
            cliente=cliente,
            unidade=medidor.unidade,
            ciclo=True,
            execucao=execucao,
            mes_referencia=MESES[posicao],
        )
        PagamentoFactory(fatura=avulsa, registrado_por=usuario)
        LancamentoFactory(unidade=medidor.unidade, cliente=cliente, registrado_por=usuario)
        espera = {"codigo": f"C{posicao}", "mensagem": "confira", "registrado_em": AGORA}
        rascunho = Fatura.objects.em_rascunho().order_by("pk")[0]
        AlertaDeRascunho.objects.create(fatura=rascunho, **espera)
        AlertaDeGrupo.objects.create(execucao=execucao, grupo_leitura=f"{posicao}", **espera)
        for com_historico in (cliente, medidor, medidor.unidade, avulsa):
            com_historico.save()
        medidor.leituras.order_by("pk")[0].save()
    for do_cadastro in (MotivoCancelamento, LimiteConferencia, LimiteDoGrupo):
        do_cadastro.objects.order_by("pk")[0].save()


def povoar_critica(posicao: int, cliente: Cliente) -> None:
    """A held reading more at one meter, and what is found there."""
    com_retida: Any = Medidor.objects.filter(leituras__situacao="RETIDA")
    medidor = com_retida.order_by("pk").first() or MedidorFactory(cliente=cliente)
    LeituraFactory(
        medidor=medidor,
        data_leitura=AGORA + timedelta(days=posicao, minutes=30),
        leitura_kwh=Decimal(5000 + posicao),
        situacao="RETIDA",
        ocorrencia="CONSUMO_ALTO",
        explicacao="5.000 kWh em 5 dias.",
    )
    OcorrenciaLeitura.objects.order_by("pk")[0].save()
    ocorrencia = OcorrenciaLeitura.objects.create(codigo=f"X{posicao}", descricao="portão fechado")
    OcorrenciaRegistrada.objects.create(
        medidor=medidor,
        ocorrencia=ocorrencia,
        data=AGORA.date(),
        registrada_por=User.objects.get(username="admin"),
    )
    if posicao < len(Classe):
        limite, _ = LimiteCritica.objects.get_or_create(classe=list(Classe)[posicao])
        limite.save()


def povoar_integracao(posicao: int, usuario: User) -> None:
    """A host, a subscription, one notice more of the first of them, and an event of the trail."""
    HostPermitido.objects.create(host=f"h{posicao}.exemplo.com.br")
    Assinatura.objects.create(nome=f"Sistema {posicao}", url="https://h0.exemplo.com.br/")
    Aviso.objects.create(
        assinatura=Assinatura.objects.order_by("pk")[0],
        evento=Assinatura.Evento.FATURA_EMITIDA,
        objeto_id=posicao + 1,
        dados={},
        criado_em=AGORA,
        proxima_em=AGORA,
        pedido_por=usuario,
    )
    for com_historico in (HostPermitido, Assinatura):
        com_historico.objects.order_by("pk")[0].save()
    EventoAuditoria.objects.create(
        instante=AGORA,
        usuario=usuario,
        origem="ADMIN",
        acao="FATURA_EMITIDA",
        modelo="faturamento.Fatura",
        objeto_id=posicao + 1,
        resumo="emitida",
    )


def povoar_tabelas(posicao: int) -> None:
    distribuidora = DistribuidoraFactory(
        nome=f"Distribuidora {posicao}", cnpj=f"{posicao:014d}", serie=f"S{posicao}"
    )
    vigencia = {"vigente_de": MESES[posicao], "vigente_ate": MESES[posicao + 1]}
    for fabrica in (TarifaFactory, FaixaCipFactory, AliquotaFactory):
        fabrica(distribuidora=distribuidora, **vigencia)
    bandeira = BandeiraFactory(**vigencia)
    PedidoDeAprovacao.objects.create(
        tipo="EXCLUSAO",
        modelo="bandeira",
        objeto_id=bandeira.pk,
        resumo="Excluir bandeira",
        linhas=[{"id": bandeira.pk, "antes": retratar(bandeira), "depois": None}],
        pedido_por=User.objects.get(username="admin"),
        pedido_em=AGORA,
    )
    SequenciaFatura.objects.create(serie=f"X{posicao}")
    Group.objects.create(name=f"grupo {posicao}")
    User.objects.create(username=f"pessoa {posicao}")
    ClienteFactory()


def endereco(pagina: ModelAdmin, nome: str, *args: object) -> str:
    opcoes = pagina.model._meta
    return reverse(f"admin:{opcoes.app_label}_{opcoes.model_name}_{nome}", args=args)


def consultas(cliente, caminho: str) -> int:
    with CaptureQueriesContext(connection) as capturadas:
        resposta = cliente.get(caminho)
    assert resposta.status_code == 200, caminho
    return len(capturadas)


def mais_velho(pagina: ModelAdmin) -> int:
    objetos = pagina.model.objects.order_by("pk")
    if pagina.model is Fatura:  # the one that the payments hang on
        objetos = objetos.filter(origem="AVULSA")
    return objetos[0].pk


@pytest.mark.parametrize("pagina", PAGINAS, ids=lambda a: a.model._meta.label)
def test_toda_pagina_abre(admin_client, pagina):
    povoar(range(2))
    assert admin_client.get(endereco(pagina, "changelist")).status_code == 200
    incluir = admin_client.get(endereco(pagina, "add"))
    assert incluir.status_code in (200, 403)
    if (um := pagina.model.objects.order_by("pk").first()) is None:
        return
    assert admin_client.get(endereco(pagina, "change", um.pk)).status_code == 200
    assert admin_client.get(endereco(pagina, "history", um.pk)).status_code == 200
    if isinstance(pagina, SimpleHistoryAdmin):
        versao = pagina.model.history.filter(id=um.pk).first()
        resposta = admin_client.get(endereco(pagina, "simple_history", um.pk, versao.pk))
        assert resposta.status_code == 200
        assert admin_client.post(resposta.request["PATH_INFO"]).status_code == 403


@pytest.mark.parametrize("pagina", NOSSAS_PAGINAS, ids=lambda a: a.model._meta.label)
def test_numero_de_consultas_nao_cresce_com_as_linhas(admin_client, pagina):
    def medir() -> list[int]:
        pk = mais_velho(pagina)
        caminhos = [
            endereco(pagina, "changelist"),
            endereco(pagina, "change", pk),
            endereco(pagina, "history", pk),
        ]
        return [consultas(admin_client, caminho) for caminho in caminhos]

    povoar(range(1))
    medir()  # fills the cache of content types
    com_uma = medir()
    povoar(range(1, 10))
    assert medir() == com_uma


def test_o_painel_tem_um_numero_fixo_de_consultas(admin_client, monkeypatch):
    for idade in ("IDADE_DO_MES_ATUAL", "IDADE_DOS_OUTROS"):  # however slow this machine
        monkeypatch.setattr(painel, idade, timedelta(days=1))
    povoar(range(1))
    caminho = reverse("admin:index")
    consultas(admin_client, caminho)
    com_uma = consultas(admin_client, caminho)
    povoar(range(1, 10))
    assert consultas(admin_client, caminho) == com_uma <= 20


@pytest.mark.parametrize("pagina", NOSSAS_PAGINAS, ids=lambda a: a.model._meta.label)
def test_pagina_nao_tem_atributo_desconhecido(pagina):
    """Django would accept a `date_heirarchy` in silence."""
    proprios = {
        nome
        for classe in type(pagina).__mro__
        if classe.__module__.split(".")[0] in {*NOSSOS_APPS, "energia_project", "comum"}
        for nome, valor in vars(classe).items()
        if not nome.startswith("_") and not callable(valor) and not isinstance(valor, staticmethod)
    }
    nossos = {
        "empty_value_display",
        "ACOES_DA_SITUACAO",
        "exclui_em_lote",
        "vigencia_fieldset",
        "somente_exibidos",
    }
    conhecidos = {*dir(TemaAdmin), *dir(SimpleHistoryAdmin)}
    assert proprios - nossos - {"media"} <= conhecidos


@pytest.mark.parametrize("pagina", NOSSAS_PAGINAS, ids=lambda a: a.model._meta.label)
def test_lista_e_curta_e_nao_conta_tudo(pagina):
    assert 25 <= pagina.list_per_page <= 50
    assert pagina.show_full_result_count is False
    assert pagina.date_hierarchy is None


FORJADOS = [
    "id=abc",
    "id=99999999999999999999999",
    "id__in=1,99999999999999999999999",
    "q=%00",
    "q=" + "a+" * 500,
    "q=" + "%25" * 200_000,
    "nao_existe=1",
    "p=abc",
    "p=999999",
    "o=abc",
    "o=1.-2.9999",
    "e=1&id=abc",
    "_facets=1",
    "cliente=%00",
    "data_leitura_from=abc&data_leitura_to=31/02/2026",
    "data_leitura_from=01/01/0001&data_leitura_to=31/12/9999",
    "mes=abc",
    "mes=9999-99",
    "ativo=talvez&vencidas=talvez",
]


@pytest.mark.parametrize("consulta", FORJADOS, ids=lambda c: c[:30])
@pytest.mark.parametrize(
    "rota",
    [
        "clientes_cliente",
        "medidores_leitura",
        "medidores_leituraemcritica",
        "medidores_medidor",
        "faturamento_fatura",
    ],
)
def test_filtro_forjado_nao_e_500(admin_client, rota, consulta):
    resposta = admin_client.get(reverse(f"admin:{rota}_changelist") + f"?{consulta}")
    assert resposta.status_code in (200, 302, 400)


@pytest.mark.parametrize("pk", ["abc", "0", "-1", "9" * 30, "%00", "_5F"])
@pytest.mark.parametrize("pagina", PAGINAS, ids=lambda a: a.model._meta.label)
def test_numero_forjado_no_endereco_nao_e_500(admin_client, pagina, pk):
    lista = endereco(pagina, "changelist")
    for resto in (f"{pk}/change/", f"{pk}/delete/", f"{pk}/history/", f"{pk}/history/{pk}/"):
        assert admin_client.get(lista + resto).status_code in (302, 403, 404), resto
    de_medidores = ("trocar", "mudar_titular", "retirar", "trocar_medidor", "retirar_medidor")
    for acao in (*ACOES, *de_medidores):
        assert admin_client.get(f"{lista}{pk}/{acao}/").status_code in (302, 404), acao


def test_selecao_forjada_nao_e_500(admin_client):
    caminho = reverse("admin:clientes_cliente_changelist")
    for pk in ("abc", "9" * 30, "\x00"):
        dados = {"action": "delete_selected", "_selected_action": pk, "post": "yes"}
        resposta = admin_client.post(caminho, dados, follow=True)
        assert resposta.status_code == 200
        assert "registro que não existe" in resposta.text


@pytest.mark.parametrize("dado", ["abc", "9" * 30, "", "-1"])
def test_iniciais_forjados_nao_sao_500(admin_client, dado):
    consulta = f"?medidor={dado}&data_leitura={dado}&leitura_kwh={dado}&cliente={dado}"
    for rota in ("medidores_leitura", "medidores_medidor", "faturamento_fatura"):
        assert admin_client.get(reverse(f"admin:{rota}_add") + consulta).status_code == 200


def test_busca_e_limitada_e_entende_acentos(admin_client):
    for nome in ["José da Conceição"] * 10:
        ClienteFactory(nome=nome)
    UnidadeFactory(codigo="UC-BUSCA")
    caminho = reverse("admin:search")
    resposta = admin_client.get(caminho, {"s": "conceicao JOSE", "extended": "1"})
    assert resposta.text.count("José da Conceição") == 6 * 2  # the text and its data-title
    assert "UC-BUSCA" in admin_client.get(caminho, {"s": "uc-busca", "extended": "1"}).text
    assert "Faturas" in admin_client.get(caminho, {"s": "fatura"}).text
    for termo in ("\x00", "%", "a" * 100_000, ""):
        assert admin_client.get(caminho, {"s": termo, "page": "abc"}).status_code == 200


def test_autocomplete_diz_quem_e_quem_e_aguenta_lixo(admin_client):
    ClienteFactory(nome="Maria", documento="52998224725", endereco="Rua 1")
    caminho = reverse("admin:autocomplete")
    campo = {"app_label": "medidores", "model_name": "medidor", "field_name": "cliente"}
    [achado] = admin_client.get(caminho, {**campo, "term": "529.982"}).json()["results"]
    assert achado["text"] == "Maria · 529.982.247-25 · Rua 1"
    assert admin_client.get(caminho, {**campo, "term": "\x00"}).json()["results"] == []
    assert admin_client.get(caminho, {**campo, "page": "abc"}).status_code == 404


def test_paginas_nao_tem_ingles(admin_client):
    povoar(range(1))
    ingles = [
        "Select ",
        "Save",
        "Delete",
        "Add ",
        "Search",
        ">None<",
        "History",
        "Filter<",
        "(&#x27;",
    ]
    for pagina in PAGINAS:
        caminhos = [endereco(pagina, "changelist")]
        if (um := pagina.model.objects.order_by("pk").first()) is not None:
            caminhos += [endereco(pagina, "change", um.pk), endereco(pagina, "history", um.pk)]
        for caminho in caminhos:
            texto = admin_client.get(caminho).text
            visivel = texto[texto.index("<body") :]
            assert [palavra for palavra in ingles if palavra in visivel] == [], caminho


def test_pagina_de_erro_e_nossa(client, admin_client, settings):
    settings.DEBUG = False
    assert "Esta página não existe" in admin_client.get("/admin/nada/").text
    pessoa = User.objects.create_user("pessoa", password="x", is_staff=True)
    client.force_login(pessoa)
    resposta = client.get(reverse("admin:clientes_cliente_changelist"))
    assert resposta.status_code == 403
    assert "não tem permissão" in resposta.text
