"""Exclusion constraints of the dated rows on PostgreSQL; SQLite has triggers instead."""

from django.db import migrations

DIAS = "daterange(vigente_de, vigente_ate, '[)') WITH &&"
CHAVES = {
    "tarifa": (
        "distribuidora_id WITH =, subgrupo WITH =, modalidade WITH =, classe WITH =, "
        "subclasse WITH =, posto WITH =, (COALESCE(faixa_ate_kwh, -1)) WITH =, "
    ),
    "bandeira": "",
    "aliquotatributo": (
        "tributo WITH =, (COALESCE(distribuidora_id, -1)) WITH =, uf WITH =, classe WITH =, "
        "(COALESCE(faixa_ate_kwh, -1)) WITH =, "
    ),
    "faixacip": (
        "distribuidora_id WITH =, municipio_ibge WITH =, classe WITH =, "
        "(COALESCE(faixa_ate_kwh, -1)) WITH =, "
    ),
}


def criar(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for modelo, chave in CHAVES.items():
        schema_editor.execute(
            f"ALTER TABLE faturamento_{modelo} ADD CONSTRAINT {modelo}_sem_sobreposicao "
            f"EXCLUDE USING gist ({chave}{DIAS})"
        )


def desfazer(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for modelo in CHAVES:
        schema_editor.execute(
            f"ALTER TABLE faturamento_{modelo} DROP CONSTRAINT {modelo}_sem_sobreposicao"
        )


class Migration(migrations.Migration):
    dependencies = [("faturamento", "0002_relacoes")]
    operations = [migrations.RunPython(criar, desfazer)]
