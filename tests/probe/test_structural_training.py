"""The probe finds trees in vectors that were built from them, and none in other vectors."""

from collections.abc import Callable
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
import torch

from probing.errors import ModelError
from probing.probe.geometry import FittedStructural
from probing.probe.structural_training import Training, fit_structural
from probing.probe.tree_batches import SentenceVectors
from probing.result.metrics import dspr, nspr, uuas
from probing.result.statistics import Statistics, combine, expand

LONGEST, WIDTH = 9, 16
TRAINING = Training(rank=12, epochs=20, learning_rate=1e-2, patience=3)
Gold = list[np.ndarray]
Fitted = dict[tuple[int, str], FittedStructural]


def planted(n_sentences: int, seed: int, scales: tuple[float, ...] = (1.0,)) -> tuple[SentenceVectors, Gold, Gold]:
    """Vectors whose squared distances are tree distances in a hidden subspace; the rest is noise.

    A word is the sum of one unit vector per edge on its way to the root, one direction per word position.
    """
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(np.random.default_rng(99).normal(size=(WIDTH, WIDTH)))[0]
    vectors, depths, distances = [], [], []
    for n in rng.integers(5, LONGEST + 1, size=n_sentences).tolist():
        order = rng.permutation(n)
        tree = nx.DiGraph([(order[rng.integers(i)], order[i]) for i in range(1, n)])
        hidden = np.concatenate([np.zeros((n, LONGEST)), rng.normal(size=(n, WIDTH - LONGEST))], axis=1)
        for word in order:
            hidden[word, list((nx.ancestors(tree, word) | {word}) - {order[0]})] = 1
        vectors.append(hidden @ rotation)
        depths.append(hidden[:, :LONGEST].sum(axis=1))
        distances.append(np.abs(hidden[:, None, :LONGEST] - hidden[None, :, :LONGEST]).sum(axis=2))
    layers = np.stack([scale * np.concatenate(vectors).astype(np.float32) for scale in scales])
    return SentenceVectors(layers, np.cumsum([0, *map(len, depths)])), depths, distances


def fit(training: Training, train: SentenceVectors, dev: SentenceVectors, gold: dict[str, tuple[Gold, Gold]]) -> Fitted:
    targets = {name: {"train": a, "dev": b} for name, (a, b) in gold.items()}
    return fit_structural(training, {"train": train, "dev": dev}, targets, np.random.default_rng(0))


def score(metric: Callable[..., Statistics], fitted: FittedStructural, vectors: SentenceVectors, gold: Gold) -> float:
    statistics = metric(gold, fitted.predict(vectors.values[0], vectors.offsets))
    return float(combine(statistics.metric, expand(statistics).sum(axis=0)))


def shuffled(gold: Gold, seed: int) -> Gold:
    """Each sentence gets the gold of another sentence of its length."""
    rng, lengths = np.random.default_rng(seed), np.array([len(g) for g in gold])
    source = np.arange(len(gold))
    for n in set(lengths.tolist()):
        source[lengths == n] = rng.permutation(source[lengths == n])
    return [gold[i] for i in source]


def errors(fitted: FittedStructural, vectors: SentenceVectors, gold: Gold) -> np.ndarray:
    predicted = fitted.predict(vectors.values[0], vectors.offsets)
    return np.concatenate([np.abs(p - g).ravel() for p, g in zip(predicted, gold, strict=True)])


@pytest.fixture(scope="module")
def splits() -> dict[str, tuple[SentenceVectors, Gold, Gold]]:
    return {"train": planted(600, seed=1), "dev": planted(100, seed=2), "test": planted(100, seed=3)}


def test_planted_distances_are_found_and_shuffled_ones_are_not(splits):
    (train, _, gold), (dev, _, dev_gold), (test, _, test_gold) = splits.values()
    fitted = fit(
        TRAINING, train, dev, {"task": (gold, dev_gold), "control": (shuffled(gold, 3), shuffled(dev_gold, 4))}
    )
    assert errors(fitted[0, "task"], test, test_gold).max() < 0.05
    assert score(uuas, fitted[0, "task"], test, test_gold) == 1
    assert score(dspr, fitted[0, "task"], test, test_gold) > 0.94  # not 1: rounding breaks the ties of gold
    other = shuffled(test_gold, 5)  # two random trees of n words share 2/n of their edges
    assert score(uuas, fitted[0, "control"], test, other) < 0.4
    assert score(dspr, fitted[0, "control"], test, other) < 0.65


def test_planted_depths_are_found_and_shuffled_ones_are_not(splits):
    (train, gold, _), (dev, dev_gold, _), (test, test_gold, _) = splits.values()
    fitted = fit(
        TRAINING, train, dev, {"task": (gold, dev_gold), "control": (shuffled(gold, 3), shuffled(dev_gold, 4))}
    )
    assert errors(fitted[0, "task"], test, test_gold).max() < 0.2
    assert score(nspr, fitted[0, "task"], test, test_gold) > 0.93  # not 1: rounding breaks the ties of gold
    assert abs(score(nspr, fitted[0, "control"], test, shuffled(test_gold, 5))) < 0.2


