"""What every list does: pages with an end, one search box, chosen columns, files, bulk actions."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.core.signals import request_finished
from django.db import OperationalError, close_old_connections, connection
from django.db.models.signals import post_migrate
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from auditoria.models import EventoAuditoria
from clientes.models import Cliente
from comum.django_base import exportar, paginas
from comum.django_base.exportacao import neutralizar
from comum.django_base.indices import FALTA_A_EXTENSAO, instalar
from energia_project.indices import INDICES, instalar_depois_de_migrar
from medidores.models import Leitura
from tests.factories import (
    ClienteFactory,
    DistribuidoraFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
)
from tests.paginas import agir_em_lote, entrar_como, enviar, ler_formulario

pytestmark = pytest.mark.django_db

CLIENTES = "/admin/clientes/cliente/"
FATURAS = "/admin/faturamento/fatura/"
LEITURAS = "/admin/medidores/leitura/"
DOCUMENTO = "52998224725"
MASCARADO = "***.982.247-**"
NOSSAS = [
    pagina
    for pagina in admin.site._registry.values()
    if pagina.model._meta.app_label in {"clientes", "medidores", "faturamento"}
]


def exportado(resposta) -> list[list[str]]:
    texto = b"".join(resposta.streaming_content).decode("utf-8")
    assert texto.startswith("\ufeff")
    return list(csv.reader(io.StringIO(texto.removeprefix("\ufeff")), delimiter=";"))


def desligar(resposta) -> None:
    """As a server closes the answer of who hung up, but for the test's own connection."""
    request_finished.disconnect(close_old_connections)
    try:
        resposta.close()
    finally:
        request_finished.connect(close_old_connections)


# --- Pages -----------------------------------------------------------------------------------


def test_nada_se_conta_nem_se_pula_alem_do_limite(admin_client, monkeypatch):
    monkeypatch.setattr(paginas, "CONTAGEM_MAXIMA", 60)
    ClienteFactory.create_batch(70)
    with CaptureQueriesContext(connection) as feitas:
        texto = admin_client.get(CLIENTES, {"p": 999}).text
    assert "mais de 60 clientes" in texto or "cerca de" in texto
    assert "busque ou filtre" in texto
    de_clientes = [c["sql"] for c in feitas if "clientes_cliente" in c["sql"]]
    contagens = [sql for sql in de_clientes if "COUNT(" in sql]
    assert contagens
    assert all("LIMIT 61" in sql for sql in contagens)
    pulos = [sql for sql in de_clientes if "OFFSET" in sql]
    assert pulos
    assert all("OFFSET 50" in sql for sql in pulos)


def test_lista_curta_diz_quantos_tem(admin_client):
    ClienteFactory.create_batch(3)
    assert "3 clientes" in admin_client.get(CLIENTES).text


@pytest.mark.parametrize("pagina", NOSSAS, ids=lambda a: a.model._meta.label)
def test_toda_lista_tem_o_paginador_limitado(pagina):
    assert pagina.paginator is paginas.PaginadorLimitado


# --- Search ----------------------------------------------------------------------------------


@pytest.fixture
def maria(db):
    medidor = MedidorFactory(
        cliente=ClienteFactory(nome="Maria Antônia", documento=DOCUMENTO),
        unidade__codigo="UC-MARIA",
        numero_medidor="M-777",
    )
    LeituraFactory(medidor=medidor)
    ClienteFactory(nome="Outra")
    LeituraFactory()
    FaturaFactory()
    return FaturaFactory(
        cliente=medidor.cliente, unidade=medidor.unidade, emitida=True, numero=4321, serie="A"
    )


@pytest.mark.parametrize("lista", [CLIENTES, FATURAS, LEITURAS, "/admin/medidores/medidor/"])
@pytest.mark.parametrize(
    "termo",
    [
        "maria antonia",
        "ANTÔNIA\u00a0MARIA",
        DOCUMENTO,
        " 529.982.247-25\u200b",
        "uc-maria",
        "m-777",
    ],
)
def test_uma_caixa_acha_por_qualquer_lado(admin_client, maria, lista, termo):
    achados = admin_client.get(lista, {"q": termo}).context["cl"].result_list
    assert len(achados) == 1
    dono = getattr(achados[0], "medidor", achados[0])
    assert "Maria" in str(getattr(dono, "cliente", dono))


