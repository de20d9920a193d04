"""The CSV for the field goes out empty and comes back filled in."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from medidores.models import Leitura, Medidor
from tests.factories import LeituraFactory, MedidorFactory, UnidadeFactory

pytestmark = pytest.mark.django_db


def medidor_do_grupo(**campos) -> Medidor:
    unidade = UnidadeFactory(
        grupo_leitura="05",
        endereco=campos.pop("endereco", "Rua 1"),
        modalidade=campos.pop("modalidade", "CONVENCIONAL"),
    )
    return MedidorFactory(unidade=unidade, **campos)


def com_historico(medidor: Medidor) -> None:
    for mes, valor in ((9, 400), (10, 550), (11, 700), (12, 850)):
        LeituraFactory(
            medidor=medidor,
            data_leitura=datetime(2025, mes, 5, 12, tzinfo=UTC),
            leitura_kwh=Decimal(valor),
        )


def escrever(pasta: Path, *opcoes: str) -> list[dict[str, str]]:
    saida = pasta / "grupo.csv"
    call_command("modelo_leituras", "--grupo", "05", "--saida", str(saida), *opcoes)
    with saida.open(encoding="utf-8-sig", newline="") as arquivo:
        return list(csv.DictReader(arquivo, delimiter=";"))


def test_traz_medidor_endereco_ultimo_valor_e_faixa(tmp_path):
    com_historico(medidor_do_grupo(numero_medidor="A", endereco="=Rua 2"))
    medidor_do_grupo(numero_medidor="N", endereco="Avenida 9")
    medidor_do_grupo(numero_medidor="R", data_retirada=datetime(2025, 12, 1, tzinfo=UTC).date())
    MedidorFactory(numero_medidor="de outro grupo")

    antiga, nova = sorted(escrever(tmp_path, "--data", "2026-01-04"), key=lambda c: c["codigo_uc"])

    assert antiga | {"codigo_uc": ""} == {
        "numero_medidor": "A",
        "registrador": "ATIVA_TOTAL",
        "data_leitura": "",
        "leitura_kwh": "",
        "observacao": "",
        "codigo_uc": "",
        "endereco": "'=Rua 2",
        "ultima_data": "05/12/2025",
        "ultima_leitura_kwh": "850",
        "menor_esperada_kwh": "865,33",
        "maior_esperada_kwh": "1463,186",
    }
    assert (nova["numero_medidor"], nova["ultima_data"], nova["maior_esperada_kwh"]) == (
        ("N", "", "")
    )


def test_a_branca_tem_uma_linha_por_registrador(tmp_path):
    medidor_do_grupo(modalidade="BRANCA")
    assert [linha["registrador"] for linha in escrever(tmp_path)] == [
        "ATIVA_PONTA",
        "ATIVA_INTERMEDIARIO",
        "ATIVA_FORA_PONTA",
    ]


def test_preenchido_volta_pela_importacao(tmp_path, capsys):
    medidor_do_grupo(numero_medidor="-1")
    escrever(tmp_path)
    arquivo = tmp_path / "grupo.csv"
    texto = arquivo.read_text(encoding="utf-8-sig").replace(
        "'-1;ATIVA_TOTAL;;;", "'-1;ATIVA_TOTAL;05/01/2026;1000,5;visor sujo"
    )
    arquivo.write_text(texto, encoding="utf-8")

    call_command("importar_leituras", str(arquivo))

    leitura = Leitura.objects.get()
    assert (leitura.leitura_kwh, leitura.observacao) == (Decimal("1000.5"), "visor sujo")
    assert "não são usadas: codigo_uc, endereco" in capsys.readouterr().err


def test_grupo_que_nao_existe_sai_com_2_e_nao_deixa_arquivo(tmp_path):
    saida = tmp_path / "grupo.csv"
    with pytest.raises(CommandError, match="grupo de leitura 'X'") as erro:
        call_command("modelo_leituras", "--grupo", "X", "--saida", str(saida))
    assert erro.value.returncode == 2
    assert not saida.exists()


def test_as_consultas_nao_crescem_com_os_medidores(tmp_path):
    def consultas() -> int:
        with CaptureQueriesContext(connection) as capturadas:
            escrever(tmp_path)
        return len(capturadas)

    com_historico(medidor_do_grupo())
    uma = consultas()
    for _ in range(9):
        com_historico(medidor_do_grupo())
    assert consultas() == uma
