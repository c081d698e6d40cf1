"""Metrics against trees computed by hand, and against scipy and scikit-learn."""

import networkx as nx
import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import f1_score, r2_score

from probing.errors import ProbingError
from probing.result.metrics import accuracy, dspr, macro_f1, nspr, r2, root_accuracy, uas, uuas
from probing.result.statistics import Statistics, combine, expand

# "the dog that barked ran ." with ran as root: heads the→dog, dog→ran, that→barked, barked→dog, .→ran
HEADS = (2, 5, 4, 2, 0, 5)
DEPTHS = np.array([2.0, 1.0, 3.0, 2.0, 0.0, 1.0])
DISTANCES = np.array(
    [
        [0, 1, 3, 2, 2, 3],
        [1, 0, 2, 1, 1, 2],
        [3, 2, 0, 1, 3, 4],
        [2, 1, 1, 0, 2, 3],
        [2, 1, 3, 2, 0, 1],
        [3, 2, 4, 3, 1, 0],
    ],
    dtype=float,
)
CHAIN = np.abs(np.subtract.outer(np.arange(6), np.arange(6))).astype(float)
NO_PUNCTUATION = np.array([True] * 5 + [False])


def value(statistics: Statistics) -> float:
    return float(combine(statistics.metric, expand(statistics).sum(axis=0)))


def tree_distances(n: int, rng: np.random.Generator) -> np.ndarray:
    tree = nx.Graph([(i, int(rng.integers(i))) for i in range(1, n)])
    lengths = dict(nx.all_pairs_shortest_path_length(tree))
    order = rng.permutation(n)
    return np.array([[lengths[i][j] for j in order] for i in order], dtype=float)


def test_accuracy_counts_items_not_sentences():
    statistics = accuracy([np.array([1, 2, 3]), np.array([4])], [np.array([1, 2, 0]), np.array([0])])
    assert value(statistics) == 2 / 4
    assert statistics.values[:, :2].tolist() == [[2, 3], [0, 1]]


def test_a_sentence_without_labels_does_not_count():
    statistics = accuracy(
        [np.array([1]), np.array([], dtype=int), np.array([0])], [np.array([1]), np.array([]), np.array([1])]
    )
    assert statistics.items.tolist() == [1, 0, 1]
    assert value(statistics) == 0.5


def test_macro_f1_is_scikit_learns_over_the_classes_that_gold_has():
    rng = np.random.default_rng(0)
    gold = [rng.integers(0, 4, n) for n in (5, 1, 30)]
    predicted = [np.where(rng.random(g.size) < 0.6, g, rng.integers(0, 6, g.size)) for g in gold]
    flat = np.concatenate(gold), np.concatenate(predicted)
    expected = f1_score(*flat, average="macro", labels=np.unique(flat[0]))
    assert value(macro_f1(gold, predicted, n_classes=6)) == pytest.approx(expected)
    assert macro_f1(gold, predicted, n_classes=6).items.tolist() == [5, 1, 30]


def test_r2_is_scikit_learns():
    rng = np.random.default_rng(0)
    gold = [rng.normal(100, 1, n) for n in (5, 1, 30)]
    predicted = [g + rng.normal(size=g.size) for g in gold]
    assert value(r2(gold, predicted)) == pytest.approx(r2_score(np.concatenate(gold), np.concatenate(predicted)))


def test_nspr_averages_over_lengths_5_to_50_and_not_over_sentences():
    up, down = np.arange(5.0), -np.arange(5.0)
    swapped = np.array([1.0, 0, 2, 3, 4, 5])  # rho = 1 - 6·2 / (6·35)
    gold = [up, up, up, np.arange(6.0), np.arange(4.0), np.arange(51.0)]
    predicted = [up, up, down, swapped, -np.arange(4.0), -np.arange(51.0)]
    statistics = nspr(gold, predicted)
    assert value(statistics) == pytest.approx(((1 + 1 - 1) / 3 + (1 - 12 / 210)) / 2)
    assert statistics.items.tolist() == [1, 1, 1, 1, 0, 0]


def test_sentences_of_5_and_of_50_words_count_and_those_of_4_and_51_do_not():
    gold = [np.arange(float(n)) for n in (4, 5, 50, 51)]
    assert nspr(gold, gold).items.tolist() == [0, 1, 1, 0]


def test_rank_metrics_share_tied_ranks_as_scipy_does():
    rng = np.random.default_rng(0)
    noisy = np.round(DISTANCES + rng.normal(size=DISTANCES.shape))
    depths = np.round(DEPTHS + rng.normal(size=6))
    assert value(nspr([DEPTHS], [depths])) == pytest.approx(spearmanr(DEPTHS, depths).statistic)
    rows = [spearmanr(g, p).statistic for g, p in zip(DISTANCES, noisy, strict=True)]
    assert value(dspr([DISTANCES], [noisy])) == pytest.approx(np.mean(rows))


def test_dspr_weighs_words_within_a_length():
    rng = np.random.default_rng(0)
    gold = [tree_distances(n, rng) for n in (6, 6, 9)]
    predicted = [g + rng.random(g.shape) for g in gold]
    rho = [[spearmanr(a, b).statistic for a, b in zip(g, p, strict=True)] for g, p in zip(gold, predicted, strict=True)]
    assert value(dspr(gold, predicted)) == pytest.approx((np.mean(rho[0] + rho[1]) + np.mean(rho[2])) / 2)


