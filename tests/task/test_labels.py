from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from probing.axes import SPLITS, Corpus, Kind, Sentence
from probing.errors import DataError
from probing.rng import generator
from probing.task.labels import classes_of, encode, labels_of
from probing.task.sentences import SentenceTask
from probing.task.trees import Depth, Distance, TreeDepth
from probing.task.words import WordTask


def test_labels_are_numbered_in_the_order_of_their_names():
    classes = classes_of(["b", "c", "a", "b"], "pos", "toy")
    assert classes == ("a", "b", "c")
    assert encode(["c", None, "a"], classes).tolist() == [2, -1, 0]


def test_labels_that_train_does_not_have_are_numbered_after_its_classes(reviews):
    labels = labels_of(SentenceTask("t"), reviews(["b", "a"], ["b", "d"], ["e", "_", "c", "a"]), "label")
    assert (labels.classes, labels.unseen) == (("a", "b"), ("c", "d", "e"))
    assert [v.item() for v in labels.values["dev"]] == [1, 3]
    assert [v.item() for v in labels.values["test"]] == [4, -1, 2, 0]


@pytest.mark.parametrize("split", ["dev", "test"])
def test_a_split_without_any_class_of_train_is_an_error(split, reviews):
    labels = {"train": ["neg", "pos"], "dev": ["neg"], "test": ["pos"]} | {split: ["1", "0", "_"]}
    with pytest.raises(DataError, match=rf"task=t: no label of {split} \(0, 1\) occurs in train \(neg, pos\); write"):
        SentenceTask("t").labels(reviews(**labels))


@pytest.mark.parametrize(("train", "seen"), [(["a", "a"], r"one class only \(a\)"), ([], "no label")])
def test_one_class_cannot_be_probed(train, seen):
    with pytest.raises(DataError, match=f"task=pos: train of toy has {seen}; a probe needs two classes"):
        classes_of(train, "pos", "toy")


TREEBANK = [WordTask("pos"), WordTask("xpos", column="xpos"), WordTask("deprel", column="deprel")]
TREEBANK += [Depth("depth"), Distance("distance"), TreeDepth("tree_depth")]


@pytest.mark.parametrize("task", TREEBANK, ids=lambda task: task.name)
def test_a_corpus_of_another_kind_is_refused_with_one_to_type(task, reviews):
    with pytest.raises(DataError, match=rf"task={task.name} needs \w+, and corpus toy has none .*train-0.*data=ewt"):
        task.labels(reviews(["a", "b"], ["a"], ["b"]))


def test_a_treebank_without_labels_is_refused_for_sentiment(treebank):
    with pytest.raises(DataError, match="task=sentiment needs label, and corpus toy has none .*data=sst2"):
        SentenceTask("sentiment").labels(treebank("the dog ran"))


def test_annotation_may_be_partial_only_where_that_is_asked_for():
    some = (Sentence("a", ("x", "y"), upos=("X", "Y")), Sentence("b", ("x",)))
    corpus = Corpus("toy", dict.fromkeys(SPLITS, some))
    labels = labels_of(WordTask("pos"), corpus, "upos", partly=True)
    assert [v.tolist() for v in labels.values["test"]] == [[0, 1], [-1]]
    with pytest.raises(DataError, match="none for sentence b"):
        labels_of(WordTask("pos"), corpus, "upos")
    with pytest.raises(DataError, match=r"none for sentence b \(dev\)"):
        labels_of(WordTask("pos"), Corpus("toy", {**corpus.splits, "dev": some[1:]}), "upos", partly=True)


TREES = [Depth("depth"), Distance("distance"), TreeDepth("tree_depth")]


def with_broken(policy: str, whole_split: bool = False) -> Corpus:
    """Splits of a tree and, in test, of three words without one."""
    tree = Sentence("a", ("x", "y"), upos=("X", "Y"), heads=(2, 0))
    broken = Sentence(
        "b", ("x", "y", "z"), upos=("X", "Y", "X"), broken_tree="f:7: sentence b is not a tree: two roots"
    )
    splits = {"train": (tree,), "dev": (tree,), "test": (broken,) if whole_split else (tree, broken)}
    return Corpus("toy", splits, broken_trees=policy)


@pytest.mark.parametrize("task", TREES, ids=lambda task: task.name)
def test_a_tree_is_checked_where_a_task_reads_it(task):
    with pytest.raises(DataError, match=r"f:7: .*two roots; correct its HEAD.*broken_trees=skip .*1 of the 2 of test"):
        task.labels(with_broken("error"))
    (tree, nothing) = task.labels(with_broken("skip")).values["test"]
    size = {"word": (3,), "pair": (3, 3), "sentence": (1,)}[task.level]
    assert nothing.shape == size
    assert np.isnan(nothing).all() and not np.isnan(tree).any()
    control = task.control(with_broken("skip"), task.labels(with_broken("skip")), generator(0))
    assert [v.shape for v in control.values["test"]] == [tree.shape, size]


@pytest.mark.parametrize("task", TREES, ids=lambda task: task.name)
def test_skipped_trees_excuse_no_sentence_without_heads(task):
    corpus = with_broken("skip")
    bare = {**corpus.splits, "dev": (Sentence("c", ("x",)),)}
    with pytest.raises(DataError, match=r"needs heads, and corpus toy has none for sentence c \(dev\)"):
        task.labels(Corpus("toy", bare, broken_trees="skip"))


@pytest.mark.parametrize("policy", ["error", "skip"])
def test_a_task_that_reads_no_tree_uses_every_word(policy):
    labels = WordTask("pos").labels(with_broken(policy))
    assert [v.tolist() for v in labels.values["test"]] == [[0, 1], [0, 1, 0]]


def test_gold_is_what_labels_are_made_of(treebank, reviews):
    (sentence,) = treebank("the mu dog ran").splits["train"]  # heads chain every word to the next
    assert WordTask("pos").gold(sentence) == ["DET", None, "NOUN", "VERB"]
    assert Depth("depth").gold(sentence) == [3, 2, 1, 0]
    assert TreeDepth("tree_depth").gold(sentence) == [3]
    assert Distance("distance").gold(sentence) is None
    one, none = reviews(["pos", "_"], ["pos"], ["pos"]).splits["train"]
    assert [SentenceTask("sentiment").gold(s) for s in (one, none, sentence)] == [["pos"], [None], None]
    assert [task.gold(one) for task in (WordTask("xpos", column="xpos"), Depth("a"), TreeDepth("b"))] == [None] * 3


@dataclass(frozen=True)
class Short(WordTask):
    """A task of words that labels the first one only, or measures the words' length."""

    kind: Kind = "class"

    def gold(self, sentence: Sentence) -> Sequence[str | float | None]:
        if self.kind == "class":
            return sentence.upos[:1]
        return [None if word == "mu" else len(word) / 2 for word in sentence.words]


def test_a_task_that_does_not_label_every_word_is_named(treebank):
    with pytest.raises(DataError, match="task=short gives 1 labels for sentence s0; 3 are expected"):
        Short("short").labels(treebank("the dog ran"))


def test_a_number_may_be_missing(treebank):
    labels = Short("length", kind="scalar").labels(treebank("the mu dog"))
    np.testing.assert_equal(labels.values["train"][0], [1.5, np.nan, 1.5])
    assert (labels.kind, labels.classes) == ("scalar", ())
