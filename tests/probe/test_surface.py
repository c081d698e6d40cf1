"""Surface baselines find what the surface tells, and nothing else."""

import numpy as np
import pytest

from probing.errors import ConfigError
from probing.interface.task_names import TASKS
from probing.probe.baselines import Read
from probing.probe.fit import Target
from probing.probe.surface import SURFACES, baselines, suffixes
from probing.rng import generator
from probing.task.trees import Distance
from probing.task.word_order import BigramShift


def read_of(forms: dict[str, list[list[str]]], word: bool = True) -> Read:
    items = {s: [np.arange(len(words)) if word else np.array([0]) for words in rows] for s, rows in forms.items()}
    return Read(forms, items)


def text(seed: int, n: int) -> list[list[str]]:
    """Sentences of 3 to 30 words without meaning."""
    rng = generator(seed, "text")
    return [[f"w{i}" for i in rng.integers(50, size=rng.integers(3, 31))] for _ in range(n)]


FORMS = {"train": text(0, 400), "dev": text(1, 60), "test": text(2, 60)}


def r2(target: Target, predicted: dict[str, list[np.ndarray]]) -> float:
    gold, found = target.flat("test"), np.concatenate(predicted["test"])
    return float(1 - ((gold - found) ** 2).sum() / ((gold - gold.mean()) ** 2).sum())


@pytest.mark.parametrize("task", [*TASKS.values(), Distance("distance"), BigramShift("shift")], ids=lambda t: t.name)
def test_every_task_names_a_surface_baseline_that_there_is(task) -> None:
    assert task.surface in SURFACES


def test_a_baseline_that_there_is_not_is_refused_with_those_there_are() -> None:
    target = Target("sentence", "scalar", 0, {split: [np.array([1.0])] * len(FORMS[split]) for split in FORMS})
    with pytest.raises(ConfigError, match="length of words: .*sentence length"):
        baselines(target, read_of(FORMS, word=False), "length of words")


def test_sentence_length_explains_what_grows_with_it() -> None:
    rng = generator(4, "noise")
    gold = {
        s: [np.array([2 * np.log(len(w)) + 0.1 * rng.standard_normal()]) for w in rows] for s, rows in FORMS.items()
    }
    target = Target("sentence", "scalar", 0, gold)
    found = baselines(target, read_of(FORMS, word=False), "sentence length")
    assert set(found) == {"majority", "surface", "word_types"}
    assert r2(target, found["surface"]) > 0.97
    noise = {s: [rng.standard_normal(1) for _ in rows] for s, rows in FORMS.items()}
    target = Target("sentence", "scalar", 0, noise)
    assert abs(r2(target, baselines(target, read_of(FORMS, word=False), "sentence length")["surface"])) < 0.1


def test_length_is_that_of_each_sentence_with_a_label() -> None:
    gold = {s: [np.array([float(len(w))]) if len(w) % 2 else np.array([]) for w in rows] for s, rows in FORMS.items()}
    target = Target("sentence", "scalar", 0, gold)
    found = baselines(target, read_of(FORMS, word=False), "sentence length")["surface"]["test"]
    assert [len(v) for v in found] == [len(v) for v in gold["test"]]
    assert np.concatenate(found) == pytest.approx(np.concatenate(gold["test"]), abs=0.1)


def test_length_tells_classes_of_length_also_of_lengths_that_train_does_not_have() -> None:
    def long(words: list[str]) -> np.ndarray:
        return np.array([int(len(words) > 15)])

    forms = {s: [w for w in rows if s != "train" or len(w) not in (4, 25)] for s, rows in FORMS.items()}
    target = Target("sentence", "class", 2, {s: [long(w) for w in rows] for s, rows in forms.items()})
    found = baselines(target, read_of(forms, word=False), "sentence length")
    assert {len(w) for w in forms["test"]} >= {4, 25}
    assert np.concatenate(found["surface"]["test"]).tolist() == target.flat("test").tolist()


