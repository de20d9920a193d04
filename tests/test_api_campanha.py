"""schemathesis against every operation, as each role: what the schema says is what happens.

In process, over WSGI, on the test's own connection, so that all of it is rolled
back. `make test-longo` makes 20,000 cases over every role; ENERGIA_SEMENTE gives it others.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, connections
from drf_spectacular.generators import SchemaGenerator
from knox.models import AuthToken
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.transport.wsgi import WSGITransport

from clientes.models import Cliente
from energia_project.papeis import PAPEIS
from energia_project.wsgi import application
from faturamento.servicos.execucao import definir_escopo, faturar
from tests.apoio_api import criar_usuario
from tests.conftest import BANCO
from tests.factories import (
    FaturaFactory,
    MotivoFactory,
    PagamentoFactory,
    UnidadeFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)

pytestmark = [
    pytest.mark.django_db,
    # One schema for both databases; what is their own has its own tests.
    pytest.mark.skipif(BANCO == "postgresql", reason="o esquema é um para os dois bancos"),
]

SEMENTE = int(os.environ.get("ENERGIA_SEMENTE", "7"))
# What a schema cannot say, and so is not asked:
CHECAGENS_FORA = {
    # A body that fits the schema may break a rule of the domain: an id that does not exist, a CPF
    # with wrong check digits, a reading below the last one. The schema documents the 400 and 409.
    "positive_data_acceptance",
}
RECUSAS = ["400", "401", "403", "404", "405", "406", "409", "415", "422", "429"]
FASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass
class Colheita:
    """What a run of schemathesis brought."""

    casos: int = 0
    operacoes: set[str] = field(default_factory=set)
    falhas: list[str] = field(default_factory=list)


class Aplicacao:
    """The WSGI application, on the test's connection whatever thread calls it."""

    def __init__(self, token: AuthToken | None) -> None:
        self.conexao = connections[
            "default"
        ]  # the thing itself: `connection` looks it up by thread
        self.token = token

    def __call__(self, ambiente: dict[str, Any], responder: Callable[..., Any]) -> Iterable[bytes]:
        connections["default"] = self.conexao
        resposta = application(ambiente, responder)
        if self.token is not None and ambiente["PATH_INFO"].startswith("/auth/logout"):
            self.token.save()  # given back, it would be worth nothing for the rest of the run
        return resposta


@pytest.fixture
def dados(agora: datetime) -> None:
    """Some of everything, so that ids are often those of a row."""
    criar_parametros()
    MotivoFactory()
    for leituras in (("1000", "1150"), ("500", "700"), ("20", "90")):
        criar_unidade_com_leituras(leituras)
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)
    faturar(escopo, emitir=False, agora=agora)
    FaturaFactory.create_batch(2, emitida=True)
    FaturaFactory.create_batch(2)
    PagamentoFactory.create_batch(3)
    UnidadeFactory.create_batch(3)


@pytest.fixture(autouse=True)
def em_processo(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """Calls from schemathesis's own thread, on one connection, without its noise."""
    settings.API_PEDIDOS_POR_MINUTO = 0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    enviar = WSGITransport.send

    def sem_o_que_e_de_rede(self: Any, case: Any, **opcoes: Any) -> Any:
        # The check `ignored_auth` hands these on to werkzeug, which does not know them.
        for nome in ("max_redirects", "verify", "cert"):
            opcoes.pop(nome, None)
        return enviar(self, case, **opcoes)

    monkeypatch.setattr(WSGITransport, "send", sem_o_que_e_de_rede)
    connection.inc_thread_sharing()
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
    connection.dec_thread_sharing()


def campanha(
    usuario: User | None,
    *,
    fases: Iterable[str] = FASES,
    exemplos: int,
    esquema: dict[str, Any] | None = None,
    sempre_os_mesmos: bool = True,
) -> Colheita:
    """Runs these phases on every operation as this user; None is nobody.

    `exemplos` is how many random cases each operation gets, beside the systematic ones; they
    are always the same, or those of the seed.
    """
    cabecalhos, linha = {}, None
    if usuario is not None:
        linha, token = AuthToken.objects.create(user=usuario)
        cabecalhos = {"Authorization": f"Token {token}"}
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEMENTE,
            "headers": cabecalhos,
            "workers": 1,
            "continue-on-failure": True,
            "checks": {
                **{nome: {"enabled": False} for nome in CHECAGENS_FORA},
                # A precondition that fails is told before the body is looked at (RFC 9110, 13.2.1).
                "negative_data_rejection": {"expected-statuses": [*RECUSAS, 412]},
            },
            "phases": {fase: {"enabled": fase in fases} for fase in FASES},
            "generation": {
                "max-examples": exemplos,
                "deterministic": sempre_os_mesmos,
                "database": "none",
            },
        }
    )
    aberto = schemathesis.openapi.from_dict(
        esquema or SchemaGenerator().get_schema(public=True), config=config
    )
    aberto.app = Aplicacao(linha)
    colheita = Colheita()
    for evento in from_schema(aberto).execute():
        anotar(evento, colheita)
    return colheita


