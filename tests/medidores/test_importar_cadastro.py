"""Customers, UCs and meters from a file; safe to repeat."""

import io

import pytest
from django.utils import timezone

from clientes.models import Cliente
from medidores.models import Medidor, UnidadeConsumidora
from medidores.servicos.importacao_cadastro import importar_cadastro
from tests.factories import DistribuidoraFactory

pytestmark = pytest.mark.django_db

CABECALHO = (
    "nome;documento;endereco;telefone;email_cliente;codigo_uc;municipio_ibge;uf;classe;subclasse;"
    "ligacao;grupo_leitura;dia_vencimento;numero_medidor;tipo;digitos;constante;data_instalacao"
)
LINHA = {
    "nome": "Ana Souza",
    "documento": "529.982.247-25",
    "endereco": "Rua A, 1",
    "telefone": "",
    "email_cliente": "ana@example.com",
    "codigo_uc": "UC-1",
    "municipio_ibge": "3550308",
    "uf": "SP",
    "classe": "RESIDENCIAL",
    "subclasse": "",
    "ligacao": "MONOFASICA",
    "grupo_leitura": "05",
    "dia_vencimento": "20",
    "numero_medidor": "M-1",
    "tipo": "eletrônico",
    "digitos": "5",
    "constante": "1",
    "data_instalacao": "01/03/2024",
}


def importar(*linhas: dict[str, str], cabecalho: str = CABECALHO, **opcoes):
    colunas = cabecalho.split(";")
    textos = [cabecalho] + [
        ";".join((LINHA | linha).get(c, "") for c in colunas) for linha in linhas
    ]
    return importar_cadastro(io.BytesIO("\n".join(textos).encode()), agora=timezone.now(), **opcoes)


def test_uma_linha_faz_cliente_unidade_e_medidor():
    assert importar({}).resumo.como_json() == {
        "linhas": 1,
        "aceitas": 1,
        "recusadas": 0,
        "repetidas": 0,
    }

    medidor = Medidor.objects.select_related("cliente", "unidade").get()
    assert (medidor.cliente.documento, medidor.cliente.nome) == ("52998224725", "Ana Souza")
    assert (medidor.unidade.subgrupo, medidor.unidade.subclasse) == ("B1", "RESIDENCIAL")


def test_de_novo_tudo_e_repetido():
    importar({})
    assert importar({}).resumo.repetidas == 1
    assert (Cliente.objects.count(), Medidor.objects.count()) == (1, 1)


def test_cliente_e_achado_pelo_documento_ou_por_nome_e_endereco():
    importar(
        {},
        {"codigo_uc": "UC-2", "numero_medidor": "M-2", "endereco": "Outra rua"},
        {"documento": "", "nome": "José", "codigo_uc": "UC-3", "numero_medidor": "M-3"},
        {"documento": "", "nome": "JOSE", "codigo_uc": "UC-4", "numero_medidor": "M-4"},
    )
    assert Cliente.objects.count() == 2
    assert Medidor.objects.count() == 4


@pytest.mark.parametrize(
    ("mudanca", "coluna", "frase"),
    [
        ({"documento": "111.111.111-11"}, "documento", "CPF ou CNPJ inválido"),
        ({"nome": ""}, "nome", "nome vazio"),
        ({"classe": "LUXO"}, "classe", "classe desconhecida: 'LUXO'"),
        ({"uf": "XX"}, "uf", "uf desconhecida"),
        ({"subclasse": "RURAL"}, "subclasse", "não tem a subclasse RURAL"),
        ({"ligacao": "TETRA"}, "ligacao", "ligacao desconhecida"),
        ({"dia_vencimento": "40"}, "dia_vencimento", "de 1 a 31"),
        ({"digitos": "0"}, "digitos", "de 1 a 12"),
        ({"constante": "0"}, "constante", "deve ser maior que zero"),
        ({"data_instalacao": "30/02/2024"}, "data_instalacao", "dia que exista"),
        ({"municipio_ibge": "123"}, "municipio_ibge", "Código IBGE inválido"),
        ({"email_cliente": "não é"}, "email_cliente", "mail válido"),
        ({"nome": "x" * 300}, "nome", "no máximo 200"),
        ({"numero_medidor": "M\x00"}, "", "caractere nulo"),
    ],
    ids=lambda v: str(v)[:30] if isinstance(v, str) else "",
)
def test_linha_ruim_e_recusada_e_as_boas_entram(mudanca, coluna, frase):
    boa = {"codigo_uc": "UC-9", "numero_medidor": "M-9", "documento": "", "nome": "Boa"}

    resultado = importar(mudanca, boa)

    assert (resultado.resumo.aceitas, resultado.resumo.recusadas) == (1, 1)
    [recusa] = resultado.recusas
    assert (recusa.linha, recusa.coluna) == (2, coluna)
    assert frase in recusa.mensagem
    assert (Cliente.objects.count(), UnidadeConsumidora.objects.count()) == (1, 1)


def test_mesmo_medidor_com_outros_dados_e_conflito():
    importar({})
    resultado = importar({"digitos": "6"}, {"nome": "Outra pessoa"}, {"codigo_uc": "UC-2"})
    assert [r.coluna for r in resultado.recusas] == ["digitos", "nome", "codigo_uc"]
    assert {r.codigo for r in resultado.recusas} == {"CONFLITO"}


def test_segundo_medidor_na_unidade_ocupada_e_recusado():
    importar({})
    [recusa] = importar({"numero_medidor": "M-2"}).recusas
    assert "já tem um medidor ativo" in recusa.mensagem


def test_distribuidora_por_nome_ou_cnpj():
    DistribuidoraFactory(nome="Coop Luz", cnpj="11222333000181")
    cabecalho = CABECALHO + ";distribuidora"
    resultado = importar(
        {"distribuidora": "coop luz"},
        {
            "distribuidora": "11.222.333/0001-81",
            "codigo_uc": "UC-2",
            "numero_medidor": "M-2",
        },
        {"distribuidora": "Outra", "codigo_uc": "UC-3", "numero_medidor": "M-3"},
        cabecalho=cabecalho,
    )
    assert resultado.resumo.aceitas == 2
    assert resultado.recusas[0].codigo == "DISTRIBUIDORA_DESCONHECIDA"


def test_simulacao_nao_grava():
    assert importar({}, simular=True).resumo.aceitas == 1
    assert not Cliente.objects.exists()
