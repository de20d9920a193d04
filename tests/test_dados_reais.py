"""The main job on real files that do not travel with the project: extra, and says so."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from faturamento.models import Bandeira, Fatura, Pendencia, Tarifa
from medidores.models import Leitura

COMPARTILHADO = Path(
    os.environ.get("DADOS_REAIS", Path(__file__).resolve().parent.parent.parent / "shared")
)
DADOS = COMPARTILHADO / "dados"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not DADOS.is_dir(), reason="sem a pasta de dados reais ao lado do projeto: teste extra"
    ),
]


def rodar(*args: str) -> int:
    try:
        call_command(*args)
    except CommandError as erro:
        return erro.returncode
    return 0


def test_do_cadastro_a_fatura_emitida():
    assert rodar("importar_cadastro", str(DADOS / "cadastro.csv")) == 0
    assert rodar("carregar_parametros", "exemplos/parametros.json") == 0
    assert rodar("importar_leituras", str(DADOS / "leituras-mensais.csv")) == 0
    assert Leitura.objects.filter(ocorrencia="VIRADA_PROVAVEL").count() == 1

    assert rodar("faturar", "--competencia", "2026-01", "--emitir") == 3

    valores = dict(Fatura.objects.values_list("unidade__codigo", "valor"))
    # 118 kWh, ICMS 12 %: TUSD 66,29 + TE 44,48 + 27 of 31 days of amarela 2,30 + CIP 8,63.
    assert valores["UC-1001"] == Decimal("121.70")
    assert set(valores) == {"UC-1001", "UC-1002", "UC-1003"}
    assert Pendencia.objects.values_list("unidade__codigo", "codigo").get() == (
        "UC-1004",
        "SEM_LEITURA",
    )
    assert rodar("verificar_faturas") == 0


def test_leituras_horarias_faturam_pelo_ultimo_valor_do_mes():
    rodar("importar_cadastro", str(DADOS / "cadastro.csv"))
    rodar("carregar_parametros", "exemplos/parametros.json")
    assert rodar("importar_leituras", str(DADOS / "leituras-horarias.csv")) == 0
    assert Leitura.objects.count() == 22656

    rodar("faturar", "--competencia", "2024-05", "--emitir")

    fatura = Fatura.objects.get()
    ultima = Leitura.objects.filter(data_leitura__lt="2024-06-01T03:00:00Z").latest("data_leitura")
    assert fatura.ciclo_ate == ultima.data_leitura


def test_arquivos_da_aneel_como_publicados():
    bandeiras = DADOS / "bandeira-tarifaria-acionamento.csv"
    assert rodar("importar_bandeiras", str(bandeiras)) == 0
    assert Bandeira.objects.count() == 133
    rodar("importar_bandeiras", str(bandeiras))
    assert Bandeira.objects.count() == 133

    rodar("carregar_parametros", "exemplos/parametros.json")
    antes = Tarifa.objects.count()
    tarifas = str(DADOS / "tarifas-aneel-amostra.csv")
    agente = ["--distribuidora", "Energia Exemplo", "--agente", "ENEL SP"]
    assert rodar("importar_tarifas", tarifas, *agente) == 0
    # 11 of the 14 rows are application tariffs of grupo B; one is equal to the example's.
    assert Tarifa.objects.count() - antes == 10
