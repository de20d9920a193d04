"""P15: who, when, before, after, by every path; events are only ever added."""

import io
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from auditoria.models import EventoAuditoria
from auditoria.servicos.eventos import registrar_evento
from comum.django_base.banco import traduzir_erro_do_banco
from faturamento.models import Distribuidora, Fatura
from faturamento.servicos.emissao import emitir_faturas
from faturamento.servicos.execucao import definir_escopo, faturar
from medidores.servicos.importacao_leituras import desfazer_importacao, importar_leituras
from tests.apoio_api import com_token, criar_usuario
from tests.factories import (
    ClienteFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)
from tests.paginas import agir_em_lote, enviar

pytestmark = pytest.mark.django_db
LISTA = "admin:auditoria_eventoauditoria_changelist"


def evento(dias: int = 0, acao: str = "EXPORTACAO", **campos) -> EventoAuditoria:
    return registrar_evento(acao, "um evento", agora=timezone.now() - timedelta(dias), **campos)


def sql(comando: str, *parametros) -> None:
    with connection.cursor() as cursor:
        cursor.execute(comando, parametros)


ATOS_PROIBIDOS = {
    "mudar por update": lambda e: EventoAuditoria.objects.filter(pk=e.pk).update(resumo="outro"),
    "mudar por save": lambda e: EventoAuditoria(pk=e.pk, instante=e.instante, origem="API").save(),
    "mudar por SQL": lambda e: sql("UPDATE auditoria_eventoauditoria SET resumo = 'outro'"),
    "apagar": lambda e: e.delete(),
    "apagar por SQL": lambda e: sql("DELETE FROM auditoria_eventoauditoria"),
}


@pytest.mark.parametrize("ato", ATOS_PROIBIDOS.values(), ids=ATOS_PROIBIDOS)
def test_evento_nao_muda_nem_some(ato):
    gravado = evento()
    antes = EventoAuditoria.objects.filter(pk=gravado.pk).values().get()

    with pytest.raises(IntegrityError) as recusa, transaction.atomic():
        ato(gravado)

    assert traduzir_erro_do_banco(recusa.value).codigo == "AUDITORIA_IMUTAVEL"
    assert EventoAuditoria.objects.filter(pk=antes["id"]).values().get() == antes


@pytest.mark.parametrize("ato", ATOS_PROIBIDOS.values(), ids=ATOS_PROIBIDOS)
def test_controle_sem_gatilho_o_evento_muda(ato, sem_gatilhos):
    gravado = evento()
    antes = EventoAuditoria.objects.filter(pk=gravado.pk).values().get()

    ato(gravado)

    assert EventoAuditoria.objects.filter(pk=antes["id"]).values().first() != antes


def test_limpeza_apaga_so_o_antigo_e_deixa_o_seu_evento(capsys):
    antigo, recente = evento(dias=6 * 366), evento(dias=4 * 365)
    limite = f"{timezone.now() - timedelta(5 * 366 + 40):%Y-%m-%d}"

    call_command("limpar_auditoria", "--antes-de", limite, "--dry-run")
    assert EventoAuditoria.objects.filter(pk=antigo.pk).exists()
    call_command("limpar_auditoria", "--antes-de", limite)

    assert not EventoAuditoria.objects.filter(pk=antigo.pk).exists()
    assert EventoAuditoria.objects.filter(pk=recente.pk).exists()
    da_limpeza = EventoAuditoria.objects.get(acao="AUDITORIA_LIMPA")
    assert (da_limpeza.origem, da_limpeza.dados["eventos"]) == ("COMANDO", 1)
    assert da_limpeza.dados["conta_do_sistema"]


def test_limpeza_do_que_se_guarda_e_recusada():
    with pytest.raises(CommandError, match="guardada por 5 anos"):
        call_command("limpar_auditoria", "--antes-de", f"{timezone.now():%Y-%m-%d}")


