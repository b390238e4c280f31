# `make help` lists the targets.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
BIGDATA ?= .venv-bigdata

.PHONY: help setup check format lint types test rules snapshots bench nightly memory database bigdata

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

setup:  ## a virtual environment with everything for development
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -e '.[dev]'

check: lint types test rules  ## everything CI checks

format:  ## format the code and the rule files
	$(BIN)/ruff format hazardrules tests examples
	$(BIN)/ruff check --fix hazardrules tests examples

lint:  ## format and lint, without changing anything
	$(BIN)/ruff check hazardrules tests examples

types:  ## strict types
	$(BIN)/mypy

test:  ## the tests, warnings as errors
	$(BIN)/python -m pytest -n 2

rules:  ## the shipped rulebook: diagnostics and cases
	$(BIN)/hazardrules check rules
	$(BIN)/hazardrules lint rules
	$(BIN)/hazardrules test rules

snapshots:  ## rewrite the golden texts; read the diff line by line
	UPDATE_SNAPSHOTS=1 $(BIN)/python -m pytest -q tests/unit

bench:  ## benchmarks beside peers, single cases and tables; prints ratios
	$(BIN)/pip install -q -e '.[bench]'
	$(BIN)/python tests/benchmarks/run.py
	$(BIN)/python tests/benchmarks/batch.py

nightly:  ## a million cases on every engine beside the reference; another million each night
	$(BIN)/python tests/agreement/run.py --total 1000000
	$(if $(HAZARDRULES_TEST_DATABASE),$(MAKE) database)

memory:  ## memory over a million classifications
	$(BIN)/python tests/benchmarks/memory.py

database:  ## sessions on the database named by HAZARDRULES_TEST_DATABASE, a URL of SQLAlchemy; its tables are dropped
	@test -n "$(HAZARDRULES_TEST_DATABASE)" || { echo 'set HAZARDRULES_TEST_DATABASE=postgresql+psycopg://user@host/name first'; exit 1; }
	$(BIN)/pip install -q -e '.[test,postgresql]'
	HAZARDRULES_TEST_DATABASE='$(HAZARDRULES_TEST_DATABASE)' $(BIN)/python -m pytest -v tests/unit/test_sessions.py -k database

bigdata:  ## Spark (needs Java 17) and Ray on this machine, in an environment of their own
	$(PYTHON) -m venv $(BIGDATA)
	$(BIGDATA)/bin/pip install -q -e '.[test,ray,spark]' 'pyspark[connect]'
	PYSPARK_PYTHON=$(abspath $(BIGDATA)/bin/python) $(BIGDATA)/bin/python -m pytest -v tests/bigdata tests/unit/test_integrations.py \
	  'tests/unit/test_docs.py::test_the_python_of_a_page_runs_in_order[docs/clusters.md]'
