# Two commands: `make run` and `make test`. Each creates the virtual environment if it is missing; `make run` installs what
# the programs need, `make test` the tests, the linters and all extras too.
#   make run ARGS="model=bert task=depth"     passes overrides on
#   make test ARGS="-m slow"                  the slow tests
#   make docs                                 makes the documentation site, outputs/site/index.html
#   make gallery                              makes the figures of the README (real data: PROBING_DATA)
#   make views                                pictures of the interactive pages, after make gallery (needs Chromium)
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
ARGS ?=

.PHONY: run test lint docs gallery views clean

run: $(VENV)/ready-to-run
	$(BIN)/python -m pipelines.run $(if $(ARGS),$(ARGS),model=minilm data=grammar)

test: $(VENV)/ready-to-test
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: $(VENV)/ready-to-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(VENV)/ready-to-test
	$(BIN)/python -m mkdocs build --strict

gallery: $(VENV)/ready-to-test
	$(BIN)/python -m pipelines.run -m model=minilm task=pos,depth,sentiment tag=gallery
	$(BIN)/python -m pipelines.run model=minilm task=pos attention=full analysis=usage tag=gallery
	$(BIN)/python -m pipelines.reproduce paper=hewitt2019 model=minilm
	mkdir -p outputs/gallery
	cp outputs/runs/gallery/*/*/pos/linear/seed0/figures/layers.png outputs/gallery/pos.png
	for name in joined heads explain ablation; do \
	  cp "outputs/runs/gallery/minilm/ewt/pos/linear/seed0,attention=full,analysis=usage/figures/$$name.png" outputs/gallery/; done
	cp outputs/runs/gallery/*/*/depth/linear/seed0/figures/layers.png outputs/gallery/depth.png
	cp outputs/papers/minilm/hewitt2019/figures/figure.png outputs/gallery/paper.png
	cp outputs/runs/gallery/*/*/sentiment/linear/seed0/figures/layers.png outputs/gallery/sentiment.png
	$(BIN)/python -m pipelines.diagnose model=minilm text="The movie was unexpectedly not boring" label=positive \
	  out=outputs/diagnoses/gallery
	$(BIN)/python tests/report/page_picture.py file://$(CURDIR)/outputs/diagnoses/gallery/text-1.html \
	  outputs/gallery/diagnosis.png words parts

SHOOT = $(BIN)/python tests/view/page/pictures.py
TO = outputs/gallery/view
views: $(VENV)/ready-to-test
	$(BIN)/python -m pipelines.view text="The movie was unexpectedly not boring." out=outputs/views/text.html
	$(BIN)/python -m pipelines.view data=grammar sentence=test-0227 'probes=[ewt,sst2]' out=outputs/views/sentence.html
	$(SHOOT) file://$(CURDIR)/outputs/views/text.html "$(TO)-heads.png=layer=3&heads=all&pin=q5" "$(TO)-model.png=view=model" \
	  "$(TO)-heatmap.png=view=heatmap&layer=3&head=1" "$(TO)-rollout.png=view=model&weights=rollout&level=word" \
	  "$(TO)-neurons.png=view=neuron&layer=3&head=1&pin=q5&expand=yes" \
	  "$(TO)-flow.png=view=heatmap&weights=flow&layer=6&special=hidden"
	$(SHOOT) file://$(CURDIR)/outputs/views/sentence.html "$(TO)-words.png=view=words"
	$(BIN)/python -m pipelines.explore port=8799 text="Time flies like an arrow." & server=$$!; \
	  until curl -sf http://127.0.0.1:8799/api/model | grep -q '"ready":true'; do sleep 1; done; \
	  $(SHOOT) http://127.0.0.1:8799/ "$(TO)-explore.png=theme=dark&layer=4&level=word"; kill -INT $$server

# what the programs need, and no more
$(VENV)/ready-to-run: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

# the rest: tests, linters, documents, and the extras
$(VENV)/ready-to-test: $(VENV)/ready-to-run
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
