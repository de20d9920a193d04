"""Where a customer stands, and the pages that print its invoices."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from faturamento.models import Fatura
from tests.factories import (
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    PagamentoFactory,
    UnidadeFactory,
)
from tests.paginas import entrar_como

pytestmark = pytest.mark.django_db

HOJE = date.today()  # noqa: DTZ011 - the page itself takes today's date
ONTEM = HOJE - timedelta(days=2)


def ficha(cliente, pagina: str = "change") -> str:
    return reverse(f"admin:clientes_cliente_{pagina}", args=[cliente.pk])


def da_fatura(fatura: Fatura, pagina: str) -> str:
    return reverse(f"admin:faturamento_fatura_{pagina}", args=[fatura.pk])


def texto_de(resposta) -> str:
    return resposta.text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def cliente():
    cliente = ClienteFactory()
    unidade = MedidorFactory(cliente=cliente, unidade__codigo="UC-X").unidade
    FaturaFactory(
        emitida=True,
        cliente=cliente,
        unidade=unidade,
        valor=Decimal("100.10"),
        data_vencimento=ONTEM,
        mes_referencia=ONTEM.replace(day=1),
    )
    return cliente


def test_a_tira_diz_o_que_deve_desde_quando_e_o_ultimo_pagamento(admin_client, cliente):
    a_mais = FaturaFactory(cliente=cliente, valor=Decimal("30.00"), status_pagamento="PAGA")
    PagamentoFactory(fatura=a_mais, valor=Decimal("45.00"))
    LeituraFactory(medidor=cliente.medidores.get(), situacao="RETIDA")
    texto = texto_de(admin_client.get(ficha(cliente)))
    assert "R$ 100,10" in texto
    assert "1 fatura, há 2 dias" in texto
    assert "R$ 15,00" in texto
    assert "pago a mais" in texto
    assert "em 15/01/2026" in texto
    assert "à espera de decisão" in texto
    assert "Consumo faturado, 13 meses" in texto
    assert "Extrato" in texto
    assert da_fatura(cliente.faturas.order_by("pk").first(), "pdf") in texto


def test_quem_nao_ve_faturas_ve_so_o_cadastro(client, cliente):
    entrar_como(client, "clientes.view_cliente")
    texto = texto_de(client.get(ficha(cliente)))
    assert cliente.nome in texto
    assert "100,10" not in texto
    assert ficha(cliente, "segunda_via") not in texto
    assert client.get(ficha(cliente, "segunda_via")).status_code == 403


def test_quem_nao_ve_pagamentos_nao_ve_o_extrato(client, cliente):
    entrar_como(client, "clientes.view_cliente", "faturamento.view_fatura")
    texto = texto_de(client.get(ficha(cliente)))
    assert "R$ 100,10" in texto
    assert "Último pagamento" not in texto
    assert "Extrato" not in texto


def test_segunda_via_simular_e_lancar_levam_a_pagina_certa(admin_client, cliente):
    fatura = cliente.faturas.get()
    assert admin_client.get(ficha(cliente, "segunda_via")).url == da_fatura(fatura, "imprimir")
    assert admin_client.get(ficha(cliente, "simular")).url.endswith("?unidade=UC-X")
    endereco = admin_client.get(ficha(cliente, "lancar")).url
    assert f"cliente={cliente.pk}" in endereco
    assert f"unidade={fatura.unidade_id}" in endereco
    sem_nada = ClienteFactory()
    resposta = admin_client.get(ficha(sem_nada, "segunda_via"), follow=True)
    assert "não tem fatura emitida" in resposta.text


@pytest.mark.parametrize("situacao", ["ciclo", "emitida", "avulsa"])
def test_pagina_e_pdf_se_imprimem_em_qualquer_situacao(admin_client, situacao):
    fatura = FaturaFactory(**({} if situacao == "avulsa" else {situacao: True}))
    pagina = admin_client.get(da_fatura(fatura, "imprimir"))
    assert "R$ 150,00" in texto_de(pagina)
    assert ("RASCUNHO – SEM VALOR" in pagina.text) is (situacao == "ciclo")
    pdf = admin_client.get(da_fatura(fatura, "pdf"))
    assert pdf["Content-Type"] == "application/pdf"
    assert "no-store" in pdf["Cache-Control"]
    assert "150,00" in PdfReader(BytesIO(pdf.content)).pages[0].extract_text()
    texto = admin_client.get(da_fatura(fatura, "change")).text
    assert da_fatura(fatura, "pdf") in texto
    assert da_fatura(fatura, "imprimir") in texto


def test_imprimir_pede_a_permissao_de_ver(client):
    fatura = FaturaFactory()
    entrar_como(client, "clientes.view_cliente")
    assert client.get(da_fatura(fatura, "pdf")).status_code == 403
    assert client.get(da_fatura(fatura, "imprimir")).status_code == 403


def test_numero_que_nao_existe_e_404(admin_client):
    for pagina in ("pdf", "imprimir"):
        assert admin_client.get(f"/admin/faturamento/fatura/999/{pagina}/").status_code == 404


@pytest.mark.parametrize("qual", ["ficha", "fatura", "imprimir"])
def test_consultas_iguais_para_uma_e_dez_faturas(admin_client, cliente, qual):
    fatura = cliente.faturas.get()
    caminho = (
        ficha(cliente)
        if qual == "ficha"
        else da_fatura(fatura, "change" if qual == "fatura" else "imprimir")
    )

    def consultas() -> int:
        with CaptureQueriesContext(connection) as contadas:
            assert admin_client.get(caminho).status_code == 200
        return len(contadas)

    PagamentoFactory(fatura=fatura, valor=Decimal(1))
    consultas()
    com_uma = consultas()
    for _ in range(9):
        nova = FaturaFactory(
            emitida=True,
            cliente=cliente,
            unidade=UnidadeFactory(),
            data_vencimento=ONTEM,
            mes_referencia=ONTEM.replace(day=1),
        )
        PagamentoFactory(fatura=nova, valor=Decimal(1))
    assert consultas() == com_uma
