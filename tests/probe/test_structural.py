"""The probe as a run uses it: how it groups layers, and how much memory that takes."""

import tracemalloc

import numpy as np
import pytest

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe.fit import TASK, Fit, Setting, Target
from probing.probe.structural import Structural

SENTENCES = {"train": 160, "dev": 30, "test": 50}  # of ten words
WIDTH, LAYERS = 256, 8
LAYER_BYTES = 10 * sum(SENTENCES.values()) * WIDTH * 4


class Fresh:
    """Vectors that are made anew at each reading, as those of a store are: nothing else keeps them in memory."""

    width = WIDTH

    def bounds(self, split: str) -> tuple[int, int]:
        before = {"train": 0, "dev": 1600, "test": 1900}[split]
        return before, before + 10 * SENTENCES[split]

    def layer(self, layer: int) -> dict[str, np.ndarray]:
        everything = np.full((10 * sum(SENTENCES.values()), WIDTH), layer + 1, np.float32)
        everything[:, 0] = np.arange(len(everything)) % 10
        return {split: everything[slice(*self.bounds(split))] for split in SENTENCES}


def fits(memory_gb: float) -> list[Fit]:
    probe = Structural(name="structural", rank=2, epochs=1, memory_gb=memory_gb)
    values = {split: [np.arange(10.0)] * n for split, n in SENTENCES.items()}
    targets = {TASK: Target("word", "scalar", 0, values)}
    return list(probe.fit(Fresh(), targets, range(LAYERS), Setting(0, "cpu", no_progress)))  # type: ignore[arg-type]


# In layers; the fraction is for labels and batches. A group of n layers needs n + 1 while the last one is read.
@pytest.mark.parametrize(("bound", "used"), [(1.3, 1), (2.3, 1), (3.3, 3), (5.3, 5)])
def test_the_peak_of_memory_is_within_the_bound(bound, used):
    fits(memory_gb=1)  # not measured: the first call imports torch and scipy
    tracemalloc.start()  # sees every array of numpy
    found = fits(memory_gb=bound * LAYER_BYTES / 1e9)
    peak = tracemalloc.get_traced_memory()[1] / LAYER_BYTES
    tracemalloc.stop()
    assert [fit.layer for fit in found] == list(range(LAYERS))
    assert used <= peak < bound


def test_a_bound_below_one_layer_trains_the_layers_one_by_one():
    one_by_one, together = fits(memory_gb=1e-9), fits(memory_gb=1)
    assert [fit.layer for fit in one_by_one] == list(range(LAYERS))
    for alone, fit in zip(one_by_one, together, strict=True):
        assert np.concatenate(alone.predicted["test"]) == pytest.approx(np.concatenate(fit.predicted["test"]), abs=1e-4)


@pytest.mark.parametrize("option", ["rank", "epochs", "learning_rate", "patience", "min_gain", "memory_gb"])
def test_impossible_options_are_named(option):
    with pytest.raises(ConfigError, match=f"probe.{option}=0"):
        Structural(name="structural", **{option: 0})


def test_a_task_of_classes_is_refused():
    with pytest.raises(ConfigError, match="task=depth"):
        Structural(name="structural").check("word", "class")
