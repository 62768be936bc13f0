# Needs make and a python3 (3.11 or newer, with venv and pip). Every target does its own set-up.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
AGENT ?= mock
PORT ?= 2468
ARGS ?=
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
SERVE := $(VENV)/.serve
DEV := $(VENV)/.dev
NO_PYTHON := echo "There is no $(PYTHON) here. Sandbox Agent needs Python 3.11 or newer, with venv and pip." >&2
BOOTSTRAP = command -v $(PYTHON) >/dev/null || { $(NO_PYTHON); exit 1; }; PYTHON="$(PYTHON)" $(PYTHON) scripts/bootstrap.py

DISTRIBUTION := $(VENV)/.distribution
DOCS := $(VENV)/.docs
DEPLOY := .cache/deploy

.PHONY: help setup serve test check check-ruff check-format check-mypy check-pyright check-imports \
	check-typescript check-generated format generate generate-check bench demo coverage binary test-distribution \
	check-deploy docs requirements clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(SERVE): pyproject.toml requirements/runtime.txt requirements/build.txt
	@$(BOOTSTRAP) serve

$(DEV): pyproject.toml requirements/dev.txt
	@$(BOOTSTRAP) dev

setup: $(DEV) ## Set up .venv and the tools, nothing else
	@echo "Ready: $(VENV)"

serve: $(SERVE) ## The server with the mock agent on 127.0.0.1:2468, and its web page (PORT=, ARGS=)
	@$(PYTHON) scripts/inspector.py
	@$(BIN)/sandbox-agent server --host 127.0.0.1 --port $(PORT) $(ARGS)

demo: $(SERVE) ## One turn in the terminal (AGENT=claude: the real CLI, a scripted model, no key)
	@$(BIN)/python scripts/demo.py $(AGENT) $(ARGS)

test: $(DEV) ## Every test, the real agents included (ARGS="-k name" for some; JOBS=0: in this process)
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadscope --no-loadscope-reorder $(ARGS)

coverage: $(DEV) ## The tests again, with branch coverage
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q $(ARGS)
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report

check: check-ruff check-format check-imports check-mypy check-pyright check-typescript check-generated ## Lint, format, types, layers

check-ruff: $(DEV)
	@echo "ruff check"; $(BIN)/ruff check --quiet

check-format: $(DEV)
	@echo "ruff format"; $(BIN)/ruff format --check --quiet

check-imports: $(DEV)
	@echo "import-linter"; $(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter

check-mypy: $(DEV)
	@echo "mypy --strict"; $(BIN)/mypy

check-pyright: $(DEV)
	@echo "pyright"; $(BIN)/pyright

check-typescript:
	@echo "tsc --strict"; $(PYTHON) scripts/npm.py sdks/typescript inspector examples/react-chat
	@npm --prefix sdks/typescript run --silent check && npm --prefix sdks/typescript run --silent build
	@npm --prefix inspector run --silent check && npm --prefix examples/react-chat run --silent check

check-generated: $(DEV)
	@echo "generated files"; $(BIN)/python scripts/generate.py --check

format: $(DEV) ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet

generate: $(DEV) ## Write openapi.json and the other generated files (CHECK=1 only compares)
	@$(BIN)/python scripts/generate.py $(if $(CHECK),--check)

generate-check: check-generated ## Fail if a generated file is out of date

bench: $(DEV) ## Throughput, latency, memory, and the ratio to the peer
	@$(BIN)/python benchmarks/run.py $(ARGS)

$(DISTRIBUTION): $(DEV) requirements/distribution.txt
	@$(BIN)/python -m pip --disable-pip-version-check -qq install --no-compile --no-deps --require-hashes \
		-r requirements/distribution.txt
	@touch $@

binary: $(DISTRIBUTION) ## The portable executable for Linux on x86-64, in dist/
	@$(PYTHON) scripts/inspector.py
	@$(BIN)/python binary/build.py

$(DEPLOY)/.ready: requirements/deploy.txt
	@echo "Installing the providers' packages ..."; $(PYTHON) -m venv --clear $(DEPLOY)
	@$(DEPLOY)/bin/python -m pip --disable-pip-version-check -qq install --no-compile --no-deps --require-hashes -r $<
	@touch $@

check-deploy: $(DISTRIBUTION) $(DEPLOY)/.ready ## The deploy guides against the providers' packages, manifests against schemas
	@$(BIN)/python -m pytest -q tests/distribution/test_deploy.py tests/distribution/test_deploy_programs.py $(ARGS)

test-distribution: $(DISTRIBUTION) $(DEPLOY)/.ready ## Tests of what people install, in empty machines (minutes, root, Debian)
	@$(PYTHON) scripts/inspector.py
	@$(BIN)/python -m pytest -q tests/distribution $(ARGS)

$(DOCS): $(SERVE) requirements/docs.txt
	@$(BIN)/python -m pip --disable-pip-version-check -qq install --no-compile --no-deps --require-hashes \
		-r requirements/docs.txt
	@touch $@

docs: $(DOCS) ## The documentation as web pages, in dist/docs
	@$(BIN)/python -m sphinx -W --keep-going -q -c site -d .cache/docs docs dist/docs
	@echo "Built: dist/docs/index.html"

requirements: ## Pin the newest versions that pyproject.toml admits, with hashes
	@$(PYTHON) scripts/pin.py

clean: ## Remove the environment and every cache
	@rm -rf $(VENV) .cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
