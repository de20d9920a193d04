"""Commands: exit codes, `--json` alone on standard output, sentences for wrong usage."""

import json
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from faturamento.models import Distribuidora, Fatura, Tarifa
from medidores.models import Leitura
from tests.factories import MedidorFactory, criar_parametros, criar_unidade_com_leituras

pytestmark = pytest.mark.django_db


def rodar(*args: str) -> int:
    """The exit code of a command."""
    try:
        call_command(*args)
    except CommandError as erro:
        return erro.returncode
    return 0


def escrever(pasta: Path, texto: str) -> str:
    arquivo = pasta / "entrada.csv"
    arquivo.write_text(texto, encoding="utf-8")
    return str(arquivo)


CABECALHO = "numero_medidor;data_leitura;leitura_kwh\n"


def test_importar_leituras_sai_com_0_e_json_sozinho(tmp_path, capsys):
    MedidorFactory(numero_medidor="A")
    arquivo = escrever(tmp_path, CABECALHO + "A;05/01/2026;100\n")

    assert rodar("importar_leituras", arquivo, "--json") == 0

    assert json.loads(capsys.readouterr().out) == {
        "linhas": 1,
        "aceitas": 1,
        "retidas": 0,
        "recusadas": 0,
        "repetidas": 0,
    }


def test_importar_leituras_recusadas_saem_com_3_e_vao_ao_arquivo(tmp_path, capsys):
    MedidorFactory(numero_medidor="A")
    arquivo = escrever(tmp_path, CABECALHO + "A;05/01/2026;100\n=X;05/01/2026;1\n")
    erros = tmp_path / "erros.csv"

    assert rodar("importar_leituras", arquivo, "--erros", str(erros)) == 3

    cabecalho, linha = erros.read_text(encoding="utf-8").splitlines()
    assert cabecalho == "linha;coluna;codigo;mensagem;original"
    assert linha.startswith("3;numero_medidor;MEDIDOR_DESCONHECIDO;")
    assert "'=X" in linha  # neutralised
    assert "linha 3, numero_medidor: MEDIDOR_DESCONHECIDO" in capsys.readouterr().err
    assert Leitura.objects.count() == 1


def test_erros_nao_leva_o_arquivo_de_entrada_nem_o_que_ja_estava_la(tmp_path):
    entrada = escrever(tmp_path, CABECALHO + "X;05/01/2026;1\n")
    com_zip = tmp_path / "leituras.zip"
    com_zip.write_bytes(b"PK\x03\x04")
    antigas = tmp_path / "erros.csv"
    antigas.write_text("as de ontem")
    elo = tmp_path / "elo.csv"
    elo.symlink_to(antigas)

    assert rodar("importar_leituras", entrada, "--erros", entrada) == 2
    assert rodar("importar_leituras", str(com_zip), "--erros", str(elo)) == 2

    assert Path(entrada).read_text().endswith("X;05/01/2026;1\n")
    assert antigas.read_text() == "as de ontem"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *("elo.csv", "entrada.csv", "erros.csv", "leituras.zip")
    ]

    assert rodar("importar_leituras", entrada, "--erros", str(elo)) == 3
    assert elo.is_symlink()
    assert "MEDIDOR_DESCONHECIDO" in antigas.read_text()


@pytest.mark.parametrize("opcoes", [["--dry-run"], []])
def test_o_aviso_das_recusadas_nao_promete_que_outras_entraram(opcoes, tmp_path):
    arquivo = escrever(tmp_path, CABECALHO + "X;05/01/2026;1\n")
    with pytest.raises(CommandError, match="Corrija e importe de novo") as erro:
        call_command("importar_leituras", arquivo, *opcoes)
    assert "entraram" not in str(erro.value)


