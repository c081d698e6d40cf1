"""What is resampled: whole documents where the corpus names enough of them, and else sentences."""

import numpy as np
import pytest

from probing.axes import Sentence
from probing.result import resampling
from probing.result.bootstrap import interval, resample_counts
from probing.result.resampling import (
    DOCUMENTS,
    SENTENCES,
    Resampling,
    counts_of,
    described,
    resampled_over,
    units_of,
)
from probing.result.statistics import Statistics
from probing.rng import generator


def sentences(*documents: str | None) -> list[Sentence]:
    return [Sentence(f"s{i}", ("a",), document=name) for i, name in enumerate(documents)]


def test_documents_are_units_where_the_corpus_names_them():
    assert units_of(sentences("b", "b", "a", "b"), "documents").tolist() == [0, 0, 1, 0]
    assert units_of(sentences("b", None, "b", None), "documents").tolist() == [0, 1, 0, 2]
    assert units_of(sentences("b", "b"), "sentences").tolist() == [0, 1]


def test_few_documents_are_left_alone_unless_they_are_asked_for():
    few, many = (sentences(*(str(i // 2) for i in range(2 * n))) for n in (resampling.FEWEST - 1, resampling.FEWEST))
    assert len(set(units_of(few).tolist())) == len(few)
    assert len(set(units_of(many).tolist())) == resampling.FEWEST


def test_sentences_of_a_document_are_drawn_together():
    units = np.array([0, 1, 0, 2, 1, 0])
    counts = counts_of(units, 300, "bootstrap", "test")
    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, 1] == counts[:, 4]).all()
    assert (counts[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert (counts[:, [0, 1, 3]] == resample_counts(3, 300, generator(0, "bootstrap", "test"))).all()


def test_without_documents_the_resamples_are_those_of_sentences():
    assert (counts_of(np.arange(9), 50, "x") == resample_counts(9, 50, generator(0, "x"))).all()


def test_words_of_one_document_alike_make_the_interval_wider():
    rng = np.random.default_rng(2)
    document = np.repeat(np.arange(50), 10)
    correct = rng.binomial(10, np.repeat(rng.beta(4, 4, 50), 10))
    found = Statistics("accuracy", np.column_stack([correct, np.full(500, 10), np.zeros((500, 2))]).astype(float))
    wide, narrow = (interval(found, counts_of(units, 1000, "x")) for units in (document, np.arange(500)))
    assert wide.value == narrow.value
    assert wide.ci_high - wide.ci_low > 2 * (narrow.ci_high - narrow.ci_low)


def test_some_of_the_sentences_keep_their_documents():
    some = Resampling(20, np.array([0, 1, 0, 2, 1, 0])).of(np.array([1, 2, 5]))
    counts = some.counts("x")
    assert (counts[:, 1] == counts[:, 2]).all()
    assert (counts[:, :2].sum(axis=1) == 2).all()


def test_units_are_described():
    assert described(np.arange(2077)) == "2,077 sentences"
    assert described(np.array([0, 0, 1])) == "2 documents (3 sentences)"
    assert described(np.array([0])) == "1 sentence"
    assert described(np.array([0, 0])) == "1 document (2 sentences)"
    assert [resampled_over(described(units)) for units in (np.array([0, 0]), np.arange(1))] == [DOCUMENTS, SENTENCES]


def test_counts_for_one_purpose_are_drawn_once_and_cannot_be_changed():
    counts = counts_of(np.arange(40), 20, "bootstrap", "test")
    assert counts_of(np.arange(40), 20, "bootstrap", "test") is counts
    assert (counts_of(np.arange(40), 20, "bootstrap", "dev") != counts).any()
    with pytest.raises(ValueError, match="read-only"):
        counts[0, 0] = 1