def test_pairs_of_words_tell_what_single_words_do_not() -> None:
    def order(words: list[str]) -> np.ndarray:
        return np.array([words.index("a") < words.index("b")]).astype(int)

    rng = generator(7, "order")
    forms = {
        s: [["x", *rng.permutation(["a", "b"]).tolist()] for _ in range(n)] for s, n in (("train", 80), ("dev", 30))
    }
    forms["test"] = [["a", "b", "x"], ["b", "a", "x"], ["x", "b", "a"], ["x", "x"]]
    gold = {s: [order(w) if "a" in w else np.array([]) for w in rows] for s, rows in forms.items()}
    target = Target("sentence", "class", 2, gold)
    found = baselines(target, read_of(forms, word=False), "bag of word pairs")
    assert np.concatenate(found["surface"]["test"]).tolist() == [1, 0, 0]
    assert len(set(np.concatenate(found["word_types"]["test"]).tolist())) == 1


def test_position_explains_what_depends_on_the_words_before_and_after() -> None:
    gold = {
        s: [np.minimum(np.arange(len(w)), len(w) - 1 - np.arange(len(w))) * 1.0 for w in r] for s, r in FORMS.items()
    }
    target = Target("word", "scalar", 0, gold)
    found = baselines(target, read_of(FORMS), "position in the sentence")
    assert set(found) == {"majority", "type_majority", "surface", "word_types"}
    assert r2(target, found["surface"]) > 0.9
    assert r2(target, found["word_types"]) < 0.1


def test_an_unknown_word_is_guessed_by_its_suffix_and_a_known_one_by_its_type() -> None:
    forms = {"train": [["walked", "talked", "Rome", "nation", "ration", "bed"]], "dev": [["walked"]]}
    forms["test"] = [["balked", "Dome", "station", "bed", "qqq"]]
    gold = {"train": [np.array([0, 0, 1, 2, 2, 2])], "dev": [np.array([0])], "test": [np.array([0, 1, 2, 2, 2])]}
    found = baselines(Target("word", "class", 3, gold), read_of(forms), "word type and suffix")["surface"]["test"]
    # bed ends as verbs do, but is known; no suffix of qqq is known: the most frequent class
    assert found[0].tolist() == [0, 1, 2, 2, 2]


def test_suffixes_of_frequent_words_are_not_learnt() -> None:
    forms = {"train": [["the"] * 11 + ["lathe"]], "dev": [["the"]], "test": [["tithe"]]}
    gold = {"train": [np.array([0] * 11 + [1])], "dev": [np.array([0])], "test": [np.array([1])]}
    target = Target("word", "class", 2, gold)
    assert baselines(target, read_of(forms), "word type and suffix")["surface"]["test"][0].tolist() == [1]


def test_suffixes_by_hand() -> None:
    assert [suffix for _, suffix in suffixes("walking")] == ["lking", "king", "ing", "ng", "g"]
    assert {capital for capital, _ in suffixes("Rome")} == {True}
    assert suffixes("") == []


def test_a_bag_of_words_is_not_named_twice() -> None:
    gold = {s: [np.array([int("w1" in w)]) for w in rows] for s, rows in FORMS.items()}
    found = baselines(Target("sentence", "class", 2, gold), read_of(FORMS, word=False), "bag of words")
    assert set(found) == {"majority", "surface"}
    assert np.mean(np.concatenate(found["surface"]["test"]) == np.concatenate(gold["test"])) > 0.95


def test_pairs_have_the_distance_in_the_text() -> None:
    pairs = {s: [np.zeros((len(w), len(w)), int) for w in rows] for s, rows in FORMS.items()}
    assert set(baselines(Target("pair", "scalar", 0, pairs), read_of(FORMS), "distance in the text")) == {"chain"}


def test_the_words_before_tell_what_they_tell_and_no_word_behind_does() -> None:
    def row(seen: str, place: int) -> tuple[list[str], np.ndarray, np.ndarray]:
        words = ["x", seen, "y", "z"] if place == 2 else ["x", "y", "z", seen]
        return words, np.array([place]), np.array([int(seen == "a")])

    rng = generator(9, "before")
    rows = {
        split: [row(str(rng.choice(["a", "b"])), 2) for _ in range(n)]
        for split, n in (("train", 60), ("dev", 20), ("test", 20))
    }
    rows["test"] += [row("a", 1), row("b", 1)]
    target = Target("word", "class", 2, {split: [gold for _, _, gold in of] for split, of in rows.items()})
    read = Read(
        {s: [w for w, _, _ in of] for s, of in rows.items()}, {s: [at for _, at, _ in of] for s, of in rows.items()}
    )
    found = np.concatenate(baselines(target, read, "bag of the words before")["surface"]["test"])
    assert found[:20].tolist() == target.flat("test")[:20].tolist()
    assert found[20] == found[21]
