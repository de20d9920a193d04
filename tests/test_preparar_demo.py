"""What `make run` prepares: once, only here, and without touching what is there."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from clientes.models import Cliente
from energia_project.papeis import PAPEIS
from faturamento.management.commands import carregar_demo
from faturamento.models import Fatura
from tests.factories import ClienteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def maquina_local(settings, monkeypatch, tmp_path):
    """DEBUG on loopback, a folder of its own and a demo small enough for a test."""
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    settings.VAR_DIR = tmp_path / "var"
    settings.DEMO_PASSWORD = "senha-do-teste"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setenv("PORT", "8321")
    monkeypatch.setattr(carregar_demo, "CLIENTES", 12)
    monkeypatch.setattr(carregar_demo, "MESES", 2)


def preparar() -> str:
    saida = StringIO()
    call_command("preparar_demo", stdout=saida, stderr=StringIO())
    return saida.getvalue()


def test_a_primeira_vez_prepara_tudo_e_diz_por_onde_entrar(settings):
    saida = preparar()

    assert settings.VAR_DIR.is_dir()
    assert Cliente.objects.count() == 12
    assert Fatura.objects.exists()
    admin, atendente = (User.objects.get(username=nome) for nome in ("admin", "atendente"))
    assert (admin.username, admin.is_superuser) == ("admin", True)
    assert (atendente.username, atendente.is_staff) == ("atendente", True)
    assert not atendente.is_superuser
    assert admin.check_password("senha-do-teste")
    assert atendente.check_password("senha-do-teste")
    assert "http://127.0.0.1:8321/admin/" in saida
    assert "http://127.0.0.1:8321/docs" in saida
    assert "admin (ou atendente), senha senha-do-teste" in saida


def test_o_atendente_cuida_do_cadastro_e_so_ve_o_faturamento():
    preparar()

    pode = User.objects.get(username="atendente").has_perm
    for modelo in ("clientes.{}_cliente", "medidores.{}_medidor"):
        assert all(pode(modelo.format(acao)) for acao in ("view", "add", "change"))
        assert not pode(modelo.format("delete"))
    assert pode("faturamento.view_fatura")
    assert not pode("faturamento.add_fatura")
    assert not pode("faturamento.change_fatura")
    assert pode("medidores.add_leitura")
    assert not pode("medidores.change_leitura")
    assert not pode("auth.view_user")


def test_a_segunda_vez_guarda_dados_e_senhas():
    preparar()
    admin = User.objects.get(username="admin")
    admin.set_password("a-minha")
    admin.save()
    antes = list(Fatura.objects.order_by("pk").values_list("pk", "valor"))

    saida = preparar()

    assert "Carregando" not in saida
    assert "a senha que já tinha" in saida
    assert "senha-do-teste" not in saida
    assert User.objects.get(username="admin").check_password("a-minha")
    assert list(Fatura.objects.order_by("pk").values_list("pk", "valor")) == antes


def test_dados_proprios_nao_recebem_demonstracao():
    ClienteFactory()

    preparar()

    assert Cliente.objects.count() == 1
    assert User.objects.filter(username="admin").exists()


@pytest.mark.parametrize(
    ("nome", "valor", "trecho"),
    [
        pytest.param("DEBUG", False, "só funciona com DEBUG=1", id="em produção"),
        pytest.param("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS tem também *", id="aberta a todos"),
        pytest.param(
            "ALLOWED_HOSTS", ["localhost", "energia.example.com"], "example.com", id="outro nome"
        ),
        pytest.param("DEMO_PASSWORD", "", "DEMO_PASSWORD está vazia", id="senha vazia"),
    ],
)
def test_onde_outros_alcancam_e_recusada(settings, nome, valor, trecho):
    setattr(settings, nome, valor)

    with pytest.raises(CommandError) as erro:
        preparar()

    assert erro.value.returncode == 2
    assert trecho in str(erro.value)
    assert not User.objects.exists()
    assert not Cliente.objects.exists()


def test_interrompida_continua_na_vez_seguinte(monkeypatch):
    with monkeypatch.context() as interrompido:
        interrompido.setattr(
            "faturamento.servicos.demonstracao.carga.pagar_faturas", levantar(KeyboardInterrupt)
        )
        with pytest.raises(CommandError, match="execute de novo") as erro:
            preparar()
    assert erro.value.returncode == 130
    assert not Cliente.objects.exists()

    preparar()

    assert Cliente.objects.count() == 12
    assert User.objects.count() == 1 + len(PAPEIS)


def test_morta_antes_dos_usuarios_cria_os_que_faltam():
    preparar()
    User.objects.all().delete()

    assert "Carregando" not in preparar()

    pessoas = User.objects.exclude(is_superuser=True).values_list("username", "groups__name")
    assert dict(pessoas) == {p.usuario_de_demonstracao: nome for nome, p in PAPEIS.items()}
    assert User.objects.get(is_superuser=True).username == "admin"
    assert Cliente.objects.count() == 12


def test_pasta_que_nao_se_cria_e_recusada_com_frase(settings, tmp_path):
    (tmp_path / "arquivo").write_text("")
    settings.VAR_DIR = tmp_path / "arquivo" / "var"

    with pytest.raises(CommandError, match="Confira a pasta") as erro:
        preparar()

    assert erro.value.returncode == 2


def levantar(erro: type[BaseException]):
    def falhar(*_: object, **__: object) -> None:
        raise erro

    return falhar
