import numpy as np
import pytest

from probing.axes import SPLITS, Corpus
from probing.data.grammar import Grammar
from probing.errors import ConfigError, DataError
from probing.rng import generator
from probing.task.words import WordTask

POS = WordTask("pos")


def test_every_word_has_its_class(treebank):
    labels = POS.labels(treebank("the dog ran", "dogs saw the man"))
    assert (labels.level, labels.kind) == ("word", "class")
    assert labels.classes == ("DET", "NOUN", "VERB")
    assert [v.tolist() for v in labels.values["train"]] == [[0, 1, 2], [1, 2, 0, 1]]
    assert [v.tolist() for v in labels.values["test"]] == [[0, 1, 2]]


@pytest.mark.parametrize("column", ["upos", "xpos", "deprel"])
def test_each_column_is_a_task(column):
    sentences = Grammar(train=20, dev=1, test=1).load().splits["train"]
    labels = WordTask("t", column=column).labels(Corpus("toy", dict.fromkeys(SPLITS, sentences)))
    for split in SPLITS:
        for sentence, values in zip(sentences, labels.values[split], strict=True):
            assert tuple(labels.classes[v] for v in values) == getattr(sentence, column)


def test_a_word_without_annotation_has_no_label(treebank):
    labels = POS.labels(treebank("the mu dog ran", "mu mu"))
    assert labels.classes == ("DET", "NOUN", "VERB")
    assert [v.tolist() for v in labels.values["train"]] == [[0, -1, 1, 2], [-1, -1]]


def test_a_label_seen_only_in_test_has_a_number_of_its_own_and_no_control_draws_it(treebank):
    corpus = treebank("the dog ran", test=("the dog ran", "the alien ran"))
    labels = POS.labels(corpus)
    assert (labels.classes, labels.unseen) == (("DET", "NOUN", "VERB"), ("X",))
    assert labels.values["test"][1].tolist() == [0, 3, 2]
    controls = [POS.control(corpus, labels, generator(seed)) for seed in range(20)]
    assert max(v.max() for control in controls for v in control.values["test"]) == 2


def test_one_class_is_an_error(treebank):
    with pytest.raises(DataError, match=r"task=pos: train of toy has one class only \(NOUN\)"):
        POS.labels(treebank("dog", dev=("dog",), test=("dog",)))


@pytest.mark.parametrize(
    ("options", "message"), [({"column": "lemma"}, "upos, xpos, deprel"), ({"vector": "cls"}, "mean")]
)
def test_impossible_options_name_the_possible_ones(options, message):
    with pytest.raises(ConfigError, match=message):
        WordTask("pos", **options)


@pytest.fixture(scope="module")
def corpus():
    return Grammar(train=300, dev=50, test=50).load()


def drawn(corpus, seed: int):
    """Per split, the control's classes of all words in order."""
    control = POS.control(corpus, POS.labels(corpus), generator(seed, "control"))
    return {split: np.concatenate(control.values[split]) for split in SPLITS}


def test_the_control_gives_a_type_one_class_in_every_split(corpus):
    control = drawn(corpus, 0)
    classes: dict[str, set[int]] = {}
    for split in SPLITS:
        words = [word for s in corpus.splits[split] for word in s.words]
        for word, value in zip(words, control[split], strict=True):
            classes.setdefault(word, set()).add(value)
    assert {len(found) for found in classes.values()} == {1}


def test_the_control_is_another_task_with_the_same_classes(corpus):
    labels = POS.labels(corpus)
    task = np.concatenate(labels.values["train"])
    control = drawn(corpus, 0)["train"]
    assert control.shape == task.shape
    assert np.isin(control, task).all()
    shares = np.bincount(task) / len(task)
    # as often right as two independent draws agree, up to the chance of a few frequent types
    assert np.mean(control == task) == pytest.approx(np.sum(shares**2), abs=0.15)


def test_the_control_is_as_skewed_as_the_task(corpus):
    task = np.concatenate(POS.labels(corpus).values["train"])
    types = {w for split in SPLITS for s in corpus.splits[split] for w in s.words}
    position = {w: i for i, w in enumerate(sorted(types))}
    counts = np.zeros(task.max() + 1)
    for seed in range(20):
        value = np.empty(len(types), dtype=int)
        words = [position[w] for s in corpus.splits["train"] for w in s.words]
        value[words] = drawn(corpus, seed)["train"]
        counts += np.bincount(value[np.unique(words)], minlength=len(counts))
    assert counts / counts.sum() == pytest.approx(np.bincount(task) / len(task), abs=0.02)


def test_a_control_for_an_uncased_model_does_not_tell_capitals(corpus):
    control = POS.control(corpus, POS.labels(corpus), generator(0), str.lower)
    classes: dict[str, set[int]] = {}
    for sentence, values in zip(corpus.splits["train"], control.values["train"], strict=True):
        for word, value in zip(sentence.words, values, strict=True):
            classes.setdefault(word.lower(), set()).add(int(value))
    assert len(classes) < len({word for s in corpus.splits["train"] for word in s.words})
    assert {len(found) for found in classes.values()} == {1}


def test_a_seed_is_a_control_task(corpus):
    assert (drawn(corpus, 3)["test"] == drawn(corpus, 3)["test"]).all()
    assert (drawn(corpus, 3)["test"] != drawn(corpus, 4)["test"]).any()
