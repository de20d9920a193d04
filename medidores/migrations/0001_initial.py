

import comum.django_base.modelos
import comum.vocabulario
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import simple_history.models
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clientes', '0001_initial'),
        ('faturamento', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalUnidadeConsumidora',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('codigo', comum.django_base.modelos.TextoField(db_index=True, error_messages={'unique': 'Já existe uma unidade consumidora com este código.'}, max_length=40, verbose_name='código')),
                ('endereco', comum.django_base.modelos.TextoField(blank=True, max_length=300, verbose_name='endereço')),
                ('municipio_ibge', comum.django_base.modelos.TextoField(blank=True, help_text='7 dígitos; define a contribuição de iluminação pública.', max_length=7, verbose_name='município (código IBGE)')),
                ('uf', comum.django_base.modelos.TextoField(blank=True, choices=[('AC', 'AC'), ('AL', 'AL'), ('AM', 'AM'), ('AP', 'AP'), ('BA', 'BA'), ('CE', 'CE'), ('DF', 'DF'), ('ES', 'ES'), ('GO', 'GO'), ('MA', 'MA'), ('MG', 'MG'), ('MS', 'MS'), ('MT', 'MT'), ('PA', 'PA'), ('PB', 'PB'), ('PE', 'PE'), ('PI', 'PI'), ('PR', 'PR'), ('RJ', 'RJ'), ('RN', 'RN'), ('RO', 'RO'), ('RR', 'RR'), ('RS', 'RS'), ('SC', 'SC'), ('SE', 'SE'), ('SP', 'SP'), ('TO', 'TO')], max_length=2, verbose_name='UF')),
                ('classe', comum.django_base.modelos.TextoField(choices=[('RESIDENCIAL', 'residencial'), ('RURAL', 'rural'), ('COMERCIAL', 'comercial'), ('INDUSTRIAL', 'industrial'), ('PODER_PUBLICO', 'poder público'), ('ILUMINACAO_PUBLICA', 'iluminação pública'), ('SERVICO_PUBLICO', 'serviço público')], default=comum.vocabulario.Classe['RESIDENCIAL'], max_length=20, verbose_name='classe')),
                ('subclasse', comum.django_base.modelos.TextoField(blank=True, choices=[('RESIDENCIAL', 'residencial'), ('BAIXA_RENDA', 'baixa renda (Tarifa Social)'), ('INDIGENA_QUILOMBOLA', 'indígena ou quilombola (Tarifa Social)'), ('DESCONTO_SOCIAL', 'Desconto Social'), ('RURAL', 'rural'), ('COMERCIAL', 'comercial'), ('INDUSTRIAL', 'industrial'), ('PODER_PUBLICO', 'poder público'), ('ILUMINACAO_PUBLICA', 'iluminação pública'), ('SERVICO_PUBLICO', 'serviço público')], help_text='Em branco: a própria classe.', max_length=20, verbose_name='subclasse')),
                ('subgrupo', comum.django_base.modelos.TextoField(blank=True, choices=[('B1', 'B1 – residencial'), ('B2', 'B2 – rural'), ('B3', 'B3 – demais classes'), ('B4A', 'B4a – iluminação pública, rede de distribuição'), ('B4B', 'B4b – iluminação pública, bulbo da lâmpada')], help_text='Em branco: o da classe.', max_length=3, verbose_name='subgrupo')),
                ('modalidade', comum.django_base.modelos.TextoField(choices=[('CONVENCIONAL', 'convencional'), ('BRANCA', 'branca')], default=comum.vocabulario.Modalidade['CONVENCIONAL'], max_length=12, verbose_name='modalidade tarifária')),
                ('ligacao', comum.django_base.modelos.TextoField(choices=[('MONOFASICA', 'monofásica'), ('BIFASICA_2_CONDUTORES', 'bifásica a 2 condutores'), ('BIFASICA_3_CONDUTORES', 'bifásica a 3 condutores'), ('TRIFASICA', 'trifásica')], default=comum.vocabulario.Ligacao['MONOFASICA'], max_length=22, verbose_name='tipo de ligação')),
                ('grupo_leitura', comum.django_base.modelos.TextoField(blank=True, db_index=True, max_length=20, verbose_name='grupo de leitura')),
                ('dia_vencimento', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31)], verbose_name='dia do vencimento')),
                ('situacao', comum.django_base.modelos.TextoField(choices=[('ATIVA', 'ativa'), ('SUSPENSA', 'suspensa'), ('DESLIGADA', 'desligada')], default='ATIVA', max_length=10, verbose_name='situação')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('distribuidora', models.ForeignKey(blank=True, db_constraint=False, help_text='Em branco: a única cadastrada.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='faturamento.distribuidora', verbose_name='distribuidora')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'histórico de unidade consumidora',
                'verbose_name_plural': 'historical unidades consumidoras',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='ImportacaoLeituras',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('arquivo_nome', comum.django_base.modelos.TextoField(max_length=255, verbose_name='arquivo')),
                ('sha256', comum.django_base.modelos.TextoField(db_index=True, max_length=64, verbose_name='SHA-256')),
                ('situacao', comum.django_base.modelos.TextoField(choices=[('CONCLUIDA', 'concluída'), ('DESFEITA', 'desfeita')], default='CONCLUIDA', max_length=12, verbose_name='situação')),
                ('linhas', models.PositiveIntegerField(default=0, verbose_name='linhas')),
                ('aceitas', models.PositiveIntegerField(default=0, verbose_name='aceitas')),
                ('retidas', models.PositiveIntegerField(default=0, verbose_name='retidas')),
                ('recusadas', models.PositiveIntegerField(default=0, verbose_name='recusadas')),
                ('repetidas', models.PositiveIntegerField(default=0, verbose_name='repetidas')),
                ('importada_em', models.DateTimeField(verbose_name='importada em')),
                ('desfeita_em', models.DateTimeField(blank=True, null=True, verbose_name='desfeita em')),
                ('importada_por', models.ForeignKey(blank=True, help_text='Em branco: pela linha de comando.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='importada por')),
            ],
            options={
                'verbose_name': 'importação de leituras',
                'verbose_name_plural': 'importações de leituras',
            },
        ),
        migrations.CreateModel(
            name='Medidor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('numero_medidor', comum.django_base.modelos.TextoField(error_messages={'unique': 'Já existe um medidor com este número.'}, max_length=50, unique=True, verbose_name='número do medidor')),
                ('tipo', comum.django_base.modelos.TextoField(blank=True, max_length=60, verbose_name='tipo')),
                ('digitos', models.PositiveSmallIntegerField(default=5, help_text='Com 5 dígitos o mostrador vai de 0 a 99999 e volta a zero.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(12)], verbose_name='dígitos do mostrador')),
                ('constante', models.DecimalField(decimal_places=4, default=Decimal('1'), help_text='kWh por unidade do mostrador.', max_digits=10, validators=[django.core.validators.MinValueValidator(Decimal('0.0001'), message='A constante deve ser maior que zero, até 4 casas.')], verbose_name='constante de multiplicação')),
                ('data_instalacao', models.DateField(default=comum.django_base.modelos.hoje, verbose_name='data de instalação')),
                ('data_retirada', models.DateField(blank=True, null=True, verbose_name='data de retirada')),
                ('cliente', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='medidores', to='clientes.cliente', verbose_name='cliente')),
            ],
            options={
                'verbose_name': 'medidor',
                'verbose_name_plural': 'medidores',
            },
        ),
        migrations.CreateModel(
            name='Leitura',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('registrador', comum.django_base.modelos.TextoField(choices=[('ATIVA_TOTAL', 'ativa total'), ('ATIVA_PONTA', 'ativa ponta'), ('ATIVA_INTERMEDIARIO', 'ativa intermediário'), ('ATIVA_FORA_PONTA', 'ativa fora ponta'), ('INJETADA', 'injetada'), ('INJETADA_PONTA', 'injetada ponta'), ('INJETADA_INTERMEDIARIO', 'injetada intermediário'), ('INJETADA_FORA_PONTA', 'injetada fora ponta')], default=comum.vocabulario.Registrador['ATIVA_TOTAL'], max_length=22, verbose_name='registrador')),
                ('data_leitura', models.DateTimeField(default=django.utils.timezone.now, verbose_name='data da leitura')),
                ('leitura_kwh', comum.django_base.modelos.EnergiaField(decimal_places=3, help_text='O que o mostrador acumula, em kWh.', max_digits=15, verbose_name='leitura')),
                ('valor_informado', comum.django_base.modelos.EnergiaField(decimal_places=3, editable=False, max_digits=15, verbose_name='valor informado')),
                ('origem', comum.django_base.modelos.TextoField(choices=[('CAMPO', 'leitura em campo'), ('TELEMEDIDA', 'telemedida'), ('AUTOLEITURA', 'autoleitura'), ('ESTIMADA', 'estimada'), ('INSTALACAO', 'instalação do medidor'), ('RETIRADA', 'retirada do medidor'), ('API', 'API')], default='CAMPO', max_length=12, verbose_name='origem')),
                ('situacao', comum.django_base.modelos.TextoField(choices=[('VALIDA', 'válida'), ('RETIDA', 'retida pela crítica'), ('REJEITADA', 'rejeitada'), ('SUBSTITUIDA', 'substituída')], default='VALIDA', editable=False, max_length=12, verbose_name='situação')),
                ('ocorrencia', comum.django_base.modelos.TextoField(blank=True, editable=False, max_length=40, verbose_name='ocorrência')),
                ('observacao', comum.django_base.modelos.TextoField(blank=True, max_length=300, verbose_name='observação')),
                ('registrada_em', models.DateTimeField(auto_now_add=True, verbose_name='registrada em')),
                ('importacao', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='leituras', to='medidores.importacaoleituras', verbose_name='importação')),
                ('substitui', models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='substituta', to='medidores.leitura', verbose_name='substitui')),
                ('medidor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leituras', to='medidores.medidor', verbose_name='medidor')),
            ],
            options={
                'verbose_name': 'leitura',
                'verbose_name_plural': 'leituras',
            },
        ),
        migrations.CreateModel(
            name='HistoricalLeitura',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('registrador', comum.django_base.modelos.TextoField(choices=[('ATIVA_TOTAL', 'ativa total'), ('ATIVA_PONTA', 'ativa ponta'), ('ATIVA_INTERMEDIARIO', 'ativa intermediário'), ('ATIVA_FORA_PONTA', 'ativa fora ponta'), ('INJETADA', 'injetada'), ('INJETADA_PONTA', 'injetada ponta'), ('INJETADA_INTERMEDIARIO', 'injetada intermediário'), ('INJETADA_FORA_PONTA', 'injetada fora ponta')], default=comum.vocabulario.Registrador['ATIVA_TOTAL'], max_length=22, verbose_name='registrador')),
                ('data_leitura', models.DateTimeField(default=django.utils.timezone.now, verbose_name='data da leitura')),
                ('leitura_kwh', comum.django_base.modelos.EnergiaField(decimal_places=3, help_text='O que o mostrador acumula, em kWh.', max_digits=15, verbose_name='leitura')),
                ('valor_informado', comum.django_base.modelos.EnergiaField(decimal_places=3, editable=False, max_digits=15, verbose_name='valor informado')),
                ('origem', comum.django_base.modelos.TextoField(choices=[('CAMPO', 'leitura em campo'), ('TELEMEDIDA', 'telemedida'), ('AUTOLEITURA', 'autoleitura'), ('ESTIMADA', 'estimada'), ('INSTALACAO', 'instalação do medidor'), ('RETIRADA', 'retirada do medidor'), ('API', 'API')], default='CAMPO', max_length=12, verbose_name='origem')),
                ('situacao', comum.django_base.modelos.TextoField(choices=[('VALIDA', 'válida'), ('RETIDA', 'retida pela crítica'), ('REJEITADA', 'rejeitada'), ('SUBSTITUIDA', 'substituída')], default='VALIDA', editable=False, max_length=12, verbose_name='situação')),
                ('ocorrencia', comum.django_base.modelos.TextoField(blank=True, editable=False, max_length=40, verbose_name='ocorrência')),
                ('observacao', comum.django_base.modelos.TextoField(blank=True, max_length=300, verbose_name='observação')),
                ('registrada_em', models.DateTimeField(blank=True, editable=False, verbose_name='registrada em')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('importacao', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='medidores.importacaoleituras', verbose_name='importação')),
                ('substitui', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='medidores.leitura', verbose_name='substitui')),
                ('medidor', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='medidores.medidor', verbose_name='medidor')),
            ],
            options={
                'verbose_name': 'histórico de leitura',
                'verbose_name_plural': 'historical leituras',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='UnidadeConsumidora',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('codigo', comum.django_base.modelos.TextoField(error_messages={'unique': 'Já existe uma unidade consumidora com este código.'}, max_length=40, unique=True, verbose_name='código')),
                ('endereco', comum.django_base.modelos.TextoField(blank=True, max_length=300, verbose_name='endereço')),
                ('municipio_ibge', comum.django_base.modelos.TextoField(blank=True, help_text='7 dígitos; define a contribuição de iluminação pública.', max_length=7, verbose_name='município (código IBGE)')),
                ('uf', comum.django_base.modelos.TextoField(blank=True, choices=[('AC', 'AC'), ('AL', 'AL'), ('AM', 'AM'), ('AP', 'AP'), ('BA', 'BA'), ('CE', 'CE'), ('DF', 'DF'), ('ES', 'ES'), ('GO', 'GO'), ('MA', 'MA'), ('MG', 'MG'), ('MS', 'MS'), ('MT', 'MT'), ('PA', 'PA'), ('PB', 'PB'), ('PE', 'PE'), ('PI', 'PI'), ('PR', 'PR'), ('RJ', 'RJ'), ('RN', 'RN'), ('RO', 'RO'), ('RR', 'RR'), ('RS', 'RS'), ('SC', 'SC'), ('SE', 'SE'), ('SP', 'SP'), ('TO', 'TO')], max_length=2, verbose_name='UF')),
                ('classe', comum.django_base.modelos.TextoField(choices=[('RESIDENCIAL', 'residencial'), ('RURAL', 'rural'), ('COMERCIAL', 'comercial'), ('INDUSTRIAL', 'industrial'), ('PODER_PUBLICO', 'poder público'), ('ILUMINACAO_PUBLICA', 'iluminação pública'), ('SERVICO_PUBLICO', 'serviço público')], default=comum.vocabulario.Classe['RESIDENCIAL'], max_length=20, verbose_name='classe')),
                ('subclasse', comum.django_base.modelos.TextoField(blank=True, choices=[('RESIDENCIAL', 'residencial'), ('BAIXA_RENDA', 'baixa renda (Tarifa Social)'), ('INDIGENA_QUILOMBOLA', 'indígena ou quilombola (Tarifa Social)'), ('DESCONTO_SOCIAL', 'Desconto Social'), ('RURAL', 'rural'), ('COMERCIAL', 'comercial'), ('INDUSTRIAL', 'industrial'), ('PODER_PUBLICO', 'poder público'), ('ILUMINACAO_PUBLICA', 'iluminação pública'), ('SERVICO_PUBLICO', 'serviço público')], help_text='Em branco: a própria classe.', max_length=20, verbose_name='subclasse')),
                ('subgrupo', comum.django_base.modelos.TextoField(blank=True, choices=[('B1', 'B1 – residencial'), ('B2', 'B2 – rural'), ('B3', 'B3 – demais classes'), ('B4A', 'B4a – iluminação pública, rede de distribuição'), ('B4B', 'B4b – iluminação pública, bulbo da lâmpada')], help_text='Em branco: o da classe.', max_length=3, verbose_name='subgrupo')),
                ('modalidade', comum.django_base.modelos.TextoField(choices=[('CONVENCIONAL', 'convencional'), ('BRANCA', 'branca')], default=comum.vocabulario.Modalidade['CONVENCIONAL'], max_length=12, verbose_name='modalidade tarifária')),
                ('ligacao', comum.django_base.modelos.TextoField(choices=[('MONOFASICA', 'monofásica'), ('BIFASICA_2_CONDUTORES', 'bifásica a 2 condutores'), ('BIFASICA_3_CONDUTORES', 'bifásica a 3 condutores'), ('TRIFASICA', 'trifásica')], default=comum.vocabulario.Ligacao['MONOFASICA'], max_length=22, verbose_name='tipo de ligação')),
                ('grupo_leitura', comum.django_base.modelos.TextoField(blank=True, db_index=True, max_length=20, verbose_name='grupo de leitura')),
                ('dia_vencimento', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31)], verbose_name='dia do vencimento')),
                ('situacao', comum.django_base.modelos.TextoField(choices=[('ATIVA', 'ativa'), ('SUSPENSA', 'suspensa'), ('DESLIGADA', 'desligada')], default='ATIVA', max_length=10, verbose_name='situação')),
                ('distribuidora', models.ForeignKey(blank=True, help_text='Em branco: a única cadastrada.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='unidades', to='faturamento.distribuidora', verbose_name='distribuidora')),
            ],
            options={
                'verbose_name': 'unidade consumidora',
                'verbose_name_plural': 'unidades consumidoras',
            },
        ),
        migrations.AddField(
            model_name='medidor',
            name='unidade',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='medidores', to='medidores.unidadeconsumidora', verbose_name='unidade consumidora'),
        ),
        migrations.CreateModel(
            name='HistoricalMedidor',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('numero_medidor', comum.django_base.modelos.TextoField(db_index=True, error_messages={'unique': 'Já existe um medidor com este número.'}, max_length=50, verbose_name='número do medidor')),
                ('tipo', comum.django_base.modelos.TextoField(blank=True, max_length=60, verbose_name='tipo')),
                ('digitos', models.PositiveSmallIntegerField(default=5, help_text='Com 5 dígitos o mostrador vai de 0 a 99999 e volta a zero.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(12)], verbose_name='dígitos do mostrador')),
                ('constante', models.DecimalField(decimal_places=4, default=Decimal('1'), help_text='kWh por unidade do mostrador.', max_digits=10, validators=[django.core.validators.MinValueValidator(Decimal('0.0001'), message='A constante deve ser maior que zero, até 4 casas.')], verbose_name='constante de multiplicação')),
                ('data_instalacao', models.DateField(default=comum.django_base.modelos.hoje, verbose_name='data de instalação')),
                ('data_retirada', models.DateField(blank=True, null=True, verbose_name='data de retirada')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('cliente', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='clientes.cliente', verbose_name='cliente')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unidade', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='medidores.unidadeconsumidora', verbose_name='unidade consumidora')),
            ],
            options={
                'verbose_name': 'histórico de medidor',
                'verbose_name_plural': 'historical medidores',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddConstraint(
            model_name='importacaoleituras',
            constraint=models.CheckConstraint(condition=models.Q(('linhas', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('aceitas'), '+', models.F('retidas')), '+', models.F('recusadas')), '+', models.F('repetidas')))), name='importacao_cada_linha_tem_um_destino', violation_error_message='A soma dos destinos deve ser o número de linhas.'),
        ),
        migrations.AddConstraint(
            model_name='importacaoleituras',
            constraint=models.CheckConstraint(condition=models.Q(('situacao__in', ['CONCLUIDA', 'DESFEITA'])), name='importacao_situacao_conhecida', violation_error_message='Valor desconhecido em situacao. Use um de: CONCLUIDA, DESFEITA.'),
        ),
        migrations.AddIndex(
            model_name='leitura',
            index=models.Index(fields=['situacao', 'data_leitura'], name='leitura_situacao_data'),
        ),
        migrations.AddConstraint(
            model_name='leitura',
            constraint=models.UniqueConstraint(condition=models.Q(('situacao__in', ['VALIDA', 'RETIDA'])), fields=('medidor', 'registrador', 'data_leitura'), name='leitura_unica_por_registrador_e_instante', violation_error_message='Já existe uma leitura deste registrador do medidor neste instante.'),
        ),
        migrations.AddConstraint(
            model_name='leitura',
            constraint=models.CheckConstraint(condition=models.Q(('leitura_kwh__gte', 0), ('valor_informado__gte', 0)), name='leitura_nao_negativa', violation_error_message='A leitura não pode ser negativa.'),
        ),
        migrations.AddConstraint(
            model_name='leitura',
            constraint=models.CheckConstraint(condition=models.Q(('registrador__in', ['ATIVA_TOTAL', 'ATIVA_PONTA', 'ATIVA_INTERMEDIARIO', 'ATIVA_FORA_PONTA', 'INJETADA', 'INJETADA_PONTA', 'INJETADA_INTERMEDIARIO', 'INJETADA_FORA_PONTA'])), name='leitura_registrador_conhecido', violation_error_message='Valor desconhecido em registrador. Use um de: ATIVA_TOTAL, ATIVA_PONTA, ATIVA_INTERMEDIARIO, ATIVA_FORA_PONTA, INJETADA, INJETADA_PONTA, INJETADA_INTERMEDIARIO, INJETADA_FORA_PONTA.'),
        ),
        migrations.AddConstraint(
            model_name='leitura',
            constraint=models.CheckConstraint(condition=models.Q(('origem__in', ['CAMPO', 'TELEMEDIDA', 'AUTOLEITURA', 'ESTIMADA', 'INSTALACAO', 'RETIRADA', 'API'])), name='leitura_origem_conhecida', violation_error_message='Valor desconhecido em origem. Use um de: CAMPO, TELEMEDIDA, AUTOLEITURA, ESTIMADA, INSTALACAO, RETIRADA, API.'),
        ),
        migrations.AddConstraint(
            model_name='leitura',
            constraint=models.CheckConstraint(condition=models.Q(('situacao__in', ['VALIDA', 'RETIDA', 'REJEITADA', 'SUBSTITUIDA'])), name='leitura_situacao_conhecida', violation_error_message='Valor desconhecido em situacao. Use um de: VALIDA, RETIDA, REJEITADA, SUBSTITUIDA.'),
        ),
        migrations.AddConstraint(
            model_name='unidadeconsumidora',
            constraint=models.CheckConstraint(condition=models.Q(('classe__in', ['RESIDENCIAL', 'RURAL', 'COMERCIAL', 'INDUSTRIAL', 'PODER_PUBLICO', 'ILUMINACAO_PUBLICA', 'SERVICO_PUBLICO'])), name='uc_classe_conhecida', violation_error_message='Valor desconhecido em classe. Use um de: RESIDENCIAL, RURAL, COMERCIAL, INDUSTRIAL, PODER_PUBLICO, ILUMINACAO_PUBLICA, SERVICO_PUBLICO.'),
        ),
        migrations.AddConstraint(
            model_name='unidadeconsumidora',
            constraint=models.CheckConstraint(condition=models.Q(('subclasse__in', ['RESIDENCIAL', 'BAIXA_RENDA', 'INDIGENA_QUILOMBOLA', 'DESCONTO_SOCIAL', 'RURAL', 'COMERCIAL', 'INDUSTRIAL', 'PODER_PUBLICO', 'ILUMINACAO_PUBLICA', 'SERVICO_PUBLICO'])), name='uc_subclasse_conhecida', violation_error_message='Valor desconhecido em subclasse. Use um de: RESIDENCIAL, BAIXA_RENDA, INDIGENA_QUILOMBOLA, DESCONTO_SOCIAL, RURAL, COMERCIAL, INDUSTRIAL, PODER_PUBLICO, ILUMINACAO_PUBLICA, SERVICO_PUBLICO.'),
        ),
        migrations.AddConstraint(
            model_name='unidadeconsumidora',
            constraint=models.CheckConstraint(condition=models.Q(('subgrupo__in', ['B1', 'B2', 'B3', 'B4A', 'B4B'])), name='uc_subgrupo_conhecido', violation_error_message='Valor desconhecido em subgrupo. Use um de: B1, B2, B3, B4A, B4B.'),
        ),
        migrations.AddConstraint(
            model_name='unidadeconsumidora',
            constraint=models.CheckConstraint(condition=models.Q(('modalidade__in', ['CONVENCIONAL', 'BRANCA'])), name='uc_modalidade_conhecida', violation_error_message='Valor desconhecido em modalidade. Use um de: CONVENCIONAL, BRANCA.'),
        ),
        migrations.AddConstraint(
            model_name='unidadeconsumidora',
            constraint=models.CheckConstraint(condition=models.Q(('ligacao__in', ['MONOFASICA', 'BIFASICA_2_CONDUTORES', 'BIFASICA_3_CONDUTORES', 'TRIFASICA'])), name='uc_ligacao_conhecida', violation_error_message='Valor desconhecido em ligacao. Use um de: MONOFASICA, BIFASICA_2_CONDUTORES, BIFASICA_3_CONDUTORES, TRIFASICA.'),
        ),
        migrations.AddConstraint(
            model_name='unidadeconsumidora',
            constraint=models.CheckConstraint(condition=models.Q(('situacao__in', ['ATIVA', 'SUSPENSA', 'DESLIGADA'])), name='uc_situacao_conhecida', violation_error_message='Valor desconhecido em situacao. Use um de: ATIVA, SUSPENSA, DESLIGADA.'),
        ),
        migrations.AddConstraint(
            model_name='unidadeconsumidora',
            constraint=models.CheckConstraint(condition=models.Q(('dia_vencimento__range', (1, 31))), name='uc_dia_vencimento_de_1_a_31', violation_error_message='O dia do vencimento vai de 1 a 31.'),
        ),
        migrations.AddConstraint(
            model_name='unidadeconsumidora',
            constraint=models.CheckConstraint(condition=models.Q(('codigo', ''), _negated=True), name='uc_com_codigo', violation_error_message='A unidade consumidora precisa de um código.'),
        ),
        migrations.AddConstraint(
            model_name='medidor',
            constraint=models.UniqueConstraint(condition=models.Q(('data_retirada__isnull', True)), fields=('unidade',), name='um_medidor_ativo_por_unidade', violation_error_message='A unidade consumidora já tem um medidor ativo. Registre a retirada dele antes de instalar outro.'),
        ),
        migrations.AddConstraint(
            model_name='medidor',
            constraint=models.CheckConstraint(condition=models.Q(('numero_medidor', ''), _negated=True), name='medidor_com_numero', violation_error_message='O medidor precisa de um número.'),
        ),
        migrations.AddConstraint(
            model_name='medidor',
            constraint=models.CheckConstraint(condition=models.Q(('digitos__range', (1, 12))), name='medidor_digitos_conhecidos', violation_error_message='O mostrador tem de 1 a 12 dígitos.'),
        ),
        migrations.AddConstraint(
            model_name='medidor',
            constraint=models.CheckConstraint(condition=models.Q(('constante__gt', 0)), name='medidor_constante_positiva', violation_error_message='A constante de multiplicação deve ser maior que zero.'),
        ),
        migrations.AddConstraint(
            model_name='medidor',
            constraint=models.CheckConstraint(condition=models.Q(('data_retirada__isnull', True), ('data_retirada__gte', models.F('data_instalacao')), _connector='OR'), name='medidor_retirado_depois_de_instalado', violation_error_message='A retirada não pode ser anterior à instalação.'),
        ),
    ]
