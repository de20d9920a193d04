"""Environment of the tests; loaded as a pytest plugin before the settings are read.

Without TEST_DATABASE_URL the tests run on SQLite, with it on that PostgreSQL.
"""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "energia_project.settings"
os.environ["DEBUG"] = "1"
os.environ["SECRET_KEY"] = "chave-so-dos-testes-" + "x" * 40
os.environ["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
os.environ["CSRF_TRUSTED_ORIGINS"] = ""
# A pool would keep connections to the test database open when it is dropped.
os.environ["DATABASE_POOL_MAX"] = "0"
# Users of many tests share an id; the limit has tests of its own, which switch it on.
os.environ["API_PEDIDOS_POR_MINUTO"] = "0"
# What is enqueued runs at once, in the test.
os.environ["TASKS_BACKEND"] = "django_tasks.backends.immediate.ImmediateBackend"
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or "sqlite:///var/teste.sqlite3"
