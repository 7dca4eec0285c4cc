# Entas. `make demo` and `make test` set up what they need; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Files of tests that run beside each other: half of their time they wait for a server or a started program.
TEST_PROCESSES ?= 3

# Local state; `make up ENTAS_HOME=...` works on another home.
export ENTAS_HOME ?= .entas

.PHONY: help setup demo up down test lint format docs bench fuzz requirements
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## create .venv from the hashed requirements

# uv comes first, pinned and hashed like the rest, and installs everything else in seconds. Where pip is
# pointed at a mirror by its own configuration, uv is told of it; if uv cannot reach it, pip installs.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Entas needs Python 3.11 to 3.13; '$(PYTHON)' is $$($(PYTHON) -V). Try: make PYTHON=python3.11"; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@awk '/^[^ ]/{on=/^uv==/} on' requirements.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@mirror="$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true)"; \
	  [ -z "$$mirror" ] || export UV_DEFAULT_INDEX="$$mirror"; \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --quiet --offline --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## three months of an invented regency through the real DAGs, in $ENTAS_HOME/demo
	@$(BIN)/python scripts/demo.py

up: $(READY) ## Airflow with its UI on a free port (PORT=8080 for a fixed one), until Ctrl-C
	@$(BIN)/python -m entas.orchestration up

down: $(READY) ## stop what `make up` started
	@$(BIN)/python -m entas.orchestration down

test: lint ## lint, then every test
	@$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

lint: $(READY) ## ruff and sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project

format: $(READY) ## let ruff put the Python files in order
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

docs: $(READY) ## dbt's documentation of the warehouse as one web page
	@$(BIN)/python -m entas.orchestration docs

bench: $(READY) ## reading workbooks and inboxes, duplicates, one correction in dbt, queries of the marts (FULL=1: a whole regency)
	@$(BIN)/python scripts/bench.py
	@$(BIN)/python scripts/bench_incremental.py
	@$(BIN)/python scripts/bench_marts.py $(if $(FULL),--full)

fuzz: $(READY) ## changed files for every reader, FUZZ_SECONDS long (300)
	@$(BIN)/python -m tests.hostile.fuzz --seconds $(or $(FUZZ_SECONDS),300)

requirements: $(READY) ## pin and hash requirements.in into requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --python-version 3.11 requirements.in --output-file requirements.txt
