"""Rules that hold for every model, with no list to keep."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.models import CheckConstraint

from comum.django_base.modelos import constraint_de_escolha
from faturamento import gatilhos

NOSSOS_APPS = ["auditoria", "integracao", "clientes", "medidores", "faturamento"]
MODELOS = [m for a in NOSSOS_APPS for m in apps.get_app_config(a).get_models()]
PROPRIOS = [m for m in MODELOS if not m.__name__.startswith("Historical")]
# Unique when given, and so null when absent.
TEXTOS_NULOS = {"clientes.Cliente.documento", "clientes.HistoricalCliente.documento"}
# simple-history's own: why a change was made.
CAMPOS_DO_HISTORICO = {"history_change_reason"}


@pytest.mark.parametrize("modelo", MODELOS, ids=lambda m: m._meta.label)
def test_texto_nunca_e_nulo(modelo):
    nulos = {
        f"{modelo._meta.label}.{campo.name}"
        for campo in modelo._meta.local_fields
        if isinstance(campo, models.CharField | models.TextField)
        and campo.null
        and campo.name not in CAMPOS_DO_HISTORICO
    }
    assert nulos <= TEXTOS_NULOS


@pytest.mark.parametrize("modelo", PROPRIOS, ids=lambda m: m._meta.label)
def test_chave_estrangeira_protege_o_pai(modelo):
    desprotegidas = [
        campo.name
        for campo in modelo._meta.local_fields
        if campo.is_relation and campo.remote_field.on_delete is not models.PROTECT
    ]
    assert desprotegidas == []


@pytest.mark.parametrize("modelo", MODELOS, ids=lambda m: m._meta.label)
def test_nao_usa_float(modelo):
    assert not [c.name for c in modelo._meta.local_fields if isinstance(c, models.FloatField)]


@pytest.mark.parametrize("modelo", PROPRIOS, ids=lambda m: m._meta.label)
def test_constraint_tem_frase_propria(modelo):
    mudas = [
        constraint.name
        for constraint in modelo._meta.constraints
        if constraint.violation_error_message == constraint.default_violation_error_message
    ]
    assert mudas == []


ESCOLHAS = [
    pytest.param(modelo, campo, id=f"{modelo._meta.label}.{campo.name}")
    for modelo in PROPRIOS
    for campo in modelo._meta.local_fields
    if campo.choices and campo.name != "uf"
]


@pytest.mark.parametrize(("modelo", "campo"), ESCOLHAS)
def test_escolha_e_guardada_pelo_banco(modelo, campo):
    codigos = [codigo for codigo, _ in campo.choices if codigo]
    aceitaveis = []
    for vazio in ([], [""]):
        esperada = constraint_de_escolha(campo.name, vazio + codigos, "x")
        aceitaveis.append(esperada.condition)
    condicoes = [c.condition for c in modelo._meta.constraints if isinstance(c, CheckConstraint)]
    assert any(condicao in aceitaveis for condicao in condicoes)


@pytest.mark.parametrize("modelo", PROPRIOS, ids=lambda m: m._meta.label)
def test_modelo_nao_ordena_por_conta_propria(modelo):
    assert not modelo._meta.ordering


@pytest.mark.django_db
def test_nao_faltam_migracoes():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def gatilhos_instalados() -> set[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        return {nome for (nome,) in cursor.fetchall()}


def gatilhos_esperados() -> set[str]:
    nomes = set()
    for gatilho in gatilhos.gatilhos_de(connection.vendor):
        nome = gatilhos.PREFIXO + gatilho.nome
        if connection.vendor == "sqlite":
            nomes |= {f"{nome}_{evento.lower()}" for evento in gatilho.eventos}
        else:
            nomes.add(nome)
    return nomes


@pytest.mark.django_db
def test_gatilhos_estao_instalados():
    assert gatilhos_esperados() <= gatilhos_instalados()


@pytest.mark.django_db
def test_gatilhos_voltam_quando_uma_tabela_e_refeita():
    gatilhos.remover(connection)
    assert not gatilhos_esperados() & gatilhos_instalados()

    gatilhos.instalar_depois_de_migrar(using="default")
    gatilhos.instalar_depois_de_migrar(using="default")

    assert gatilhos_esperados() <= gatilhos_instalados()
