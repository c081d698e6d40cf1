import numpy as np
import pytest

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe.fit import TASK, Fit, Setting, Target, unresolved
from probing.probe.linear import Linear
from probing.probe.logistic import Path, Solved
from probing.probe.reference import Reference
from probing.probe.saved import fold
from probing.rng import generator

from .conftest import Planted, target

GRID = [1e-4, 1e-2, 1.0]


def fits(probe: Linear | Reference, planted: Planted, kind: str) -> dict[tuple[int, str], Fit]:
    targets = {TASK: target(planted.classes, kind), "control0": target(planted.classes, kind, shuffle=True)}
    found = probe.fit(planted, targets, [0, 1], Setting(0, "cpu", no_progress))  # type: ignore[arg-type]
    return {(fit.layer, fit.target): fit for fit in found}


def accuracy(fit: Fit, planted: Planted) -> float:
    gold = target(planted.classes, "class", shuffle=fit.target != TASK).values["test"]
    return float((np.stack(fit.predicted["test"]) == np.stack(gold)).mean())


@pytest.mark.parametrize("probe", [Linear("linear", GRID), Reference("sklearn", GRID)], ids=["linear", "sklearn"])
def test_a_planted_class_is_found_on_its_layer_and_a_shuffled_one_nowhere(
    probe: Linear | Reference, planted: Planted
) -> None:
    found = fits(probe, planted, "class")
    assert accuracy(found[1, TASK], planted) > 0.95
    assert accuracy(found[0, TASK], planted) < 0.5
    assert accuracy(found[1, "control0"], planted) < 0.5
    assert found[1, "control0"].chosen["l2"] == found[1, TASK].chosen["l2"]


@pytest.mark.parametrize("probe", [Linear("linear", GRID), Reference("sklearn", GRID)], ids=["linear", "sklearn"])
def test_a_planted_number_is_found_on_its_layer(probe: Linear | Reference, planted: Planted) -> None:
    found = fits(probe, planted, "scalar")
    gold = planted.classes["test"].ravel()
    error = {layer: np.mean((np.concatenate(found[layer, TASK].predicted["test"]) - gold) ** 2) for layer in (0, 1)}
    assert error[1] < 0.05 * gold.var()
    assert error[0] > 0.8 * gold.var()


@pytest.mark.parametrize("kind", ["class", "scalar"])
def test_the_task_and_its_control_are_predicted_as_scikit_learn_does(kind: str) -> None:
    planted = Planted(noise=6.0)
    own, reference = (fits(probe("p", [1e-2], tolerance=1e-7), planted, kind) for probe in (Linear, Reference))
    for name in (TASK, "control0"):
        ours, theirs = (np.concatenate(found[1, name].predicted["test"]) for found in (own, reference))
        assert ours == pytest.approx(theirs, abs=1e-3)
    task, control = (np.concatenate(own[1, name].predicted["test"]) for name in (TASK, "control0"))
    assert (task != control).any()


