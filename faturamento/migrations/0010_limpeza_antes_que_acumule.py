"""On PostgreSQL, autovacuum visits invoices and payments at 2 % of changed or new rows, not at 20 %.

The painel adds up from indexes alone, which PostgreSQL can do only for pages that a vacuum
has seen since they changed; and what changes is the month that the painel shows.
`bench/admin.py` measures both.
"""

from django.db import migrations

PARTE = "0.02"
PARAMETROS = ("autovacuum_vacuum_scale_factor", "autovacuum_vacuum_insert_scale_factor")
MODELOS = ("fatura", "pagamento")


def apertar(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    parametros = ", ".join(f"{nome} = {PARTE}" for nome in PARAMETROS)
    for modelo in MODELOS:
        schema_editor.execute(f"ALTER TABLE faturamento_{modelo} SET ({parametros})")


def soltar(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for modelo in MODELOS:
        schema_editor.execute(f"ALTER TABLE faturamento_{modelo} RESET ({', '.join(PARAMETROS)})")


class Migration(migrations.Migration):
    dependencies = [("faturamento", "0009_somas_do_painel")]
    operations = [migrations.RunPython(apertar, soltar)]
