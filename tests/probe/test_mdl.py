from dataclasses import replace

import numpy as np
import pytest

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe import logistic
from probing.probe.fit import TASK, Fit, Setting
from probing.probe.mdl import Mdl

from .conftest import Planted, target

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


def test_the_first_block_costs_the_uniform_code() -> None:
    found = codes(Planted(noise=1.0))[1, TASK]
    assert found.codelength_bits is not None
    assert (found.codelength_bits == 5 * np.log2(3)).sum() == 12  # a tenth of 120 sentences


def test_the_code_length_is_in_bits() -> None:
    """On pure noise a fitted probe can do no better than the entropy of the labels: log2 3 bits, not ln 3 nats."""
    found = codes(Planted(noise=1.0))[0, TASK]
    assert bits(found) / 600 == pytest.approx(np.log2(3), rel=0.1)


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
    solve = logistic.solve

    def stops_on_half(x, y, *rest):
        solution = solve(x, y, *rest)
        return replace(solution, converged=solution.converged & (len(x) > 400))

    monkeypatch.setattr(logistic, "solve", stops_on_half)
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
