"""The mix of layers: which layers it finds, what its rows are about, and how much memory it asks for."""

import numpy as np
import pytest
import torch

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe.fit import TASK, Fit, InputSize, Setting, Target
from probing.probe.mix import GAMMA, WEIGHT, Mix, Mixture
from probing.probe.mlp import Perceptron
from probing.rng import generator

SIZES = {"train": 900, "dev": 300, "test": 300}
SETTING = Setting(0, "cpu", no_progress)


class Layers:
    """Layer 1 of three encodes the class in its first feature; all others are noise."""

    bits, width = 24, 8

    def __init__(self) -> None:
        rng = generator(0, "layers")
        self.classes = {split: rng.integers(2, size=n) for split, n in SIZES.items()}
        self._layers = [{s: rng.normal(size=(n, 8)).astype(np.float32) for s, n in SIZES.items()} for _ in range(3)]
        for split, labels in self.classes.items():
            self._layers[1][split][:, 0] = labels + 0.3 * rng.normal(size=len(labels))

    def layer(self, layer: int) -> dict[str, np.ndarray]:
        return self._layers[layer]

    def bounds(self, split: str) -> tuple[int, int]:
        return 0, SIZES[split]

    @property
    def task(self) -> Target:
        return Target("word", "class", 2, {split: list(v[:, None]) for split, v in self.classes.items()})


def fits(probe: Mix, layers=(0, 1, 2)) -> dict[int, Fit]:
    planted = Layers()
    found = probe.fit(planted, {TASK: planted.task}, layers, SETTING)  # type: ignore[arg-type]
    return {fit.layer: fit for fit in found}


def weights_of(fit: Fit) -> list[float]:
    return [value for name, value in fit.chosen.items() if name.startswith(WEIGHT)]


@pytest.fixture(scope="module")
def found() -> dict[int, Fit]:
    return fits(Mix(name="mix", learning_rate=0.03))


def test_the_layer_that_encodes_the_task_gets_the_weight(found):
    assert [len(weights_of(found[layer])) for layer in (0, 1, 2)] == [1, 2, 3]
    for fit in found.values():
        assert sum(weights_of(fit)) == pytest.approx(1)
        assert fit.weights is None and fit.scale is None
    assert np.argmax(weights_of(found[2])) == 1
    assert weights_of(found[2])[1] > 0.6


def test_rows_are_cumulative(found):
    accuracy = {n: (np.concatenate(f.predicted["test"]) == Layers().classes["test"]).mean() for n, f in found.items()}
    assert accuracy[0] < 0.6
    assert accuracy[1] > 0.9
    assert accuracy[2] > 0.9  # layer 2 is noise, but layer 1 is still there


def test_layers_that_are_not_probed_are_in_the_mix_too(found):
    [alone] = fits(Mix(name="mix", learning_rate=0.03), layers=(2,)).values()
    assert alone.chosen == found[2].chosen


def test_a_mix_of_one_layer_is_a_linear_probe_of_it():
    linear = Mixture(1, Perceptron(0, 1))
    weights = [torch.zeros(1), torch.tensor([2.0]), torch.tensor([[1.0], [10.0]]), torch.tensor([5.0])]
    assert linear.forward(weights, torch.tensor([[[1.0, 2.0]]]), lambda x: x).tolist() == [[47.0]]


def test_a_mix_by_hand():
    mixture = Mixture(2, Perceptron(0, 1))
    weights = [torch.tensor([0.0, float(np.log(3))]), torch.tensor([4.0]), torch.tensor([[1.0]]), torch.tensor([0.5])]
    x = torch.tensor([[[8.0], [4.0]], [[0.0], [4.0]]])  # two layers of two items: shares 1/4 and 3/4
    assert mixture.forward(weights, x, lambda x: x).ravel().tolist() == pytest.approx([8.5, 16.5])
    assert mixture.facts(weights) == pytest.approx({GAMMA: 4, f"{WEIGHT}0": 0.25, f"{WEIGHT}1": 0.75})


def test_a_hidden_layer_can_be_put_on_the_mix():
    [fit] = fits(Mix(name="mix", hidden_layers=1, width=8, learning_rate=0.03), layers=(1,)).values()
    assert (np.concatenate(fit.predicted["test"]) == Layers().classes["test"]).mean() > 0.9


def test_layers_that_do_not_fit_are_refused_with_what_to_type():
    size = InputSize(n_items=1_000_000, width=250, part_width=250, layers=[1, 2])  # 1 GB a layer, one of them twice
    Mix(name="mix", memory_gb=4.0).check_size(size)
    with pytest.raises(ConfigError, match=r"layers 0 to 2 together.*4.0 GB.*probe.memory_gb=4 .*data.train_sentences"):
        Mix(name="mix", memory_gb=3.9).check_size(size)


@pytest.mark.parametrize("hidden_layers", [-1, 3])
def test_impossible_options_are_named(hidden_layers):
    with pytest.raises(ConfigError, match=f"probe.hidden_layers={hidden_layers}"):
        Mix(name="mix", hidden_layers=hidden_layers)
