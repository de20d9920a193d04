"""Safe to log in to: second factor, sessions, headers (ASVS 5, level 2)."""

import re
import time
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings as configuracao
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.auth import TokenAuthentication as TokenDoKnox
from knox.models import AuthToken

from auditoria.models import EventoAuditoria
from tests.apoio_api import com_token, criar_usuario
from tests.factories import ClienteFactory
from tests.paginas import agir_em_lote

pytestmark = pytest.mark.django_db
SENHA = "uma-senha-longa-7"
PAINEL = "/admin/"
CODIGO = "/admin/segundo-fator/"
ATIVAR = "/admin/seguranca/segundo-fator/"


@pytest.fixture
def ana() -> User:
    return User.objects.create_superuser("ana", password=SENHA)


def entrar(proximo: str = PAINEL, senha: str = SENHA) -> Client:
    navegador = Client()
    navegador.post(f"/admin/login/?next={proximo}", {"username": "ana", "password": senha})
    return navegador


def codigo_de(usuario: User, *, passo: int = 0) -> str:
    aparelho = TOTPDevice.objects.get(user=usuario)
    return f"{totp(aparelho.bin_key, drift=passo):06d}"


@pytest.fixture
def com_aparelho(ana: User) -> User:
    TOTPDevice.objects.create(user=ana, name="telefone", confirmed=True)
    return ana


def pedir_token(**campos: str) -> Any:
    corpo = {"username": "ana", "password": SENHA, **campos}
    return Client().post("/auth/token/", corpo, content_type="application/json")


# --- Second factor ---------------------------------------------------------------------------


def test_ativa_pelo_qr_e_o_segredo_nao_volta_a_aparecer(ana):
    navegador, outro = entrar(), entrar()
    pagina = navegador.get(ATIVAR).text
    segredo = re.search(r"Chave: <code>([A-Z2-7 ]+)</code>", pagina)
    assert segredo
    assert "data:image/svg+xml" in pagina
    assert "não confere" in navegador.post(ATIVAR, {"codigo": "000000"}).text
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)

    ativado = navegador.post(ATIVAR, {"codigo": codigo_de(ana)}).text

    codigos = re.findall(r"<li><code>([a-z2-7]+)</code></li>", ativado)
    assert len(codigos) == StaticToken.objects.count() == 10
    assert navegador.get(PAINEL).status_code == 200
    assert segredo[1] not in navegador.get(ATIVAR).text
    assert outro.get(PAINEL).status_code == 302  # the session that had passed without it
    assert EventoAuditoria.objects.filter(acao="SEGUNDO_FATOR_ATIVADO", usuario=ana).exists()


def test_depois_da_senha_so_o_codigo_abre_e_volta_ao_lugar(com_aparelho):
    navegador = entrar()
    destino = "/admin/clientes/cliente/?q=x"
    barrado = navegador.get(destino)

    assert barrado.status_code == 302
    assert barrado["Location"].startswith(CODIGO)
    for caminho in (ATIVAR, "/admin/seguranca/", "/docs", "/admin/search/?s=a"):
        assert navegador.get(caminho)["Location"].startswith(CODIGO)
    assert navegador.get("/cliente/").json()["codigo"] == "SEGUNDO_FATOR"
    # A header that is no token must not open what the session may not see.
    assert navegador.get("/cliente/", headers={"authorization": "Basic eA=="}).status_code == 403

    antes = navegador.cookies[configuracao.SESSION_COOKIE_NAME].value
    aceito = navegador.post(barrado["Location"], {"codigo": codigo_de(com_aparelho)})
    assert navegador.get(destino).status_code == 200
    assert navegador.cookies[configuracao.SESSION_COOKIE_NAME].value != antes
    assert aceito["Location"] == destino
    assert navegador.get("/cliente/").status_code == 200


def test_volta_so_para_dentro_do_sistema(com_aparelho):
    navegador = entrar()
    corpo = {"codigo": codigo_de(com_aparelho), "next": "https://mau.example/"}
    assert navegador.post(CODIGO, corpo)["Location"] == PAINEL


def test_codigo_vale_uma_vez(com_aparelho):
    codigo = codigo_de(com_aparelho)
    assert entrar().post(CODIGO, {"codigo": codigo}).status_code == 302
    assert "já foi usado" in entrar().post(CODIGO, {"codigo": codigo}).text


