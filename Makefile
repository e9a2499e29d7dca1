# `make demo` and `make test` need nothing but python3 (>= 3.11), pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types layers bench clean

help: ## What can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.runtime ## An agent that remembers two users, in under a minute
	@$(BIN)/usermem demo

test: $(VENV)/.dev ## All tests
	@$(BIN)/python -m pytest $(TESTS)

check: lint types layers ## Style, types and layers

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev
	@$(BIN)/mypy

layers: $(VENV)/.dev
	@$(BIN)/python -m pytest -q tests/unit_tests/test_layers.py

clean: ## Remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

# Where Debian's python3 comes without ensurepip, the system's pip puts pip into the environment.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.x")'
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.runtime: $(BIN)/python pyproject.toml
	@echo 'Installing langchain-usermem into $(VENV) (once; a minute or two) ...'
	@$(BIN)/python -m pip install --quiet --editable '.[local,cli]'
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime pyproject.toml
	@echo 'Installing what the tests need (once; a minute or two) ...'
	@$(BIN)/python -m pip install --quiet --group dev --editable '.[local,cli,agents]'
	@touch $@