def test_rank_bounds_what_the_probe_can_hold(splits):
    (train, _, gold), (dev, _, dev_gold), (test, _, test_gold) = splits.values()
    probes = [fit(replace(TRAINING, rank=k), train, dev, {"task": (gold, dev_gold)})[0, "task"] for k in (1, 4, 12)]
    one, four, twelve = (score(uuas, probe, test, test_gold) for probe in probes)
    assert one + 0.1 < four < twelve - 0.1


def test_layers_and_targets_trained_together_come_out_as_alone():
    scales = (1.0, 50.0)
    (train, gold, _), (dev, dev_gold, _) = planted(120, seed=1, scales=scales), planted(40, seed=2, scales=scales)
    targets = {"task": (gold, dev_gold), "control": (shuffled(gold, 3), shuffled(dev_gold, 4))}
    training = replace(TRAINING, epochs=8, patience=1)
    together = fit(training, train, dev, targets)
    assert list(together) == [(0, "task"), (0, "control"), (1, "task"), (1, "control")]
    assert len({len(fitted.dev_losses) for fitted in together.values()}) > 1  # one ended before another
    for layer, target in together:
        one, other = (SentenceVectors(v.values[layer : layer + 1], v.offsets) for v in (train, dev))
        alone = fit(training, one, other, {target: targets[target]})[0, target]
        assert together[layer, target].matrix == pytest.approx(alone.matrix, abs=1e-5)
        assert together[layer, target].dev_losses == pytest.approx(alone.dev_losses, abs=1e-5)
    # Layers that differ in scale alone are one problem, and ``scale`` undoes the difference.
    small, _, large, _ = together.values()
    assert small.scale == pytest.approx(50 * large.scale)
    assert small.matrix == pytest.approx(large.matrix, abs=1e-4)


@pytest.mark.parametrize("rank", [4, 64])
def test_an_average_word_starts_one_edge_from_the_root(rank):
    (train, gold, _), (dev, dev_gold, _) = planted(60, seed=1, scales=(300.0,)), planted(20, seed=2, scales=(300.0,))
    still = Training(rank=rank, epochs=1, learning_rate=1e-12)
    fitted = fit(still, train, dev, {"task": (gold, dev_gold)})[0, "task"]
    assert np.concatenate(fitted.predict(train.values[0], train.offsets)).mean() == pytest.approx(1, abs=0.25)


def test_same_generator_same_probe():
    (train, _, gold), (dev, _, dev_gold) = planted(60, seed=1), planted(20, seed=2)
    threads = torch.get_num_threads()
    one, two = (fit(replace(TRAINING, epochs=3), train, dev, {"task": (gold, dev_gold)})[0, "task"] for _ in "ab")
    assert (one.matrix == two.matrix).all()
    assert one.dev_losses == two.dev_losses
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(("patience", "epochs"), [(2, 40), (50, 4)])
def test_the_state_with_the_lowest_dev_loss_is_kept_and_patience_ends_it(patience, epochs):
    (train, gold, _), (dev, dev_gold, _) = planted(40, seed=1), planted(40, seed=2)
    training = replace(TRAINING, patience=patience, epochs=epochs)
    fitted = fit(training, train, dev, {"task": (gold, dev_gold)})[0, "task"]
    per_sentence = np.split(errors(fitted, dev, dev_gold), dev.offsets[1:-1])
    assert np.mean([e.mean() for e in per_sentence]) == pytest.approx(min(fitted.dev_losses), abs=TRAINING.min_gain)
    assert fitted.converged == (len(fitted.dev_losses) < epochs) == (patience == 2)
    if fitted.converged:  # two epochs without gain, then the end
        assert min(fitted.dev_losses) > fitted.dev_losses[-3] - TRAINING.min_gain


def test_half_precision_vectors_and_sentences_without_words_are_fine():
    (train, *gold), (dev, *dev_gold) = planted(60, seed=1), planted(20, seed=2)
    half = SentenceVectors(train.values.astype(np.float16), np.append(train.offsets, train.offsets[-1]))
    for level, empty in enumerate((np.empty(0), np.empty((0, 0)))):
        targets = {"task": ([*gold[level], empty], dev_gold[level])}
        fitted = fit(replace(TRAINING, epochs=2), half, dev, targets)[0, "task"]
        assert np.isfinite(fitted.dev_losses).all()
        shapes = [p.shape for p in fitted.predict(half.values[0], half.offsets)]
        assert shapes == [g.shape for g in targets["task"][0]]


def test_impossible_options_and_vectors_are_named():
    (train, gold, _), (dev, dev_gold, _) = planted(20, seed=1), planted(20, seed=2)
    dev.values[0, 3, 2] = np.nan
    with pytest.raises(ModelError, match="layer 0: loss nan after 1 epoch"):
        fit(TRAINING, train, dev, {"task": (gold, dev_gold)})
