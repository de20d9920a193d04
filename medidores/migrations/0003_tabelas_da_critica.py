"""The crítica's limits of each class and the usual occurrences, as rows that staff may edit."""

from django.db import migrations

CLASSES = (
    "RESIDENCIAL",
    "RURAL",
    "COMERCIAL",
    "INDUSTRIAL",
    "PODER_PUBLICO",
    "ILUMINACAO_PUBLICA",
    "SERVICO_PUBLICO",
)
# code, description, what is billed with a reading and without one
OCORRENCIAS = (
    ("PORTAO_FECHADO", "Portão fechado, sem acesso ao medidor", "LEITURA", "ESTIMAR"),
    ("CAO_SOLTO", "Animal impede o acesso ao medidor", "LEITURA", "ESTIMAR"),
    ("IMOVEL_VAZIO", "Imóvel desocupado", "LEITURA", "DISPONIBILIDADE"),
    ("MEDIDOR_QUEBRADO", "Medidor danificado ou parado", "RETER", "ESTIMAR"),
    ("VISOR_ILEGIVEL", "Visor embaçado ou apagado", "RETER", "ESTIMAR"),
    ("MEDIDOR_NAO_ACHADO", "Medidor não localizado", "RETER", "PENDENCIA"),
    ("SUSPEITA_DE_FRAUDE", "Sinais de intervenção no medidor", "RETER", "PENDENCIA"),
)


def criar(apps, schema_editor):
    banco = schema_editor.connection.alias
    limites = apps.get_model("medidores", "LimiteCritica").objects.using(banco)
    for classe in CLASSES:
        limites.get_or_create(classe=classe)
    ocorrencias = apps.get_model("medidores", "OcorrenciaLeitura").objects.using(banco)
    for codigo, descricao, com_leitura, sem_leitura in OCORRENCIAS:
        ocorrencias.get_or_create(
            codigo=codigo,
            defaults={
                "descricao": descricao,
                "com_leitura": com_leitura,
                "sem_leitura": sem_leitura,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("medidores", "0002_critica_e_ocorrencias")]

    operations = [migrations.RunPython(criar, migrations.RunPython.noop)]