@pytest.mark.parametrize("termo", ["4321", "fatura A-4321", "nº 4.321", "A-004321"])
def test_fatura_pelo_numero_como_se_le(admin_client, maria, termo):
    assert list(admin_client.get(FATURAS, {"q": termo}).context["cl"].result_list) == [maria]
    assert "Maria" in admin_client.get("/admin/search/", {"s": termo, "extended": "1"}).text


def test_busca_que_passa_dos_relacionados_diz(admin_client, monkeypatch):
    monkeypatch.setattr("comum.django_base.busca.RELACIONADOS_MAXIMOS", 1)
    for _ in range(2):
        MedidorFactory(cliente__nome="Maria")
    assert "Escreva mais" in admin_client.get("/admin/medidores/medidor/", {"q": "maria"}).text


def test_paleta_pergunta_uma_vez_pelo_nome_nas_tabelas_ligadas(admin_client, maria):
    with CaptureQueriesContext(connection) as feitas:
        texto = admin_client.get("/admin/search/", {"s": "maria antonia", "extended": "1"}).text
    assert "M-777" in texto
    dos_clientes = [c["sql"] for c in feitas if 'FROM "clientes_cliente"' in c["sql"]]
    pelo_nome = [sql for sql in dos_clientes if "maria" in sql]
    # Once for the customers themselves, once for meters, units and invoices together.
    assert len(pelo_nome) == 2


def test_numero_de_consultas_da_busca_e_da_exportacao_nao_cresce(admin_client):
    def medir() -> list[int]:
        contagens = []
        for endereco in (f"{LEITURAS}?q=maria", f"{FATURAS}?q=maria", f"{LEITURAS}exportar/csv/"):
            with CaptureQueriesContext(connection) as feitas:
                resposta = admin_client.get(endereco)
                if resposta.streaming:
                    list(resposta.streaming_content)
            contagens.append(len(feitas))
        return contagens

    def povoar(quantas: int) -> None:
        for _ in range(quantas):
            leitura = LeituraFactory(medidor__cliente__nome="Maria")
            FaturaFactory(cliente=leitura.medidor.cliente)

    povoar(1)
    medir()
    com_uma = medir()
    povoar(9)
    assert medir() == com_uma


# --- Documents -------------------------------------------------------------------------------


def test_documento_so_inteiro_para_quem_pode(client, maria):
    entrar_como(client, "clientes.view_cliente")
    for endereco in (CLIENTES, "/admin/search/?s=maria&extended=1"):
        texto = client.get(endereco).text
        assert MASCARADO in texto
        assert "529.982" not in texto
    [_, *linhas] = exportado(client.get(f"{CLIENTES}exportar/csv/", {"q": "maria"}))
    assert linhas[0][1] == MASCARADO
    # A piece of a document would let it be guessed digit by digit.
    assert not client.get(CLIENTES, {"q": "529982"}).context["cl"].result_list
    assert client.get(CLIENTES, {"q": DOCUMENTO}).context["cl"].result_list


def test_documento_inteiro_para_quem_tem_a_permissao(client, maria):
    entrar_como(client, "clientes.view_cliente", "clientes.ver_documento")
    assert "529.982.247-25" in client.get(CLIENTES).text
    assert client.get(CLIENTES, {"q": "529.982"}).context["cl"].result_list


# --- Columns ---------------------------------------------------------------------------------


def test_colunas_escolhidas_ficam_e_valem_no_arquivo(admin_client):
    ClienteFactory()
    resposta = admin_client.post(
        f"{CLIENTES}colunas/", {"coluna": ["nome", "telefone"], "voltar": "?q=a"}
    )
    assert resposta.url == f"{CLIENTES}?q=a"
    assert admin_client.get(CLIENTES).context["cl"].list_display[1:] == ["nome", "telefone"]
    assert exportado(admin_client.get(f"{CLIENTES}exportar/csv/"))[0] == ["nome", "telefone"]
    admin_client.post(f"{CLIENTES}colunas/", {"todas": "1"})
    assert len(admin_client.get(CLIENTES).context["cl"].list_display) == 6


