"""The factorised linear probe against the convex solution, and what its rank bounds."""

from dataclasses import replace

import numpy as np
import pytest

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe.fit import TASK, Fit, InputSize, Setting, Target, apply
from probing.probe.linear import Linear
from probing.probe.low_rank import LowRank
from probing.probe.saved import fold

from .conftest import Planted, target

EXACT = {"min_gain": 1e-7, "epochs": 100, "learning_rate": 0.01, "patience": 10}
SETTING = Setting(0, "cpu", no_progress)


class Stopped(Planted):
    """Classes that overlap. Dev is train, so that a model stops at the least loss on train, as a convex solver does."""

    width = 16

    def __init__(self) -> None:
        super().__init__(noise=12.0)
        self.classes["dev"] = self.classes["train"]
        for layer in self._layers:
            layer["dev"] = layer["train"]

    def bounds(self, split: str) -> tuple[int, int]:
        return 0, self.classes[split].size


def fit_of(probe: Linear | LowRank, planted: Stopped, kind: str) -> Fit:
    values = planted.classes if kind == "class" else {s: 10.0 + 4.0 * v for s, v in planted.classes.items()}
    task = Target("word", kind, 3, {s: list(v) for s, v in values.items()})  # type: ignore[arg-type]
    [fit] = probe.fit(planted, {TASK: task}, [1], SETTING)  # type: ignore[arg-type]
    return fit


@pytest.fixture(scope="module")
def planted() -> Stopped:
    return Stopped()


def test_at_full_rank_classes_are_those_of_the_convex_solution(planted):
    """Loss within 0.1 % of the least one, probabilities of test within 0.02."""
    convex = fit_of(Linear("linear", [1e-9], tolerance=1e-8), planted, "class")
    found = fit_of(LowRank(name="low_rank", rank=16, **EXACT), planted, "class")
    assert found.chosen["dev_nats"] == pytest.approx(convex.chosen["dev_nats"], rel=1e-3)
    assert found.chosen["dev_nats"] > convex.chosen["dev_nats"] - 1e-6
    x = apply({"test": planted.layer(1)["test"]}, *found.scale)["test"]
    ours, theirs = (_probabilities(x, fit.weights) for fit in (found, convex))
    assert ours == pytest.approx(theirs, abs=0.02)


def test_at_full_rank_numbers_are_those_of_least_squares(planted):
    convex = fit_of(Linear("linear", [1e-9]), planted, "scalar")
    found = fit_of(LowRank(name="low_rank", rank=16, **EXACT), planted, "scalar")
    ours, theirs = (np.concatenate(fit.predicted["test"]) for fit in (found, convex))
    assert np.abs(ours - theirs).max() < 0.02 * theirs.std()
    # its weights, which probes.safetensors keeps, predict the same from vectors as the model gives them
    weights, intercept = fold(found.weights, *found.scale)
    assert planted.layer(1)["test"] @ weights[0] + intercept[0] == pytest.approx(ours, abs=1e-3)


def test_the_matrix_has_the_rank_and_a_rank_that_is_too_small_costs_score(planted):
    fits = {k: fit_of(LowRank(name="low_rank", rank=k, learning_rate=0.01), planted, "class") for k in (1, 2)}
    for rank, fit in fits.items():
        assert np.linalg.matrix_rank(fit.weights[:, :-1], tol=1e-4) == rank
    assert fits[1].chosen["dev_nats"] > fits[2].chosen["dev_nats"] + 0.01


def test_a_rank_above_the_width_or_below_one_is_refused():
    with pytest.raises(ConfigError, match=r"probe.rank=17: vectors have 16 features.*probe.rank=16"):
        LowRank(name="low_rank", rank=17).check_size(InputSize(n_items=9, width=16, part_width=16, layers=[0]))
    with pytest.raises(ConfigError, match="probe.rank=0"):
        LowRank(name="low_rank", rank=0)


def test_labels_that_can_only_be_memorised_are_predicted_for_train(planted):
    task = target(planted.classes, "class")
    targets = {TASK: task, "control0": replace(task, scored=("train",))}
    found = LowRank(name="low_rank", rank=2, epochs=1).fit(planted, targets, [1], SETTING)  # type: ignore[arg-type]
    assert len(np.concatenate({fit.target: fit for fit in found}["control0"].predicted["train"])) == 600


def _probabilities(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    logits = x @ weights[:, :-1].T + weights[:, -1]
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)
