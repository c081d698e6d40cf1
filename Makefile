# Two commands: `make run` and `make test`. Each makes the virtual environment if it is missing.
#   make run ARGS="model=bert task=depth"     passes overrides on
#   make test ARGS="-m slow"                  the slow tests
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
ARGS ?=

.PHONY: run test lint clean

run: $(VENV)/ready
	$(BIN)/python -m pipelines.run $(if $(ARGS),$(ARGS),model=minilm data=grammar)

test: $(VENV)/ready
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,joblib]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
