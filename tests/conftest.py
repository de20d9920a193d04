"""Fixtures of every test, and the marks that say on which database a test runs."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection

BANCO = "postgresql" if os.environ.get("TEST_DATABASE_URL") else "sqlite"
FIXTURES_DE_BANCO = {"db", "transactional_db", "admin_client", "live_server", "banco_real"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what touches a database; leaves out what this run is not for."""
    longo = os.environ.get("ENERGIA_LONGO") == "1"
    for item in items:
        usa_banco = item.get_closest_marker("django_db") or FIXTURES_DE_BANCO & set(
            getattr(item, "fixturenames", ())
        )
        if usa_banco:
            item.add_marker(pytest.mark.banco)
        if item.get_closest_marker("postgresql") and BANCO != "postgresql":
            item.add_marker(pytest.mark.skip(reason="corrida que só o PostgreSQL mostra"))
        if item.get_closest_marker("longo") and not longo:
            item.add_marker(pytest.mark.skip(reason="campanha longa: make test-longo"))


@pytest.fixture
def agora() -> datetime:
    """Noon of 10 February 2026 in São Paulo: after every reading of the tests."""
    return datetime(2026, 2, 10, 15, tzinfo=UTC)


@pytest.fixture
def banco_real(transactional_db: None) -> Iterator[None]:
    """A database with real commits, for races; emptied without its triggers.

    The flush at the end of a transactional test is a DELETE on SQLite, which the
    triggers would refuse for issued invoices.
    """
    from faturamento import gatilhos

    gatilhos.instalar(connection)
    yield
    gatilhos.remover(connection)
    call_command("flush", interactive=False, verbosity=0)  # post_migrate installs them again


@pytest.fixture
def sem_gatilhos(db: None) -> Iterator[None]:
    """The control of each trigger test: the same act, with the guard off."""
    from faturamento import gatilhos

    gatilhos.remover(connection)
    yield
    gatilhos.instalar(connection)
