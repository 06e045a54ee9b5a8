# What a person types. `make help` lists it; how each command works stands in dagster_project/__main__.py.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo dev refresh rebuild report components deliver quarantine propose-weights alert-test erase test nightly prove check format lock clean clean-data

# Byte code halves every start; some machines switch it off.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
BIN := .venv/bin
# Simulated companies that `make prove` looks at.
SEEDS ?= 20
UV_VERSION := 0.13.9
# Where pip was told to look for packages, uv looks too: it does not read pip's configuration by itself.
SYNC := index=$$($(BIN)/pip config get global.index-url 2>/dev/null || true); \
	index=$${PIP_INDEX_URL:-$$index}; \
	$${index:+env UV_DEFAULT_INDEX=$$index} $(BIN)/uv pip sync --quiet --compile-bytecode --link-mode=copy --python $(BIN)/python

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: .venv/.installed ## Run the main job on a simulated company and print the report's path
	@$(BIN)/python -m dagster_project demo

dev: .venv/.installed ## Open Dagster's UI on the graph (your systems if .env names one, else the simulated company)
	@$(BIN)/python -m dagster_project dev

refresh: .venv/.installed ## Refresh warehouse and reports from the systems configured in .env
	@$(BIN)/python -m dagster_project refresh

rebuild: .venv/.installed ## Rebuild and publish the warehouse from what has landed, asking no system
	@$(BIN)/python -m dagster_project rebuild

report: .venv/.installed ## Render the reports from what stands published
	@$(BIN)/python -m dagster_project report

components: .venv/.installed ## Write the page that shows every component of the reports
	@$(BIN)/python -m dagster_project components

deliver: .venv/.installed ## Deliver the reports to their recipients (ARGS="--dry-run", "--recipient NAME", "--again")
	@$(BIN)/python -m dagster_project deliver $(ARGS)

quarantine: .venv/.installed ## List the rows that gate 1 held back (ARGS="explain ID", "release ID --reason ...", "replay")
	@$(BIN)/python -m dagster_project quarantine $(ARGS)

propose-weights: .venv/.installed ## Propose weights of the health drivers by what came of earlier renewals; changes nothing
	@$(BIN)/python -m dagster_project propose-weights

alert-test: .venv/.installed ## Send a test alert by every way configured in .env
	@$(BIN)/python -m dagster_project alert-test

erase: .venv/.installed ## Erase a person, e.g. make erase PERSON="--contact hubspot:123 --dry-run"
	@$(BIN)/python -m dagster_project erase $(or $(PERSON),--help)

test: ## Check and test, up to ten minutes on 2 slow cores; with LONG=1 also through weeks, as continuous integration does
	@.ci/browser & $(MAKE) --no-print-directory check && wait
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore tests/evidence \
		-m "not nightly$(if $(LONG),, and not long)"

nightly: .venv/.installed-dev ## Run what `make test` leaves out: its promises again, with more kills, days and companies
	@.ci/browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/evidence -m nightly

prove: .venv/.installed-dev ## Prove on SEEDS=20 simulated companies that known causes are found and no others (an hour)
	$(BIN)/python -m pytest tests/evidence --seeds $(SEEDS)

check: .venv/.installed-dev ## Lint, check the format and the types of Python and SQL
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyrefly check --python-interpreter-path $(BIN)/python --output-format=min-text
	$(BIN)/sqlfluff lint dbt/models dbt/tests --processes 2 --disable-progress-bar

format: .venv/.installed-dev ## Mend what `make check` can mend by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/sqlfluff fix dbt/models dbt/tests --processes 2 --disable-progress-bar

lock: .venv/.installed-dev ## Lock the newest versions that pyproject.toml allows, without naming where they come from
	for extra in "" dev; do \
		$(BIN)/uv pip compile pyproject.toml $${extra:+--extra $$extra} --universal --python-version 3.11 --generate-hashes \
			--no-header --no-annotate --no-emit-index-url --quiet --upgrade -o requirements$${extra:+-$$extra}.lock; \
	done

clean: ## Remove what tools wrote, but for the data and the environment
	rm -rf dbt/target dbt/logs .pytest_cache .ruff_cache .hypothesis
	find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

clean-data: ## Remove the simulated company's data (data/demo)
	rm -rf data/demo

.venv/.uv:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
		|| { echo "Kept needs Python 3.11 or 3.12; name one with make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making .venv and installing locked versions; this takes a minute, once."
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# The development environment holds everything the plain one does, so whoever has it needs no other.
.venv/.installed: requirements.lock | .venv/.uv
	@if [ -e .venv/.installed-dev ]; then $(MAKE) --no-print-directory .venv/.installed-dev; \
		else $(SYNC) requirements.lock; fi
	@touch $@

.venv/.installed-dev: requirements-dev.lock | .venv/.uv
	@echo "Installing locked versions for development."
	@$(SYNC) requirements-dev.lock
	@touch .venv/.installed $@
