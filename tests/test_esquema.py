"""The OpenAPI schema is valid, whole, and says what the API does."""

import re
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from comum.django_base.api.rota import RotaDaApi
from energia_project.api import rotas
from energia_project.api.exemplos import EXEMPLOS
from tests.apoio_api import com_token, criar_usuario
from tests.factories import (
    BandeiraFactory,
    ClienteFactory,
    FaturaFactory,
    LeituraFactory,
    MedidorFactory,
    PagamentoFactory,
    TarifaFactory,
    UnidadeFactory,
)

RECURSOS = [
    "cliente",
    "unidade",
    "medidor",
    "leitura",
    "fatura",
    "pagamento",
    "execucao",
    "tarifa",
    "bandeira",
]
ATOS_DO_MEDIDOR = ["troca", "titular", "retirada"]
ATOS = {
    "medidor": ATOS_DO_MEDIDOR,
    "cliente": ["consumo", "extrato"],
    "fatura": ["emitir", "cancelar", "refaturar", "pagar", "pdf"],
    "pagamento": ["estorno"],
    "execucao": ["cancelar", "retomar"],
}
# Routes that are not operations of the API: the schema itself, its page, the health check.
FORA_DO_ESQUEMA = {"/openapi.json", "/docs/", "/saude/"}
VERBOS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def esquema() -> Any:
    return SchemaGenerator().get_schema(public=True)


def operacoes(esquema: Any) -> Any:
    return [
        (f"{metodo.upper()} {caminho}", operacao)
        for caminho, metodos in esquema["paths"].items()
        for metodo, operacao in metodos.items()
    ]


def test_sem_avisos_e_valido(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml")
    )


def test_todas_as_rotas_da_api(esquema):
    assert set(esquema["paths"]) == {
        *(f"/{recurso}/" for recurso in RECURSOS),
        *(f"/{recurso}/{{id}}/" for recurso in RECURSOS),
        *(f"/{recurso}/{{id}}/{ato}/" for recurso, atos in ATOS.items() for ato in atos),
        "/auth/token/",
        "/auth/logout/",
        "/simulacao/",
    }
    assert esquema["openapi"].startswith("3.1")


def rotas_do_resolvedor() -> set[str]:
    """`GET /cliente/{id}/`… of every route that the server answers."""
    achadas = set()
    urlpatterns: Any = rotas.urlpatterns
    for rota in urlpatterns:
        caminho = re.sub(r"\(\?P<pk>[^)]*\)", "{id}", str(rota.pattern))
        caminho = "/" + caminho.removeprefix("^").removesuffix("$").replace("/?", "/")
        if caminho in FORA_DO_ESQUEMA:
            continue
        visao = rota.callback.cls
        metodos = getattr(rota.callback, "actions", None) or visao.http_method_names
        achadas |= {
            f"{metodo.upper()} {caminho}"
            for metodo in VERBOS & set(metodos) & set(visao.http_method_names)
            if metodo in getattr(rota.callback, "actions", ()) or hasattr(visao, metodo)
        }
    return achadas


def test_cada_rota_que_o_servidor_atende_esta_no_esquema_e_vice_versa(esquema):
    """Taken from the URL resolver, with each method: a route cannot be left out of the schema."""
    rotas_atendidas = rotas_do_resolvedor()

    assert "DELETE /cliente/{id}/" in rotas_atendidas
    assert rotas_atendidas == {nome for nome, _ in operacoes(esquema)}


def test_cada_operacao_tem_resumo_e_diz_os_seus_erros(esquema):
    for nome, operacao in operacoes(esquema):
        assert operacao["summary"], nome
        assert operacao["description"], nome
        assert all(parametro.get("description") for parametro in operacao.get("parameters", ()))
        esperados = {"401", "406", "429", "503"}
        esperados |= set() if "/auth/token/" in nome else {"403"}
        if "{id}" in nome:
            esperados.add("404")
        if "requestBody" in operacao:
            esperados |= {"400", "413", "415"}
            [corpo] = operacao["requestBody"]["content"].values()
            assert corpo["examples"], nome
        assert esperados <= set(operacao["responses"]), nome
        assert all(resposta["description"] for resposta in operacao["responses"].values()), nome


def nomes_dos_cabecalhos(operacao):
    return {p["name"] for p in operacao.get("parameters", ()) if p["in"] == "header"}


def test_repetir_e_versao_estao_onde_valem(esquema):
    for nome, operacao in operacoes(esquema):
        metodo, rota = nome.split()
        cabecalhos, respostas = nomes_dos_cabecalhos(operacao), operacao["responses"]
        repete = metodo == "POST" and not rota.startswith("/auth/")
        assert ("Idempotency-Key" in cabecalhos) is repete, nome
        assert not repete or {"400", "409", "413", "422"} <= set(respostas), nome
        de_item = "{id}" in rota
        assert ("If-Match" in cabecalhos) is (de_item and metodo != "GET"), nome
        assert ("412" in respostas) is (de_item and metodo != "GET"), nome


def test_o_item_sai_com_etag_e_a_lista_se_transmite(esquema):
    for recurso in RECURSOS:
        item = esquema["paths"][f"/{recurso}/{{id}}/"]["get"]
        assert "If-None-Match" in nomes_dos_cabecalhos(item)
        assert "ETag" in item["responses"]["200"]["headers"]
        assert "ETag" in item["responses"]["304"]["headers"]
        lista = esquema["paths"][f"/{recurso}/"]["get"]
        assert set(lista["responses"]["200"]["content"]) == {
            "application/json",
            "text/csv",
            "application/x-ndjson",
        }
        [formato] = [p for p in lista["parameters"] if p["name"] == "formato"]
        assert set(formato["schema"]["enum"]) == {"json", "csv", "ndjson"}


