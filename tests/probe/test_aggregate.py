"""Probes of all subwords: aggregations by their formulas, what each finds, the same result from memory and store."""

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.special import softmax

from probing.axes import SPLITS, no_progress
from probing.errors import ConfigError
from probing.probe.aggregate import Aggregate
from probing.probe.aggregations import NAMES, Aggregation
from probing.probe.fit import TASK, Setting, Target
from probing.rng import generator

SIZES = {"train": 300, "dev": 100, "test": 200}
SETTING = Setting(0, "cpu", no_progress)
WIDTH = 8


class OneWord:
    """Texts of 5 to 14 subwords of noise; in one of two classes one of them, anywhere, has a large first feature."""

    bits, stored_width, subwords_gb = 24, WIDTH, 1.0

    def __init__(self) -> None:
        rng = generator(0, "one word")
        lengths = rng.integers(5, 15, sum(SIZES.values()))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        self.x = rng.normal(size=(ends[-1], WIDTH)).astype(np.float32)
        self.classes = rng.integers(2, size=len(lengths))
        marked = ends[:-1] + rng.integers(0, lengths)
        self.x[marked[self.classes == 1], 0] += 4
        weights = np.repeat(1 / lengths, lengths).astype(np.float32)
        self.pools = [sparse.csr_matrix((weights, np.arange(ends[-1]), ends))]
        self.edges = np.cumsum([0, *SIZES.values()])
        self.reads = 0

    def bounds(self, split: str) -> tuple[int, int]:
        at = SPLITS.index(split)
        return int(self.edges[at]), int(self.edges[at + 1])

    def subwords(self, layer: int, rows: np.ndarray) -> np.ndarray:
        self.reads += 1
        return self.x[rows]

    def target(self, labels: np.ndarray) -> Target:
        values = {split: list(labels[slice(*self.bounds(split))][:, None]) for split in SPLITS}
        return Target("sentence", "class", 2, values)

    @property
    def targets(self) -> dict[str, Target]:
        return {TASK: self.target(self.classes)}


@pytest.fixture(scope="module")
def planted() -> OneWord:
    return OneWord()


OPTIONS = {"name": "aggregate", "learning_rate": 0.02, "heads": [2], "weight_decay": [0.0], "epochs": 8}


@pytest.fixture(scope="module")
def found(planted):
    [fit] = Aggregate(**OPTIONS).fit(planted, planted.targets, [3], SETTING)
    return fit


def accuracy(fit, planted) -> float:
    gold = planted.classes[slice(*planted.bounds("test"))]
    return float((np.concatenate(fit.predicted["test"]) == gold).mean())


SCORES = generator(1, "scores").normal(size=(2, 4, 12)).astype(np.float32)
LENGTHS = np.array([4, 3])


def by_hand(name: str, s: np.ndarray, heads: int, classes: int) -> np.ndarray:
    """The outputs of one text from scores (T, K) of its subwords, without the intercept."""
    if name == "attention":
        queries, values = s[:, :heads], s[:, heads:].reshape(len(s), heads, classes)
        return sum(softmax(queries[:, h]) @ values[:, h] for h in range(heads))
    if name == "multimax":
        return sum(s[:, h * classes : (h + 1) * classes].max(0) for h in range(heads))
    plain = {"mean": s.mean(0), "max": s.max(0), "last": s[-1], "softmax": (softmax(s, axis=0) * s).sum(0)}
    return plain[name]


@pytest.mark.parametrize(
    "name, heads, columns",
    [(n, 1, 3 + (n == "attention")) for n in NAMES] + [("attention", 3, 12), ("multimax", 4, 12)],
)
def test_every_aggregation_is_its_formula_whatever_stands_after_the_text(name, heads, columns):
    real = torch.arange(4) < torch.from_numpy(LENGTHS)[:, None]
    scores = torch.from_numpy(SCORES[..., :columns])
    found = Aggregation(name, heads).outputs(scores, real, torch.tensor([0.5, 0.0, -1.0]))
    for n, length in enumerate(LENGTHS):
        expected = by_hand(name, SCORES[n, :length, :columns], heads, 3) + np.array([0.5, 0, -1])
        assert np.allclose(found[n], expected, atol=1e-6)


