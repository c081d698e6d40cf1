"""The probes of heads: what they find, what they depend on, what they refuse."""

import numpy as np
import pytest
import torch

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe.bilinear import Bilinear, Product
from probing.probe.fit import TASK, Setting, Target
from probing.probe.linear import Linear
from probing.probe.pair_mlp import PairMlp, PairPerceptron
from probing.probe.pair_models import NOT_A_WORD, pairs_of
from probing.rng import generator

SIZES = {"train": 150, "dev": 40, "test": 40}
D = 8


class Planted:
    """Layer 0 is noise. On layer 1 the second half of a word's vector is the first half of its head's."""

    bits, width, n_layers = 24, D, 2

    def __init__(self) -> None:
        rng = generator(0, "heads")
        self.heads = {s: [rng.integers(n, size=n) for n in rng.integers(1, 9, size=k)] for s, k in SIZES.items()}
        self._layers: list[dict[str, np.ndarray]] = [{}, {}]
        for split, heads in self.heads.items():
            x = [rng.normal(size=(len(h), D)) for h in heads]
            self._layers[0][split] = np.concatenate(x).astype(np.float32)
            for one, h in zip(x, heads, strict=True):
                one[:, : D // 2] /= np.linalg.norm(one[:, : D // 2], axis=1, keepdims=True)  # else long ones win
                one[:, D // 2 :] = one[h, : D // 2]
            self._layers[1][split] = np.concatenate(x).astype(np.float32)

    def bounds(self, split: str) -> tuple[int, int]:
        return 0, len(self._layers[0][split])

    def layer(self, layer: int) -> dict[str, np.ndarray]:
        return {split: x.copy() for split, x in self._layers[layer].items()}


def scores(probe, planted: Planted, layers=(0, 1)) -> dict[int, float]:
    target = Target("word", "position", 0, planted.heads)
    found = probe.fit(planted, {TASK: target}, layers, Setting(0, "cpu", no_progress))
    return {fit.layer: float(np.mean(np.concatenate(fit.predicted["test"]) == target.flat("test"))) for fit in found}


FAST = {"learning_rate": 0.03, "epochs": 12}
PROBES = [
    Bilinear(name="bilinear", **FAST),
    Bilinear(name="bilinear", rank=4, **FAST),
    PairMlp(name="pair_mlp", width=64, epochs=25, learning_rate=0.01),
]


@pytest.mark.parametrize("probe", PROBES, ids=["bilinear", "of rank 4", "mlp"])
def test_planted_heads_are_found_and_noise_has_none(probe):
    found = scores(probe, Planted())
    assert found[1] > (0.7 if probe.name == "pair_mlp" else 0.9)
    assert found[0] < 0.45  # chance is the mean of 1/n, 0.34


def test_a_form_of_rank_one_finds_less():
    planted = Planted()
    assert scores(Bilinear(name="b", rank=1, **FAST), planted, (1,))[1] < scores(PROBES[0], planted, (1,))[1] - 0.2


def test_a_layer_does_not_depend_on_what_is_trained_beside_it():
    planted = Planted()
    probe = Bilinear(name="b", epochs=3)
    assert scores(probe, planted)[1] == scores(probe, planted, (1,))[1]


def test_pairs_are_all_of_one_sentence_and_padding_is_no_candidate():
    pairs = pairs_of(np.array([2, 1]), "cpu")
    assert pairs.dependent.tolist() == [0, 0, 1, 1, 2]
    assert pairs.candidate.tolist() == [0, 1, 0, 1, 2]
    table = pairs.table(torch.arange(5.0))
    np.testing.assert_allclose(table.numpy(), np.float32([[0, 1], [2, 3], [4, NOT_A_WORD]]))


@pytest.mark.parametrize("network", [Product(None), Product(3), PairPerceptron(1, 5), PairPerceptron(2, 5)])
def test_scores_are_those_of_the_definition(network):
    rng = generator(0, "weights")
    weights = [torch.from_numpy(one) for one in network.start(4, rng)]
    x = torch.from_numpy(rng.normal(size=(3, 4)).astype(np.float32))
    found = network.scores(weights, x, pairs_of(np.array([3]), "cpu"), lambda one: one).view(3, 3)
    for d in range(3):
        for w in range(3):
            if isinstance(network, Product):
                b = weights[0] if network.rank is None else weights[0] @ weights[1].T
                expected = x[d] @ b @ x[w] / (network.rank or 4) ** 0.5
            else:
                hidden = torch.cat([x[d], x[w]])
                for at in range(0, len(weights) - 2, 2):
                    hidden = torch.relu(hidden @ weights[at] + weights[at + 1])
                [expected] = hidden @ weights[-2] + weights[-1]
            torch.testing.assert_close(found[d, w], expected)


def test_they_find_heads_and_nothing_else_and_no_other_probe_does():
    with pytest.raises(ConfigError, match="type task=head"):
        PROBES[0].check("word", "class")
    with pytest.raises(ConfigError, match="probe=bilinear or probe=pair_mlp"):
        Linear("linear", [1.0]).check("word", "position")
    with pytest.raises(ConfigError, match="probe.hidden_layers=3"):
        PairMlp(name="pair_mlp", hidden_layers=3)
    with pytest.raises(ConfigError, match="probe.rank"):
        Bilinear(name="bilinear", rank=0)
