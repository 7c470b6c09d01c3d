# Two commands do everything on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO_ARGS ?=
export PYTHONSAFEPATH = 1

.PHONY: demo test lint format bench test-extras postgres clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(STAMP)
	$(BIN)/openlot demo $(DEMO_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

postgres:
	@sh tests/install_postgres.sh

test: $(STAMP) postgres lint
	$(BIN)/pytest $(if $(OPENLOT_DATA),,-m 'not data and not extras') $(if $(OPENLOT_DATA),-m 'not extras')

bench: $(STAMP)
	$(BIN)/openlot bench read --data $(OPENLOT_DATA)/val --out bench-out

clean:
	rm -rf $(VENV) .venv-extras bench-out demo-out