def test_a_constant_row_is_counted_and_makes_no_nan():
    flat = np.zeros(6)
    statistics = nspr([DEPTHS, flat, DEPTHS], [DEPTHS, DEPTHS, flat])
    assert value(statistics) == pytest.approx((1 + 0) / 2)
    assert (statistics.constant_gold, statistics.constant_predicted) == (1, 1)
    both = nspr([flat], [flat])  # left out, so it counts as no prediction
    assert (both.constant_gold, both.constant_predicted, both.items.sum()) == (1, 0, 0)
    collapsed = dspr([DISTANCES], [np.zeros((6, 6))])
    assert value(collapsed) == 0
    assert (collapsed.constant_gold, collapsed.constant_predicted) == (0, 6)


def test_root_is_the_shallowest_word_and_a_tie_goes_to_the_first():
    tied = np.array([5.0, 5, 5, 5, 1, 1])
    final_stop = np.array([5.0, 5, 5, 5, 1, 0])
    assert value(root_accuracy([DEPTHS] * 2, [tied, final_stop])) == 0.5
    assert value(root_accuracy([DEPTHS] * 2, [tied, final_stop], keep=[NO_PUNCTUATION] * 2)) == 1
    tied[1] = 1
    assert value(root_accuracy([DEPTHS], [tied])) == 0


def test_root_accuracy_changes_no_prediction_and_skips_sentences_without_a_root():
    predicted = np.array([5.0, 5, 5, 5, 1, 0])
    root_accuracy([DEPTHS], [predicted], keep=[NO_PUNCTUATION])
    assert predicted.tolist() == [5, 5, 5, 5, 1, 0]
    rootless, nothing_kept = DEPTHS + 1, np.zeros(6, dtype=bool)
    only_the_root_kept = DEPTHS == 0
    assert root_accuracy([rootless], [predicted]).items.sum() == 0
    assert root_accuracy([DEPTHS], [predicted], keep=[nothing_kept]).items.sum() == 0
    assert root_accuracy([DEPTHS], [predicted], keep=[only_the_root_kept]).items.sum() == 0


def test_sentences_of_one_word_are_no_root_accuracy():
    wrong = np.array([5.0, 5, 5, 5, 1, 0])
    found = root_accuracy([DEPTHS, np.zeros(1)], [wrong, np.array([3.0])])
    assert (found.values[:, 1].tolist(), value(found)) == ([1, 0], 0.0)  # not 0.5


def test_uuas_of_a_chain_is_the_share_of_neighbours_joined_in_the_tree():
    # Edges: the-dog, dog-ran, that-barked, barked-dog, ran-. : of them the-dog, that-barked, ran-. are neighbours.
    statistics = uuas([DISTANCES], [CHAIN])
    assert statistics.values[0, :2].tolist() == [3, 5]
    assert uuas([DISTANCES], [CHAIN], keep=[NO_PUNCTUATION]).values[0, :2].tolist() == [2, 4]


def test_uuas_is_over_all_edges_and_a_predicted_zero_is_a_distance():
    zeros = DISTANCES.copy()
    zeros[0, 1] = zeros[1, 0] = 0
    two = np.array([[0.0, 1], [1, 0]])
    statistics = uuas([DISTANCES, two, np.zeros((1, 1))], [zeros, np.zeros((2, 2)), np.zeros((1, 1))])
    assert statistics.values[:, :2].tolist() == [[5, 5], [1, 1], [0, 0]]
    assert value(uuas([DISTANCES, two], [CHAIN, two])) == 4 / 6


def test_without_an_inner_word_gold_edges_join_its_neighbours():
    keep = np.array([True, False, True, True, True, True])  # without "dog"
    gold = nx.from_numpy_array(DISTANCES[np.ix_(keep, keep)])
    weight = sum(d["weight"] for *_, d in nx.minimum_spanning_edges(gold, data=True))
    statistics = uuas([DISTANCES], [DISTANCES], keep=[keep])
    assert statistics.values[0, :2].tolist() == [4, 4]
    assert weight == 2 + 1 + 2 + 1  # the-barked, that-barked, barked-ran, ran-.


def test_uuas_agrees_with_networkx_on_random_trees():
    rng = np.random.default_rng(0)
    gold = [tree_distances(int(n), rng) for n in rng.integers(2, 15, size=30)]
    predicted = [(noise := rng.random(g.shape)) + noise.T + g for g in gold]
    for row, g, p in zip(uuas(gold, predicted).values, gold, predicted, strict=True):
        edges = {frozenset(e) for e in nx.minimum_spanning_tree(nx.from_numpy_array(p)).edges}
        assert row[0] == sum(g[tuple(e)] == 1 for e in edges)
        assert row[1] == len(g) - 1


def test_predictions_of_another_shape_or_with_nan_are_refused():
    with pytest.raises(ProbingError, match=r"sentence 1: \(6,\) gold, \(5,\) predicted"):
        nspr([DEPTHS, DEPTHS], [DEPTHS, DEPTHS[:5]])
    with pytest.raises(ProbingError, match="2 gold sentences, 1 predicted"):
        accuracy([DEPTHS, DEPTHS], [DEPTHS])
    with pytest.raises(ProbingError, match="1 of 6 predictions"):
        r2([DEPTHS], [np.where(DEPTHS == 0, np.nan, DEPTHS)])


def test_uas_counts_right_heads_and_leaves_out_punctuation_as_dependents():
    gold, predicted = [np.array([1, 1, 1]), np.array([0])], [np.array([1, 0, 1]), np.array([0])]
    assert uas(gold, predicted).values[:, :2].tolist() == [[2, 3], [1, 1]]
    keep = [np.array([True, True, False]), np.array([True])]
    assert uas(gold, predicted, keep).values[:, :2].tolist() == [[1, 2], [1, 1]]
