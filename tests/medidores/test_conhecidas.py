"""What is known of registers comes in one row each, and is what the readings themselves say."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection

from comum.periodos import dia_civil
from medidores.calculo.historico import Historico
from medidores.models import Leitura
from medidores.servicos import conhecidas
from medidores.servicos.conhecidas import carregar_arredores, passado_entre, passados_ate
from tests.factories import LeituraFactory, MedidorFactory

pytestmark = [pytest.mark.django_db, pytest.mark.banco]
ANTES_DE = datetime(2026, 3, 1, tzinfo=UTC)


def criar_passados(sorte: Random) -> list[tuple[int, str]]:
    """Registers read each in its own way: by the hour, the day, the month, long ago, never."""
    chaves = []
    for passo, quantas in ((7, 60), (24, 50), (24 * 30, 14), (24 * 31, 3), (24 * 900, 2), (1, 0)):
        medidor = MedidorFactory(data_instalacao=date(2020, 1, 1))
        for registrador in ("ATIVA_TOTAL", "ATIVA_PONTA")[: sorte.randint(1, 2)]:
            chaves.append((medidor.pk, registrador))
            instante, valor = ANTES_DE + timedelta(hours=passo * 2), 90_000
            for _ in range(quantas):
                instante -= timedelta(hours=passo, minutes=sorte.randint(0, 90))
                valor = (valor - sorte.randint(0, 4_000)) % 100_000
                LeituraFactory(
                    medidor=medidor,
                    registrador=registrador,
                    data_leitura=instante,
                    leitura_kwh=valor,
                    situacao=sorte.choice(["VALIDA", "VALIDA", "RETIDA"]),
                    origem=sorte.choice(["CAMPO", "CAMPO", "ESTIMADA"]),
                )
    return chaves


def uma_a_uma(chaves, antes_de):
    """The same by the definition: every measured reading, brought in order."""
    historicos = {chave: Historico(digitos=5, constante=Decimal(1)) for chave in chaves}
    por_chave = defaultdict(list)
    for leitura in Leitura.objects.medidas().order_by("data_leitura", "pk"):
        if leitura.data_leitura < antes_de:
            por_chave[leitura.medidor_id, leitura.registrador].append(leitura)
    for chave, leituras in por_chave.items():
        for leitura in leituras:
            historicos[chave].juntar(leitura.data_leitura, leitura.leitura_kwh)
    return historicos


def o_que_diz(historico):
    return (
        historico.instante,
        historico.leitura_kwh,
        historico.ciclos,
        historico.media_diaria_kwh,
    )


@pytest.mark.parametrize("semente", range(6))
@pytest.mark.parametrize("em_uma_linha", [0, 20, 1_000])
def test_o_passado_e_o_das_leituras(semente, em_uma_linha, monkeypatch):
    """By whichever way it came, the database says no more and no less than its readings."""
    monkeypatch.setattr(conhecidas, "LEITURAS_EM_UMA_LINHA", em_uma_linha)
    chaves = criar_passados(Random(semente))
    esperados = uma_a_uma(chaves, ANTES_DE)

    passados = passados_ate(Leitura.objects.all(), chaves, ANTES_DE)

    for chave in chaves:
        lido = Historico(digitos=5, constante=Decimal(1), passado=passados.get(chave))
        assert o_que_diz(lido) == o_que_diz(esperados[chave]), chave


def test_o_dia_do_banco_e_o_civil():
    """An hour before and after the midnight of São Paulo, under the old summer time too."""
    medidor = MedidorFactory(data_instalacao=date(2017, 1, 1))
    for quando in (
        datetime(2018, 11, 4, 2, 59, tzinfo=UTC),
        datetime(2018, 11, 4, 3, 0, tzinfo=UTC),
        datetime(2019, 2, 17, 2, 59, tzinfo=UTC),
        datetime(2019, 2, 17, 3, 0, tzinfo=UTC),
    ):
        LeituraFactory(medidor=medidor, data_leitura=quando, leitura_kwh=1)
    chave = (medidor.pk, "ATIVA_TOTAL")
    passado = passado_entre(
        chave, datetime(2018, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    )
    quando = medidor.leituras.order_by("data_leitura").values_list("data_leitura", flat=True)
    assert passado is not None
    assert passado.ler()[0] == sorted({dia_civil(instante).toordinal() for instante in quando})


def test_em_volta_de_uma_janela():
    """Between its ends everything, after it the next measured one, before it the past."""
    medidor, outro = MedidorFactory.create_batch(2)
    dias = [datetime(2026, 1, dia, 12, tzinfo=UTC) for dia in range(1, 10)]
    for n, quando in enumerate(dias):
        situacao = "RETIDA" if n in (4, 7) else "VALIDA"
        LeituraFactory(medidor=medidor, data_leitura=quando, leitura_kwh=n, situacao=situacao)
    chaves = [(medidor.pk, "ATIVA_TOTAL"), (outro.pk, "ATIVA_TOTAL")]

    arredores = carregar_arredores([(chaves, dias[3], dias[5])])

    assert arredores is not None
    deste = arredores[chaves[0]]
    assert deste.passado is not None
    assert deste.passado.leitura_kwh == 2
    assert [int(c.leitura_kwh) for c in deste.conhecidas][:3] == [3, 4, 5]
    medidas = [c.leitura_kwh for c in deste.conhecidas if c.medida and c.data_leitura > dias[5]]
    assert medidas[0] == 6
    assert arredores[chaves[1]].passado is None
    assert carregar_arredores([(chaves, dias[3], dias[5])], no_maximo=2) is None


@pytest.mark.skipif(connection.vendor != "postgresql", reason="no SQLite vêm uma a uma")
def test_controle_sem_olhar_a_situacao_o_passado_e_outro(monkeypatch):
    """The property above would see a neighbour that is none."""
    monkeypatch.setattr(
        type(Leitura.objects.all()), "medidas", lambda self: self.exclude(situacao="REJEITADA")
    )
    chaves = criar_passados(Random(1))
    passados = passados_ate(Leitura.objects.all(), chaves, ANTES_DE)
    monkeypatch.undo()
    esperados = uma_a_uma(chaves, ANTES_DE)
    lidos = {
        chave: Historico(digitos=5, constante=Decimal(1), passado=passados.get(chave))
        for chave in chaves
    }
    assert any(o_que_diz(lidos[chave]) != o_que_diz(esperados[chave]) for chave in chaves)
