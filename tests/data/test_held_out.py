from collections import Counter

import numpy as np
import pytest

from probing.axes import Sentence
from probing.data.held_out import BY_DOCUMENT, BY_LABEL, BY_SENTENCE, hold_out, with_dev
from probing.errors import DataError


def sentences(n: int, label: str | None = None, document: str | None = None) -> tuple[Sentence, ...]:
    return tuple(Sentence(f"{label}{document}{i}", ("a",), label=label, document=document) for i in range(n))


def test_a_tenth_is_drawn_from_all_over_train():
    everything = sentences(1000)
    train, dev, how = hold_out(everything)
    assert (len(train), len(dev), how) == (900, 100, BY_SENTENCE)
    places = [everything.index(s) for s in dev]
    assert places == sorted(places)
    assert sorted([*places, *(everything.index(s) for s in train)]) == list(range(1000))
    # a random tenth: its mean is that of train, give or take three standard errors, and it falls into every fifth
    assert np.mean(places) == pytest.approx(499.5, abs=3 * 289 / 10)
    assert set(np.array(places) // 200) == set(range(5))
    assert hold_out(everything)[1] == dev


def test_a_file_that_is_sorted_by_label_gives_the_same_shares_in_dev():
    everything = sentences(700, "negative") + sentences(200, "neutral") + sentences(100, "positive")
    train, dev, how = hold_out(everything)
    assert how == BY_LABEL
    assert len(train) == 900
    shares = Counter(s.label for s in dev)
    assert [shares[name] for name in ("negative", "neutral", "positive")] == pytest.approx([70, 20, 10], abs=1)


def test_dev_has_no_label_that_train_does_not_have():
    everything = sentences(30, "a") + tuple(s for name in "bcdefghij" for s in sentences(1, name))
    train, dev, _ = hold_out(everything)
    assert len(dev) == 3
    assert {s.label for s in train} == set("abcdefghij")


def test_whole_documents_are_held_out():
    everything = tuple(s for i in range(50) for s in sentences(1 + i % 7, document=f"d{i}"))
    train, dev, how = hold_out(everything)
    assert how == BY_DOCUMENT
    assert not {s.document for s in train} & {s.document for s in dev}
    assert len(everything) / 10 <= len(dev) <= len(everything) / 5
    assert {s.document for s in dev} != {f"d{i}" for i in range(50 - len({s.document for s in dev}), 50)}
    assert train == tuple(s for s in everything if s in train)


def test_a_document_that_is_most_of_train_stays_there():
    everything = sentences(500, document="novel") + tuple(s for i in range(20) for s in sentences(5, document=f"d{i}"))
    train, dev, how = hold_out(everything)
    assert how == BY_DOCUMENT
    assert {s.document for s in train} >= {"novel"}
    assert len(dev) == 60


@pytest.mark.parametrize("documents", [1, 9])
def test_few_documents_are_divided(documents):
    _, dev, how = hold_out(tuple(s for i in range(documents) for s in sentences(90 // documents, document=f"d{i}")))
    assert (len(dev), how) == (9, BY_SENTENCE)


def test_sentences_without_a_document_are_drawn_one_by_one():
    everything = tuple(s for i in range(20) for s in sentences(2, document=f"d{i}")) + sentences(1)
    assert hold_out(everything)[2] == BY_SENTENCE


@pytest.mark.parametrize("labels", ["aa", "ab", "aab", "abc"])
def test_the_smallest_train_keeps_a_sentence(labels):
    everything = tuple(Sentence(str(i), ("a",), label=label) for i, label in enumerate(labels))
    train, dev, _ = hold_out(everything)
    assert (len(train), len(dev)) == (len(labels) - 1, 1)


@pytest.mark.parametrize("too_few", [0, 1])
def test_one_sentence_is_too_few(too_few):
    with pytest.raises(DataError, match=rf"train has {too_few} sentence.*data\.dev="):
        hold_out(sentences(too_few))


def test_a_dev_set_is_made_only_where_there_is_none():
    skipped = Counter[str]()
    given = {"train": sentences(20), "dev": sentences(1), "test": sentences(2)}
    assert (with_dev(given, skipped), skipped) == (given, {})
    del given["dev"]
    made = with_dev(given, skipped)
    assert ({split: len(found) for split, found in made.items()}, skipped) == (
        {"train": 18, "test": 2, "dev": 2},
        {BY_SENTENCE: 2},
    )


def test_every_label_of_a_sorted_file_stays_in_train():
    """60 of one label, 60 of another, and 12 of a third at the end of the file."""
    everything = sentences(60, "neg") + sentences(60, "pos") + sentences(12, "neu")
    train, dev, _ = hold_out(everything)
    shares = [Counter(s.label for s in part) for part in (train, dev)]
    assert [len(train), len(dev)] == [119, 13]
    assert shares[1] == pytest.approx({"neg": 6, "pos": 6, "neu": 1}, abs=1)
    assert all(set(share) == {"neg", "pos", "neu"} for share in shares)
