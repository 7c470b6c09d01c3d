# Two commands do everything on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO_ARGS ?=
EXTRAS_VENV := .venv-extras
EXTRAS_BIN := $(EXTRAS_VENV)/bin
EXTRAS_STAMP := $(EXTRAS_VENV)/.installed
# The real photos are used where they are; torch-based tests have their own command.
MARKS := $(if $(OPENLOT_DATA),not extras,not extras and not data)
export PYTHONSAFEPATH = 1

.PHONY: demo test lint format bench test-extras programs clean

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

programs:
	@sh tests/install_programs.sh

test: $(STAMP) programs lint
	$(BIN)/pytest -n auto --maxprocesses 8 --dist loadfile -m '$(MARKS)'

# Torch goes in first, with the torchvision that belongs to it: what follows then asks for no other build of either.
$(EXTRAS_STAMP): pyproject.toml models/train/requirements.txt models/train/requirements-no-deps.txt
	$(PYTHON) -m venv $(EXTRAS_VENV)
	$(EXTRAS_BIN)/python -m pip install --quiet --disable-pip-version-check --requirement models/train/requirements.txt
	$(EXTRAS_BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement models/train/requirements-no-deps.txt
	$(EXTRAS_BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,easyocr,rapidocr]'
	touch $@

test-extras: $(EXTRAS_STAMP)
	$(EXTRAS_BIN)/pytest -m extras

bench: $(STAMP)
	$(BIN)/openlot bench read --data $(OPENLOT_DATA)/val --out bench-out

clean:
	rm -rf $(VENV) .venv-extras bench-out demo-out
