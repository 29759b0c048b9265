# AIRFLOW chooses the end of the supported range: 3.3 (default) or 2.11
AIRFLOW ?= 3.3
PYTHON ?= python3
VENV := .venv-$(AIRFLOW)
BIN := $(VENV)/bin

# bytecode halves the start of every Airflow process
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test airflow lint benchmark-local leak-search token-race constraints clean

demo: $(VENV)/ready
	@$(BIN)/python -m demo

test: $(VENV)/ready
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

airflow: $(VENV)/ready
	@$(BIN)/python -m demo.ui

benchmark-local: $(VENV)/ready
	@$(BIN)/python -m benchmarks.describe_records

leak-search: $(VENV)/ready
	@$(BIN)/python -m proofs.leak_search

token-race: $(VENV)/ready
	@$(BIN)/python -m proofs.token_race

lint: $(VENV)/lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -m mypy

$(VENV)/ready: pyproject.toml constraints/airflow-$(AIRFLOW).txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Setting up $(VENV) with Airflow $(AIRFLOW) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@PIP_CONSTRAINT=constraints/airflow-$(AIRFLOW).txt $(BIN)/python -m pip install -q --disable-pip-version-check \
		-e '.[local,test]'
	@touch $@

$(VENV)/lint: $(VENV)/ready
	@PIP_CONSTRAINT=constraints/airflow-$(AIRFLOW).txt $(BIN)/python -m pip install -q --disable-pip-version-check \
		-e '.[lint]'
	@touch $@

# the newest releases for 3.3; for 2.11 what was current when it came out, with the local stack as of today
constraints: $(VENV)/ready
	@$(BIN)/python -m pip install -q uv
	@for name in 3.3 2.11; do \
		until=$$(sed -n 's/^# newest: //p' constraints/airflow-$$name.in); \
		$(BIN)/uv pip compile -q --no-header --no-annotate --python-version 3.11 \
			$${until:+--exclude-newer $$until --exclude-newer-package moto=2099-01-01} \
			constraints/airflow-$$name.in -o constraints/airflow-$$name.txt; \
	done

clean:
	rm -rf .venv-* .airflow .mypy_cache .pytest_cache .ruff_cache .hypothesis