def test_token_da_api_assina_a_mudanca():
    usuario = criar_usuario("clientes.change_cliente", "clientes.view_cliente", username="robo")
    cliente = ClienteFactory(telefone="1")

    com_token(usuario).patch(f"/cliente/{cliente.pk}/", {"telefone": "2"})

    ultima = cliente.history.latest()
    assert (ultima.history_user, ultima.telefone) == (usuario, "2")
    assert ultima.prev_record.telefone == "1"


def test_comando_diz_por_onde_veio_no_historico(tmp_path):
    arquivo = tmp_path / "parametros.json"
    arquivo.write_text(
        '{"distribuidora": {"nome": "Nova", "cnpj": "11222333000181", "uf": "SP"}}',
        encoding="utf-8",
    )

    call_command("carregar_parametros", str(arquivo))

    historico = Distribuidora.history.latest()
    assert historico.history_user is None
    assert historico.history_change_reason.startswith("pela linha de comando")
    assert EventoAuditoria.objects.get(acao="PARAMETROS_IMPORTADOS").dados["novas"] == 1


def test_arquivo_e_um_evento_com_as_contagens_e_desfaze_lo_e_outro(agora):
    usuario = criar_usuario(username="ana")
    MedidorFactory(numero_medidor="M-1", data_instalacao=date(2026, 1, 1))
    linhas = "".join(f"M-1;{dia:02}/02/2026;{dia * 10}\n" for dia in range(1, 6))
    arquivo = f"numero_medidor;data_leitura;leitura_kwh\n{linhas}X-9;01/02/2026;1\n"

    resultado = importar_leituras(
        io.BytesIO(arquivo.encode()), nome="fev.csv", agora=agora, usuario_id=usuario.pk
    )
    assert resultado.importacao is not None
    desfazer_importacao(resultado.importacao.pk, agora=agora, usuario_id=usuario.pk)

    entrou, saiu = EventoAuditoria.objects.filter(usuario=usuario).order_by("id")
    assert (entrou.acao, saiu.acao) == ("LEITURAS_IMPORTADAS", "LEITURAS_DESFEITAS")
    assert entrou.dados["recusadas"] == 1
    assert entrou.objeto_id == saiu.objeto_id == resultado.importacao.pk
    assert saiu.dados["leituras"] == entrou.dados["aceitas"] + entrou.dados["retidas"]


def faturar_unidades(quantas: int, agora, *, emitir: bool = False, **opcoes):
    criar_parametros()
    for _ in range(quantas):
        criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    return faturar(escopo, emitir=emitir, agora=agora, **opcoes)


def test_lote_e_um_evento_de_quem_pediu(agora):
    usuario = criar_usuario(username="ana")

    faturar_unidades(3, agora, emitir=True, usuario_id=usuario.pk)

    [do_lote] = EventoAuditoria.objects.filter(acao="LOTE_FATURADO")
    assert do_lote.usuario == usuario
    assert (do_lote.dados["faturadas"], do_lote.dados["emitidas"]) == (3, 3)
    assert do_lote.dados["blocos"] == {"1": [1, 3]}


def test_emissao_aparece_no_historico_de_cada_fatura(admin_client, agora):
    faturar_unidades(3, agora)
    ids = list(Fatura.objects.order_by("pk").values_list("pk", flat=True))
    emitir_faturas(ids[:2], agora=agora)
    quem = User.objects.get(username="admin")
    caminho = reverse("admin:faturamento_fatura_changelist")
    agir_em_lote(admin_client, caminho, "emitir_selecionadas", ids[2:])

    historicos = [
        admin_client.get(reverse("admin:faturamento_fatura_history", args=[pk])).text for pk in ids
    ]

    assert "2 faturas: 1-1 a 2" in historicos[0]
    assert "2 faturas: 1-1 a 2" in historicos[1]
    assert "2 faturas" not in historicos[2]
    assert "1 fatura: 1-3" in historicos[2]
    assert EventoAuditoria.objects.filter(acao="FATURAS_EMITIDAS", usuario=quem).count() == 1
    assert all("Lote faturado" in texto for texto in historicos)