def test_codigo_de_reserva_vale_uma_vez_e_fica_registrado(ana):
    navegador = entrar()
    navegador.get(ATIVAR)
    navegador.post(ATIVAR, {"codigo": codigo_de(ana)})
    reserva = StaticToken.objects.first()
    assert reserva is not None

    aceito = entrar().post(CODIGO, {"codigo": reserva.token.upper()})
    repetido = entrar().post(CODIGO, {"codigo": reserva.token})

    assert aceito.status_code == 302
    assert repetido.status_code == 200
    assert EventoAuditoria.objects.get(acao="CODIGO_DE_RESERVA_USADO").dados == {"restam": 9}


def test_codigos_errados_fazem_esperar_ate_o_certo(com_aparelho):
    navegador = entrar()
    assert "não confere" in navegador.post(CODIGO, {"codigo": "000000"}).text
    TOTPDevice.objects.update(throttling_failure_count=10)  # the first wait is of a second
    assert "Espere" in navegador.post(CODIGO, {"codigo": codigo_de(com_aparelho)}).text
    assert navegador.get(PAINEL).status_code == 302
    assert EventoAuditoria.objects.filter(acao="SEGUNDO_FATOR_RECUSADO").count() == 1


@pytest.mark.parametrize("codigo", ["", "abc", "١٢٣٤٥٦", "1" * 31, "12345\x00", "ç" * 10])
def test_codigo_estranho_e_recusado_com_frase(com_aparelho, codigo):
    resposta = entrar().post(CODIGO, {"codigo": codigo})
    assert resposta.status_code == 200
    assert not resposta.context["form"].is_valid()


def test_exigido_quem_nao_tem_e_levado_a_ativar(ana, settings):
    settings.EXIGIR_SEGUNDO_FATOR = True
    navegador = entrar()

    assert navegador.get(PAINEL)["Location"].startswith("/admin/seguranca/")
    assert "é exigido" in navegador.get("/admin/seguranca/").text
    assert pedir_token().json()["codigo"] == "OTP_NAO_ATIVADO"
    navegador.get(ATIVAR)
    navegador.post(ATIVAR, {"codigo": codigo_de(ana)})
    assert navegador.get(PAINEL).status_code == 200


def test_exigido_nao_se_desliga_e_sem_exigencia_sim(com_aparelho, settings):
    navegador = entrar()
    navegador.post(CODIGO, {"codigo": codigo_de(com_aparelho)})
    settings.EXIGIR_SEGUNDO_FATOR = True
    navegador.post("/admin/seguranca/", {"acao": "desligar"})
    assert TOTPDevice.objects.exists()
    settings.EXIGIR_SEGUNDO_FATOR = False
    navegador.post("/admin/seguranca/", {"acao": "desligar"})
    assert not TOTPDevice.objects.exists()


def test_token_pede_o_codigo_de_quem_tem_aparelho(com_aparelho):
    codigo = codigo_de(com_aparelho)

    assert pedir_token().json()["codigo"] == "OTP_EXIGIDO"
    assert pedir_token(password="errada-e-longa").json()["codigo"] == "CREDENCIAIS_INVALIDAS"
    aceito = pedir_token(otp=codigo)
    assert aceito.status_code == 200
    assert set(aceito.json()) == {"token", "expiry"}
    repetido = pedir_token(otp=codigo)
    assert (repetido.status_code, repetido.json()["codigo"]) == (401, "OTP_INVALIDO")
    TOTPDevice.objects.update(throttling_failure_count=10)  # the first wait is of a second
    esperando = pedir_token(otp=codigo)
    assert (esperando.status_code, esperando.json()["codigo"]) == (429, "MUITAS_TENTATIVAS")


def test_quem_nao_e_da_equipe_tem_token_sem_codigo(settings):
    settings.EXIGIR_SEGUNDO_FATOR = True
    User.objects.create_user("ana", password=SENHA)
    assert pedir_token().status_code == 200


