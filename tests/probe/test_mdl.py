from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe import logistic
from probing.probe.fit import TASK, Fit, Setting, Target
from probing.probe.mdl import UNSEEN, UNSEEN_BITS, Block, Mdl, probability
from probing.rng import generator

from .conftest import SIZES, Planted, target

PROBE = Mdl("mdl", [1e-3, 1e-1], fractions=[0.1, 0.5, 1.0])


def codes(planted: Planted) -> dict[tuple[int, str], Fit]:
    targets = {TASK: target(planted.classes, "class"), "control0": target(planted.classes, "class", shuffle=True)}
    found = PROBE.fit(planted, targets, [0, 1], Setting(0, "cpu", no_progress))  # type: ignore[arg-type]
    return {(fit.layer, fit.target): fit for fit in found}


def bits(fit: Fit) -> float:
    assert fit.codelength_bits is not None
    return float(fit.codelength_bits.sum())


def test_labels_that_a_layer_holds_are_cheaper_than_uniform_and_noise_is_not() -> None:
    found = codes(Planted(noise=1.0))
    uniform = 600 * np.log2(3)  # 120 sentences of five words
    assert found[1, TASK].uniform_bits is not None
    assert found[1, TASK].uniform_bits.sum() == pytest.approx(uniform)
    # the first tenth costs log2 3 a label whatever the vectors hold
    assert 0.1 * uniform < bits(found[1, TASK]) < 0.35 * uniform
    assert bits(found[0, TASK]) > 0.95 * uniform
    assert bits(found[1, "control0"]) > 0.95 * uniform


def test_the_code_does_not_depend_on_where_the_origin_of_the_vectors_is() -> None:
    planted = Planted(noise=1.0)
    labels, block = target(planted.classes, "class"), Block(np.arange(300), np.arange(300, 600))
    moved = {split: x + np.float32(20) for split, x in planted.layer(1).items()}
    here, there = (PROBE._send(block, x, labels, "cpu").bits.sum() for x in (planted.layer(1), moved))
    assert here == pytest.approx(there, rel=0.02)


def test_the_first_block_costs_the_uniform_code() -> None:
    found = codes(Planted(noise=1.0))[1, TASK]
    assert found.codelength_bits is not None
    assert (found.codelength_bits == 5 * np.log2(3)).sum() == 12  # a tenth of 120 sentences


def test_the_code_length_is_in_bits() -> None:
    """On pure noise a fitted probe can do no better than the entropy of the labels: log2 3 bits, not ln 3 nats."""
    found = codes(Planted(noise=1.0))[0, TASK]
    assert bits(found) / 600 == pytest.approx(np.log2(3), rel=0.1)


class Rare:
    """Eight classes, two of them of one word in a hundred, on vectors that tell them apart but not always."""

    def __init__(self) -> None:
        rng = generator(0, "rare")
        share, centres = [0.5, 0.3, 0.1, 0.04, 0.02, 0.02, 0.01, 0.01], rng.normal(size=(8, 16)) * 2
        self.classes = {split: rng.choice(8, p=share, size=(n, 5)) for split, n in SIZES.items()}
        self._layer = {
            split: (centres[y.ravel()] + 2 * rng.normal(size=(y.size, 16))).astype(np.float32)
            for split, y in self.classes.items()
        }

    bits = 24  # of float32

    def layer(self, layer: int) -> dict[str, np.ndarray]:
        return self._layer


