"""Stable codes as people say them: why a UC was not billed, why a draft waits."""

NOMES_DAS_PENDENCIAS = {
    "SEM_LEITURA": "sem leitura no mês",
    "SEM_LEITURA_ANTERIOR": "sem leitura anterior",
    "LEITURA_RETIDA": "leitura retida",
    "LEITURA_EXCEDE_DIGITOS": "leitura maior que o mostrador",
    "CONSUMO_INCONSISTENTE": "consumo inconsistente",
    "SEM_MEDIDOR": "sem medidor no mês",
    "SEM_TARIFA": "sem tarifa",
    "TARIFA_SOBREPOSTA": "tarifas sobrepostas",
    "SEM_ALIQUOTA": "sem alíquota",
    "ALIQUOTA_INVALIDA": "alíquota inválida",
    "SEM_BANDEIRA": "sem bandeira",
    "BANDEIRA_SOBREPOSTA": "bandeiras sobrepostas",
    "SEM_CIP": "sem faixa de CIP",
    "FAIXAS_INVALIDAS": "faixas inválidas",
    "SEM_DISTRIBUIDORA": "sem distribuidora",
    "CICLO_JA_FATURADO": "ciclo já faturado",
    "GERACAO_SEM_CREDITOS": "geração sem créditos",
    "SEM_HISTORICO": "sem histórico para estimar",
    "ACERTO_NEGATIVO": "estimativas acima do consumo",
    "VALOR_EXCESSIVO": "valor que não cabe",
    "REGRA_AUSENTE": "sem regra de cálculo",
    "ERRO_INTERNO": "erro do sistema",
    "FALHA_NO_CALCULO": "falha no cálculo",
    "LOTE_DERRUBADO": "derrubou o processo",
}
NOMES_DOS_ALERTAS = {
    "VALOR_FORA_DA_MEDIA": "valor fora da média",
    "CONSUMO_FORA_DA_MEDIA": "consumo fora da média",
    "MINIMO_APOS_CONSUMO_ALTO": "mínimo após consumo alto",
    "FATURA_ZERADA": "fatura zerada",
    "TITULAR_MUDOU_NO_CICLO": "titular mudou no ciclo",
    "GRUPO_COM_PENDENCIAS": "grupo com pendências",
}


def nome_da_pendencia(codigo: str) -> str:
    """The code as people say it; one without a name, as it is.

    >>> nome_da_pendencia("SEM_CIP"), nome_da_pendencia("CAMPO_AUSENTE")
    ('sem faixa de CIP', 'CAMPO_AUSENTE')
    """
    return NOMES_DAS_PENDENCIAS.get(codigo, codigo)


def nome_do_alerta(codigo: str) -> str:
    """The same of what makes a draft wait."""
    return NOMES_DOS_ALERTAS.get(codigo, codigo)
