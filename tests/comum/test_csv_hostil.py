"""Files as they really come, and files that are not what they say."""

import gzip
import io
import zipfile

import pytest

from comum.csv_hostil import ler_csv, ler_originais
from comum.erros import ArquivoIlegivelError

COLUNAS = ("nome", "valor")


def ler(bruto: bytes) -> list[dict[str, str]]:
    return [linha.celulas for linha in ler_csv(io.BytesIO(bruto), obrigatorias=COLUNAS)]


@pytest.mark.parametrize(
    "codificacao",
    ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-16-be"],
    ids=lambda c: c,
)
@pytest.mark.parametrize("fim", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("separador", [";", ",", "\t"], ids=["ponto e vírgula", "vírgula", "tab"])
def test_mesmo_conteudo_em_qualquer_embalagem(codificacao, fim, separador):
    texto = fim.join([f"Valor{separador}NOME", f"1{separador}José da Conceição", ""])

    assert ler(texto.encode(codificacao)) == [{"valor": "1", "nome": "José da Conceição"}]


@pytest.mark.parametrize("codificacao", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("diretiva", ["sep=;", '"sep=;"', "SEP=; "])
def test_a_linha_sep_de_uma_planilha_diz_o_separador(codificacao, diretiva):
    # More commas than semicolons: without the first line, the comma would be taken.
    texto = f'{diretiva}\r\nnome;valor;"a,b,c,d"\r\nJosé;1,5;\r\n'
    [linha] = ler(texto.encode(codificacao))
    assert (linha["nome"], linha["valor"]) == ("José", "1,5")
    originais = ler_originais(io.BytesIO(texto.encode(codificacao)), [3])
    assert list(originais) == ["José;1,5;"]


def test_so_a_linha_sep_e_um_arquivo_vazio():
    with pytest.raises(ArquivoIlegivelError, match="vazio"):
        ler(b"sep=;\n")


def test_acento_em_latin_1_so_depois_da_amostra():
    bruto = b"nome;valor\n" + b"a;1\n" * 20_000 + "José;2\n".encode("latin-1")
    assert ler(bruto)[-1] == {"nome": "José", "valor": "2"}


def test_colunas_que_ninguem_usa_sao_avisadas():
    avisos: list[str] = []
    linhas = ler_csv(
        io.BytesIO(b"nome;valor;rota\na;1;x\n"), obrigatorias=COLUNAS, avisar=avisos.append
    )
    assert [linha.celulas["valor"] for linha in linhas] == ["1"]
    assert avisos == [
        "Colunas do arquivo que não são usadas: rota. As usadas são: nome, valor.",
    ]


def test_originais_pelo_numero_da_linha():
    bruto = io.BytesIO("nome;valor\r\na;1\r\n\r\nç;2\r\n".encode("utf-16"))
    assert list(ler_originais(bruto, [2, 4])) == ["a;1", "ç;2"]


def test_gz_e_lido_e_linhas_em_branco_nao_contam():
    bruto = gzip.compress(b"nome;valor\n\n ; \na;1\n\n")

    [linha] = ler_csv(io.BytesIO(bruto), obrigatorias=COLUNAS)

    assert (linha.numero, linha.celulas["nome"], linha.original) == (4, "a", "a;1")


def zipado() -> bytes:
    destino = io.BytesIO()
    with zipfile.ZipFile(destino, "w") as arquivo:
        arquivo.writestr("a.csv", "nome;valor\na;1\n")
    return destino.getvalue()


@pytest.mark.parametrize(
    ("bruto", "frase"),
    [
        pytest.param(b"", "está vazio", id="vazio"),
        pytest.param(b"\n\n\n", "está vazio", id="só linhas em branco"),
        pytest.param(b"nome;valor\n", "nenhuma linha de dados", id="só cabeçalho"),
        pytest.param(b"nome;preco\na;1\n", "Falta no cabeçalho: valor", id="falta coluna"),
        pytest.param(b"a;1\n", "Falta no cabeçalho: nome, valor", id="sem cabeçalho"),
        pytest.param(b"nome;valor;nome\na;1;b\n", "repetida no cabeçalho: nome", id="repetida"),
        pytest.param(zipado(), "ZIP ou XLSX", id="zip"),
        pytest.param(b"%PDF-1.7\n...", "é um PDF", id="pdf"),
        pytest.param(b"\x00\x01\x02" * 50, "é binário", id="binário"),
        pytest.param(gzip.compress(b"nome;valor\na;1\n")[:-9], "corrompido", id="gz cortado"),
        pytest.param(b"\x1f\x8blixo" * 10, "corrompido", id="gz falso"),
        pytest.param(b"nome;valor\n" + b"x" * 200_000, "mais de 100000 caracteres", id="linha"),
        pytest.param(b";".join(b"c%d" % n for n in range(300)) + b"\n", "300 colunas", id="largo"),
        pytest.param(b'"nome;valor\na;1\n', "aspas que não fecham", id="aspas no cabeçalho"),
    ],
)
def test_arquivo_que_nao_serve_e_recusado_inteiro(bruto, frase):
    with pytest.raises(ArquivoIlegivelError, match=frase):
        ler(bruto)


@pytest.mark.parametrize(
    ("linha", "problema"),
    [
        pytest.param(b"a", "tem 1 colunas", id="falta célula"),
        pytest.param(b"a;1;2", "tem 3 colunas", id="sobra célula"),
        pytest.param(b"a\x00;1", "caractere nulo", id="NUL"),
        pytest.param(b"x" * 10_001 + b";1", "mais de 10000 caracteres", id="célula enorme"),
        pytest.param(b'"a;1', "aspas que não fecham", id="aspas"),
    ],
)
def test_linha_ruim_vem_com_o_problema_e_nao_leva_as_boas(linha, problema):
    bruto = b"nome;valor\nboa;1\n" + linha + b"\n"

    boa, ruim = ler_csv(io.BytesIO(bruto), obrigatorias=COLUNAS)

    assert boa.celulas == {"nome": "boa", "valor": "1"}
    assert problema in ruim.problema
    assert ruim.numero == 3


@pytest.mark.parametrize("antes", ["   \n", "\r", ";;;\n", ",,\r\n"])
def test_linhas_em_branco_antes_do_cabecalho_nao_escolhem_o_separador(antes):
    bruto = io.BytesIO(f"{antes}a,b\n1,2\n".encode())
    [linha] = ler_csv(bruto, obrigatorias=("a", "b"))
    assert linha.celulas == {"a": "1", "b": "2"}