def test_coluna_forjada_nao_mostra_nada(client):
    pessoa = entrar_como(client, "clientes.view_cliente")
    ClienteFactory(documento=DOCUMENTO)
    resposta = client.post(f"{CLIENTES}colunas/", {"coluna": ["documento", "documento_formatado"]})
    assert resposta.status_code == 302
    client.cookies[f"colunas-{pessoa.pk}"] = "nome.x.." + "y" * 500
    texto = client.get(CLIENTES).text
    assert "529.982" not in texto
    assert DOCUMENTO not in texto
    voltar = client.post(f"{CLIENTES}colunas/", {"voltar": "https://mau.example/?x=1"})
    assert voltar.url.startswith(CLIENTES)


# --- Files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("inicio", ["=", "+", "-", "@", "\t", "\r"])
def test_celula_que_parece_formula_vem_neutralizada(inicio):
    assert neutralizar(f"{inicio}1") == f"'{inicio}1"


def test_csv_tem_o_filtro_e_os_valores_da_lista(admin_client, admin_user):
    ClienteFactory(nome="=cmd|calc", email_cliente="a@example.com")
    ClienteFactory(nome="Fora")
    titulos, *linhas = exportado(admin_client.get(f"{CLIENTES}exportar/csv/", {"q": "calc"}))
    assert titulos[0] == "nome"
    assert [linha[0] for linha in linhas] == ["'=cmd|calc"]
    evento = EventoAuditoria.objects.get(acao="EXPORTACAO")
    assert (evento.acao, evento.usuario, evento.origem) == ("EXPORTACAO", admin_user, "ADMIN")
    assert evento.dados["linhas"] == 1
    assert evento.dados["filtros"] == ["q"]
    assert "calc" not in str(evento.dados) + evento.resumo


def test_xlsx_tem_numeros_e_datas_de_verdade(admin_client):
    LeituraFactory(leitura_kwh=Decimal("1234.5"), data_leitura=datetime(2026, 1, 5, 12, tzinfo=UTC))
    resposta = admin_client.get(f"{LEITURAS}exportar/xlsx/")
    arquivo = zipfile.ZipFile(io.BytesIO(b"".join(resposta.streaming_content)))
    folha = arquivo.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>1234.5" in folha
    assert "<v>46027.375</v>" in folha  # 05/01/2026 09:00 in São Paulo
    assert "<f>" not in folha


def test_arquivo_tem_o_mes_como_data_e_o_texto_sem_marcas(admin_client):
    FaturaFactory(mes_referencia=date(2026, 1, 1))
    resposta = admin_client.get(f"{FATURAS}exportar/xlsx/")
    arquivo = zipfile.ZipFile(io.BytesIO(b"".join(resposta.streaming_content)))
    assert "<v>46023</v>" in arquivo.read("xl/worksheets/sheet1.xml").decode()  # 01/01/2026
    assert 'formatCode="mm/yyyy"' in arquivo.read("xl/styles.xml").decode()
    [titulos, linha] = exportado(admin_client.get(f"{FATURAS}exportar/csv/"))
    assert linha[titulos.index("mês")] == "01/2026"

    LeituraFactory(situacao="RETIDA", ocorrencia="CONSUMO_ALTO", explicacao='5 & "muito"')
    caminho = "/admin/medidores/leituraemcritica/exportar/csv/"
    [titulos, linha] = exportado(admin_client.get(caminho))
    assert linha[titulos.index("por que foi retida")].endswith(' 5 & "muito"')


def test_cnpj_exportado_e_texto_com_a_sua_mascara(admin_client):
    """Bare, a spreadsheet takes it for a number and drops its leading zeros."""
    DistribuidoraFactory(cnpj="00000000000191")
    resposta = admin_client.get("/admin/faturamento/distribuidora/exportar/csv/")
    [titulos, linha] = exportado(resposta)
    assert linha[titulos.index("CNPJ")] == "00.000.000/0001-91"


def test_auditoria_exporta_o_instante_como_data(admin_client):
    ClienteFactory()
    exportado(admin_client.get(f"{CLIENTES}exportar/csv/"))
    resposta = admin_client.get("/admin/auditoria/eventoauditoria/exportar/xlsx/")
    arquivo = zipfile.ZipFile(io.BytesIO(b"".join(resposta.streaming_content)))
    folha = arquivo.read("xl/worksheets/sheet1.xml").decode()
    assert re.search(r'<c r="A2" s="\d+"><v>\d+\.\d+</v>', folha)


