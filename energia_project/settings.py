"""Settings: one file, all of it from the environment, and it fails loudly.

Every variable is listed in the README's configuration table.
"""

from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")


def _ligado(nome: str, *, padrao: bool) -> bool:
    """A switch; what is neither on nor off stops the start instead of meaning off."""
    texto = env.str(nome, default="").strip().lower()
    if not texto:
        return padrao
    if texto in ("1", "true", "on", "yes", "sim"):
        return True
    if texto in ("0", "false", "off", "no", "nao", "não"):
        return False
    raise ImproperlyConfigured(f"{nome} vale {texto[:40]!r}. Use 1 (ligado) ou 0 (desligado).")


def _inteiro(nome: str, *, padrao: int, minimo: int) -> int:
    """A whole number not below `minimo`."""
    texto = env.str(nome, default="").strip() or str(padrao)
    if not texto.isascii() or not texto.isdigit() or int(texto) < minimo:
        raise ImproperlyConfigured(
            f"{nome} vale {texto[:40]!r}. Use um número inteiro a partir de {minimo}."
        )
    return int(texto)


# --- Safety --------------------------------------------------------------------------------

DEBUG = _ligado("DEBUG", padrao=False)

SECRET_KEY_DE_DEBUG = "somente-para-desenvolvimento-" + "0" * 32
SECRET_KEY = env.str("SECRET_KEY", default=SECRET_KEY_DE_DEBUG if DEBUG else "")
if not DEBUG and (not SECRET_KEY or SECRET_KEY == SECRET_KEY_DE_DEBUG):
    raise ImproperlyConfigured(
        "Falta SECRET_KEY. Fora do modo DEBUG o sistema só inicia com uma chave própria: gere uma "
        "com `python -c 'import secrets; print(secrets.token_urlsafe(50))'`, guarde-a em segredo e "
        "passe-a na variável de ambiente SECRET_KEY."
    )

ENDERECOS_LOCAIS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=ENDERECOS_LOCAIS if DEBUG else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "Falta ALLOWED_HOSTS: os nomes pelos quais o sistema é acessado, separados por vírgula, "
        "por exemplo energia.minhacooperativa.com.br."
    )
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# HTTPS is the rule outside DEBUG; HTTPS=off is for a proxy-less trial on one machine.
HTTPS = _ligado("HTTPS", padrao=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# The longest life of a session, and how long it lasts without use.
SESSAO_HORAS = _inteiro("SESSAO_HORAS", padrao=12, minimo=1)
SESSAO_OCIOSA_MINUTOS = _inteiro("SESSAO_OCIOSA_MINUTOS", padrao=60, minimo=1)
SESSION_COOKIE_AGE = SESSAO_HORAS * 60 * 60
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Lax, so that a link in a message opens the page and not the login.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# __Host-: no other host of the domain can set it, and it never travels without TLS.
_prefixo = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_prefixo}sessionid"
CSRF_COOKIE_NAME = f"{_prefixo}csrftoken"
COOKIE_DE_ULTIMO_USO = f"{_prefixo}ultimo_uso"
EXIGIR_SEGUNDO_FATOR = _ligado("EXIGIR_SEGUNDO_FATOR", padrao=False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
if _ligado("ATRAS_DE_PROXY", padrao=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- Apps ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    # The theme comes before the admin whose templates it replaces.
    "energia_project.apps.EnergiaConfig",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.simple_history",
    "energia_project.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "django_tasks",
    "django_tasks_db",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "csp",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "auditoria",
    "integracao",
    "clientes",
    "medidores",
    "faturamento",
]

# Those of `navegador` are for sessions alone; a program with its token passes by them.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "energia_project.seguranca.cabecalhos.CabecalhosMiddleware",
    "energia_project.seguranca.cabecalhos.PoliticaDeConteudoMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "energia_project.seguranca.navegador.Sessao",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "energia_project.seguranca.navegador.Autenticacao",
    "energia_project.seguranca.navegador.SegundoFatorDaSessao",
    "energia_project.seguranca.navegador.Mensagens",
    "energia_project.seguranca.navegador.LimitesDaSessao",
    "energia_project.seguranca.navegador.ExigenciaDeSegundoFator",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "comum.django_base.autoria.AutoriaMiddleware",
    # Last: it turns the lock-out raised by the login into an answer.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "energia_project.urls"
WSGI_APPLICATION = "energia_project.wsgi.application"
# `/cliente` and `/cliente/` are one route; a redirect would lose the body of a POST.
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Ours are found as those of the first app; listed here too, each would extend itself.
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database ------------------------------------------------------------------------------

_url = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR}/energia.sqlite3"
_banco = {"ENGINE": "", **env.db_url_config(_url)}
DATABASES = {"default": _banco}
if _banco["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(exist_ok=True)
    # IMMEDIATE: a transaction takes the write lock at its start and so never fails half-way
    # with "database is locked". FULL: a commit survives a power cut.
    _banco["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
            # REPLACE deletes rows; only so do its deletions pass the triggers.
            "PRAGMA recursive_triggers=ON;"
        ),
    }
elif _banco["ENGINE"] == "django.db.backends.postgresql":
    _conexoes = _inteiro("DATABASE_POOL_MAX", padrao=10, minimo=0)
    _banco.setdefault("OPTIONS", {})
    if _conexoes:
        _banco["OPTIONS"]["pool"] = {"min_size": 0, "max_size": _conexoes, "timeout": 10}
    # The hottest queries are planned once a connection. Not behind a pooler that hands each
    # transaction to another one, which would not know them.
    _banco["OPTIONS"]["prepare_threshold"] = 2 if _ligado("DATABASE_PREPARA", padrao=True) else None
