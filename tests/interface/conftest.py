"""The bundled model, and a small part of the bundled corpus with its vectors."""

import pytest

import probing


@pytest.fixture(scope="session")
def model():
    return probing.load_model("minilm")


@pytest.fixture(scope="session")
def corpus():
    """40 sentences of each split, with trees, tags and polarity."""
    return probing.load_corpus("grammar", max_sentences=40)


@pytest.fixture(scope="session")
def vectors(model, corpus, tmp_path_factory):
    return probing.extract(model, corpus, store=str(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="session")
def probe(vectors):
    """For part of speech, on layer 3."""
    return probing.Probe(resamples=100).fit(vectors, task="pos", layer=3)
