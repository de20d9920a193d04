"""The painel: the month's numbers, the debt by age, the kept sums."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from faturamento.models import ExecucaoFaturamento, ResumoMensal
from faturamento.servicos.painel import (
    IDADE_DOS_OUTROS,
    atualizar_resumos,
    faturas_por_situacao,
    idade_da_divida,
    ler_resumos,
    recebido_no_mes,
    serie_de_meses,
)
from tests.factories import (
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    PagamentoFactory,
)
from tests.paginas import entrar_como

pytestmark = pytest.mark.django_db

HOJE = date(2026, 2, 10)
JANEIRO = date(2026, 1, 1)
LIMPEZA = import_module("faturamento.migrations.0010_limpeza_antes_que_acumule")


def vencer(dias: int, valor: str, **campos):
    return FaturaFactory(
        emitida=True,
        valor=Decimal(valor),
        data_emissao=date(2020, 1, 1),
        data_vencimento=HOJE - timedelta(days=dias),
        **campos,
    )


def test_divida_por_atraso_nos_limites_de_cada_faixa():
    for dias, valor in [(-5, "1"), (0, "2"), (1, "4"), (30, "8"), (31, "16"), (60, "32")]:
        vencer(dias, valor)
    for dias, valor in [(61, "64"), (90, "128"), (91, "256"), (900, "512")]:
        vencer(dias, valor)
    vencer(10, "1024", status_pagamento="PAGA")
    vencer(10, "0")
    FaturaFactory(ciclo=True, data_vencimento=HOJE - timedelta(days=10))
    faixas = idade_da_divida(HOJE)
    assert [faixa.nome for faixa in faixas] == [
        "a vencer",
        "1 a 30 dias",
        "31 a 60 dias",
        "61 a 90 dias",
        "mais de 90 dias",
    ]
    assert [faixa.soma.valor for faixa in faixas] == [3, 12, 48, 192, 768]
    assert [faixa.soma.quantas for faixa in faixas] == [2, 2, 2, 2, 2]
    assert [faixa.vencida for faixa in faixas] == [False, True, True, True, True]


def test_paga_em_parte_conta_pelo_que_falta():
    PagamentoFactory(fatura=vencer(5, "100", status_pagamento="PARCIAL"), valor=Decimal(30))
    PagamentoFactory(fatura=vencer(-5, "50", status_pagamento="PARCIAL"), valor=Decimal(1))
    a_vencer, atrasada, *_ = idade_da_divida(HOJE)
    assert (a_vencer.soma.valor, atrasada.soma.valor) == (Decimal(49), Decimal(70))


def test_cada_faixa_liga_para_a_lista_com_as_suas_faturas(admin_client):
    hoje = datetime.now(UTC).date()
    for dias in (-40, 5, 45, 75, 400):
        FaturaFactory(data_emissao=date(2020, 1, 1), data_vencimento=hoje - timedelta(days=dias))
    FaturaFactory(status_pagamento="PAGA", data_vencimento=hoje + timedelta(days=40))
    resposta = admin_client.get(reverse("admin:index"))
    for faixa in resposta.context["divida"]:
        lista = admin_client.get(faixa.endereco)
        assert lista.context["cl"].result_count == 1, faixa.nome


def test_faturas_do_mes_e_recebido_no_mes():
    FaturaFactory(valor=Decimal("10.10"))
    FaturaFactory(ciclo=True, valor=Decimal("5.00"))
    PagamentoFactory(valor=Decimal("7.00"), data_pagamento=date(2026, 1, 31))
    PagamentoFactory(valor=Decimal("9.00"), data_pagamento=date(2026, 2, 1))
    somas = faturas_por_situacao(JANEIRO)
    assert (somas["RASCUNHO"].quantas, somas["RASCUNHO"].valor) == (1, Decimal("5.00"))
    assert somas["EMITIDA"].quantas == 3
    assert recebido_no_mes(JANEIRO).valor == Decimal("7.00")


def test_resumo_conta_medidor_lido_uma_vez_e_so_leitura_valida_do_mes_civil(agora):
    lido, retido, fora, retirado = (MedidorFactory() for _ in range(4))
    retirado.data_retirada = date(2026, 1, 20)
    retirado.save()
    LeituraFactory(medidor=lido)
    LeituraFactory(medidor=lido, data_leitura=datetime(2026, 1, 6, 12, tzinfo=UTC))
    LeituraFactory(medidor=retido, situacao="RETIDA")
    LeituraFactory(medidor=retirado)
    # Still 31 December in São Paulo.
    LeituraFactory(medidor=fora, data_leitura=datetime(2026, 1, 1, 2, tzinfo=UTC))
    [resumo] = atualizar_resumos([JANEIRO], agora=agora)
    assert resumo.leituras_recebidas == 1


def test_resumos_nascem_todos_e_envelhecem_um_de_cada_vez(agora, django_assert_num_queries):
    FaturaFactory(emitida=True, mes_referencia=date(2025, 12, 1), valor=Decimal("10.00"))
    resumos = ler_resumos(JANEIRO, agora=agora, hoje=HOJE)
    assert len(resumos) == 13 == ResumoMensal.objects.count()
    with django_assert_num_queries(1):
        assert ler_resumos(JANEIRO, agora=agora, hoje=HOJE) == resumos
    FaturaFactory(emitida=True, mes_referencia=date(2025, 12, 1), valor=Decimal("5.00"))
    depois = agora + IDADE_DOS_OUTROS + timedelta(minutes=1)
    ler_resumos(JANEIRO, agora=depois, hoje=HOJE)  # January, which is looked at, comes first
    assert ResumoMensal.objects.get(pk=JANEIRO).calculado_em == depois
    for _ in range(12):
        ler_resumos(JANEIRO, agora=depois, hoje=HOJE)
    serie = serie_de_meses(ler_resumos(JANEIRO, agora=depois, hoje=HOJE), JANEIRO)
    assert [um.valor for um in serie[-2:]] == [Decimal("15.00"), None]


def test_painel_troca_de_mes_e_ignora_mes_que_nao_se_le(admin_client):
    FaturaFactory(mes_referencia=JANEIRO, valor=Decimal("77.70"))
    texto = admin_client.get(reverse("admin:index"), {"mes": "2026-01"}).text
    assert "Faturas de 01/2026" in texto
    assert "77,70" in texto
    assert "?mes=2025-12" in texto
    for ruim in ("x", "2026-13", "0001-01", "9999-12", "\x00"):
        assert admin_client.get(reverse("admin:index"), {"mes": ruim}).status_code == 200


def test_execucao_aberta_tem_barra_viva(admin_client, agora):
    execucao = ExecucaoFaturamento.objects.create(
        mes_referencia=JANEIRO, ate=date(2026, 1, 31), iniciada_em=agora
    )
    barra = reverse("admin:faturamento_execucaofaturamento_barra", args=[execucao.pk])
    texto = admin_client.get(reverse("admin:index")).text
    assert f'data-andamento="{barra}"' in texto
    assert "andamento.js" in texto
    assert "data-andamento" in admin_client.get(barra).text
    ExecucaoFaturamento.objects.update(situacao="CONCLUIDA", terminada_em=agora)
    assert barra not in admin_client.get(reverse("admin:index")).text
    assert "data-terminou" in admin_client.get(barra).text


def test_quem_ve_leituras_nao_ve_dinheiro(client):
    entrar_como(client, "medidores.view_leitura")
    texto = client.get(reverse("admin:index")).text
    assert "Leituras em crítica" in texto
    assert "Faturado" not in texto
    assert "O que se deve" not in texto


# --- PostgreSQL --------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_as_somas_leem_so_os_indices():
    """Control: without the index of the open invoices, what is owed reads the table."""
    PagamentoFactory(fatura=vencer(5, "100", status_pagamento="PARCIAL"), valor=Decimal(30))
    with CaptureQueriesContext(connection) as consultas:
        idade_da_divida(HOJE)
        faturas_por_situacao(JANEIRO)
        recebido_no_mes(JANEIRO)
    feitas = [consulta["sql"] for consulta in consultas]
    devido, parcial, do_mes, recebido = (sql for sql in feitas if sql.startswith("SELECT"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        # Of a table of one row every index costs alike: only those meant stand for choice.
        cursor.execute(
            "SELECT format('DROP INDEX %%I', i.relname) FROM pg_index x "
            "JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid "
            "WHERE t.relname IN ('faturamento_fatura', 'faturamento_pagamento') "
            "AND i.relname <> ALL(%s) "
            "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid)",
            [
                [
                    "fatura_em_aberto",
                    "fatura_mes_somas",
                    "pagamento_fatura_valor",
                    "pagamento_data_valor",
                ]
            ],
        )
        for (tirar,) in cursor.fetchall():
            cursor.execute(tirar)
        so_do_indice = "Index Only Scan using "
        assert so_do_indice + "fatura_em_aberto" in plano(cursor, devido)
        assert so_do_indice + "fatura_em_aberto" in plano(cursor, parcial)
        assert so_do_indice + "pagamento_fatura_valor" in plano(cursor, parcial)
        assert so_do_indice + "fatura_mes_somas" in plano(cursor, do_mes)
        assert so_do_indice + "pagamento_data_valor" in plano(cursor, recebido)
        cursor.execute("DROP INDEX fatura_em_aberto")
        assert so_do_indice not in plano(cursor, devido)


@pytest.mark.postgresql
def test_o_que_se_deve_nao_chama_outros_processos():
    """Control: asked outside, the same sum is shared among processes."""
    with connection.cursor() as cursor:
        # What a table of a million rows is, to the planner of a table of none.
        for de_graca in (
            "parallel_setup_cost",
            "parallel_tuple_cost",
            "min_parallel_table_scan_size",
        ):
            cursor.execute(f"SET LOCAL {de_graca} = 0")
        for outro in ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"):
            cursor.execute(f"SET LOCAL {outro} = off")
        with CaptureQueriesContext(connection) as consultas:
            idade_da_divida(HOJE)
        devido = next(c["sql"] for c in consultas if c["sql"].startswith("SELECT"))
        assert "Gather" not in plano(cursor, devido)
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 2")
        assert "Gather" in plano(cursor, devido)


def plano(cursor, sql):
    cursor.execute("EXPLAIN " + sql)
    return "\n".join(linha for (linha,) in cursor.fetchall())


@pytest.mark.postgresql
def test_o_autovacuum_das_tabelas_somadas_nao_espera_que_se_acumule():
    """Control: the migration's way back leaves PostgreSQL's own settings."""
    with connection.schema_editor() as editor:
        assert limiares() == {
            (tabela, parametro, 0.02)
            for tabela in ("faturamento_fatura", "faturamento_pagamento")
            for parametro in LIMPEZA.PARAMETROS
        }
        LIMPEZA.soltar(None, editor)
        assert limiares() == set()


def limiares():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, option_name, option_value::float FROM pg_class, "
            "pg_options_to_table(reloptions) WHERE relkind = 'r' AND option_name LIKE 'autovacuum%'"
        )
        return set(cursor.fetchall())
