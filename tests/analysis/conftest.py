"""Small studies: the bundled model on a few generated sentences, or a tiny model with a head of its own."""

import runpy
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.data.grammar import Grammar
from probing.model.checkpoint import Model, resolve
from probing.probe.linear import Linear
from probing.store.key import Store
from probing.task.words import WordTask

NAMES = {"tag": "t", "model": "minilm", "data": "grammar", "task": "pos", "probe": "linear", "run_id": "r"}
Make = Callable[..., Study]


@pytest.fixture(scope="session")
def corpus():
    """120 sentences with trees and tags."""
    return Grammar(name="grammar", train=60, dev=30, test=30).load()


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Where the studies of this session keep their vectors."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def make(corpus, folder) -> Make:
    """make(option=…, …): a study; ``options`` are shared ones, everything else replaces a part."""
    made: list[Study] = []

    def make(**changes: Any) -> Study:
        model = changes.pop("model", Model("bundled"))
        parts: dict[str, Any] = {
            "corpus": corpus,
            "task": WordTask("pos"),
            "probe": Linear("linear", [1e-2]),
            "store": Store(str(folder)),
            "options": Options(resamples=50, layers=(0, 2)),
            "names": NAMES,
        }
        study = Study(model=model, checkpoint=resolve(model), **{**parts, **changes})
        made.append(study)
        return study

    yield make
    for study in made:
        study.close()


@pytest.fixture(scope="session")
def study(corpus, folder):
    """One study that many tests look at; leave it as it is."""
    model = Model("bundled")
    options = Options(resamples=50, layers=(0, 2))
    probe = Linear("linear", [1e-2])
    parts = {"corpus": corpus, "task": WordTask("pos"), "probe": probe, "store": Store(str(folder))}
    with closing(Study(model=model, checkpoint=resolve(model), options=options, names=NAMES, **parts)) as made:
        yield made


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory):
    """tiny_encoder(family): a tiny model of the tests of models, loaded so that it gives maps; leave it as it is."""
    from probing.model.encoder import load

    build = runpy.run_path(str(Path(__file__).parents[1] / "model" / "conftest.py"))["build"]

    @cache
    def tiny_encoder(family: str):
        model = Model(checkpoint=str(build(family, tmp_path_factory.mktemp(family))))
        return load(model, resolve(model), maps=True)

    return tiny_encoder
