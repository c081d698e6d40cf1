"""Random labels: one per type of word, or those of other sentences."""

from collections import Counter
from string import ascii_lowercase, ascii_uppercase

import numpy as np
import pytest

from probing.axes import SPLITS, Corpus, Labels, Sentence
from probing.rng import generator
from probing.task.control_labels import by_type, from_train, shuffled


def vocabulary(size: int) -> Corpus:
    """Every split says w0, w1, … once, dev backwards."""
    words = tuple(f"w{i}" for i in range(size))
    ways = {"train": words, "dev": words[::-1], "test": words}
    return Corpus("toy", {split: (Sentence("s", way),) for split, way in ways.items()})


def test_a_type_has_one_value_in_every_split():
    corpus = vocabulary(50)
    values_of = by_type(corpus, generator(0), lambda rng, n: rng.integers(1000, size=n))
    train, dev, test = (values_of(corpus.splits[split][0]) for split in SPLITS)
    assert train.tolist() == test.tolist() == dev[::-1].tolist()
    assert len(set(train.tolist())) > 40


def test_types_are_forms_as_they_are_written_or_as_a_model_reads_them():
    corpus = Corpus("toy", dict.fromkeys(SPLITS, (Sentence("s", ("Light", "light", "light")),)))
    one, other, third = by_type(corpus, generator(0), lambda rng, n: rng.random(n))(corpus.splits["dev"][0])
    assert one != other == third
    lower = by_type(corpus, generator(0), lambda rng, n: rng.random(n), str.lower)(corpus.splits["dev"][0])
    assert len(set(lower.tolist())) == 1


def test_a_draw_depends_on_the_forms_and_not_on_the_order_of_words():
    def drawn(*words: str) -> dict[str, float]:
        corpus = Corpus("toy", dict.fromkeys(SPLITS, (Sentence("s", words),)))
        values = by_type(corpus, generator(0), lambda rng, n: rng.random(n), str.lower)(corpus.splits["test"][0])
        return dict(zip(map(str.lower, words), values.tolist(), strict=True))

    # so many that sets of them do not have the same order by chance
    assert drawn(*ascii_uppercase) == drawn(*reversed(ascii_lowercase), *ascii_uppercase)


def test_draws_follow_the_labels_of_train_and_leave_out_what_has_none():
    train = [np.array([0, 0, 1, -1]), np.array([0])]
    other = [np.array([2] * 9)]
    draw = from_train(Labels("word", "class", {"train": train, "dev": other, "test": other}, ("a", "b", "c")))
    shares = np.bincount(draw(generator(0), 20_000), minlength=3) / 20_000
    assert shares.tolist() == pytest.approx([0.75, 0.25, 0], abs=0.02)


def test_shuffled_labels_are_the_same_labels_in_another_order():
    values = {split: [np.array([i % 3]) for i in range(size)] for split, size in (("train", 60), ("dev", 30))}
    values["test"] = [np.array([-1]), *[np.array([i]) for i in range(20)], np.array([-1])]
    labels = Labels("sentence", "class", values, tuple("abc"), tuple("defghijklmnopqrstuvw"))
    mixed = shuffled(labels, generator(0))
    for split, rows in values.items():
        assert all(row.shape == (1,) for row in mixed.values[split])
        before, after = ([row.item() for row in found] for found in (rows, mixed.values[split]))
        assert Counter(after) == Counter(before)
        assert after != before
    assert mixed.values["test"][0] == mixed.values["test"][-1] == -1
    assert (mixed.level, mixed.kind, mixed.classes, mixed.unseen) == (
        "sentence",
        "class",
        labels.classes,
        labels.unseen,
    )