def test_administrador_remove_o_aparelho_de_outra_pessoa(com_aparelho, admin_client):
    da_ana = entrar()
    da_ana.post(CODIGO, {"codigo": codigo_de(com_aparelho)})

    lista = reverse("admin:auth_user_changelist")
    agir_em_lote(admin_client, lista, "remover_segundo_fator", com_aparelho.pk)

    assert not TOTPDevice.objects.exists()
    assert da_ana.get(PAINEL).status_code == 302
    evento = EventoAuditoria.objects.get(acao="SEGUNDO_FATOR_REMOVIDO")
    assert (evento.objeto_id, str(evento.usuario)) == (com_aparelho.pk, "admin")


# --- Sessions --------------------------------------------------------------------------------


def adiantar(monkeypatch: pytest.MonkeyPatch, segundos: int) -> None:
    depois = time.time() + segundos
    monkeypatch.setattr("energia_project.seguranca.sessoes.time.time", lambda: depois)


def test_sessao_termina_sem_uso_e_diz_por_que(ana, monkeypatch):
    navegador = entrar()
    cliente = ClienteFactory()
    formulario = reverse("admin:clientes_cliente_change", args=[cliente.pk])
    adiantar(monkeypatch, configuracao.SESSAO_OCIOSA_MINUTOS * 60 + 1)

    resposta = navegador.get(formulario)

    assert resposta.status_code == 302
    assert resposta["Location"] == f"/admin/login/?next={formulario}"
    assert "sem uso" in navegador.get(resposta["Location"]).text
    de_novo = navegador.post(resposta["Location"], {"username": "ana", "password": SENHA})
    assert de_novo["Location"] == formulario


def test_uso_prolonga_a_sessao_ate_a_vida_maxima(ana, monkeypatch):
    navegador = entrar()
    passo = configuracao.SESSAO_OCIOSA_MINUTOS * 60 - 60
    vida = configuracao.SESSAO_HORAS * 3600
    for decorrido in range(passo, vida, passo):
        monkeypatch.undo()
        adiantar(monkeypatch, decorrido)
        assert navegador.get(PAINEL).status_code == 200
    monkeypatch.undo()
    adiantar(monkeypatch, vida)

    resposta = navegador.get(PAINEL)

    assert resposta.status_code == 302
    assert "limite de" in navegador.get(resposta["Location"]).text


@pytest.mark.parametrize("marca", ["", "9999999999", "9999999999:forjada", "x:y", "\u00e7"])
def test_ultimo_uso_forjado_nao_prolonga(ana, monkeypatch, marca):
    navegador = entrar()
    adiantar(monkeypatch, configuracao.SESSAO_OCIOSA_MINUTOS * 60 + 1)
    navegador.cookies[configuracao.COOKIE_DE_ULTIMO_USO] = marca
    assert navegador.get(PAINEL).status_code == 302


def test_entrar_troca_a_sessao(ana):
    navegador = Client()
    navegador.get("/admin/login/")
    sessao = navegador.session
    sessao["antes"] = 1
    sessao.save()
    fixada = sessao.session_key
    navegador.cookies[configuracao.SESSION_COOKIE_NAME] = fixada

    navegador.post("/admin/login/", {"username": "ana", "password": SENHA})

    assert navegador.session.session_key != fixada


def test_senha_nova_encerra_sessoes_e_tokens(ana):
    navegador, outro = entrar(), entrar()
    AuthToken.objects.create(user=ana)

    navegador.post(
        "/admin/password_change/",
        {
            "old_password": SENHA,
            "new_password1": "outra-senha-longa-8",
            "new_password2": "outra-senha-longa-8",
        },
    )

    assert navegador.get(PAINEL).status_code == 200
    assert outro.get(PAINEL).status_code == 302
    assert not AuthToken.objects.exists()


def trocar_a_senha(ana: User, _: Client) -> None:
    outra = "outra-senha-longa-8"
    campos = {"old_password": SENHA, "new_password1": outra, "new_password2": outra}
    entrar().post("/admin/password_change/", campos)


def encerrar_os_outros(ana: User, _: Client) -> None:
    entrar().post("/admin/seguranca/", {"acao": "encerrar"})


def encerrar_os_de_ana(ana: User, admin_client: Client) -> None:
    agir_em_lote(admin_client, reverse("admin:auth_user_changelist"), "encerrar_acessos", ana.pk)


