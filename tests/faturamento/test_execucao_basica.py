from datetime import date

import pytest

from faturamento.models import Fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from tests.factories import criar_parametros, criar_unidade_com_leituras

pytestmark = pytest.mark.django_db


def test_uma_unidade_com_leituras_recebe_uma_fatura_emitida(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)

    resumo = faturar(escopo, emitir=True, agora=agora)

    assert (resumo.elegiveis, resumo.faturadas, resumo.pendentes) == (1, 1, 0)
    fatura = Fatura.objects.get()
    assert (fatura.situacao, fatura.serie, fatura.numero) == ("EMITIDA", "1", 1)
    assert fatura.unidade == medidor.unidade
    assert fatura.consumo_kwh == 150