else:
    raise ImproperlyConfigured(
        f"DATABASE_URL aponta para {_banco['ENGINE'] or _url[:30]!r}. Use sqlite:///… ou postgresql://…"
    )

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Background work -----------------------------------------------------------------------

# Only the trigger: what is to be done and how far it is stands in our own tables. Another engine
# goes behind the same API by this setting alone.
TASKS = {
    "default": {
        "BACKEND": env.str("TASKS_BACKEND", default="django_tasks_db.DatabaseBackend"),
        "QUEUES": [],
    }
}

# --- Uploaded files ------------------------------------------------------------------------

MEDIA_ROOT = Path(env.str("PASTA_DE_ARQUIVOS", default="") or VAR_DIR / "arquivos")
MEDIA_URL = "arquivos/"  # never served as such: files are read through views that ask permission
ENVIO_MAXIMO_MB = _inteiro("ENVIO_MAXIMO_MB", padrao=200, minimo=1)
# Up to here a file is checked and imported in the request; larger ones wait for a worker.
ENVIO_NA_HORA_MB = _inteiro("ENVIO_NA_HORA_MB", padrao=2, minimo=0)

# --- Language and time ---------------------------------------------------------------------

LANGUAGE_CODE = "pt-br"
# Only one: a browser's language never changes the format of numbers and dates.
LANGUAGES = [("pt-br", "Português (Brasil)")]
LOCALE_PATHS = [BASE_DIR / "energia_project" / "locale"]
TIME_ZONE = "America/Sao_Paulo"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "energia_project.formatos"

# --- Static files --------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
if DEBUG:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns at each start without it
if not DEBUG:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# --- People --------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    *(
        {"NAME": f"django.contrib.auth.password_validation.{nome}"}
        for nome in (
            "UserAttributeSimilarityValidator",
            "CommonPasswordValidator",
            "NumericPasswordValidator",
        )
    ),
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "energia_project.seguranca.senhas.TokensMorremComASenha"},
]
OTP_TOTP_ISSUER = "Energia"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# A name is locked only for the address that guesses: nobody can lock a colleague out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "energia_project.acesso.responder_bloqueio"
AXES_VERBOSE = False

SIMPLE_HISTORY_REVERT_DISABLED = True

# Password of the demo users; used only in DEBUG, on loopback, by `preparar_demo`.
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="energia-demo")

# --- API -----------------------------------------------------------------------------------

API_CORPO_MAXIMO_MB = _inteiro("API_CORPO_MAXIMO_MB", padrao=1, minimo=1)
# An array of readings; Django's own limit, which also guards the admin's forms, is above it.
API_LOTE_MAXIMO_MB = _inteiro("API_LOTE_MAXIMO_MB", padrao=5, minimo=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = max(10, API_CORPO_MAXIMO_MB, API_LOTE_MAXIMO_MB) * 1024 * 1024
API_PEDIDOS_POR_MINUTO = _inteiro("API_PEDIDOS_POR_MINUTO", padrao=6_000, minimo=0)
API_TOKEN_LEMBRADO_SEGUNDOS = _inteiro("API_TOKEN_LEMBRADO_SEGUNDOS", padrao=10, minimo=0)
# Who answers a POST that is sent again with its Idempotency-Key.
API_QUEM_REPETE = "energia_project.api.idempotencia.executar_uma_vez"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "energia_project.api.autenticacao.TokenAuthentication",
        "energia_project.api.autenticacao.SessaoAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["energia_project.api.permissoes.PermissoesDeModelo"],
    "DEFAULT_THROTTLE_CLASSES": ["energia_project.api.limites.LimitePorUsuario"],
    "DEFAULT_PARSER_CLASSES": ["energia_project.api.leitor_json.JSONEstritoParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "energia_project.api.paginacao.PaginacaoPorCursor",
    "DEFAULT_FILTER_BACKENDS": ["energia_project.api.filtros.FiltroEstrito"],
    "DEFAULT_SCHEMA_CLASS": "energia_project.api.esquema.EsquemaEnergia",
    "DEFAULT_METADATA_CLASS": "energia_project.api.metadados.Metadados",
    "EXCEPTION_HANDLER": "energia_project.api.erros.responder_erro",
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a filter that does not exist
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "TOKEN_TTL": timedelta(hours=_inteiro("TOKEN_HORAS", padrao=10, minimo=1)),
    "TOKEN_LIMIT_PER_USER": None,
    "AUTO_REFRESH": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Energia",
    "DESCRIPTION": "Clientes, medidores, leituras e faturas de energia elétrica.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["energia_project.api.esquema.completar_esquema"],
}

# --- Log -----------------------------------------------------------------------------------

_nivel_do_log = env.str("LOG_LEVEL", default="WARNING").upper()
if _nivel_do_log not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
    raise ImproperlyConfigured(
        f"LOG_LEVEL vale {_nivel_do_log[:40]!r}. Use DEBUG, INFO, WARNING, ERROR ou CRITICAL."
    )
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"linha": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "linha"}},
    "root": {"handlers": ["console"], "level": _nivel_do_log},
}

# The admin's look and menu, long enough for a file of its own.
from energia_project.menu import UNFOLD  # noqa: E402, F401 - a setting, read by its name
