"""The invoice as the customer gets it: one content, printed as a page and as a PDF."""

from faturamento.servicos.impressao.conta import ContaImpressa, montar_impressao
from faturamento.servicos.impressao.pdf import gerar_pdf

__all__ = ["ContaImpressa", "gerar_pdf", "montar_impressao"]
