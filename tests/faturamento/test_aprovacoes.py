"""Who asks does not decide: the promise in the database, and in the service."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from auditoria.models import EventoAuditoria
from comum.django_base.banco import traduzir_erro_do_banco
from comum.erros import DadoInvalidoError, NaoEncontradoError
from faturamento.models import (
    Bandeira,
    ExecucaoFaturamento,
    Fatura,
    PedidoDeAprovacao,
    Tarifa,
)
from faturamento.servicos import aprovacoes
from faturamento.servicos.aprovacoes import (
    DecisaoPropriaError,
    NadaMudouError,
    PedidoDesatualizadoError,
    PedidoJaDecididoError,
    PedidoRepetidoError,
    aprovar,
    pedir_desfazimento,
    pedir_exclusao,
    pedir_gravacao,
    pedir_importacao,
    recusar,
)
from faturamento.servicos.desfazimento import ExecucaoNaoDesfeitaError
from faturamento.servicos.emissao import emitir_fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from tests.factories import (
    AliquotaFactory,
    BandeiraFactory,
    FaixaCipFactory,
    TarifaFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return User.objects.create_superuser("ana")


@pytest.fixture
def bia() -> User:
    return User.objects.create_superuser("bia")


@pytest.fixture
def pedido(agora, ana) -> PedidoDeAprovacao:
    tarifa = TarifaFactory()
    tarifa.te_brl_por_mwh = Decimal("300")
    return pedir_gravacao(tarifa, agora=agora, usuario_id=ana.pk)


def execucao_com_rascunho(agora) -> ExecucaoFaturamento:
    criar_parametros()
    criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    return ExecucaoFaturamento.objects.get()


def decidir_sozinha(pedido: PedidoDeAprovacao, agora: Any) -> None:
    """What no service would do: the database is asked directly."""
    PedidoDeAprovacao.objects.filter(pk=pedido.pk).update(
        situacao="APROVADO", decidido_por=F("pedido_por"), decidido_em=agora
    )


def test_a_alteracao_so_vale_depois_de_aprovada(agora, ana, bia, pedido):
    tarifa = Tarifa.objects.get()
    assert tarifa.te_brl_por_mwh == Decimal("316.96")
    [linha] = pedido.linhas
    assert linha["antes"]["te_brl_por_mwh"] == "316.96000000"
    assert linha["depois"]["te_brl_por_mwh"] == "300.00000000"
    assert {n for n in linha["antes"] if linha["antes"][n] != linha["depois"][n]} == {
        "te_brl_por_mwh"
    }

    aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk, motivo="confere")

    tarifa.refresh_from_db()
    assert tarifa.te_brl_por_mwh == 300
    pedido.refresh_from_db()
    assert (pedido.situacao, pedido.decidido_por, pedido.motivo) == ("APROVADO", bia, "confere")
    assert pedido.pedido_por == ana
    assert f"{pedido}, de ana" in tarifa.history.first().history_change_reason
    eventos = EventoAuditoria.objects.filter(acao__startswith="APROVACAO_")
    eventos = eventos.order_by("pk").values_list("acao", "usuario")
    assert list(eventos) == [("APROVACAO_PEDIDA", ana.pk), ("APROVACAO_CONCEDIDA", bia.pk)]


@pytest.mark.parametrize(
    "fabrica", [TarifaFactory, BandeiraFactory, AliquotaFactory, FaixaCipFactory]
)
def test_toda_tabela_vai_e_volta_sem_perder_nada(agora, ana, bia, fabrica):
    """Inclusion, and then deletion, of a row of each dated table."""
    modelo = fabrica._meta.model
    molde = fabrica()
    valores = modelo.objects.filter(pk=molde.pk).values().get()
    modelo.objects.all().delete()
    molde.pk = None

    pedido = pedir_gravacao(molde, agora=agora, usuario_id=ana.pk)
    assert not modelo.objects.exists()
    aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)
    linha = modelo.objects.get()
    assert {**modelo.objects.values().get(), "id": 0} == {**valores, "id": 0}

    pedido = pedir_exclusao([linha], agora=agora, usuario_id=bia.pk)
    assert modelo.objects.exists()
    aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=ana.pk)
    assert not modelo.objects.exists()
    assert modelo.history.first().history_type == "-"


@pytest.mark.parametrize("decidir", [aprovar, recusar])
def test_ninguem_decide_o_proprio_nem_superusuario(agora, ana, pedido, decidir):
    with pytest.raises(DecisaoPropriaError, match="quem pede não decide"):
        decidir(pedido_id=pedido.pk, agora=agora, usuario_id=ana.pk, motivo="x")
    pedido.refresh_from_db()
    assert pedido.pendente
    assert Tarifa.objects.get().te_brl_por_mwh == Decimal("316.96")


def test_o_banco_tambem_recusa_a_decisao_propria(agora, pedido):
    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        decidir_sozinha(pedido, agora)
    assert "pedido_decidido_por_outra_pessoa" in str(erro.value)
    assert "outra pessoa" in str(traduzir_erro_do_banco(erro.value))


def test_controle_sem_a_constraint_a_decisao_propria_passa(agora, pedido):
    [constraint] = [
        c
        for c in PedidoDeAprovacao._meta.constraints
        if c.name == "pedido_decidido_por_outra_pessoa"
    ]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        try:
            decidir_sozinha(pedido, agora)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with connection.schema_editor() as editor:
            editor.remove_constraint(PedidoDeAprovacao, constraint)
        decidir_sozinha(pedido, agora)
    pedido.refresh_from_db()
    assert pedido.decidido_por == pedido.pedido_por


ADULTERACOES = {
    "trocar quem pediu": {"pedido_por_id": None},
    "trocar os valores": {"linhas": []},
    "trocar o alvo": {"objeto_id": 1_000},
}


@pytest.mark.parametrize("qual", ADULTERACOES)
def test_o_pedido_nao_muda_nem_por_sql(bia, pedido, qual):
    valores = {n: bia.pk if v is None else v for n, v in ADULTERACOES[qual].items()}
    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        PedidoDeAprovacao.objects.filter(pk=pedido.pk).update(**valores)
    assert traduzir_erro_do_banco(erro.value).codigo == "PEDIDO_IMUTAVEL"
    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        PedidoDeAprovacao.objects.all().delete()
    assert traduzir_erro_do_banco(erro.value).codigo == "PEDIDO_IMUTAVEL"


def test_a_decisao_nao_se_refaz_nem_por_sql(agora, bia, pedido):
    recusar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk, motivo="não")
    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        PedidoDeAprovacao.objects.update(situacao="APROVADO")
    assert traduzir_erro_do_banco(erro.value).codigo == "PEDIDO_IMUTAVEL"


@pytest.mark.parametrize("qual", ADULTERACOES)
def test_controle_sem_gatilho_o_pedido_muda(bia, pedido, qual, sem_gatilhos):
    valores = {n: bia.pk if v is None else v for n, v in ADULTERACOES[qual].items()}
    PedidoDeAprovacao.objects.filter(pk=pedido.pk).update(**valores)
    mudado = PedidoDeAprovacao.objects.values().get()
    assert {n: mudado[n] for n in valores} == valores
    PedidoDeAprovacao.objects.all().delete()
    assert not PedidoDeAprovacao.objects.exists()


def test_decidido_uma_vez_so(agora, bia, pedido):
    recusar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk, motivo="valor  errado ")
    pedido.refresh_from_db()
    assert (pedido.situacao, pedido.motivo) == ("RECUSADO", "valor errado")
    assert Tarifa.objects.get().te_brl_por_mwh == Decimal("316.96")
    for decidir in (aprovar, recusar):
        with pytest.raises(PedidoJaDecididoError, match="já foi recusado por bia"):
            decidir(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk, motivo="x")


def test_recusa_pede_motivo(agora, bia, pedido):
    with pytest.raises(DadoInvalidoError, match="Informe o motivo"):
        recusar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk, motivo="  ")
    with pytest.raises(NaoEncontradoError):
        recusar(pedido_id=10**9, agora=agora, usuario_id=bia.pk, motivo="x")


def test_linha_que_mudou_depois_do_pedido_nao_se_aprova(agora, bia, pedido):
    Tarifa.objects.update(tusd_brl_por_mwh=Decimal("1"))
    with pytest.raises(PedidoDesatualizadoError, match="mudou depois do pedido"):
        aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)
    tarifa = Tarifa.objects.get()
    assert (tarifa.tusd_brl_por_mwh, tarifa.te_brl_por_mwh) == (1, Decimal("316.96"))
    pedido.refresh_from_db()
    assert pedido.pendente


def test_controle_sem_a_comparacao_a_outra_mudanca_se_perde(agora, bia, pedido, monkeypatch):
    monkeypatch.setattr(aprovacoes, "_recusar_mudado", lambda *args: None)
    Tarifa.objects.update(tusd_brl_por_mwh=Decimal("1"))
    aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)
    assert Tarifa.objects.get().tusd_brl_por_mwh == Decimal("472.42")


def test_linha_excluida_depois_do_pedido(agora, bia, pedido):
    Tarifa.objects.all().delete()
    with pytest.raises(PedidoDesatualizadoError, match="foi excluída"):
        aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)


def test_a_validacao_de_sempre_vale_no_pedido_e_na_aprovacao(agora, ana, bia):
    BandeiraFactory(vigente_de=date(2026, 1, 1), vigente_ate=date(2026, 2, 1))
    nova = BandeiraFactory.build(vigente_de=date(2026, 1, 15), vigente_ate=date(2026, 3, 1))
    with pytest.raises(ValidationError, match="coincide"):
        pedir_gravacao(nova, agora=agora, usuario_id=ana.pk)

    nova.vigente_de = date(2026, 2, 1)
    pedido = pedir_gravacao(nova, agora=agora, usuario_id=ana.pk)
    BandeiraFactory(vigente_de=date(2026, 2, 1), vigente_ate=None)
    with pytest.raises(ValidationError, match="coincide"):
        aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)
    pedido.refresh_from_db()
    assert pedido.pendente
    assert Bandeira.objects.count() == 2


def test_um_pedido_de_cada_vez_por_linha(agora, bia, pedido):
    tarifa = Tarifa.objects.get()
    tarifa.te_brl_por_mwh = Decimal("1")
    with pytest.raises(PedidoRepetidoError, match=f"{pedido}, de ana"):
        pedir_gravacao(tarifa, agora=agora, usuario_id=bia.pk)
    with pytest.raises(IntegrityError) as erro, transaction.atomic():
        PedidoDeAprovacao.objects.create(
            tipo="ALTERACAO",
            modelo="tarifa",
            objeto_id=tarifa.pk,
            resumo="x",
            linhas=[],
            pedido_por=bia,
            pedido_em=agora,
        )
    assert "já tem um pedido" in str(traduzir_erro_do_banco(erro.value))


def test_nada_mudou(agora, ana):
    TarifaFactory()
    with pytest.raises(NadaMudouError):
        pedir_gravacao(Tarifa.objects.get(), agora=agora, usuario_id=ana.pk)


def test_importacao_entra_inteira_ou_nao_entra(agora, ana, bia):
    meses = [(date(2026, 1, 1), date(2026, 2, 1)), (date(2026, 2, 1), date(2026, 3, 1))]
    novas = [BandeiraFactory.build(vigente_de=de, vigente_ate=ate) for de, ate in meses]
    pedido = pedir_importacao(novas, agora=agora, usuario_id=ana.pk)
    no_caminho = BandeiraFactory(vigente_de=date(2026, 2, 10), vigente_ate=date(2026, 2, 11))
    with pytest.raises(ValidationError):
        aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)
    assert Bandeira.objects.count() == 1
    no_caminho.delete()
    aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)
    assert Bandeira.objects.count() == 2
    with pytest.raises(DadoInvalidoError, match="nada de novo"):
        pedir_importacao([], agora=agora, usuario_id=ana.pk)


def test_pedido_grande_demais_e_uma_frase(agora, ana, monkeypatch):
    monkeypatch.setattr(aprovacoes, "LINHAS_MAXIMAS", 1)
    novas = [BandeiraFactory.build(), BandeiraFactory.build()]
    with pytest.raises(DadoInvalidoError, match=r"até 1\. Divida-o"):
        pedir_importacao(novas, agora=agora, usuario_id=ana.pk)


def test_a_execucao_so_se_desfaz_depois_de_aprovada(agora, ana, bia):
    execucao = execucao_com_rascunho(agora)
    pedido = pedir_desfazimento(
        execucao_id=execucao.pk, motivo=" tarifa  velha", agora=agora, usuario_id=ana.pk
    )
    assert Fatura.objects.em_rascunho().count() == 1
    assert pedido.linhas[0]["antes"] == {"rascunhos": "1", "outras": "0"}

    with pytest.raises(DecisaoPropriaError):
        aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=ana.pk)
    aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)
    assert not Fatura.objects.exists()
    execucao.refresh_from_db()
    assert (execucao.motivo_desfazimento, execucao.desfeita_por) == ("tarifa velha", bia)

    with pytest.raises(ExecucaoNaoDesfeitaError, match="já foi desfeita"):
        pedir_desfazimento(execucao_id=execucao.pk, motivo="x", agora=agora, usuario_id=ana.pk)


def test_execucao_que_mudou_depois_do_pedido(agora, ana, bia):
    execucao = execucao_com_rascunho(agora)
    pedido = pedir_desfazimento(execucao_id=execucao.pk, motivo="x", agora=agora, usuario_id=ana.pk)
    emitir_fatura(fatura_id=Fatura.objects.get().pk, agora=agora)
    with pytest.raises(PedidoDesatualizadoError, match="mudou depois do pedido"):
        aprovar(pedido_id=pedido.pk, agora=agora, usuario_id=bia.pk)
    execucao.refresh_from_db()
    assert execucao.desfeita_em is None
