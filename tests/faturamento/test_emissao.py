"""From draft to issued: numbers, dates, and drafts that no longer hold."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from faturamento.models import Fatura, SequenciaFatura, Tarifa
from faturamento.servicos import emissao
from faturamento.servicos.emissao import (
    FaturaJaEmitidaError,
    emitir_fatura,
    emitir_faturas,
)
from faturamento.servicos.execucao import definir_escopo, descartar_rascunhos, faturar
from faturamento.servicos.integridade import verificar_integridade
from medidores.models import Leitura, UnidadeConsumidora
from medidores.servicos.leituras import alterar_leitura
from tests.factories import LeituraFactory, criar_parametros, criar_unidade_com_leituras

pytestmark = pytest.mark.django_db


def rascunhos(agora: datetime, quantos: int = 1, *, ate: date | None = None) -> list[Fatura]:
    criar_parametros()
    for _ in range(quantos):
        criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=ate, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    return list(Fatura.objects.order_by("pk"))


def test_numeros_seguem_sem_falha_de_onde_pararam(agora):
    primeira, segunda, terceira = rascunhos(agora, 3)

    emitir_fatura(fatura_id=segunda.pk, agora=agora)
    resultado = emitir_faturas([terceira.pk, primeira.pk], agora=agora)

    assert resultado.emitidas == [primeira.pk, terceira.pk]
    assert list(Fatura.objects.order_by("pk").values_list("numero", flat=True)) == [2, 1, 3]
    assert SequenciaFatura.objects.get().ultimo_numero == 3


def test_emitir_de_novo_e_recusado_e_nao_gasta_numero(agora):
    [fatura] = rascunhos(agora)
    emitir_fatura(fatura_id=fatura.pk, agora=agora)
    with pytest.raises(FaturaJaEmitidaError, match="cancele e refature"):
        emitir_fatura(fatura_id=fatura.pk, agora=agora)
    assert SequenciaFatura.objects.get().ultimo_numero == 1


def muda_leitura(agora: datetime) -> None:
    leitura = Leitura.objects.order_by("-data_leitura")[0]
    alterar_leitura(leitura, leitura_kwh=Decimal(1160), agora=agora)


def chega_leitura(_: datetime) -> None:
    ultima = Leitura.objects.order_by("-data_leitura")[0]
    LeituraFactory(
        medidor=ultima.medidor,
        data_leitura=datetime(2026, 1, 30, 12, tzinfo=UTC),
        leitura_kwh=Decimal(1300),
    )


@pytest.mark.parametrize(
    "mudar",
    [
        muda_leitura,
        chega_leitura,
        lambda _: Tarifa.objects.update(te_brl_por_mwh=300),
        lambda _: UnidadeConsumidora.objects.update(ligacao="TRIFASICA"),
        lambda _: Leitura.objects.filter(data_leitura__month=1).update(situacao="RETIDA"),
    ],
    ids=["leitura", "leitura nova", "tarifa", "cadastro", "leitura retida"],
)
def test_rascunho_cujos_insumos_mudaram_nao_e_emitido(mudar, agora):
    [fatura] = rascunhos(agora)
    mudar(agora)

    resultado = emitir_faturas([fatura.pk], agora=agora)

    assert [r.codigo for r in resultado.recusas] == ["RASCUNHO_DESATUALIZADO"]
    fatura.refresh_from_db()
    assert (fatura.situacao, fatura.numero) == ("RASCUNHO", None)


def test_controle_sem_o_hash_dos_insumos_sai_meio_velha(agora, monkeypatch):
    [fatura] = rascunhos(agora)
    muda_leitura(agora)
    monkeypatch.setattr(
        emissao, "_hashes_atuais", lambda faturas, _: {f.pk: f.insumos_hash for f in faturas}
    )
    assert emitir_faturas([fatura.pk], agora=agora).emitidas == [fatura.pk]
    assert {violacao.promessa for violacao in verificar_integridade()} == {"P6"}


def test_leitura_depois_do_limite_da_execucao_nao_desatualiza(agora):
    [fatura] = rascunhos(agora, ate=date(2026, 1, 20))
    chega_leitura(agora)
    assert emitir_faturas([fatura.pk], agora=agora).emitidas == [fatura.pk]


def test_descartar_e_faturar_de_novo_usa_o_que_mudou(agora):
    [fatura] = rascunhos(agora)
    muda_leitura(agora)
    assert descartar_rascunhos([fatura.pk]) == 1
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=True, agora=agora)
    assert Fatura.objects.get().consumo_kwh == 160


def test_consultas_da_emissao_nao_crescem_com_os_rascunhos(agora):
    [sozinho] = rascunhos(agora)
    with CaptureQueriesContext(connection) as com_um:
        assert emitir_faturas([sozinho.pk], agora=agora).emitidas == [sozinho.pk]
    for _ in range(10):
        criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    dez = list(Fatura.objects.em_rascunho().values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as com_dez:
        assert len(emitir_faturas(dez, agora=agora).emitidas) == 10
    # One alone is named by the event; the série's row is made by the first.
    assert len(com_dez) <= len(com_um)


def test_descartar_nao_toca_em_fatura_emitida(agora):
    [fatura] = rascunhos(agora)
    emitir_fatura(fatura_id=fatura.pk, agora=agora)
    assert descartar_rascunhos([fatura.pk]) == 0
    assert Fatura.objects.count() == 1


def test_emissao_falha_devolve_o_bloco_de_numeros(agora, monkeypatch):
    [fatura] = rascunhos(agora)
    monkeypatch.setattr(emissao, "gravar_emissao", lambda _: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(RuntimeError):
        emitir_faturas([fatura.pk], agora=agora)
    monkeypatch.undo()

    emitir_fatura(fatura_id=fatura.pk, agora=agora)
    assert Fatura.objects.get().numero == 1
