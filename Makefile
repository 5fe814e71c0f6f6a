# Every recipe works on a fresh machine with Python >= 3.11 (with venv), git and make; the VS Code client needs Node too.
# Each sets up what it needs in .venv and is quick when that is done.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
CLIENT := clients/vscode

.PHONY: help
help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: try
try: $(READY)  ## open a review of this clone's last changes, and survey them (this trusts the clone)
	@$(BIN)/casework try --trust $(TRY)

.PHONY: test
test: $(READY)  ## run every test that needs no editor
	@$(BIN)/python -m pytest -n auto --dist worksteal --ignore tests/editors $(TESTS)

.PHONY: check
check: $(READY)  ## format, lint, types, layers, generated files
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m casework.wire.generate --check
	$(BIN)/python docs/generate.py --check
	@$(MAKE) check-vscode

.PHONY: check-vscode
check-vscode:  ## types and lint of the VS Code client, where Node is
	@if ! command -v npm >/dev/null; then echo "check-vscode: skipped, there is no Node on this machine"; \
	elif [ -f $(CLIENT)/package-lock.json ]; then cd $(CLIENT) && npm ci --no-audit --no-fund && npm run check; fi

.PHONY: format
format: $(READY)  ## format, and mend what the linter can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: generate
generate: $(READY)  ## write the files that are generated from the source
	$(BIN)/python -m casework.wire.generate
	$(BIN)/python docs/generate.py

.PHONY: test-editors
test-editors: $(READY)  ## install real Neovim, Helix, Emacs and VS Code below .cache, and drive them
	@set -e; for module in tests/editors/provision/[a-z]*.py; do \
		$(BIN)/python -m "tests.editors.provision.$$(basename "$$module" .py)" </dev/null; done
	@$(BIN)/python -m pytest tests/editors -p no:randomly $(TESTS)

.PHONY: bench
bench: $(READY)  ## print the benchmark table
	@$(BIN)/python -m bench $(if $(WRITE),--write) $(CONTESTS)

.PHONY: lock
lock: $(READY)  ## write requirements-dev.lock anew from pyproject.toml (needs uv, which it gets)
	@[ -x .cache/uv/bin/uv ] || { $(PYTHON) -m venv .cache/uv && .cache/uv/bin/pip install -q uv; }
	.cache/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" $(LOCK) --group dev pyproject.toml -o requirements-dev.lock

.PHONY: clean
clean:  ## remove everything that was made here
	rm -rf .venv .cache build dist artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache $(CLIENT)/node_modules $(CLIENT)/dist
	find server tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements-dev.lock pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "Casework needs Python 3.11 or newer, and found none. Install it, or say which: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python has no venv. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "setting up .venv (once)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
