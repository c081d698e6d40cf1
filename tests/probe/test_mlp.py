"""The MLP probe: what it finds, what it depends on, what it refuses."""

import numpy as np
import pytest
import torch

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe.fit import TASK, Fit, Setting, Target
from probing.probe.mlp import Mlp, Perceptron
from probing.rng import generator

from .conftest import Planted, target


class Crossed(Planted):
    """Layer 0 is noise. On layer 1 a class is whether two features have the same sign: no line tells them apart."""

    width = 16

    def __init__(self) -> None:
        super().__init__(noise=1.0)
        rng = generator(0, "crossed")
        for split, labels in self.classes.items():
            x = rng.normal(size=(labels.size, 16)).astype(np.float32)
            x[:, 0], x[:, 1] = (rng.choice([-1.0, 1.0], labels.size) + 0.2 * x[:, n] for n in (0, 1))
            self._layers[1][split] = x
            self.classes[split] = (x[:, 0] * x[:, 1] > 0).astype(np.int64).reshape(labels.shape)

    def bounds(self, split: str) -> tuple[int, int]:
        return 0, self.classes[split].size


def fits(probe: Mlp, planted: Crossed, layers=(0, 1), kind: str = "class", seed: int = 0) -> dict[tuple[int, str], Fit]:
    targets = {TASK: target(planted.classes, kind), "control0": target(planted.classes, kind, shuffle=True)}
    found = probe.fit(planted, targets, layers, Setting(seed, "cpu", no_progress))  # type: ignore[arg-type]
    return {(fit.layer, fit.target): fit for fit in found}


def on_test(fit: Fit) -> np.ndarray:
    return np.concatenate(fit.predicted["test"])


@pytest.fixture(scope="module")
def crossed() -> Crossed:
    return Crossed()


@pytest.mark.parametrize("hidden_layers", [1, 2])
def test_it_finds_what_no_linear_probe_can_and_nothing_in_noise(crossed, hidden_layers):
    found = fits(Mlp(name="mlp", hidden_layers=hidden_layers, width=32, learning_rate=0.01), crossed)
    gold = crossed.classes["test"].ravel()
    assert (on_test(found[1, TASK]) == gold).mean() > 0.95
    assert (on_test(found[0, TASK]) == gold).mean() < 0.65
    assert found[1, TASK].weights is None
    assert found[1, TASK].dev_score == pytest.approx(
        (np.concatenate(found[1, TASK].predicted["dev"]) == crossed.classes["dev"].ravel()).mean()
    )


def test_it_finds_a_number_in_the_units_of_the_labels(crossed):
    numbers = {split: 100.0 + 50 * values for split, values in crossed.classes.items()}
    probe = Mlp(name="mlp", width=32, learning_rate=0.01)
    task = {TASK: Target("word", "scalar", 0, {split: list(v) for split, v in numbers.items()})}
    [fit] = probe.fit(crossed, task, [1], Setting(0, "cpu", no_progress))
    error = ((on_test(fit) - numbers["test"].ravel()) ** 2).mean()
    assert error < 0.2 * numbers["test"].var()
    dev = (np.concatenate(fit.predicted["dev"]) - numbers["dev"].ravel()) ** 2
    assert fit.dev_score == pytest.approx(-dev.mean())


@pytest.mark.parametrize("memory_gb", [1e-9, 1.0])
def test_a_model_is_the_same_whatever_is_trained_beside_it(crossed, memory_gb):
    options = {"name": "mlp", "width": 8, "dropout": [0.2], "epochs": 3}
    together = fits(Mlp(**options, memory_gb=memory_gb), crossed)
    targets = {TASK: target(crossed.classes, "class")}
    [alone] = Mlp(**options).fit(crossed, targets, [1], Setting(0, "cpu", no_progress))
    assert alone.chosen == together[1, TASK].chosen
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    in_threads = fits(Mlp(**options), crossed)
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)
    for key, fit in together.items():
        assert in_threads[key].chosen == fit.chosen
    other = fits(Mlp(**options), crossed, seed=1)
    assert other[1, TASK].chosen["dev_nats"] != alone.chosen["dev_nats"]


