# make demo: the main job on real data; make test: everything CI checks. Both build their own environment first.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV ?= .venv
BIN := $(VENV)/bin

# What PyMC compiles is kept for the next run, outside the checkout.
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/runoff-forecast
export PYTENSOR_FLAGS ?= base_compiledir=$(CACHE)/pytensor
export NUMBA_CACHE_DIR ?= $(CACHE)/numba

.PHONY: help install install-dev demo test test-slow lint data bench record gallery notebooks clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: install  ## forecasts of the district counts of Peru 2021, with charts and a page in demo-output/
	@$(BIN)/runoff-forecast demo

test: install-dev  ## ruff and every test but the slow ones
	$(BIN)/ruff check .
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto -m "not slow"

test-slow: install-dev  ## the slow tests: long samplers, a thousand bulletins, calibration
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m slow

lint: install-dev  ## ruff and pyright
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

data: install-dev  ## compiles the bundled elections from the offices' files in ../shared/data
	$(BIN)/python -m data.compile

bench: install-dev  ## the timings of benchmarks/
	$(BIN)/python -m benchmarks

record: install-dev  ## the track record: every bundled election replayed and scored
	$(BIN)/python -m benchmarks.record

gallery: install-dev  ## draws the pictures of the README anew
	$(BIN)/python -m benchmarks.gallery

notebooks: install-dev  ## executes the notebooks
	$(BIN)/python -m pytest -m notebook -n auto

clean:  ## caches and outputs, not the environment
	rm -rf demo-output build dist .pytest_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

# A name is not yet a Python: shims of version managers may exist and fail, so each candidate is run and asked.
$(VENV)/pyvenv.cfg:
	@for python in $(PYTHON) python3.13 python3.12 python3.14 python3 "$$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3; do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then \
	    echo "environment in $(VENV) with $$("$$python" --version)"; exec "$$python" -m venv $(VENV); \
	  fi; \
	done; \
	echo "No Python >= 3.12 found. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1

$(VENV)/.installed: pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "installing (the first time takes a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/pyvenv.cfg
	@echo "installing with the developers' tools (the first time takes a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed
