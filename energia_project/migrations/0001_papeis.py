"""The six roles, as groups with their permissions.

Here, and not in an app: groups span all of them, and this package is the only
one above. Permissions are made after the last migration, so that those which
are missing are made now, from the models as they stand at this point.

A group that is there already, by this name, is the installation's own and stays
as it is. Backwards, a group that nobody is in goes; one with people stays.

`energia_project/papeis.py` is what the roles are today; this is a copy of the
day. A later change of a role is a migration of its own, which grants or takes
what is new and leaves the rest of the group alone.
"""

from django.apps import apps as instalados
from django.contrib.auth.management import create_permissions
from django.db import migrations

APPS = ("auditoria", "integracao", "clientes", "medidores", "faturamento", "auth", "axes")
VERBOS = {"v": "view", "i": "add", "a": "change", "e": "delete"}
PAPEIS = {
    "Atendimento": (
        {
            "clientes.cliente": "via",
            "medidores.unidadeconsumidora": "via",
            "medidores.medidor": "via",
            "medidores.leitura": "vi",
            "medidores.ocorrencialeitura": "v",
            "medidores.ocorrenciaregistrada": "vi",
            "faturamento.fatura": "v",
            "faturamento.pagamento": "v",
            "faturamento.lancamentoavulso": "vi",
            "faturamento.pendencia": "v",
            "faturamento.execucaofaturamento": "v",
            "faturamento.distribuidora": "v",
            "faturamento.tarifa": "v",
            "faturamento.bandeira": "v",
            "faturamento.aliquotatributo": "v",
            "faturamento.faixacip": "v",
        },
        ("clientes.ver_documento",),
    ),
    "Leitura": (
        {
            "clientes.cliente": "v",
            "medidores.unidadeconsumidora": "v",
            "medidores.medidor": "via",
            "medidores.leitura": "viae",
            "medidores.importacaoleituras": "via",
            "medidores.decisaoleitura": "v",
            "medidores.ocorrencialeitura": "via",
            "medidores.ocorrenciaregistrada": "viae",
            "medidores.limitecritica": "va",
            "faturamento.fatura": "v",
            "faturamento.pendencia": "v",
            "faturamento.execucaofaturamento": "v",
        },
        ("medidores.decidir_leitura",),
    ),
    "Faturamento": (
        {
            "clientes.cliente": "v",
            "medidores.unidadeconsumidora": "va",
            "medidores.medidor": "v",
            "medidores.leitura": "v",
            "medidores.importacaoleituras": "v",
            "medidores.decisaoleitura": "v",
            "medidores.ocorrencialeitura": "v",
            "medidores.ocorrenciaregistrada": "v",
            "medidores.limitecritica": "v",
            "faturamento.execucaofaturamento": "via",
            "faturamento.lotefaturamento": "v",
            "faturamento.tentativalote": "v",
            "faturamento.pendencia": "v",
            "faturamento.competenciafechada": "via",
            "faturamento.fatura": "viae",
            "faturamento.lancamentoavulso": "viae",
            "faturamento.pagamento": "v",
            "faturamento.alertaderascunho": "v",
            "faturamento.alertadegrupo": "v",
            "faturamento.limiteconferencia": "via",
            "faturamento.limitedogrupo": "via",
            "faturamento.motivocancelamento": "via",
            "faturamento.distribuidora": "via",
            "faturamento.sequenciafatura": "v",
            "faturamento.tarifa": "viae",
            "faturamento.bandeira": "viae",
            "faturamento.aliquotatributo": "viae",
            "faturamento.faixacip": "viae",
            "faturamento.pedidodeaprovacao": "v",
        },
        ("clientes.ver_documento", "faturamento.emitir_fatura", "faturamento.cancelar_fatura", "faturamento.refaturar_fatura", "faturamento.liberar_alertaderascunho", "faturamento.desfazer_execucaofaturamento", "faturamento.aprovar_pedidodeaprovacao",),
    ),
    "Arrecadação": (
        {
            "clientes.cliente": "v",
            "medidores.unidadeconsumidora": "v",
            "medidores.medidor": "v",
            "faturamento.fatura": "v",
            "faturamento.pagamento": "vi",
            "faturamento.lancamentoavulso": "v",
        },
        (),
    ),
}
VE_TUDO, PODE_TUDO = "Auditoria", "Administração"


def criar(apps, schema_editor):
    banco = schema_editor.connection.alias
    grupos = apps.get_model("auth", "Group").objects.using(banco)
    for app in APPS:
        create_permissions(instalados.get_app_config(app), apps=apps, using=banco, verbosity=0)
    linhas = apps.get_model("auth", "Permission").objects.using(banco)
    linhas = linhas.filter(content_type__app_label__in=APPS)
    linhas = linhas.exclude(content_type__model__startswith="historical")
    todas = {f"{p.content_type.app_label}.{p.codename}": p for p in linhas.select_related()}
    for nome in (*PAPEIS, VE_TUDO, PODE_TUDO):
        grupo, novo = grupos.get_or_create(name=nome)
        if novo:
            grupo.permissions.set([todas[codigo] for codigo in sorted(_codigos(nome, todas))])


def _codigos(nome, todas):
    if nome == PODE_TUDO:
        return set(todas)
    if nome == VE_TUDO:
        ver = {codigo for codigo in todas if codigo.split(".")[1].startswith("view_")}
        return ver | {"clientes.ver_documento"}
    modelos, atos = PAPEIS[nome]
    pares = [(*modelo.split("."), letra) for modelo, letras in modelos.items() for letra in letras]
    return {f"{app}.{VERBOS[letra]}_{modelo}" for app, modelo, letra in pares} | set(atos)


def retirar(apps, schema_editor):
    banco = schema_editor.connection.alias
    grupos = apps.get_model("auth", "Group").objects.using(banco)
    grupos.filter(name__in=[*PAPEIS, VE_TUDO, PODE_TUDO], user__isnull=True).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auditoria", "0002_trilha"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("axes", "0010_accessattemptexpiration"),
        ("clientes", "0002_ver_documento"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("faturamento", "0009_somas_do_painel"),
        ("integracao", "0002_chaves_e_limites"),
        ("medidores", "0005_indice_da_lista_de_leituras"),
    ]

    operations = [migrations.RunPython(criar, retirar)]
