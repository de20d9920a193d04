"""One-off lines: in the next bill, once, and back again when it is cancelled."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from comum.erros import DadoInvalidoError
from faturamento import gatilhos
from faturamento.models import Fatura, LancamentoAvulso
from faturamento.servicos import lancamentos as servico
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.conferencia_de_rascunhos import liberar_rascunho
from faturamento.servicos.emissao import emitir_faturas
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.lancamentos import (
    LancamentoJaFaturadoError,
    alterar_lancamento,
    excluir_lancamento,
    lancar,
)
from faturamento.servicos.refaturamento import refaturar
from faturamento.servicos.verificacao import faturas_a_verificar, verificar_fatura
from medidores.models import Medidor
from tests.factories import ClienteFactory, criar_parametros, criar_unidade_com_leituras

pytestmark = pytest.mark.django_db

JANEIRO = date(2026, 1, 1)


@pytest.fixture
def medidor() -> Medidor:
    """A UC of 150 kWh, R$ 159,73 in January."""
    criar_parametros()
    return criar_unidade_com_leituras()


def rodar(agora, mes=JANEIRO, *, emitir=True) -> None:
    faturar(
        definir_escopo(mes, ate=None, grupo_leitura="", agora=agora), emitir=emitir, agora=agora
    )


def registrar(medidor, quanto, agora, **mudancas) -> list[LancamentoAvulso]:
    dados = {
        "unidade_id": medidor.unidade_id,
        "cliente_id": medidor.cliente_id,
        "descricao": "Religação",
        "valor": Decimal(quanto),
        "a_partir_de": JANEIRO,
        "motivo": "pedido",
        "agora": agora,
    }
    return lancar(**dados | mudancas)


def tudo_confere() -> bool:
    return not [d for fatura in faturas_a_verificar() for d in verificar_fatura(fatura)]


def test_entra_na_proxima_fatura_como_linha_propria(agora, medidor):
    [lancamento] = registrar(medidor, "25.50", agora)
    [credito] = registrar(medidor, "-10", agora, descricao="Crédito")
    rodar(agora)

    fatura = Fatura.objects.get()
    assert (fatura.valor, fatura.valor_lancamentos) == (Decimal("175.23"), Decimal("15.50"))
    linhas = [x for x in fatura.demonstrativo["linhas"] if x["codigo"] == "LANCAMENTO"]
    assert [(x["descricao"], x["valor"]) for x in linhas] == [
        ("Religação", "25.50"),
        ("Crédito", "-10.00"),
    ]
    assert set(fatura.lancamentos.all()) == {lancamento, credito}
    assert tudo_confere()


def test_parcelas_uma_por_mes_e_somam_o_total(agora, medidor):
    parcelas = registrar(medidor, "100.00", agora, parcelas=3, descricao="Parcelamento")
    assert [p.valor for p in parcelas] == [Decimal(x) for x in ("33.34", "33.33", "33.33")]
    assert [p.a_partir_de.month for p in parcelas] == [1, 2, 3]
    rodar(agora)
    fatura = Fatura.objects.get()
    assert list(fatura.lancamentos.all()) == [parcelas[0]]
    assert "Parcelamento (1/3)" in str(fatura.demonstrativo["linhas"])


def test_credito_maior_que_a_fatura_deixa_o_resto_para_a_proxima(agora, medidor):
    [credito] = registrar(medidor, "-200.00", agora)
    rodar(agora)
    fatura = Fatura.objects.get()
    # A bill of nothing waits for a person; until then the credit is whole.
    assert fatura.situacao == "RASCUNHO"
    liberar_rascunho(fatura_id=fatura.pk, motivo="crédito grande", agora=agora)
    emitir_faturas([fatura.pk], agora=agora)
    credito.refresh_from_db()
    saldo = LancamentoAvulso.objects.get(saldo_de=credito)
    assert (fatura.valor, credito.valor, credito.fatura) == (0, Decimal("-159.73"), fatura)
    assert (saldo.valor, saldo.fatura) == (Decimal("-40.27"), None)
    assert tudo_confere()

    cancelar_fatura(fatura_id=fatura.pk, motivo="LANCAMENTO_INDEVIDO", agora=agora)
    abertos = LancamentoAvulso.objects.em_aberto()
    assert sum(lancamento.valor for lancamento in abertos) == -200


def test_cancelada_solta_e_a_refaturada_leva(agora, medidor):
    [lancamento] = registrar(medidor, "25.50", agora)
    rodar(agora)
    velha = Fatura.objects.get()
    nova = refaturar(fatura_id=velha.pk, motivo="TARIFA_ERRADA", agora=agora)
    lancamento.refresh_from_db()
    assert (lancamento.fatura, nova.valor) == (nova, velha.valor)
    assert tudo_confere()


def test_de_outro_cliente_ou_de_mes_futuro_espera(agora, medidor):
    registrar(medidor, "1", agora, cliente_id=ClienteFactory().pk)
    registrar(medidor, "2", agora, a_partir_de=date(2026, 2, 14))
    [do_titular] = registrar(medidor, "4", agora, cliente_id=None)
    rodar(agora)
    assert list(Fatura.objects.get().lancamentos.all()) == [do_titular]


def test_lancamento_depois_do_rascunho_o_desatualiza(agora, medidor):
    rodar(agora, emitir=False)
    registrar(medidor, "4", agora)
    rascunho = Fatura.objects.get()
    [recusa] = emitir_faturas([rascunho.pk], agora=agora).recusas
    assert recusa.codigo == "RASCUNHO_DESATUALIZADO"


def test_rascunho_nao_toma_e_emitido_toma(agora, medidor):
    [lancamento] = registrar(medidor, "4", agora)
    rodar(agora, emitir=False)
    assert LancamentoAvulso.objects.em_aberto().exists()
    rascunho = Fatura.objects.get()
    assert emitir_faturas([rascunho.pk], agora=agora).emitidas == [rascunho.pk]
    lancamento.refresh_from_db()
    assert lancamento.fatura == rascunho


def test_dois_rascunhos_da_mesma_unidade_so_um_leva(agora):
    criar_parametros()
    medidor = criar_unidade_com_leituras(("1000", "1100", "1250"))
    registrar(medidor, "25.50", agora, a_partir_de=date(2025, 12, 1))
    rodar(agora, date(2025, 12, 1), emitir=False)
    rodar(agora, emitir=False)
    dezembro, janeiro = Fatura.objects.order_by("mes_referencia")
    assert dezembro.valor_lancamentos == janeiro.valor_lancamentos == Decimal("25.50")

    resultado = emitir_faturas([dezembro.pk, janeiro.pk], agora=agora)

    assert len(resultado.emitidas) == 1
    assert [recusa.codigo for recusa in resultado.recusas] == ["RASCUNHO_DESATUALIZADO"]
    with pytest.raises(LancamentoJaFaturadoError, match="em duas faturas"):
        servico.marcar_faturados([dezembro, janeiro])


def test_faturado_nao_muda_nem_some_e_aberto_sim(agora, medidor):
    [lancamento] = registrar(medidor, "4", agora)
    mudado = alterar_lancamento(lancamento_id=lancamento.pk, dados={"valor": Decimal(5)})
    assert mudado.valor == 5
    rodar(agora)
    lancamento.refresh_from_db()
    for agir in (
        lambda: alterar_lancamento(lancamento_id=lancamento.pk, dados={"valor": Decimal(6)}),
        lambda: excluir_lancamento(lancamento),
    ):
        with pytest.raises(LancamentoJaFaturadoError, match="está na fatura 1-1"):
            agir()
    [outro] = registrar(medidor, "4", agora)
    excluir_lancamento(outro)


ATOS = {
    "mudar": lambda pk: LancamentoAvulso.objects.filter(pk=pk).update(valor=9),
    "soltar": lambda pk: LancamentoAvulso.objects.filter(pk=pk).update(fatura=None),
    "apagar": lambda pk: LancamentoAvulso.objects.filter(pk=pk).delete(),
}


@pytest.mark.parametrize("ato", ATOS)
def test_o_banco_guarda_o_faturado_e_o_controle_sem_gatilho_passa(ato, agora, medidor):
    [lancamento] = registrar(medidor, "4", agora)
    rodar(agora)
    antes = LancamentoAvulso.objects.values().get()
    with pytest.raises(IntegrityError, match="LANCAMENTO_FATURADO"), transaction.atomic():
        ATOS[ato](lancamento.pk)
    gatilhos.remover(connection)
    ATOS[ato](lancamento.pk)
    gatilhos.instalar(connection)
    assert LancamentoAvulso.objects.values().first() != antes


def test_tomado_por_outra_fatura_e_recusado(agora, medidor):
    registrar(medidor, "4", agora)
    rodar(agora, emitir=False)
    rascunho = Fatura.objects.get()
    LancamentoAvulso.objects.all().delete()
    with pytest.raises(LancamentoJaFaturadoError, match="Descarte o rascunho"):
        servico.marcar_faturados([rascunho])


@pytest.mark.parametrize(
    ("mudancas", "erro"),
    [
        ({"valor": Decimal(0)}, DadoInvalidoError),
        ({"parcelas": 0}, DadoInvalidoError),
        ({"parcelas": 121}, DadoInvalidoError),
        ({"valor": Decimal("0.02"), "parcelas": 3}, DadoInvalidoError),
        ({"descricao": ""}, ValidationError),
        ({"motivo": ""}, ValidationError),
    ],
)
def test_lancamento_ruim(agora, medidor, mudancas, erro):
    with pytest.raises(erro):
        registrar(medidor, "4", agora, **mudancas)
    assert not LancamentoAvulso.objects.exists()


def test_consultas_nao_crescem_com_os_lancamentos(agora, medidor):
    def consultas(unidades: int) -> int:
        for _ in range(unidades):
            outro = criar_unidade_com_leituras()
            registrar(outro, "1", agora)
            registrar(outro, "-2", agora)
        with CaptureQueriesContext(connection) as capturadas:
            rodar(agora)
        assert not LancamentoAvulso.objects.em_aberto().exists()
        return len(capturadas)

    rodar(agora)  # makes the sequence of numbers
    assert consultas(1) == consultas(8)
