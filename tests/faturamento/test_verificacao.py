"""The simulator, and the proof of every invoice from its own demonstrativo."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from faturamento import gatilhos
from faturamento.models import Fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from tests.factories import criar_parametros, criar_unidade_com_leituras

CASO = {
    "unidade": {
        "subgrupo": "B1",
        "modalidade": "CONVENCIONAL",
        "classe": "RESIDENCIAL",
        "subclasse": "RESIDENCIAL",
        "ligacao": "MONOFASICA",
        "uf": "SP",
    },
    "periodo": {"de": "2025-12-05", "ate": "2026-01-05"},
    "registros": [
        {
            "registrador": "ATIVA_TOTAL",
            "anterior": "1000",
            "atual": "1150",
            "digitos": 5,
            "constante": "1",
        }
    ],
    "tarifas": [
        {
            "posto": "UNICO",
            "tusd_brl_por_mwh": "472.42",
            "te_brl_por_mwh": "316.96",
            "vigente_de": "2024-01-01",
            "vigente_ate": None,
        }
    ],
    "bandeiras": [
        {
            "vigente_de": "2024-01-01",
            "vigente_ate": None,
            "cor": "VERDE",
            "adicional_brl_por_mwh": "0",
        }
    ],
    "tributos": {"icms": "0.18", "pis": "0.0079", "cofins": "0.0365", "regra": "TEMA_69"},
    "cip_brl": "8.63",
    "arredondamento": "MEIO_PARA_CIMA",
}


def test_simular_fatura_de_arquivo(tmp_path, capsys):
    arquivo = tmp_path / "caso.json"
    arquivo.write_text(json.dumps(CASO))
    call_command("simular_fatura", str(arquivo))
    saida = json.loads(capsys.readouterr().out)
    assert saida["valor"] == "159.73"
    assert [linha["codigo"] for linha in saida["linhas"]] == ["TUSD", "TE", "CIP"]


@pytest.mark.parametrize(
    ("conteudo", "campo"),
    [
        ("{", ""),
        (json.dumps(CASO | {"cip_brl": "-1"}), "cip_brl"),
        (json.dumps(CASO | {"extra": 1}), "extra"),
        (json.dumps(CASO | {"periodo": {"de": "2026-01-05", "ate": "2026-01-05"}}), "periodo.ate"),
    ],
)
def test_simular_fatura_recusa_com_o_caminho_do_campo(conteudo, campo, tmp_path, capsys):
    arquivo = tmp_path / "caso.json"
    arquivo.write_text(conteudo)
    with pytest.raises(SystemExit) as saida:
        call_command("simular_fatura", str(arquivo))
    assert saida.value.code == 2
    recusa = json.loads(capsys.readouterr().err)
    assert recusa["campo"] == campo
    assert recusa["codigo"]
    assert recusa["detail"]


def test_simular_fatura_sem_arquivo(tmp_path: Path, capsys):
    with pytest.raises(SystemExit):
        call_command("simular_fatura", str(tmp_path / "nada.json"))
    assert json.loads(capsys.readouterr().err)["codigo"] == "ARQUIVO_ILEGIVEL"


@pytest.fixture
def fatura(db, agora) -> Fatura:
    criar_parametros()
    criar_unidade_com_leituras()
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=True, agora=agora)
    return Fatura.objects.get()


def test_a_entrada_guardada_na_fatura_e_um_caso_do_simulador(fatura, tmp_path, capsys):
    arquivo = tmp_path / "caso.json"
    arquivo.write_text(json.dumps(fatura.demonstrativo["entrada"]))
    call_command("simular_fatura", str(arquivo))
    saida = json.loads(capsys.readouterr().out)
    assert saida == {chave: fatura.demonstrativo[chave] for chave in saida}


def test_faturas_intactas_conferem(fatura, capsys):
    call_command("verificar_faturas")
    assert "1 fatura confere" in capsys.readouterr().err


def adulterar(fatura: Fatura, **mudancas) -> None:
    """What nobody can do while the triggers are there."""
    gatilhos.remover(connection)
    Fatura.objects.filter(pk=fatura.pk).update(**mudancas)
    gatilhos.instalar(connection)


def com_linha_mudada(documento: dict) -> dict:
    documento["linhas"][0]["valor"] = "1.00"
    return documento


def com_entrada_mudada(documento: dict) -> dict:
    documento["entrada"]["cip_brl"] = "9.63"
    return documento


@pytest.mark.parametrize(
    ("mudar", "esperado"),
    [
        (lambda f: {"valor": 1}, "coluna valor: gravado 1.00, recalculado 159.73"),
        (lambda f: {"valor_icms": 1}, "coluna valor_icms"),
        (
            lambda f: {"demonstrativo": com_linha_mudada(f.demonstrativo)},
            "linhas[0] TUSD valor: gravado 1.00, recalculado 90.43",
        ),
        (lambda f: {"demonstrativo": com_entrada_mudada(f.demonstrativo)}, "valor: gravado 159.73"),
        (lambda f: {"demonstrativo": {}}, "não recalcula"),
        (lambda f: {"insumos_hash": "0" * 64}, "coluna insumos_hash"),
    ],
    ids=["valor", "total", "linha", "entrada", "vazio", "hash"],
)
def test_desvio_e_apontado_e_sai_com_1(mudar, esperado, fatura, capsys):
    adulterar(fatura, **mudar(fatura))
    with pytest.raises(CommandError, match=r"1 de 1 fatura com desvio") as erro:
        call_command("verificar_faturas", "--competencia", "2026-01")
    assert erro.value.returncode == 1
    assert esperado in capsys.readouterr().out


def test_texto_de_outra_versao_do_documento_nao_e_desvio(fatura):
    documento = fatura.demonstrativo
    documento["versao"] = 0
    documento["linhas"][0]["descricao"] = "como se dizia antes"
    adulterar(fatura, demonstrativo=documento)
    call_command("verificar_faturas")
