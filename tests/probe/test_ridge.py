import numpy as np
import pytest
import torch
from sklearn import linear_model

from probing.probe.ridge import Ridge
from probing.rng import generator


def test_weights_are_scikit_learns_for_every_target_and_strength() -> None:
    rng = generator(0, "ridge")
    x = rng.normal(size=(500, 12)).astype(np.float32)
    x -= x.mean(0)
    y = x[:, :2] @ np.array([[1.0, 0.5], [2.0, -1.0]]) + 3 + rng.normal(size=(500, 2))
    found = Ridge(torch.from_numpy(x), torch.from_numpy(y))
    for strength in (1e-4, 1.0):
        reference = linear_model.Ridge(alpha=500 * strength).fit(x.astype(np.float64), y)
        weights = np.stack([found.weights(strength, target).numpy() for target in (0, 1)])
        assert weights[:, :-1] == pytest.approx(reference.coef_, abs=1e-4)
        assert weights[:, -1] == pytest.approx(reference.intercept_, abs=1e-4)


def test_a_constant_feature_gets_no_weight() -> None:
    x = torch.zeros(50, 2)
    x[:, 0] = torch.linspace(-1, 1, 50)
    weights = Ridge(x, 2 * x[:, :1].double()).weights(1e-6, 0)
    assert weights.numpy() == pytest.approx([2.0, 0.0, 0.0], abs=1e-3)
