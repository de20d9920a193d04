

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clientes', '0001_initial'),
        ('faturamento', '0001_initial'),
        ('medidores', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='fatura',
            name='unidade',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='faturas', to='medidores.unidadeconsumidora', verbose_name='unidade consumidora'),
        ),
        migrations.AddField(
            model_name='historicalaliquotatributo',
            name='distribuidora',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='Em branco: todas.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='faturamento.distribuidora', verbose_name='distribuidora'),
        ),
        migrations.AddField(
            model_name='historicalaliquotatributo',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalbandeira',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicaldistribuidora',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalfaixacip',
            name='distribuidora',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='faturamento.distribuidora', verbose_name='distribuidora'),
        ),
        migrations.AddField(
            model_name='historicalfaixacip',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalfatura',
            name='cancelada_por',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='cancelada por'),
        ),
        migrations.AddField(
            model_name='historicalfatura',
            name='cliente',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='clientes.cliente', verbose_name='cliente'),
        ),
        migrations.AddField(
            model_name='historicalfatura',
            name='execucao',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='faturamento.execucaofaturamento', verbose_name='execução'),
        ),
        migrations.AddField(
            model_name='historicalfatura',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalfatura',
            name='substitui',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='faturamento.fatura', verbose_name='substitui'),
        ),
        migrations.AddField(
            model_name='historicalfatura',
            name='unidade',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='medidores.unidadeconsumidora', verbose_name='unidade consumidora'),
        ),
        migrations.AddField(
            model_name='historicalpagamento',
            name='fatura',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='faturamento.fatura', verbose_name='fatura'),
        ),
        migrations.AddField(
            model_name='historicalpagamento',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalpagamento',
            name='registrado_por',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='registrado por'),
        ),
        migrations.AddField(
            model_name='historicaltarifa',
            name='distribuidora',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='faturamento.distribuidora', verbose_name='distribuidora'),
        ),
        migrations.AddField(
            model_name='historicaltarifa',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='lotefaturamento',
            name='execucao',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lotes', to='faturamento.execucaofaturamento', verbose_name='execução'),
        ),
        migrations.AddField(
            model_name='pagamento',
            name='estorna',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='estorno', to='faturamento.pagamento', verbose_name='estorna'),
        ),
        migrations.AddField(
            model_name='pagamento',
            name='fatura',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pagamentos', to='faturamento.fatura', verbose_name='fatura'),
        ),
        migrations.AddField(
            model_name='pagamento',
            name='registrado_por',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='registrado por'),
        ),
        migrations.AddField(
            model_name='historicalpagamento',
            name='estorna',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='faturamento.pagamento', verbose_name='estorna'),
        ),
        migrations.AddField(
            model_name='pendencia',
            name='execucao',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pendencias', to='faturamento.execucaofaturamento', verbose_name='execução'),
        ),
        migrations.AddField(
            model_name='pendencia',
            name='unidade',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pendencias', to='medidores.unidadeconsumidora', verbose_name='unidade consumidora'),
        ),
        migrations.AddField(
            model_name='tarifa',
            name='distribuidora',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tarifas', to='faturamento.distribuidora', verbose_name='distribuidora'),
        ),
        migrations.AddField(
            model_name='tentativalote',
            name='lote',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tentativas', to='faturamento.lotefaturamento', verbose_name='lote'),
        ),
        migrations.AddConstraint(
            model_name='aliquotatributo',
            constraint=models.CheckConstraint(condition=models.Q(('vigente_ate__isnull', True), ('vigente_ate__gt', models.F('vigente_de')), _connector='OR'), name='aliquotatributo_vigencia_tem_ao_menos_um_dia', violation_error_message='O fim da vigência deve ser depois do início.'),
        ),
        migrations.AddConstraint(
            model_name='aliquotatributo',
            constraint=models.CheckConstraint(condition=models.Q(('tributo__in', ['ICMS', 'PIS', 'COFINS', 'CBS', 'IBS'])), name='aliquota_tributo_conhecido', violation_error_message='Valor desconhecido em tributo. Use um de: ICMS, PIS, COFINS, CBS, IBS.'),
        ),
        migrations.AddConstraint(
            model_name='aliquotatributo',
            constraint=models.CheckConstraint(condition=models.Q(('regra__in', ['TEMA_69', 'SOMA'])), name='aliquota_regra_conhecida', violation_error_message='Valor desconhecido em regra. Use um de: TEMA_69, SOMA.'),
        ),
        migrations.AddConstraint(
            model_name='aliquotatributo',
            constraint=models.CheckConstraint(condition=models.Q(('classe__in', ['', 'RESIDENCIAL', 'RURAL', 'COMERCIAL', 'INDUSTRIAL', 'PODER_PUBLICO', 'ILUMINACAO_PUBLICA', 'SERVICO_PUBLICO'])), name='aliquota_classe_conhecida', violation_error_message='Valor desconhecido em classe. Use um de: , RESIDENCIAL, RURAL, COMERCIAL, INDUSTRIAL, PODER_PUBLICO, ILUMINACAO_PUBLICA, SERVICO_PUBLICO.'),
        ),
        migrations.AddConstraint(
            model_name='aliquotatributo',
            constraint=models.CheckConstraint(condition=models.Q(('aliquota__gte', 0), ('aliquota__lt', 1)), name='aliquota_de_0_a_menos_de_1', violation_error_message='A alíquota é uma fração de 0 a menos de 1; 18 % escreve-se 0,18.'),
        ),
        migrations.AddConstraint(
            model_name='execucaofaturamento',
            constraint=models.CheckConstraint(condition=models.Q(('situacao__in', ['ABERTA', 'CONCLUIDA', 'INTERROMPIDA'])), name='execucao_situacao_conhecida', violation_error_message='Valor desconhecido em situacao. Use um de: ABERTA, CONCLUIDA, INTERROMPIDA.'),
        ),
        migrations.AddConstraint(
            model_name='execucaofaturamento',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('situacao', 'CONCLUIDA'), _negated=True), ('elegiveis', django.db.models.expressions.CombinedExpression(models.F('faturadas'), '+', models.F('pendentes'))), _connector='OR'), name='execucao_concluida_fecha_a_conta', violation_error_message='Faturadas mais pendentes devem somar as unidades elegíveis.'),
        ),
        migrations.AddConstraint(
            model_name='faixacip',
            constraint=models.CheckConstraint(condition=models.Q(('vigente_ate__isnull', True), ('vigente_ate__gt', models.F('vigente_de')), _connector='OR'), name='faixacip_vigencia_tem_ao_menos_um_dia', violation_error_message='O fim da vigência deve ser depois do início.'),
        ),
        migrations.AddConstraint(
            model_name='faixacip',
            constraint=models.CheckConstraint(condition=models.Q(('classe__in', ['', 'RESIDENCIAL', 'RURAL', 'COMERCIAL', 'INDUSTRIAL', 'PODER_PUBLICO', 'ILUMINACAO_PUBLICA', 'SERVICO_PUBLICO'])), name='faixacip_classe_conhecida', violation_error_message='Valor desconhecido em classe. Use um de: , RESIDENCIAL, RURAL, COMERCIAL, INDUSTRIAL, PODER_PUBLICO, ILUMINACAO_PUBLICA, SERVICO_PUBLICO.'),
        ),
        migrations.AddConstraint(
            model_name='faixacip',
            constraint=models.CheckConstraint(condition=models.Q(('valor_cip__gte', 0)), name='faixacip_valor_nao_negativo', violation_error_message='O valor não pode ser negativo.'),
        ),
        migrations.AddIndex(
            model_name='fatura',
            index=models.Index(condition=models.Q(('situacao', 'EMITIDA'), models.Q(('origem', 'AVULSA'), _negated=True)), fields=['unidade', '-ciclo_ate'], name='fatura_faturado_ate'),
        ),
        migrations.AddIndex(
            model_name='fatura',
            index=models.Index(fields=['mes_referencia', 'situacao'], name='fatura_mes_situacao'),
        ),
        migrations.AddIndex(
            model_name='fatura',
            index=models.Index(fields=['status_pagamento', 'data_vencimento'], name='fatura_vencimento'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.UniqueConstraint(condition=models.Q(('origem__in', ['CICLO', 'REFATURAMENTO']), models.Q(('situacao', 'CANCELADA'), _negated=True)), fields=('unidade', 'mes_referencia'), name='uma_fatura_de_ciclo_por_unidade_e_mes', violation_error_message='A unidade consumidora já tem fatura deste mês. Para corrigi-la, cancele e refature.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.UniqueConstraint(condition=models.Q(('numero__isnull', False)), fields=('serie', 'numero'), name='fatura_numero_unico_na_serie', violation_error_message='Já existe fatura com este número na série.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(('valor__gte', 0)), name='fatura_valor_nao_negativo', violation_error_message='O valor da fatura não pode ser negativo.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(('mes_referencia__day', 1)), name='fatura_mes_referencia_no_dia_1', violation_error_message='O mês de referência é guardado pelo seu primeiro dia.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('numero__isnull', True), ('origem', 'AVULSA'), ('situacao', 'EMITIDA')), models.Q(('numero__isnull', True), ('origem', 'AVULSA'), ('situacao', 'CANCELADA')), models.Q(models.Q(('origem', 'AVULSA'), _negated=True), ('numero__isnull', True), ('situacao', 'RASCUNHO')), models.Q(models.Q(('origem', 'AVULSA'), _negated=True), models.Q(('situacao', 'RASCUNHO'), _negated=True), ('numero__isnull', False)), _connector='OR'), name='fatura_numerada_quando_emitida', violation_error_message='Só a fatura emitida tem número; rascunho e fatura avulsa não têm.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(('situacao', 'RASCUNHO'), models.Q(('data_emissao__isnull', False), ('data_vencimento__isnull', False)), _connector='OR'), name='fatura_emitida_tem_datas', violation_error_message='A fatura emitida tem data de emissão e de vencimento.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(('data_vencimento__isnull', True), ('data_vencimento__gte', models.F('data_emissao')), _connector='OR'), name='fatura_vence_depois_de_emitida', violation_error_message='O vencimento não pode ser anterior à emissão.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelada_em__isnull', False), ('situacao', 'CANCELADA'), models.Q(('motivo_cancelamento', ''), _negated=True)), models.Q(models.Q(('situacao', 'CANCELADA'), _negated=True), ('cancelada_em__isnull', True)), _connector='OR'), name='fatura_cancelada_tem_motivo', violation_error_message='O cancelamento tem data e motivo.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(('origem', 'AVULSA'), models.Q(('ciclo_ate__isnull', False), ('ciclo_de__isnull', False), ('unidade__isnull', False)), _connector='OR'), name='fatura_de_ciclo_tem_unidade_e_leituras', violation_error_message='A fatura de ciclo tem unidade e as datas das leituras.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(('origem__in', ['CICLO', 'REFATURAMENTO', 'ENCERRAMENTO', 'AVULSA'])), name='fatura_origem_conhecida', violation_error_message='Valor desconhecido em origem. Use um de: CICLO, REFATURAMENTO, ENCERRAMENTO, AVULSA.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(('situacao__in', ['RASCUNHO', 'EMITIDA', 'CANCELADA'])), name='fatura_situacao_conhecida', violation_error_message='Valor desconhecido em situacao. Use um de: RASCUNHO, EMITIDA, CANCELADA.'),
        ),
        migrations.AddConstraint(
            model_name='fatura',
            constraint=models.CheckConstraint(condition=models.Q(('status_pagamento__in', ['PENDENTE', 'PARCIAL', 'PAGA'])), name='fatura_status_pagamento_conhecido', violation_error_message='Valor desconhecido em status_pagamento. Use um de: PENDENTE, PARCIAL, PAGA.'),
        ),
        migrations.AddConstraint(
            model_name='lotefaturamento',
            constraint=models.UniqueConstraint(fields=('execucao', 'ordem'), name='lote_ordem_unica_na_execucao', violation_error_message='A execução já tem um lote com esta ordem.'),
        ),
        migrations.AddConstraint(
            model_name='lotefaturamento',
            constraint=models.CheckConstraint(condition=models.Q(('situacao__in', ['PENDENTE', 'FEITO', 'FALHOU'])), name='lote_situacao_conhecida', violation_error_message='Valor desconhecido em situacao. Use um de: PENDENTE, FEITO, FALHOU.'),
        ),
        migrations.AddConstraint(
            model_name='pagamento',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('estorna__isnull', True), ('valor__gt', 0)), models.Q(('estorna__isnull', False), ('valor__lt', 0)), _connector='OR'), name='pagamento_positivo_ou_estorno_negativo', violation_error_message='O pagamento é positivo; o estorno, negativo.'),
        ),
        migrations.AddConstraint(
            model_name='pagamento',
            constraint=models.CheckConstraint(condition=models.Q(('identificador', ''), _negated=True), name='pagamento_com_identificador', violation_error_message='O pagamento precisa de um identificador.'),
        ),
        migrations.AddConstraint(
            model_name='pagamento',
            constraint=models.CheckConstraint(condition=models.Q(('origem__in', ['MANUAL', 'API', 'BANCO'])), name='pagamento_origem_conhecida', violation_error_message='Valor desconhecido em origem. Use um de: MANUAL, API, BANCO.'),
        ),
        migrations.AddConstraint(
            model_name='pendencia',
            constraint=models.UniqueConstraint(fields=('execucao', 'unidade'), name='uma_pendencia_por_unidade_na_execucao', violation_error_message='A unidade já tem uma pendência nesta execução.'),
        ),
        migrations.AddConstraint(
            model_name='tarifa',
            constraint=models.CheckConstraint(condition=models.Q(('vigente_ate__isnull', True), ('vigente_ate__gt', models.F('vigente_de')), _connector='OR'), name='tarifa_vigencia_tem_ao_menos_um_dia', violation_error_message='O fim da vigência deve ser depois do início.'),
        ),
        migrations.AddConstraint(
            model_name='tarifa',
            constraint=models.CheckConstraint(condition=models.Q(('subgrupo__in', ['B1', 'B2', 'B3', 'B4A', 'B4B'])), name='tarifa_subgrupo_conhecido', violation_error_message='Valor desconhecido em subgrupo. Use um de: B1, B2, B3, B4A, B4B.'),
        ),
        migrations.AddConstraint(
            model_name='tarifa',
            constraint=models.CheckConstraint(condition=models.Q(('modalidade__in', ['CONVENCIONAL', 'BRANCA'])), name='tarifa_modalidade_conhecida', violation_error_message='Valor desconhecido em modalidade. Use um de: CONVENCIONAL, BRANCA.'),
        ),
        migrations.AddConstraint(
            model_name='tarifa',
            constraint=models.CheckConstraint(condition=models.Q(('classe__in', ['', 'RESIDENCIAL', 'RURAL', 'COMERCIAL', 'INDUSTRIAL', 'PODER_PUBLICO', 'ILUMINACAO_PUBLICA', 'SERVICO_PUBLICO'])), name='tarifa_classe_conhecida', violation_error_message='Valor desconhecido em classe. Use um de: , RESIDENCIAL, RURAL, COMERCIAL, INDUSTRIAL, PODER_PUBLICO, ILUMINACAO_PUBLICA, SERVICO_PUBLICO.'),
        ),
        migrations.AddConstraint(
            model_name='tarifa',
            constraint=models.CheckConstraint(condition=models.Q(('subclasse__in', ['', 'RESIDENCIAL', 'BAIXA_RENDA', 'INDIGENA_QUILOMBOLA', 'DESCONTO_SOCIAL', 'RURAL', 'COMERCIAL', 'INDUSTRIAL', 'PODER_PUBLICO', 'ILUMINACAO_PUBLICA', 'SERVICO_PUBLICO'])), name='tarifa_subclasse_conhecida', violation_error_message='Valor desconhecido em subclasse. Use um de: , RESIDENCIAL, BAIXA_RENDA, INDIGENA_QUILOMBOLA, DESCONTO_SOCIAL, RURAL, COMERCIAL, INDUSTRIAL, PODER_PUBLICO, ILUMINACAO_PUBLICA, SERVICO_PUBLICO.'),
        ),
        migrations.AddConstraint(
            model_name='tarifa',
            constraint=models.CheckConstraint(condition=models.Q(('posto__in', ['UNICO', 'PONTA', 'INTERMEDIARIO', 'FORA_PONTA'])), name='tarifa_posto_conhecido', violation_error_message='Valor desconhecido em posto. Use um de: UNICO, PONTA, INTERMEDIARIO, FORA_PONTA.'),
        ),
        migrations.AddConstraint(
            model_name='tarifa',
            constraint=models.CheckConstraint(condition=models.Q(('tusd_brl_por_mwh__gte', 0)), name='tarifa_tusd_nao_negativa', violation_error_message='O valor não pode ser negativo.'),
        ),
        migrations.AddConstraint(
            model_name='tarifa',
            constraint=models.CheckConstraint(condition=models.Q(('te_brl_por_mwh__gte', 0)), name='tarifa_te_nao_negativa', violation_error_message='O valor não pode ser negativo.'),
        ),
    ]