def test_evento_do_lote_cai_com_o_lote(agora):
    faturar_unidades(1, agora)
    antes = EventoAuditoria.objects.count()

    with transaction.atomic():
        emitir_faturas([Fatura.objects.get().pk], agora=agora)
        assert EventoAuditoria.objects.count() == antes + 1
        transaction.set_rollback(True)

    assert EventoAuditoria.objects.count() == antes


def test_historico_junta_mudancas_e_eventos_em_ordem(admin_client):
    cliente = ClienteFactory(nome="Ana", telefone="1")
    evento(objeto=cliente, usuario_id=User.objects.get(username="admin").pk)
    enviar(admin_client, reverse("admin:clientes_cliente_change", args=[cliente.pk]), telefone="22")

    texto = admin_client.get(reverse("admin:clientes_cliente_history", args=[cliente.pk])).text

    assert "<del>1</del>" in texto
    assert "<ins>22</ins>" in texto
    assert texto.index("<ins>22</ins>") < texto.index("Exportação") < texto.index("incluído")
    assert "Dados pessoais vistos" not in texto


def test_entrada_saida_e_token_ficam_registrados():
    usuario = User.objects.create_user("ana", password="uma-senha-longa-7", is_staff=True)
    cliente = Client()
    corpo = {"username": "ana", "password": "uma-senha-longa-7"}

    cliente.post("/admin/login/?next=/admin/", corpo)
    cliente.post("/admin/logout/")
    token = Client().post("/auth/token/", corpo, content_type="application/json").json()["token"]
    Client().post("/auth/logout/", headers={"authorization": f"Token {token}"})

    acoes = EventoAuditoria.objects.filter(usuario=usuario).order_by("id")
    assert list(acoes.values_list("acao", "origem")) == [
        ("ENTRADA", "ADMIN"),
        ("SAIDA", "ADMIN"),
        ("TOKEN_EMITIDO", "API"),
        ("TOKEN_DEVOLVIDO", "API"),
    ]