def remover_o_aparelho(ana: User, admin_client: Client) -> None:
    TOTPDevice.objects.create(user=ana, name="telefone", confirmed=True)
    lista = reverse("admin:auth_user_changelist")
    agir_em_lote(admin_client, lista, "remover_segundo_fator", ana.pk)


def ativar_o_aparelho(ana: User, _: Client) -> None:
    navegador = entrar()
    navegador.get(ATIVAR)
    navegador.post(ATIVAR, {"codigo": codigo_de(ana)})


def desligar_a_conta(ana: User, _: Client) -> None:
    ana.is_active = False
    ana.save()


@pytest.mark.parametrize(
    "ato",
    [
        trocar_a_senha,
        encerrar_os_outros,
        encerrar_os_de_ana,
        remover_o_aparelho,
        ativar_o_aparelho,
        desligar_a_conta,
    ],
)
def test_token_lembrado_morre_na_hora(ana, admin_client, settings, ato):
    """The process knows the token by heart, and forgets it with what takes it away."""
    settings.API_TOKEN_LEMBRADO_SEGUNDOS = 3600
    api = com_token(ana)
    assert api.get("/cliente/").status_code == 200
    with CaptureQueriesContext(connection) as consultas:
        api.get("/cliente/")
    assert not [c for c in consultas if "knox" in c["sql"]]

    ato(ana, admin_client)

    assert api.get("/cliente/").status_code == 401


def test_permissao_do_grupo_apagado_deixa_de_valer_na_hora(settings):
    settings.API_TOKEN_LEMBRADO_SEGUNDOS = 3600
    grupo = Group.objects.create(name="Consulta")
    grupo.permissions.add(Permission.objects.get(codename="view_cliente"))
    pessoa = criar_usuario()
    pessoa.groups.add(grupo)
    api = com_token(pessoa)
    assert api.get("/cliente/").status_code == 200

    grupo.delete()

    assert api.get("/cliente/").status_code == 403


def test_token_que_se_apagava_enquanto_era_lido_nao_fica_lembrado(ana, settings, monkeypatch):
    """Another thread ends the accesses between the look-up and the remembering."""
    settings.API_TOKEN_LEMBRADO_SEGUNDOS = 3600
    api = com_token(ana)
    achar = TokenDoKnox.authenticate_credentials

    def achar_e_perder(self: Any, token: bytes) -> Any:
        achado = achar(self, token)
        AuthToken.objects.all().delete()
        return achado

    monkeypatch.setattr(TokenDoKnox, "authenticate_credentials", achar_e_perder)
    assert api.get("/cliente/").status_code == 200
    monkeypatch.undo()
    assert api.get("/cliente/").status_code == 401


def test_quem_leu_antes_do_commit_nao_lembra_depois(
    ana, settings, django_capture_on_commit_callbacks
):
    """Until the commit, another thread still finds the token that is being taken away."""
    settings.API_TOKEN_LEMBRADO_SEGUNDOS = 3600
    api = com_token(ana)
    with django_capture_on_commit_callbacks(execute=True):
        AuthToken.objects.filter(user=ana).delete()
        outra = com_token(ana)  # found before the commit, as by another thread
        assert outra.get("/cliente/").status_code == 200
        AuthToken.objects.filter(user=ana)._raw_delete("default")
    assert outra.get("/cliente/").status_code == 401
    assert api.get("/cliente/").status_code == 401


def test_encerra_os_outros_acessos_e_fica_no_seu(ana):
    navegador, outro = entrar(), entrar()
    AuthToken.objects.create(user=ana)

    resposta = navegador.post("/admin/seguranca/", {"acao": "encerrar"}, follow=True)

    assert "2 outros acessos encerrados" in resposta.text
    assert outro.get(PAINEL).status_code == 302
    assert navegador.get(PAINEL).status_code == 200


