# Two commands are enough: `make demo` does the main job, `make test` proves it.
# Each creates .venv and installs the locked dependencies by itself.

PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo dev test lint docs bench lock clean install

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

install: $(STAMP) ## Create .venv from the lock file