def test_planilha_grande_demais_e_uma_frase(admin_client, monkeypatch):
    monkeypatch.setattr(exportar, "LINHAS_DO_XLSX", 3)
    ClienteFactory.create_batch(2)
    cabe = admin_client.get(f"{CLIENTES}exportar/xlsx/")
    assert cabe.status_code == 200
    desligar(cabe)
    ClienteFactory()
    resposta = admin_client.get(f"{CLIENTES}exportar/xlsx/", follow=True)
    assert "exporte em CSV" in resposta.text
    assert len(exportado(admin_client.get(f"{CLIENTES}exportar/csv/"))) == 4


@pytest.fixture
def tres_linhas_por_pedaco(monkeypatch):
    monkeypatch.setattr("comum.django_base.exportacao.POR_VEZ", 20)
    ClienteFactory.create_batch(6)


# Real commits: an answer that ends may close its connection, and with it a test's transaction.
def test_quem_desliga_no_meio_deixa_o_registro(banco_real, admin_client, tres_linhas_por_pedaco):
    resposta = admin_client.get(f"{CLIENTES}exportar/csv/")
    next(resposta.streaming_content)
    assert not EventoAuditoria.objects.filter(acao="EXPORTACAO").exists()
    desligar(resposta)
    dados = EventoAuditoria.objects.get(acao="EXPORTACAO").dados
    assert (dados["linhas"], dados["inteira"]) == (1, False)
    exportado(admin_client.get(f"{CLIENTES}exportar/csv/"))
    dados = EventoAuditoria.objects.filter(acao="EXPORTACAO").latest("id").dados
    assert (dados["linhas"], dados["inteira"]) == (6, True)


@pytest.mark.postgresql
@pytest.mark.parametrize("fecha", [True, False], ids=["fecha", "controle"])
def test_quem_desliga_no_meio_nao_deixa_cursor(
    admin_client, tres_linhas_por_pedaco, monkeypatch, fecha
):
    abertos = []

    def contar(*_):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '%%django%%'")
            abertos.append(cursor.fetchone()[0])

    monkeypatch.setattr("energia_project.site.SiteEnergia.registrar_exportacao", contar)
    if not fecha:
        monkeypatch.setattr(exportar._Contadas, "fechar", lambda _: None)
    resposta = admin_client.get(f"{CLIENTES}exportar/csv/")
    next(resposta.streaming_content)
    desligar(resposta)
    assert abertos == [0 if fecha else 1]


@pytest.mark.postgresql
def test_conexao_que_cai_no_meio_deixa_o_registro(banco_real, admin_client, monkeypatch):
    monkeypatch.setattr("comum.django_base.exportacao.POR_VEZ", 20)
    ClienteFactory.create_batch(60)
    resposta = admin_client.get(f"{CLIENTES}exportar/csv/")
    next(resposta.streaming_content)
    esta: Any = connection.connection
    outra = connection.copy()
    with outra.cursor() as cursor:  # this one alone: a live server may hold others
        cursor.execute("SELECT pg_terminate_backend(%s)", [esta.info.backend_pid])
    outra.close()
    with pytest.raises(OperationalError):
        list(resposta.streaming_content)
    dados = EventoAuditoria.objects.get(acao="EXPORTACAO").dados
    assert dados["inteira"] is False


def test_exportar_pede_a_permissao_de_ver(client):
    entrar_como(client, "medidores.view_medidor")
    for formato in ("csv", "xlsx"):
        assert client.get(f"{CLIENTES}exportar/{formato}/").status_code == 403
    assert not EventoAuditoria.objects.filter(acao="EXPORTACAO").exists()


@pytest.mark.parametrize("consulta", ["id=abc", "nada=1", "q=%00", "id__in=1,9" + "9" * 30])
def test_filtro_forjado_na_exportacao_nao_e_500(admin_client, consulta):
    resposta = admin_client.get(f"{CLIENTES}exportar/csv/?{consulta}")
    # PostgreSQL compares numbers too large for a key, and finds nothing.
    assert resposta.status_code in (200, 302)
    if resposta.status_code == 302:
        assert not EventoAuditoria.objects.filter(acao="EXPORTACAO").exists()