def test_tentativas_demais_bloqueiam_por_nome_e_endereco(ana, settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        resposta = Client().post("/admin/login/", {"username": "ana", "password": "errada"})
    assert resposta.status_code == 429
    assert Client().post("/admin/login/", {"username": "ana", "password": SENHA}).status_code == 429


# --- Headers ---------------------------------------------------------------------------------


def diretivas(resposta: Any) -> dict[str, str]:
    partes = (parte.strip() for parte in resposta["Content-Security-Policy"].split(";"))
    return dict(parte.split(" ", 1) for parte in partes)


def test_politica_da_api_nao_deixa_nada(admin_client):
    for caminho in ("/cliente/", "/openapi.json", "/saude/", "/nada", "/auth/token/"):
        politica = diretivas(admin_client.get(caminho))
        assert politica["default-src"] == "'none'"
        assert "script-src" not in politica
        assert politica["frame-ancestors"] == "'none'"


def test_politica_das_paginas(admin_client):
    admin, docs = diretivas(admin_client.get(PAINEL)), diretivas(admin_client.get("/docs"))
    assert admin["script-src"] == "'self' 'unsafe-eval'"
    assert docs["script-src"] == "'self'"
    assert admin["form-action"] == docs["form-action"] == "'self'"
    assert admin["base-uri"] == "'none'"


@pytest.mark.parametrize("caminho", [PAINEL, "/admin/login/", "/cliente/", "/docs", "/saude/", "/"])
def test_cabecalhos_de_toda_resposta(admin_client, caminho):
    resposta = admin_client.get(caminho)
    assert resposta["X-Content-Type-Options"] == "nosniff"
    assert resposta["X-Frame-Options"] == "DENY"
    assert resposta["Referrer-Policy"] == "same-origin"
    assert resposta["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in resposta["Permissions-Policy"]
    assert "no-store" in resposta["Cache-Control"]


def test_cookies_sao_so_do_servidor(ana):
    navegador = entrar()
    navegador.get(PAINEL)
    for nome in (configuracao.SESSION_COOKIE_NAME, configuracao.CSRF_COOKIE_NAME):
        cookie = navegador.cookies[nome]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]


@pytest.mark.parametrize("senha", ["curta-1", "onze-letras", "123456789012", "administrator"])
def test_senha_fraca_e_recusada(senha):
    with pytest.raises(ValidationError):
        validate_password(senha, User(username="ana"))


def test_senha_nao_vai_para_o_registro(ana, caplog):
    caplog.set_level("DEBUG")
    Client().post("/admin/login/", {"username": "ana", "password": "segredo-digitado"})
    pedir_token(password="segredo-digitado")
    assert "segredo-digitado" not in caplog.text


def test_quem_errou_demais_le_o_que_fazer_e_pode_ser_liberado(admin_client, settings):
    settings.AXES_FAILURE_LIMIT = 2
    User.objects.create_user("rui", password=SENHA, is_staff=True)
    porta = reverse("admin:login")
    for _ in range(2):
        fechada = Client().post(porta, {"username": "rui", "password": "errada"})
    assert fechada.status_code == 429
    assert "<h1>Muitas tentativas de entrada.</h1>" in fechada.text
    certa = {"username": "rui", "password": SENHA}
    assert Client().post(porta, certa).status_code == 429

    tentativa = AccessAttempt.objects.get()
    lista = admin_client.get(reverse("admin:axes_accessattempt_changelist")).text
    assert "bloqueada até" in lista
    assert "delete_selected" not in lista
    caminho = reverse("admin:axes_accessattempt_liberar", args=[tentativa.pk])
    assert "Confirme antes" in admin_client.get(caminho).text
    assert "rui pode entrar" in admin_client.post(caminho, follow=True).text
    assert Client().post(porta, certa).status_code == 302
    evento = EventoAuditoria.objects.get(acao="ENTRADA_LIBERADA")
    assert (evento.resumo, evento.usuario.username) == ("rui, em 127.0.0.1", "admin")


def test_usuario_novo_entra_com_o_papel_numa_so_pagina(admin_client):
    grupo = Group.objects.get(name="Leitura")
    caminho = reverse("admin:auth_user_add")
    formulario = admin_client.get(caminho).context["adminform"].form
    assert formulario.initial["is_staff"] is True
    dados = {"username": "joana", "password1": SENHA, "password2": SENHA, "is_staff": "on"}
    admin_client.post(caminho, {**dados, "groups": [grupo.pk]})
    joana = User.objects.get(username="joana")
    assert (joana.is_staff, list(joana.groups.all())) == (True, [grupo])
    entrada = Client().post(reverse("admin:login"), {"username": "joana", "password": SENHA})
    assert entrada.status_code == 302