def test_one_word_anywhere_is_found_by_what_can_look_for_it(planted, found):
    scores = {name: accuracy(fit, planted) for name, fit in found.kinds.items()}
    assert list(scores) == list(NAMES)
    assert scores["last"] < 0.68
    assert min(scores["max"], scores["multimax"]) > max(0.9, scores["mean"] + 0.05)


def test_the_task_has_the_aggregation_with_the_lowest_loss_on_dev(found):
    losses = {name: fit.chosen["dev_nats"] for name, fit in found.kinds.items()}
    assert found.kind == min(losses, key=losses.__getitem__)
    assert found.chosen == found.kinds[found.kind].chosen


def test_outputs_are_those_of_the_predictions(found):
    for fit in found.kinds.values():
        for split, size in (("dev", 100), ("test", 200)):
            assert fit.outputs[split].shape == (size, 2)
            assert (fit.outputs[split].argmax(1) == np.concatenate(fit.predicted[split])).all()


def test_a_layer_that_does_not_fit_is_read_anew_with_the_same_result(planted, found, monkeypatch):
    before = planted.reads
    [again] = Aggregate(**OPTIONS, memory_gb=0.5).fit(planted, planted.targets, [3], SETTING)
    assert planted.reads - before > 20
    for name, fit in found.kinds.items():
        assert np.array_equal(fit.outputs["test"], again.kinds[name].outputs["test"])


def test_a_layer_that_fits_is_read_once_to_measure_and_once_to_train(planted):
    before = planted.reads
    list(Aggregate(**{**OPTIONS, "epochs": 3}).fit(planted, planted.targets, [3], SETTING))
    assert planted.reads - before == 1 + 3


def test_several_windows_cover_every_text(planted, monkeypatch):
    from probing.probe import text_windows

    monkeypatch.setattr(text_windows, "WINDOW", 500 * WIDTH)
    texts = text_windows.LayerTexts(planted, 3, True, 4.0)
    assert texts.n_windows("train") > 3
    places = np.concatenate([window.places for window in texts.windows("train")])
    assert sorted(places.tolist()) == list(range(SIZES["train"]))
    x = np.concatenate([window.x for window in texts.windows("train")])
    assert np.allclose(x.mean(0), 0, atol=1e-5) and np.allclose(x.std(0), 1, atol=1e-4)


def test_a_model_does_not_depend_on_what_is_trained_beside_it(planted, found):
    alone = Aggregate(**{**OPTIONS, "aggregations": ["max"]})
    [fit] = alone.fit(planted, planted.targets, [3], SETTING)
    assert np.allclose(fit.outputs["test"], found.kinds["max"].outputs["test"], atol=1e-4)


def test_shuffled_labels_are_trained_in_the_chosen_way_and_scored_on_train(planted):
    labels = generator(2, "shuffled").permutation(planted.classes)
    control = Target("sentence", "class", 2, planted.target(labels).values, scored=("train",))
    probe = Aggregate(**{**OPTIONS, "epochs": 4})
    task, memorised = probe.fit(planted, {**planted.targets, "control0": control}, [3], SETTING)
    assert (task.target, memorised.target) == (TASK, "control0")
    assert memorised.kind == task.kind and memorised.chosen["heads"] == task.chosen["heads"]
    assert len(memorised.outputs["train"]) == SIZES["train"]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"aggregations": ["mode"]}, "probe.aggregations"),
        ({"aggregations": []}, r"probe.aggregations=\[\]"),
        ({"heads": [9]}, "probe.heads=9: 1 to 8"),
        ({"weight_decay": [-1.0]}, "probe.weight_decay"),
        ({"memory_gb": 0.0}, "probe.memory_gb"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Aggregate(name="aggregate", **options)


@pytest.mark.parametrize("level, kind", [("word", "class"), ("sentence", "scalar"), ("pair", "scalar")])
def test_only_classes_of_texts_are_probed(level, kind):
    with pytest.raises(ConfigError, match="type"):
        Aggregate(name="aggregate").check(level, kind)
    Aggregate(name="aggregate").check("sentence", "class")