def test_erros_num_dispositivo_nao_o_apaga(tmp_path):
    cano = tmp_path / "cano"
    os.mkfifo(cano)
    leitor = os.open(cano, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert rodar("importar_leituras", str(tmp_path / "nada"), "--erros", str(cano)) == 2
        assert rodar("importar_leituras", escrever(tmp_path, ""), "--erros", str(cano)) == 2
        assert cano.is_fifo()
    finally:
        os.close(leitor)


def test_o_que_nao_se_le_duas_vezes_sai_com_2(tmp_path):
    lido, escrito = os.pipe()
    os.write(escrito, (CABECALHO + "A;05/01/2026;1\n").encode())
    os.close(escrito)
    with pytest.raises(CommandError, match="Copie-o para uma pasta do disco") as erro:
        call_command("importar_leituras", f"/dev/fd/{lido}")
    os.close(lido)
    assert erro.value.returncode == 2


@pytest.mark.parametrize(
    ("nome", "conteudo", "frase"),
    [
        ("importar_leituras", None, "não existe"),
        ("importar_leituras", "", "está vazio"),
        ("importar_leituras", "a;b\n1;2\n", "Falta no cabeçalho: numero_medidor"),
        ("importar_leituras", CABECALHO, "nenhuma linha de dados"),
        ("importar_cadastro", None, "não existe"),
        ("importar_cadastro", "nome\nA\n", "Falta no cabeçalho: documento"),
        ("carregar_parametros", None, "não existe"),
        ("carregar_parametros", "{", "não é um JSON válido"),
        ("carregar_parametros", '{"x": 1}', "deve ser um objeto JSON com"),
        ("carregar_parametros", '{"tarifas": [{"x": 1}]}', r"tarifas\[0\]: campo ausente"),
    ],
)
def test_arquivo_que_nao_serve_sai_com_2(nome, conteudo, frase, tmp_path):
    arquivo = str(tmp_path / "nada.csv") if conteudo is None else escrever(tmp_path, conteudo)
    with pytest.raises(CommandError, match=frase) as erro:
        call_command(nome, arquivo)
    assert erro.value.returncode == 2


def test_pasta_no_lugar_de_arquivo(tmp_path):
    with pytest.raises(CommandError, match="é uma pasta"):
        call_command("importar_leituras", str(tmp_path))


@pytest.mark.parametrize(
    ("args", "frase"),
    [
        (["--competencia", "2026-13"], "Competência inválida: '2026-13'. Use AAAA-MM ou MM/AAAA"),
        (["--competencia", "janeiro"], "Competência inválida"),
        (["--competencia", "9999-01"], "ainda não começou"),
        (["--competencia", "2026-01", "--grupo", "99"], "Não há unidade no grupo"),
        (["--competencia", "2026-01", "--ate", "31/02/2026"], "Data inválida"),
        (["--competencia", "2026-01", "--ate", "2026-02-05"], "não é de 01/2026"),
    ],
)
def test_faturar_mal_pedido(args, frase):
    with pytest.raises(CommandError, match=frase):
        call_command("faturar", *args)
    assert not Fatura.objects.exists()


def test_faturar_sai_com_0_sem_pendencia_e_3_com(capsys):
    criar_parametros()
    criar_unidade_com_leituras()
    assert rodar("faturar", "--competencia", "2026-01", "--emitir", "--json") == 0
    resumo = json.loads(capsys.readouterr().out)
    assert (resumo["elegiveis"], resumo["faturadas"], resumo["valor_total"]) == (1, 1, "159.73")
    assert set(resumo) == {
        "execucao",
        "competencia",
        "elegiveis",
        "faturadas",
        "pendentes",
        "ja_faturadas",
        "suspensas",
        "valor_total",
        "pendencias",
    }

    MedidorFactory()
    assert rodar("faturar", "--competencia", "2026-01") == 3


def test_emitir_faturas(capsys):
    criar_parametros()
    criar_unidade_com_leituras()
    rodar("faturar", "--competencia", "2026-01")
    assert rodar("emitir_faturas", "--competencia", "2026-01", "--dry-run") == 0
    assert Fatura.objects.get().situacao == "RASCUNHO"
    assert rodar("emitir_faturas", "--competencia", "2026-01") == 0
    assert Fatura.objects.get().situacao == "EMITIDA"
    assert "1 fatura emitida" in capsys.readouterr().err


def test_parametros_de_exemplo_entram_uma_vez():
    assert rodar("carregar_parametros", "exemplos/parametros.json") == 0
    antes = Tarifa.objects.count()
    assert antes > 0
    assert rodar("carregar_parametros", "exemplos/parametros.json") == 0
    assert (Tarifa.objects.count(), Distribuidora.objects.count()) == (antes, 1)


def test_parametros_que_se_sobrepoem_nao_entram_pela_metade(tmp_path):
    tarifa = {
        "subgrupo": "B1",
        "tusd_brl_por_mwh": "1",
        "te_brl_por_mwh": "1",
        "vigente_de": "2026-01-01",
        "fonte": "x",
    }
    outra = tarifa | {"vigente_de": "2026-06-01"}
    documento = {
        "distribuidora": {"nome": "X", "cnpj": "11222333000181", "uf": "SP"},
        "tarifas": [tarifa, outra],
    }
    arquivo = escrever(tmp_path, json.dumps(documento))
    with pytest.raises(CommandError, match=r"tarifas\[1\]: A vigência coincide"):
        call_command("carregar_parametros", arquivo)
    assert not Distribuidora.objects.exists()