def test_of_a_sweep_dev_chooses_for_the_task_and_the_control_uses_that(crossed):
    probe = Mlp(name="mlp", width=16, weight_decay=[10.0, 0.0], dropout=[0.0, 0.9], learning_rate=0.01, epochs=15)
    found = fits(probe, crossed, [1])
    for fit in found.values():
        assert (fit.chosen["weight_decay"], fit.chosen["dropout"]) == (0.0, 0.0)


def test_the_weights_kept_are_those_of_the_best_epoch(crossed):
    """On noise an MLP learns train by heart, so that the loss on dev rises."""
    probe = Mlp(name="mlp", width=64, learning_rate=0.01)
    fit = fits(probe, crossed, [0])[0, TASK]
    assert fit.converged
    assert fit.chosen["epochs"] == fit.chosen["best_epoch"] + probe.patience
    again = fits(Mlp(name="mlp", width=64, learning_rate=0.01, epochs=int(fit.chosen["best_epoch"])), crossed, [0])
    assert (on_test(again[0, TASK]) == on_test(fit)).all()
    assert not again[0, TASK].converged


def test_a_label_that_train_lacks_is_never_predicted_and_has_no_loss(crossed):
    values = {split: v.copy() for split, v in crossed.classes.items()}
    values["dev"][:, 0] = 2
    task = {TASK: Target("word", "class", 2, {split: list(v) for split, v in values.items()})}
    [fit] = Mlp(name="mlp", width=8, epochs=2).fit(crossed, task, [1], Setting(0, "cpu", no_progress))
    assert np.isfinite(fit.chosen["dev_nats"])
    assert max(np.concatenate(fit.predicted["dev"])) < 2


def test_labels_that_can_only_be_memorised_are_stopped_by_train_and_predicted_there(crossed):
    shuffled = target(crossed.classes, "class", shuffle=True)
    of_train = Target("word", "class", 2, shuffled.values, scored=("train",))
    targets = {TASK: target(crossed.classes, "class"), "control0": of_train}
    found = Mlp(name="mlp", width=128, learning_rate=0.01).fit(crossed, targets, [0], Setting(0, "cpu", no_progress))
    fit = {fit.target: fit for fit in found}["control0"]
    assert "dev_nats" not in fit.chosen
    assert (np.concatenate(fit.predicted["train"]) == shuffled.flat("train")).mean() > 0.9


def test_two_hidden_layers_by_hand():
    net = Perceptron(2, 2)
    weights = [torch.tensor(one) for one in ([[1.0, -1.0]], [0.0, 0.5], [[1.0, 0.0], [0.0, 2.0]], [0.0, 1.0])]
    weights += [torch.tensor([[1.0], [10.0]]), torch.tensor([3.0])]
    # x = 2: relu(2, -1.5) = (2, 0); relu(2, 1) = (2, 1); 2 + 10 + 3
    # x = -1: relu(-1, 1.5) = (0, 1.5); relu(0, 4) = (0, 4); 0 + 40 + 3
    assert net.forward(weights, torch.tensor([[2.0], [-1.0]]), lambda x: x).ravel().tolist() == [15.0, 43.0]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hidden_layers": 3}, "probe.hidden_layers=3: 1 or 2"),
        ({"width": 0}, "probe.width=0"),
        ({"dropout": [1.0]}, "probe.dropout=1"),
        ({"weight_decay": [-1.0]}, "probe.weight_decay=-1"),
        ({"weight_decay": []}, "at least one value"),
        ({"epochs": 0}, "probe.epochs=0"),
        ({"memory_gb": 0}, "probe.memory_gb=0"),
    ],
)
def test_impossible_options_are_named(options, text):
    with pytest.raises(ConfigError, match=text):
        Mlp(name="mlp", **options)


def test_pairs_of_words_are_refused():
    with pytest.raises(ConfigError, match="pairs of words"):
        Mlp(name="mlp").check("pair", "scalar")