def test_bloqueio_nao_guarda_o_que_se_digitou(settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/admin/login/", {"username": "minha-senha-secreta", "password": "x"})

    bloqueio = EventoAuditoria.objects.get(acao="ENTRADA_BLOQUEADA")
    assert "secreta" not in f"{bloqueio.resumo}{bloqueio.dados}"


def test_ver_cliente_e_um_evento_sem_os_dados_e_uma_consulta_so(admin_client):
    cliente = ClienteFactory(nome="Maria da Silva", documento="52998224725")
    caminho = reverse("admin:clientes_cliente_change", args=[cliente.pk])
    admin_client.get(caminho)

    with CaptureQueriesContext(connection) as consultas:
        admin_client.get(caminho)

    escritas = [c for c in consultas.captured_queries if c["sql"].startswith("INSERT")]
    assert len(escritas) == 1
    vistos = EventoAuditoria.objects.filter(acao="DADOS_PESSOAIS_VISTOS", objeto_id=cliente.pk)
    assert vistos.count() == 2
    assert all("Maria" not in e.resumo and not e.dados for e in vistos)


def test_pagina_abre_mesmo_que_o_registro_falhe(admin_client, monkeypatch, caplog):
    cliente = ClienteFactory()

    def falhar(*_, **__):
        raise IntegrityError("sem espaço")

    monkeypatch.setattr("auditoria.servicos.eventos.registrar_evento", falhar)
    resposta = admin_client.get(reverse("admin:clientes_cliente_change", args=[cliente.pk]))

    assert resposta.status_code == 200
    assert "ficou sem registro" in caplog.text


def test_api_registra_quem_pode_ver_documentos_e_so_no_item():
    cliente = ClienteFactory()
    ve = com_token(criar_usuario("clientes.view_cliente", "clientes.ver_documento"))
    nao_ve = com_token(criar_usuario("clientes.view_cliente"))

    nao_ve.get(f"/cliente/{cliente.pk}/")
    ve.get("/cliente/")
    assert not EventoAuditoria.objects.filter(acao="DADOS_PESSOAIS_VISTOS").exists()
    ve.get(f"/cliente/{cliente.pk}/")

    visto = EventoAuditoria.objects.get(acao="DADOS_PESSOAIS_VISTOS")
    assert (visto.origem, visto.objeto_id) == ("API", cliente.pk)
    assert visto.usuario is not None


def test_pessoas_e_permissoes_tem_antes_e_depois():
    usuario = User.objects.create_user("ana", password="uma-senha-longa-7")
    usuario.is_staff = True
    usuario.set_password("outra-senha-longa-8")
    usuario.save()
    grupo = Group.objects.create(name="Leitura de teste")
    usuario.groups.add(grupo)
    grupo.permissions.add(Permission.objects.get(codename="view_cliente"))
    usuario.groups.clear()

    eventos = list(
        EventoAuditoria.objects.exclude(acao="USUARIO_INCLUIDO")
        .order_by("id")
        .values_list("acao", "dados")
    )
    assert eventos == [
        ("USUARIO_ALTERADO", {"antes": {"is_staff": False}, "depois": {"is_staff": True}}),
        ("SENHA_ALTERADA", {}),
        ("PERMISSOES_ALTERADAS", {"grupos_dadas": ["Leitura de teste"]}),
        ("PERMISSOES_ALTERADAS", {"permissoes_dadas": ["view_cliente"]}),
        ("PERMISSOES_ALTERADAS", {"grupos_tiradas": ["Leitura de teste"]}),
    ]
    assert "senha" not in str(eventos[1][1])


def test_lista_busca_filtra_e_nao_cresce(admin_client):
    quem = User.objects.get(username="admin")
    cliente = ClienteFactory()
    evento(objeto=cliente, usuario_id=quem.pk)

    def consultas(**parametros) -> int:
        with CaptureQueriesContext(connection) as captadas:
            assert admin_client.get(reverse(LISTA), parametros).status_code == 200
        return len(captadas)

    consultas()
    uma = consultas()
    for _ in range(9):
        evento(objeto=ClienteFactory(), usuario_id=quem.pk)
    assert consultas() == uma

    for parametros, esperados in (
        ({"q": str(cliente.pk)}, {cliente.pk}),
        ({"modelo": "clientes.Cliente", "q": str(cliente.pk)}, {cliente.pk}),
        ({"q": "ninguém"}, set()),
        ({"acao": "ENTRADA", "q": str(cliente.pk)}, set()),
        ({"instante_from": "01/01/2000", "instante_to": "02/01/2000"}, set()),
    ):
        achados = admin_client.get(reverse(LISTA), parametros).context["cl"].result_list
        clientes = {e.objeto_id for e in achados if e.modelo == "clientes.Cliente"}
        assert clientes == esperados, parametros
    assert admin_client.get(reverse(LISTA), {"q": "admin"}).context["cl"].result_list
    for ato in ("exportacao", "EXPORTACAO", " Exportação "):
        achados = admin_client.get(reverse(LISTA), {"q": ato}).context["cl"].result_list
        assert {e.acao for e in achados} == {"EXPORTACAO"}


def test_le_quem_tem_a_permissao_e_ninguem_escreve(admin_client):
    gravado = evento(dados={"contagem": 3, "blocos": {"1": [1, 2]}})
    pagina = reverse("admin:auditoria_eventoauditoria_change", args=[gravado.pk])
    auditora = Client()
    auditora.force_login(
        criar_usuario("auditoria.view_eventoauditoria", username="bia", is_staff=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    outra = Client()
    outra.force_login(
        criar_usuario("clientes.view_cliente", username="cida", is_staff=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )

    assert "contagem" in auditora.get(pagina).text
    assert outra.get(pagina).status_code == outra.get(reverse(LISTA)).status_code == 403
    assert admin_client.post(pagina, {"resumo": "x"}).status_code == 403
    assert admin_client.get(reverse("admin:auditoria_eventoauditoria_add")).status_code == 403
