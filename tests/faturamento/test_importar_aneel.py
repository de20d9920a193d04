"""ANEEL's open-data files, as published: a diff, then only what is new."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from comum.erros import ArquivoIlegivelError, DadoInvalidoError, NaoEncontradoError
from faturamento.importacao.aneel import ler_numero_aneel
from faturamento.models import Bandeira, Tarifa
from faturamento.servicos.importacao_aneel import importar_bandeiras, importar_tarifas
from tests.factories import BandeiraFactory, DistribuidoraFactory, TarifaFactory

pytestmark = pytest.mark.django_db

CABECALHO_BANDEIRAS = (
    "DatGeracaoConjuntoDados;DatCompetencia;NomBandeiraAcionada;VlrAdicionalBandeira"
)
CABECALHO_TARIFAS = (
    "DatGeracaoConjuntoDados;DscREH;SigAgente;NumCNPJDistribuidora;DatInicioVigencia;"
    "DatFimVigencia;DscBaseTarifaria;DscSubGrupo;DscModalidadeTarifaria;DscClasse;DscSubClasse;"
    "DscDetalhe;NomPostoTarifario;DscUnidadeTerciaria;SigAgenteAcessante;VlrTUSD;VlrTE"
)


def bandeiras(*linhas: str, **opcoes):
    texto = "\r\n".join([CABECALHO_BANDEIRAS, *(f"2026-01-10;{linha}" for linha in linhas), ""])
    return importar_bandeiras(io.BytesIO(texto.encode("latin-1")), agora=timezone.now(), **opcoes)


def linha_de_tarifa(**mudancas: str) -> str:
    celulas = {
        "DscREH": "RESOLUÇÃO HOMOLOGATÓRIA Nº 3.596",
        "SigAgente": "ENERGIA EXEMPLO",
        "NumCNPJDistribuidora": "99999999000191",
        "DatInicioVigencia": "2025-07-04",
        "DatFimVigencia": "2026-07-03",
        "DscBaseTarifaria": "Tarifa de Aplicação",
        "DscSubGrupo": "B1",
        "DscModalidadeTarifaria": "Convencional",
        "DscClasse": "Residencial",
        "DscSubClasse": "Residencial",
        "DscDetalhe": "Não se aplica",
        "NomPostoTarifario": "Não se aplica",
        "DscUnidadeTerciaria": "MWh",
        "SigAgenteAcessante": "Não se aplica",
        "VlrTUSD": "472,42",
        "VlrTE": "316,96",
    } | mudancas
    colunas = CABECALHO_TARIFAS.split(";")
    return ";".join(f'"{celulas.get(coluna, "2026-01-10")}"' for coluna in colunas)


def tarifas(*linhas: str, **opcoes):
    texto = "\r\n".join([CABECALHO_TARIFAS, *linhas, ""])
    return importar_tarifas(
        io.BytesIO(texto.encode("latin-1")),
        **{"distribuidora_nome": "energia exemplo", "agora": timezone.now(), **opcoes},
    )


@pytest.mark.parametrize(
    ("texto", "valor"),
    [
        ("472,42", "472.42"),
        ("1.234,56", "1234.56"),
        ("0,32540", "0.3254"),
        (",00", "0"),
        ("", None),
        ("30", "30"),
    ],
)
def test_numero_da_aneel(texto, valor):
    lido = ler_numero_aneel(texto, campo="VlrTE")
    assert lido == (None if valor is None else Decimal(valor))


@pytest.mark.parametrize("texto", ["-1,00", "1,2,3", "1.23,4", "abc", "1e5", "NaN", "٣"])
def test_numero_que_nao_e_da_aneel(texto):
    with pytest.raises(DadoInvalidoError, match="VlrTE inválido"):
        ler_numero_aneel(texto, campo="VlrTE")


def test_bandeiras_entram_por_mes_e_de_novo_sao_iguais():
    linhas = [
        "2025-12-01;Amarela;18,85",
        "2026-01-01;Verde;,00",
        "2022-04-01;Escassez Hídrica;71,00",
    ]
    assert bandeiras(*linhas).como_json() == {
        "linhas": 3,
        "novas": 3,
        "iguais": 0,
        "conflitos": 0,
        "recusadas": 0,
        "ignoradas": 0,
    }
    assert bandeiras(*linhas).como_json()["iguais"] == 3

    dezembro = Bandeira.objects.get(cor="AMARELA")
    assert (dezembro.vigente_de, dezembro.vigente_ate) == (date(2025, 12, 1), date(2026, 1, 1))
    assert dezembro.adicional_brl_por_mwh == Decimal("18.85")


def test_mes_dentro_de_vigencia_igual_mais_longa_e_igual():
    BandeiraFactory(cor="VERDE", vigente_de=date(2025, 1, 1))
    assert bandeiras("2026-01-01;Verde;,00").como_json()["iguais"] == 1


def test_mes_com_outro_valor_e_conflito_e_o_nosso_fica():
    BandeiraFactory(cor="VERDE", vigente_de=date(2025, 1, 1))
    resultado = bandeiras("2026-01-01;Amarela;18,85", "2024-12-01;Verde;,00")
    assert (resultado.como_json()["conflitos"], resultado.como_json()["novas"]) == (1, 1)
    assert "Encerre ou corrija a cadastrada" in resultado.diferencas[0].descricao
    assert Bandeira.objects.filter(cor="AMARELA").count() == 0


def test_bandeira_ilegivel_e_recusada_e_as_boas_entram():
    resultado = bandeiras("2026-13-01;Verde;,00", "2026-01-01;Roxa;1,00", "2026-01-01;Verde;,00")
    assert (resultado.como_json()["recusadas"], resultado.como_json()["novas"]) == (2, 1)


def test_tarifa_entra_com_fim_exclusivo():
    DistribuidoraFactory()
    assert tarifas(linha_de_tarifa()).como_json()["novas"] == 1
    tarifa = Tarifa.objects.get()
    assert (tarifa.tusd_brl_por_mwh, tarifa.te_brl_por_mwh) == (
        Decimal("472.42"),
        Decimal("316.96"),
    )
    assert (tarifa.vigente_de, tarifa.vigente_ate) == (date(2025, 7, 4), date(2026, 7, 4))
    assert (tarifa.classe, tarifa.subclasse, tarifa.posto) == (
        "RESIDENCIAL",
        "RESIDENCIAL",
        "UNICO",
    )
    assert tarifas(linha_de_tarifa()).como_json()["iguais"] == 1


@pytest.mark.parametrize(
    ("mudanca", "motivo"),
    [
        ({"DscBaseTarifaria": "Base Econômica"}, "base tarifária Base Econômica"),
        ({"DscDetalhe": "SCEE"}, "detalhe SCEE"),
        ({"DscDetalhe": "APE"}, "detalhe APE"),
        ({"DscUnidadeTerciaria": "kW"}, "unidade kW"),
        ({"DscSubGrupo": "A4"}, "subgrupo A4"),
        ({"SigAgenteAcessante": "OUTRA"}, "acessante OUTRA"),
        ({"SigAgente": "OUTRA"}, "agente OUTRA"),
    ],
)
def test_linha_que_nao_se_aplica_e_deixada(mudanca, motivo):
    DistribuidoraFactory()
    resultado = tarifas(linha_de_tarifa(), linha_de_tarifa(**mudanca))
    assert resultado.como_json()["ignoradas"] == 1
    assert resultado.diferencas[1].descricao == motivo
    assert Tarifa.objects.count() == 1


@pytest.mark.parametrize(
    ("mudanca", "subclasse", "faixa"),
    [
        ({"DscSubClasse": "Baixa renda"}, "BAIXA_RENDA", None),
        ({"DscSubClasse": "Residencial Tarifa Social - faixa 01"}, "BAIXA_RENDA", 80),
        ({"DscSubClasse": "Residencial Tarifa Social - faixa 02"}, "BAIXA_RENDA", None),
        ({"DscSubClasse": "Residencial Desconto Social - faixa 01"}, "DESCONTO_SOCIAL", 120),
        ({"DscSubClasse": "Residencial Desconto Social - faixa 02"}, "DESCONTO_SOCIAL", None),
    ],
)
def test_faixas_sociais(mudanca, subclasse, faixa):
    DistribuidoraFactory()
    tarifas(linha_de_tarifa(**mudanca, VlrTUSD=",00", VlrTE=",00"))
    tarifa = Tarifa.objects.get()
    assert (tarifa.subclasse, tarifa.faixa_ate_kwh, tarifa.te_brl_por_mwh) == (subclasse, faixa, 0)


def test_postos_e_ponto_de_milhar():
    DistribuidoraFactory()
    postos = ("Ponta", "Intermediário", "Fora ponta")
    tarifas(
        *(
            linha_de_tarifa(
                DscModalidadeTarifaria="Branca", NomPostoTarifario=posto, VlrTUSD="1.102,31"
            )
            for posto in postos
        )
    )
    assert set(Tarifa.objects.values_list("posto", flat=True)) == {
        "PONTA",
        "INTERMEDIARIO",
        "FORA_PONTA",
    }
    assert set(Tarifa.objects.values_list("tusd_brl_por_mwh", flat=True)) == {Decimal("1102.31")}


def test_a_distribuidora_e_achada_por_cnpj_sigla_ou_nome():
    DistribuidoraFactory(nome="Luz do Sul", cnpj="11222333000181")
    por_cnpj = linha_de_tarifa(SigAgente="X", NumCNPJDistribuidora="11222333000181")
    assert tarifas(por_cnpj, distribuidora_nome="Luz do Sul").como_json()["novas"] == 1
    por_sigla = linha_de_tarifa(SigAgente="LDS", DscSubGrupo="B2", DscClasse="Rural")
    resultado = tarifas(por_sigla, distribuidora_nome="11.222.333/0001-81", agente="lds")
    assert resultado.como_json()["novas"] == 1

    with pytest.raises(ArquivoIlegivelError, match=r"não tem tarifa de Luz do Sul.*Tem de: LDS"):
        tarifas(por_sigla, distribuidora_nome="Luz do Sul")
    with pytest.raises(NaoEncontradoError, match="Cadastradas: Luz do Sul"):
        tarifas(por_sigla, distribuidora_nome="Outra")


def test_tarifa_em_conflito_nao_entra_e_a_simulacao_nao_grava():
    TarifaFactory(subclasse="RESIDENCIAL", te_brl_por_mwh=Decimal(1))
    assert tarifas(linha_de_tarifa()).como_json()["conflitos"] == 1
    outra = linha_de_tarifa(DscSubGrupo="B3", DscClasse="Comercial", DscSubClasse="Não se aplica")
    assert tarifas(outra, simular=True).como_json()["novas"] == 1
    assert Tarifa.objects.count() == 1


def test_valor_em_branco_em_tarifa_de_aplicacao_e_recusado():
    DistribuidoraFactory()
    resultado = tarifas(linha_de_tarifa(VlrTE=""))
    assert resultado.como_json()["recusadas"] == 1
    assert "VlrTE vazio" in resultado.diferencas[0].descricao


def test_colunas_que_faltam_sao_nomeadas(tmp_path):
    arquivo = tmp_path / "a.csv"
    arquivo.write_text("DscREH;SigAgente\n1;2\n")
    DistribuidoraFactory()
    with pytest.raises(CommandError, match="Falta no cabeçalho: numcnpjdistribuidora") as erro:
        call_command("importar_tarifas", str(arquivo), "--distribuidora", "Energia Exemplo")
    assert erro.value.returncode == 2


def test_comando_mostra_a_diferenca_e_sai_com_3_no_conflito(tmp_path, capsys):
    BandeiraFactory(cor="VERDE", vigente_de=date(2026, 1, 1))
    arquivo = tmp_path / "a.csv"
    arquivo.write_text(
        CABECALHO_BANDEIRAS + "\r\nx;2025-12-01;Verde;,00\r\nx;2026-01-01;Amarela;18,85\r\n"
    )
    with pytest.raises(CommandError) as erro:
        call_command("importar_bandeiras", str(arquivo), "--dry-run")
    assert erro.value.returncode == 3
    saida = capsys.readouterr().out
    assert "+ linha 2: verde adicional (R$/MWh) 0, de 01/12/2025" in saida
    assert "! linha 3: amarela adicional (R$/MWh) 18,85" in saida
    assert Bandeira.objects.count() == 1
