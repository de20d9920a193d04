# Thin front door: every recipe is one POSIX sh script (.ONESHELL, stops at the first failure).
SHELL := /bin/sh
.SHELLFLAGS := -ec
.ONESHELL:
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help run test lint test-longo bench screenshots requirements clean

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
SCRIPT ?=
ARGS ?=
PY = "$(VENV)/bin/python"

# The caller's Python environment must not leak into ours.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV DJANGO_SETTINGS_MODULE
unexport PIP_USER PIP_TARGET PIP_PREFIX
export PYTHONUNBUFFERED = 1

define FUNCOES
erro() { echo "$$*" >&2; exit 1; }
passo() { printf '\n== %s\n' "$$*"; }
tem_uv() { command -v uv >/dev/null 2>&1; }

# Sets $$base: the interpreter behind $(PYTHON), even when $(PYTHON) belongs to a virtualenv.
achar_python() {
    base=$$("$(PYTHON)" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))' \
        2>/dev/null) || erro "Não encontrei o Python ($(PYTHON)). Instale o Python 3.11 ou mais novo, ou indique onde ele está com PYTHON=/caminho/do/python3."
    "$$base" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || erro "É preciso o Python 3.11 ou mais novo, e $(PYTHON) é o $$("$$base" -V 2>&1). Indique outro com PYTHON=python3.11, por exemplo."
}

# ".instalando" exists while the folder is being filled: finding it means we were interrupted.
criar_venv() {
    achar_python
    if [ -e "$(VENV)" ] && [ ! -e "$(VENV)/pyvenv.cfg" ] && [ ! -e "$(VENV)/.instalando" ]; then
        rmdir "$(VENV)" 2>/dev/null || erro "A pasta $(VENV) existe e não é um ambiente Python; apague-a ou indique outra com VENV=pasta."
    fi
    echo "Criando o ambiente Python em $(VENV)…"
    rm -rf "$(VENV)"
    mkdir -p "$(VENV)"
    touch "$(VENV)/.instalando"
    if tem_uv; then
        uv venv --quiet --allow-existing --python "$$base" "$(VENV)" && return
        echo "O uv não conseguiu criar o ambiente; tentando com o venv do Python."
    fi
    "$$base" -c 'import ensurepip, venv' 2>/dev/null || erro "Este Python não consegue criar ambientes (falta o ensurepip). No Debian ou Ubuntu: apt-get install python3-venv"
    "$$base" -m venv "$(VENV)" || erro "Não foi possível criar o ambiente em $(VENV)."
}

# preparar FILE: a virtualenv that works, with exactly this content of FILE installed.
preparar() {
    if [ -e "$(VENV)/.instalando" ] || ! $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)' 2>/dev/null; then
        criar_venv
    fi
    if cmp -s "$$1" "$(VENV)/.$$1.instalado"; then return; fi
    echo "Instalando $$1 (na primeira vez pode levar alguns minutos)…"
    touch "$(VENV)/.instalando"
    if ! tem_uv || ! uv pip install --quiet --python $(PY) -r "$$1"; then
        $(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null 2>&1 || erro "O ambiente em $(VENV) está sem o pip. No Debian ou Ubuntu: apt-get install python3-venv, depois make clean."
        $(PY) -m pip install --quiet --disable-pip-version-check --no-input -r "$$1" || erro "Não foi possível instalar $$1; veja a mensagem acima (é preciso acesso à internet na primeira vez)."
    fi
    cp "$$1" "$(VENV)/.$$1.instalado"
    rm -f "$(VENV)/.instalando"
}
endef

help: ## mostra esta ajuda
	@echo "Uso: make ALVO"
	sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r alvo texto; do
	    printf '  %-14s %s\n' "$$alvo" "$$texto"
	done
	echo "Variáveis: PYTHON=$(PYTHON)  VENV=$(VENV)  PORT=$(PORT)"