def rare_code(tolerance: float) -> Fit:
    rare = Rare()
    labels = Target("word", "class", 8, {split: list(y) for split, y in rare.classes.items()})
    strengths, fractions = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1], [0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
    probe = Mdl("mdl", strengths, tolerance=tolerance, max_iterations=3000, fractions=fractions)
    [fit] = probe.fit(rare, {TASK: labels}, [0], Setting(0, "cpu", no_progress))  # type: ignore[arg-type]
    return fit


def test_the_code_does_not_depend_on_how_far_the_probe_descends() -> None:
    """Without the mixture with the uniform code, these three are 243, 287 and 273 bits."""
    lengths = [bits(rare_code(tolerance)) for tolerance in (1e-4, 1e-5, 1e-6)]
    assert max(lengths) - min(lengths) < 0.005 * lengths[-1]


def test_a_class_that_earlier_blocks_lack_costs_what_one_occurrence_more_would() -> None:
    """log2(n + C) bits each: by hand, from the order in which the sentences are sent."""
    fit, labels = rare_code(1e-5), Rare().classes["train"]
    order = generator(0, "online code").permutation(120)
    expected = []
    for end, following in pairwise([2, 6, 12, 24, 60, 120]):
        known = labels[order[:end]]
        ahead = labels[order[end:following]]
        expected += [np.log2(known.size + 8)] * int((~np.isin(ahead, known)).sum())
    assert fit.chosen[UNSEEN] == len(expected) > 0
    assert fit.chosen[UNSEEN_BITS] == pytest.approx(sum(expected))


def test_the_code_of_every_item_is_the_share_of_a_distribution() -> None:
    """p' of all classes adds up to 1, those that the probe does not know included."""
    x, weights = torch.randn(5, 4), torch.randn(2, 5)
    p = np.stack([probability(x, weights, np.full(5, y), np.full(5, y < 2)) for y in range(3)], axis=1)
    np.testing.assert_allclose(((10 * p + 1) / (10 + 3)).sum(axis=1), 1, rtol=1e-6)


def test_blocks_of_a_single_class_need_no_probe() -> None:
    x = {split: np.zeros((n, 2), np.float32) for split, n in (("train", 8), ("dev", 2), ("test", 2))}
    values = {"train": [np.array([0]), np.array([0]), *[np.array([1])] * 6], "dev": [np.array([0])] * 2}
    values["test"] = values["dev"]
    target_of_two = Target("sentence", "class", 2, values)
    code = PROBE._send(Block(np.array([0, 1]), np.array([2])), x, target_of_two, "cpu")
    assert code.bits.tolist() == [2.0]  # log2(2 + 2)
    assert code.unseen.tolist() == [True]


def test_a_label_of_dev_that_train_does_not_have_chooses_no_strength() -> None:
    """Code lengths are those without these items: only dev differs, and only by what no probe can predict."""
    planted = Planted(noise=1.0)
    whole = codes(planted)[1, TASK]
    planted.classes["dev"][:20] = np.where(planted.classes["dev"][:20] == 0, 3, planted.classes["dev"][:20])
    found = codes(planted)[1, TASK]
    np.testing.assert_array_equal(found.codelength_bits, whole.codelength_bits)
    right = np.stack(found.predicted["dev"]) == planted.classes["dev"]
    assert found.dev_score == right.mean() < whole.dev_score


def test_a_probe_of_the_code_that_stops_early_is_reported(monkeypatch) -> None:
    """Its portion would cost too many bits, even where the probe on the whole of train converged."""
    assert codes(Planted(noise=1.0))[1, TASK].converged

    class StopsOnHalf(logistic.Path):
        def __init__(self, features: torch.Tensor, *rest: Any) -> None:
            super().__init__(features, *rest)
            self.whole = len(features) > 400

        def _solve(self, l2: float, tolerance: float) -> logistic.Solved:
            found = super()._solve(l2, tolerance)
            return replace(found, converged=found.converged and self.whole)

    monkeypatch.setattr(logistic, "Path", StopsOnHalf)
    assert not codes(Planted(noise=1.0))[1, TASK].converged


def test_fractions_and_kinds_are_checked() -> None:
    for wrong in ([0.5, 0.1, 1.0], [0.1, 0.5], [0.0, 1.0], [1.0], []):
        with pytest.raises(ConfigError, match="must rise"):
            Mdl("mdl", [1e-3], fractions=wrong)
    with pytest.raises(ConfigError, match="probe.tolerance=0"):
        Mdl("mdl", [1e-3], tolerance=0, fractions=[0.5, 1.0])
    with pytest.raises(ConfigError, match="probe=structural"):
        PROBE.check("pair", "class")
    with pytest.raises(ConfigError, match="probe=linear"):
        PROBE.check("word", "scalar")
