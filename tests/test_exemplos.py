"""The README's monthly round on the files of `exemplos/`, command by command.

The expected bills are worked out here by hand, from the tariffs as printed in
`parametros.json`, without the calculation core.
"""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from clientes.models import Cliente
from faturamento.models import Fatura, Pendencia
from medidores.models import Leitura, Medidor, UnidadeConsumidora

pytestmark = pytest.mark.django_db
EXEMPLOS = Path(__file__).parent.parent / "exemplos"


def centavos(valor: Decimal) -> Decimal:
    return valor.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.fixture
def rodada() -> CommandError:
    """The round; returns how its last command ended."""
    call_command("importar_cadastro", EXEMPLOS / "cadastro.csv")
    call_command("carregar_parametros", EXEMPLOS / "parametros.json")
    call_command("importar_leituras", EXEMPLOS / "leituras.csv")
    with pytest.raises(CommandError) as parcial:
        call_command("faturar", "--competencia", "2026-01", "--emitir")
    return parcial.value


def test_a_rodada_fatura_sete_e_deixa_uma_pendencia(rodada):
    assert rodada.returncode == 3
    assert Fatura.objects.filter(situacao="EMITIDA").count() == 7
    pendencia = Pendencia.objects.get()
    assert (pendencia.codigo, pendencia.unidade.codigo) == ("SEM_LEITURA", "EX-UC-8")


def test_fatura_b1_confere_com_a_conta_feita_a_mao(rodada):
    """156 kWh from 5 December to 5 January: 27 yellow days of 31, then 4 green."""
    kwh = Decimal(4655 - 4499)
    divisor = (1 - Decimal("0.12")) * (1 - Decimal("0.0079") - Decimal("0.0365"))
    tusd = centavos(kwh * Decimal("0.47242") / divisor)
    te = centavos(kwh * Decimal("0.31696") / divisor)
    amarela = centavos(Decimal("135.871") * Decimal("0.01885") / divisor)  # 156 × 27 ÷ 31
    assert (tusd, te, amarela) == (Decimal("87.64"), Decimal("58.80"), Decimal("3.05"))

    fatura = Fatura.objects.get(unidade__codigo="EX-UC-1")

    assert fatura.consumo_faturado_kwh == kwh
    assert fatura.valor_energia == tusd + te
    assert fatura.valor_bandeira == amarela
    assert fatura.valor_cip == Decimal("8.63")
    assert fatura.valor == tusd + te + amarela + Decimal("8.63") == Decimal("158.12")


def test_fatura_b3_com_constante_confere_com_a_conta_feita_a_mao(rodada):
    """211.5 units of 20 kWh; ICMS of 18 %, the highest CIP band."""
    kwh = (Decimal("3731.5") - Decimal("3520")) * 20
    divisor = (1 - Decimal("0.18")) * (1 - Decimal("0.0079") - Decimal("0.0365"))
    tusd = centavos(kwh * Decimal("0.47242") / divisor)
    te = centavos(kwh * Decimal("0.31696") / divisor)
    amarela = centavos(Decimal("3684.194") * Decimal("0.01885") / divisor)  # 4230 × 27 ÷ 31
    assert (tusd, te, amarela) == (Decimal("2550.23"), Decimal("1711.02"), Decimal("88.63"))

    fatura = Fatura.objects.get(unidade__codigo="EX-UC-6")

    assert fatura.consumo_kwh == kwh == 4230
    assert fatura.valor == tusd + te + amarela + Decimal("28.75") == Decimal("4378.63")


def test_o_mostrador_que_virou_e_faturado_pelo_que_andou(rodada):
    virada = Leitura.objects.get(ocorrencia="VIRADA_PROVAVEL")
    assert virada.medidor.numero_medidor == "EX-0002"
    assert Fatura.objects.get(unidade__codigo="EX-UC-2").consumo_kwh == 100_000 - 99_829 + 12


def test_a_rodada_repetida_nao_muda_nada(rodada):
    antes = list(Fatura.objects.order_by("pk").values_list("pk", "numero", "valor"))
    call_command("importar_cadastro", EXEMPLOS / "cadastro.csv")
    call_command("carregar_parametros", EXEMPLOS / "parametros.json")
    call_command("importar_leituras", EXEMPLOS / "leituras.csv")
    with pytest.raises(CommandError, match="1 unidade"):
        call_command("faturar", "--competencia", "2026-01", "--emitir")
    assert list(Fatura.objects.order_by("pk").values_list("pk", "numero", "valor")) == antes
    assert Leitura.objects.count() == 31


def test_os_exemplos_cobrem_os_subgrupos_e_um_cnpj_alfanumerico():
    call_command("importar_cadastro", EXEMPLOS / "cadastro.csv")

    assert Medidor.objects.count() == 8
    subgrupos = set(UnidadeConsumidora.objects.values_list("subgrupo", flat=True))
    assert subgrupos == {"B1", "B2", "B3", "B4A"}
    documentos = list(Cliente.objects.values_list("documento", flat=True))
    assert len(documentos) == 7
    assert None in documentos
    assert "E5TR3LA7000104" in documentos