run: ## prepara tudo e sobe o sistema com dados de demonstração em 127.0.0.1:PORT
	@$(FUNCOES)
	python=$(PY)
	"$$python" -c '' 2>/dev/null || { achar_python; python=$$base; }
	[ "$(PORT)" -ge 1 ] 2>/dev/null && [ "$(PORT)" -le 65535 ] || erro "PORT=$(PORT) não é um número de porta."
	"$$python" -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))) == 0)' "$(PORT)" \
	    || erro "A porta $(PORT) já está em uso. Escolha outra, por exemplo: make run PORT=8001"
	preparar requirements.txt
	export DEBUG="$${DEBUG:-1}" PORT="$(PORT)"
	$(PY) manage.py preparar_demo
	$(PY) manage.py db_worker -v 0 --no-reload & trabalhador=$$!
	$(PY) manage.py runserver --noreload "127.0.0.1:$(PORT)" & servidor=$$!
	# Both end with us, however we end: Ctrl-C, TERM, or one of the server itself.
	encerrar() { trap - EXIT INT TERM HUP; kill $$servidor $$trabalhador 2>/dev/null || :; wait; }
	trap encerrar EXIT
	trap 'encerrar; exit 0' INT
	trap 'encerrar; exit 143' TERM HUP
	wait $$servidor

lint: ## confere estilo, tipos, contratos de importação, migrações e a API
	@$(FUNCOES)
	preparar requirements-dev.txt
	unset DATABASE_URL TEST_DATABASE_URL
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')
	export SECRET_KEY DEBUG=0 ALLOWED_HOSTS=example.com
	passo "ruff check"
	$(PY) -m ruff check .
	passo "ruff format"
	$(PY) -m ruff format --check .
	passo "mypy"
	$(PY) -m mypy .
	passo "contratos de importação"
	"$(VENV)/bin/lint-imports"
	passo "migrações em dia"
	$(PY) manage.py makemigrations --check --dry-run
	passo "conferência de produção do Django"
	$(PY) manage.py check --deploy --fail-level WARNING
	passo "esquema da API"
	$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null

test: lint ## lint e todos os testes, no SQLite e no PostgreSQL
	@$(FUNCOES)
	unset DATABASE_URL
	passo "testes no SQLite"
	env -u TEST_DATABASE_URL $(PY) -m pytest -n 2
	passo "testes no PostgreSQL"
	$(PY) -m tests.postgres_temporario -- $(PY) -m pytest -m banco -n 2

test-longo: ## os testes demorados, nos dois bancos
	@$(FUNCOES)
	preparar requirements-dev.txt
	unset DATABASE_URL
	export ENERGIA_LONGO=1
	# pytest exits with 5 when it selects no test; that is not a failure here.
	longo() { "$$@" || { codigo=$$?; [ $$codigo -eq 5 ] || { falhou=$$codigo; }; }; }
	falhou=0
	passo "testes longos no SQLite"
	longo env -u TEST_DATABASE_URL $(PY) -m pytest -m longo -n 2
	passo "testes longos no PostgreSQL"
	longo $(PY) -m tests.postgres_temporario -- $(PY) -m pytest -m 'longo and banco' -n 2
	exit $$falhou

bench: ## mede desempenho: make bench SCRIPT=nome (sem SCRIPT, lista os disponíveis)
	@$(FUNCOES)
	if [ -z "$(SCRIPT)" ] || [ ! -f "bench/$(SCRIPT).py" ]; then
	    [ -z "$(SCRIPT)" ] || echo "Não existe bench/$(SCRIPT).py." >&2
	    echo "Uso: make bench SCRIPT=nome. Disponíveis:"
	    for arquivo in bench/[a-z]*.py; do
	        if [ -e "$$arquivo" ]; then echo "  $$(basename "$$arquivo" .py)"; fi
	    done
	    [ -z "$(SCRIPT)" ]
	    exit
	fi
	preparar requirements-dev.txt
	unset DATABASE_URL
	export PYTHONPATH="$(CURDIR)"
	$(PY) -m tests.postgres_temporario -- $(PY) "bench/$(SCRIPT).py" $(ARGS)

screenshots: ## refaz as imagens da documentação (docs/imagens) com dados de demonstração e o Chromium
	@$(FUNCOES)
	preparar requirements-dev.txt
	unset DATABASE_URL
	$(PY) docs/fazer_imagens.py

requirements: ## refaz requirements*.txt (ARGS=--upgrade busca versões novas); precisa do uv
	@$(FUNCOES)
	tem_uv || erro "Este alvo precisa do uv: https://docs.astral.sh/uv/"
	for nome in requirements requirements-dev; do
	    passo "$$nome.txt"
	    uv pip compile --quiet --no-header --annotation-style line --python-version 3.11 \
	        --universal $(ARGS) "$$nome.in" -o "$$nome.txt"
	done

clean: ## apaga o ambiente Python e os caches (os dados ficam)
	@$(FUNCOES)
	if [ -e "$(VENV)/pyvenv.cfg" ] || [ -e "$(VENV)/.instalando" ]; then rm -rf "$(VENV)"; fi
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
