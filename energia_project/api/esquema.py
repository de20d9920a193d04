"""The OpenAPI schema, told as the API behaves: errors, nulls and numbers included."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from comum.django_base.api.campos import DecimalField, ReferenciaField
from comum.django_base.api.fluxo import FORMATOS
from comum.django_base.api.rota import RotaDaApi
from comum.django_base.api.views import RecursoViewSet
from energia_project.api.exemplos import EXEMPLOS

ERRO = {
    "type": "object",
    "properties": {
        "detail": {"type": "string", "description": "O que houve e como sair, numa frase."},
        "codigo": {"type": "string", "description": "Código estável, para programas."},
    },
    "required": ["detail", "codigo"],
    "additionalProperties": False,
    "example": {"detail": "Cliente 42 não encontrado.", "codigo": "NAO_ENCONTRADO"},
}
ERROS_POR_CAMPO = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
    "example": {"nome": ["Este campo é obrigatório."]},
}
DESCRICOES = {
    "400": "Os valores não servem: por campo, ou numa frase só.",
    "401": "Falta o token, ou ele não vale mais.",
    "403": "O usuário não tem permissão para isto.",
    "404": "Não existe.",
    "406": "O cabeçalho Accept não aceita JSON.",
    "409": "Uma regra do domínio não deixa; a frase diz a saída.",
    "412": "O registro mudou depois de lido (If-Match); nada foi feito.",
    "413": "O corpo é grande demais.",
    "415": "O corpo não é application/json em UTF-8.",
    "422": "A Idempotency-Key já foi usada em outro pedido.",
    "429": "Pedidos ou senhas erradas demais: espere os segundos do Retry-After.",
    "503": "O banco de dados não pôde atender; tente de novo (cabeçalho Retry-After).",
}
FORMATO_ETAG = r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'
ID_DO_CAMINHO = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
ATOS = {
    "list": "Listar {plural}",
    "create": "Criar {nome}",
    "retrieve": "Consultar {nome}",
    "update": "Alterar {nome}",
    "partial_update": "Alterar {nome}, como no PUT",
    "destroy": "Excluir {nome}",
}
# What is so of each resource, before what the viewset has to add.
TEXTOS = {
    "list": (
        "Uma lista, em ordem de id, de no máximo `limit` linhas; o endereço da página seguinte, "
        "quando há, vem no cabeçalho Link. Os filtros se somam."
    ),
    "create": "Responde com o que foi criado, e o endereço dele no cabeçalho Location.",
    "retrieve": "Uma linha, pelo id, como está agora.",
    "destroy": "Não tem volta.",
}
MANTEM = "O campo ausente ou nulo mantém o valor que tem; o que não se altera é ignorado."


class EsquemaEnergia(AutoSchema):
    """Portuguese texts, every error an operation can answer, and headers."""

    def get_summary(self) -> str | None:
        if not isinstance(self.view, RecursoViewSet) or self.view.action not in ATOS:
            return super().get_summary()
        opcoes = self.view.get_queryset().model._meta
        return ATOS[self.view.action].format(
            nome=opcoes.verbose_name, plural=opcoes.verbose_name_plural
        )

    def get_description(self) -> str:
        if not isinstance(self.view, RecursoViewSet):
            return super().get_description()
        acao = "update" if self.view.action == "partial_update" else self.view.action
        texto = self.view.textos.get(acao, "")
        geral = MANTEM if acao == "update" else TEXTOS.get(acao, "")
        return f"{texto} {geral}".strip()

    def _resolve_path_parameters(self, variables: Any) -> Any:
        parametros = super()._resolve_path_parameters(variables)
        for parametro in parametros:
            if parametro["name"] == "id":
                parametro |= {"schema": ID_DO_CAMINHO, "description": "O id, como veio na criação."}
        return parametros

    def _get_filter_parameters(self) -> Any:
        parametros = super()._get_filter_parameters()
        filtros = getattr(getattr(self.view, "filterset_class", None), "base_filters", {})
        for parametro in parametros:
            filtro = filtros.get(parametro["name"])
            if filtro is not None and "help_text" in filtro.extra:
                parametro["description"] = filtro.extra["help_text"]
        return parametros

    def get_response_serializers(self) -> Any:
        if isinstance(self.view, RecursoViewSet) and self.view.action != "list":
            return self.view.serializer_class
        return super().get_response_serializers()

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> Any:
        respostas = super()._get_response_bodies(*args, **kwargs)
        for codigo, resposta in respostas.items():
            resposta["description"] = resposta.get("description") or "Feito."
            if codigo == "204":
                resposta["description"] = "Feito; a resposta não tem corpo."
        if self.view_acao() == "list":
            respostas["200"]["content"] |= {tipo: TEXTO_CONTINUO for tipo, _ in FORMATOS.values()}
        if self.view_acao() == "retrieve":
            respostas["304"] = {
                "description": "É a versão que o If-None-Match já tem; a resposta não tem corpo.",
                "headers": {"ETag": ETAG},
            }
        for codigo in self._erros_da_operacao():
            respostas.setdefault(codigo, _resposta_de_erro(codigo))
        return respostas

    def view_acao(self) -> str | None:
        """The action of a resource; None for the other views."""
        return self.view.action if isinstance(self.view, RecursoViewSet) else None

    def _erros_da_operacao(self) -> list[str]:
        codigos = ["406", "503"]
        if self.view.get_authenticators():
            codigos += ["401", "403"]
        if self.method == "GET" and "{" not in self.path:
            codigos.append("400")  # filters
        if "{" in self.path:
            codigos.append("404")
        if self._get_request_body() is not None:
            codigos += ["400", "413", "415"]
        codigos.append("429")
        if isinstance(self.view, RecursoViewSet) and self.method != "GET":
            codigos.append("409")
        if self._repete():
            codigos += ["400", "409", "413", "422"]
        if self._tem_versao():
            codigos += ["400"] if self.method == "GET" else ["400", "412"]
        if not self.view.get_authenticators():
            codigos.append("401")
        return sorted(set(codigos))

    def _get_request_body(self, direction: Any = "request") -> Any:
        corpo = super()._get_request_body(direction)
        if corpo and self.view_acao() == "create" and self.view.lista_maxima:
            do_json = corpo["content"]["application/json"]
            do_json["schema"] = _um_ou_varios(do_json["schema"], self.view.lista_maxima)
        return corpo

    def _repete(self) -> bool:
        return isinstance(self.view, RotaDaApi) and self.method == "POST"

    def _tem_versao(self) -> bool:
        """Whether the operation is on one item, whose version headers may name."""
        return isinstance(self.view, RecursoViewSet) and "{" in self.path

    def get_override_parameters(self) -> Any:
        parametros = list(super().get_override_parameters())
        if self._repete():
            parametros.append(CHAVE_DE_IDEMPOTENCIA)
        if self._tem_versao():
            parametros.append(SE_NINGUEM_TEM if self.method == "GET" else SE_NAO_MUDOU)
        return parametros

    def _get_response_headers_for_code(self, status_code: str, direction: Any = "response") -> Any:
        cabecalhos = super()._get_response_headers_for_code(status_code, direction)
        if isinstance(self.view, RecursoViewSet):
            if status_code == "201":
                cabecalhos["Location"] = _cabecalho("O endereço do que foi criado.", "uri")
            if status_code == "200" and self.view.action == "list":
                cabecalhos["Link"] = _cabecalho(
                    '`<…>; rel="next"`, o endereço da página seguinte, quando há.'
                )
            elif status_code in ("200", "201"):
                cabecalhos["ETag"] = ETAG
        return cabecalhos

    def _map_serializer_field(self, field: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        esquema = super()._map_serializer_field(field, direction, *args, **kwargs)
        if isinstance(field, ReferenciaField):
            return {**esquema, "minimum": 1}
        if not isinstance(field, DecimalField):
            return esquema
        inteiros, casas = field.max_whole_digits, field.decimal_places
        limite = 10 ** (inteiros or 0)
        minimo = field.min_value
        sinal = "-?" if minimo is None or minimo < 0 else ""
        padrao = f"^{sinal}[0-9]{{1,{inteiros}}}(\\.[0-9]{{1,{casas}}})?$"
        esquema["pattern"] = padrao
        if direction == "response" or esquema.get("readOnly"):
            return esquema
        descricao = {"description": esquema["description"]} if "description" in esquema else {}
        numero: dict[str, Any] = {
            "type": "number",
            "exclusiveMaximum": limite,
            "multipleOf": float(f"1e-{casas}"),
        }
        numero |= {"exclusiveMinimum": -limite} if minimo is None else {"minimum": float(minimo)}
        return {"anyOf": [{"type": "string", "pattern": padrao}, numero], **descricao}


def _um_ou_varios(um: dict[str, Any], maximo: int) -> dict[str, Any]:
    """One object, or an array: what in it is not one is refused by its index, not as a body."""
    qualquer = {"description": "O elemento que não serve é recusado pelo seu índice."}
    lista = {
        "type": "array",
        "items": {"anyOf": [um, qualquer]},
        "minItems": 1,
        "maxItems": maximo,
    }
    return {"oneOf": [um, lista]}


def _cabecalho(descricao: str, formato: str = "") -> dict[str, Any]:
    esquema = {"type": "string"} | ({"format": formato} if formato else {})
    return {"description": descricao, "schema": esquema}


ETAG = _cabecalho("A versão do registro, entre aspas, para If-Match e If-None-Match.")
TEXTO_CONTINUO = {"schema": {"type": "string", "description": "Com `formato`: todas as linhas."}}
CHAVE_DE_IDEMPOTENCIA = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description=(
        "Uma chave nova para cada pedido novo, por exemplo um UUID. O mesmo pedido com a mesma "
        "chave tem um só efeito e a mesma resposta, por 90 dias; outro pedido com ela é 422; "
        "enquanto o primeiro não termina, 409 com Retry-After."
    ),
)
SE_NAO_MUDOU = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": FORMATO_ETAG},
    OpenApiParameter.HEADER,
    description="O ETag que você leu. Se o registro mudou desde então, é 412 e nada é feito.",
)
SE_NINGUEM_TEM = OpenApiParameter(
    "If-None-Match",
    {"type": "string", "pattern": FORMATO_ETAG},
    OpenApiParameter.HEADER,
    description="O ETag que você tem. Se ainda é o atual, a resposta é 304, sem corpo.",
)


def _resposta_de_erro(codigo: str) -> dict[str, Any]:
    erro = {"$ref": "#/components/schemas/Erro"}
    if codigo == "400":
        erro = {"anyOf": [erro, {"$ref": "#/components/schemas/ErrosPorCampo"}]}  # type: ignore[dict-item]
    resposta: dict[str, Any] = {
        "description": DESCRICOES[codigo],
        "content": {"application/json": {"schema": erro}},
    }
    if codigo == "400":
        resposta["headers"] = {"X-Codigo": _cabecalho("Código da recusa de um campo, quando há.")}
    if codigo in ("409", "429", "503"):
        resposta["headers"] = {"Retry-After": _cabecalho("Segundos a esperar, quando há.")}
    return resposta


def completar_esquema(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook: what a body may hold, and what an answer always holds."""
    componentes = result.setdefault("components", {}).setdefault("schemas", {})
    for nome, esquema in componentes.items():
        esquema.pop("description", None)  # docstrings are for engineers
        propriedades = esquema.get("properties", {})
        for propriedade in propriedades.values():
            propriedade.pop("x-spec-enum-id", None)
        if nome.endswith("Request"):
            esquema["additionalProperties"] = False
            for campo in propriedades.keys() - set(esquema.get("required", ())):
                propriedades[campo] = _ou_nulo(propriedades[campo])
        elif propriedades:
            esquema["required"] = sorted(propriedades)
    for nome, exemplo in EXEMPLOS.items():
        if nome in componentes:
            componentes[nome]["example"] = exemplo
    componentes |= {"Erro": ERRO, "ErrosPorCampo": ERROS_POR_CAMPO}
    return result


def _ou_nulo(esquema: dict[str, Any]) -> dict[str, Any]:
    """The same schema, or null, which a body may send for what it does not say."""
    if "null" in esquema.get("type", ()):
        return esquema
    if "anyOf" in esquema:
        return esquema | {"anyOf": [*esquema["anyOf"], {"type": "null"}]}
    fora = {chave: esquema[chave] for chave in ("description",) if chave in esquema}
    dentro = {chave: valor for chave, valor in esquema.items() if chave not in fora}
    return {"anyOf": [dentro, {"type": "null"}], **fora}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "energia_project.api.autenticacao.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "A palavra `Token`, um espaço, e o token que /auth/token/ deu.",
        }


class SessaoScheme(OpenApiAuthenticationExtension):
    target_class = "energia_project.api.autenticacao.SessaoAuthentication"
    name = "sessao"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A sessão de quem entrou no painel; escrever pede o token CSRF.",
        }
