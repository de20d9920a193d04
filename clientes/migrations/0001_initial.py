

import comum.django_base.modelos
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Cliente',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nome', comum.django_base.modelos.TextoField(max_length=200, verbose_name='nome')),
                ('nome_busca', comum.django_base.modelos.TextoField(db_index=True, editable=False, max_length=400, verbose_name='nome para busca')),
                ('documento', comum.django_base.modelos.TextoField(blank=True, error_messages={'unique': 'Já existe um cliente com este CPF ou CNPJ.'}, help_text='Com ou sem pontuação; pode ficar em branco.', max_length=14, null=True, unique=True, verbose_name='CPF ou CNPJ')),
                ('endereco', comum.django_base.modelos.TextoField(blank=True, max_length=300, verbose_name='endereço')),
                ('telefone', comum.django_base.modelos.TextoField(blank=True, max_length=30, verbose_name='telefone')),
                ('email_cliente', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('data_cadastro', models.DateField(default=comum.django_base.modelos.hoje, editable=False, verbose_name='data de cadastro')),
            ],
            options={
                'verbose_name': 'cliente',
                'verbose_name_plural': 'clientes',
                'constraints': [models.CheckConstraint(condition=models.Q(('nome', ''), _negated=True), name='cliente_com_nome', violation_error_message='O cliente precisa de um nome.'), models.CheckConstraint(condition=models.Q(('documento__isnull', True), models.Q(('documento', ''), _negated=True), _connector='OR'), name='cliente_documento_nulo_ou_preenchido', violation_error_message='Sem documento, deixe o campo nulo, não vazio.')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalCliente',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('nome', comum.django_base.modelos.TextoField(max_length=200, verbose_name='nome')),
                ('documento', comum.django_base.modelos.TextoField(blank=True, db_index=True, error_messages={'unique': 'Já existe um cliente com este CPF ou CNPJ.'}, help_text='Com ou sem pontuação; pode ficar em branco.', max_length=14, null=True, verbose_name='CPF ou CNPJ')),
                ('endereco', comum.django_base.modelos.TextoField(blank=True, max_length=300, verbose_name='endereço')),
                ('telefone', comum.django_base.modelos.TextoField(blank=True, max_length=30, verbose_name='telefone')),
                ('email_cliente', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('data_cadastro', models.DateField(default=comum.django_base.modelos.hoje, editable=False, verbose_name='data de cadastro')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'histórico de cliente',
                'verbose_name_plural': 'historical clientes',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
