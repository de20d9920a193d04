"""P1 to P7 by SQL: silent on a sound database, and red on each breach, made with the guards off."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from faturamento import gatilhos
from faturamento.models import (
    Fatura,
    LoteFaturamento,
    Pagamento,
    Pendencia,
    SequenciaFatura,
)
from faturamento.servicos.baixa import estornar_pagamento, registrar_pagamento
from faturamento.servicos.execucao import definir_escopo, descartar_rascunhos, faturar
from faturamento.servicos.integridade import verificar_integridade
from medidores.models import Leitura
from tests.factories import (
    FaturaFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = pytest.mark.django_db

JANEIRO = date(2026, 1, 1)


@pytest.fixture
def mes_faturado(agora: datetime) -> None:
    """Three issued invoices, one paid in part and one reversed, and a UC left pending."""
    criar_parametros()
    for _ in range(3):
        criar_unidade_com_leituras()
    MedidorFactory()
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=True, agora=agora)
    primeira, segunda, _ = Fatura.objects.order_by("pk")
    for fatura in (primeira, segunda):
        pagamento = registrar_pagamento(
            fatura_id=fatura.pk,
            valor=Decimal("10.00"),
            identificador=f"p-{fatura.pk}",
            data_pagamento=date(2026, 2, 11),
            agora=agora,
        )
    estornar_pagamento(pagamento_id=pagamento.pk, agora=agora)


def promessas() -> list[str]:
    return [violacao.promessa for violacao in verificar_integridade()]


def test_banco_sao_nao_tem_violacao(mes_faturado, capsys):
    assert promessas() == []
    call_command("verificar_integridade", "--json")
    assert json.loads(capsys.readouterr().out) == {"integro": True, "violacoes": []}


def test_rascunho_descartado_nao_abre_a_conta(agora):
    criar_parametros()
    criar_unidade_com_leituras()
    escopo = definir_escopo(JANEIRO, ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    descartar_rascunhos(list(Fatura.objects.values_list("pk", flat=True)))
    assert promessas() == []


def fatura() -> Fatura:
    return Fatura.objects.order_by("pk")[0]


def duas_no_mes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX uma_fatura_de_ciclo_por_unidade_e_mes")
    outra = fatura()
    outra.pk, outra.numero, outra.execucao_id, outra.status_pagamento = None, 4, None, "PENDENTE"
    outra.save(force_insert=True)
    SequenciaFatura.objects.update(ultimo_numero=4)


def sumir_pendencia() -> None:
    Pendencia.objects.all().delete()


def sumir_fatura() -> None:
    Fatura.objects.filter(pk=Fatura.objects.order_by("-pk")[0].pk).delete()
    SequenciaFatura.objects.update(ultimo_numero=2)


def lote_por_fazer() -> None:
    lote = LoteFaturamento.objects.get()
    LoteFaturamento.objects.create(
        execucao=lote.execucao, ordem=2, unidade_de=1, unidade_ate=2, situacao="PENDENTE"
    )


def dois_resultados() -> None:
    Pendencia.objects.update(unidade=fatura().unidade_id)


def um_centavo_a_mais() -> None:
    Fatura.objects.filter(pk=fatura().pk).update(valor=fatura().valor + Decimal("0.01"))


def pular_numero() -> None:
    Fatura.objects.filter(numero=3).update(numero=5)
    SequenciaFatura.objects.update(ultimo_numero=5)


def voltar_sequencia() -> None:
    SequenciaFatura.objects.update(ultimo_numero=2)


def mudar_leitura() -> None:
    Leitura.objects.filter(medidor__unidade=fatura().unidade, data_leitura__month=1).update(
        leitura_kwh=Decimal("1150.001")
    )


def mudar_instante() -> None:
    leitura = Leitura.objects.get(medidor__unidade=fatura().unidade, data_leitura__month=1)
    Leitura.objects.filter(pk=leitura.pk).update(
        data_leitura=leitura.data_leitura.replace(second=1)
    )


def invalidar_leitura() -> None:
    Leitura.objects.filter(medidor__unidade=fatura().unidade).update(situacao="REJEITADA")


def apagar_leitura() -> None:
    Leitura.objects.filter(medidor__unidade=fatura().unidade).delete()


def esquecer_pagamento() -> None:
    Fatura.objects.update(status_pagamento="PENDENTE")


def inventar_quitacao() -> None:
    Fatura.objects.filter(pk=fatura().pk).update(status_pagamento="PAGA")


def estorno_pela_metade() -> None:
    Pagamento.objects.filter(estorna__isnull=False).update(valor=Decimal("-5.00"))
    Fatura.objects.filter(pagamentos__estorna__isnull=False).update(status_pagamento="PARCIAL")


def repetir_pagamento() -> None:
    """The same fact credited twice; what the invoice says of its payment still holds."""
    [nome] = [
        nome
        for nome, dados in connection.introspection.get_constraints(
            connection.cursor(), Pagamento._meta.db_table
        ).items()
        if dados["unique"] and dados["columns"] == ["identificador"]
    ]
    connection.check_constraints()  # no check is left to the commit: the table may be altered
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {Pagamento._meta.db_table} DROP CONSTRAINT {nome}")
    outro = Pagamento.objects.get(fatura=fatura())
    outro.pk = None
    outro.save(force_insert=True)


def emitida_sem_numero() -> None:
    """The last of its série, so that no number is missed beside it."""
    sqlite = connection.vendor == "sqlite"
    connection.check_constraints()  # as above
    with connection.cursor() as cursor:
        cursor.execute(
            "PRAGMA ignore_check_constraints = ON"
            if sqlite
            else f"ALTER TABLE {Fatura._meta.db_table} DROP CONSTRAINT "
            "fatura_numerada_quando_emitida"
        )
        Fatura.objects.filter(numero=3).update(numero=None)
        if sqlite:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    SequenciaFatura.objects.update(ultimo_numero=2)


QUEBRAS = [
    (duas_no_mes, "P1"),
    (sumir_pendencia, "P2"),
    (sumir_fatura, "P2"),
    (lote_por_fazer, "P2"),
    (dois_resultados, "P2"),
    (um_centavo_a_mais, "P3"),
    (pular_numero, "P5"),
    (voltar_sequencia, "P5"),
    (emitida_sem_numero, "P5"),
    (mudar_leitura, "P6"),
    (mudar_instante, "P6"),
    (invalidar_leitura, "P6"),
    (apagar_leitura, "P6"),
    (esquecer_pagamento, "P7"),
    (inventar_quitacao, "P7"),
    (estorno_pela_metade, "P7"),
    # SQLite does not let go of a unique column.
    pytest.param(repetir_pagamento, "P7", marks=pytest.mark.postgresql),
]


@pytest.fixture
def guardas_desligadas(mes_faturado: None) -> Iterator[None]:
    gatilhos.remover(connection)
    yield
    gatilhos.instalar(connection)


@pytest.mark.parametrize(("quebrar", "promessa"), QUEBRAS, ids=lambda v: getattr(v, "__name__", v))
def test_quebra_feita_sem_as_guardas_e_achada(
    quebrar: Callable[[], None], promessa: str, guardas_desligadas, capsys
):
    quebrar()
    gatilhos.instalar(connection)

    assert set(promessas()) == {promessa}
    with pytest.raises(CommandError, match=promessa) as saida:
        call_command("verificar_integridade")
    assert saida.value.returncode == 1
    assert promessa in capsys.readouterr().out


def test_gatilho_que_falta_quebra_p4(mes_faturado):
    gatilhos.remover(connection)
    try:
        assert promessas() == ["P4"]
    finally:
        gatilhos.instalar(connection)


def test_ids_sao_limitados_e_contados(mes_faturado, monkeypatch):
    monkeypatch.setattr("faturamento.servicos.integridade.IDS_MOSTRADOS", 2)
    for _ in range(3):
        FaturaFactory(emitida=True, numero=None, situacao="RASCUNHO", emitida_em=None)
    [violacao] = verificar_integridade()
    assert (violacao.promessa, violacao.quantas, len(violacao.ids)) == ("P3", 3, 2)