@pytest.mark.parametrize("kind", ["class", "scalar"])
@pytest.mark.parametrize("probe", [Linear, Reference])
def test_the_strength_is_the_one_with_the_least_loss_on_dev(probe, kind) -> None:
    planted = Planted(noise=6.0)  # classes overlap, so that the best strength is within the range
    chosen = fits(probe("probe", [1e-3, 1e-2]), planted, kind)[1, TASK]
    single = {
        l2: fits(probe("probe", [l2]), planted, kind)[1, TASK] for l2 in (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
    }
    losses = {l2: fit.chosen.get("dev_nats", -fit.dev_score) for l2, fit in single.items()}
    assert losses[chosen.chosen["l2"]] == pytest.approx(min(losses.values()), rel=2e-3)


@pytest.mark.parametrize("classes", [2, 5])
def test_both_tools_solve_one_problem_for_every_number_of_classes(classes: int) -> None:
    """Probabilities are equal at the same l2, although scikit-learn has one row of weights for two classes."""
    rng = generator(0, "both tools")
    y = rng.integers(classes, size=300)
    x = (rng.normal(size=(classes, 8))[y] + 2 * rng.normal(size=(300, 8))).astype(np.float32)
    of = {"train": slice(0, 100), "dev": slice(100, 200), "test": slice(200, 300)}
    features = {split: x[rows] - x[:100].mean(0) for split, rows in of.items()}
    task = {TASK: Target("sentence", "class", classes, {s: list(y[rows, None]) for s, rows in of.items()})}
    setting = Setting(0, "cpu", no_progress)
    for l2 in (0.3, 3.0):
        (own,) = Linear("linear", [l2], tolerance=1e-7).fit_layer(0, features, task, setting)
        (reference,) = Reference("sklearn", [l2], tolerance=1e-7).fit_layer(0, features, task, setting)
        (other,) = Linear("linear", [l2 / 2], tolerance=1e-7).fit_layer(0, features, task, setting)
        own_nats, reference_nats, other_nats = (f.chosen["dev_nats"] for f in (own, reference, other))
        # the same cross-entropy on dev, and the same class everywhere: equal probabilities
        assert own_nats == pytest.approx(reference_nats, rel=3e-4)
        assert own_nats != pytest.approx(other_nats, rel=3e-3)
        assert (np.concatenate(own.predicted["test"]) == np.concatenate(reference.predicted["test"])).all()


def test_a_control_is_fitted_at_the_strength_of_the_task_alone(planted: Planted, monkeypatch) -> None:
    solved = []
    solve = Path.solve

    def noted(self: Path, l2: float, rough: bool = False) -> Solved:
        solved.append((self, l2))
        return solve(self, l2, rough)

    monkeypatch.setattr(Path, "solve", noted)
    found = fits(Linear("linear", GRID), planted, "class")
    alone = [l2 for path, l2 in solved if [p for p, _ in solved].count(path) == 1]
    assert alone == [found[layer, TASK].chosen["l2"] for layer in (0, 1)]


@pytest.mark.parametrize("probe", [Linear("linear", GRID), Reference("sklearn", GRID)], ids=["linear", "sklearn"])
def test_rounding_of_the_store_gets_no_weight(probe: Linear | Reference, planted: Planted) -> None:
    """A feature that says the class, but by less than float16 tells apart, is left out; in float32 it is found."""
    for split, x in planted._layers[0].items():
        x[:, 3] = 8 + 1e-3 * planted.classes[split].ravel()
    exact = fits(probe, planted, "class")[0, TASK]
    planted.bits = 11
    rounded = fits(probe, planted, "class")[0, TASK]
    assert exact.scale is not None and rounded.scale is not None
    assert (unresolved(exact.scale), unresolved(rounded.scale)) == (0, 1)
    assert accuracy(exact, planted) > 0.9 > 0.5 > accuracy(rounded, planted)
    if rounded.weights is not None:
        assert (rounded.weights[:, 3] == 0).all()
        assert (fold(rounded.weights, *rounded.scale)[0][:, 3] == 0).all()


def test_for_numbers_it_is_the_one_with_the_smallest_dev_error(planted: Planted) -> None:
    strengths = [1e-3, 10.0, 1e3]
    chosen = fits(Linear("linear", strengths), planted, "scalar")[1, TASK]
    alone = {l2: fits(Linear("linear", [l2]), planted, "scalar")[1, TASK].dev_score for l2 in strengths}
    assert chosen.chosen["l2"] == max(alone, key=lambda l2: alone[l2]) == 1e-3
    assert chosen.dev_score == pytest.approx(max(alone.values()))


@pytest.mark.parametrize("kind", ["class", "scalar"])
def test_predictions_for_dev_and_the_score_on_dev_are_those_of_the_chosen_strength(planted: Planted, kind: str) -> None:
    chosen = fits(Linear("linear", [1e-3, 1e4]), planted, kind)[1, TASK]
    assert chosen.chosen["l2"] == 1e-3
    gold, dev = planted.classes["dev"].ravel(), np.concatenate(chosen.predicted["dev"])
    score = (dev == gold).mean() if kind == "class" else -((dev - gold) ** 2).mean()
    assert chosen.dev_score == pytest.approx(score)


@pytest.mark.parametrize("probe", [Linear("linear", GRID), Reference("sklearn", GRID)], ids=["linear", "sklearn"])
def test_a_label_that_train_does_not_have_is_an_error_and_changes_no_prediction(
    probe: Linear | Reference, planted: Planted
) -> None:
    whole = fits(probe, planted, "class")[1, TASK]
    for split in ("dev", "test"):
        planted.classes[split][:8, 0] = 3  # 8 of 200 items
    found = fits(probe, planted, "class")[1, TASK]
    for split in ("dev", "test"):
        np.testing.assert_array_equal(found.predicted[split], whole.predicted[split])
    assert whole.dev_score == 1
    assert found.dev_score == pytest.approx(192 / 200)
    assert accuracy(found, planted) == pytest.approx(192 / 200, abs=0.01)


def test_both_tools_agree(planted: Planted) -> None:
    own, reference = (fits(p, planted, "class") for p in (Linear("a", [1e-2]), Reference("b", [1e-2])))
    for key, fit in own.items():
        same = np.stack(fit.predicted["test"]) == np.stack(reference[key].predicted["test"])
        assert same.mean() > 0.97


def test_impossible_options_are_named() -> None:
    with pytest.raises(ConfigError, match=r"probe.l2=\[\]"):
        Linear("linear", [])
    with pytest.raises(ConfigError, match="greater than 0"):
        Linear("linear", [-1.0])
    with pytest.raises(ConfigError, match="probe=structural"):
        Linear("linear", GRID).check("pair", "scalar")
