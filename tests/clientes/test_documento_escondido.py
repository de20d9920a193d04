"""Who may not see whole documents sees their middle, on every page that has one."""

import pytest
from django.urls import reverse

from clientes.models import Cliente
from tests.factories import ClienteFactory
from tests.paginas import entrar_como, enviar, ler_formulario

pytestmark = pytest.mark.django_db

DOCUMENTO = "52998224725"
OUTRO = "11144477735"
MASCARADO = "***.982.247-**"
LISTA = "/admin/clientes/cliente/"
VER, MUDAR, DOCUMENTOS = (
    "clientes.view_cliente",
    "clientes.change_cliente",
    "clientes.ver_documento",
)


@pytest.fixture
def cliente(db) -> Cliente:
    return ClienteFactory(nome="Maria", documento=DOCUMENTO)


def pagina(cliente: Cliente, nome: str = "change") -> str:
    return reverse(f"admin:clientes_cliente_{nome}", args=[cliente.pk])


def mostra_inteiro(texto: str, documento: str = DOCUMENTO) -> bool:
    d = documento
    return d in texto or f"{d[:3]}.{d[3:6]}.{d[6:9]}-{d[9:]}" in texto


@pytest.mark.parametrize("permissoes", [(VER,), (VER, MUDAR)], ids=["ver", "mudar"])
@pytest.mark.parametrize("ve", [False, True], ids=["escondido", "controle"])
def test_a_ficha(client, cliente, permissoes, ve):
    entrar_como(client, *permissoes, *([DOCUMENTOS] if ve else []))
    texto = client.get(pagina(cliente)).text
    assert mostra_inteiro(texto) is ve
    assert (MASCARADO in texto) is not ve


def test_mascarado_que_volta_nao_muda_nada(client, cliente):
    entrar_como(client, VER, MUDAR)
    assert "documento" not in ler_formulario(client, pagina(cliente))
    resposta = enviar(client, pagina(cliente), documento=MASCARADO, telefone="1234")
    assert "Gravado" in resposta.text
    cliente.refresh_from_db()
    assert (cliente.documento, cliente.telefone) == (DOCUMENTO, "1234")


def test_inteiro_enviado_por_quem_nao_ve_e_uma_frase(client, cliente):
    entrar_como(client, VER, MUDAR)
    resposta = enviar(client, pagina(cliente), documento=OUTRO, telefone="1234")
    assert "só pode ser alterado por quem tem permissão" in resposta.text
    assert not mostra_inteiro(resposta.text)
    cliente.refresh_from_db()
    assert (cliente.documento, cliente.telefone) != (OUTRO, "1234")
    assert cliente.documento == DOCUMENTO


def test_quem_ve_muda(client, cliente):
    entrar_como(client, VER, MUDAR, DOCUMENTOS)
    enviar(client, pagina(cliente), documento=OUTRO)
    cliente.refresh_from_db()
    assert cliente.documento == OUTRO


def test_sem_documento_quem_nao_ve_preenche(client):
    cliente = ClienteFactory(documento=None)
    entrar_como(client, VER, MUDAR)
    recusado = enviar(client, pagina(cliente), documento=DOCUMENTO, nome="")
    assert mostra_inteiro(recusado.text)  # what was typed is still in its field
    enviar(client, pagina(cliente), documento=DOCUMENTO)
    cliente.refresh_from_db()
    assert cliente.documento == DOCUMENTO


def test_aviso_de_mudanca_simultanea_nao_mostra(client, monkeypatch):
    cliente = ClienteFactory(documento=None)
    entrar_como(client, VER, MUDAR)
    aberto = ler_formulario(client, pagina(cliente))
    de_antes = Cliente.objects.get(pk=cliente.pk)
    Cliente.objects.filter(pk=cliente.pk).update(documento=DOCUMENTO)
    # Read just before the other one saved.
    monkeypatch.setattr(
        "energia_project.fichas.FichaDoCliente.get_object", lambda *_, **__: de_antes
    )
    texto = client.post(pagina(cliente), {**aberto, "telefone": "1"}, follow=True).text
    assert "Outra pessoa mudou" in texto
    assert MASCARADO in texto
    assert not mostra_inteiro(texto)


@pytest.mark.parametrize("ve", [False, True], ids=["escondido", "controle"])
def test_o_historico(client, cliente, ve):
    cliente.documento = OUTRO
    cliente.save()
    entrar_como(client, VER, MUDAR, *([DOCUMENTOS] if ve else []))
    enderecos = [
        pagina(cliente, "history"),
        *(
            reverse("admin:clientes_cliente_simple_history", args=[cliente.pk, versao.pk])
            for versao in cliente.history.all()
        ),
    ]
    textos = [client.get(endereco).text for endereco in enderecos]
    assert len(textos) == 3
    assert all("Maria" in texto for texto in textos)
    vistos = [mostra_inteiro(t) or mostra_inteiro(t, OUTRO) for t in textos]
    assert vistos == [ve] * 3
    assert (MASCARADO in textos[0]) is not ve


def test_filtro_no_endereco_nao_adivinha(client, cliente):
    entrar_como(client, VER)
    for consulta in ("documento__startswith=529", f"documento={DOCUMENTO}"):
        assert client.get(f"{LISTA}?{consulta}").status_code == 400
    assert (
        client.get("/admin/medidores/medidor/?cliente__documento__startswith=5").status_code != 200
    )


def test_filtro_no_endereco_de_quem_ve(client, cliente):
    entrar_como(client, VER, DOCUMENTOS)
    resposta = client.get(f"{LISTA}?documento__startswith=529")
    assert list(resposta.context["cl"].result_list) == [cliente]