def anotar(evento: Any, colheita: Colheita) -> None:
    if isinstance(evento, events.FatalError):
        raise evento.exception
    if isinstance(evento, events.NonFatalError):
        colheita.falhas.append(f"{evento.label}: {evento.value!r}")
    if not isinstance(evento, events.ScenarioFinished):
        return
    registro = evento.recorder
    colheita.casos += len(registro.interactions)
    if registro.interactions:
        colheita.operacoes.add(registro.label)
    for caso, checagens in registro.checks.items():
        for checagem in checagens:
            if checagem.status == Status.FAILURE and checagem.failure_info is not None:
                falha = checagem.failure_info.failure
                colheita.falhas.append(
                    f"{registro.label} [{evento.phase.value}] {checagem.name}: {falha.title}: "
                    f"{falha.message[:300]} | {descrever(registro.interactions.get(caso))}"
                )


def descrever(troca: Any) -> str:
    """The request and its answer, in one line."""
    if troca is None:
        return ""
    resposta = troca.response
    pedido = f"{troca.request.method} {troca.request.uri} {(troca.request.body or b'')[:300]!r}"
    return f"{pedido} -> {resposta and (resposta.status_code, resposta.content[:300])}"


def usuario_que_so_ve() -> User:
    usuario = criar_usuario(username="so-ve")
    usuario.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return usuario


def usuario_do_grupo(nome: str) -> User:
    usuario = criar_usuario(username=f"do-grupo-{nome}")
    usuario.groups.add(Group.objects.get(name=nome))
    return usuario


def administrador() -> User:
    return criar_usuario(username="administrador", is_superuser=True, is_staff=True)


SEM_GRUPO: dict[str, Callable[[], User | None]] = {
    "só vê": usuario_que_so_ve,
    "sem permissão": lambda: criar_usuario(username="nada"),
    "anônimo": lambda: None,
}
TODOS: dict[str, Callable[[], User | None]] = {
    "administrador": administrador,
    **SEM_GRUPO,
    **{nome: partial(usuario_do_grupo, nome) for nome in PAPEIS},
}


def test_o_administrador_nao_acha_nada_fora_do_esquema(dados):
    """Every boundary of every parameter and field, and some random cases: over 2,000."""
    colheita = campanha(administrador(), fases=("examples", "coverage", "fuzzing"), exemplos=2)

    assert colheita.falhas == []
    assert colheita.casos >= 2_000
    assert len(colheita.operacoes) >= 50


@pytest.mark.parametrize("papel", SEM_GRUPO)
def test_cada_papel_recebe_o_que_o_esquema_diz(dados, papel):
    colheita = campanha(SEM_GRUPO[papel](), fases=("examples", "fuzzing"), exemplos=1)

    assert colheita.falhas == []
    assert len(colheita.operacoes) >= 50


def test_cada_grupo_recebe_o_que_o_esquema_diz(dados):
    """The groups that there are when this runs."""
    assert Group.objects.exists()
    for grupo in Group.objects.order_by("pk"):
        colheita = campanha(usuario_do_grupo(grupo.name), fases=("examples",), exemplos=10)

        assert colheita.falhas == [], grupo.name


CASOS_DO_ADMINISTRADOR, CASOS_DE_CADA_UM = 6_000, 2_000


@pytest.mark.longo
@pytest.mark.parametrize("papel", TODOS)
def test_a_campanha_longa(dados, papel):
    """All phases as every role; together over 20,000 cases."""
    administra = papel == "administrador"
    colheita = campanha(TODOS[papel](), exemplos=100 if administra else 25, sempre_os_mesmos=False)

    print(f"{papel}: {colheita.casos} casos, {len(colheita.operacoes)} operações")
    print(*colheita.falhas, sep="\n")
    assert colheita.falhas == []
    assert colheita.casos >= (CASOS_DO_ADMINISTRADOR if administra else CASOS_DE_CADA_UM)
    assert len(colheita.operacoes) >= 50


def test_a_campanha_longa_passa_de_vinte_mil():
    outros = len(TODOS) - 1
    assert CASOS_DO_ADMINISTRADOR + outros * CASOS_DE_CADA_UM >= 20_000


@pytest.mark.parametrize(
    ("mentira", "checagem"),
    [("status", "status_code_conformance"), ("tipo", "response_schema_conformance")],
)
def test_controle_um_esquema_que_mente_e_apanhado(dados, mentira, checagem):
    esquema = SchemaGenerator().get_schema(public=True)
    caminho = "/cliente/{id}/"
    esquema["paths"] = {caminho: {"get": esquema["paths"][caminho]["get"]}}
    if mentira == "status":
        del esquema["paths"][caminho]["get"]["responses"]["404"]
    else:
        esquema["components"]["schemas"]["Cliente"]["properties"]["nome"] = {"type": "integer"}
        parametro = esquema["paths"][caminho]["get"]["parameters"][0]
        parametro["example"] = Cliente.objects.values_list("pk", flat=True)[0]

    colheita = campanha(
        criar_usuario(is_superuser=True), fases=FASES[:2], exemplos=1, esquema=esquema
    )

    assert any(checagem in falha for falha in colheita.falhas), colheita.falhas
