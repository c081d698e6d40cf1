"""A linear head is the linear probe; another one is trained as a whole, and what it needs more than a line it finds."""

import numpy as np
import pytest

from probing.axes import no_progress
from probing.model.saved_head import ModelHead
from probing.probe.fit import Setting
from probing.probe.head_fit import apply_head, fit_head
from probing.probe.linear import Linear

SETTING = Setting(0, "cpu", no_progress)


def head_of(*modules, n_classes=2):
    import torch

    torch.manual_seed(0)
    network = torch.nn.Sequential(*modules).requires_grad_(False)
    names = {number: f"c{number}" for number in range(n_classes)}
    return ModelHead("class", network, names, weights=dict(network.named_parameters()))


def drawn(n, rng, boundary):
    x = rng.normal(size=(n, 4)).astype(np.float32)
    return x * np.array([1, 10, 0.1, 1], np.float32) + 5, boundary(x).astype(np.int64)


def splits(boundary, rng=None):
    rng = np.random.default_rng(0) if rng is None else rng
    both = {split: drawn(n, rng, boundary) for split, n in (("train", 400), ("dev", 100))}
    return tuple({split: pair[part] for split, pair in both.items()} for part in (0, 1))


def test_one_linear_layer_is_the_logistic_regression_of_another_library():
    from sklearn.linear_model import LogisticRegression
    from torch import nn

    rng = np.random.default_rng(1)
    vectors, labels = splits(lambda x: x[:, 0] + x[:, 1] + rng.normal(size=len(x)) > 0)
    head = head_of(nn.Dropout(0.1).eval(), nn.Linear(4, 2))
    found = fit_head(head, vectors, labels, Linear("linear", [1e-2]), SETTING)
    assert found.linear and found.converged and found.l2 == 1e-2
    mean, deviation = vectors["train"].mean(0), vectors["train"].std(0)
    theirs = LogisticRegression(C=2 / (400 * 1e-2), tol=1e-8).fit(
        (vectors["train"] - mean) / deviation, labels["train"]
    )
    expected = theirs.decision_function((vectors["dev"] - mean) / deviation)
    logits = apply_head(head, vectors["dev"])
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], expected, atol=0.02)
    log_p = logits - np.logaddexp(logits[:, 0], logits[:, 1])[:, None]
    assert found.dev_nats == pytest.approx(-log_p[np.arange(100), labels["dev"]].mean(), abs=1e-4)


def test_a_head_with_a_dense_layer_learns_what_no_line_tells():
    from torch import nn

    vectors, labels = splits(lambda x: x[:, 0] * x[:, 3] > 0)
    vectors = {split: (x - 5) / np.array([1, 10, 0.1, 1], np.float32) for split, x in vectors.items()}
    dense = head_of(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2))
    options = Linear("linear", [1e-4])
    found = fit_head(dense, vectors, labels, options, SETTING)
    line = head_of(nn.Linear(4, 2))
    assert not found.linear
    assert fit_head(line, vectors, labels, options, SETTING).linear
    right = [float((apply_head(head, vectors["dev"]).argmax(1) == labels["dev"]).mean()) for head in (dense, line)]
    assert right[0] > 0.9 and right[1] < 0.7
    assert not any(weight.requires_grad for weight in dense.weights.values())


def test_dev_chooses_the_strength_and_a_label_that_train_lacks_is_left_out_of_it():
    from torch import nn

    rng = np.random.default_rng(2)
    vectors, labels = splits(lambda x: rng.random(len(x)) < 0.5)  # nothing to learn: only a strong penalty is right
    labels["dev"][:5] = 2
    found = fit_head(head_of(nn.Linear(4, 2, bias=False)), vectors, labels, Linear("linear", [1e-4, 1.0]), SETTING)
    assert not found.linear and found.l2 >= 1
    assert found.dev_nats == pytest.approx(np.log(2), abs=0.05)


def test_a_layer_that_is_not_what_its_weights_say_is_no_probe():
    from torch import nn

    vectors, labels = splits(lambda x: x[:, 0] > 0)
    head = head_of(nn.Linear(4, 2), nn.Tanh())
    assert not fit_head(head, vectors, labels, Linear("linear", [1e-3]), SETTING).linear
