# `make` shows the comparison, `make test` runs every test, `make docs` builds the pages. Each prepares its own .venv first.
# Needed beforehand: Python 3.11 or newer (PYTHON=... names another one), make, git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --constraint constraints.txt

# a home folder that cannot be written must not matter
export NUMBA_CACHE_DIR ?= $(CURDIR)/.cache/numba
export MPLCONFIGDIR ?= $(CURDIR)/.cache/matplotlib
export PYTHONNOUSERSITE := 1

.PHONY: run test docs lint clean
.DEFAULT_GOAL := run

run: $(VENV)/run.stamp
	$(BIN)/sriovsim compare scenarios/paths.yaml

# the first run compiles the kernel once; without it both test workers would compile it at the same time
test: $(VENV)/test.stamp
	$(BIN)/sriovsim run textbook-one-packet --no-plot --out .cache/warm-up >/dev/null
	$(BIN)/python -m pytest -n 2 --dist loadfile tests

docs: $(VENV)/docs.stamp
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --builder html --doctree-dir docs/_build/doctrees docs docs/_build/html
	@echo docs/_build/html/index.html

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check simulator tests docs notebooks
	$(BIN)/ruff format --check simulator tests docs notebooks
	$(BIN)/mypy
	$(BIN)/lint-imports

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable .
	touch $@

$(VENV)/docs.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[docs]'
	touch $@ $(VENV)/run.stamp

$(VENV)/test.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[test]'
	touch $@ $(VENV)/run.stamp $(VENV)/docs.stamp

$(VENV)/dev.stamp: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[dev]'
	touch $@ $(VENV)/run.stamp $(VENV)/docs.stamp $(VENV)/test.stamp

clean:
	rm -rf $(VENV) .cache dist docs/_build docs/reference/generated
