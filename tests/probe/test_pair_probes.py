"""The probes of pairs: the heads and labels that they find, what they depend on, what they refuse."""

import numpy as np
import pytest
import torch

from probing.axes import no_progress
from probing.errors import ConfigError
from probing.probe.bilinear import Bilinear, LabelledProduct, Product, check_two_vectors
from probing.probe.descent import Job
from probing.probe.fit import TASK, InputSize, Setting, Target
from probing.probe.linear import Linear
from probing.probe.pair_mlp import PairMlp, PairPerceptron
from probing.probe.pair_models import NOT_A_WORD, pairs_of
from probing.probe.pair_probe import by_sentence
from probing.rng import generator
from probing.task.arcs import Arc
from probing.task.mentions import Coreference

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


def test_they_read_pairs_and_nothing_else_and_no_other_probe_finds_heads():
    for level, kind in (("word", "class"), ("span", "class"), ("pair", "scalar")):
        with pytest.raises(ConfigError, match="type task=head, task=arc or task=coref"):
            PROBES[0].check(level, kind)
    with pytest.raises(ConfigError, match="probe=bilinear or probe=pair_mlp"):
        Linear("linear", [1.0]).check("word", "position")
    with pytest.raises(ConfigError, match="probe.hidden_layers=3"):
        PairMlp(name="pair_mlp", hidden_layers=3)
    with pytest.raises(ConfigError, match="probe.rank"):
        Bilinear(name="bilinear", rank=0)


class Interacting:
    """Items of two vectors. The label is the sign of x_0 y_0, whatever the other features: no linear map tells it."""

    bits, width, n_layers = 24, 2 * D, 1

    def __init__(self) -> None:
        rng = generator(0, "labels")
        lengths = {split: rng.integers(0, 12, size=n) for split, n in SIZES.items()}
        self.x = {split: rng.normal(size=(n.sum(), 2 * D)).astype(np.float32) for split, n in lengths.items()}
        labels = {split: (x[:, 0] * x[:, D] > 0).astype(int) for split, x in self.x.items()}
        self.labels = {split: np.split(y, np.cumsum(lengths[split])[:-1]) for split, y in labels.items()}

    def bounds(self, split: str) -> tuple[int, int]:
        return 0, len(self.x[split])

    def layer(self, layer: int) -> dict[str, np.ndarray]:
        return {split: x.copy() for split, x in self.x.items()}


@pytest.mark.parametrize(
    "probe, least, most",
    [
        (Bilinear(name="bilinear", **FAST), 0.9, 1),
        (Bilinear(name="bilinear", rank=1, **FAST), 0.9, 1),
        (PairMlp(name="pair_mlp", width=32, **FAST), 0.85, 1),
        (Linear("linear", [1e-3]), 0, 0.6),
    ],
    ids=["bilinear", "of rank 1", "mlp", "linear"],
)
def test_labels_that_depend_on_both_vectors_together_are_found_and_by_no_linear_map(probe, least, most):
    planted = Interacting()
    target = Target("edge", "class", 2, planted.labels)
    [fit] = probe.fit(planted, {TASK: target}, (0,), Setting(0, "cpu", no_progress))
    assert [len(one) for one in fit.predicted["test"]] == [len(one) for one in planted.labels["test"]]
    assert least < np.mean(np.concatenate(fit.predicted["test"]) == target.flat("test")) <= most


def test_classes_have_forms_and_linear_terms_of_their_own():
    network, rng = LabelledProduct(3), generator(0, "weights")
    weights = [torch.from_numpy(one) for one in network.start(10, 4, rng)]
    u, v, w, a, b = weights
    x, y = torch.from_numpy(rng.normal(size=(2, 5)).astype(np.float32))
    both = torch.cat([x, y])
    forms = [sum(w[k, c] * torch.outer(u[:, k], v[:, k]) for k in range(3)) for c in range(4)]
    expected = torch.stack([x @ form @ y + both @ a[:, c] + b[c] for c, form in enumerate(forms)])
    torch.testing.assert_close(network.forward(weights, both[None], lambda one: one)[0], expected)
    assert LabelledProduct(None).start(10, 4, rng)[0].shape == (5, 5)


def test_a_batch_has_all_items_of_its_sentences():
    seen = []
    rows = {"train": [np.zeros(n, int) for n in (2, 0, 3)]}
    job = Job("n", [], 5, lambda places, random: seen.append(places.tolist()), lambda: 0.0)
    found = by_sentence(job, Target("edge", "class", 2, rows))
    assert found.n_items == 2
    found.loss(torch.tensor([1, 0]), torch.Generator())
    assert seen == [[2, 3, 4, 0, 1]]


def test_a_bilinear_probe_of_labels_multiplies_two_vectors_and_nothing_else():
    probe = Bilinear(name="bilinear")
    for level, kind in (("word", "position"), ("edge", "class"), ("span_pair", "class")):
        probe.check(level, kind)
    check_two_vectors(probe, Arc("arc"))
    check_two_vectors(Linear("linear", [1.0]), Arc("arc", product=True))
    with pytest.raises(ConfigError, match="type task.product=false"):
        check_two_vectors(probe, Arc("arc", product=True))
    with pytest.raises(ConfigError, match="type task.vector=mean or task.vector=ends"):
        check_two_vectors(probe, Coreference("coref", vector="cls", product=False))


def test_a_rank_above_the_width_of_one_vector_is_refused():
    size = InputSize(n_items=10, width=2 * D, part_width=D, layers=[0])
    Bilinear(name="bilinear").check_size(size)
    Bilinear(name="bilinear", rank=D).check_size(size)
    with pytest.raises(ConfigError, match=rf"probe.rank={D + 1}: vectors have {D} features"):
        Bilinear(name="bilinear", rank=D + 1).check_size(size)
