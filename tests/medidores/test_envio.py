"""A file of readings through the admin: sent, checked, confirmed, imported once, undone."""

import gzip
import io
import logging
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comum import csv_hostil
from medidores import tarefas
from medidores.models import ImportacaoLeituras, Leitura, Medidor
from medidores.servicos import envios
from medidores.servicos.envios import conferir_envio, executar_envio, receber_envio
from tests.factories import LeituraFactory, MedidorFactory
from tests.paginas import entrar_como, enviar

pytestmark = pytest.mark.django_db

IMPORTAR = "admin:medidores_leitura_importar_leituras"
CABECALHO = "numero_medidor;data_leitura;leitura_kwh\n"
LEITURAS = CABECALHO + "M-1;05/02/2026;1150\nX-1;05/02/2026;10\nM-1;05/02/2026;abc\n"
VER = "medidores.view_importacaoleituras"
INCLUIR = "medidores.add_leitura"


@pytest.fixture(autouse=True)
def pasta_de_arquivos(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "arquivos"
    return settings.MEDIA_ROOT


@pytest.fixture
def medidor() -> Medidor:
    medidor = MedidorFactory(numero_medidor="M-1", data_instalacao=date(2025, 1, 1))
    LeituraFactory(
        medidor=medidor,
        data_leitura=datetime(2026, 1, 5, 12, tzinfo=UTC),
        leitura_kwh=Decimal(1000),
    )
    return medidor


def mandar(client: Client, conteudo: bytes | str = LEITURAS, nome: str = "leituras.csv", **opcoes):
    bruto = conteudo.encode() if isinstance(conteudo, str) else conteudo
    return enviar(client, reverse(IMPORTAR), arquivo=SimpleUploadedFile(nome, bruto, **opcoes))


def endereco(importacao: ImportacaoLeituras, qual: str = "change") -> str:
    return reverse(f"admin:medidores_importacaoleituras_{qual}", args=[importacao.pk])


def receber(conteudo: str = LEITURAS, agora: datetime | None = None) -> ImportacaoLeituras:
    arquivo = SimpleUploadedFile("leituras.csv", conteudo.encode())
    quando = agora or datetime(2026, 2, 10, 15, tzinfo=UTC)
    return receber_envio(arquivo, nome="leituras.csv", agora=quando, usuario_id=None)


def confirmada(conteudo: str = LEITURAS) -> ImportacaoLeituras:
    """A large file, checked and confirmed, that no worker took yet."""
    importacao = receber(conteudo)
    conferir_envio(importacao.pk, agora=importacao.importada_em)
    envios.confirmar_envio(importacao.pk, agora=importacao.importada_em, usuario_id=None)
    importacao.refresh_from_db()
    return importacao


def test_confere_mostra_e_so_grava_depois_de_confirmado(admin_client, admin_user, medidor):
    resposta = mandar(
        admin_client, LEITURAS.replace("kwh\n", "kwh;cor\n").replace("0\n", "0;azul\n")
    )
    importacao = ImportacaoLeituras.objects.get()
    assert importacao.situacao == "CONFERIDA"
    assert Leitura.objects.count() == 1
    texto = resposta.text
    for esperado in (
        "Colunas do arquivo que não são usadas: cor",
        "Colunas reconhecidas: numero_medidor, data_leitura, leitura_kwh.",
        "05/02/2026 00:00",
        "1.150,000",
        "não cadastrado",
        "M-1;05/02/2026;abc",
        "Confirmar importação",
    ):
        assert esperado in texto
    assert importacao.conferencia["resumo"] == {
        "linhas": 3,
        "aceitas": 1,
        "retidas": 0,
        "recusadas": 2,
        "repetidas": 0,
    }

    resposta = admin_client.post(endereco(importacao, "confirmar"), follow=True)
    importacao.refresh_from_db()
    assert importacao.situacao == "CONCLUIDA"
    assert (importacao.aceitas, importacao.recusadas, importacao.lidas) == (1, 2, 3)
    assert importacao.importada_por == admin_user
    assert Leitura.objects.count() == 2
    filtro = f"importacao__id__exact={importacao.pk}&amp;situacao__exact=VALIDA"
    assert filtro in resposta.text
    lista = admin_client.get(
        reverse("admin:medidores_leitura_changelist"),
        {"importacao__id__exact": importacao.pk, "situacao__exact": "VALIDA"},
    )
    assert lista.context["cl"].result_list.count() == 1


def test_baixa_todas_as_recusadas(admin_client, medidor):
    mandar(admin_client)
    importacao = ImportacaoLeituras.objects.get()
    assert admin_client.get(endereco(importacao, "recusas")).status_code == 404
    admin_client.post(endereco(importacao, "confirmar"))
    resposta = admin_client.get(endereco(importacao, "recusas"))
    assert resposta["Content-Disposition"].startswith("attachment")
    assert resposta["X-Content-Type-Options"] == "nosniff"
    linhas = b"".join(resposta.streaming_content).decode().splitlines()
    assert linhas[0] == "linha;coluna;codigo;mensagem;original"
    assert [linha.split(";")[0] for linha in linhas[1:]] == ["3", "4"]


def test_recusadas_que_sumiram_do_disco(admin_client, medidor):
    mandar(admin_client)
    importacao = ImportacaoLeituras.objects.get()
    admin_client.post(endereco(importacao, "confirmar"))
    importacao.refresh_from_db()
    importacao.arquivo_de_recusas.storage.delete(importacao.arquivo_de_recusas.name)
    resposta = admin_client.get(endereco(importacao, "recusas"), follow=True)
    assert "não está mais guardado" in resposta.text


def test_o_nome_enviado_so_e_texto(admin_client, medidor, pasta_de_arquivos):
    mandar(admin_client, nome="../../<b>x\x07.php", content_type="application/vnd.ms-excel")
    importacao = ImportacaoLeituras.objects.get()
    assert importacao.situacao == "CONFERIDA"
    [guardado] = [arquivo for arquivo in pasta_de_arquivos.rglob("*") if arquivo.is_file()]
    assert guardado.suffix == ".csv"
    assert "php" not in str(guardado)
    assert "<b>x" not in admin_client.get(endereco(importacao)).text


def test_descarta_e_nao_confirma_mais(admin_client, medidor):
    mandar(admin_client)
    importacao = ImportacaoLeituras.objects.get()
    for _ in range(2):
        resposta = admin_client.post(endereco(importacao, "descartar"), follow=True)
        assert "descartado" in resposta.text
    resposta = admin_client.post(endereco(importacao, "confirmar"), follow=True)
    assert "está descartada sem importar" in resposta.text
    assert Leitura.objects.count() == 1


def test_dois_cliques_em_confirmar_importam_uma_vez(admin_client, medidor):
    mandar(admin_client)
    importacao = ImportacaoLeituras.objects.get()
    for _ in range(2):
        admin_client.post(endereco(importacao, "confirmar"))
    importacao.refresh_from_db()
    assert (importacao.aceitas, importacao.repetidas) == (1, 0)


def test_controle_sem_a_guarda_a_segunda_vez_importa_de_novo(medidor, monkeypatch, agora):
    importacao = confirmada()
    executar_envio(importacao.pk, agora=agora)
    executar_envio(importacao.pk, agora=agora)
    importacao.refresh_from_db()
    assert (importacao.aceitas, importacao.repetidas) == (1, 0)

    ImportacaoLeituras.objects.update(situacao="CONFIRMADA")  # what the re-check reads
    executar_envio(importacao.pk, agora=agora)
    importacao.refresh_from_db()
    assert (importacao.aceitas, importacao.repetidas) == (0, 1), "sem a guarda, as contagens mudam"


def test_arquivo_grande_espera_o_trabalhador(
    admin_client, medidor, settings, django_capture_on_commit_callbacks
):
    settings.ENVIO_NA_HORA_MB = 0
    with django_capture_on_commit_callbacks() as pedidos:
        resposta = mandar(admin_client)
    importacao = ImportacaoLeituras.objects.get()
    assert importacao.situacao == "RECEBIDA"
    assert "data-andamento" in resposta.text
    assert "data-terminou" not in resposta.text
    assert "energia/andamento.js" in resposta.text
    [pedido] = pedidos
    pedido()
    importacao.refresh_from_db()
    assert importacao.situacao == "CONFERIDA"
    with django_capture_on_commit_callbacks(execute=True) as pedidos:
        admin_client.post(endereco(importacao, "confirmar"))
        admin_client.post(endereco(importacao, "confirmar"))
    assert len(pedidos) == 1
    importacao.refresh_from_db()
    assert importacao.situacao == "CONCLUIDA"


def test_gz_e_medido_descomprimido(admin_client, medidor, settings):
    settings.ENVIO_NA_HORA_MB = 1
    linhas = CABECALHO + "".join(f"X-{n};05/02/2026;{n}\n" for n in range(50_000))
    comprimido = gzip.compress(linhas.encode())
    assert len(comprimido) < 1024 * 1024 < len(linhas)
    mandar(admin_client, comprimido, nome="leituras.csv.gz", content_type="text/plain")
    assert ImportacaoLeituras.objects.get().situacao == "RECEBIDA"


def test_gz_pequeno_importa(admin_client, medidor):
    mandar(admin_client, gzip.compress(LEITURAS.encode()), nome="leituras.csv.gz")
    assert ImportacaoLeituras.objects.get().conferencia["resumo"]["aceitas"] == 1


def test_grande_demais_e_uma_frase(admin_client, medidor, settings):
    settings.ENVIO_MAXIMO_MB = 0
    resposta = mandar(admin_client)
    assert "o máximo aqui é 0 MB" in resposta.text
    assert not ImportacaoLeituras.objects.exists()


def test_avisa_que_um_igual_ja_foi_importado(admin_client, medidor):
    for _ in range(2):
        resposta = mandar(admin_client)
        admin_client.post(endereco(ImportacaoLeituras.objects.latest("pk"), "confirmar"))
    assert "Um arquivo igual a este já foi importado" in resposta.text
    assert Leitura.objects.count() == 2


HOSTIS = {
    "xlsx": (b"PK\x03\x04" + b"x" * 500, "ZIP ou XLSX"),
    "zip vazio": (b"PK\x05\x06" + b"\0" * 18, "ZIP vazio"),
    "pdf": (b"%PDF-1.7\n" + b"x" * 500, "um PDF"),
    "só cabeçalho": (CABECALHO.encode(), "nenhuma linha de dados"),
    "outro cabeçalho": (b"a;b;c\n1;2;3\n", "Falta no cabe"),
    "cabeçalho aberto": (b'"numero_medidor;data_leitura\n1;2\n', "aspas que não fecham"),
    "nulos": (b"\0\x01" * 5_000, "binário"),
    "célula de 10 MB": (CABECALHO.encode() + b"M-1;05/02/2026;" + b"9" * 10_000_000, "caracteres"),
    "um milhão de colunas": (b";".join(b"c%d" % n for n in range(1_000_000)), "caracteres"),
    "utf-16 cortado": (b"\xff\xfe\x00", "corrompido"),
    "gz cortado": (gzip.compress(LEITURAS.encode())[:-9], "corrompido"),
    "gz de gz": (gzip.compress(gzip.compress(LEITURAS.encode())), ".gz dentro de outro"),
}


@pytest.mark.parametrize(("conteudo", "frase"), HOSTIS.values(), ids=HOSTIS)
def test_arquivo_hostil_falha_com_uma_frase(admin_client, medidor, settings, conteudo, frase):
    settings.ENVIO_NA_HORA_MB = 20
    resposta = mandar(admin_client, conteudo)
    assert resposta.status_code == 200
    importacao = ImportacaoLeituras.objects.get()
    assert importacao.situacao == "FALHOU"
    assert frase in importacao.erro
    assert frase in resposta.text
    assert "Confirmar importação" not in resposta.text
    assert Leitura.objects.count() == 1


RUIM = "X-1;05/02/2026;10\n"
REPETIDA = "M-1;05/01/2026 09:00;1000\n"
NADA = {
    "todas recusadas": (RUIM, "todas as linhas foram recusadas"),
    "todas repetidas": (REPETIDA, "todas as linhas já estavam gravadas"),
    "de cada uma": (RUIM + REPETIDA, "nenhuma linha entraria"),
}


@pytest.mark.parametrize(("linhas", "frase"), NADA.values(), ids=NADA)
def test_o_que_nao_grava_nada_nao_se_confirma(admin_client, medidor, linhas, frase):
    texto = mandar(admin_client, CABECALHO + linhas).text
    importacao = ImportacaoLeituras.objects.get()
    assert importacao.situacao == "CONFERIDA"
    assert frase in texto
    assert "Confirmar importação" not in texto
    assert "Descartar" in texto
    assert "Enviar outro arquivo" in texto
    com_uma = mandar(admin_client, CABECALHO + linhas + "M-1;05/02/2026;1150\n").text
    assert "Confirmar importação" in com_uma, "uma linha que entra já basta"
    assert "Enviar outro arquivo" not in com_uma


def test_vazio_e_recusado_no_formulario(admin_client, medidor):
    resposta = mandar(admin_client, b"")
    assert "vazio" in resposta.text
    assert not ImportacaoLeituras.objects.exists()


@pytest.mark.parametrize(
    ("linha", "frase"),
    [
        (b"M-1;05/02/2026;1\x00150\n", "caractere nulo"),
        (b'"M-1;05/02/2026;1150\n', "aspas que não fecham"),
        (b"M-1;05/02/2026\n", "tem 2 colunas"),
        (b"<script>alert(1)</script>;05/02/2026;1\n", "&lt;script&gt;"),
        (b"M-1;32/13/2026;1\n", "32/13/2026"),
    ],
)
def test_linha_hostil_e_recusada_e_as_outras_entram(admin_client, medidor, linha, frase):
    resposta = mandar(admin_client, CABECALHO.encode() + linha + b"M-1;06/02/2026;1151\n")
    assert frase in resposta.text
    assert "<script>alert" not in resposta.text
    importacao = ImportacaoLeituras.objects.get()
    admin_client.post(endereco(importacao, "confirmar"))
    importacao.refresh_from_db()
    assert (importacao.aceitas, importacao.recusadas) == (1, 1)


def test_bomba_de_gz_para_cedo(admin_client, medidor, monkeypatch):
    monkeypatch.setattr(csv_hostil, "DESCOMPRIMIDO_LIVRE", 1024 * 1024)
    bomba = io.BytesIO()
    with gzip.GzipFile(fileobj=bomba, mode="wb") as saida:
        saida.write(CABECALHO.encode())
        for _ in range(8):
            saida.write(b"\n" * 1024 * 1024)
    resposta = mandar(admin_client, bomba.getvalue())
    assert resposta.status_code == 200
    importacao = ImportacaoLeituras.objects.get()
    assert importacao.situacao == "FALHOU"
    assert "descomprimido" in importacao.erro


@pytest.mark.parametrize("passo", ["conferir", "confirmar"])
def test_arquivo_que_sumiu_do_disco(admin_client, medidor, passo):
    importacao = receber()
    if passo == "confirmar":
        conferir_envio(importacao.pk, agora=importacao.importada_em)
    importacao.arquivo.storage.delete(importacao.arquivo.name)
    if passo == "conferir":
        conferir_envio(importacao.pk, agora=importacao.importada_em)
    else:
        admin_client.post(endereco(importacao, "confirmar"))
    importacao.refresh_from_db()
    assert importacao.situacao == "FALHOU"
    assert "Envie-o de novo" in admin_client.get(endereco(importacao)).text


def test_erro_inesperado_nao_fica_preso(medidor, monkeypatch, agora, caplog):
    def quebrar(*_: object, **__: object) -> None:
        raise RuntimeError("quebrou")

    importacao = confirmada()
    monkeypatch.setattr(envios, "importar_leituras", quebrar)
    with caplog.at_level(logging.CRITICAL):
        tarefas.executar_importacao.func(importacao.pk)
    importacao.refresh_from_db()
    assert importacao.situacao == "FALHOU"
    assert "erro inesperado" in importacao.erro
    assert Leitura.objects.count() == 1


def test_banco_que_nao_atendeu_deixa_retomar(medidor, monkeypatch, agora, caplog):
    def cair(*_: object, **__: object) -> None:
        raise OperationalError("caiu")

    importacao = confirmada()
    with monkeypatch.context() as m, caplog.at_level(logging.CRITICAL):
        m.setattr(envios, "importar_leituras", cair)
        executar_envio(importacao.pk, agora=agora)
    importacao.refresh_from_db()
    assert importacao.situacao == "CONFIRMADA"
    executar_envio(importacao.pk, agora=agora)
    importacao.refresh_from_db()
    assert importacao.situacao == "CONCLUIDA"


PASSOS = ["confirmar", "descartar", "retomar"]


@pytest.mark.parametrize("passo", PASSOS)
def test_get_so_avisa(admin_client, medidor, passo):
    mandar(admin_client)
    importacao = ImportacaoLeituras.objects.get()
    resposta = admin_client.get(endereco(importacao, passo), follow=True)
    assert "use os botões desta página" in resposta.text
    importacao.refresh_from_db()
    assert importacao.situacao == "CONFERIDA"


@pytest.mark.parametrize("passo", [*PASSOS, "andamento", "recusas", "desfazer"])
@pytest.mark.parametrize("numero", ["999999", "abc", "9" * 40])
def test_numero_forjado_e_404(admin_client, passo, numero):
    caminho = f"/admin/medidores/importacaoleituras/{numero}/{passo}/"
    assert admin_client.post(caminho).status_code == 404


def test_cada_passo_pede_a_sua_permissao(client, medidor):
    importacao = receber()
    conferir_envio(importacao.pk, agora=importacao.importada_em)
    pessoa = entrar_como(client, VER)
    texto = client.get(endereco(importacao)).text
    assert "Confirmar importação" not in texto
    assert client.get(endereco(importacao, "andamento")).status_code == 200
    for passo in (*PASSOS, "desfazer"):
        assert client.post(endereco(importacao, passo)).status_code == 403
    assert client.get(reverse(IMPORTAR)).status_code == 403
    pessoa.user_permissions.clear()
    client.logout()
    for passo in ("change", "andamento", "recusas", *PASSOS):
        assert client.post(endereco(importacao, passo)).status_code == 302, "pede que entre"
    importacao.refresh_from_db()
    assert importacao.situacao == "CONFERIDA"


def test_quem_so_inclui_leituras_nao_ve_importacoes(client, medidor):
    importacao = receber()
    entrar_como(client, INCLUIR)
    assert client.post(reverse(IMPORTAR)).status_code == 403
    for passo in ("change", "andamento", "recusas", *PASSOS):
        assert client.get(endereco(importacao, passo)).status_code == 403


def test_com_as_duas_permissoes_envia_e_confirma(client, medidor):
    entrar_como(client, VER, INCLUIR, "medidores.view_leitura")
    resposta = mandar(client)
    assert "Confirmar importação" in resposta.text
    importacao = ImportacaoLeituras.objects.get()
    client.post(endereco(importacao, "confirmar"))
    importacao.refresh_from_db()
    assert importacao.situacao == "CONCLUIDA"


def test_consultas_da_pagina_nao_crescem_com_as_linhas(admin_client, medidor):
    def medir(linhas: int) -> int:
        mandar(admin_client, CABECALHO + "".join(f"X{n};05/02/2026;1\n" for n in range(linhas)))
        importacao = ImportacaoLeituras.objects.latest("pk")
        with CaptureQueriesContext(connection) as consultas:
            admin_client.get(endereco(importacao))
            admin_client.get(endereco(importacao, "andamento"))
        return len(consultas)

    medir(1)
    assert medir(1) == medir(10)


def test_desfaz_dizendo_quantas_e_por_quem(admin_client, admin_user, medidor):
    mandar(admin_client)
    importacao = ImportacaoLeituras.objects.get()
    assert "Desfazer importação" not in admin_client.get(endereco(importacao)).text
    admin_client.post(endereco(importacao, "confirmar"))
    assert "Desfazer importação" in admin_client.get(endereco(importacao)).text
    assert "Retira 1 leitura gravada" in admin_client.get(endereco(importacao, "desfazer")).text
    for frase in ("1 leitura retirada", "só uma importação concluída"):
        resposta = admin_client.post(endereco(importacao, "desfazer"), follow=True)
        assert frase in resposta.text
    importacao.refresh_from_db()
    assert (importacao.situacao, importacao.desfeita_por) == ("DESFEITA", admin_user)
    assert Leitura.objects.count() == 1


@pytest.mark.usefixtures("banco_real")
def test_sem_trabalhador_a_pagina_diz_o_que_iniciar_e_retoma(client, django_user_model, settings):
    settings.ENVIO_NA_HORA_MB = 0
    MedidorFactory(numero_medidor="M-1", data_instalacao=date(2025, 1, 1))
    client.force_login(django_user_model.objects.create_superuser("ana"))
    importacao = confirmada()
    instante = datetime.now(UTC)
    for situacao, pedida_em, parada in (
        ("CONFIRMADA", instante, False),
        ("CONFIRMADA", instante - timedelta(seconds=11), True),
        ("CONCLUIDA", instante - timedelta(seconds=11), False),
    ):
        importacao.situacao = situacao
        importacao.conferencia["pedida_em"] = pedida_em.isoformat()
        importacao.save()
        for caminho in (endereco(importacao), endereco(importacao, "andamento")):
            assert ("manage.py db_worker" in client.get(caminho).text) is parada
    ImportacaoLeituras.objects.update(situacao="CONFIRMADA")
    client.post(endereco(importacao, "retomar"))
    importacao.refresh_from_db()
    assert (importacao.situacao, importacao.aceitas) == ("CONCLUIDA", 1)


def test_o_menu_nao_tem_paginas_de_outros_pacotes(admin_client):
    texto = admin_client.get("/admin/").text
    assert "Task" not in texto
    assert admin_client.get("/admin/django_tasks_database/").status_code == 404
