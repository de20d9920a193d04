"""What the lists search and filter by, indexed where PostgreSQL can do it for little."""

from typing import Any

from django.db import connections

from comum.django_base.indices import blocos, instalar, trigramas

INDICES = [
    trigramas("cliente_nome_trgm", "clientes_cliente", "nome_busca"),
    trigramas("cliente_email_trgm", "clientes_cliente", "upper(email_cliente::text)"),
    trigramas("uc_codigo_trgm", "medidores_unidadeconsumidora", "upper(codigo::text)"),
    trigramas("uc_endereco_trgm", "medidores_unidadeconsumidora", "upper(endereco::text)"),
    trigramas("medidor_numero_trgm", "medidores_medidor", "upper(numero_medidor::text)"),
    trigramas("pagamento_trgm", "faturamento_pagamento", "upper(identificador::text)"),
    trigramas("lancamento_trgm", "faturamento_lancamentoavulso", "upper(descricao::text)"),
    blocos("cliente_cadastro_brin", "clientes_cliente", "data_cadastro"),
    blocos("medidor_instalacao_brin", "medidores_medidor", "data_instalacao"),
    blocos("fatura_vencimento_brin", "faturamento_fatura", "data_vencimento"),
    blocos("pagamento_data_brin", "faturamento_pagamento", "data_pagamento"),
]


def instalar_depois_de_migrar(*, using: str, verbosity: int = 1, **_: Any) -> None:
    """post_migrate receiver."""
    aviso = instalar(connections[using], INDICES)
    if aviso and verbosity:
        print(aviso)
