"""The attention pool: a marked subword is found among noise, where a mean does not; what is read, and refused."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import sparse

from probing.axes import SPLITS, no_progress
from probing.errors import ConfigError
from probing.probe.attention_pool import AttentionPool, Pooler, attention, reads, spans, used
from probing.probe.fit import TASK, Fit, Setting, Target
from probing.probe.linear import Linear
from probing.rng import generator

SIZES = {"train": 900, "dev": 200, "test": 200}
SETTING = Setting(0, "cpu", no_progress)
WIDTH, CLASSES = 16, 6


class Sentences:
    """Each of 5 to 14 subwords has one of the first six features, drawn at random; that of the marked one, which has
    the seventh too, is the class. Six classes: with two, the weights themselves could tell it, wherever they are.
    """

    bits, product, stored_width, width = 24, False, WIDTH, WIDTH

    def __init__(self) -> None:
        rng = generator(0, "sentences")
        lengths = rng.integers(5, 15, sum(SIZES.values()))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        self.x = 0.1 * rng.normal(size=(ends[-1], WIDTH)).astype(np.float32)
        self.marked = ends[:-1] + rng.integers(0, lengths)
        features = rng.integers(CLASSES, size=ends[-1])
        self.classes = features[self.marked]
        self.x[np.arange(ends[-1]), features] += 1
        self.x[self.marked, CLASSES] += 1
        weights = np.repeat(1 / lengths, lengths).astype(np.float32)
        self.pools = [sparse.csr_matrix((weights, np.arange(ends[-1]), ends))]
        self.edges = np.cumsum([0, *SIZES.values()])

    def bounds(self, split: str) -> tuple[int, int]:
        at = SPLITS.index(split)
        return int(self.edges[at]), int(self.edges[at + 1])

    def subwords(self, layer: int, rows: np.ndarray) -> np.ndarray:
        return self.x[rows]

    def layer(self, layer: int) -> dict[str, np.ndarray]:
        whole = self.pools[0] @ self.x
        return {split: whole[slice(*self.bounds(split))] for split in SPLITS}

    @property
    def targets(self) -> dict[str, Target]:
        shuffled = generator(1, "control").permutation(self.classes)
        return {TASK: self._target(self.classes), "control0": self._target(shuffled)}

    def _target(self, labels: np.ndarray) -> Target:
        values = {split: list(labels[slice(*self.bounds(split))][:, None]) for split in SPLITS}
        return Target("sentence", "class", CLASSES, values)


@pytest.fixture(scope="module")
def planted() -> Sentences:
    return Sentences()


@pytest.fixture(scope="module")
def found(planted) -> dict[str, Fit]:
    probe = AttentionPool(name="attention_pool", learning_rate=0.01, units=8)
    return {fit.target: fit for fit in probe.fit(planted, planted.targets, [3], SETTING)}  # type: ignore[arg-type]


def accuracy(fit: Fit, planted: Sentences) -> float:
    return float((np.concatenate(fit.predicted["test"]) == planted.classes[slice(*planted.bounds("test"))]).mean())


def test_it_finds_the_marked_subword_where_a_mean_does_not(planted, found):
    [mean] = Linear("linear", [1e-2]).fit(planted, {TASK: planted.targets[TASK]}, [3], SETTING)  # type: ignore[arg-type]
    assert accuracy(found[TASK], planted) > 0.95
    assert accuracy(mean, planted) < 0.5
    test = np.arange(*planted.bounds("test"))
    weights, _ = reads(found[TASK], planted, test)  # type: ignore[arg-type]
    marked = planted.marked[test] - planted.pools[0].indptr[test]
    mass = np.array([weight[at] for weight, at in zip(weights, marked, strict=True)])
    assert mass.mean() > 0.8
    assert (np.array([weight.argmax() for weight in weights]) == marked).mean() > 0.9


def test_the_control_has_weights_of_its_own_and_finds_nothing(planted, found):
    assert accuracy(found["control0"], planted) < 0.4
    assert not np.allclose(found["control0"].parameters[2], found[TASK].parameters[2])


def test_what_it_reads_of_a_sentence_gives_its_prediction(planted, found):
    test = np.arange(*planted.bounds("test"))
    weights, values = reads(found[TASK], planted, test)  # type: ignore[arg-type]
    outputs = [weight @ value + found[TASK].parameters[-1] for weight, value in zip(weights, values, strict=True)]
    assert [len(weight) for weight in weights] == np.diff(planted.pools[0].indptr)[test].tolist()
    assert [one.argmax() for one in outputs] == np.concatenate(found[TASK].predicted["test"]).tolist()


def test_outputs_by_hand():
    """One sentence of two subwords and a padded third; a query of units that see the first feature."""
    weights = [torch.tensor([[1.0], [0.0]]), torch.tensor([0.5]), torch.tensor([[2.0]])]
    weights += [torch.tensor([[1.0], [10.0]]), torch.tensor([3.0])]
    x = torch.tensor([[[[0.3, 1.0], [-0.7, 2.0], [float("nan")] * 2]]])
    scores = np.exp(2 * np.tanh(np.array([0.8, -0.2])))
    expected = scores / scores.sum()
    assert attention(weights, x)[0, 0].tolist() == pytest.approx([*expected, 0.0])
    pooled = expected @ np.array([[0.3, 1.0], [-0.7, 2.0]])
    output = Pooler(2, 1).forward(weights, x, lambda one: one)
    assert output.item() == pytest.approx(pooled @ [1, 10] + 3)


def test_both_mentions_of_a_pair_are_pooled_with_their_product():
    weights = [torch.zeros(2, 1), torch.zeros(1), torch.zeros(1, 1), torch.eye(6), torch.zeros(6)]
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [float("nan")] * 2]]])
    output = Pooler(2, 1, product=True).forward(weights, x, lambda one: one)
    assert output.tolist() == [[2.0, 3.0, 5.0, 6.0, 10.0, 18.0]]


def test_spans_are_the_rows_of_their_items_in_any_order(planted):
    train = np.arange(*planted.bounds("train"))
    rows = used(planted, "train")  # type: ignore[arg-type]
    of = spans(planted, train, rows, planted.x[rows], "cpu")  # type: ignore[arg-type]
    some = of.rows(torch.tensor([7, 0]))
    ends = planted.pools[0].indptr
    lengths = [int(ends[at + 1] - ends[at]) for at in (7, 0)]
    assert some.shape == (2, 1, max(lengths), WIDTH)
    for place, (at, length) in enumerate(zip((7, 0), lengths, strict=True)):
        assert np.array_equal(some[place, 0, :length], planted.x[ends[at] : ends[at + 1]])
        assert some[place, 0, length:].isnan().all()


def test_few_items_are_read_at_a_time_if_they_are_long(planted, monkeypatch):
    monkeypatch.setattr("probing.probe.attention_pool._NUMBERS", 14 * WIDTH * 10)
    probe = AttentionPool(name="attention_pool", epochs=1)
    side = probe.side(planted, 0, "cpu")  # type: ignore[arg-type]
    assert side.at_once == 10
    n_rows = sum(b - a for a, b in pairwise(planted.pools[0].indptr))
    assert probe.layer_gb(planted) == pytest.approx(n_rows * WIDTH * 4 / 1e9)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "level, kind, message",
    [
        ("word", "class", "most words have a single one"),
        ("edge", "class", "most words have a single one"),
        ("pair", "scalar", "structural"),
        ("word", "position", "bilinear"),
    ],
)
def test_items_without_several_subwords_are_refused(level, kind, message):
    with pytest.raises(ConfigError, match=message):
        AttentionPool(name="attention_pool").check(level, kind)


def test_another_vector_than_the_mean_is_refused():
    probe = AttentionPool(name="attention_pool")
    probe.check("span_pair", "class")
    probe.check_vector("mean")
    with pytest.raises(ConfigError, match="task.vector=cls.*type task.vector=mean"):
        probe.check_vector("cls")
    with pytest.raises(ConfigError, match="probe.units=0"):
        dataclasses.replace(probe, units=0)
