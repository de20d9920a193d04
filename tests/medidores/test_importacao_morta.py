"""P10: an import killed at any statement leaves nothing, and done again ends the same."""

import io
import itertools
import os
import signal
import threading
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection

from medidores.models import ImportacaoLeituras, Leitura, UnidadeConsumidora
from medidores.servicos import importacao_leituras, julgamento
from medidores.servicos.importacao_leituras import ResultadoImportacao, importar_leituras
from tests.factories import MedidorFactory
from tests.faltas import em_outro_processo, morrer_no_comando
from tests.faturamento.test_corridas import ao_mesmo_tempo

pytestmark = pytest.mark.postgresql

LINHAS = [
    f"M{n};05/{mes:02d}/2025;{1000 * n + 150 * mes}" for mes in range(1, 13) for n in range(1, 4)
]
RUINS = ["M1;05/12/2025;1", "X;05/12/2025;1", "M2;32/12/2025;1", "M3;06/12/2025;30"]
ARQUIVO = "\n".join(["numero_medidor;data_leitura;leitura_kwh", *LINHAS, *RUINS]).encode()


@pytest.fixture(autouse=True)
def medidores(banco_real: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(julgamento, "LINHAS_POR_FATIA", 13)  # three slices
    for n in range(1, 4):
        MedidorFactory(numero_medidor=f"M{n}", data_instalacao=date(2024, 1, 1))


def importar(agora: datetime) -> ResultadoImportacao:
    return importar_leituras(io.BytesIO(ARQUIVO), nome="m.csv", agora=agora)


def estado() -> tuple[Any, ...]:
    campos = ("medidor__numero_medidor", "data_leitura", "leitura_kwh", "situacao", "ocorrencia")
    contagens = ("linhas", "aceitas", "retidas", "recusadas", "repetidas", "situacao")
    return (
        list(Leitura.objects.order_by(*campos).values_list(*campos)),
        list(ImportacaoLeituras.objects.values_list(*contagens)),
    )


@pytest.mark.parametrize("antes", [True, False], ids=["antes", "depois"])
def test_morta_em_qualquer_comando_nao_deixa_nada(agora, antes):
    for n in itertools.count(1):
        if not morrer_no_comando(n, lambda: importar(agora), antes=antes):
            break
        assert estado() == ([], []), f"comando {n}"
    assert n > 20
    leituras, importacoes = estado()
    assert len(leituras) == 37
    assert importacoes == [(40, 36, 1, 3, 0, "CONCLUIDA")]
    assert importar(agora).resumo.repetidas == 37
    assert estado() == (leituras, importacoes)


def test_controle_quem_grava_fatia_por_fatia_deixa_metade(agora, monkeypatch):
    gravar = importacao_leituras.gravar_julgadas

    def gravar_e_confirmar(fatias: Any, *args: Any, **opcoes: Any) -> None:
        def uma_a_uma() -> Any:
            for fatia in fatias:
                yield fatia
                with connection.cursor() as cursor:
                    cursor.execute("COMMIT")
                os.kill(os.getpid(), signal.SIGKILL)

        gravar(uma_a_uma(), *args, **opcoes)

    monkeypatch.setattr(importacao_leituras, "gravar_julgadas", gravar_e_confirmar)
    assert em_outro_processo(lambda: importar(agora)) != 0
    assert 0 < Leitura.objects.count() < 37


@pytest.mark.parametrize("com_guarda", [True, False], ids=["com a trava", "controle sem ela"])
def test_o_mesmo_arquivo_duas_vezes_ao_mesmo_tempo(com_guarda, agora, monkeypatch):
    if not com_guarda:
        encontro = threading.Barrier(2)
        carregar = julgamento.carregar_arredores
        unidades = UnidadeConsumidora.objects.values_list("pk", "classe")
        monkeypatch.setattr(julgamento, "travar_unidades_de", lambda _: dict(unidades.all()))
        monkeypatch.setattr(julgamento, "LINHAS_POR_FATIA", 100)

        def carregar_juntos(*args: Any, **opcoes: Any) -> Any:
            arredores = carregar(*args, **opcoes)
            encontro.wait(10)
            return arredores

        monkeypatch.setattr(julgamento, "carregar_arredores", carregar_juntos)

    resultados = ao_mesmo_tempo(lambda _: importar(agora), quantos=2)

    if com_guarda:
        assert sorted(r.resumo.aceitas for r in resultados) == [0, 36]
        assert sorted(r.resumo.repetidas for r in resultados) == [0, 37]
    else:
        assert [type(r).__name__ for r in resultados].count("ConflitoError") == 1
    assert Leitura.objects.count() == 37
