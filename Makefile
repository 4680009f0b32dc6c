# Two commands for a newcomer: `make demo` and `make test`. Both bootstrap what they need.
UV ?= $(shell command -v uv 2>/dev/null || echo .bootstrap/bin/uv)
RUN := $(UV) run --frozen --no-sync
.DEFAULT_GOAL := help
.PHONY: help setup up down check test bench faults independent demo

help:
	@echo "make demo   25 orders through the whole product"
	@echo "make test   the test suite"
	@echo "make up | down | check | bench | faults | independent | setup"

.bootstrap/bin/uv:
	python3 -m venv .bootstrap
	.bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

# Bytecode is made here: each process and each run of a workflow would compile anew where nobody may write it.
setup: $(filter .bootstrap/%,$(UV))
	@UV_COMPILE_BYTECODE=1 $(UV) sync --frozen --all-extras --quiet
	@$(RUN) python -m compileall -q worker.py activities api orderwright workflows

up: setup
	$(RUN) orderwright up

down: setup
	$(RUN) orderwright down

check: setup
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy .
	$(RUN) lint-imports
	$(RUN) python -m tests.tools.check_openapi

test: setup
	$(RUN) pytest -n 2 --dist loadfile

bench: setup
	$(RUN) python -m bench

faults: setup
	$(RUN) pytest tests/faults tests/workflows/test_flood.py tests/services/test_changes.py -m faults

.bootstrap/stripe-mock:
	GOBIN=$(CURDIR)/.bootstrap go install github.com/stripe/stripe-mock@v0.203.0

independent: setup .bootstrap/stripe-mock
	STRIPE_MOCK=.bootstrap/stripe-mock $(RUN) pytest tests/adapters -m independent

demo: setup
	$(RUN) orderwright demo
