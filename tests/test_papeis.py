"""The roles: one source, made by a migration, shown in the docs; nobody gives what they lack."""

import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from energia_project.papeis import PAPEIS, permissoes_de, permissoes_do_sistema
from tests.paginas import agir_em_lote, enviar, ler_formulario

pytestmark = pytest.mark.django_db
MIGRACAO = import_module("energia_project.migrations.0001_papeis")
DOCUMENTO = Path(__file__).parent.parent / "docs" / "papeis.md"
COMO_CONCEDER = (
    "Falta conceder (ou retirar) isto no grupo: ponha a dependência que falta na migração "
    "energia_project/migrations/0001_papeis.py enquanto ela não saiu, ou faça outra migração."
)


def permissoes_do(grupo: Group) -> set[str]:
    pares = grupo.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codigo}" for app, codigo in pares}


def migrar(funcao: str) -> None:
    getattr(MIGRACAO, funcao)(apps, SimpleNamespace(connection=connection))


def em_grupo(nome: str, *papeis: str) -> User:
    pessoa = User.objects.create_user(nome, password="x", is_staff=True)
    pessoa.groups.set(Group.objects.filter(name__in=papeis))
    return pessoa


def dar(pessoa: User, *codigos: str) -> None:
    pessoa.user_permissions.add(*Permission.objects.filter(codename__in=codigos))


@pytest.mark.parametrize("nome", PAPEIS)
def test_a_migracao_faz_o_que_a_fonte_diz(nome):
    esperadas = permissoes_de(PAPEIS[nome], permissoes_do_sistema())
    assert esperadas <= permissoes_do_sistema(), "permissão que não existe"
    diferenca = esperadas ^ permissoes_do(Group.objects.get(name=nome))
    assert not diferenca, COMO_CONCEDER


def test_auditoria_ve_tudo_e_nada_muda():
    dela = permissoes_do(Group.objects.get(name="Auditoria"))
    ver = {c for c in permissoes_do_sistema() if c.split(".")[1].startswith("view_")}
    assert dela == ver | {"clientes.ver_documento"}


def test_de_novo_nada_se_desfaz():
    leitura, faturamento = (Group.objects.get(name=n) for n in ("Leitura", "Faturamento"))
    leitura.permissions.clear()
    faturamento.permissions.add(Permission.objects.get(codename="add_pagamento"))
    Group.objects.get(name="Arrecadação").delete()
    antes = permissoes_do(faturamento)

    migrar("criar")

    assert permissoes_do(leitura) == set()
    assert permissoes_do(faturamento) == antes
    assert Group.objects.filter(name="Arrecadação").exists()


def test_para_tras_e_para_a_frente():
    em_grupo("ana", "Atendimento")
    proprio = Group.objects.create(name="Da casa")
    migrar("retirar")
    nomes = set(Group.objects.values_list("name", flat=True))
    assert nomes == {"Atendimento", proprio.name}
    migrar("criar")
    assert Group.objects.count() == len(PAPEIS) + 1


def tabela_do_documento() -> dict[str, dict[str, str]]:
    """The table's rows by first column, each by role."""
    linhas = [
        [celula.strip().strip("`") for celula in linha.strip("|").split("|")]
        for linha in DOCUMENTO.read_text().splitlines()
        if linha.startswith("|") and not re.match(r"^\|[-| :]+$", linha)
    ]
    cabecalho = next(linha for linha in linhas if linha[0] == "Permissão")
    corpo = [linha for linha in linhas if "." in linha[0] and len(linha) == len(cabecalho)]
    return {linha[0]: dict(zip(cabecalho[1:], linha[1:], strict=True)) for linha in corpo}


def tabela_da_fonte() -> dict[str, dict[str, str]]:
    """What the table must hold: letters for a model's four verbs, `x` for an act."""
    todas = permissoes_do_sistema()
    por_papel = {nome: permissoes_de(papel, todas) for nome, papel in PAPEIS.items()}
    verbos = {"view": "v", "add": "i", "change": "a", "delete": "e"}
    tabela: dict[str, dict[str, str]] = {}
    for codigo in sorted(todas, key=lambda c: list("vaie").index(verbos.get(_verbo(c), "e"))):
        app, nome = codigo.split(".")
        modelo = nome.partition("_")[2]
        do_modelo = _verbo(codigo) in verbos and f"{app}.view_{modelo}" in todas
        linha = tabela.setdefault(
            f"{app}.{modelo}" if do_modelo else codigo, dict.fromkeys(PAPEIS, "")
        )
        for papel, permissoes in por_papel.items():
            if codigo in permissoes:
                linha[papel] += verbos[_verbo(codigo)] if do_modelo else "x"
    ordem = "viae"
    return {
        chave: {
            papel: "".join(sorted(letras, key=ordem.find)) or "–" for papel, letras in linha.items()
        }
        for chave, linha in sorted(tabela.items())
    }


def _verbo(codigo: str) -> str:
    return codigo.split(".")[1].split("_", maxsplit=1)[0]


def em_markdown(tabela: dict[str, dict[str, str]]) -> str:
    linhas = [f"| Permissão | {' | '.join(PAPEIS)} |", "|---" * (len(PAPEIS) + 1) + "|"]
    linhas += [f"| `{chave}` | {' | '.join(linha.values())} |" for chave, linha in tabela.items()]
    return "\n".join(linhas)


def test_o_documento_diz_o_que_a_fonte_diz():
    esperada = tabela_da_fonte()
    assert tabela_do_documento() == esperada, f"Em {DOCUMENTO.name}:\n{em_markdown(esperada)}"
    texto = DOCUMENTO.read_text()
    for nome, papel in PAPEIS.items():
        assert f"| {nome} | {papel.descricao} | `{papel.usuario_de_demonstracao}` |" in texto


def test_quem_cuida_de_usuarios_nao_vira_superusuario(client):
    ana = em_grupo("ana", "Administração")
    client.force_login(ana)
    caminho = reverse("admin:auth_user_change", args=[ana.pk])
    assert "is_superuser" not in ler_formulario(client, caminho)
    resposta = enviar(client, caminho, is_superuser="on", first_name="Ana")
    ana.refresh_from_db()
    assert (resposta.status_code, ana.first_name, ana.is_superuser) == (200, "Ana", False)


def test_ninguem_da_o_que_nao_tem(client):
    ana = em_grupo("ana")
    dar(ana, "view_user", "change_user", "view_group", "change_group", "add_group", "view_fatura")
    client.force_login(ana)
    administracao = Group.objects.get(name="Administração")
    cancelar = Permission.objects.get(codename="cancelar_fatura")
    caminho = reverse("admin:auth_user_change", args=[ana.pk])

    resposta = enviar(client, caminho, groups=[administracao.pk])
    assert "Faça uma escolha válida" in resposta.text
    resposta = enviar(client, caminho, user_permissions=[cancelar.pk])
    assert "Faça uma escolha válida" in resposta.text
    assert not ana.groups.exists()
    assert not ana.user_permissions.filter(pk=cancelar.pk).exists()

    incluir = reverse("admin:auth_group_add")
    assert (
        "Faça uma escolha válida"
        in enviar(client, incluir, name="novo", permissions=[cancelar.pk]).text
    )
    pode = Permission.objects.get(codename="view_fatura")
    enviar(client, incluir, name="novo", permissions=[pode.pk])
    assert permissoes_do(Group.objects.get(name="novo")) == {"faturamento.view_fatura"}
    grupo = reverse("admin:auth_group_change", args=[administracao.pk])
    assert client.post(grupo, {"name": "meu"}).status_code == 403


@pytest.mark.parametrize("qual", ["change", "delete", "password_change"])
def test_quem_tem_mais_esta_fora_do_alcance(client, qual):
    ana, chefe = em_grupo("ana"), User.objects.create_superuser("chefe")
    colega, igual = em_grupo("colega", "Faturamento"), em_grupo("igual")
    dar(ana, "view_user", "change_user", "delete_user")
    client.force_login(ana)
    for outro, pode in ((chefe, False), (colega, False), (igual, True)):
        caminho = reverse(f"admin:auth_user_{qual}", args=[outro.pk])
        assert (client.post(caminho, {}).status_code == 403) is not pode, outro
    lista = reverse("admin:auth_user_changelist")
    assert agir_em_lote(client, lista, "delete_selected", [chefe.pk]).status_code == 403
    assert User.objects.filter(pk=chefe.pk).exists()
    for outro in (chefe, colega, igual):
        TOTPDevice.objects.create(user=outro, confirmed=True)
    resposta = agir_em_lote(client, lista, "remover_segundo_fator", [chefe.pk, colega.pk, igual.pk])
    assert "1 segundo fator removido" in resposta.text
    assert set(TOTPDevice.objects.values_list("user__username", flat=True)) == {"chefe", "colega"}
