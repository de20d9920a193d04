"""The usual motives of a cancellation and the limits of the checks, as rows that staff may edit."""

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
MOTIVOS = (
    ("LEITURA_ERRADA", "Leitura errada"),
    ("TARIFA_ERRADA", "Tarifa, tributo ou bandeira errados"),
    ("CADASTRO_ERRADO", "Cadastro errado da unidade ou do cliente"),
    ("TITULAR_ERRADO", "Fatura emitida para o titular errado"),
    ("LANCAMENTO_INDEVIDO", "Lançamento indevido"),
    ("DUPLICIDADE", "Fatura em duplicidade"),
    ("DECISAO_ADMINISTRATIVA", "Decisão administrativa ou judicial"),
    ("OUTRO", "Outro motivo (descreva no detalhe)"),
)


def criar(apps, schema_editor):
    banco = schema_editor.connection.alias
    motivos = apps.get_model("faturamento", "MotivoCancelamento").objects.using(banco)
    for codigo, descricao in MOTIVOS:
        dados = {"descricao": descricao, "exige_detalhe": codigo == "OUTRO"}
        motivos.get_or_create(codigo=codigo, defaults=dados)
    limites = apps.get_model("faturamento", "LimiteConferencia").objects.using(banco)
    for classe in CLASSES:
        limites.get_or_create(classe=classe)
    grupos = apps.get_model("faturamento", "LimiteDoGrupo").objects.using(banco)
    grupos.get_or_create(grupo_leitura="", defaults={"percentual_pendente": 20})


class Migration(migrations.Migration):
    dependencies = [("faturamento", "0005_correcao_de_faturas")]

    operations = [migrations.RunPython(criar, migrations.RunPython.noop)]
