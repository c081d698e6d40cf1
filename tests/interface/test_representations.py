"""Vectors as numpy arrays and words as a table of pandas; stored once, or in a folder that goes away."""

import gc
from pathlib import Path

import numpy as np
import pytest

import probing
from probing.errors import ConfigError, DataError
from probing.store.vectors import Vectors
from probing.task.words import WordTask


def test_arrays_have_the_stated_shapes_and_belong_to_the_words_of_the_table(vectors, corpus):
    table = vectors.to_frame()
    n = sum(len(s.words) for sentences in corpus.splits.values() for s in sentences)
    layer = vectors.words(layer=3)
    assert (len(table), layer.shape, layer.dtype) == (n, (n, 384), np.float32)
    every = vectors.words(split="test")
    assert every.shape == ((table["split"] == "test").sum(), 7, 384)
    assert np.array_equal(every[:, 3], layer[table["split"] == "test"])
    assert vectors.sentences(layer=1, split="dev").shape == (40, 384)
    assert not np.array_equal(vectors.words(3, vector="first"), vectors.words(3, vector="last"))
    assert table["form"].tolist()[:2] == list(corpus.splits["train"][0].words[:2])


def test_vectors_are_those_of_the_model(model, vectors, corpus):
    sentence = corpus.splits["test"][0]
    subwords = model.encoder.tokenize([sentence.words])
    hidden = model.encoder.hidden(subwords)[2]
    wanted = np.stack([hidden[subwords.words == word].mean(axis=0) for word in range(len(sentence.words))])
    assert np.allclose(vectors.words(2, "test")[: len(wanted)], wanted, atol=5e-3)


def test_items_have_a_label_by_its_name(vectors, corpus):
    x, y = vectors.items("pos", layer=3, split="test")
    assert y.tolist() == [tag for s in corpus.splits["test"] for tag in s.upos]
    assert np.array_equal(x, vectors.words(3, "test"))
    _, depths = vectors.items("depth", layer=3, split="test")
    assert depths.min() == 0
    x, polarity = vectors.items("sentiment", layer=3, split="dev")
    assert (x.shape, set(polarity)) == ((40, 384), {"positive", "negative"})
    first, _ = vectors.items(WordTask("pos", vector="first"), 3, "test")
    assert np.array_equal(first, vectors.words(3, "test", vector="first"))


def test_what_there_is_not_is_refused(vectors, corpus, model):
    with pytest.raises(ConfigError, match="layer=7: minilm has layers 0 .* to 6"):
        vectors.words(layer=7)
    with pytest.raises(ConfigError, match="split=valid"):
        vectors.words(layer=0, split="valid")
    with pytest.raises(ConfigError, match="vector=middle"):
        vectors.words(layer=0, vector="middle")
    with pytest.raises(ConfigError, match="'minilm': a model is expected first; type model = probing.load_model"):
        probing.extract("minilm", corpus)
    with pytest.raises(ConfigError, match=r"\['Cats'\]: a corpus is expected; type corpus = probing.load_corpus"):
        probing.extract(model, ["Cats"])
    with pytest.raises(ConfigError, match="dtype=float8"):
        probing.extract(model, corpus, dtype="float8")
    untagged = probing.load_corpus([["Cats", "sleep"]] * 3)
    with pytest.raises(DataError, match="task=pos needs upos"):
        probing.extract(model, untagged).items("pos", 1)


def test_a_store_is_used_again_and_a_temporary_folder_goes_away(model, tmp_path):
    corpus = probing.load_corpus([["Cats", "sleep"], ["Dogs", "bark"], ["Birds", "sing"]])
    kept = probing.extract(model, corpus, store=str(tmp_path))
    [file] = tmp_path.glob("*.h5")
    written = file.stat().st_mtime_ns
    again = probing.extract(model, corpus, store=str(tmp_path))
    assert file.stat().st_mtime_ns == written
    assert np.array_equal(kept.words(1), again.words(1))
    temporary = probing.extract(model, corpus)
    folder = Path(temporary.store.folder)
    assert np.array_equal(temporary.words(1), kept.words(1))
    assert folder.is_dir()
    del temporary
    gc.collect()
    assert not folder.exists()


def test_a_word_without_subwords_has_no_vector_and_is_no_item(model):
    corpus = probing.load_corpus([(["Cats", "\u200b", "sleep"], ["NOUN", "X", "VERB"])] * 3)
    vectors = probing.extract(model, corpus)
    assert np.isnan(vectors.words(1)).all(axis=1).tolist() == [False, True, False] * 3
    assert vectors.items("pos", 1)[1].tolist() == ["NOUN", "VERB"]


def test_the_vectors_of_the_store_are_read_not_computed_again(vectors):
    assert isinstance(vectors.study(WordTask("pos")).items.vectors, Vectors)
