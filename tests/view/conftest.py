"""Tiny models of every family that give maps, and the words that their tokenizers were trained on."""

import runpy
from functools import cache
from pathlib import Path

import pytest

MODELS = runpy.run_path(str(Path(__file__).parent.parent / "model" / "conftest.py"))


@pytest.fixture(scope="session")
def encoder_of(tmp_path_factory):
    """The encoder of a family's tiny model (3 blocks, 2 heads, width 16, 64 positions), loaded so that it gives maps;
    shared: leave it as it is.
    """
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    @cache
    def encoder_of(family: str):
        model = Model(checkpoint=str(MODELS["build"](family, tmp_path_factory.mktemp(family))))
        return load(model, resolve(model), maps=True)

    return encoder_of


@pytest.fixture(params=MODELS["FAMILIES"])
def family(request) -> str:
    return request.param


@pytest.fixture
def encoder(family, encoder_of):
    """Each family in turn."""
    return encoder_of(family)
