from collections import Counter

import networkx as nx
import numpy as np
import pytest

from probing.axes import SPLITS, Corpus, Sentence
from probing.data.grammar import Grammar
from probing.data.treebank_sentence import tree_problem
from probing.errors import ConfigError
from probing.rng import generator
from probing.task.trees import Depth, Distance, TreeDepth, depths, distances, habit_heads

# "The quick fox jumped over it": The -> fox, quick -> fox, fox -> jumped, jumped = root, over -> it, it -> jumped
FOX = (3, 3, 4, 0, 6, 4)


def random_heads(rng: np.random.Generator, n: int) -> list[int]:
    """Heads of a random tree over words in random order: every word but the first hangs from an earlier one."""
    order = (rng.permutation(n) + 1).tolist()
    heads = [0] * n
    for place in range(1, n):
        heads[order[place] - 1] = order[rng.integers(place)]
    return heads


def graph(heads: list[int]) -> nx.Graph:
    found = nx.Graph((word, head) for word, head in enumerate(heads, start=1) if head)
    found.add_nodes_from(range(1, len(heads) + 1))
    return found


def test_depths_by_hand():
    assert depths(FOX).tolist() == [2, 2, 1, 0, 2, 1]
    assert depths((0,)).tolist() == [0]
    assert depths((2, 3, 4, 0)).tolist() == [3, 2, 1, 0]


def test_distances_by_hand():
    # fmt: off
    assert distances(FOX).tolist() == [
        [0, 2, 1, 2, 4, 3],
        [2, 0, 1, 2, 4, 3],
        [1, 1, 0, 1, 3, 2],
        [2, 2, 1, 0, 2, 1],
        [4, 4, 3, 2, 0, 1],
        [3, 3, 2, 1, 1, 0],
    ]
    # fmt: on
    assert distances((0,)).tolist() == [[0]]


@pytest.mark.parametrize("n", [1, 2, 3, 8, 40])
def test_random_trees_agree_with_shortest_paths(n):
    rng = generator(n, "trees")
    for _ in range(5):
        heads = random_heads(rng, n)
        paths = dict(nx.all_pairs_shortest_path_length(graph(heads)))
        expected = np.array([[paths[i][j] for j in range(1, n + 1)] for i in range(1, n + 1)])
        assert (distances(heads) == expected).all()
        assert (depths(heads) == expected[heads.index(0)]).all()


def test_a_chain_longer_than_the_recursion_limit_has_depths():
    assert depths([*range(2, 3001), 0]).tolist() == [*range(2999, -1, -1)]


def corpus_of(*heads: tuple[int, ...]) -> Corpus:
    sentences = tuple(Sentence(f"s{i}", tuple("abcdefgh"[: len(h)]), heads=h) for i, h in enumerate(heads))
    return Corpus("toy", dict.fromkeys(SPLITS, sentences))


def test_tasks_label_words_pairs_and_sentences():
    corpus = corpus_of(FOX, (2, 0))
    word, pair, sentence = (task.labels(corpus) for task in (Depth("a"), Distance("b"), TreeDepth("c")))
    assert [labels.level for labels in (word, pair, sentence)] == ["word", "pair", "sentence"]
    assert {labels.kind for labels in (word, pair, sentence)} == {"scalar"}
    for split in SPLITS:
        assert [v.tolist() for v in word.values[split]] == [[2, 2, 1, 0, 2, 1], [1, 0]]
        assert [v.shape for v in pair.values[split]] == [(6, 6), (2, 2)]
        assert [v.tolist() for v in sentence.values[split]] == [[2], [1]]


def test_habits_by_hand():
    # first, last, previous: the first word is the root, the last hangs from it whatever their habits are
    assert habit_heads(np.array([2, 0, 1, 2, 2])) == [0, 1, 5, 3, 1]
    assert habit_heads(np.array([1])) == [0]
    assert habit_heads(np.array([1, 2])) == [0, 1]


def test_habit_trees_are_trees():
    rng = generator(0, "habits")
    for n in range(1, 30):
        for _ in range(20):
            assert tree_problem(habit_heads(rng.integers(3, size=n))) is None


@pytest.fixture(scope="module")
def corpus():
    return Grammar(train=200, dev=30, test=30).load()


@pytest.mark.parametrize("task", [Depth("depth"), Distance("distance"), TreeDepth("tree_depth")], ids=lambda t: t.name)
def test_a_seed_is_a_control_of_the_same_shape_and_another_task(corpus, task):
    labels = task.labels(corpus)
    one, again, other = (task.control(corpus, labels, generator(seed)) for seed in (0, 0, 1))
    assert (one.level, one.kind) == (labels.level, labels.kind)
    for split in SPLITS:
        flat = [np.concatenate([v.ravel() for v in found.values[split]]) for found in (labels, one, again, other)]
        assert [v.shape for v in one.values[split]] == [v.shape for v in labels.values[split]]
        assert (flat[1] == flat[2]).all()
        assert (flat[1] != flat[3]).any()
        assert (flat[1] != flat[0]).mean() > 0.2


def test_the_control_of_depth_is_one_depth_of_train_per_type(corpus):
    labels = Depth("depth").labels(corpus)
    control = Depth("depth").control(corpus, labels, generator(0))
    drawn: dict[str, set[int]] = {}
    for split in SPLITS:
        for sentence, values in zip(corpus.splits[split], control.values[split], strict=True):
            for word, value in zip(sentence.words, values, strict=True):
                drawn.setdefault(word, set()).add(int(value))
    assert {len(found) for found in drawn.values()} == {1}
    train = np.concatenate(labels.values["train"])
    types = [value for found in drawn.values() for value in found]
    assert set(types) <= set(train.tolist())
    assert np.mean(types) == pytest.approx(train.mean(), abs=4 * train.std() / len(types) ** 0.5)


def test_the_control_of_distance_is_a_tree_in_which_types_keep_their_habit(corpus):
    control = Distance("distance").control(corpus, Distance("distance").labels(corpus), generator(0))
    habits: dict[str, set[str]] = {}
    for split in SPLITS:
        for sentence, gold in zip(corpus.splits[split], control.values[split], strict=True):
            assert (gold == 1).sum() == 2 * (len(gold) - 1)  # a tree has one edge less than words
            for place in range(2, len(gold) - 1):  # where first, last and previous word are three
                linked = {
                    name for name, to in (("first", 0), ("last", -1), ("previous", place - 1)) if gold[place, to] == 1
                }
                word = sentence.words[place]
                habits[word] = habits.get(word, linked) & linked
    assert all(habits.values())
    assert {"first", "last", "previous"} <= set().union(*habits.values())


def test_the_control_of_tree_depth_keeps_the_depths(corpus):
    labels = TreeDepth("tree_depth").labels(corpus)
    control = TreeDepth("tree_depth").control(corpus, labels, generator(0))
    for split in SPLITS:
        assert Counter(np.concatenate(control.values[split])) == Counter(np.concatenate(labels.values[split]))


@pytest.mark.parametrize(("task", "vector"), [(Depth, "cls"), (Distance, "cls"), (TreeDepth, "first")])
def test_an_impossible_vector_names_the_possible_ones(task, vector):
    with pytest.raises(ConfigError, match=rf"task\.vector={vector}: .*mean"):
        task("t", vector=vector)