def test_a_leitura_vem_uma_ou_em_lista(esquema):
    criar = esquema["paths"]["/leitura/"]["post"]
    uma, lista = criar["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert uma["$ref"].endswith("/LeituraRequest")
    assert (lista["minItems"], lista["maxItems"]) == (1, 10_000)
    resposta = criar["responses"]["201"]["content"]["application/json"]["schema"]
    componentes = esquema["components"]["schemas"]
    criada = componentes[resposta["$ref"].rpartition("/")[2]]
    assert [um["$ref"].rpartition("/")[2] for um in criada["oneOf"]] == ["Leitura", "Lote"]
    assert set(componentes["Recusa"]["required"]) == {"indice", "codigo", "detail"}


def test_toda_rota_que_cria_se_pode_repetir():
    """A POST whose view is not a RotaDaApi would take the key and forget it."""
    gerador = SchemaGenerator()
    gerador._initialise_endpoints()
    que_criam = [
        (caminho, funcao.cls)
        for caminho, _, metodo, funcao in gerador.endpoints
        if metodo == "POST" and not caminho.startswith("/auth/")
    ]
    assert len(que_criam) >= 9
    assert [caminho for caminho, cls in que_criam if not issubclass(cls, RotaDaApi)] == []


def test_os_atos_do_medidor_dizem_o_que_aceitam_e_devolvem(esquema):
    componentes = esquema["components"]["schemas"]
    for ato, codigo in zip(ATOS_DO_MEDIDOR, ("201", "200", "200"), strict=True):
        operacao = esquema["paths"][f"/medidor/{{id}}/{ato}/"]["post"]
        corpo = operacao["requestBody"]["content"]["application/json"]
        pedido = componentes[corpo["schema"]["$ref"].rpartition("/")[2]]
        assert pedido["additionalProperties"] is False
        assert corpo["examples"]
        resposta = operacao["responses"][codigo]["content"]["application/json"]["schema"]
        assert resposta["$ref"].endswith("/Medidor")
        assert "409" in operacao["responses"]
        assert operacao["description"]
    assert componentes["TrocaRequest"]["required"] == ["numero_medidor"]
    assert (
        "Location"
        in esquema["paths"]["/medidor/{id}/troca/"]["post"]["responses"]["201"]["headers"]
    )


def resolver(esquema: Any, parte: Any) -> dict[str, Any]:
    """A schema that stands alone: the part, with the components that it refers to."""
    return {"components": esquema["components"], **parte}


def test_os_exemplos_de_resposta_sao_do_esquema(esquema):
    componentes = esquema["components"]["schemas"]
    respostas = {
        nome
        for nome in componentes
        if not nome.endswith("Request") and not nome.startswith("Paginated")
    }
    assert set(EXEMPLOS) == respostas - {"Erro", "ErrosPorCampo"}
    for nome in respostas:
        validador = jsonschema.Draft202012Validator(
            resolver(esquema, componentes[nome]), format_checker=jsonschema.FormatChecker()
        )
        assert list(validador.iter_errors(componentes[nome]["example"])) == [], nome


def test_os_exemplos_de_pedido_sao_do_esquema(esquema):
    for nome, operacao in operacoes(esquema):
        for conteudo in operacao.get("requestBody", {}).get("content", {}).values():
            validador = jsonschema.Draft202012Validator(resolver(esquema, conteudo["schema"]))
            for exemplo in conteudo["examples"].values():
                assert list(validador.iter_errors(exemplo["value"])) == [], nome


def test_as_descricoes_sao_para_quem_usa(esquema):
    """Docstrings are in English, for engineers; none may leak."""
    texto = str(esquema)
    assert not re.search(r"\b(the|which|customer|reading)\b", texto)


def test_o_pedido_e_fechado_e_aceita_nulo_no_que_e_opcional(esquema):
    pedido = esquema["components"]["schemas"]["ClienteRequest"]
    assert pedido["additionalProperties"] is False
    assert pedido["required"] == ["nome"]
    assert {"type": "null"} in pedido["properties"]["telefone"]["anyOf"]
    alteracao = esquema["components"]["schemas"]["ClienteAlteracaoRequest"]
    assert "required" not in alteracao


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("recurso", "fabrica", "componente"),
    [
        ("cliente", ClienteFactory, "Cliente"),
        ("medidor", MedidorFactory, "Medidor"),
        ("leitura", LeituraFactory, "Leitura"),
        ("fatura", FaturaFactory, "Fatura"),
        ("unidade", UnidadeFactory, "Unidade"),
        ("pagamento", PagamentoFactory, "Pagamento"),
        ("tarifa", TarifaFactory, "Tarifa"),
        ("bandeira", BandeiraFactory, "Bandeira"),
    ],
)
def test_a_resposta_tem_os_campos_que_o_esquema_diz(esquema, recurso, fabrica, componente):
    api = com_token(criar_usuario(is_superuser=True))
    objeto = fabrica()

    item = api.get(f"/{recurso}/{objeto.pk}/").json()

    declarado = esquema["components"]["schemas"][componente]
    assert set(item) == set(declarado["properties"]) == set(declarado["required"])


@pytest.mark.django_db
def test_o_esquema_e_a_pagina_pedem_login(client):
    anonima = client.get("/docs")
    assert (anonima.status_code, anonima["Location"]) == (302, "/admin/login/?next=/docs")

    client.force_login(
        criar_usuario(is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get("/openapi.json").json()["info"]["title"] == "Energia"
    pagina = client.get("/docs").content.decode()
    assert not re.search(r"(src|href)=\"https?://", pagina), "a página não precisa da internet"
