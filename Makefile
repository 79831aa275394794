.DEFAULT_GOAL := help
# Any Python from 3.11 on; `make PYTHON=/path/to/python` names one.
PYTHON ?=
find_python = PYTHON="$(PYTHON)" sh local/machine/find_python.sh
BIN := .venv/bin
COMPILE = $(BIN)/uv pip compile -q --no-header --no-emit-index-url --no-annotate --python-version 3.11
NODE_MODULES := node_modules/.package-lock.json

help: ## show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

run: setup $(NODE_MODULES) ## set up, then play a whole incident from its first bad row to resolved
	@$(BIN)/linekeeper replay seed-thread-1006

serve: setup $(NODE_MODULES) ## run the app here, on a case that happens now
	@$(BIN)/linekeeper serve

picture: setup $(NODE_MODULES) ## draw the pictures of the README and docs, in a browser that npm brings
	@$(BIN)/linekeeper picture

# What takes longest comes first (tests/conftest.py), so xdist must not sort the files by its own rule.
PYTEST = $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

test: setup $(NODE_MODULES) ## set up, then run the tests, with a drawn sample of the long matrices
	@$(PYTEST)

thorough: setup $(NODE_MODULES) ## run the long matrices whole and with many seeds
	@$(PYTEST) --dist worksteal -m thorough

SEEDS ?= 1000
simulate: setup ## play SEEDS=1000 seeds of two hosts with all that may go wrong, and print those that fail
	@$(BIN)/python -m tests.simulation $(SEEDS)

unit: setup $(NODE_MODULES) ## only the quick tests, under a minute
	@$(PYTEST) -m "not checks and not replays and (not thorough or sample)"

check: setup ## lint, types, the order of the rooms and config/
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/linekeeper config

mutants: setup ## change the modules that decide, line by line, and count the changes that no test notices
	@$(BIN)/python -m bench.mutants

bench: setup ## measure; prints the figures that the README quotes
	@$(BIN)/python -m bench

smoke: setup ## after a deployment: did the app load its functions, is it ready? APP=name or address, its master key in APP_KEY
	@$(BIN)/linekeeper smoke $(APP)

bicep: setup .checkov/.ready ## hold the templates to Azure's shapes; a Bicep compiler lints and builds them, where there is one
	@$(BIN)/python -m infra.checks
	@$(BIN)/python -m infra.checks.compiler
	@$(BIN)/python -m infra.checks.checkov_gate .checkov/bin/python

# checkov pins a hundred packages of its own.
.checkov/.ready: infra/checkov.txt
	@python=$$($(find_python)) && "$$python" -m venv .checkov
	@.checkov/bin/python -m pip install --quiet --disable-pip-version-check -r infra/checkov.txt
	@touch $@

package: setup ## pack what is deployed into out/app.zip, for those who deploy without azd
	@$(BIN)/python -m infra.package out/app.zip

lock: setup ## pin what ships and what tests need, from pyproject.toml
	@$(COMPILE) pyproject.toml -o requirements.txt
	@sed -i '1i # Do not include azure-functions-worker: the platform brings it. Pinned by `make lock`.' requirements.txt
	@$(COMPILE) --extra dev pyproject.toml -o requirements-dev.txt

setup: $(BIN)/.ready
$(BIN)/.ready: requirements-dev.txt pyproject.toml
	@test -x $(BIN)/python || { python=$$($(find_python)) && "$$python" -m venv .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@$(BIN)/python -m local.set_up
	@touch $@

$(NODE_MODULES): package-lock.json | setup
	@$(BIN)/python -m local.machine.node
	@touch $@

.PHONY: help run serve picture test thorough simulate unit check mutants bench smoke bicep package lock setup
