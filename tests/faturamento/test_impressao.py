"""The printed invoice: what it says, and that the PDF says it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from faturamento.calculo.caso import ler_caso
from faturamento.calculo.demonstrativo import calcular_demonstrativo
from faturamento.calculo.documento import caso_para_json, demonstrativo_para_json
from faturamento.models import Distribuidora, Fatura
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.emissao import emitir_fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from faturamento.servicos.impressao import gerar_pdf, montar_impressao
from faturamento.servicos.impressao.conta import codigo_de_verificacao
from faturamento.servicos.impressao.pdf import imprimivel
from tests.factories import (
    FaturaFactory,
    MotivoFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)
from tests.faturamento.calculo.test_contas import CONTAS

pytestmark = pytest.mark.django_db


@pytest.fixture
def rascunho(agora) -> Fatura:
    criar_parametros()
    Distribuidora.objects.update(
        endereco="Rua da Usina, 1 – Centro", telefone="0800 111 2222", ouvidoria="0800 333 4444"
    )
    criar_unidade_com_leituras(
        cliente__nome="João Conceição · 3 × 2",
        cliente__documento="52998224725",
        constante=Decimal(2),
    )
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    return Fatura.objects.get()


@pytest.fixture
def emitida(rascunho, agora) -> Fatura:
    return emitir_fatura(fatura_id=rascunho.pk, agora=agora)


def texto_do_pdf(conteudo: bytes) -> str:
    paginas = PdfReader(BytesIO(conteudo)).pages
    texto = " ".join(pagina.extract_text() for pagina in paginas)
    return " ".join(texto.replace("\N{NO-BREAK SPACE}", " ").split())


def test_pdf_diz_o_que_a_fatura_diz(emitida):
    texto = texto_do_pdf(gerar_pdf(emitida))
    total = f"R$ {emitida.valor:.2f}".replace(".", ",")
    for esperado in [
        total,
        "01/2026",
        f"{emitida.data_vencimento:%d/%m/%Y}",
        f"{emitida.data_emissao:%d/%m/%Y}",
        "Fatura 1-1",
        "João Conceição · 3 × 2",
        "***.982.247-**",
        emitida.unidade.codigo,
        "Energia Exemplo",
        "11.222.333/0001-81",
        "Rua da Usina, 1 – Centro",
        "Atendimento: 0800 111 2222",
        "Ouvidoria: 0800 333 4444",
        "05/12/2025",
        "05/01/2026",
        "1.000,000",
        "1.150,000",
        "300,000 kWh",
        "01/02 a 07/02/2026",
        "Contribuição de iluminação pública (CIP)",
        "8,63",
        "0,79 %",
        "3,65 %",
        "18 %",
        "verde de 05/12 a 05/01 (31 dias)",
        "multa de 2 % e juros de 1 % ao mês",
        "Código de pagamento eletrônico: ainda não disponível",
        codigo_de_verificacao(emitida.demonstrativo),
    ]:
        assert esperado in texto
    assert "529.982" not in texto
    assert "SEM VALOR" not in texto
    for linha in emitida.demonstrativo["linhas"]:
        assert linha["descricao"] in texto
        assert linha["valor"].replace(".", ",") in texto
    assert len(PdfReader(BytesIO(gerar_pdf(emitida))).pages) == 1


def test_as_partes_somam_o_total_ao_centavo(emitida):
    conta = montar_impressao(emitida)

    def reais(texto: str) -> Decimal:
        so_numero = texto.removeprefix("R$").strip().replace(".", "").replace(",", ".")
        return Decimal(so_numero)

    linhas = sum(reais(linha.valor) for linha in (*conta.linhas, *conta.outras))
    composicao = [reais(valor) for _, valor in conta.composicao]
    assert linhas == conta.valor == emitida.valor == reais(conta.total)
    assert sum(composicao[:-1]) == composicao[-1] == emitida.valor
    assert reais(conta.subtotal) + reais(conta.outras[0].valor) == emitida.valor
    icms, pis, cofins = conta.tributos
    assert reais(icms.valor) == emitida.valor_icms
    assert reais(pis.valor) == emitida.valor_pis
    assert reais(cofins.valor) == emitida.valor_cofins
    assert reais(icms.base) == emitida.valor_energia


def test_pdf_tem_os_mesmos_bytes_quando_impresso_de_novo(emitida):
    assert gerar_pdf(emitida) == gerar_pdf(Fatura.objects.get(pk=emitida.pk))


def test_rascunho_traz_a_tarja_e_nao_a_caixa_de_pagamento(rascunho):
    texto = texto_do_pdf(gerar_pdf(rascunho))
    assert texto.count("RASCUNHO – SEM VALOR") == 2
    assert "ainda não disponível" not in texto
    assert "não é documento de cobrança" in texto


def test_cancelada_diz_que_nao_se_paga_e_guarda_o_seu_mes(emitida, agora):
    cancelar_fatura(fatura_id=emitida.pk, motivo=MotivoFactory().codigo, agora=agora)
    cancelada = Fatura.objects.get(pk=emitida.pk)
    conta = montar_impressao(cancelada)
    assert (conta.tarja, conta.historico[-1].consumo_kwh) == ("CANCELADA", emitida.consumo_kwh)
    assert "Cancelada em 10/02/2026. Não pague esta fatura." in texto_do_pdf(gerar_pdf(cancelada))


def test_avulsa_nao_tem_demonstrativo_e_se_imprime(db):
    fatura = FaturaFactory(valor=Decimal("1234.50"))
    texto = texto_do_pdf(gerar_pdf(fatura))
    assert f"Fatura avulsa {fatura.pk}, referente a 01/2026" in texto
    assert texto.count("1.234,50") >= 3
    assert "Verificação" not in texto
    assert montar_impressao(fatura).tributos == ()


@pytest.mark.parametrize("nome", sorted(nome for nome, c in CONTAS.items() if "valor" in c))
def test_toda_conta_de_exemplo_se_imprime_com_as_suas_linhas(nome):
    caso = CONTAS[nome]["caso"]
    entrada = ler_caso(caso)
    demonstrativo = calcular_demonstrativo(entrada)
    documento = {"entrada": caso_para_json(entrada), **demonstrativo_para_json(demonstrativo)}
    fatura = FaturaFactory(ciclo=True, demonstrativo=documento, valor=demonstrativo.valor)
    texto = texto_do_pdf(gerar_pdf(fatura))
    for linha in documento["linhas"]:
        assert linha["descricao"].replace("\N{MINUS SIGN}", "-") in texto
    assert f"{demonstrativo.valor:.2f}".split(".")[1] in texto


@pytest.mark.parametrize(
    "documento",
    [
        {},
        [],
        {"linhas": []},
        {"linhas": [{}]},
        {"linhas": [{"valor": "x", "de": "y", "ate": 1}], "leituras": [{}], "entrada": None},
        {"linhas": [{"descricao": "<b>"}], "entrada": {"tarifas": [{}], "bandeiras": [{}]}},
    ],
    ids=str,
)
def test_demonstrativo_parcial_ou_estranho_se_imprime(documento):
    assert gerar_pdf(FaturaFactory(demonstrativo=documento)).startswith(b"%PDF")


def test_nome_de_fora_do_alfabeto_e_marcacao_nao_quebram(db):
    fatura = FaturaFactory(cliente__nome="Ștefan <b>Łódź & 電力")
    assert "Stefan <b>?ódz & ??" in texto_do_pdf(gerar_pdf(fatura))
    assert imprimivel("linha\x00\tnova") == "linha  nova"


def test_historico_so_conta_o_que_foi_deste_cliente(emitida):
    comum = {
        "emitida": True,
        "unidade": emitida.unidade,
        "mes_referencia": date(2025, 12, 1),
        "ciclo_de": datetime(2025, 11, 5, 12, tzinfo=UTC),
        "ciclo_ate": datetime(2025, 12, 5, 12, tzinfo=UTC),
        "serie": "2",
    }
    FaturaFactory(**comum, consumo_kwh=Decimal(77))
    assert montar_impressao(emitida).historico[-2].consumo_kwh is None
    FaturaFactory(
        **{**comum, "origem": "ENCERRAMENTO"}, consumo_kwh=Decimal(88), cliente=emitida.cliente
    )
    assert montar_impressao(emitida).historico[-2].consumo_kwh == Decimal(88)


@pytest.mark.parametrize("linhas", [1, 10])
def test_consultas_nao_crescem_com_as_linhas(emitida, linhas, django_assert_num_queries):
    documento = emitida.demonstrativo
    documento["linhas"] = documento["linhas"][:1] * linhas
    fatura = Fatura.objects.com_relacionados().get(pk=emitida.pk)
    fatura.demonstrativo = documento
    with django_assert_num_queries(2):
        montar_impressao(fatura)