@pytest.mark.parametrize("pagina", NOSSAS, ids=lambda a: a.model._meta.label)
def test_toda_lista_se_exporta(admin_client, pagina):
    opcoes = pagina.model._meta
    nome = f"admin:{opcoes.app_label}_{opcoes.model_name}_exportar"
    LeituraFactory(situacao="RETIDA")
    FaturaFactory()
    for formato in ("csv", "xlsx"):
        resposta = admin_client.get(reverse(f"{nome}_{formato}"))
        assert resposta.status_code == 200
        conteudo = b"".join(resposta.streaming_content)
        assert b"<a href" not in conteudo
        assert b"<span" not in conteudo


# --- Bulk actions ----------------------------------------------------------------------------


def test_em_lote_pergunta_antes_e_diz_quantos(admin_client):
    ids = [ClienteFactory(nome=f"Pessoa {n}").pk for n in range(12)]
    dados = {"action": "delete_selected", "_selected_action": [*ids, ids[0]]}
    texto = admin_client.post(CLIENTES, dados).text
    assert "Remover: 12 clientes" in texto
    assert "Pessoa 0" in texto
    assert "e mais 2" in texto
    assert Cliente.objects.count() == 12  # the control: asking does nothing


def test_em_lote_de_todas_as_paginas(admin_client):
    ClienteFactory.create_batch(60, nome="Some")
    fica = ClienteFactory(nome="Fica")
    primeiro = Cliente.objects.filter(nome="Some")[0].pk
    resposta = agir_em_lote(
        admin_client, f"{CLIENTES}?q=some", "delete_selected", primeiro, select_across="1"
    )
    assert "60 removidos." in resposta.text
    assert list(Cliente.objects.all()) == [fica]


def test_em_lote_o_que_mudou_enquanto_isso_fica(admin_client):
    some, muda = ClienteFactory(nome="Some"), ClienteFactory(nome="Some também")
    lista = f"{CLIENTES}?q=some"
    pergunta = {"action": "delete_selected", "_selected_action": [some.pk, muda.pk]}
    assert "Remover: 2 clientes" in admin_client.post(lista, pergunta).text
    muda.nome = "Outro nome"
    muda.save()
    sim = {"action": "delete_selected", "_selected_action": some.pk, "ids": f"{some.pk},{muda.pk}"}
    resposta = admin_client.post(lista, sim, follow=True)
    assert "1 dos 2 selecionados mudou" in resposta.text
    assert list(Cliente.objects.all()) == [muda]


@pytest.mark.parametrize("ids", ["abc", "1,x", "9" * 40, "", "1;2", ",".join(["1"] * 6000)])
def test_em_lote_com_ids_forjados(admin_client, ids):
    cliente = ClienteFactory()
    sim = {"action": "delete_selected", "_selected_action": cliente.pk, "ids": ids}
    resposta = admin_client.post(CLIENTES, sim, follow=True)
    assert "registro que não existe" in resposta.text
    assert Cliente.objects.exists()


def test_em_lote_grande_demais_e_uma_frase(admin_client, monkeypatch):
    monkeypatch.setattr("comum.django_base.em_lote.LOTE_MAXIMO", 2)
    ids = [ClienteFactory().pk for _ in range(3)]
    resposta = agir_em_lote(admin_client, CLIENTES, "delete_selected", ids)
    assert "A seleção passa de 2 registros" in resposta.text
    assert Cliente.objects.count() == 3


def test_confirmar_sem_a_permissao_nao_age(client):
    cliente = ClienteFactory()
    entrar_como(client, "clientes.view_cliente", "clientes.change_cliente")
    sim = {"action": "delete_selected", "_selected_action": cliente.pk, "ids": str(cliente.pk)}
    client.post(CLIENTES, sim)
    assert Cliente.objects.exists()


# --- Two people on one record -----------------------------------------------------------------


def test_formulario_velho_e_uma_frase_e_nada_se_perde(admin_client):
    cliente = ClienteFactory(nome="Antes", telefone="1111")
    pagina = reverse("admin:clientes_cliente_change", args=[cliente.pk])
    aberto = ler_formulario(admin_client, pagina)
    Cliente.objects.filter(pk=cliente.pk).update(telefone="2222")
    aberto["endereco"] = "Rua Digitada, 1"
    resposta = admin_client.post(pagina, aberto, follow=True)
    assert "Outra pessoa mudou este registro" in resposta.text
    assert "telefone agora é “2222”" in resposta.text
    assert "Rua Digitada, 1" in resposta.text
    cliente.refresh_from_db()
    assert (cliente.telefone, cliente.endereco) == ("2222", cliente.endereco)
    assert cliente.endereco != "Rua Digitada, 1"
    # Shown again, it knows what is there now: the second yes saves.
    de_novo = {**aberto, "_versao": resposta.context["versao"]}
    assert "Gravado" in admin_client.post(pagina, de_novo, follow=True).text
    cliente.refresh_from_db()
    assert cliente.endereco == "Rua Digitada, 1"


