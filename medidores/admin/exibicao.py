"""Colours of states."""

COR_DA_SITUACAO_DA_LEITURA = {
    "VALIDA": "success",
    "RETIDA": "warning",
    "REJEITADA": "danger",
    "SUBSTITUIDA": "info",
}
