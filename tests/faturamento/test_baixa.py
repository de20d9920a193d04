"""Payments, and the status that follows from them."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from comum.erros import DadoInvalidoError
from faturamento.models import Pagamento
from faturamento.servicos.avulsas import (
    FaturaCongeladaError,
    alterar_fatura_avulsa,
    criar_fatura_avulsa,
    excluir_fatura,
)
from faturamento.servicos.baixa import (
    FaturaNaoPagavelError,
    PagamentoEstornadoError,
    PagamentoNaoManualError,
    estornar_pagamento,
    mudar_status_pagamento,
    registrar_pagamento,
    saldo_aberto,
)
from faturamento.servicos.cancelamento import FaturaNaoCancelavelError, cancelar_fatura
from tests.factories import ClienteFactory, FaturaFactory

pytestmark = pytest.mark.django_db

HOJE = date(2026, 2, 10)


def pagar(fatura, valor, agora, identificador="recibo-1", origem="BANCO"):
    return registrar_pagamento(
        fatura_id=fatura.pk,
        valor=Decimal(valor),
        identificador=identificador,
        data_pagamento=HOJE,
        agora=agora,
        origem=origem,
    )


def status(fatura) -> str:
    fatura.refresh_from_db()
    return fatura.status_pagamento


@pytest.mark.parametrize("emitida", [True, False], ids=["de ciclo", "avulsa"])
def test_status_segue_os_pagamentos(emitida, agora):
    fatura = FaturaFactory(emitida=emitida) if emitida else FaturaFactory()
    pagar(fatura, "50.00", agora)
    assert status(fatura) == "PARCIAL"
    resto = pagar(fatura, "100.00", agora, "recibo-2")
    assert status(fatura) == "PAGA"
    estornar_pagamento(pagamento_id=resto.pk, agora=agora)
    assert status(fatura) == "PARCIAL"
    assert saldo_aberto(fatura) == 100


def test_pagamento_a_mais_fica_visivel(agora):
    fatura = FaturaFactory(emitida=True)
    pagar(fatura, "200.00", agora)
    assert status(fatura) == "PAGA"
    assert saldo_aberto(fatura) == -50


def test_o_mesmo_fato_so_entra_uma_vez(agora):
    fatura = FaturaFactory(emitida=True)
    pagar(fatura, "50.00", agora)
    with pytest.raises(ValidationError, match="já foi registrado"):
        pagar(fatura, "50.00", agora)
    assert Pagamento.objects.count() == 1


@pytest.mark.parametrize("valor", ["0", "-1"])
def test_pagamento_e_positivo(valor, agora):
    with pytest.raises(ValidationError, match="O pagamento é positivo"):
        pagar(FaturaFactory(emitida=True), valor, agora)


def test_rascunho_nao_recebe_pagamento(agora):
    with pytest.raises(FaturaNaoPagavelError, match="só fatura emitida"):
        pagar(FaturaFactory(ciclo=True), "1", agora)


def test_estorno_e_um_so_e_nao_se_estorna(agora):
    pagamento = pagar(FaturaFactory(emitida=True), "150", agora)
    estorno = estornar_pagamento(pagamento_id=pagamento.pk, agora=agora)
    for alvo in (pagamento, estorno):
        with pytest.raises(PagamentoEstornadoError):
            estornar_pagamento(pagamento_id=alvo.pk, agora=agora)


def test_escrever_paga_registra_o_que_falta_e_pendente_estorna(agora):
    fatura = FaturaFactory(emitida=True)
    pagar(fatura, "50.00", agora, origem="MANUAL")
    for _ in range(2):  # writing the same again changes nothing
        mudar_status_pagamento(fatura_id=fatura.pk, status="PAGA", hoje=HOJE, agora=agora)
    assert (status(fatura), Pagamento.objects.count(), saldo_aberto(fatura)) == ("PAGA", 2, 0)

    mudar_status_pagamento(fatura_id=fatura.pk, status="PENDENTE", hoje=HOJE, agora=agora)
    assert (status(fatura), saldo_aberto(fatura)) == ("PENDENTE", 150)

    mudar_status_pagamento(fatura_id=fatura.pk, status="PAGA", hoje=HOJE, agora=agora)
    assert status(fatura) == "PAGA"


def test_pagamento_do_banco_nao_se_desfaz_por_status(agora):
    fatura = FaturaFactory(emitida=True)
    pagar(fatura, "150", agora)
    with pytest.raises(PagamentoNaoManualError, match="não manua"):
        mudar_status_pagamento(fatura_id=fatura.pk, status="PENDENTE", hoje=HOJE, agora=agora)
    with pytest.raises(DadoInvalidoError, match="PARCIAL não se escreve"):
        mudar_status_pagamento(fatura_id=fatura.pk, status="PARCIAL", hoje=HOJE, agora=agora)


def test_fatura_de_valor_zero_se_paga_com_nada(agora):
    fatura = FaturaFactory(valor=0)
    mudar_status_pagamento(fatura_id=fatura.pk, status="PAGA", hoje=HOJE, agora=agora)
    assert (status(fatura), Pagamento.objects.count()) == ("PAGA", 0)
    mudar_status_pagamento(fatura_id=fatura.pk, status="PENDENTE", hoje=HOJE, agora=agora)
    assert status(fatura) == "PENDENTE"


def test_avulsa_nasce_emitida_com_vencimento_pela_regra(agora):
    fatura = criar_fatura_avulsa(
        cliente=ClienteFactory(),
        valor=Decimal("80.00"),
        mes_referencia=date(2026, 2, 1),
        data_emissao=HOJE,
        agora=agora,
    )
    assert (fatura.situacao, fatura.origem, fatura.numero) == ("EMITIDA", "AVULSA", None)
    assert fatura.data_vencimento == date(2026, 3, 10)


def test_avulsa_se_edita_e_exclui_ate_ter_pagamento(agora):
    fatura = FaturaFactory()
    assert alterar_fatura_avulsa(fatura_id=fatura.pk, valor=Decimal(99)).valor == 99
    pagar(fatura, "1", agora)
    with pytest.raises(FaturaCongeladaError, match="já tem pagamento"):
        alterar_fatura_avulsa(fatura_id=fatura.pk, valor=Decimal(1))
    with pytest.raises(FaturaCongeladaError):
        excluir_fatura(fatura)
    excluir_fatura(FaturaFactory())


def test_fatura_de_ciclo_nao_se_edita_nem_exclui():
    fatura = FaturaFactory(emitida=True)
    with pytest.raises(FaturaCongeladaError, match="cancele e refature"):
        alterar_fatura_avulsa(fatura_id=fatura.pk, valor=Decimal(1))
    with pytest.raises(FaturaCongeladaError):
        excluir_fatura(fatura)


def test_cancelamento_pede_motivo_e_guarda_numero(agora):
    fatura = FaturaFactory(emitida=True, numero=7)
    for motivo in ("  ", "leitura errada", "X" * 1000):
        with pytest.raises(DadoInvalidoError, match=r"Use um de: .*LEITURA_ERRADA"):
            cancelar_fatura(fatura_id=fatura.pk, motivo=motivo, agora=agora)

    cancelada = cancelar_fatura(
        fatura_id=fatura.pk, motivo="LEITURA_ERRADA", detalhe="lido  1150", agora=agora
    )

    assert (cancelada.situacao, cancelada.numero) == ("CANCELADA", 7)
    assert cancelada.motivo_cancelamento == "Leitura errada: lido 1150"
    assert (cancelada.motivo.codigo, cancelada.cancelada_em) == ("LEITURA_ERRADA", agora)
    assert cancelada.history.latest().situacao == "CANCELADA"
    with pytest.raises(FaturaNaoCancelavelError, match="só se cancela fatura emitida"):
        cancelar_fatura(fatura_id=fatura.pk, motivo="LEITURA_ERRADA", agora=agora)


def test_fatura_paga_nao_se_cancela_sem_estorno(agora):
    fatura = FaturaFactory(emitida=True)
    pagamento = pagar(fatura, "150", agora)
    with pytest.raises(FaturaNaoCancelavelError, match=r"1 pagamento.*150,00.*estorne antes"):
        cancelar_fatura(fatura_id=fatura.pk, motivo="LEITURA_ERRADA", agora=agora)
    estornar_pagamento(pagamento_id=pagamento.pk, agora=agora)
    cancelar_fatura(fatura_id=fatura.pk, motivo="LEITURA_ERRADA", agora=agora)


def test_identificador_tomado_por_outro_nao_impede_baixa_nem_estorno(agora):
    fatura, outra = FaturaFactory(emitida=True), FaturaFactory()
    pagar(outra, "1", agora, identificador=f"manual-{fatura.pk}-1")
    mudar_status_pagamento(fatura_id=fatura.pk, status="PAGA", hoje=HOJE, agora=agora)
    assert status(fatura) == "PAGA"
    with pytest.raises(DadoInvalidoError, match="reservado aos estornos"):
        pagar(outra, "1", agora, identificador=f"estorno-{fatura.pagamentos.get().pk}")
    mudar_status_pagamento(fatura_id=fatura.pk, status="PENDENTE", hoje=HOJE, agora=agora)
    assert status(fatura) == "PENDENTE"


def test_fatura_de_zero_que_recebe_pagamento_esta_paga(agora):
    fatura = FaturaFactory(valor=0)
    pagar(fatura, "10", agora)
    assert status(fatura) == "PAGA"
