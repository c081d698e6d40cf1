# Two commands: `make run` and `make test`. Each makes the virtual environment if it is missing.
#   make run ARGS="model=bert task=depth"     passes overrides on
#   make test ARGS="-m slow"                  the slow tests
#   make gallery                              the pictures that the README shows (real data: PROBING_DATA)
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
ARGS ?=

.PHONY: run test lint gallery clean

run: $(VENV)/ready
	$(BIN)/python -m pipelines.run $(if $(ARGS),$(ARGS),model=minilm data=grammar)

test: $(VENV)/ready
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

gallery: $(VENV)/ready
	$(BIN)/python -m pipelines.run -m model=minilm task=pos,depth,sentiment tag=gallery
	$(BIN)/python -m pipelines.run model=minilm task=pos attention=full tag=gallery
	mkdir -p outputs/gallery
	cp outputs/runs/gallery/*/*/pos/linear/seed0/figures/layers.png outputs/gallery/pos.png
	for name in joined heads explain ablation; do \
	  cp "outputs/runs/gallery/minilm/ewt/pos/linear/seed0,attention=full/figures/$$name.png" outputs/gallery/; done
	cp outputs/runs/gallery/*/*/depth/linear/seed0/figures/layers.png outputs/gallery/depth.png
	cp outputs/runs/gallery/*/*/sentiment/linear/seed0/figures/layers.png outputs/gallery/sentiment.png

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,joblib]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
