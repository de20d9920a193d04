"""Customers through the pages: what is refused comes back as a sentence, with what was typed."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from clientes.models import Cliente
from tests.factories import ClienteFactory, MedidorFactory
from tests.paginas import agir_em_lote, entrar_como, enviar

pytestmark = pytest.mark.django_db

LISTA = "admin:clientes_cliente_changelist"
INCLUIR = "admin:clientes_cliente_add"


def pagina(cliente: Cliente, qual: str = "change") -> str:
    return reverse(f"admin:clientes_cliente_{qual}", args=[cliente.pk])


def test_inclui_e_guarda_o_documento_limpo(admin_client):
    resposta = enviar(
        admin_client, reverse(INCLUIR), nome="  Maria   José ", documento="529.982.247-25"
    )
    cliente = Cliente.objects.get()
    assert (cliente.nome, cliente.documento) == ("Maria José", "52998224725")
    assert "Gravado: cliente “" in resposta.text
    assert "com sucesso" not in resposta.text


@pytest.mark.parametrize(
    ("campos", "frase"),
    [
        ({"nome": "Ana", "documento": "111.111.111-11"}, "CPF ou CNPJ inválido"),
        ({"nome": "Ana", "documento": "529.982.247-25"}, "Já existe um cliente com este CPF"),
        ({"nome": "   "}, "Este campo é obrigatório"),
        ({"nome": "A\x00na"}, "Caracteres nulos não são permitidos"),
        ({"nome": "a" * 1_000_000}, "no máximo 200 caracteres"),
        ({"nome": "Ana", "email_cliente": "não é"}, "endereço de email válido"),
    ],
)
def test_recusa_com_frase_e_mostra_o_que_foi_digitado(admin_client, campos, frase):
    ClienteFactory(documento="52998224725")
    resposta = enviar(admin_client, reverse(INCLUIR), endereco="Rua Digitada", **campos)
    assert resposta.status_code == 200
    assert frase in resposta.text
    assert "Rua Digitada" in resposta.text
    assert Cliente.objects.count() == 1


@pytest.mark.parametrize(
    ("colado", "guardado"),
    [
        (" 529.982.247-25 ", "52998224725"),
        ("\ufeff11.222.333/0001-81\u00a0", "11222333000181"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
    ],
)
def test_documento_colado_com_mascara_e_espacos(admin_client, colado, guardado):
    """No length for the browser to cut it at, and a masked CNPJ has more than is stored."""
    [campo] = re.findall(
        r'<input[^>]*name="documento"[^>]*>', admin_client.get(reverse(INCLUIR)).text
    )
    assert "maxlength" not in campo
    enviar(admin_client, reverse(INCLUIR), nome="Ana", documento=colado)
    assert Cliente.objects.get().documento == guardado


def test_documento_comprido_demais_e_uma_frase(admin_client):
    resposta = enviar(admin_client, reverse(INCLUIR), nome="Ana", documento="9" * 10_000)
    assert "no máximo 14 caracteres" in resposta.text
    assert Cliente.objects.count() == 0


def test_campo_recusado_tem_uma_frase_so(admin_client):
    """The form's own; the model, asked alone, still says what it wants."""
    formulario = enviar(admin_client, reverse(INCLUIR), nome="  ").context["adminform"].form
    assert formulario.errors == {"nome": ["Este campo é obrigatório."]}
    with pytest.raises(ValidationError, match="Informe o nome do cliente"):
        Cliente(nome=" ").clean()


def test_edita_e_o_historico_diz_quem_e_o_que(admin_client):
    cliente = ClienteFactory(nome="Antes")
    enviar(admin_client, pagina(cliente), nome="Depois")
    cliente.refresh_from_db()
    assert (cliente.nome, cliente.nome_busca) == ("Depois", "depois")
    historico = admin_client.get(pagina(cliente, "history")).text
    assert "<del>Antes</del>" in historico
    assert "<ins>Depois</ins>" in historico
    assert "admin" in historico
    assert "None" not in historico


def test_quem_tem_historico_nao_se_exclui(admin_client):
    cliente = MedidorFactory().cliente
    resposta = admin_client.post(pagina(cliente, "delete"), {"post": "yes"}, follow=True)
    assert "há registros que dependem dele (1 medidor)" in resposta.text
    assert Cliente.objects.count() == 1


def test_em_lote_um_recusado_segura_todos(admin_client):
    preso, livre = MedidorFactory().cliente, ClienteFactory()
    resposta = agir_em_lote(admin_client, reverse(LISTA), "delete_selected", [preso.pk, livre.pk])
    assert "Nenhum dos selecionados foi excluído" in resposta.text
    assert Cliente.objects.count() == 2
    agir_em_lote(admin_client, reverse(LISTA), "delete_selected", [livre.pk])
    assert list(Cliente.objects.all()) == [preso]


@pytest.mark.parametrize("termo", ["jose", "JOSÉ conceição", "529.982.247-25", "52998224725"])
def test_busca_sem_acentos_e_com_mascara(admin_client, termo):
    ClienteFactory(nome="José da Conceição", documento="52998224725")
    ClienteFactory(nome="Outra pessoa")
    resposta = admin_client.get(reverse(LISTA), {"q": termo})
    assert "José da Conceição" in resposta.text
    assert "Outra pessoa" not in resposta.text


def test_ficha_mostra_medidores_leituras_e_faturas(admin_client):
    medidor = MedidorFactory(numero_medidor="M-FICHA")
    texto = admin_client.get(pagina(medidor.cliente)).text
    for aba in ("Medidores", "Faturas", "Últimas leituras"):
        assert aba.lower() in texto.lower()
    assert "M-FICHA" in texto
    assert f"?cliente={medidor.cliente.pk}" in (
        admin_client.get(pagina(medidor.cliente, "novo_medidor")).url
    )


def test_sem_permissao_nao_se_mexe_nem_se_ve(client):
    cliente = MedidorFactory().cliente
    entrar_como(client, "clientes.view_cliente")
    ficha = client.get(pagina(cliente))
    assert ficha.status_code == 200
    assert "últimas leituras" not in ficha.text.lower()
    assert client.post(pagina(cliente), {"nome": "x"}).status_code == 403
    assert client.post(pagina(cliente, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(reverse(INCLUIR)).status_code == 403
    assert client.get(pagina(cliente, "novo_medidor")).status_code == 403
    assert client.get(pagina(cliente, "nova_fatura")).status_code == 403
    assert client.get(reverse("admin:clientes_cliente_importar_cadastro")).status_code == 403
    assert client.get(reverse("admin:faturamento_fatura_changelist")).status_code == 403
