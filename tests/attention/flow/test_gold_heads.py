import numpy as np
import torch

from probing.attention.flow.augmented import Rollout
from probing.attention.flow.gold_heads import GoldHeads
from probing.axes import Sentence
from probing.model.map_facts import MapFacts
from probing.model.maps import SPECIAL, Maps

RAW = Rollout(residual_weight=0)  # one layer: rollout is the map itself
TREE = Sentence("s", ("old", "dogs", "bark"), heads=(2, 3, 0))


def of(rows: list[list[float]], words: list[int], sentence: Sentence = TREE) -> list[np.ndarray]:
    gold = GoldHeads([sentence], MapFacts.of_all(1, 1), "test", RAW)
    ids = np.arange(len(words))[None]
    gold.add(Maps((torch.tensor([[rows]]),), np.array([0]), ids, np.array([words]), np.array([len(words)])))
    return [(tally.metric, tally.sums[0, 0], tally.items[0]) for tally in gold.finish()]


def test_mass_on_the_head_and_on_the_words_that_are_not() -> None:
    # [CLS] old dogs bark; old -> dogs .6 (its head), dogs -> bark .5 (its head); bark is the root
    rows = [[1, 0, 0, 0], [0.1, 0.1, 0.6, 0.2], [0.2, 0.3, 0, 0.5], [0, 0, 1, 0]]
    (one, on_head, n), (other, on_other, _) = of(rows, [SPECIAL, 0, 1, 2])
    assert (one, other, n) == ("mass_on_gold_head", "mass_on_other_word", 2)
    assert np.isclose(on_head, 0.6 + 0.5)
    assert np.isclose(on_other, 0.2 + 0.3)


def test_a_head_of_two_subwords_is_the_sum_of_both() -> None:
    rows = [[0, 0.2, 0.3, 0.5], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]]
    (_, on_head, n), _ = of(rows, [0, 1, 1, 2])
    assert n == 2
    assert np.isclose(on_head, 0.5 + (0 + 1) / 2)  # dogs: the mean over its two subwords


def test_sentences_without_trees_or_other_words_count_for_nothing() -> None:
    assert of([[1.0]], [0], Sentence("s", ("one",), heads=(0,))) == []
    assert of([[0.5, 0.5], [0.5, 0.5]], [0, 1], Sentence("s", ("no", "tree"))) == []


def test_words_that_share_a_subword_are_neither_asked_nor_an_answer_nor_another_word() -> None:
    tree = Sentence("s", ("de", "le", "old", "dogs", "bark"), heads=(4, 4, 4, 5, 0))
    # subwords: [de le] old dogs bark; old -> dogs .6, dogs -> bark .5; mass on the shared subword counts for nothing
    rows = [[0.1, 0.1, 0.7, 0.1], [0.2, 0.1, 0.6, 0.1], [0.3, 0.2, 0, 0.5], [1, 0, 0, 0]]
    gold = GoldHeads([tree], MapFacts.of_all(1, 1), "test", RAW)
    words, last = np.array([[0, 2, 3, 4]]), np.array([[1, 2, 3, 4]])
    gold.add(Maps((torch.tensor([[rows]]),), np.array([0]), words, words, np.array([4]), last_words=last))
    on_head, on_other = ((tally.sums[0, 0], tally.items[0]) for tally in gold.finish())
    np.testing.assert_allclose(on_head, (0.6 + 0.5, 2))
    np.testing.assert_allclose(on_other, (0.1 + 0.2, 2))
