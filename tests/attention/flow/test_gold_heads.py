import numpy as np
import torch

from probing.attention.flow.augmented import Rollout
from probing.attention.flow.gold_heads import GoldHeads
from probing.axes import Sentence
from probing.model.map_facts import MapFacts
from probing.model.maps import SPECIAL, Maps

RAW = Rollout(residual_weight=0)  # one layer: rollout is the map itself
TREE = Sentence("s", ("old", "dogs", "bark"), heads=(2, 3, 0))


def of(rows: list[list[float]], words: list[int], sentence: Sentence = TREE) -> dict[str, tuple[float, float]]:
    gold = GoldHeads([sentence], MapFacts.of_all(1, 1), "test", RAW)
    ids = np.arange(len(words))[None]
    gold.add(Maps((torch.tensor([[rows]]),), np.array([0]), ids, np.array([words]), np.array([len(words)])))
    return sums_of(gold)


def sums_of(gold: GoldHeads) -> dict[str, tuple[float, float]]:
    return {tally.metric: (float(tally.sums[0, 0]), float(tally.items[0])) for tally in gold.finish()}


def test_mass_on_the_head_and_on_a_word_as_far_away() -> None:
    # [CLS] a b c d .; a -> b, b -> c, d -> c (its head is on the left), . -> c; c is the root
    tree = Sentence("s", ("a", "b", "c", "d", "."), heads=(2, 3, 0, 3, 3))
    rows = np.eye(6)
    rows[1] = [0, 0.1, 0.6, 0.1, 0.1, 0.1]
    rows[2] = [0, 0.2, 0, 0.5, 0.2, 0.1]
    rows[3] = [0, 0.1, 0.3, 0.2, 0.4, 0]
    rows[4] = [0, 0.05, 0.05, 0.3, 0.4, 0.2]
    rows[5] = [0, 0.1, 0.1, 0.2, 0.3, 0.3]
    found = of(rows.tolist(), [SPECIAL, 0, 1, 2, 3, 4], tree)
    np.testing.assert_allclose(found["mass_on_gold_head"], (0.6 + 0.5 + 0.3 + 0.2, 4), atol=1e-6)
    # +1: c -> d, d -> .  -1: b -> a, c -> b, . -> d  -2: c -> a, d -> b
    matched = 2 * np.mean([0.4, 0.2]) + np.mean([0.2, 0.3, 0.3]) + np.mean([0.1, 0.05])
    np.testing.assert_allclose(found["mass_on_matched_word"], (matched, 4), atol=1e-6)
    # a has nothing on its left, . nothing on its right; b -> a, d -> .
    np.testing.assert_allclose(found["mass_on_mirror_word"], (0.2 + 0.2, 2), atol=1e-6)
    np.testing.assert_allclose(found["mass_on_gold_head_with_mirror"], (0.5 + 0.3, 2), atol=1e-6)


def test_a_head_of_two_subwords_is_the_sum_of_both() -> None:
    # dogs (two subwords) is the head of old and of bark
    rows = [[0, 0.2, 0.3, 0.5], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0.5, 0.3, 0.2]]
    found = of(rows, [0, 1, 1, 2], Sentence("s", ("old", "dogs", "bark"), heads=(2, 0, 2)))
    np.testing.assert_allclose(found["mass_on_gold_head"], (0.2 + 0.3 + 0.5 + 0.3, 2), atol=1e-6)
    # dogs -> bark and dogs -> old: the mean over its two subwords
    np.testing.assert_allclose(found["mass_on_matched_word"], ((0 + 1) / 2 + (1 + 0) / 2, 2), atol=1e-6)


def test_words_without_a_match_count_for_nothing_and_are_counted() -> None:
    gold = GoldHeads([TREE], MapFacts.of_all(1, 1), "test", RAW)
    gold.add(Maps((torch.full((1, 1, 3, 3), 1 / 3),), np.array([0]), *[np.arange(3)[None]] * 2, np.array([3])))
    assert gold.finish() == []
    assert gold.unmatched == 2  # both heads are the next word, and no other word has one


def test_sentences_without_trees_or_other_words_count_for_nothing() -> None:
    assert of([[1.0]], [0], Sentence("s", ("one",), heads=(0,))) == {}
    assert of([[0.5, 0.5], [0.5, 0.5]], [0, 1], Sentence("s", ("no", "tree"))) == {}


def test_words_that_share_a_subword_are_neither_asked_nor_an_answer_nor_a_match() -> None:
    tree = Sentence("s", ("de", "le", "old", "dogs", "bark"), heads=(4, 4, 4, 5, 0))
    # subwords: [de le] old dogs bark; old -> dogs .6, dogs -> bark .5; mass on the shared subword counts for nothing
    rows = [[0.1, 0.1, 0.7, 0.1], [0.2, 0.1, 0.6, 0.1], [0.3, 0.2, 0, 0.5], [0.5, 0.1, 0.4, 0]]
    bark_attends = Sentence("t", ("de", "le", "old", "dogs", "bark"), heads=(4, 4, 0, 3, 4))
    under_de = Sentence("u", ("de", "le", "old", "dogs", "bark"), heads=(4, 4, 1, 5, 0))
    gold = GoldHeads([tree, bark_attends, under_de], MapFacts.of_all(1, 1), "test", RAW)
    words, last = np.array([[0, 2, 3, 4]] * 3), np.array([[1, 2, 3, 4]] * 3)
    gold.add(Maps((torch.tensor([[rows]] * 3),), np.arange(3), words, words, np.full(3, 4), last_words=last))
    found = {tally.metric: tally for tally in gold.finish()}
    on_head, on_mirror = found["mass_on_gold_head"], found["mass_on_mirror_word"]
    np.testing.assert_allclose(on_head.sums[:, 0], [0.6 + 0.5, 0.2 + 0.4, 0.5], atol=1e-6)
    np.testing.assert_allclose(on_head.items, [2, 2, 1])
    # dogs -> old, dogs -> bark, dogs -> old; as far from old as dogs is le, which shares its subword
    np.testing.assert_allclose(on_mirror.sums[:, 0], [0.2, 0.5, 0.2], atol=1e-6)
    np.testing.assert_allclose(on_mirror.items, [1, 1, 1])
