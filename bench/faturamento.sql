-- What a team would write in pure SQL in place of the billing run: one INSERT … SELECT that reads
-- the same tables, calculates the same values and writes the same invoice rows, document included.
-- For UCs such as the bench makes: modalidade convencional, one meter, one tariff, one flag and no
-- ICMS band in the cycle, no estimates, no rollovers, no solar credits, no Tarifa Social. It explains
-- no refusal: a UC that it cannot bill is left out. `OFFSET 0` keeps an expression from being
-- calculated again wherever it is named.
-- `destino` is the table written; the parameters are the month, window, clock and id of the run.
INSERT INTO {destino} (
    cliente_id, unidade_id, execucao_id, origem, situacao, status_pagamento, mes_referencia, serie,
    numero, data_emissao, data_vencimento, emitida_em, ciclo_de, ciclo_ate, consumo_kwh,
    consumo_faturado_kwh, valor, valor_energia, valor_bandeira, valor_cip, valor_lancamentos,
    valor_icms, valor_pis, valor_cofins, demonstrativo, insumos_hash, motivo_cancelamento
)
WITH medido AS MATERIALIZED (
    SELECT
        u.id AS unidade_id, u.codigo, u.endereco, u.municipio_ibge, u.grupo_leitura, u.uf, u.classe,
        u.subclasse, u.subgrupo, u.modalidade, u.ligacao, u.dia_vencimento,
        coalesce(u.distribuidora_id, (SELECT min(id) FROM faturamento_distribuidora)) AS distribuidora_id,
        m.id AS medidor_id, m.numero_medidor, m.digitos, m.constante,
        c.id AS cliente_id, c.nome, c.documento, c.endereco AS endereco_cliente,
        atual.id AS atual_id, atual.leitura_kwh AS atual, atual.origem AS origem_atual,
        atual.data_leitura AS ciclo_ate,
        anterior.id AS anterior_id, anterior.leitura_kwh AS anterior,
        anterior.origem AS origem_anterior, anterior.data_leitura AS ciclo_de,
        (anterior.data_leitura AT TIME ZONE 'America/Sao_Paulo')::date AS de,
        (atual.data_leitura AT TIME ZONE 'America/Sao_Paulo')::date AS ate
    FROM medidores_unidadeconsumidora u
    JOIN medidores_medidor m ON m.unidade_id = u.id AND m.data_retirada IS NULL
    JOIN clientes_cliente c ON c.id = m.cliente_id
    JOIN LATERAL (
        SELECT l.id, l.leitura_kwh, l.origem, l.data_leitura
        FROM medidores_leitura l
        WHERE l.medidor_id = m.id AND l.registrador = 'ATIVA_TOTAL' AND l.situacao = 'VALIDA'
            AND l.origem <> 'ESTIMADA'
            AND l.data_leitura >= %(inicio)s AND l.data_leitura < %(fim)s
        ORDER BY l.data_leitura DESC LIMIT 1
    ) atual ON true
    JOIN LATERAL (
        SELECT l.id, l.leitura_kwh, l.origem, l.data_leitura
        FROM medidores_leitura l
        WHERE l.medidor_id = m.id AND l.registrador = 'ATIVA_TOTAL' AND l.situacao = 'VALIDA'
            AND l.origem <> 'ESTIMADA' AND l.data_leitura < %(inicio)s
        ORDER BY l.data_leitura DESC LIMIT 1
    ) anterior ON true
    WHERE u.situacao = 'ATIVA' AND u.modalidade = 'CONVENCIONAL'
        AND atual.leitura_kwh >= anterior.leitura_kwh
        AND NOT EXISTS (
            SELECT FROM {destino} f
            WHERE f.unidade_id = u.id AND f.mes_referencia = %(mes)s AND f.situacao <> 'CANCELADA'
                AND f.origem IN ('CICLO', 'REFATURAMENTO')
        )
),
-- The last 12 billed cycles: the mean that the document shows, and whether the bill is a first one.
historico AS (
    SELECT unidade_id, round(avg(consumo_kwh), 4) AS media_kwh
    FROM (
        SELECT unidade_id, consumo_kwh,
            row_number() OVER (PARTITION BY unidade_id ORDER BY ciclo_ate DESC, id DESC) AS posicao
        FROM {destino}
        WHERE origem <> 'AVULSA' AND situacao <> 'CANCELADA' AND mes_referencia < %(mes)s
    ) ultimas
    WHERE posicao <= 12
    GROUP BY unidade_id
),
-- Tariff, flag and taxes once for each kind of UC and cycle, with the parts of the document that
-- all of them share.
parametros AS MATERIALIZED (
    SELECT
        p.*, d.serie, d.cobra_cip, t.tusd_brl_por_mwh / 1000 AS tusd, t.te_brl_por_mwh / 1000 AS te,
        b.cor, icms.aliquota AS icms, pis.aliquota AS pis, cofins.aliquota AS cofins,
        (1 - icms.aliquota) * (1 - pis.aliquota - cofins.aliquota) AS divisor,
        minimo.kwh AS minimo_kwh,
        jsonb_build_object('nome', d.nome, 'cnpj', d.cnpj, 'contato', d.contato) AS distribuidora,
        jsonb_build_object(
            'subgrupo', p.subgrupo, 'modalidade', p.modalidade, 'classe', p.classe,
            'subclasse', p.subclasse, 'ligacao', p.ligacao, 'uf', p.uf
        ) AS unidade,
        jsonb_build_object('de', p.de, 'ate', p.ate) AS periodo,
        jsonb_build_array(jsonb_build_object(
            'posto', t.posto, 'tusd_brl_por_mwh', t.tusd_brl_por_mwh::text,
            'te_brl_por_mwh', t.te_brl_por_mwh::text, 'vigente_de', t.vigente_de,
            'vigente_ate', t.vigente_ate, 'faixa_ate_kwh', t.faixa_ate_kwh::text
        )) AS tarifas,
        jsonb_build_array(jsonb_build_object(
            'vigente_de', b.vigente_de, 'vigente_ate', b.vigente_ate, 'cor', b.cor,
            'adicional_brl_por_mwh', b.adicional_brl_por_mwh::text
        )) AS bandeiras,
        jsonb_build_object(
            'icms', icms.aliquota::text, 'pis', pis.aliquota::text,
            'cofins', cofins.aliquota::text, 'regra', icms.regra
        ) AS tributos,
        '[(1 − ' || porcento(icms.aliquota) || ') × (1 − '
            || porcento(pis.aliquota + cofins.aliquota) || ')]' AS divisor_texto
    FROM (
        SELECT DISTINCT distribuidora_id, subgrupo, modalidade, classe, subclasse, ligacao, uf, de, ate
        FROM medido
    ) p
    JOIN faturamento_distribuidora d ON d.id = p.distribuidora_id
    JOIN LATERAL (
        SELECT * FROM faturamento_tarifa t
        WHERE t.distribuidora_id = d.id AND t.subgrupo = p.subgrupo AND t.modalidade = p.modalidade
            AND t.classe IN (p.classe, '') AND t.subclasse IN (p.subclasse, '')
            AND t.vigente_de <= p.de AND (t.vigente_ate IS NULL OR t.vigente_ate >= p.ate)
        ORDER BY t.subclasse = '', t.classe = '' LIMIT 1
    ) t ON true
    JOIN faturamento_bandeira b
        ON b.vigente_de <= p.de AND (b.vigente_ate IS NULL OR b.vigente_ate >= p.ate)
    JOIN LATERAL (
        SELECT * FROM faturamento_aliquotatributo a
        WHERE a.tributo = 'ICMS' AND a.uf IN (p.uf, '') AND a.classe IN (p.classe, '')
            AND a.vigente_de < p.ate AND (a.vigente_ate IS NULL OR a.vigente_ate >= p.ate)
        ORDER BY a.uf = '', a.classe = '' LIMIT 1
    ) icms ON true
    JOIN LATERAL (
        SELECT * FROM faturamento_aliquotatributo a
        WHERE a.tributo = 'PIS' AND a.uf IN (p.uf, '') AND a.classe IN (p.classe, '')
            AND a.vigente_de <= %(mes)s AND (a.vigente_ate IS NULL OR a.vigente_ate > %(mes)s)
        ORDER BY a.uf = '', a.classe = '' LIMIT 1
    ) pis ON true
    JOIN LATERAL (
        SELECT * FROM faturamento_aliquotatributo a
        WHERE a.tributo = 'COFINS' AND a.uf IN (p.uf, '') AND a.classe IN (p.classe, '')
            AND a.vigente_de <= %(mes)s AND (a.vigente_ate IS NULL OR a.vigente_ate > %(mes)s)
        ORDER BY a.uf = '', a.classe = '' LIMIT 1
    ) cofins ON true
    JOIN (VALUES
        ('MONOFASICA', 30), ('BIFASICA_2_CONDUTORES', 30), ('BIFASICA_3_CONDUTORES', 50), ('TRIFASICA', 100)
    ) minimo(ligacao, kwh) ON minimo.ligacao = p.ligacao
),
apurado AS (
    SELECT
        m.*, p.serie, p.tusd, p.te, p.icms, p.pis, p.cofins, p.divisor, p.divisor_texto,
        p.distribuidora, p.unidade, p.periodo, p.tarifas, p.bandeiras, p.tributos,
        h.unidade_id IS NULL AS primeira, h.media_kwh,
        round((m.atual - m.anterior) * m.constante, 3) AS consumo_kwh,
        greatest(round((m.atual - m.anterior) * m.constante, 3), p.minimo_kwh)::numeric(15, 3) AS faturado_kwh,
        CASE WHEN p.cobra_cip THEN cip.valor_cip ELSE 0.00 END AS cip
    FROM medido m
    JOIN parametros p USING (
        distribuidora_id, subgrupo, modalidade, classe, subclasse, ligacao, uf, de, ate
    )
    LEFT JOIN historico h ON h.unidade_id = m.unidade_id
    JOIN LATERAL (
        SELECT f.valor_cip FROM faturamento_faixacip f
        WHERE f.distribuidora_id = m.distribuidora_id AND f.municipio_ibge = m.municipio_ibge
            AND f.classe IN (m.classe, '')
            AND f.vigente_de < m.ate AND (f.vigente_ate IS NULL OR f.vigente_ate >= m.ate)
            AND (f.faixa_ate_kwh IS NULL
                OR f.faixa_ate_kwh >= round((m.atual - m.anterior) * m.constante, 3))
        ORDER BY f.classe = '', f.faixa_ate_kwh NULLS LAST LIMIT 1
    ) cip ON true
    WHERE p.cor = 'VERDE'
    OFFSET 0
),
com_valores AS (
    SELECT
        a.*,
        round(faturado_kwh * tusd / divisor, 2) AS valor_tusd,
        round(faturado_kwh * te / divisor, 2) AS valor_te
    FROM apurado a
    OFFSET 0
),
com_icms AS (
    SELECT a.*, round(valor_tusd * icms, 2) AS icms_tusd, round(valor_te * icms, 2) AS icms_te
    FROM com_valores a
    OFFSET 0
),
com_tributos AS (
    SELECT
        a.*, valor_tusd + valor_te AS energia,
        round((valor_tusd - icms_tusd) * pis, 2) AS pis_tusd,
        round((valor_te - icms_te) * pis, 2) AS pis_te,
        round((valor_tusd - icms_tusd) * cofins, 2) AS cofins_tusd,
        round((valor_te - icms_te) * cofins, 2) AS cofins_te
    FROM com_icms a
    OFFSET 0
),
com_insumos AS (
    SELECT
        a.*,
        jsonb_build_object(
            'cliente', jsonb_build_object(
                'id_cliente', cliente_id, 'nome', nome, 'documento', documento,
                'endereco', endereco_cliente
            ),
            'unidade', jsonb_build_object(
                'unidade_id', unidade_id, 'codigo', codigo, 'endereco', endereco,
                'municipio_ibge', municipio_ibge, 'grupo_leitura', grupo_leitura
            ),
            'leituras', jsonb_build_array(jsonb_build_object(
                'medidor_id', medidor_id, 'numero_medidor', numero_medidor,
                'registrador', 'ATIVA_TOTAL', 'constante', trim_scale(constante)::text,
                'digitos', digitos,
                'anterior', jsonb_build_object(
                    'leitura_id', anterior_id, 'data_leitura', instante(ciclo_de),
                    'leitura_kwh', anterior::text, 'origem', origem_anterior
                ),
                'atual', jsonb_build_object(
                    'leitura_id', atual_id, 'data_leitura', instante(ciclo_ate),
                    'leitura_kwh', atual::text, 'origem', origem_atual
                )
            )),
            'entrada', jsonb_build_object(
                'unidade', unidade, 'periodo', periodo,
                'registros', jsonb_build_array(jsonb_build_object(
                    'registrador', 'ATIVA_TOTAL', 'anterior', anterior::text, 'atual', atual::text,
                    'digitos', digitos, 'constante', constante::text
                )),
                'media_12_ciclos_kwh', media_kwh::text, 'tarifas', tarifas, 'bandeiras', bandeiras,
                'tributos', tributos, 'cip_brl', cip::text, 'arredondamento', 'MEIO_PARA_CIMA',
                'scee', NULL
            ) || CASE WHEN primeira THEN '{"ciclo": "PRIMEIRO"}'::jsonb ELSE '{}'::jsonb END
        ) AS insumos
    FROM com_tributos a
    OFFSET 0
)
SELECT
    cliente_id, unidade_id, %(execucao)s, 'CICLO', 'EMITIDA', 'PENDENTE', %(mes)s, serie,
    row_number() OVER (PARTITION BY serie ORDER BY unidade_id), %(emissao)s, %(vencimento)s,
    %(agora)s, ciclo_de, ciclo_ate, consumo_kwh, faturado_kwh, energia + cip, energia, 0.00, cip,
    0.00, icms_tusd + icms_te, pis_tusd + pis_te, cofins_tusd + cofins_te,
    insumos || jsonb_build_object(
        'versao', 1, 'competencia', to_char(%(mes)s, 'YYYY-MM'), 'distribuidora', distribuidora,
        'consumo_kwh', consumo_kwh::text, 'consumo_faturado_kwh', faturado_kwh::text,
        'compensado_kwh', '0.000',
        'linhas', jsonb_build_array(
            jsonb_build_object(
                'codigo', 'TUSD', 'descricao', 'Energia ativa fornecida – TUSD', 'posto', 'UNICO',
                'de', de, 'ate', ate, 'origem_credito', NULL,
                'quantidade_kwh', faturado_kwh::text, 'tarifa_brl_por_kwh', tarifa(tusd),
                'preco_brl_por_kwh', round(tusd / divisor, 8)::text, 'valor', valor_tusd::text,
                'base_icms', valor_tusd::text, 'icms', icms_tusd::text,
                'base_pis_cofins', (valor_tusd - icms_tusd)::text, 'pis', pis_tusd::text,
                'cofins', cofins_tusd::text, 'regra', 'tarifas.cobrar_energia',
                'formula', numero_br(faturado_kwh, '000') || ' kWh'
                    || CASE WHEN faturado_kwh > consumo_kwh THEN ' (custo de disponibilidade)' ELSE '' END
                    || ' × R$ ' || replace(tarifa(tusd), '.', ',') || ' ÷ ' || divisor_texto
                    || ' = R$ ' || numero_br(valor_tusd, '00'),
                'fonte', 'tarifa homologada pela ANEEL; STF, Tema 69'
                    || CASE WHEN faturado_kwh > consumo_kwh
                        THEN '; REN ANEEL nº 1.000/2021, art. 291' ELSE '' END
            ),
            jsonb_build_object(
                'codigo', 'TE', 'descricao', 'Energia ativa fornecida – TE', 'posto', 'UNICO',
                'de', de, 'ate', ate, 'origem_credito', NULL,
                'quantidade_kwh', faturado_kwh::text, 'tarifa_brl_por_kwh', tarifa(te),
                'preco_brl_por_kwh', round(te / divisor, 8)::text, 'valor', valor_te::text,
                'base_icms', valor_te::text, 'icms', icms_te::text,
                'base_pis_cofins', (valor_te - icms_te)::text, 'pis', pis_te::text,
                'cofins', cofins_te::text, 'regra', 'tarifas.cobrar_energia',
                'formula', numero_br(faturado_kwh, '000') || ' kWh'
                    || CASE WHEN faturado_kwh > consumo_kwh THEN ' (custo de disponibilidade)' ELSE '' END
                    || ' × R$ ' || replace(tarifa(te), '.', ',') || ' ÷ ' || divisor_texto
                    || ' = R$ ' || numero_br(valor_te, '00'),
                'fonte', 'tarifa homologada pela ANEEL; STF, Tema 69'
                    || CASE WHEN faturado_kwh > consumo_kwh
                        THEN '; REN ANEEL nº 1.000/2021, art. 291' ELSE '' END
            )
        ) || CASE WHEN cip = 0 THEN '[]'::jsonb ELSE jsonb_build_array(
            jsonb_build_object(
                'codigo', 'CIP', 'descricao', 'Contribuição de iluminação pública (CIP)',
                'posto', NULL, 'de', NULL, 'ate', NULL, 'origem_credito', NULL,
                'quantidade_kwh', NULL, 'tarifa_brl_por_kwh', NULL, 'preco_brl_por_kwh', NULL,
                'valor', cip::text, 'base_icms', '0.00', 'icms', '0.00', 'base_pis_cofins', '0.00',
                'pis', '0.00', 'cofins', '0.00', 'regra', 'cip.cobrar_cip',
                'formula', 'valor da faixa = R$ ' || numero_br(cip, '00'),
                'fonte', 'lei municipal da CIP/COSIP'
            )
        ) END,
        'totais', jsonb_build_object(
            'icms', (icms_tusd + icms_te)::text, 'pis', (pis_tusd + pis_te)::text,
            'cofins', (cofins_tusd + cofins_te)::text, 'cip', cip::text, 'creditos', '0.00'
        ),
        'valor', (energia + cip)::text, 'ocorrencias', '[]'::jsonb
    ),
    encode(sha256(convert_to(insumos::text, 'UTF8')), 'hex'), ''
FROM com_insumos
ORDER BY unidade_id
