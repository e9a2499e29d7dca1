# `make demo` and `make test` need nothing but python3 (>= 3.11), pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := $(VENV)/.bench $(if $(PEERS),$(VENV)/.peers)

.DEFAULT_GOAL := help
.PHONY: help demo test nightly torture check lint types layers bench cost eval clean

help: ## What can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.runtime ## An agent that remembers two users, in under a minute
	@$(BIN)/usermem demo

test: $(VENV)/.dev ## All tests
	@$(BIN)/python -m pytest $(TESTS)

nightly: $(VENV)/.dev ## 10,000 random lives of a store beside a dict, some fifteen minutes
	@env USERMEM_SEQUENCES=10000 $(BIN)/python -m pytest -q tests/contract/test_state_machine.py

torture: $(VENV)/.dev ## The store's faults at full length, some ten minutes
	@env $(TORTURE) $(BIN)/python -m pytest -q tests/integration_tests/faults

TORTURE := USERMEM_KILLS=500 USERMEM_FAILPOINT_KILLS=500 USERMEM_WAL_CUTS=1000 USERMEM_FLIPS=1000 \
	USERMEM_PROCESS_PUTS=300 USERMEM_ASYNC_PUTS=50 USERMEM_RATE_PUTS=200 USERMEM_ERASE_ROUNDS=2000 \
	USERMEM_BACKUPS=50 USERMEM_SOAK_TURNS=1000 USERMEM_INBOX_KILLS=200 USERMEM_OPTIMISED_WHOLE=1

eval: $(VENV)/.eval ## How well recall works; conversations are read from USERMEM_DATA
	@$(BIN)/python -m tests.evaluation

bench: $(BENCH) ## Speed beside other stores; PEERS=1 adds Mem0 and Postgres, FULL=1 takes hours
	@$(BIN)/python -m tests.benchmarks --json build/bench.json --plot docs/search_time.png
	@$(if $(FULL),$(BIN)/python -m tests.benchmarks.growth)
	@$(if $(FULL),$(BIN)/python -m tests.benchmarks.large)

cost: $(BENCH) ## Model calls and tokens a turn; conversations from USERMEM_DATA; PEERS=1 as for bench
	@$(BIN)/python -m tests.benchmarks.cost

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

$(VENV)/.eval: $(VENV)/.runtime pyproject.toml
	@$(BIN)/python -m pip install --quiet --group eval
	@touch $@

$(VENV)/.bench: $(VENV)/.runtime pyproject.toml
	@$(BIN)/python -m pip install --quiet --group bench
	@touch $@

$(VENV)/.peers: $(VENV)/.bench pyproject.toml
	@$(BIN)/python -m pip install --quiet --group peers
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime pyproject.toml
	@echo 'Installing what the tests need (once; a minute or two) ...'
	@$(BIN)/python -m pip install --quiet --group dev --editable '.[local,cli,agents]'
	@touch $@