def test_sem_mudanca_de_outro_grava_e_o_controle_sem_versao_passa_por_cima(admin_client):
    cliente = ClienteFactory(telefone="1111")
    pagina = reverse("admin:clientes_cliente_change", args=[cliente.pk])
    assert "Gravado" in enviar(admin_client, pagina, endereco="Rua A").text
    aberto = ler_formulario(admin_client, pagina)
    Cliente.objects.filter(pk=cliente.pk).update(telefone="2222")
    del aberto["_versao"]
    assert "Gravado" in admin_client.post(pagina, aberto, follow=True).text
    cliente.refresh_from_db()
    assert cliente.telefone == "1111"  # what happens without the fingerprint


@pytest.mark.parametrize("versao", ["[]", "{", "[" * 100_000, '{"nome": 1}', '{"x": "y"}', "null"])
def test_versao_forjada_nao_e_500(admin_client, versao):
    cliente = ClienteFactory()
    pagina = reverse("admin:clientes_cliente_change", args=[cliente.pk])
    assert enviar(admin_client, pagina, _versao=versao).status_code == 200


@pytest.mark.parametrize("pagina", NOSSAS, ids=lambda a: a.model._meta.label)
def test_todo_formulario_que_se_edita_leva_a_versao(admin_client, pagina):
    LeituraFactory()
    FaturaFactory()
    um = pagina.model.objects.order_by("pk").first()
    if um is None:
        return
    opcoes = pagina.model._meta
    endereco = reverse(f"admin:{opcoes.app_label}_{opcoes.model_name}_change", args=[um.pk])
    texto = admin_client.get(endereco).text
    if 'name="_save"' in texto:
        assert 'name="_versao"' in texto


# --- PostgreSQL --------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_os_indices_de_busca_estao_la_e_servem():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes")
        assert {i.nome for i in INDICES} <= {nome for (nome,) in cursor.fetchall()}
        cursor.execute("SET LOCAL enable_seqscan = off")
        nomes = Cliente.objects.filter(nome_busca__contains="conceicao")
        assert "cliente_nome_trgm" in nomes.explain()
        # A table of a few rows is as cheap to sort, whatever its statistics happen to say.
        cursor.execute("SET LOCAL enable_sort = off")
        de_janeiro = Leitura.objects.filter(data_leitura__gte=datetime(2026, 1, 1, tzinfo=UTC))
        assert "leitura_data" in de_janeiro.order_by("-data_leitura", "-id")[:50].explain()


@pytest.mark.postgresql
def test_o_migrate_faz_os_que_faltam():
    """Control: without its receiver the same migrate leaves them missing."""
    sumidos = [INDICES[0], INDICES[-1]]

    def tirar_e_migrar() -> set[str]:
        with connection.cursor() as cursor:
            for indice in sumidos:
                cursor.execute(f'DROP INDEX IF EXISTS "{indice.nome}"')
            call_command("migrate", verbosity=0)
            cursor.execute("SELECT indexname FROM pg_indexes")
            return {nome for (nome,) in cursor.fetchall()} & {i.nome for i in sumidos}

    assert tirar_e_migrar() == {i.nome for i in sumidos}
    faturamento = apps.get_app_config("faturamento")
    assert post_migrate.disconnect(instalar_depois_de_migrar, sender=faturamento)
    try:
        assert tirar_e_migrar() == set()
    finally:
        post_migrate.connect(instalar_depois_de_migrar, sender=faturamento)


@pytest.mark.postgresql
def test_sem_poder_criar_a_extensao_o_migrate_avisa(monkeypatch):
    monkeypatch.setattr(
        "comum.django_base.indices._criar_extensao", lambda _: FALTA_A_EXTENSAO.format(erro="x")
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX cliente_nome_trgm")
    assert "CREATE EXTENSION pg_trgm" in instalar(connection, INDICES)
    monkeypatch.undo()
    assert instalar(connection, INDICES) == ""
    assert instalar(connection, INDICES) == ""
